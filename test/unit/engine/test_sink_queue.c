/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/queue.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/now.h"

#define ITEMS_MAX 4096

static struct squeue *queue;
static struct batch_item taken[ITEMS_MAX];
static uint8_t blob[SQUEUE_EVENT_MAX + 1];

static void setup(void)
{
	queue = squeue_new(SQUEUE_BYTES_MIN);
	ck_assert_ptr_nonnull(queue);
	for (size_t i = 0; i < sizeof(blob); i++)
		blob[i] = (uint8_t)(i * 7);
}

static void teardown(void)
{
	squeue_free(queue);
}

static int put(uint32_t len, bool urgent, int64_t time_ns)
{
	const struct batch_item item = {
		.data = blob, .len = len, .event = 7, .is_urgent = urgent, .time_ns = time_ns
	};

	return squeue_put(queue, &item);
}

static size_t take(size_t n_max, size_t bytes_max)
{
	return squeue_take(queue, taken, n_max, bytes_max, 0, 0);
}

static struct squeue_stats stats(void)
{
	struct squeue_stats s;

	squeue_stats_get(queue, &s);
	return s;
}

START_TEST(what_is_put_comes_out_in_order)
{
	for (int i = 1; i <= 5; i++)
		ck_assert_int_eq(put((uint32_t)i * 10, false, i), 0);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 5);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(taken[i].time_ns, i + 1);
		ck_assert_uint_eq(taken[i].len, (uint32_t)(i + 1) * 10);
		ck_assert_uint_eq(taken[i].event, 7);
		ck_assert_mem_eq(taken[i].data, blob, taken[i].len);
	}
	squeue_done(queue, 5);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 0);
}
END_TEST

START_TEST(an_empty_event_is_an_event)
{
	ck_assert_int_eq(put(0, false, 1), 0);
	ck_assert_uint_eq(take(ITEMS_MAX, 0), 1);
	ck_assert_uint_eq(taken[0].len, 0);
}
END_TEST

START_TEST(urgent_events_go_first)
{
	ck_assert_int_eq(put(10, false, 1), 0);
	ck_assert_int_eq(put(10, true, 2), 0);
	ck_assert_int_eq(put(10, false, 3), 0);
	ck_assert_int_eq(put(10, true, 4), 0);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 4);
	ck_assert_int_eq(taken[0].time_ns, 2);
	ck_assert_int_eq(taken[1].time_ns, 4);
	ck_assert_int_eq(taken[2].time_ns, 1);
	ck_assert_int_eq(taken[3].time_ns, 3);
}
END_TEST

START_TEST(what_is_not_done_is_taken_again)
{
	for (int i = 1; i <= 4; i++)
		ck_assert_int_eq(put(10, i % 2 == 0, i), 0);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 4); /* 2 4 1 3 */
	squeue_done(queue, 3);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 1);
	ck_assert_int_eq(taken[0].time_ns, 3);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 1); /* taken twice, not done */
	squeue_done(queue, 0);
	squeue_done(queue, 1);
	squeue_done(queue, 1); /* more than there is */
	ck_assert_uint_eq(stats().n_events, 0);
	ck_assert_uint_eq(stats().n_bytes, 0);
}
END_TEST

START_TEST(a_batch_is_done_in_pieces)
{
	for (int i = 1; i <= 6; i++)
		ck_assert_int_eq(put(10, i > 4, i), 0);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 6); /* 5 6 1 2 3 4 */
	squeue_done(queue, 1);
	squeue_done(queue, 2);
	ck_assert_mem_eq(taken[3].data, blob, 10);
	squeue_done(queue, 2);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 1);
	ck_assert_int_eq(taken[0].time_ns, 4);
}
END_TEST

static const struct {
	size_t n_max, bytes_max, n;
} limits[] = {
	{ 3, SIZE_MAX, 3 },    { 0, SIZE_MAX, 0 },  { ITEMS_MAX, 250, 2 },
	{ ITEMS_MAX, 300, 3 }, { ITEMS_MAX, 1, 1 }, { ITEMS_MAX, 0, 1 },
};

