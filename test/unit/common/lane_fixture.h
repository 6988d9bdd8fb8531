/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_fixture: one lane of the smallest capacity with its writer and its reader, for the Check
 * suites of the lane. Everything static: a suite is one file, one thread.
 */
#pragma once

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/lane_reader.h"
#include "common/lane_writer.h"

#define CAP ((uint64_t)LANE_CAPACITY_MIN)
#define MAP_BYTES ((size_t)LANE_BYTES(CAP))
#define KEY 0x9d3a61c0f7e2b584ULL
#define HDR ((uint32_t)sizeof(struct rec_hdr))

/* A lane between two pages that nobody may touch: a byte outside of it ends the test. */
static uint8_t *area;
static uint8_t *map;
static struct cursor_page *page;
static struct lane_writer writer;
static struct lane_reader reader;
static struct err err;

static inline void setup(void)
{
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	area = mmap(NULL, MAP_BYTES + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(area, MAP_FAILED);
	map = area + guard;
	ck_assert_int_eq(mprotect(map, MAP_BYTES, PROT_READ | PROT_WRITE), 0);
	page = calloc(1, sizeof(*page));
	ck_assert_ptr_nonnull(page);
	ck_assert_int_eq(lane_format(map, CAP, LANE_BULK, 3, KEY, &err), 0);
	ck_assert_int_eq(lane_writer_init(&writer, map, MAP_BYTES, &page->lane[0], &err), 0);
	ck_assert_int_eq(lane_reader_init(&reader, map, MAP_BYTES, &page->lane[0], &err), 0);
}

static inline void teardown(void)
{
	ck_assert_int_eq(munmap(area, MAP_BYTES + 2 * (size_t)sysconf(_SC_PAGESIZE)), 0);
	free(page);
}

static inline uint64_t prod(void)
{
	return atomic_load_explicit(&writer.hdr->prod, memory_order_relaxed);
}

static inline void set_cursor(uint64_t pos)
{
	atomic_store_explicit(&page->lane[0].pos, pos, memory_order_relaxed);
}

static inline uint64_t get_cursor(void)
{
	return atomic_load_explicit(&page->lane[0].pos, memory_order_relaxed);
}

/* Reserves, and writes every byte that may be written. */
static inline struct lane_slot reserve(uint32_t max)
{
	struct lane_slot slot;

	ck_assert_int_eq(lane_reserve(&writer, max, 1, 1, &slot), 0);
	memset((uint8_t *)slot.rec + sizeof(slot.rec->commit), 0xa5,
	       slot.max - sizeof(slot.rec->commit));
	return slot;
}

static inline struct lane_slot put(uint32_t max, uint32_t used, uint64_t mark)
{
	struct lane_slot slot = reserve(max);

	slot.rec->ts_ns = mark;
	lane_commit(&writer, &slot, used);
	return slot;
}

static inline const struct rec_hdr *take(void)
{
	const struct rec_hdr *rec = NULL;

	ck_assert_int_eq(lane_reader_peek(&reader, &rec), LANE_PEEK_RECORD);
	lane_reader_next(&reader);
	return rec;
}

static inline enum lane_peek peek(void)
{
	const struct rec_hdr *rec;

	return lane_reader_peek(&reader, &rec);
}

/* Writes and reads until the next position is `pos`. */
static inline void advance_to(uint64_t pos)
{
	while (prod() != pos) {
		uint64_t left = pos - prod();
		uint32_t len = left > 16384 + HDR ? 16384 : (uint32_t)left;

		put(len, len, 0);
		take();
		lane_reader_release(&reader);
	}
}

static inline TCase *new_case(Suite *s, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	return tc;
}

static inline int run_suite(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
