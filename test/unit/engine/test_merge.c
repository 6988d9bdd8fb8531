/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/merge.h"
#include "test/support/fake_lanes.h"
#include "test/support/record_builder.h"

#define CAP (1U << 20)
#define WAIT 1000U
#define GIVE_UP 100000U
#define BATCH 512

/* Readers: 0 is the collector's lane, then vital 0 and 1, then bulk 0 and 1. */
#define OWN 4
#define VITAL 0
#define BULK 1

static struct fake_lanes fl;
static struct lane_reader readers[FL_LANES_MAX];
static struct merge *m;
static uint64_t now_ns;
static struct source_record out[BATCH];

static uint64_t fake_clock(void *arg)
{
	ck_assert_ptr_eq(arg, &now_ns);
	return now_ns;
}

static void open_merge(void)
{
	const struct merge_options opt = { .wait_ns = WAIT,
					   .give_up_ns = GIVE_UP,
					   .clock = fake_clock,
					   .clock_arg = &now_ns,
					   .page = fl.page };

	fl_readers(&fl, readers);
	m = merge_new(readers, fl.n_lanes, &opt);
	ck_assert_ptr_nonnull(m);
}

static void setup(void)
{
	fl_init(&fl, 2, CAP);
	now_ns = 1000;
	open_merge();
}

static void teardown(void)
{
	merge_free(m);
	fl_done(&fl);
}

static struct lane_slot reserve(uint32_t lane)
{
	struct lane_slot slot;

	ck_assert_int_eq(lane_reserve(&fl.writers[lane], sizeof(struct rec_plain), EV_DO_EXIT_slot,
				      now_ns, &slot),
			 0);
	return slot;
}

/* `mark` tells the record from others. */
static void commit(uint32_t lane, const struct lane_slot *slot, uint64_t ts_ns, uint64_t mark)
{
	slot->rec->ts_ns = ts_ns;
	slot->rec->event = EV_DO_EXIT;
	slot->rec->ret = (int64_t)mark;
	lane_commit(&fl.writers[lane], slot, sizeof(struct rec_plain));
}

static void put(uint32_t lane, uint64_t ts_ns, uint64_t mark)
{
	struct lane_slot slot = reserve(lane);

	commit(lane, &slot, ts_ns, mark);
}

/* What comes out now, as the records' marks; checked against a 0-ended list. */
static void expect(const uint64_t *marks)
{
	size_t n = merge_next(m, out, BATCH), i;

	for (i = 0; i < n && marks[i]; i++)
		ck_assert_uint_eq((uint64_t)out[i].rec->ret, marks[i]);
	ck_assert_msg(i == n && marks[i] == 0, "%zu records, the first %zu as expected", n, i);
	merge_release(m);
}
#define EXPECT(...) expect((const uint64_t[]){ __VA_ARGS__, 0 })

static struct merge_stats stats(void)
{
	struct merge_stats s;

	merge_stats_get(m, &s);
	return s;
}

static uint64_t cursor(uint32_t lane)
{
	return atomic_load(&fl.page->lane[lane].pos);
}

static uint64_t prod(uint32_t lane)
{
	return atomic_load(&fl.writers[lane].hdr->prod);
}

START_TEST(gives_nothing_when_there_is_nothing)
{
	EXPECT(0);
	ck_assert_int_eq(merge_idle_ns(m), -1);
}
END_TEST

START_TEST(merges_lanes_by_time)
{
	put(BULK, 10, 1);
	put(VITAL, 20, 2);
	put(BULK + 2, 30, 3);
	put(OWN, 40, 4);
	put(BULK, 50, 5);
	put(VITAL + 2, 60, 6);
	EXPECT(1, 2, 3, 4, 5, 6);
	EXPECT(0);
	ck_assert_uint_eq(stats().n_records, 6);
	ck_assert_uint_eq(stats().n_late, 0);
}
END_TEST

