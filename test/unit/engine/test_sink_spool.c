/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/spool.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/sink/spool_format.h"
#include "test/unit/engine/spool_ground.h"

#define LIMIT SPOOL_BYTES_MIN /* eight segments of 1 MiB */
#define PATHS_MAX 64

static char paths[PATHS_MAX][160];

static struct spool *reopen(struct spool *s)
{
	spool_close(s);
	return ground_open(LIMIT, false);
}

START_TEST(what_is_appended_comes_out_in_order)
{
	struct spool *s = ground_open(LIMIT, false);

	ground_append_all(s, 1, 2000, 300, 5);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, SIZE_MAX, 0, 0), 0); /* not flushed */
	ck_assert_uint_eq(ground_stats(s).n_in_memory, 1999);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(ground_stats(s).n_events, 1999);
	ck_assert_uint_eq(ground_stats(s).n_in_memory, 0);
	ck_assert_int_eq(ground_stats(s).oldest_ns, 1);
	ground_expect(s, 1, 2000);
	ck_assert_uint_eq(ground_stats(s).n_events, 0);
	ck_assert_int_eq(ground_stats(s).oldest_ns, 0);
	spool_close(s);
	ck_assert_uint_eq(ground_list(paths, PATHS_MAX), 0); /* all is delivered */
}
END_TEST

START_TEST(class_event_and_time_come_back)
{
	struct spool *s = ground_open(LIMIT, false);

	ck_assert_int_eq(ground_append(s, 3, 0, true), 0);
	ck_assert_int_eq(ground_append(s, 4, SPOOL_EVENT_MAX, false), 0);
	ck_assert_int_eq(ground_append(s, 5, SPOOL_EVENT_MAX + 1, false), -EMSGSIZE);
	s = reopen(s);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, SIZE_MAX, 0, 0), 1); /* a segment each */
	ck_assert_uint_eq(ground_items[0].is_urgent, 1);
	ck_assert_uint_eq(ground_items[0].event, 3);
	ck_assert_uint_eq(ground_items[0].len, 0);
	ck_assert_int_eq(spool_done(s, 1), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, 1, 0, 0), 1);
	ck_assert_uint_eq(ground_items[0].is_urgent, 0);
	ck_assert_uint_eq(ground_items[0].len, SPOOL_EVENT_MAX);
	ck_assert(ground_is_whole(&ground_items[0]));
	spool_close(s);
}
END_TEST

START_TEST(what_is_not_done_is_taken_again)
{
	struct spool *s = ground_open(LIMIT, false);

	ground_append_all(s, 1, 11, 100, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 6, SIZE_MAX, 0, 0), 6);
	ck_assert_int_eq(spool_done(s, 2), 0);
	ck_assert_int_eq(spool_done(s, 1), 0);
	ck_assert_int_eq(ground_items[3].time_ns, 4);
	ck_assert(ground_is_whole(&ground_items[3]));
	ck_assert_uint_eq(spool_take(s, ground_items, 3, SIZE_MAX, 0, 0), 3);
	ck_assert_int_eq(ground_items[0].time_ns, 4);
	s = reopen(s); /* and by the next engine */
	ck_assert_uint_eq(ground_stats(s).n_events, 7);
	ground_expect(s, 4, 11);
	spool_close(s);
}
END_TEST

START_TEST(a_take_has_two_limits_but_one_item_always_fits)
{
	struct spool *s = ground_open(LIMIT, false);

	ground_append_all(s, 0, 5, 100, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 3, SIZE_MAX, 0, 0), 3);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, 250, 0, 0), 2);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, 300, 0, 0), 3);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, 0, 0, 0), 1);
	ck_assert_uint_eq(spool_take(s, ground_items, 0, SIZE_MAX, 0, 0), 0);
	spool_close(s);
}
END_TEST

