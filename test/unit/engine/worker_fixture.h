/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_fixture: a worker with a queue or a spool and one or two destinations whose answers are
 * written down; for the suites of the worker.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/now.h"
#include "engine/sink/worker_parts.h"
#include "test/unit/engine/fake_transport.h"
#include "test/unit/engine/spool_ground.h"

#define LONG_MS 60000 /* a wait that no test waits for */

static struct squeue *queue;
static struct sworker *worker;
static struct fake *fakes[2];
static struct sworker_options options;
static int log_fd;

static inline void setup(void)
{
	ground_setup();
	/* What is logged is looked at, and does not disturb. */
	log_fd = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	log_init("prog", LOG_INFO);
	queue = squeue_new(SQUEUE_BYTES_DEFAULT);
	ck_assert_ptr_nonnull(queue);
	for (size_t i = 0; i < ARRAY_LEN(fakes); i++)
		fakes[i] = fake_new();
	options = (struct sworker_options){ .name = "out",
					    .transports = { &fakes[0]->t },
					    .n_transports = 1,
					    .queue = queue,
					    .backoff_first_ms = 4,
					    .backoff_max_ms = 20 };
	worker = NULL;
}

static inline void teardown(void)
{
	if (options.n_transports == 1)
		fakes[1]->t.ops->free(&fakes[1]->t);
	sworker_free(worker);
	squeue_free(queue);
	spool_close(options.spool);
	ground_teardown();
}

static inline void use_both(void)
{
	options.transports[1] = &fakes[1]->t;
	options.n_transports = 2;
}

static inline void start(void)
{
	struct err err = { 0 };

	worker = sworker_new(&options, &err);
	ck_assert_msg(worker != NULL, "%s", err.text);
	ck_assert_int_eq(sworker_start(worker), 0);
}

static inline void put_all(uint64_t from, uint64_t to)
{
	for (uint64_t i = from; i < to; i++) {
		const struct batch_item item = { .data = (const uint8_t *)"0123456789",
						 .len = 10,
						 .time_ns = (int64_t)i };

		ck_assert_int_eq(squeue_put(queue, &item), 0);
	}
	squeue_signal(queue);
}

static inline struct sworker_stats stats(void)
{
	struct sworker_stats st;

	sworker_stats_get(worker, &st);
	return st;
}

static inline int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

/* How often a text is in the log. */
static inline unsigned int n_logged(const char *text)
{
	static char log[65536];
	ssize_t n = pread(log_fd, log, sizeof(log) - 1, 0);
	unsigned int count = 0;

	ck_assert_int_ge(n, 0);
	log[n] = '\0';
	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	return count;
}

static inline void steps(struct fake *f, const struct fake_step *list, size_t n)
{
	memcpy(f->sends, list, n * sizeof(list[0]));
	f->n_sends = n;
}

static inline void use_spool(void)
{
	options.queue = NULL;
	options.spool = ground_open(SPOOL_BYTES_MIN, false);
}

/* main() of a suite of the worker. */
static inline int run_worker_suite(const char *name, void (*add_cases)(TCase *tc))
{
	Suite *suite = suite_create(name);
	TCase *tc = tcase_create("worker");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	if (srunner_fork_status(runner) == CK_NOFORK) {
		printf("test_%s needs Check to fork: CK_FORK=no is set\n", name);
		srunner_free(runner);
		return 77;
	}
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	add_cases(tc);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
