/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lanes between kernel and reader: small, full, wrapped, read by somebody who writes nonsense.
 * Each record proves itself: the workload puts a sequence number and a checksum into the path that
 * it opens.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/call_count.h"

#define WRITERS 3
#define STRESS_MS 1500
#define PATH_LEN_MAX 4000
#define NUMBERS (1U << 22)

static const char *const openat_only[] = { "openat", NULL };
static const char *const nothing[] = { NULL };

/* --- Paths that prove themselves ---------------------------------------------------------------
 */

struct stress {
	uint32_t stop;
	uint64_t n[WRITERS];
};

static uint32_t checksum(const char *text, size_t len)
{
	uint32_t sum = 2166136261U; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)text[i]) * 16777619U;
	return sum;
}

/* "WRITER/NUMBER/CHECKSUM/" and letters; the checksum is of these. Returns the length. */
static size_t write_path(char *path, unsigned int writer, uint32_t number, uint64_t *random)
{
	char letters[PATH_LEN_MAX + 1];
	size_t len;

	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	len = *random % 16 ? *random % 120 : *random % PATH_LEN_MAX;
	for (size_t i = 0; i < len; i++)
		letters[i] = (char)('a' + (*random >> (i % 50) & 15));
	letters[len] = '\0';
	return (size_t)sprintf(path, "%u/%u/%08x/%s", writer, number, checksum(letters, len),
			       letters);
}

static void write_until_stopped(void *arg)
{
	struct stress *s = (void *)live_shared;
	unsigned int writer = (unsigned int)((uint64_t *)arg - s->n);
	uint64_t random = 88172645463325252ULL + writer;
	char path[PATH_LEN_MAX + 64];

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED) && s->n[writer] < NUMBERS) {
		(void)write_path(path, writer, (uint32_t)s->n[writer], &random);
		(void)syscall(SYS_openat, -1, path, O_RDONLY); /* EBADF or ENOENT */
		s->n[writer]++;
	}
}

/* What was delivered. */
struct proofs {
	uint64_t n_openat; /* of all processes */
	uint64_t n_ours;
	uint64_t n_bad, n_twice; /* not what was written; delivered before */
	char first_bad[128];
	uint8_t *seen[WRITERS]; /* bit per number */
};

static struct proofs *new_proofs(void)
{
	struct proofs *p = calloc(1, sizeof(*p));

	ck_assert_ptr_nonnull(p);
	for (int i = 0; i < WRITERS; i++) {
		p->seen[i] = calloc(1, NUMBERS / 8);
		ck_assert_ptr_nonnull(p->seen[i]);
	}
	return p;
}

static void free_proofs(struct proofs *p)
{
	for (int i = 0; i < WRITERS; i++)
		free(p->seen[i]);
	free(p);
}

static bool is_proven(struct proofs *p, const char *path, size_t len)
{
	unsigned int writer, number, sum;
	int n = 0;

	if (sscanf(path, "%u/%u/%8x/%n", &writer, &number, &sum, &n) != 3 || n == 0 ||
	    writer >= WRITERS || number >= NUMBERS)
		return false;
	if (checksum(path + n, len - (size_t)n) != sum)
		return false;
	p->n_twice += p->seen[writer][number / 8] >> (number % 8) & 1;
	p->seen[writer][number / 8] |= (uint8_t)(1U << (number % 8));
	return true;
}

/* Every record; ours are recognized by their first argument, a descriptor that nobody has. */
static void check_proof(void *arg, const struct rec_hdr *rec)
{
	const struct rec_syscall *sys = (const void *)rec;
	struct proofs *p = arg;
	char path[PATH_LEN_MAX + 65];
	struct event ev;
	size_t len;

	if (decode_record(rec, rec->len, &ev) != 0) {
		p->n_bad++;
		return;
	}
	if (rec->event != EV_OPENAT)
		return;
	p->n_openat++;
	if ((int32_t)sys->args[0] != -1)
		return;
	p->n_ours++;
	len = ev.vars[1] ? ev.vars[1]->len : 0;
	if (len < sizeof(path)) {
		if (len > 0)
			memcpy(path, ev.vars[1] + 1, len);
		path[len] = '\0';
		if (is_proven(p, path, len))
			return;
		(void)snprintf(p->first_bad, sizeof(p->first_bad), "%.100s", path);
	}
	p->n_bad++;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL); /* a shorter sleep is fine */
}

static bool bulk_went_round(const struct live *l)
{
	for (size_t i = 1; i < l->client->n_lanes - 1; i += 2)
		if (l->client->lanes[i].pos <= 4 * l->client->lanes[i].capacity)
			return false;
	return true;
}

/* The writers write as fast as they can, for a while, until something was lost, and when
 * `goes_round`, until each lane was full several times. */
