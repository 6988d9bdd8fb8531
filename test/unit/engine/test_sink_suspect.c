/* SPDX-License-Identifier: Apache-2.0 */
/* An event that the peer can never take, and does not say so (worker_send.c). */
#include "engine/sink/worker.h"

#include "test/unit/engine/worker_fixture.h"

#define LARGE 200000U

static void put_large(uint64_t i, uint32_t len)
{
	static uint8_t large[SQUEUE_EVENT_MAX];
	const struct batch_item item = { .data = large, .len = len, .time_ns = (int64_t)i };

	ck_assert_int_eq(squeue_put(queue, &item), 0);
}

static const struct {
	int rc;
	size_t items_max;
} unsaid[] = {
	{ -ECONNRESET, 100 }, { -ETIMEDOUT, 100 }, { -EPROTO, 100 }, { -EACCES, 100 },
	{ -EAGAIN, 100 },     { -ECONNRESET, 1 },  { -EAGAIN, 1 },
};

static void refuse_without_a_word(int rc)
{
	fakes[0]->event_limit_unsaid = 100000;
	fakes[0]->unsaid_rc = rc;
	options.backoff_first_ms = 1;
	options.backoff_max_ms = 4;
	options.suspect_ms = 20;
}

START_TEST(what_is_never_taken_does_not_hold_up_the_others)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->t.batch_items_max = unsaid[_i].items_max;
	put_all(0, 37);
	put_large(37, LARGE);
	put_all(38, 150);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 149));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 149);
	ck_assert_uint_eq(stats().n_sent_bytes, 1490);
	ck_assert_uint_eq(stats().n_refused, 1);
	ck_assert_uint_eq(stats().n_lost, 0);
	ck_assert_uint_eq(n_logged("1 events are refused: one of 200000 bytes fails always, others "
				   "do not: says E"),
			  1);
	for (uint64_t i = 0; i < 150; i++)
		ck_assert_uint_eq(fakes[0]->taken[i], i != 37);
	ck_assert(!fakes[0]->misused);
}
END_TEST

/* It is the last one: nothing says that others are taken. */
START_TEST(what_is_alone_is_kept_until_another_is_taken)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->t.batch_items_max = unsaid[_i].items_max;
	put_all(0, 5);
	put_large(5, LARGE);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 40));
	ck_assert_uint_eq(stats().n_refused, 0);
	put_all(6, 7);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 6));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 6);
	ck_assert_uint_eq(stats().n_refused, 1);
	ck_assert_uint_eq(stats().n_lost, 0);
	ck_assert(!fakes[0]->misused);
}
END_TEST

/* Urgent events go before it, again and again; that they are taken is no word on it. */
START_TEST(urgent_events_do_not_clear_it)
{
	struct batch_item item = { .data = (const uint8_t *)"urgent", .len = 6, .is_urgent = 1 };
	uint64_t n = 2;

	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->t.batch_items_max = unsaid[_i].items_max;
	options.suspect_ms = 200;
	put_large(0, LARGE);
	put_all(1, 2);
	start();
	for (; stats().n_refused == 0 && n < 4000; n++) {
		item.time_ns = (int64_t)n;
		ck_assert_int_eq(squeue_put(queue, &item), 0);
		squeue_signal(queue);
		(void)poll(NULL, 0, 1);
	}
	ck_assert_uint_eq(stats().n_refused, 1);
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, n - 1);
	ck_assert_uint_eq(fake_n_events(fakes[0]), n - 1);
}
END_TEST

/* A pause may be as long as the time of suspicion; that is not waited for as well. */
START_TEST(a_pause_ends_when_suspicion_is_over)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->t.batch_items_max = unsaid[_i].items_max;
	options.backoff_first_ms = 50;
	options.backoff_max_ms = LONG_MS;
	options.suspect_ms = 1500; /* some five tries */
	put_large(0, LARGE);
	put_all(1, 10);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 9));
	ck_assert_uint_eq(stats().n_refused, 1);
	sworker_stop(worker, LONG_MS);
}
END_TEST

/* Which is the last one, and is not sent twice. */
START_TEST(one_behind_it_is_enough)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->t.batch_items_max = unsaid[_i].items_max;
	put_large(0, LARGE);
	put_all(1, 2);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 1));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fakes[0]->taken[1], 1);
	ck_assert_uint_eq(stats().n_sent, 1);
	ck_assert_uint_eq(stats().n_refused, 1);
}
END_TEST

START_TEST(while_nothing_is_taken_nothing_is_given_up)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->then.rc = unsaid[_i].rc;
	put_large(0, LARGE);
	put_all(1, 20);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 60));
	ck_assert_uint_eq(stats().n_refused, 0);
	ck_assert_uint_eq(stats().n_sent, 0);
	(void)pthread_mutex_lock(&fakes[0]->lock);
	fakes[0]->then.rc = 0;
	fakes[0]->event_limit_unsaid = 0;
	(void)pthread_mutex_unlock(&fakes[0]->lock);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 20));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 20);
	ck_assert_uint_eq(stats().n_refused + stats().n_lost, 0);
}
END_TEST

/* A short one that is answered "later" is believed. */
START_TEST(a_short_event_that_is_to_come_later_stays)
{
	refuse_without_a_word(-EAGAIN);
	fakes[0]->event_limit_unsaid = 100;
	put_large(0, 200);
	put_all(1, 20);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 40));
	sworker_stop(worker, 1);
	ck_assert_uint_eq(stats().n_refused, 0);
	ck_assert_uint_eq(stats().n_lost, 20);
}
END_TEST