START_TEST(a_take_has_two_limits_but_one_item_always_fits)
{
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(put(100, false, i), 0);
	ck_assert_uint_eq(take(limits[_i].n_max, limits[_i].bytes_max), limits[_i].n);
}
END_TEST

START_TEST(a_flood_leaves_room_for_urgent_events)
{
	int n_bulk = 0, n_urgent = 0;

	while (put(100, false, 1) == 0)
		n_bulk++;
	ck_assert_int_eq(put(100, false, 1), -ENOBUFS);
	while (put(100, true, 2) == 0)
		n_urgent++;
	ck_assert_int_eq(n_bulk, 48 * 1024 / 128); /* 16 for itself, to the next 16 */
	ck_assert_int_eq(n_urgent, 16 * 1024 / 128);
	ck_assert_uint_eq(stats().high_bytes, SQUEUE_BYTES_MIN);
}
END_TEST

START_TEST(urgent_events_take_the_other_room_when_theirs_is_full)
{
	int n = 0;

	while (put(100, true, 1) == 0)
		n++;
	ck_assert_int_eq(n, 64 * 1024 / 128);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), (size_t)n);
	squeue_done(queue, (size_t)n);
	ck_assert_uint_eq(stats().n_bytes, 0);
}
END_TEST

static const struct {
	uint32_t len;
	bool urgent;
	int rc;
} sizes[] = {
	{ 48 * 1024 - 16, false, 0 },     { 48 * 1024 - 15, false, -EMSGSIZE },
	{ 16 * 1024 - 16, true, 0 },      { 16 * 1024, true, 0 },
	{ 48 * 1024, true, -EMSGSIZE },   { SQUEUE_EVENT_MAX + 1, false, -EMSGSIZE },
	{ UINT32_MAX, false, -EMSGSIZE },
};

START_TEST(an_event_as_large_as_the_ring_fits_wherever_the_ring_stands)
{
	for (int64_t shift = 0; shift < 40; shift++) {
		ck_assert_int_eq(put(sizes[_i].len, sizes[_i].urgent, shift), sizes[_i].rc);
		if (sizes[_i].rc < 0)
			return;
		ck_assert_uint_eq(take(1, 0), 1);
		ck_assert_uint_eq(taken[0].len, sizes[_i].len);
		ck_assert_mem_eq(taken[0].data, blob, sizes[_i].len);
		squeue_done(queue, 1);
		ck_assert_int_eq(put(1000, sizes[_i].urgent, 0), 0);
		ck_assert_uint_eq(take(1, 0), 1);
		squeue_done(queue, 1);
	}
}
END_TEST

START_TEST(the_largest_event_fits_a_large_queue)
{
	squeue_free(queue);
	queue = squeue_new(SQUEUE_BYTES_DEFAULT);
	ck_assert_ptr_nonnull(queue);
	for (int i = 0; i < 40; i++) {
		ck_assert_int_eq(put(SQUEUE_EVENT_MAX, i % 3 == 0, i), 0);
		ck_assert_uint_eq(take(1, 0), 1);
		ck_assert_mem_eq(taken[0].data, blob, SQUEUE_EVENT_MAX);
		squeue_done(queue, 1);
	}
}
END_TEST

START_TEST(stats_say_what_is_in_it)
{
	ck_assert_int_eq(stats().oldest_ns, 0);
	ck_assert_uint_eq(stats().capacity, SQUEUE_BYTES_MIN);
	ck_assert_int_eq(put(100, false, 50), 0);
	ck_assert_int_eq(put(100, true, 60), 0);
	ck_assert_uint_eq(stats().n_events, 2);
	ck_assert_uint_eq(stats().n_bytes, 256);
	ck_assert_int_eq(stats().oldest_ns, 50);
	ck_assert_uint_eq(take(ITEMS_MAX, SIZE_MAX), 2);
	squeue_done(queue, 2);
	ck_assert_int_eq(stats().oldest_ns, 0);
	ck_assert_uint_eq(stats().high_bytes, 256);
}
END_TEST

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

