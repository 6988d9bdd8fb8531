/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wring_fixture: a recording being written and its reader, in memory or in a file, for the Check
 * suites of wring. Everything static: a suite is one file, one thread.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "common/wring.h"
#include "test/support/wring_build.h"

#define RECORD_BYTES 64U
#define BLOCK_BYTES (sizeof(struct wring_block) + WRING_BLOCK_MAX)
#define BLOCK_RECORDS (WRING_BLOCK_MAX / RECORD_BYTES)

static const struct wring_hdr machine = {
	.abi = 42,
	.epoch_offset_ns = -5,
	.start_ns = 900,
	.boot_id = "0123456789abcde",
	.kernel = "6.1.0-test",
};

static int fd = -1;
static struct wring_writer *writer;
static uint8_t *file; /* what load() read */
static size_t file_len;
static struct wring_reader *reader;
static bool from_file;   /* else from memory */
static int copy_fd = -1; /* what the reader reads then */

static inline void new_writer(void)
{
	wring_writer_free(writer);
	writer = wring_writer_new(fd, &machine, NULL);
	ck_assert_ptr_nonnull(writer);
}

static inline void set_up(void)
{
	char name[] = "/tmp/test_wring.XXXXXX";

	fd = mkstemp(name);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(unlink(name), 0);
	new_writer();
}

static inline void set_up_file(void)
{
	from_file = true;
	set_up();
}

static inline void tear_down(void)
{
	cleanup_fd(&copy_fd);
	wring_reader_free(reader);
	wring_writer_free(writer);
	free(file);
	cleanup_fd(&fd);
}

static inline void put(uint32_t first, uint32_t n)
{
	uint64_t buf[RECORD_BYTES / 8];

	for (uint32_t i = first; i < first + n; i++)
		ck_assert_int_eq(
			wring_write(writer, wbuild_record(buf, EV_DO_EXIT, RECORD_BYTES, i)), 0);
}

static inline void new_reader(void)
{
	struct err err = { 0 };

	wring_reader_free(reader);
	if (from_file) {
		cleanup_fd(&copy_fd);
		copy_fd = memfd_create("copy", MFD_CLOEXEC);
		ck_assert_int_eq(pwrite(copy_fd, file, file_len, 0), (ssize_t)file_len);
		reader = wring_reader_open(copy_fd, &err);
	} else {
		reader = wring_reader_new(file, file_len, &err);
	}
	ck_assert_msg(reader != NULL, "%s", err.text);
}

static inline int next(const struct rec_hdr **ret_rec, struct err *err)
{
	int rc = wring_next(reader, ret_rec, err);

	ck_assert(rc != -EAGAIN || from_file);
	for (; rc == -EAGAIN; rc = wring_next(reader, ret_rec, err))
		ck_assert_int_eq(wring_refill(reader), 0);
	return rc;
}

/* Takes the file as it is now into memory of exactly its size. */
static inline void load(void)
{
	file_len = (size_t)lseek(fd, 0, SEEK_END);
	free(file);
	file = malloc(file_len);
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(pread(fd, file, file_len, 0), (ssize_t)file_len);
}

/* Reads records 0 to n - 1 and expects them as put() wrote them. */
static inline void expect_records(uint32_t n)
{
	uint64_t buf[RECORD_BYTES / 8];
	const struct rec_hdr *rec;
	struct err err = { 0 };

	for (uint32_t i = 0; i < n; i++) {
		struct rec_hdr *expect = wbuild_record(buf, EV_DO_EXIT, RECORD_BYTES, i);

		expect->commit = 0;
		ck_assert_msg(next(&rec, &err) == 1, "record %u: %s", i, err.text);
		ck_assert_mem_eq(rec, expect, RECORD_BYTES);
		ck_assert_uint_eq((uintptr_t)rec % 8, 0);
	}
}

static inline void expect_end(bool finished)
{
	const struct rec_hdr *rec;
	struct err err = { 0 };

	for (int again = 0; again < 2; again++) {
		ck_assert_msg(next(&rec, &err) == 0, "%s", err.text);
		ck_assert_int_eq(wring_is_finished(reader, NULL), finished);
	}
	ck_assert_uint_eq(wring_bytes_read(reader), file_len);
}

static inline void expect_damage(size_t offset, const char *reason, uint32_t n_records)
{
	char expect[256];
	const struct rec_hdr *rec;
	struct err err = { 0 };

	(void)snprintf(expect, sizeof(expect),
		       "recording is damaged at byte %zu: %s; %u records before it were read",
		       offset, reason, n_records);
	for (int again = 0; again < 2; again++) {
		ck_assert_int_eq(next(&rec, &err), -EBADMSG);
		ck_assert_str_eq(err.text, expect);
		ck_assert_int_eq(err.code, -EBADMSG);
		ck_assert(!wring_is_finished(reader, NULL));
	}
	ck_assert_int_eq(next(&rec, NULL), -EBADMSG);
}
