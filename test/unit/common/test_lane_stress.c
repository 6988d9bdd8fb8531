/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_stress: several writers against one reader over a small ring, for a few seconds, with
 * everything that can happen at once: laps, give backs that succeed and fail, a full ring, sleep
 * and wake, readers that restart, readers whose cursor is nonsense. It runs clean under the thread
 * sanitizer. Written against struct stress_ops: another ring brings a table of its own.
 *
 * WARDER_STRESS_SECONDS: how long (5). WARDER_STRESS_SEED: where the random numbers begin (1).
 */
#include <check.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "test/unit/common/stress_ops.h"

#define N_WRITERS 4
#define ROUNDS 4
#define WAKE_LIMIT_MS 2000 /* asleep for longer with a record waiting: the wake-up was lost */
#define WORDS_MAX 3000     /* of one payload; the most that fits a record, with its scratch */
#define SCRATCH_MAX 64     /* words that are reserved and written, and then given back */

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

enum order { ORDER_RUN, ORDER_PARK, ORDER_STOP };

struct stress {
	const struct stress_ops *ops;
	void *ring;
	int bell_fd;
	_Atomic int order;
	pthread_barrier_t barrier; /* the writers and the reader: all parked, all on their way */
	uint64_t random;           /* the reader's */
	_Atomic bool pinging;      /* a record is to be read without anybody's help */
	_Atomic uint64_t acked[N_WRITERS]; /* sequence number of the last record that was read */
	uint64_t produced[N_WRITERS];      /* each writer its own; others only while it is parked */

	/* The reader's, since the last begin_epoch(). */
	uint64_t base[N_WRITERS];      /* produced */
	uint64_t base_lost[N_WRITERS]; /* counted by the ring */
	uint64_t last_seq[N_WRITERS];
	uint64_t delivered[N_WRITERS];
	uint64_t gaps[N_WRITERS];

	/* Of the whole run. */
	uint64_t n_delivered, n_lost, n_padded, n_laps, n_sleeps, n_restarts, n_lies;
};

struct payload {
	uint64_t seq;
	uint32_t writer;
	uint32_t n_words;
	uint64_t words[];
};