START_TEST(waiting_ends_by_itself)
{
	int64_t start_ms = now_ms();

	ck_assert_uint_eq(squeue_take(queue, taken, 1, 0, 30, 0), 0);
	ck_assert_int_ge(now_ms() - start_ms, 29);
	ck_assert_int_eq(put(1, false, 1), 0);
	start_ms = now_ms();
	ck_assert_uint_eq(squeue_take(queue, taken, 2, SIZE_MAX, 60000, 30), 1);
	ck_assert_int_ge(now_ms() - start_ms, 29);
	while (put(1000, false, 1) == 0)
		;
	ck_assert(!squeue_wait_room(queue, 1000, false, 20));
	ck_assert(squeue_wait_room(queue, 1000, true, 0));
	ck_assert(!squeue_wait_room(queue, SQUEUE_BYTES_MIN, false, 60000));
}
END_TEST

START_TEST(a_closed_queue_gives_what_it_has_and_waits_no_more)
{
	ck_assert_int_eq(put(1, false, 1), 0);
	squeue_close(queue);
	ck_assert_uint_eq(squeue_take(queue, taken, 2, SIZE_MAX, 60000, 60000), 1);
	squeue_done(queue, 1);
	ck_assert_uint_eq(squeue_take(queue, taken, 2, SIZE_MAX, 60000, 60000), 0);
}
END_TEST

static void *take_one(void *arg)
{
	(void)arg;
	return squeue_take(queue, taken, 1, SIZE_MAX, 60000, 0) == 1 ? taken : NULL;
}

START_TEST(a_sleeping_consumer_is_woken)
{
	pthread_t thread;
	void *got;

	ck_assert_int_eq(pthread_create(&thread, NULL, take_one, NULL), 0);
	(void)poll(NULL, 0, 5);
	ck_assert_int_eq(put(1, false, 1), 0);
	squeue_signal(queue);
	ck_assert_int_eq(pthread_join(thread, &got), 0);
	ck_assert_ptr_nonnull(got);
}
END_TEST

static void *linger_long(void *arg)
{
	size_t *n = arg;

	*n = squeue_take(queue, taken, 10, SIZE_MAX, 60000, 60000);
	return NULL;
}

START_TEST(lingering_ends_when_the_batch_is_full)
{
	pthread_t thread;
	size_t n = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, linger_long, &n), 0);
	for (int i = 0; i < 10; i++) {
		(void)poll(NULL, 0, 2);
		ck_assert_int_eq(put(1, i % 2, i), 0);
		squeue_signal(queue);
	}
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(n, 10);
}
END_TEST

static void *linger_and_empty(void *arg)
{
	size_t *n = arg;

	*n = squeue_take(queue, taken, ITEMS_MAX, SIZE_MAX, 60000, 60000);
	squeue_done(queue, *n);
	return NULL;
}

START_TEST(lingering_ends_when_the_producer_waits_for_room)
{
	pthread_t thread;
	size_t n = 0;

	ck_assert_int_eq(pthread_create(&thread, NULL, linger_and_empty, &n), 0);
	while (put(1000, false, 1) == 0)
		squeue_signal(queue);
	ck_assert(squeue_wait_room(queue, 1000, false, 60000));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_ge(n, 1);
}
END_TEST

/* --- Two threads: every event arrives once, whole, and in the order of its class. --- */

#define FLOOD 60000

struct flood {
	bool block;
	uint64_t n_put, n_taken, n_lost;
	bool bad;
};

static uint32_t flood_len(uint64_t i)
{
	return i % 97 == 0 ? 9000 : (uint32_t)(i * 31 % 400);
}

static int put_waiting(struct flood *f, const struct batch_item *item)
{
	int rc;

	while ((rc = squeue_put(queue, item)) == -ENOBUFS && f->block) {
		if (!squeue_wait_room(queue, item->len, item->is_urgent, 20000))
			return -ETIMEDOUT;
	}
	return rc;
}

