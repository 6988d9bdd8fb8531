/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/worker.h"

#include "test/unit/engine/worker_fixture.h"

START_TEST(everything_in_the_queue_is_sent_in_batches)
{
	put_all(0, 1050);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 1050));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fakes[0]->n_send_calls, 11);
	ck_assert_uint_eq(stats().n_sent, 1050);
	ck_assert_uint_eq(stats().n_sent_bytes, 10500);
	ck_assert_uint_eq(stats().n_connects, 1);
	ck_assert_uint_eq(stats().n_retried + stats().n_failures + stats().n_lost, 0);
	ck_assert_int_eq(stats().last_errno, 0);
	ck_assert(!fakes[0]->misused);
	ck_assert_int_eq((int)lseek(log_fd, 0, SEEK_END), 0); /* nothing to say */
}
END_TEST

START_TEST(a_transport_may_take_one_event_at_a_time)
{
	fakes[0]->t.batch_items_max = 1;
	put_all(0, 20);
	start();
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fakes[0]->n_send_calls, 20);
	ck_assert(!fakes[0]->misused);
}
END_TEST

START_TEST(a_connection_that_worked_is_made_again_at_once)
{
	const struct fake_step list[] = { { 0 }, { .rc = -EPIPE } };

	options.backoff_first_ms = options.backoff_max_ms = LONG_MS;
	fakes[0]->t.batch_items_max = 10;
	steps(fakes[0], list, ARRAY_LEN(list));
	put_all(0, 30);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 30));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 30);
	ck_assert_uint_eq(stats().n_retried, 1);
	ck_assert_uint_eq(stats().n_connects, 2);
	ck_assert_int_eq(stats().last_errno, EPIPE);
	ck_assert_str_eq(stats().last_text, "says EPIPE");
	ck_assert_uint_eq(n_logged("lost"), 0);
}
END_TEST

START_TEST(a_destination_that_is_away_is_waited_for)
{
	const struct fake_step list[] = { { 0 }, { .rc = -ECONNRESET } };

	fakes[0]->t.batch_items_max = 10;
	steps(fakes[0], list, ARRAY_LEN(list));
	fakes[0]->n_connects = 6; /* the first works, then five do not */
	for (size_t i = 1; i < 6; i++)
		fakes[0]->connects[i] = -ECONNREFUSED;
	put_all(0, 30);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 30));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 30);
	ck_assert_uint_eq(stats().n_failures, 6);
	ck_assert_uint_eq(n_logged("destination is lost: cannot be reached (ECONNREFUSED)"), 1);
	ck_assert_uint_eq(n_logged("destination is back after 0."), 1);
	ck_assert_uint_eq(n_logged("1 batches sent again"), 1);
}
END_TEST

START_TEST(connections_that_get_nothing_through_are_not_made_without_pause)
{
	options.backoff_first_ms = options.backoff_max_ms = LONG_MS;
	fakes[0]->then.rc = -EPIPE;
	put_all(0, 1);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 1));
	(void)poll(NULL, 0, 50);
	ck_assert_uint_eq(n_logged("destination is lost: says EPIPE"), 1);
	sworker_stop(worker, 50); /* the news of the end is one more try */
	ck_assert_uint_le(fakes[0]->n_send_calls, 2);
	ck_assert_uint_eq(stats().n_lost, 1);
}
END_TEST

START_TEST(what_is_not_taken_now_is_sent_again_later)
{
	const struct fake_step list[] = { { .rc = -EAGAIN }, { .rc = -EAGAIN }, { .rc = -EAGAIN } };

	steps(fakes[0], list, ARRAY_LEN(list));
	put_all(0, 10);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 10));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_connects, 1); /* and on the same connection */
	ck_assert_uint_eq(stats().n_retried, 3);
	ck_assert_int_ge(fakes[0]->send_ms[3] - fakes[0]->send_ms[0], 2 + 4 + 8 - 3);
	ck_assert_uint_eq(n_logged("peer takes nothing now: says EAGAIN"), 1);
}
END_TEST

START_TEST(the_peer_says_when)
{
	const struct fake_step list[] = { { .rc = -EAGAIN, .retry_after_ms = 60 } };

	options.backoff_first_ms = options.backoff_max_ms = LONG_MS;
	steps(fakes[0], list, ARRAY_LEN(list));
	put_all(0, 10);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 10));
	ck_assert_int_ge(fakes[0]->send_ms[1] - fakes[0]->send_ms[0], 59);
	sworker_stop(worker, LONG_MS);
}
END_TEST