static void stress(struct live *l, bool goes_round)
{
	/* naps, not time: where the machine is emulated, reading takes longer than the nap */
	int least_ms = live_is_emulated() ? STRESS_MS / 5 : STRESS_MS;
	struct stress *s = (void *)live_shared;
	pid_t writers[WRITERS];

	s->stop = 0;
	for (int i = 0; i < WRITERS; i++)
		writers[i] = live_start(write_until_stopped, &s->n[i]);
	live_be_lazy(l, EV_OPENAT_slot);
	for (int ms = 0; ms < least_ms || l->lazy_slot || (goes_round && !bulk_went_round(l));
	     ms += l->nap_ms) {
		live_pump(l);
		sleep_ms(l->nap_ms);
	}
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < WRITERS; i++)
		live_join(l, writers[i]);
}

static struct live *open_small(struct live_collector *c, struct proofs *p, const char *n_groups)
{
	const char *const args[] = { "--lanes", "1M", "--cpu-groups", n_groups, NULL };
	struct live *l;

	ck_assert_msg(live_collector_start(c, args), "%s", live_collector_said(c));
	l = live_open(c, nothing, 0);
	l->peep = check_proof;
	l->peep_arg = p;
	l->drops_bulk = true;
	l->nap_ms = 5;
	return l;
}

static uint64_t written(void)
{
	const struct stress *s = (void *)live_shared;
	uint64_t sum = 0;

	for (int i = 0; i < WRITERS; i++)
		sum += s->n[i];
	return sum;
}

/* A stress with its sum: delivered + lost = made. */
static void stress_and_count(struct live *l, struct proofs *p)
{
	struct call_count *count = ccount_new(l);
	uint64_t lost = lclient_lost(l->client, EV_OPENAT_slot), before;

	ccount_mark(count, CCOUNT_BEFORE);
	live_plan(l, openat_only, 0);
	ccount_mark(count, CCOUNT_BEGIN);
	before = p->n_openat;
	stress(l, true);
	ccount_mark(count, CCOUNT_END);
	live_plan(l, nothing, 0);
	ccount_mark(count, CCOUNT_AFTER);
	live_drain(l);
	lost = lclient_lost(l->client, EV_OPENAT_slot) - lost;
	ck_assert_msg(p->n_bad == 0, "%" PRIu64 " records are wrong, such as '%s'", p->n_bad,
		      p->first_bad);
	ck_assert_uint_eq(p->n_twice, 0);
	ccount_check(count, "openat", p->n_openat - before, lost);
	ccount_free(count);
}

/* With a lane for each CPU, and with one for all of them, where a writer often cannot give back
 * what it did not use because another CPU has reserved behind it. */
START_TEST(no_record_is_wrong_and_none_is_lost_uncounted)
{
	static const char *const n_groups[] = { "2", "1" };
	struct live_collector c;
	struct proofs *p = new_proofs();
	struct live *l = open_small(&c, p, n_groups[_i]);
	uint64_t n_padded = 0;

	stress_and_count(l, p);
	ck_assert_uint_gt(lclient_lost(l->client, EV_OPENAT_slot), 0);
	ck_assert_uint_ge(p->n_ours + lclient_lost(l->client, EV_OPENAT_slot), written());
	ck_assert_uint_eq(lclient_corrupt(l->client), 0);
	ck_assert(bulk_went_round(l));
	for (size_t i = 1; i < l->client->n_lanes - 1; i += 2)
		n_padded += l->client->lanes[i].hdr->padded;
	printf("%" PRIu64 " records could not give back\n", n_padded);
	(void)fflush(stdout);
	ck_assert(_i == 0 || n_padded > 0 || l->client->hello.n_cpus == 1);
	live_close(l);
	free_proofs(p);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- A reader that writes nonsense -------------------------------------------------------------
 */

struct saboteur {
	struct live *live;
	_Atomic bool stop;
	bool is_near; /* near enough to be taken for sound */
};

static void *sabotage(void *arg)
{
	struct saboteur *s = arg;
	struct lane_client *c = s->live->client;
	uint64_t random = 88172645463325252ULL;

	while (!atomic_load_explicit(&s->stop, memory_order_relaxed)) {
		struct lane_cursor *cursor;
		uint64_t nonsense;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		cursor = &c->page->lane[random % LANES_MAX];
		nonsense = random | 1ULL << 62;
		if (s->is_near)
			nonsense = atomic_load_explicit(&cursor->pos, memory_order_relaxed) +
				   (random >> 40 & 0xfffff) - 0x80000;
		atomic_store_explicit(&cursor->pos, nonsense, memory_order_relaxed);
		atomic_store_explicit(&c->page->asleep, (uint32_t)random, memory_order_relaxed);
	}
	return NULL;
}

static void stress_under_sabotage(struct live *l, bool is_near)
{
	struct saboteur s = { .live = l, .is_near = is_near };
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, sabotage, &s), 0);
	stress(l, false);
	atomic_store_explicit(&s.stop, true, memory_order_relaxed);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* Positions that are far away only make the reader lose its own records. Near ones let the writers
 * overwrite what it is reading, which is its own fault, and may then be anything; what must hold is
 * that the kernel and the collector go on, and that a sound reader after it gets sound records. */
