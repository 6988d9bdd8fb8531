/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an engine whose outputs' peers are there, hang, or are gone. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "engine/now.h"
#include "engine/sink/remote.h"
#include "test/unit/engine/fake_transport.h"

#define EVENTS 10

enum peer { GOOD, HANGS, GONE, PEERS };

static struct fake *fakes[PEERS];
static struct sink *sinks[PEERS];

static void open_sink(enum peer peer)
{
	struct remote_options opt = { .name = "test", .n_transports = 1 };
	struct err err = { 0 };

	fakes[peer] = fake_new();
	if (peer == HANGS)
		fakes[peer]->then.rc = FAKE_HANG;
	if (peer == GONE)
		fakes[peer]->then_connect = -ECONNREFUSED;
	opt.transports[0] = &fakes[peer]->t;
	sinks[peer] = sink_remote_open(&opt, &err);
	ck_assert_msg(sinks[peer] != NULL, "%s", err.text);
	ck_assert_int_eq(sink_start(sinks[peer], &err), 0);
}

static void setup(void)
{
	const uint8_t data[] = "{}\n";

	for (enum peer peer = 0; peer < PEERS; peer++) {
		open_sink(peer);
		for (int64_t i = 0; i < EVENTS; i++) {
			struct batch_item item = { .data = data, .len = 3, .time_ns = i };

			ck_assert_int_eq(sink_put(sinks[peer], &item), 0);
		}
	}
}

static void teardown(void)
{
	for (enum peer peer = 0; peer < PEERS; peer++)
		sink_close(sinks[peer]);
}

static struct sink_stats stats(enum peer peer)
{
	struct sink_stats st;

	sink_stats_get(sinks[peer], &st);
	return st;
}

START_TEST(what_is_not_delivered_is_counted)
{
	sink_end_all(sinks, PEERS);
	ck_assert_uint_eq(stats(GOOD).n_sent, EVENTS);
	ck_assert_uint_eq(stats(GOOD).n_lost_events, 0);
	ck_assert_uint_eq(stats(HANGS).n_lost_events, EVENTS);
	ck_assert_uint_eq(stats(GONE).n_lost_events, EVENTS);
}
END_TEST

/* Two patiences would be one for each. */
START_TEST(patience_is_for_all_together)
{
	uint64_t start_ns = now_clock_ns(CLOCK_MONOTONIC), ns;

	sink_end_all(sinks, PEERS);
	ns = now_clock_ns(CLOCK_MONOTONIC) - start_ns;
	ck_assert_uint_lt(ns, 2ULL * SINK_PATIENCE_MS * NOW_NS_PER_MS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_end");
	TCase *tc = tcase_create("end");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, what_is_not_delivered_is_counted);
	tcase_add_test(tc, patience_is_for_all_together);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