START_TEST(takes_equal_times_by_class_then_lane_then_place)
{
	put(BULK + 2, 10, 7);
	put(BULK, 10, 5);
	put(BULK, 10, 6);
	put(VITAL + 2, 10, 4);
	put(VITAL, 10, 2);
	put(VITAL, 10, 3);
	put(OWN, 10, 1);
	EXPECT(1, 2, 3, 4, 5, 6, 7);
}
END_TEST

START_TEST(orders_what_is_out_of_order_within_a_lane)
{
	put(BULK, 30, 3);
	put(BULK, 10, 1);
	put(BULK, 20, 2);
	put(BULK, 50, 5);
	put(BULK, 40, 4);
	EXPECT(1, 2, 3, 4, 5);
}
END_TEST

/* A record that is not older than T0 may have older ones behind it that nobody has seen. */
START_TEST(holds_back_what_is_not_older_than_the_look)
{
	put(BULK, 990, 1);
	put(BULK, 1000, 2);
	put(VITAL, 1001, 3);
	EXPECT(1);
	ck_assert_uint_lt(cursor(BULK), prod(BULK));
	ck_assert_uint_eq(cursor(VITAL), 0);
	ck_assert_int_eq(merge_idle_ns(m), 1);
	now_ns = 1002;
	ck_assert_int_eq(merge_idle_ns(m), 0);
	EXPECT(2, 3);
	ck_assert_uint_eq(cursor(BULK), prod(BULK));
}
END_TEST

START_TEST(publishes_nothing_before_release)
{
	put(BULK, 10, 1);
	ck_assert_uint_eq(merge_next(m, out, BATCH), 1);
	ck_assert_uint_eq(cursor(BULK), 0);
	merge_release(m);
	ck_assert_uint_eq(cursor(BULK), prod(BULK));
}
END_TEST

/* The cursor must not pass a record that is kept, wherever it lies. */
START_TEST(publishes_up_to_the_first_record_that_is_kept)
{
	put(BULK, 1500, 3);
	put(BULK, 10, 1);
	put(BULK, 20, 2);
	EXPECT(1, 2);
	ck_assert_uint_eq(cursor(BULK), 0);
	now_ns = 2000;
	EXPECT(3);
	ck_assert_uint_eq(cursor(BULK), prod(BULK));
}
END_TEST

START_TEST(gives_no_more_than_there_is_room_for)
{
	for (uint64_t i = 1; i <= 5; i++)
		put(i % 2 ? BULK : VITAL, 10 * i, i);
	ck_assert_uint_eq(merge_next(m, out, 2), 2);
	ck_assert_int_eq(out[0].rec->ret, 1);
	ck_assert_int_eq(out[1].rec->ret, 2);
	merge_release(m);
	EXPECT(3, 4, 5);
}
END_TEST

START_TEST(waits_for_a_lane_that_is_not_committed)
{
	struct lane_slot slot;

	EXPECT(0); /* all lanes are read to their end at 1000 */
	now_ns = 1100;
	slot = reserve(VITAL);
	put(BULK, 999, 1);
	put(BULK, 1150, 3);
	now_ns = 1200;
	EXPECT(1); /* what is older than the end of the lane cannot be passed by the other */
	ck_assert_int_eq(merge_idle_ns(m), WAIT);
	commit(VITAL, &slot, 1120, 2);
	ck_assert_int_eq(merge_idle_ns(m), 0);
	EXPECT(2, 3);
	ck_assert_uint_eq(stats().n_stalls, 0);
	ck_assert_uint_eq(stats().n_late, 0);
}
END_TEST