START_TEST(an_engine_goes_on_where_the_last_one_ended)
{
	struct spool *s = ground_open(LIMIT, false);
	uint64_t next = 0;

	for (uint64_t round = 0; round < 20; round++) {
		ground_append_all(s, round * 500, round * 500 + 500, 900, 0);
		ck_assert_int_eq(spool_flush(s), 0);
		for (uint64_t end = next + 450; next < end;) {
			size_t n = spool_take(s, ground_items, end - next, SIZE_MAX, 0, 0);

			ck_assert_uint_gt(n, 0);
			for (size_t i = 0; i < n; i++)
				ck_assert_int_eq(ground_items[i].time_ns, (int64_t)next++);
			ck_assert_int_eq(spool_done(s, n), 0);
		}
		s = reopen(s);
	}
	ground_expect(s, next, 10000);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	spool_close(s);
}
END_TEST

START_TEST(delivered_segments_are_removed)
{
	struct spool *s = ground_open(LIMIT, false);

	for (uint64_t i = 0; i < 40000; i += 1000) { /* 40 MB through 8 */
		ground_append_all(s, i, i + 1000, 1000, 0);
		ck_assert_int_eq(spool_flush(s), 0);
		ground_expect(s, i, i + 1000);
		ck_assert_uint_le(ground_stats(s).n_bytes, 2U << 20);
	}
	ck_assert_uint_eq(ground_list(paths, PATHS_MAX), 1);
	spool_close(s);
}
END_TEST

