/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_lane_round.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/lane_reader.h"
#include "common/lane_writer.h"
#include "tools/bench_clock.h"

#define BATCH 256U /* records between two publications of the cursor */
#define SILENCE_MS 10000
#define SLEEP_MS 1000 /* looks whether anything is wrong so often */
#define EVENT_SLOT 1U /* losses are counted there; nobody reads them */

/* The thread sanitizer takes two mappings of the same memory for two memories, and sees no order
 * between a record's writer, its reader and the writer after it. */
#if defined(__SANITIZE_THREAD__)
#define SANITIZES_THREADS 1
#elif defined(__has_feature)
#define SANITIZES_THREADS __has_feature(thread_sanitizer)
#else
#define SANITIZES_THREADS 0
#endif
#define READ_AT(l) (SANITIZES_THREADS ? (l)->writable : (l)->readable)

/* What the writers and the reader share beside the lane. */
struct shared {
	_Atomic unsigned int n_ready; /* writers that wait for `go` */
	_Atomic bool go;
	_Atomic uint64_t n_full, n_rings;
};

struct blane {
	void *writable;       /* the lane, for writers */
	const void *readable; /* the same, for the reader */
	struct cursor_page *page;
	struct shared *shared;
	int bell_fd;
	struct lane_writer writer; /* constant: shared by all writers */
	struct lane_reader reader;
};

/* One writer's part of a round. */
struct part {
	struct blane *lane;
	unsigned int index;
	uint32_t record_bytes;
	uint64_t n;
	pthread_t thread;
	pid_t pid;
};