START_TEST(goes_on_without_a_lane_that_stalls)
{
	struct lane_slot slot;

	EXPECT(0);
	now_ns = 1100;
	slot = reserve(VITAL);
	put(BULK, 1150, 2);
	now_ns = 1200;
	EXPECT(0);
	now_ns = 1200 + WAIT - 1;
	EXPECT(0);
	ck_assert_int_eq(merge_idle_ns(m), 1);
	now_ns = 1200 + WAIT;
	EXPECT(2);
	ck_assert_uint_eq(stats().n_stalls, 1);
	ck_assert_uint_eq(atomic_load(&fl.page->stalls), 1);
	ck_assert_uint_eq(merge_lane_stalls(m, 1), 1);
	now_ns++;
	put(BULK, now_ns - 1, 3);
	EXPECT(3); /* the others are not held up again by the same record */
	ck_assert_uint_eq(stats().n_stalls, 1);
	ck_assert_int_eq(merge_idle_ns(m), GIVE_UP - WAIT - 1);
	commit(VITAL, &slot, 1120, 1);
	EXPECT(1);
	ck_assert_uint_eq(stats().n_late, 1);
	EXPECT(0);
	ck_assert_int_eq(merge_idle_ns(m), -1);
}
END_TEST

START_TEST(skips_what_is_never_committed)
{
	put(VITAL, 900, 1);
	EXPECT(1);
	reserve(VITAL);
	put(VITAL, 950, 2);
	EXPECT(0);
	now_ns += GIVE_UP - 1;
	EXPECT(0);
	ck_assert_uint_eq(stats().n_stalls, 1);
	now_ns++;
	EXPECT(2);
	ck_assert_uint_eq(readers[1].n_corrupt, 1);
	ck_assert_uint_eq(cursor(VITAL), prod(VITAL));
}
END_TEST

START_TEST(sleeps_behind_a_stall_with_nothing_to_skip_to)
{
	EXPECT(0);
	reserve(BULK);
	EXPECT(0);
	now_ns += GIVE_UP;
	EXPECT(0);
	ck_assert_int_eq(merge_idle_ns(m), -1);
}
END_TEST

START_TEST(does_not_wait_for_times_that_are_nonsense)
{
	put(BULK, UINT64_MAX, 1);
	put(BULK, now_ns + 3600000000000ULL, 2);
	put(VITAL, 10, 3);
	EXPECT(3);
	now_ns++;
	EXPECT(1, 2);
}
END_TEST

START_TEST(merges_made_records)
{
	struct rec_plain made[] = {
		{ .hdr = { .ts_ns = 1000,
			   .event = EV_DO_EXIT,
			   .len = sizeof(struct rec_plain),
			   .ret = 3 } },
		{ .hdr = { .ts_ns = 1000,
			   .event = EV_DO_EXIT,
			   .len = sizeof(struct rec_plain),
			   .ret = 4 } },
	};

	put(BULK, 999, 1);
	put(BULK, 1000, 2);
	ck_assert_int_eq(merge_add(m, &made[0].hdr), 0);
	ck_assert_int_eq(merge_add(m, &made[1].hdr), 0);
	EXPECT(1);
	ck_assert_uint_eq(merge_n_added(m), 2);
	now_ns++;
	ck_assert_int_eq(merge_idle_ns(m), 0);
	ck_assert_uint_eq(merge_next(m, out, BATCH), 3);
	ck_assert_int_eq(out[0].rec->ret, 2); /* lanes go first */
	ck_assert_int_eq(out[2].rec->ret, 4);
	ck_assert_uint_eq(out[1].lane, fl.n_lanes);
	ck_assert_uint_eq(out[1].cap, sizeof(struct rec_plain));
	ck_assert_uint_eq(merge_n_added(m), 0);
	merge_release(m);
}
END_TEST

START_TEST(refuses_made_records_without_room)
{
	struct rec_plain made = { .hdr = { .ts_ns = 1000, .len = sizeof(struct rec_plain) } };
	int rc = 0, n = 0;

	while (rc == 0 && n < 100000)
		rc = merge_add(m, &made.hdr) < 0 ? -ENOBUFS : (n++, 0);
	ck_assert_int_eq(rc, -ENOBUFS);
	ck_assert_int_ge(n, 256);
}
END_TEST

