/* SPDX-License-Identifier: Apache-2.0 */
/* The lane, as test_lane_stress.c sees it. */
#include "test/unit/common/stress_ops.h"

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/lane_reader.h"
#include "common/lane_writer.h"

#define LANE_CAP ((uint64_t)LANE_CAPACITY_MIN)
#define LANE_MAP_BYTES ((size_t)LANE_BYTES(LANE_CAP))

struct lane_subject {
	uint8_t *area; /* owned: guard page, lane, guard page */
	uint8_t *map;
	size_t area_bytes;
	struct cursor_page *page; /* owned */
	uint64_t key;
	struct lane_writer writer;
	struct lane_reader reader;
};

static void *lane_subject_open(void)
{
	struct lane_subject *s = calloc(1, sizeof(*s));
	size_t guard = (size_t)sysconf(_SC_PAGESIZE);

	ck_assert_ptr_nonnull(s);
	s->area_bytes = LANE_MAP_BYTES + 2 * guard;
	s->area = mmap(NULL, s->area_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(s->area, MAP_FAILED);
	s->map = s->area + guard;
	ck_assert_int_eq(mprotect(s->map, LANE_MAP_BYTES, PROT_READ | PROT_WRITE), 0);
	s->page = calloc(1, sizeof(*s->page));
	ck_assert_ptr_nonnull(s->page);
	return s;
}

static void lane_subject_close(void *self)
{
	struct lane_subject *s = self;

	ck_assert_int_eq(munmap(s->area, s->area_bytes), 0);
	free(s->page);
	free(s);
}

static void lane_subject_restart(void *self)
{
	struct lane_subject *s = self;

	ck_assert_int_eq(
		lane_reader_init(&s->reader, s->map, LANE_MAP_BYTES, &s->page->lane[0], NULL), 0);
}

static void lane_subject_format(void *self, uint64_t seed)
{
	struct lane_subject *s = self;

	s->key = seed * 0x9e3779b97f4a7c15ULL;
	memset(s->map, 0, LANE_MAP_BYTES);
	memset(s->page, 0, sizeof(*s->page));
	ck_assert_int_eq(lane_format(s->map, LANE_CAP, LANE_COLLECTOR, 0, s->key, NULL), 0);
	ck_assert_int_eq(
		lane_writer_init(&s->writer, s->map, LANE_MAP_BYTES, &s->page->lane[0], NULL), 0);
	lane_subject_restart(s);
}

static bool lane_subject_is_intact(void *self)
{
	struct lane_subject *s = self;

	return lane_check(s->map, LANE_MAP_BYTES, NULL) == 0 && s->writer.hdr->key == s->key &&
	       s->writer.hdr->capacity == LANE_CAP;
}

static bool lane_subject_reserve(void *self, uint32_t cap, unsigned int writer, struct ticket *ret)
{
	struct lane_subject *s = self;
	struct lane_slot slot;

	if (lane_reserve(&s->writer, (uint32_t)sizeof(struct rec_hdr) + cap, writer, 1, &slot) < 0)
		return false;
	*ret = (struct ticket){ .at = slot.rec + 1, .pos = slot.pos, .cap = cap };
	return true;
}

static void lane_subject_commit(void *self, const struct ticket *ticket, uint32_t used)
{
	struct lane_subject *s = self;
	struct lane_slot slot = {
		.rec = (struct rec_hdr *)ticket->at - 1,
		.pos = ticket->pos,
		.max = (uint32_t)sizeof(struct rec_hdr) + ticket->cap,
	};

	lane_commit(&s->writer, &slot, (uint32_t)sizeof(struct rec_hdr) + used);
}

static bool lane_subject_must_ring(void *self)
{
	struct lane_subject *s = self;

	return lane_should_ring(&s->writer, s->page, true) != 0;
}

static const void *lane_subject_peek(void *self, uint32_t *ret_len)
{
	struct lane_subject *s = self;
	const struct rec_hdr *rec;

	if (lane_reader_peek(&s->reader, &rec) != LANE_PEEK_RECORD)
		return NULL;
	*ret_len = rec->len - (uint32_t)sizeof(*rec);
	return rec + 1;
}

static void lane_subject_next(void *self)
{
	lane_reader_next(&((struct lane_subject *)self)->reader);
}

static void lane_subject_release(void *self)
{
	lane_reader_release(&((struct lane_subject *)self)->reader);
}

static bool lane_subject_has_more(void *self)
{
	struct lane_subject *s = self;

	if (lane_reader_has_more(&s->reader))
		return true;
	lane_sleep_deeper(s->page); /* each of the records rings, so this must not lose one */
	return false;
}

static void lane_subject_sleep_begin(void *self)
{
	lane_sleep_begin(((struct lane_subject *)self)->page);
}

static void lane_subject_sleep_end(void *self)
{
	lane_sleep_end(((struct lane_subject *)self)->page);
}

static uint64_t lane_subject_prod(const struct lane_subject *s)
{
	return atomic_load_explicit(&s->writer.hdr->prod, memory_order_relaxed);
}

/* A plausible lie is a position between the true one and the newest: writers believe it, and
 * overwrite what other writers are still filling. All others must read as full. */
static void lane_subject_lie(void *self, uint64_t random, bool plausible)
{
	struct lane_subject *s = self;
	uint64_t prod = lane_subject_prod(s);
	const uint64_t lies[] = {
		0,      UINT64_MAX,          UINT64_MAX - 7,      prod + (1ULL << 40),
		random, random | 1ULL << 63, prod - 2 * LANE_CAP, 1,
	};
	uint64_t lie = lies[random % 8];

	if (plausible && random & 0x100)
		lie = prod - (random >> 32) % LANE_CAP;
	atomic_store_explicit(&s->page->lane[0].pos, lie, memory_order_release);
}

static uint64_t lane_subject_n_lost(void *self, unsigned int writer)
{
	struct lane_loss_seen loss;

	lane_reader_loss(&((struct lane_subject *)self)->reader, writer, &loss);
	return loss.count;
}

static uint64_t lane_subject_n_padded(void *self)
{
	struct lane_subject *s = self;

	return atomic_load_explicit(&s->writer.hdr->padded, memory_order_relaxed);
}

static uint64_t lane_subject_n_corrupt(void *self)
{
	return ((struct lane_subject *)self)->reader.n_corrupt;
}

static uint64_t lane_subject_n_laps(void *self)
{
	return lane_subject_prod(self) / LANE_CAP;
}

const struct stress_ops lane_stress_ops = {
	.name = "lane",
	.open = lane_subject_open,
	.close = lane_subject_close,
	.format = lane_subject_format,
	.is_intact = lane_subject_is_intact,
	.reserve = lane_subject_reserve,
	.commit = lane_subject_commit,
	.must_ring = lane_subject_must_ring,
	.peek = lane_subject_peek,
	.next = lane_subject_next,
	.release = lane_subject_release,
	.restart = lane_subject_restart,
	.has_more = lane_subject_has_more,
	.sleep_begin = lane_subject_sleep_begin,
	.sleep_end = lane_subject_sleep_end,
	.lie = lane_subject_lie,
	.n_lost = lane_subject_n_lost,
	.n_padded = lane_subject_n_padded,
	.n_corrupt = lane_subject_n_corrupt,
	.n_laps = lane_subject_n_laps,
};