static void *map(size_t bytes, int fd, int prot)
{
	void *at = mmap(NULL, bytes, prot, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void unmap(const void *at, size_t bytes)
{
	if (at)
		(void)munmap((void *)(uintptr_t)at, bytes); /* it is a mapping of ours */
}

static int set_up(struct blane *l, struct err *err)
{
	const size_t bytes = LANE_BYTES(BLANE_CAPACITY);
	CLEANUP_FD int fd = memfd_create("warder-bench-lane", MFD_CLOEXEC);
	uint64_t key = 0;
	int rc;

	if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
		return err_set(err, -errno, "lane of %zu bytes cannot be made (%s)", bytes,
			       err_name(errno));
	l->writable = map(bytes, fd, PROT_READ | PROT_WRITE);
	l->readable = map(bytes, fd, PROT_READ);
	l->page = map(sizeof(*l->page), -1, PROT_READ | PROT_WRITE);
	l->shared = map(sizeof(*l->shared), -1, PROT_READ | PROT_WRITE);
	l->bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!l->writable || !l->readable || !l->page || !l->shared || l->bell_fd < 0)
		return err_set(err, -errno, "lane of %zu bytes cannot be mapped (%s)", bytes,
			       err_name(errno));
	(void)!getrandom(&key, sizeof(key), 0); /* nobody attacks this lane: 0 would do */
	rc = lane_format(l->writable, BLANE_CAPACITY, LANE_BULK, 0, key, err);
	if (rc == 0)
		rc = lane_writer_init(&l->writer, l->writable, bytes, &l->page->lane[0], err);
	if (rc == 0)
		rc = lane_reader_init(&l->reader, READ_AT(l), bytes, &l->page->lane[0], err);
	return rc;
}

struct blane *blane_new(struct err *err)
{
	struct blane *l = calloc(1, sizeof(*l));

	if (!l) {
		(void)err_set(err, -ENOMEM, "memory is short (ENOMEM)");
		return NULL;
	}
	l->bell_fd = -1;
	if (set_up(l, err) < 0) {
		blane_free(l);
		return NULL;
	}
	return l;
}

void blane_free(struct blane *l)
{
	if (!l)
		return;
	cleanup_fd(&l->bell_fd);
	unmap(l->shared, sizeof(*l->shared));
	unmap(l->page, sizeof(*l->page));
	unmap(l->readable, LANE_BYTES(BLANE_CAPACITY));
	unmap(l->writable, LANE_BYTES(BLANE_CAPACITY));
	free(l);
}

static size_t n_words(uint32_t record_bytes)
{
	return (record_bytes - sizeof(struct rec_hdr)) / sizeof(uint64_t);
}

/* Every byte depends on who wrote it and when: the reader can tell a torn record. */
static void fill(struct rec_hdr *rec, const struct part *p, uint64_t seq)
{
	uint64_t *word = (uint64_t *)(rec + 1);

	rec->ts_ns = seq;
	rec->event = EVENT_SLOT;
	rec->flags = 0;
	rec->cpu = (uint16_t)p->index;
	rec->tid = 0;
	rec->tgid = 0;
	rec->ret = (int64_t)seq;
	for (size_t i = 0; i < n_words(p->record_bytes); i++)
		word[i] = seq ^ i ^ ((uint64_t)p->index << 56);
}

static void ring(struct blane *l)
{
	const uint64_t one = 1;

	/* Relaxed: a counter, read when the writers have ended. */
	atomic_fetch_add_explicit(&l->shared->n_rings, 1, memory_order_relaxed);
	(void)!write(l->bell_fd, &one, sizeof(one)); /* full: it is rung already */
}

static void write_records(const struct part *p, uint64_t first, uint64_t n)
{
	struct blane *l = p->lane;
	uint64_t n_full = 0;

	for (uint64_t seq = first; seq < first + n; seq++) {
		struct lane_slot slot;

		while (lane_reserve(&l->writer, p->record_bytes, EVENT_SLOT, 0, &slot) < 0) {
			n_full++;
			(void)sched_yield(); /* always succeeds on Linux */
		}
		fill(slot.rec, p, seq);
		lane_commit(&l->writer, &slot, p->record_bytes);
		if (lane_should_ring(&l->writer, l->page, true))
			ring(l);
	}
	/* Relaxed: as in ring(). */
	atomic_fetch_add_explicit(&l->shared->n_full, n_full, memory_order_relaxed);
}

static void *run_writer(void *arg)
{
	const struct part *p = arg;
	struct shared *shared = p->lane->shared;

	/* Release and acquire, here and in await_writers(): what was set up before is seen. */
	atomic_fetch_add_explicit(&shared->n_ready, 1, memory_order_release);
	while (!atomic_load_explicit(&shared->go, memory_order_acquire))
		(void)sched_yield(); /* always succeeds on Linux */
	write_records(p, 0, p->n);
	return NULL;
}

static int start_writer(struct part *p, enum blane_where where, struct err *err)
{
	pid_t parent = getpid();
	int rc;

	if (where == BLANE_THREADS) {
		rc = -pthread_create(&p->thread, NULL, run_writer, p);
		return rc < 0 ? err_set(err, rc, "thread cannot be made (%s)", err_name(rc)) : 0;
	}
	p->pid = fork();
	if (p->pid < 0)
		return err_set(err, -errno, "process cannot be made (%s)", err_name(errno));
	if (p->pid > 0)
		return 0;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the signal is valid */
	if (getppid() == parent)
		(void)run_writer(p);
	_exit(0);
}

static void await_writers(struct blane *l, unsigned int n)
{
	while (atomic_load_explicit(&l->shared->n_ready, memory_order_acquire) < n)
		(void)sched_yield(); /* always succeeds on Linux */
	atomic_store_explicit(&l->shared->go, true, memory_order_release);
}

static void end_writer(struct part *p, enum blane_where where)
{
	if (where == BLANE_THREADS)
		(void)pthread_join(p->thread, NULL); /* it was started and not joined yet */
	else
		(void)waitpid(p->pid, NULL, 0);
}

/* The reader's view of a round. */
struct reading {
	struct blane *lane;
	uint32_t record_bytes;
	unsigned int n_writers;
	uint64_t next[BLANE_WRITERS_MAX]; /* sequence that each writer's next record has */
	bool bad;
};

static void check(struct reading *r, const struct rec_hdr *rec)
{
	const uint64_t *word = (const uint64_t *)(rec + 1);
	uint64_t seq = rec->ts_ns, wrong;

	if (rec->cpu >= r->n_writers || rec->len != r->record_bytes) {
		r->bad = true;
		return;
	}
	wrong = seq ^ r->next[rec->cpu]++;
	for (size_t i = 0; i < n_words(r->record_bytes); i++)
		wrong |= word[i] ^ seq ^ i ^ ((uint64_t)rec->cpu << 56);
	r->bad |= wrong != 0;
}

static uint64_t read_batch(struct reading *r, enum lane_peek *ret_peek)
{
	struct lane_reader *reader = &r->lane->reader;
	const struct rec_hdr *rec;
	uint64_t n = 0;

	for (; n < BATCH; n++) {
		*ret_peek = lane_reader_peek(reader, &rec);
		if (*ret_peek != LANE_PEEK_RECORD)
			break;
		check(r, rec);
		lane_reader_next(reader);
	}
	lane_reader_release(reader);
	return n;
}

/* False: nobody rang for SLEEP_MS. */
static bool sleep_until_rung(struct blane *l)
{
	struct pollfd pfd = { .fd = l->bell_fd, .events = POLLIN };
	uint64_t n;
	int rc = 1;

	lane_sleep_begin(l->page);
	if (!lane_reader_has_more(&l->reader))
		rc = poll(&pfd, 1, SLEEP_MS);
	lane_sleep_end(l->page);
	if (rc > 0 && pfd.revents)
		(void)!read(l->bell_fd, &n, sizeof(n)); /* another writer's ring is as good */
	return rc > 0;
}

static int read_records(struct reading *r, uint64_t n, struct err *err)
{
	enum lane_peek peek = LANE_PEEK_EMPTY;
	int silent_ms = 0;

	while (n > 0) {
		uint64_t got = read_batch(r, &peek);

		n -= got < n ? got : n;
		if (got > 0) {
			silent_ms = 0;
		} else if (peek == LANE_PEEK_BUSY) {
			(void)sched_yield(); /* always succeeds on Linux */
		} else if (!sleep_until_rung(r->lane)) {
			silent_ms += SLEEP_MS;
			if (silent_ms >= SILENCE_MS)
				return err_set(err, -ETIMEDOUT, "lane has been silent for %d s",
					       SILENCE_MS / 1000);
		}
	}
	return 0;
}

static void same_thread(struct reading *r, uint64_t n)
{
	struct part p = { .lane = r->lane, .record_bytes = r->record_bytes };
	uint64_t batch = BLANE_CAPACITY / r->record_bytes / 2;
	enum lane_peek peek;

	batch = batch < BATCH ? batch : BATCH;
	for (uint64_t done = 0; done < n; done += batch) {
		if (batch > n - done)
			batch = n - done;
		write_records(&p, done, batch);
		if (read_batch(r, &peek) != batch)
			r->bad = true;
	}
}

static int across(struct reading *r, const struct blane_setup *setup, uint64_t n_each,
		  uint64_t *ret_start_ns, struct err *err)
{
	struct part parts[BLANE_WRITERS_MAX];
	unsigned int n = 0;
	int rc = 0;

	/* Relaxed: nobody else is there. */
	atomic_store_explicit(&r->lane->shared->n_ready, 0, memory_order_relaxed);
	atomic_store_explicit(&r->lane->shared->go, false, memory_order_relaxed);
	for (; n < setup->n_writers && rc == 0; n++) {
		parts[n] = (struct part){ .lane = r->lane,
					  .index = n,
					  .record_bytes = setup->record_bytes,
					  .n = n_each };
		rc = start_writer(&parts[n], setup->where, err);
	}
	if (rc < 0)
		n--; /* the last one has not been started; the others write what fits */
	await_writers(r->lane, n);
	*ret_start_ns = bench_now_ns();
	if (rc == 0)
		rc = read_records(r, n * n_each, err);
	else
		(void)read_records(r, n * n_each, NULL); /* so that they end; rc says what failed */
	for (unsigned int i = 0; i < n; i++)
		end_writer(&parts[i], setup->where);
	return rc;
}

int blane_round(struct blane *l, const struct blane_setup *setup, uint64_t n_each,
		struct blane_result *ret_result, struct err *err)
{
	struct reading r = { .lane = l,
			     .record_bytes = setup->record_bytes,
			     .n_writers = setup->n_writers };
	uint64_t start_ns = bench_now_ns(), end_ns;
	int rc = 0;

	/* Relaxed: there are no writers now. */
	atomic_store_explicit(&l->shared->n_full, 0, memory_order_relaxed);
	atomic_store_explicit(&l->shared->n_rings, 0, memory_order_relaxed);
	if (setup->where == BLANE_SAME_THREAD)
		same_thread(&r, n_each);
	else
		rc = across(&r, setup, n_each, &start_ns, err);
	end_ns = bench_now_ns();
	if (rc < 0)
		return rc;
	if (r.bad || l->reader.n_corrupt > 0)
		return err_set(err, -EBADMSG, "lane gave records that were not written like that");
	*ret_result = (struct blane_result){
		.n_records = n_each * setup->n_writers,
		.elapsed_ns = end_ns - start_ns,
		.n_full = atomic_load_explicit(&l->shared->n_full, memory_order_relaxed),
		.n_rings = atomic_load_explicit(&l->shared->n_rings, memory_order_relaxed),
	};
	return 0;
}