START_TEST(too_large_is_sent_in_halves)
{
	fakes[0]->items_limit = 7;
	put_all(0, 100);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 100));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 100);
	ck_assert_uint_eq(stats().n_refused, 0);
	ck_assert_uint_eq(stats().n_failures, 0);
}
END_TEST

START_TEST(one_event_that_is_too_large_is_refused)
{
	static uint8_t large[2000];
	const struct batch_item item = { .data = large, .len = sizeof(large), .time_ns = 50 };

	fakes[0]->event_limit = 1000;
	put_all(0, 50);
	ck_assert_int_eq(squeue_put(queue, &item), 0);
	put_all(51, 100);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 99));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 99);
	ck_assert_uint_eq(stats().n_refused, 1);
	ck_assert_uint_eq(n_logged("1 events are refused: says E2BIG"), 1);
}
END_TEST

START_TEST(what_is_never_taken_is_not_sent_again)
{
	const struct fake_step list[] = { { .rc = -EBADMSG }, { .n_refused = 3 } };

	fakes[0]->t.batch_items_max = 10;
	steps(fakes[0], list, ARRAY_LEN(list));
	put_all(0, 30);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 3));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fakes[0]->n_send_calls, 3);
	ck_assert_uint_eq(stats().n_refused, 13);
	ck_assert_uint_eq(stats().n_sent, 17);
	ck_assert_uint_eq(stats().n_lost, 0);
	ck_assert_uint_eq(n_logged("refused"), 1); /* the second within a minute is not said */
}
END_TEST

START_TEST(without_a_spool_a_batch_is_given_up_after_so_many_tries)
{
	options.n_tries_max = 3;
	fakes[0]->t.batch_items_max = 10;
	if (_i == 0)
		fakes[0]->then.rc = -EAGAIN;
	else
		fakes[0]->then_connect = -EHOSTUNREACH;
	put_all(0, 20);
	start();
	for (int i = 0; i < 20000 && stats().n_lost < 20; i++)
		(void)poll(NULL, 0, 1);
	ck_assert_uint_eq(stats().n_lost, 20);
	if (_i == 0)
		ck_assert_uint_eq(fakes[0]->n_send_calls, 6);
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 0);
	ck_assert_uint_eq(n_logged("10 events are lost: sent too often in vain"), 1);
}
END_TEST

START_TEST(the_next_destination_takes_over_and_the_first_is_taken_back)
{
	use_both();
	options.failback_ms = 50;
	fakes[0]->n_connects = 1;
	fakes[0]->connects[0] = -ECONNREFUSED;
	put_all(0, 10);
	start();
	ck_assert(fake_wait(fakes[1], &fakes[1]->n_events, 10));
	ck_assert_uint_eq(stats().transport, 1);
	ck_assert(stats().is_connected);
	ck_assert_uint_eq(n_logged("lost"), 0); /* there was one all the time */
	ck_assert_uint_eq(n_logged("goes on with destination 2 of 2"), 1);
	(void)poll(NULL, 0, 60);
	put_all(10, 20);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 10));
	ck_assert_uint_eq(stats().transport, 0);
	ck_assert_uint_eq(fakes[1]->n_disconnects, 1);
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 20);
}
END_TEST

START_TEST(a_destination_that_only_connects_is_passed_over)
{
	use_both();
	options.backoff_first_ms = options.backoff_max_ms = LONG_MS;
	fakes[0]->then.rc = -ECONNRESET;
	put_all(0, 10);
	start();
	ck_assert(fake_wait(fakes[1], &fakes[1]->n_events, 10));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fakes[0]->n_send_calls, 1);
	ck_assert_uint_eq(stats().n_sent, 10);
}
END_TEST

START_TEST(a_first_that_stays_away_does_not_disturb)
{
	use_both();
	options.failback_ms = 1;
	fakes[0]->then_connect = -ECONNREFUSED;
	start();
	for (uint64_t i = 0; i < 20; i++) {
		put_all(i, i + 1);
		ck_assert(fake_wait(fakes[1], &fakes[1]->n_events, i + 1));
		(void)poll(NULL, 0, 2);
	}
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_gt(fakes[0]->n_connect_calls, 2);
	ck_assert_uint_eq(fakes[1]->n_connect_calls, 1);
	ck_assert_uint_eq(stats().n_sent, 20);
}
END_TEST

START_TEST(a_peer_that_closes_while_idle_is_connected_again)
{
	fakes[0]->idle_rc = -EPIPE;
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_connect_calls, 2));
	put_all(0, 5);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 5));
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_sent, 5);
	ck_assert_uint_eq(stats().n_retried, 0);
}
END_TEST

