/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that appends and delivers is killed at random moments. What its spool_flush() returned
 * 0 for was delivered before or is there afterwards; what is handed out is whole; and a kill never
 * looks like damage.
 */
#include "engine/sink/spool.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "test/unit/engine/spool_ground.h"

#define KILLS 50
#define EVENTS_MAX (1U << 21)
#define LIMIT (1ULL << 30)

/* What the children tell: in memory that survives them. */
struct told {
	_Atomic uint64_t next; /* the first number that nobody used */
	_Atomic uint64_t n_flushes;
	_Atomic uint8_t flushed[EVENTS_MAX];
	_Atomic uint8_t delivered[EVENTS_MAX];
};

static struct told *told;

static void setup(void)
{
	ground_setup();
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(told, MAP_FAILED);
}

static void teardown(void)
{
	(void)munmap(told, sizeof(*told));
	ground_teardown();
}

static void *deliver(void *arg)
{
	struct spool *s = arg;
	size_t n;

	for (;;) {
		n = spool_take(s, ground_items, 50, SIZE_MAX, 1000, 0);
		for (size_t i = 0; i < n; i++) {
			if (!ground_is_whole(&ground_items[i]))
				_exit(3);
			atomic_store(&told->delivered[ground_items[i].time_ns], 1);
		}
		if (n > 0 && spool_done(s, n) < 0)
			_exit(4);
		(void)poll(NULL, 0, (int)(n % 3));
	}
	return NULL;
}

static void append_some(struct spool *s, unsigned int *seed)
{
	uint64_t from = atomic_load(&told->next), n = 1 + (uint64_t)rand_r(seed) % 20;

	if (from + n > EVENTS_MAX)
		_exit(5);
	atomic_store(&told->next, from + n); /* before: a number is not used twice */
	for (uint64_t i = from; i < from + n; i++) {
		uint32_t len = rand_r(seed) % 50 == 0 ? 60000 : (uint32_t)rand_r(seed) % 2000;

		if (ground_append(s, i, len, i % 10 == 0) < 0)
			_exit(6);
	}
	if (spool_flush(s) < 0)
		_exit(7);
	for (uint64_t i = from; i < from + n; i++)
		atomic_store(&told->flushed[i], 1);
	atomic_fetch_add(&told->n_flushes, 1);
}

_Noreturn static void run_engine(unsigned int seed)
{
	const struct spool_options opt = { .dir = ground_dir, .bytes_max = LIMIT };
	struct spool *s = spool_open(&opt, NULL);
	struct spool_stats st;
	pthread_t thread;

	if (!s)
		_exit(1);
	spool_stats_get(s, &st);
	if (st.n_damaged > 0)
		_exit(2);
	/* Every third one has nobody to deliver to. */
	if (seed % 3 != 0 && pthread_create(&thread, NULL, deliver, s) != 0)
		_exit(8);
	for (;;) {
		append_some(s, &seed);
		if (rand_r(&seed) % 4 == 0)
			(void)poll(NULL, 0, 1);
	}
}

static void run_and_kill(unsigned int round)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		run_engine(round);
	(void)poll(NULL, 0, 5 + rand() % 40);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFSIGNALED(status), "round %u: exit status %d", round, WEXITSTATUS(status));
}

static void note_delivered(const struct batch_item *item, void *arg)
{
	(void)arg;
	atomic_store(&told->delivered[item->time_ns], 1);
}

START_TEST(what_was_flushed_survives_every_kill)
{
	uint64_t n_flushed = 0, n_missing = 0;
	struct spool *s;

	srand((unsigned int)getpid());
	for (unsigned int round = 0; round < KILLS; round++)
		run_and_kill(round);
	s = ground_open(LIMIT, false);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	(void)ground_drain(s, note_delivered, NULL);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	for (uint64_t i = 0; i < atomic_load(&told->next); i++) {
		n_flushed += atomic_load(&told->flushed[i]);
		n_missing += atomic_load(&told->flushed[i]) > atomic_load(&told->delivered[i]);
	}
	ck_assert_uint_gt(n_flushed, 100);
	ck_assert_uint_eq(n_missing, 0);
	printf("%lu flushes, %lu events, none missing\n", atomic_load(&told->n_flushes), n_flushed);
	spool_close(s);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_spool_kill");
	TCase *tc = tcase_create("kill");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, what_was_flushed_survives_every_kill);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