struct stress_writer {
	struct stress *s;
	unsigned int number;
	uint64_t random;
};

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static uint64_t word_of(uint64_t seq, uint32_t writer, uint32_t i)
{
	return (seq * N_WRITERS + writer) * 0x9e3779b97f4a7c15ULL + i * 0xbf58476d1ce4e5b9ULL;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* Lets the others get in between, on one CPU or on several. */
static void linger(uint64_t random)
{
	if (random % 16 == 0)
		sched_yield();
	for (volatile uint64_t n = (random >> 8) % 512; n > 0; n--)
		;
}

static bool produce(struct stress_writer *w)
{
	struct stress *s = w->s;
	uint64_t random = next_random(&w->random), one = 1, seq = ++s->produced[w->number];
	uint32_t n = random % 512 == 0 ? (uint32_t)(random >> 32) % WORDS_MAX
				       : (uint32_t)(random >> 32) % 48;
	uint32_t scratch = (uint32_t)(random >> 16) % SCRATCH_MAX;
	uint32_t used = (uint32_t)sizeof(struct payload) + 8 * n;
	struct payload *p;
	struct ticket ticket;

	if (!s->ops->reserve(s->ring, used + 8 * scratch, w->number, &ticket))
		return false;
	p = ticket.at;
	*p = (struct payload){ .seq = seq, .writer = w->number, .n_words = n };
	for (uint32_t i = 0; i < n; i++)
		p->words[i] = word_of(seq, w->number, i);
	memset(p->words + n, 0xee, (size_t)8 * scratch);
	if (random % 256 == 1)
		sched_yield(); /* so that somebody reserves behind us on any machine */
	s->ops->commit(s->ring, &ticket, used);
	if (s->ops->must_ring(s->ring) && write(s->bell_fd, &one, sizeof(one)) != sizeof(one))
		abort();
	return true;
}

static int load_order(const struct stress *s)
{
	/* Pairs with set_order(). Relaxed: the barriers order everything that hangs on it. */
	return atomic_load_explicit(&s->order, memory_order_relaxed);
}

/* One record, and no other until it was read: nobody makes up for a wake-up that gets lost. The
 * next one comes just when the reader is about to sleep. */
static void ping(struct stress_writer *w)
{
	struct stress *s = w->s;

	/* Relaxed, all of them: hints between threads of this test, nothing is read through them.
	 * Pairs with writer_main(), where the others then keep still, and with read_batch(). */
	if (atomic_exchange_explicit(&s->pinging, true, memory_order_relaxed))
		return; /* somebody's turn is over, but not its wait */
	if (produce(w)) {
		while (atomic_load_explicit(&s->acked[w->number], memory_order_relaxed) <
			       s->produced[w->number] &&
		       load_order(s) == ORDER_RUN)
			linger(next_random(&w->random));
	}
	atomic_store_explicit(&s->pinging, false, memory_order_relaxed);
	linger(next_random(&w->random));
}

static void *writer_main(void *arg)
{
	struct stress_writer *w = arg;
	struct stress *s = w->s;

	for (int order; (order = load_order(s)) != ORDER_STOP;) {
		uint64_t random = next_random(&w->random), turn = now_ns() >> 26;

		if (order == ORDER_PARK) {
			pthread_barrier_wait(&s->barrier);
			pthread_barrier_wait(&s->barrier);
		} else if (turn / 2 % N_WRITERS == w->number && turn % 2 == 0) {
			ping(w);
		} else if (turn % 2 == 0 ||
			   atomic_load_explicit(&s->pinging, memory_order_relaxed)) {
			usleep(500);
		} else { /* all of them: a flood, and a full ring */
			for (uint64_t n = random % 128; n > 0; n--)
				(void)produce(w); /* what is lost is counted */
			if (random >> 32 & 1)
				usleep((useconds_t)(random >> 40) % 300);
		}
	}
	return NULL;
}

static void set_order(struct stress *s, enum order order)
{
	/* Pairs with load_order(), which says why relaxed is enough. */
	atomic_store_explicit(&s->order, (int)order, memory_order_relaxed);
}

static void park(struct stress *s)
{
	set_order(s, ORDER_PARK);
	pthread_barrier_wait(&s->barrier);
}

static void unpark(struct stress *s, enum order order)
{
	set_order(s, order);
	pthread_barrier_wait(&s->barrier);
}

static void begin_epoch(struct stress *s)
{
	for (unsigned int w = 0; w < N_WRITERS; w++) {
		s->base[w] = s->produced[w];
		s->last_seq[w] = s->produced[w];
		s->base_lost[w] = s->ops->n_lost(s->ring, w);
		s->delivered[w] = 0;
		s->gaps[w] = 0;
	}
}

static void check_payload(struct stress *s, const struct payload *p, uint32_t len)
{
	ck_assert_uint_ge(len, sizeof(*p));
	ck_assert_uint_lt(p->writer, N_WRITERS);
	ck_assert_uint_eq(len, sizeof(*p) + (size_t)8 * p->n_words);
	ck_assert_uint_gt(p->seq, s->last_seq[p->writer]); /* none twice, none out of order */
	for (uint32_t i = 0; i < p->n_words; i++) {
		if (p->words[i] != word_of(p->seq, p->writer, i))
			ck_abort_msg("writer %u, record %llu: word %u of %u is torn", p->writer,
				     (unsigned long long)p->seq, i, p->n_words);
	}
	s->gaps[p->writer] += p->seq - s->last_seq[p->writer] - 1;
	s->last_seq[p->writer] = p->seq;
	s->delivered[p->writer]++;
	s->n_delivered++;
}

static unsigned int read_batch(struct stress *s, unsigned int most)
{
	const struct payload *p;
	unsigned int n = 0;
	uint32_t len;

	while (n < most && (p = s->ops->peek(s->ring, &len)) != NULL) {
		check_payload(s, p, len);
		s->ops->next(s->ring);
		n++;
	}
	s->ops->release(s->ring);
	for (unsigned int w = 0; n > 0 && w < N_WRITERS; w++) /* see ping() */
		atomic_store_explicit(&s->acked[w], s->last_seq[w], memory_order_relaxed);
	return n;
}

static void sleep_until_rung(struct stress *s)
{
	struct pollfd bell = { .fd = s->bell_fd, .events = POLLIN };
	uint64_t rings;
	uint32_t len;
	int rc;

	linger(next_random(&s->random)); /* what comes now, nobody has seen and nobody rings for */
	s->ops->sleep_begin(s->ring);
	if (s->ops->has_more(s->ring)) {
		s->ops->sleep_end(s->ring);
		sched_yield(); /* it may be a reservation, by a thread that needs this CPU */
		return;
	}
	s->n_sleeps++;
	rc = poll(&bell, 1, WAKE_LIMIT_MS);
	ck_assert_int_ge(rc, 0);
	if (rc == 0 && s->ops->peek(s->ring, &len) != NULL)
		ck_abort_msg("asleep for %d ms with a record waiting", WAKE_LIMIT_MS);
	s->ops->sleep_end(s->ring);
	if (rc > 0)
		ck_assert_int_eq(read(s->bell_fd, &rings, sizeof(rings)), sizeof(rings));
}

static uint64_t lost_now(struct stress *s)
{
	uint64_t n = 0;

	for (unsigned int w = 0; w < N_WRITERS; w++)
		n += s->ops->n_lost(s->ring, w);
	return n;
}

/* Reads nothing until the ring is full, or for 5 ms when the writers are not in a flood. */
static void dawdle(struct stress *s)
{
	uint64_t lost = lost_now(s), end = now_ns() + 5000000ULL;

	while (lost_now(s) == lost && now_ns() < end)
		usleep(100);
}

static void run_reader(struct stress *s, uint64_t for_ns)
{
	uint64_t end = now_ns() + for_ns;

	while (now_ns() < end) {
		uint64_t random = next_random(&s->random);

		if (read_batch(s, 1 + random % 512) == 0)
			sleep_until_rung(s);
		if (random >> 32 & 0x3f)
			continue;
		if (random >> 40 & 1) {
			dawdle(s);
		} else {
			s->ops->restart(s->ring);
			s->n_restarts++;
		}
	}
}

/* The writers are parked: what is there is all there is. produced = delivered + lost. */
static void check_accounts(struct stress *s)
{
	while (read_batch(s, 512) > 0)
		;
	for (unsigned int w = 0; w < N_WRITERS; w++) {
		uint64_t lost = s->ops->n_lost(s->ring, w) - s->base_lost[w];

		s->gaps[w] += s->produced[w] - s->last_seq[w]; /* lost after the last one */
		ck_assert_uint_eq(s->gaps[w], lost);
		ck_assert_uint_eq(s->produced[w] - s->base[w], s->delivered[w] + lost);
		s->n_lost += lost;
	}
	ck_assert_uint_eq(s->ops->n_corrupt(s->ring), 0);
	ck_assert(!s->ops->has_more(s->ring));
}

static void run_liar(struct stress *s, uint64_t for_ns)
{
	uint64_t end = now_ns() + for_ns;

	/* Under the thread sanitizer only lies that nobody believes: writers that fill the same
	 * bytes at once are what a plausible one is about, and a race. */
	for (; now_ns() < end; s->n_lies++) {
		s->ops->lie(s->ring, next_random(&s->random), !UNDER_TSAN);
		usleep((useconds_t)(next_random(&s->random) % 200));
	}
}

static void begin_anew(struct stress *s, int round)
{
	uint32_t len;

	ck_assert(s->ops->is_intact(s->ring));
	s->n_padded += s->ops->n_padded(s->ring);
	s->n_laps += s->ops->n_laps(s->ring);
	if (round % 2) {
		s->ops->format(s->ring, next_random(&s->random));
	} else {
		s->n_padded -= s->ops->n_padded(s->ring); /* they go on counting */
		s->n_laps -= s->ops->n_laps(s->ring);
		s->ops->lie(s->ring, 0xf, false); /* the last one is 1: behind by laps */
		s->ops->restart(s->ring);
		ck_assert_uint_eq(s->ops->n_corrupt(s->ring), 1);
		ck_assert_ptr_null(s->ops->peek(s->ring, &len));
		ck_assert(!s->ops->has_more(s->ring));
		s->ops->restart(s->ring); /* and now the cursor is sound */
		ck_assert_uint_eq(s->ops->n_corrupt(s->ring), 0);
	}
	begin_epoch(s);
}

static uint64_t env_number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void run_rounds(struct stress *s)
{
	uint64_t total_ns = env_number("WARDER_STRESS_SECONDS", 5) * 1000000000ULL;

	for (int round = 0; round < ROUNDS; round++) {
		do { /* run_liar() counts on a lap or two, also on a slow machine */
			run_reader(s, total_ns / ROUNDS * 8 / 10);
		} while (s->ops->n_laps(s->ring) < 2);
		park(s);
		check_accounts(s);
		unpark(s, ORDER_RUN);
		run_liar(s, total_ns / ROUNDS / 10);
		park(s);
		begin_anew(s, round);
		unpark(s, ORDER_RUN);
	}
	run_reader(s, total_ns / 10);
	park(s);
	check_accounts(s);
	s->n_padded += s->ops->n_padded(s->ring);
	s->n_laps += s->ops->n_laps(s->ring);
	unpark(s, ORDER_STOP);
}

START_TEST(every_record_is_delivered_or_counted)
{
	static struct stress s;
	static struct stress_writer
		writers[N_WRITERS]; /* a failed check leaves the threads behind */
	pthread_t threads[N_WRITERS];
	uint64_t seed = env_number("WARDER_STRESS_SEED", 1);

	s = (struct stress){ .ops = &lane_stress_ops, .random = seed * 0x2545f4914f6cdd1dULL };
	s.ring = s.ops->open();
	s.ops->format(s.ring, seed);
	s.bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ck_assert_int_ge(s.bell_fd, 0);
	ck_assert_int_eq(pthread_barrier_init(&s.barrier, NULL, N_WRITERS + 1), 0);
	for (unsigned int i = 0; i < N_WRITERS; i++) {
		writers[i] = (struct stress_writer){ &s, i, s.random + 77777 * (i + 1) };
		ck_assert_int_eq(pthread_create(&threads[i], NULL, writer_main, &writers[i]), 0);
	}
	run_rounds(&s);
	for (unsigned int i = 0; i < N_WRITERS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	printf("%s: %llu delivered, %llu lost, %llu padded, %llu laps, %llu sleeps, "
	       "%llu restarts, %llu lies\n",
	       s.ops->name, (unsigned long long)s.n_delivered, (unsigned long long)s.n_lost,
	       (unsigned long long)s.n_padded, (unsigned long long)s.n_laps,
	       (unsigned long long)s.n_sleeps, (unsigned long long)s.n_restarts,
	       (unsigned long long)s.n_lies);
	/* A run in which one of these never happened has tested less than it says. */
	ck_assert_uint_gt(s.n_lost, 0);
	ck_assert_uint_gt(s.n_padded, 0);
	ck_assert_uint_gt(s.n_sleeps, 0);
	ck_assert_uint_gt(s.n_restarts, 0);
	s.ops->close(s.ring);
	ck_assert_int_eq(close(s.bell_fd), 0);
	ck_assert_int_eq(pthread_barrier_destroy(&s.barrier), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("lane_stress");
	TCase *tc = tcase_create("several writers, one reader");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 0); /* bounded by its own clock, and by CTest */
	tcase_add_test(tc, every_record_is_delivered_or_counted);
	suite_add_tcase(s, tc);
	srunner_set_fork_status(sr, CK_NOFORK); /* the sanitizers want one process */
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