START_TEST(the_end_delivers_what_is_there)
{
	fakes[0]->t.linger_ms = LONG_MS; /* no more */
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_connect_calls, 1));
	put_all(0, 1234);
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(fake_n_events(fakes[0]), 1234);
	ck_assert_uint_eq(stats().n_sent, 1234);
	ck_assert_uint_eq(stats().n_lost, 0);
	ck_assert(!stats().is_connected);
}
END_TEST

static const struct {
	int connect, send;
} stuck[] = { { FAKE_HANG, 0 }, { 0, FAKE_HANG }, { -ECONNREFUSED, 0 }, { 0, -EAGAIN } };

START_TEST(the_end_does_not_wait_for_a_peer_longer_than_patience)
{
	int64_t start_ms;

	options.backoff_first_ms = options.backoff_max_ms = LONG_MS;
	fakes[0]->then_connect = stuck[_i].connect;
	fakes[0]->then.rc = stuck[_i].send;
	put_all(0, 250);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_connect_calls, 1));
	start_ms = now_ms();
	sworker_stop(worker, 30);
	ck_assert_int_lt(now_ms() - start_ms, 10000);
	ck_assert_int_ge(now_ms() - start_ms, 29);
	ck_assert_uint_eq(stats().n_lost, 250);
	ck_assert_uint_eq(stats().n_sent, 0);
	ck_assert_uint_eq(n_logged("250 events are lost: the destination did not take them"), 1);
}
END_TEST

START_TEST(a_worker_that_never_started_counts_too)
{
	worker = sworker_new(&options, NULL);
	ck_assert_ptr_nonnull(worker);
	put_all(0, 7);
	sworker_stop(worker, LONG_MS);
	ck_assert_uint_eq(stats().n_lost, 7);
}
END_TEST

/* --- With a spool. --- */

START_TEST(what_is_sent_is_off_the_spool)
{
	use_spool();
	fakes[0]->t.batch_items_max = 10;
	ground_append_all(options.spool, 0, 500, 100, 0);
	start();
	ck_assert_int_eq(spool_flush(options.spool), 0);
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_events, 500));
	ground_append_all(options.spool, 500, 1000, 100, 0);
	ck_assert_int_eq(spool_flush(options.spool), 0);
	sworker_stop(worker, LONG_MS);
	ck_assert(fake_has_all(fakes[0], 0, 1000));
	ck_assert_uint_eq(ground_stats(options.spool).n_events, 0);
	ck_assert_uint_eq(stats().n_sent, 1000);
}
END_TEST

START_TEST(what_is_not_taken_stays_in_the_spool)
{
	const struct fake_step list[] = { { 0 }, { 0 }, { .rc = -EBADMSG } };

	use_spool();
	options.n_tries_max = 1; /* is for queues */
	fakes[0]->t.batch_items_max = 10;
	steps(fakes[0], list, ARRAY_LEN(list));
	fakes[0]->then.rc = -EAGAIN;
	ground_append_all(options.spool, 0, 500, 100, 0);
	ck_assert_int_eq(spool_flush(options.spool), 0);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 8));
	sworker_stop(worker, 5);
	ck_assert_uint_eq(stats().n_sent, 20);
	ck_assert_uint_eq(stats().n_refused, 10);
	ck_assert_uint_eq(stats().n_lost, 0);
	spool_close(options.spool);
	options.spool = ground_open(SPOOL_BYTES_MIN, false);
	ground_expect(options.spool, 30, 500);
}
END_TEST

START_TEST(half_of_a_batch_that_is_taken_is_off_the_spool)
{
	const struct fake_step list[] = { { .rc = -E2BIG }, { 0 } };

	use_spool();
	fakes[0]->t.batch_items_max = 10;
	steps(fakes[0], list, ARRAY_LEN(list));
	fakes[0]->then.rc = -EPIPE;
	ground_append_all(options.spool, 0, 10, 100, 0);
	ck_assert_int_eq(spool_flush(options.spool), 0);
	start();
	ck_assert(fake_wait(fakes[0], &fakes[0]->n_send_calls, 4));
	sworker_stop(worker, 5);
	spool_close(options.spool);
	options.spool = ground_open(SPOOL_BYTES_MIN, false);
	ground_expect(options.spool, 5, 10);
}
END_TEST

/* --- A bad day: answers by chance, a producer that does not wait for them. --- */