/* More than is taken from a lane at a time, in both lanes, each nearly in order. */
START_TEST(keeps_the_order_of_a_backlog)
{
	uint64_t n_bulk = 12000, n_vital = 9000, seed = 42, last = 0, n = 0;
	size_t got;

	now_ns = 10000000;
	for (uint64_t i = 0; i < n_bulk; i++)
		put(BULK, 1000 + 100 * i + rb_next_random(&seed) % 700, i);
	for (uint64_t i = 0; i < n_vital; i++)
		put(VITAL, 1000 + 130 * i + rb_next_random(&seed) % 700, i);
	while ((got = merge_next(m, out, BATCH)) > 0) {
		for (size_t i = 0; i < got; i++) {
			ck_assert_uint_ge(out[i].rec->ts_ns, last);
			last = out[i].rec->ts_ns;
		}
		n += got;
		merge_release(m);
	}
	ck_assert_uint_eq(n, n_bulk + n_vital);
	ck_assert_uint_eq(stats().n_late, 0);
	ck_assert_uint_eq(cursor(BULK), prod(BULK));
	ck_assert_uint_eq(cursor(VITAL), prod(VITAL));
}
END_TEST

/* One record far too old in a full lane must not stop the lane. */
START_TEST(survives_an_absurd_time_in_a_backlog)
{
	uint64_t n = 0;
	size_t got;

	now_ns = 10000000;
	for (uint64_t i = 0; i < 9000; i++)
		put(BULK, i == 4000 ? 1 : 1000 + i, i);
	for (int rounds = 0; n < 9000; rounds++) {
		ck_assert_int_lt(rounds, 1000);
		got = merge_next(m, out, BATCH);
		merge_release(m);
		n += got;
	}
	EXPECT(0);
}
END_TEST

START_TEST(resumes_at_the_cursor)
{
	for (uint64_t i = 1; i <= 4; i++)
		put(BULK, 10 * i, i);
	ck_assert_uint_eq(merge_next(m, out, 2), 2);
	merge_release(m);
	ck_assert_uint_eq(merge_next(m, out, 1), 1); /* given out, not released: comes again */
	merge_free(m);
	open_merge();
	EXPECT(3, 4);
}
END_TEST

/*
 * Random writers and a random reader: between a reservation, the time and the commit of a record
 * anything may happen in other places. As long as no record takes longer than the wait, what comes
 * out is in order; it is always complete and has nothing twice.
 */
#define OPEN_MAX 8
#define RECORDS 20000U

struct open_record {
	struct lane_slot slot;
	uint32_t lane;
	uint64_t reserved_ns, ts_ns; /* 0: not taken yet */
	uint64_t mark;
	bool is_open;
};

static struct schedule {
	uint64_t random, n_put, n_got, last_ns;
	uint32_t max_step_ns;
	struct open_record open[OPEN_MAX];
	uint8_t seen[RECORDS + 1];
} sched;

static uint64_t pick(uint64_t n)
{
	return rb_next_random(&sched.random) % n;
}

static void step_record(struct open_record *r)
{
	if (!r->is_open && sched.n_put < RECORDS) {
		r->lane = (uint32_t)pick(fl.n_lanes);
		if (lane_reserve(&fl.writers[r->lane], sizeof(struct rec_plain) + 8 * pick(20),
				 EV_DO_EXIT_slot, now_ns, &r->slot) < 0)
			return;
		r->mark = ++sched.n_put;
		r->reserved_ns = now_ns;
		r->ts_ns = 0;
		r->is_open = true;
	} else if (r->is_open && r->ts_ns == 0) {
		r->ts_ns = now_ns;
	} else if (r->is_open) {
		commit(r->lane, &r->slot, r->ts_ns, r->mark);
		r->is_open = false;
	}
}

static void read_some(bool in_order)
{
	size_t n = merge_next(m, out, 1 + pick(BATCH));

	for (size_t i = 0; i < n; i++) {
		uint64_t mark = (uint64_t)out[i].rec->ret;

		ck_assert_uint_le(mark, RECORDS);
		ck_assert_uint_eq(sched.seen[mark], 0);
		sched.seen[mark] = 1;
		if (in_order)
			ck_assert_uint_ge(out[i].rec->ts_ns, sched.last_ns);
		sched.last_ns = out[i].rec->ts_ns;
	}
	sched.n_got += n;
	if (pick(4) > 0)
		merge_release(m);
}