static void *produce(void *arg)
{
	struct flood *f = arg;
	uint8_t body[9000];

	for (uint64_t i = 0; i < FLOOD; i++) {
		const struct batch_item item = { .data = body,
						 .len = flood_len(i),
						 .is_urgent = i % 7 == 0,
						 .time_ns = (int64_t)i };

		memset(body, (int)(i & 0xff), item.len);
		if (put_waiting(f, &item) == 0)
			f->n_put++;
		else
			f->n_lost++;
		if (i % 16 == 0)
			squeue_signal(queue);
	}
	squeue_close(queue);
	return NULL;
}

static bool is_whole(const struct batch_item *item)
{
	if (item->len != flood_len((uint64_t)item->time_ns))
		return false;
	for (uint32_t i = 0; i < item->len; i++)
		if (item->data[i] != (uint8_t)item->time_ns)
			return false;
	return true;
}

static void consume(struct flood *f)
{
	int64_t last_bulk = -1;
	size_t n;

	while ((n = squeue_take(queue, taken, 64, 16384, 20000, 1)) > 0) {
		size_t n_done = n > 2 ? n / 2 + 1 : n; /* and the others again */

		for (size_t i = 0; i < n_done; i++) {
			f->bad |= !is_whole(&taken[i]);
			if (taken[i].is_urgent)
				continue;
			f->bad |= taken[i].time_ns <= last_bulk;
			last_bulk = taken[i].time_ns;
		}
		f->n_taken += n_done;
		squeue_done(queue, n_done);
	}
}

START_TEST(a_flood_arrives_whole)
{
	struct flood f = { .block = _i == 0 };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &f), 0);
	consume(&f);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(!f.bad);
	ck_assert_uint_eq(f.n_put + f.n_lost, FLOOD);
	ck_assert_uint_eq(f.n_taken, f.n_put);
	if (f.block)
		ck_assert_uint_eq(f.n_lost, 0);
	ck_assert_uint_eq(stats().n_events, 0);
	ck_assert_uint_eq(stats().n_bytes, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_queue");
	TCase *alone = tcase_create("alone"), *threads = tcase_create("threads");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(alone, setup, teardown);
	tcase_add_test(alone, what_is_put_comes_out_in_order);
	tcase_add_test(alone, an_empty_event_is_an_event);
	tcase_add_test(alone, urgent_events_go_first);
	tcase_add_test(alone, what_is_not_done_is_taken_again);
	tcase_add_test(alone, a_batch_is_done_in_pieces);
	tcase_add_loop_test(alone, a_take_has_two_limits_but_one_item_always_fits, 0,
			    (int)ARRAY_LEN(limits));
	tcase_add_test(alone, a_flood_leaves_room_for_urgent_events);
	tcase_add_test(alone, urgent_events_take_the_other_room_when_theirs_is_full);
	tcase_add_loop_test(alone, an_event_as_large_as_the_ring_fits_wherever_the_ring_stands, 0,
			    (int)ARRAY_LEN(sizes));
	tcase_add_test(alone, the_largest_event_fits_a_large_queue);
	tcase_add_test(alone, stats_say_what_is_in_it);
	tcase_add_test(alone, waiting_ends_by_itself);
	tcase_add_test(alone, a_closed_queue_gives_what_it_has_and_waits_no_more);
	suite_add_tcase(suite, alone);
	tcase_add_checked_fixture(threads, setup, teardown);
	tcase_set_timeout(threads, 60);
	tcase_add_test(threads, a_sleeping_consumer_is_woken);
	tcase_add_test(threads, lingering_ends_when_the_batch_is_full);
	tcase_add_test(threads, lingering_ends_when_the_producer_waits_for_room);
	tcase_add_loop_test(threads, a_flood_arrives_whole, 0, 2);
	suite_add_tcase(suite, threads);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