START_TEST(on_a_bad_day_every_event_is_sent_or_counted)
{
	static const int answers[] = { 0, 0, 0, -EAGAIN, -EPIPE, -E2BIG, -EBADMSG, -ECONNRESET };
	const uint64_t n = 20000;
	struct sworker_stats st;

	srand((unsigned int)getpid() + (unsigned int)_i);
	use_both();
	options.failback_ms = 20;
	options.backoff_first_ms = 1;
	options.backoff_max_ms = 2;
	options.n_tries_max = _i == 0 ? 0 : 2;
	for (size_t k = 0; k < ARRAY_LEN(fakes); k++) {
		fakes[k]->n_sends = fakes[k]->n_connects = FAKE_STEPS;
		for (size_t i = 0; i < FAKE_STEPS; i++) {
			fakes[k]->sends[i].rc = answers[(size_t)rand() % ARRAY_LEN(answers)];
			fakes[k]->connects[i] = rand() % 3 ? 0 : -ECONNREFUSED;
		}
	}
	start();
	for (uint64_t i = 0; i < n; i += 50) {
		put_all(i, i + 50);
		if (i % 1000 == 0)
			(void)poll(NULL, 0, 1);
	}
	sworker_stop(worker, LONG_MS);
	st = stats();
	ck_assert_uint_eq(st.n_sent + st.n_refused + st.n_lost, n);
	ck_assert_uint_eq(st.n_sent, fake_n_events(fakes[0]) + fake_n_events(fakes[1]));
	if (_i == 0)
		ck_assert_uint_eq(st.n_lost, 0);
	ck_assert(!fakes[0]->misused && !fakes[1]->misused);
}
END_TEST

START_TEST(pauses_double_to_a_limit_each_between_half_and_whole)
{
	struct sworker w = { .backoff_first_ms = 1000, .backoff_max_ms = 60000, .random = 1 };
	int64_t whole = 1000, ms, least_seen = INT64_MAX, most_seen = 0;

	for (int i = 0; i < 200; i++) {
		ms = sworker_next_backoff(&w);
		ck_assert_int_ge(ms, whole / 2);
		ck_assert_int_le(ms, whole);
		whole = whole * 2 < 60000 ? whole * 2 : 60000;
		if (whole < 60000)
			continue;
		least_seen = ms < least_seen ? ms : least_seen;
		most_seen = ms > most_seen ? ms : most_seen;
	}
	ck_assert_int_gt(most_seen - least_seen, 20000);
}
END_TEST

static void add_cases(TCase *tc)
{
	tcase_add_test(tc, everything_in_the_queue_is_sent_in_batches);
	tcase_add_test(tc, a_transport_may_take_one_event_at_a_time);
	tcase_add_test(tc, a_connection_that_worked_is_made_again_at_once);
	tcase_add_test(tc, a_destination_that_is_away_is_waited_for);
	tcase_add_test(tc, connections_that_get_nothing_through_are_not_made_without_pause);
	tcase_add_test(tc, what_is_not_taken_now_is_sent_again_later);
	tcase_add_test(tc, the_peer_says_when);
	tcase_add_test(tc, too_large_is_sent_in_halves);
	tcase_add_test(tc, one_event_that_is_too_large_is_refused);
	tcase_add_test(tc, what_is_never_taken_is_not_sent_again);
	tcase_add_loop_test(tc, without_a_spool_a_batch_is_given_up_after_so_many_tries, 0, 2);
	tcase_add_test(tc, the_next_destination_takes_over_and_the_first_is_taken_back);
	tcase_add_test(tc, a_destination_that_only_connects_is_passed_over);
	tcase_add_test(tc, a_first_that_stays_away_does_not_disturb);
	tcase_add_test(tc, a_peer_that_closes_while_idle_is_connected_again);
	tcase_add_test(tc, the_end_delivers_what_is_there);
	tcase_add_loop_test(tc, the_end_does_not_wait_for_a_peer_longer_than_patience, 0,
			    (int)ARRAY_LEN(stuck));
	tcase_add_test(tc, a_worker_that_never_started_counts_too);
	tcase_add_test(tc, what_is_sent_is_off_the_spool);
	tcase_add_test(tc, what_is_not_taken_stays_in_the_spool);
	tcase_add_test(tc, half_of_a_batch_that_is_taken_is_off_the_spool);
	tcase_add_loop_test(tc, on_a_bad_day_every_event_is_sent_or_counted, 0, 2);
	tcase_add_test(tc, pauses_double_to_a_limit_each_between_half_and_whole);
}

int main(void)
{
	return run_worker_suite("sink_worker", add_cases);
}