/* The minute is spent once, and what is in between is still sent together. */
START_TEST(what_is_known_to_be_too_long_costs_little)
{
	uint64_t n_calls;

	refuse_without_a_word(-ECONNRESET);
	options.suspect_ms = 200;
	put_large(0, LARGE);
	put_all(1, 100);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 99));
	(void)pthread_mutex_lock(&fakes[0]->lock);
	n_calls = fakes[0]->n_send_calls;
	for (uint64_t i = 100; i < 1100; i += 100) {
		put_all(i, i + 50);
		put_large(i + 50, LARGE + (uint32_t)i);
		put_all(i + 51, i + 100);
	}
	(void)pthread_mutex_unlock(&fakes[0]->lock); /* not before all are there */
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 99 + 990));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_refused, 11);
	ck_assert_uint_eq(stats().n_sent, 1089);
	/* Each: what is before it, it, it again, the probe, it for the last time, what is behind.
	 */
	ck_assert_uint_lt(fakes[0]->n_send_calls - n_calls, 80);
}
END_TEST

/* A firewall in front of the peer, and events that it knows for an attack. */
START_TEST(what_is_forbidden_costs_little)
{
	uint64_t n_calls;

	refuse_without_a_word(-EACCES);
	fakes[0]->event_limit_unsaid = 100;
	options.suspect_ms = 200;
	put_large(0, 200);
	put_all(1, 100);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 99));
	(void)pthread_mutex_lock(&fakes[0]->lock);
	n_calls = fakes[0]->n_send_calls;
	for (uint64_t i = 100; i < 1100; i += 100) {
		put_all(i, i + 50);
		put_large(i + 50, 101 + (uint32_t)i);
		put_all(i + 51, i + 100);
	}
	(void)pthread_mutex_unlock(&fakes[0]->lock); /* not before all are there */
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 99 + 990));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_refused, 11);
	ck_assert_uint_eq(stats().n_sent, 1089);
	/* Each is found by halving a hundred, and the parts grow again. */
	ck_assert_uint_lt(fakes[0]->n_send_calls - n_calls, 10 * 30);
}
END_TEST

/* It may come to take them. */
START_TEST(what_is_known_to_be_too_long_is_forgotten_when_it_is_taken)
{
	refuse_without_a_word(-ECONNRESET);
	put_large(0, LARGE);
	put_all(1, 10);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 9));
	(void)pthread_mutex_lock(&fakes[0]->lock);
	fakes[0]->event_limit_unsaid = 0;
	(void)pthread_mutex_unlock(&fakes[0]->lock);
	put_large(10, LARGE);
	put_large(11, LARGE);
	squeue_signal(queue);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 11));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(worker->poison_len, 0);
	ck_assert_uint_eq(stats().n_refused, 1);
}
END_TEST

START_TEST(a_probe_is_not_lost_at_the_end)
{
	/* Both, twice; the first, until it is ripe; the one behind it; the first. */
	const struct fake_step list[] = {
		{ .rc = -EPIPE },    { .rc = -EPIPE }, { .rc = -EPIPE },
		{ .rc = -EPIPE },    { .rc = -EPIPE }, { 0 },
		{ .rc = FAKE_HANG },
	};

	options.backoff_first_ms = options.backoff_max_ms = 10;
	options.suspect_ms = 1;
	steps(fakes[0], list, ARRAY_LEN(list));
	put_large(0, LARGE);
	put_all(1, 2);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 7));
	sworker_stop(worker, 1);
	ck_assert_uint_eq(fakes[0]->taken[1], 1);
	ck_assert_uint_eq(stats().n_sent, 1);
	ck_assert_uint_eq(stats().n_lost, 1);
	ck_assert_uint_eq(stats().n_refused, 0);
}
END_TEST

START_TEST(what_is_never_taken_does_not_stay_in_the_spool)
{
	refuse_without_a_word(unsaid[_i].rc);
	fakes[0]->event_limit_unsaid = 70000;
	use_spool();
	ground_append_all(options.spool, 0, 20, 100, 0);
	ground_append_all(options.spool, 20, 21, 80000, 0);
	ground_append_all(options.spool, 21, 40, 100, 0);
	ck_assert_int_eq(spool_flush(options.spool), 0);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 39));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(ground_stats(options.spool).n_events, 0);
	ck_assert_uint_eq(stats().n_sent, 39);
	ck_assert_uint_eq(stats().n_refused, 1);
}
END_TEST

static void add_cases(TCase *tc)
{
	tcase_add_loop_test(tc, what_is_never_taken_does_not_hold_up_the_others, 0,
			    ARRAY_LEN(unsaid));
	tcase_add_loop_test(tc, what_is_alone_is_kept_until_another_is_taken, 0, ARRAY_LEN(unsaid));
	tcase_add_loop_test(tc, urgent_events_do_not_clear_it, 0, ARRAY_LEN(unsaid));
	tcase_add_loop_test(tc, a_pause_ends_when_suspicion_is_over, 0, ARRAY_LEN(unsaid));
	tcase_add_loop_test(tc, one_behind_it_is_enough, 0, ARRAY_LEN(unsaid));
	tcase_add_loop_test(tc, while_nothing_is_taken_nothing_is_given_up, 0, ARRAY_LEN(unsaid));
	tcase_add_test(tc, a_short_event_that_is_to_come_later_stays);
	tcase_add_test(tc, what_is_known_to_be_too_long_costs_little);
	tcase_add_test(tc, what_is_forbidden_costs_little);
	tcase_add_test(tc, what_is_known_to_be_too_long_is_forgotten_when_it_is_taken);
	tcase_add_test(tc, a_probe_is_not_lost_at_the_end);
	tcase_add_loop_test(tc, what_is_never_taken_does_not_stay_in_the_spool, 0,
			    ARRAY_LEN(unsaid));
}

int main(void)
{
	return run_worker_suite("sink_suspect", add_cases);
}