START_TEST(nonsense_from_the_reader_harms_only_itself)
{
	struct live_collector c;
	struct proofs *p = new_proofs();
	struct live *l = open_small(&c, p, "2");

	live_plan(l, openat_only, 0);
	stress_under_sabotage(l, false);
	ck_assert_msg(p->n_bad == 0, "%" PRIu64 " records are wrong, such as '%s'", p->n_bad,
		      p->first_bad);
	ck_assert_uint_eq(p->n_twice, 0);
	stress_under_sabotage(l, true);
	live_close(l);
	free_proofs(p);

	l = live_open(&c, nothing, 0);
	p = new_proofs();
	l->peep = check_proof;
	l->peep_arg = p;
	l->drops_bulk = true;
	l->nap_ms = 5;
	stress_and_count(l, p);
	ck_assert_uint_gt(p->n_ours, 0);
	live_close(l);
	free_proofs(p);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- Between two readers -----------------------------------------------------------------------
 */

static void write_some(void *arg)
{
	uint64_t random = 1;
	char path[PATH_LEN_MAX + 64];

	(void)arg;
	for (uint32_t i = 0; i < 2000; i++) {
		(void)write_path(path, 0, i, &random);
		(void)syscall(SYS_openat, -1, path, O_RDONLY);
	}
}

START_TEST(the_next_reader_goes_on_where_the_last_one_stopped)
{
	struct live *l = live_open(NULL, openat_only, 0);
	struct proofs *p = new_proofs();
	pid_t pid;

	lclient_free(l->client);
	pid = live_start(write_some, NULL);
	live_wait(pid);
	l->client = live_connect(NULL);
	l->peep = check_proof;
	l->peep_arg = p;
	live_drain(l);
	ck_assert_uint_eq(p->n_bad + p->n_twice, 0);
	ck_assert_uint_eq(p->n_ours, 2000);
	live_close(l);
	free_proofs(p);
}
END_TEST

/* --- The bell ----------------------------------------------------------------------------------
 */

static int take_ring(void *arg, void *data, size_t len)
{
	(void)data;
	(void)len;
	(*(unsigned int *)arg)++;
	return 0;
}

static void call_slowly(void *arg)
{
	struct stress *s = arg;
	useconds_t pause_us = live_is_emulated() ? 5000 : 200; /* the reader shall fall asleep */

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		(void)syscall(SYS_getppid);
		(void)usleep(pause_us);
	}
}

static bool anything_waits(const struct lane_client *c)
{
	for (size_t i = 0; i < c->n_lanes; i++)
		if (lane_reader_has_more(&c->lanes[i]))
			return true;
	return false;
}

/* A bell that was missed would leave the reader asleep although there are records: the wait is
 * ended by a limit, which fails the test. */
START_TEST(a_sleeping_reader_is_rung)
{
	static const char *const events[] = { "getppid", NULL };
	struct live *l = live_open(NULL, events, 0);
	unsigned int n_rings = 0;
	struct ring_buffer *bell =
		ring_buffer__new(l->client->fds[CONTROL_FD_BELL_BPF], take_ring, &n_rings, NULL);
	pid_t pid;

	ck_assert_ptr_nonnull(bell);
	pid = live_start(call_slowly, live_shared);
	while (n_rings < live_scaled(1000)) {
		lane_sleep_begin(l->client->page);
		if (!anything_waits(l->client)) {
			lane_sleep_deeper(l->client->page); /* getppid rings */
			ck_assert_int_gt(ring_buffer__poll(bell, 20000), 0);
		}
		lane_sleep_end(l->client->page);
		(void)ring_buffer__consume(bell);
		live_pump(l);
	}
	*(uint32_t *)(void *)live_shared = 1;
	live_join(l, pid);
	ring_buffer__free(bell);
	live_close(l);
}
END_TEST

static const char *const getppid_only[] = { "getppid", NULL };

static void call(void *arg)
{
	for (uint32_t i = 0; i < *(uint32_t *)arg; i++)
		(void)syscall(SYS_getppid);
}