START_TEST(when_full_nothing_more_is_taken)
{
	struct spool *s = ground_open(LIMIT, false);
	uint64_t n = 0, n_bytes = 0;

	while (ground_append(s, n, 1000, false) == 0)
		n++;
	ck_assert_int_eq(ground_append(s, n, 1000, true), -ENOSPC);
	ck_assert_int_eq(spool_flush(s), 0);
	for (size_t i = 0; i < ground_list(paths, PATHS_MAX); i++)
		n_bytes += (uint64_t)ground_size(paths[i]);
	ck_assert_uint_le(n_bytes, LIMIT);
	ck_assert_uint_gt(n_bytes, LIMIT - (1U << 20));
	ck_assert_uint_eq(ground_stats(s).n_bytes, n_bytes);
	ck_assert(!spool_wait_room(s, 20));
	ck_assert_uint_eq(ground_stats(s).n_dropped, 0);
	ck_assert_uint_eq(spool_take(s, ground_items, GROUND_ITEMS, SIZE_MAX, 0, 0), 1023);
	ck_assert_int_eq(spool_done(s, 1023), 0); /* a segment */
	ck_assert(spool_wait_room(s, 0));
	ck_assert_int_eq(ground_append(s, n, 1000, true), 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ground_expect(s, 1023, n + 1);
	spool_close(s);
}
END_TEST

static void count(const struct batch_item *item, void *arg)
{
	uint64_t *n = arg;

	n[item->is_urgent]++;
}

START_TEST(when_full_the_oldest_is_given_up)
{
	struct spool *s = ground_open(LIMIT, true);
	uint64_t n[2] = { 0, 0 };

	ground_append_all(s, 0, 30000, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(ground_stats(s).n_dropped + ground_stats(s).n_events, 30000);
	ck_assert_uint_eq(ground_drain(s, count, n) + ground_stats(s).n_dropped, 30000);
	ck_assert_int_eq(ground_items[0].time_ns > 22000, 1);
	ck_assert_uint_gt(n[0], 7000);
	spool_close(s);
}
END_TEST

START_TEST(what_is_being_delivered_is_not_given_up)
{
	struct spool *s = ground_open(LIMIT, true);

	ground_append_all(s, 0, 100, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, SIZE_MAX, 0, 0), 10);
	ground_append_all(s, 100, 30000, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert(ground_is_whole(&ground_items[9]));
	ck_assert_int_eq(spool_done(s, 10), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 10, SIZE_MAX, 0, 0), 10);
	ck_assert_int_eq(ground_items[0].time_ns, 10);
	ck_assert_uint_eq(10 + ground_drain(s, NULL, NULL) + ground_stats(s).n_dropped, 30000);
	ck_assert_uint_eq(ground_stats(s).n_damaged_events, 0);
	spool_close(s);
}
END_TEST

START_TEST(segments_with_urgent_events_are_kept_longest)
{
	struct spool *s = ground_open(LIMIT, true);
	uint64_t n[2] = { 0, 0 };

	ground_append_all(s, 1, 2, 1000, 1); /* in the first segment */
	ground_append_all(s, 2, 5000, 1000, 0);
	ground_append_all(s, 5000, 5001, 1000, 1);
	ground_append_all(s, 5001, 40000, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	(void)ground_drain(s, count, n);
	ck_assert_uint_eq(n[1], 2);
	ck_assert_uint_eq(n[0] + n[1] + ground_stats(s).n_dropped, 39999);
	/* And when there is nothing else: the oldest. */
	ground_append_all(s, 40000, 60000, 1000, 1);
	ck_assert_int_eq(spool_flush(s), 0);
	n[1] = 0;
	(void)ground_drain(s, count, n);
	ck_assert_uint_gt(n[1], 6000);
	ck_assert_uint_lt(n[1], 9000);
	spool_close(s);
}
END_TEST

START_TEST(a_lower_limit_gives_up_what_is_above)
{
	struct spool *s = ground_open(4 * LIMIT, true);
	uint64_t n;

	ground_append_all(s, 0, 30000, 1000, 0);
	spool_close(s);
	s = ground_open(LIMIT, true);
	ground_append_all(s, 30000, 30001, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_le(ground_stats(s).n_bytes, LIMIT);
	n = ground_drain(s, NULL, NULL);
	ck_assert_uint_eq(n + ground_stats(s).n_dropped, 30001);
	spool_close(s);
}
END_TEST

/* --- Two threads. --- */

#define STREAM 30000

static void *append_stream(void *arg)
{
	struct spool *s = arg;
	int rc;

	for (uint64_t i = 0; i < STREAM; i++) {
		while ((rc = ground_append(s, i, 1000, i % 50 == 0)) == -ENOSPC)
			(void)spool_wait_room(s, 20000);
		if (rc < 0)
			return s;
		if (i % 64 == 0 && spool_flush(s) < 0)
			return s;
	}
	return spool_flush(s) < 0 ? s : NULL;
}

START_TEST(a_stream_arrives_whole_through_a_small_spool)
{
	struct spool *s = ground_open(LIMIT, false);
	uint64_t next = 0;
	pthread_t thread;
	void *bad;
	size_t n;

	ck_assert_int_eq(pthread_create(&thread, NULL, append_stream, s), 0);
	while (next < STREAM) {
		n = spool_take(s, ground_items, 300, SIZE_MAX, 20000, 1);
		ck_assert_uint_gt(n, 0);
		for (size_t i = 0; i < n; i++) {
			ck_assert_int_eq(ground_items[i].time_ns, (int64_t)next++);
			ck_assert(ground_is_whole(&ground_items[i]));
		}
		ck_assert_int_eq(spool_done(s, n), 0);
		if (next % 7 == 0)
			ck_assert_int_eq(spool_sync(s), 0);
	}
	ck_assert_int_eq(pthread_join(thread, &bad), 0);
	ck_assert_ptr_null(bad);
	ck_assert_uint_eq(ground_stats(s).n_events, 0);
	spool_close(s);
}
END_TEST

static void *flood(void *arg)
{
	struct spool *s = arg;

	for (uint64_t i = 0; i < STREAM; i++) {
		if (ground_append(s, i, 1000, false) < 0 || (i % 64 == 0 && spool_flush(s) < 0))
			return s;
	}
	return spool_flush(s) < 0 ? s : NULL;
}

START_TEST(what_a_slow_reader_does_not_get_is_counted)
{
	struct spool *s = ground_open(LIMIT, true);
	uint64_t n_all = 0;
	pthread_t thread;
	void *bad;
	size_t n;

	ck_assert_int_eq(pthread_create(&thread, NULL, flood, s), 0);
	while ((n = spool_take(s, ground_items, 100, SIZE_MAX, 500, 0)) > 0) {
		for (size_t i = 0; i < n; i++)
			ck_assert(ground_is_whole(&ground_items[i]));
		ck_assert_int_eq(spool_done(s, n / 2 + 1), 0);
		n_all += n / 2 + 1;
		if (n_all < 1500)
			(void)poll(NULL, 0, 1);
	}
	ck_assert_int_eq(pthread_join(thread, &bad), 0);
	ck_assert_ptr_null(bad);
	ck_assert_uint_eq(n_all + ground_stats(s).n_dropped, STREAM);
	spool_close(s);
}
END_TEST

static void *take_patiently(void *arg)
{
	size_t n = spool_take(arg, ground_items, 10, SIZE_MAX, 60000, 60000);

	return n == 10 ? NULL : ground_items;
}

START_TEST(a_waiting_reader_is_woken_when_its_batch_is_full)
{
	struct spool *s = ground_open(LIMIT, false);
	pthread_t thread;
	void *bad;

	ck_assert_int_eq(pthread_create(&thread, NULL, take_patiently, s), 0);
	for (uint64_t i = 0; i < 10; i++) {
		(void)poll(NULL, 0, 2);
		ground_append_all(s, i, i + 1, 100, 0);
		ck_assert_int_eq(spool_flush(s), 0);
	}
	ck_assert_int_eq(pthread_join(thread, &bad), 0);
	ck_assert_ptr_null(bad);
	spool_close(s);
}
END_TEST

START_TEST(a_reader_can_be_told_not_to_wait)
{
	struct spool *s = ground_open(LIMIT, false);
	pthread_t thread;
	void *bad;

	ck_assert_int_eq(pthread_create(&thread, NULL, take_patiently, s), 0);
	(void)poll(NULL, 0, 5);
	spool_wake(s);
	ck_assert_int_eq(pthread_join(thread, &bad), 0);
	ck_assert_ptr_nonnull(bad);
	spool_close(s);
}
END_TEST

static TCase *plain_cases(void)
{
	TCase *tc = tcase_create("plain");

	tcase_add_test(tc, what_is_appended_comes_out_in_order);
	tcase_add_test(tc, class_event_and_time_come_back);
	tcase_add_test(tc, what_is_not_done_is_taken_again);
	tcase_add_test(tc, a_take_has_two_limits_but_one_item_always_fits);
	tcase_add_test(tc, an_engine_goes_on_where_the_last_one_ended);
	tcase_add_test(tc, delivered_segments_are_removed);
	tcase_add_test(tc, when_full_nothing_more_is_taken);
	tcase_add_test(tc, when_full_the_oldest_is_given_up);
	tcase_add_test(tc, what_is_being_delivered_is_not_given_up);
	tcase_add_test(tc, segments_with_urgent_events_are_kept_longest);
	tcase_add_test(tc, a_lower_limit_gives_up_what_is_above);
	return tc;
}

static TCase *thread_cases(void)
{
	TCase *tc = tcase_create("threads");

	tcase_add_test(tc, a_stream_arrives_whole_through_a_small_spool);
	tcase_add_test(tc, what_a_slow_reader_does_not_get_is_counted);
	tcase_add_test(tc, a_waiting_reader_is_woken_when_its_batch_is_full);
	tcase_add_test(tc, a_reader_can_be_told_not_to_wait);
	return tc;
}

int main(void)
{
	TCase *const cases[] = { plain_cases(), thread_cases() };
	Suite *suite = suite_create("sink_spool");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		tcase_add_checked_fixture(cases[i], ground_setup, ground_teardown);
		tcase_set_timeout(cases[i], 60);
		suite_add_tcase(suite, cases[i]);
	}
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