static void finish_records(void)
{
	for (size_t i = 0; i < OPEN_MAX; i++)
		while (sched.open[i].is_open)
			step_record(&sched.open[i]);
	for (int i = 0; i < 200 && sched.n_got < sched.n_put; i++) {
		now_ns += 10;
		read_some(false);
	}
	ck_assert_uint_eq(sched.n_got, sched.n_put);
	merge_release(m);
	for (uint32_t i = 0; i < fl.n_lanes; i++)
		ck_assert_uint_eq(cursor(i), prod(i));
}

static void run_schedule(uint64_t seed, bool in_order)
{
	memset(&sched, 0, sizeof(sched));
	sched.random = seed * 0x9e3779b97f4a7c15ULL + 1;
	while (sched.n_put < RECORDS) {
		struct open_record *r = &sched.open[pick(OPEN_MAX)];

		/* The oldest open record bounds how far the clock may go. */
		for (size_t i = 0; i < OPEN_MAX && in_order; i++)
			if (sched.open[i].is_open && now_ns - sched.open[i].reserved_ns > WAIT / 2)
				r = &sched.open[i];
		step_record(r);
		now_ns += pick(in_order ? 4 : WAIT / 4);
		if (pick(50) == 0)
			read_some(in_order);
	}
	finish_records();
}

START_TEST(random_schedules_come_out_in_order)
{
	run_schedule((uint64_t)_i, true);
	ck_assert_uint_eq(stats().n_late, 0);
	ck_assert_uint_eq(stats().n_stalls, 0);
}
END_TEST

START_TEST(random_schedules_with_stalls_come_out_complete)
{
	run_schedule(1000 + (uint64_t)_i, false);
	ck_assert_uint_gt(stats().n_stalls, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("merge");
	TCase *order = tcase_create("order"), *stall = tcase_create("stall"),
	      *random = tcase_create("random");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(order, setup, teardown);
	tcase_add_test(order, gives_nothing_when_there_is_nothing);
	tcase_add_test(order, merges_lanes_by_time);
	tcase_add_test(order, takes_equal_times_by_class_then_lane_then_place);
	tcase_add_test(order, orders_what_is_out_of_order_within_a_lane);
	tcase_add_test(order, holds_back_what_is_not_older_than_the_look);
	tcase_add_test(order, publishes_nothing_before_release);
	tcase_add_test(order, publishes_up_to_the_first_record_that_is_kept);
	tcase_add_test(order, gives_no_more_than_there_is_room_for);
	tcase_add_test(order, merges_made_records);
	tcase_add_test(order, refuses_made_records_without_room);
	tcase_add_test(order, keeps_the_order_of_a_backlog);
	tcase_add_test(order, survives_an_absurd_time_in_a_backlog);
	tcase_add_test(order, resumes_at_the_cursor);
	suite_add_tcase(s, order);
	tcase_add_checked_fixture(stall, setup, teardown);
	tcase_add_test(stall, waits_for_a_lane_that_is_not_committed);
	tcase_add_test(stall, goes_on_without_a_lane_that_stalls);
	tcase_add_test(stall, skips_what_is_never_committed);
	tcase_add_test(stall, sleeps_behind_a_stall_with_nothing_to_skip_to);
	tcase_add_test(stall, does_not_wait_for_times_that_are_nonsense);
	suite_add_tcase(s, stall);
	tcase_add_checked_fixture(random, setup, teardown);
	tcase_set_timeout(random, 60);
	tcase_add_loop_test(random, random_schedules_come_out_in_order, 0, 20);
	tcase_add_loop_test(random, random_schedules_with_stalls_come_out_complete, 0, 10);
	suite_add_tcase(s, random);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