/* Into a deep sleep, with all lanes empty: nobody but us is traced any more once they are. */
static void sleep_deep(struct live *l)
{
	lane_sleep_begin(l->client->page);
	while (anything_waits(l->client))
		live_pump(l);
	lane_sleep_deeper(l->client->page);
}

/* What does not ring is there, and wakes nobody, until the lane fills. A light sleeper wakes of it
 * all the same. */
START_TEST(what_does_not_ring_lets_the_reader_sleep)
{
	struct live *l = live_open(NULL, nothing, 0);
	uint32_t few = 20, many;
	uint64_t fill = 0;

	l->client->is_silent = true;
	live_plan(l, getppid_only, 0);
	live_drain(l);
	sleep_deep(l);
	live_wait(live_start(call, &few));
	ck_assert_uint_eq(l->client->page->asleep, LANE_SLEEP_DEEP);
	for (size_t i = 0; i < l->client->n_lanes; i++)
		fill += lane_reader_fill(&l->client->lanes[i]);
	ck_assert_uint_ge(fill, few * sizeof(struct rec_syscall));
	lane_sleep_begin(l->client->page);
	live_wait(live_start(call, &few));
	ck_assert_uint_eq(l->client->page->asleep, LANE_AWAKE);
	live_drain(l);
	sleep_deep(l);
	/* enough for a quarter of every lane, on whichever CPU they are */
	many = (uint32_t)(l->client->n_lanes * l->client->hello.bulk_capacity / 4 /
			  sizeof(struct rec_syscall));
	live_wait(live_start(call, &many));
	ck_assert_uint_eq(l->client->page->asleep, LANE_AWAKE);
	live_close(l);
}
END_TEST

/* --- Read-only, also for root ------------------------------------------------------------------
 */

static size_t bytes_of(const struct lane_client *c, enum control_fd which)
{
	if (which == CONTROL_FD_COLLECTOR_LANE)
		return LANE_BYTES(c->hello.own_capacity);
	return LANE_BYTES(which == CONTROL_FD_VITAL ? c->hello.vital_capacity
						    : c->hello.bulk_capacity);
}

static void check_read_only(const struct lane_client *c, enum control_fd which)
{
	int fd = c->fds[which];
	size_t bytes = bytes_of(c, which) & ~(size_t)4095;
	char path[64];
	void *map;

	ck_assert_ptr_eq(mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_eq(errno, EPERM);
	map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	ck_assert_int_eq(mprotect(map, bytes, PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(errno, EACCES);
	(void)munmap(map, bytes);
	ck_assert_int_eq((int)pwrite(fd, "x", 1, 0), -1);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	fd = open(path, O_RDWR | O_CLOEXEC); /* a new description of the memfd; no BPF map can be */
	ck_assert_int_eq((int)pwrite(fd, "x", 1, 0), -1);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	cleanup_fd(&fd);
}

START_TEST(lanes_cannot_be_written_by_user_space)
{
	static const enum control_fd maps[] = { CONTROL_FD_VITAL, CONTROL_FD_BULK };
	struct live *l = live_open(NULL, openat_only, 0);
	struct lane_client *c = l->client;

	check_read_only(c, CONTROL_FD_VITAL);
	check_read_only(c, CONTROL_FD_BULK);
	check_read_only(c, CONTROL_FD_COLLECTOR_LANE);
	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		CLEANUP_FREE void *value = calloc(1, bytes_of(c, maps[i]) + 8);
		struct bpf_map_info info = { 0 };
		uint32_t zero = 0, len = sizeof(info);
		int again;

		ck_assert_int_eq(bpf_map_update_elem(c->fds[maps[i]], &zero, value, BPF_ANY),
				 -EPERM);
		ck_assert_int_eq(bpf_obj_get_info_by_fd(c->fds[maps[i]], &info, &len), 0);
		again = bpf_map_get_fd_by_id(
			info.id); /* one that did not come from the collector */
		ck_assert_int_ge(again, 0);
		ck_assert_int_eq(bpf_map_update_elem(again, &zero, value, BPF_ANY), -EPERM);
		ck_assert_int_lt(bpf_map_delete_elem(again, &zero), 0);
		ck_assert_ptr_eq(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, again, 0),
				 MAP_FAILED);
		(void)close(again);
	}
	live_close(l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/lanes");
	TCase *tc = tcase_create("lanes");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, no_record_is_wrong_and_none_is_lost_uncounted, 0, 2);
	tcase_add_test(tc, nonsense_from_the_reader_harms_only_itself);
	tcase_add_test(tc, the_next_reader_goes_on_where_the_last_one_stopped);
	tcase_add_test(tc, a_sleeping_reader_is_rung);
	tcase_add_test(tc, what_does_not_ring_lets_the_reader_sleep);
	tcase_add_test(tc, lanes_cannot_be_written_by_user_space);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
