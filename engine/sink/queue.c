/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Order of memory, by label:
 *  PUT  write_pos, stored by the producer, loaded by the consumer: the bytes before it are there.
 *  GONE read_pos, stored by the consumer, loaded by the producer: the bytes before it may be
 *       overwritten.
 *  BED  consumer_sleeps and producer_sleeps: who is about to sleep exchanges in 1 and then looks
 *       once more; who has stored a position adds 0 and then looks whether somebody sleeps. Both
 *       are read-modify-writes of one word, so one comes first: either the sleeper sees the
 *       position or the other sees the sleeper.
 */
#include "engine/sink/queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/now.h"

#define ALIGNMENT 16U
#define CACHE_LINE 64

struct entry {
	uint32_t len;
	uint16_t event;
	uint8_t is_urgent;
	uint8_t reserved0;
	int64_t time_ns;
};
_Static_assert(sizeof(struct entry) == ALIGNMENT, "an entry begins where the one before it ends");

/* Positions run freely; an entry that begins near the end goes on into the slack behind it, and the
 * next one begins where it would without: every entry is in one piece. */
struct byte_ring {
	uint8_t *data; /* cap + slack */
	uint64_t cap;
	_Alignas(CACHE_LINE) _Atomic uint64_t write_pos;
	_Atomic uint64_t n_put;
	_Alignas(CACHE_LINE) _Atomic uint64_t read_pos;
	_Atomic uint64_t n_done;
};
_Static_assert(offsetof(struct byte_ring, read_pos) - offsetof(struct byte_ring, write_pos) >=
		       CACHE_LINE,
	       "the two threads write to different cache lines");

struct squeue {
	struct byte_ring urgent, rest;
	uint64_t high_bytes;               /* the producer's */
	uint64_t taken_urgent, taken_rest; /* the consumer's: entries that a take gave out */
	_Atomic bool closed;
	_Atomic bool hurry; /* the producer waits for room: no lingering */
	_Atomic uint32_t consumer_sleeps, producer_sleeps;
	/* Set by the consumer before it sleeps: less is not worth waking it for. */
	_Atomic uint64_t wake_events, wake_bytes;
	pthread_mutex_t lock; /* of the two conditions only */
	pthread_cond_t to_consumer, to_producer;
};

static size_t slack_of(uint64_t cap)
{
	return cap < SQUEUE_EVENT_MAX ? cap : SQUEUE_EVENT_MAX + ALIGNMENT;
}

static uint64_t room_of(size_t len)
{
	return sizeof(struct entry) +
	       (((uint64_t)len + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1));
}

static int ring_init(struct byte_ring *r, uint64_t cap)
{
	r->cap = cap & ~(uint64_t)(ALIGNMENT - 1);
	r->data = malloc(r->cap + slack_of(r->cap)); /* what is never used is never resident */
	return r->data ? 0 : -ENOMEM;
}

static struct entry *entry_at(const struct byte_ring *r, uint64_t pos)
{
	return (struct entry *)(void *)(r->data + pos % r->cap);
}

static void cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	(void)pthread_condattr_init(&attr); /* neither can fail on Linux */
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

struct squeue *squeue_new(size_t n_bytes)
{
	struct squeue *q = aligned_alloc(CACHE_LINE, sizeof(*q));
	uint64_t urgent;

	if (!q)
		return NULL;
	memset(q, 0, sizeof(*q));
	(void)pthread_mutex_init(&q->lock, NULL); /* cannot fail on Linux */
	cond_init(&q->to_consumer);
	cond_init(&q->to_producer);
	if (n_bytes < SQUEUE_BYTES_MIN)
		n_bytes = SQUEUE_BYTES_MIN;
	urgent = n_bytes / SQUEUE_URGENT_SHARE;
	if (ring_init(&q->urgent, urgent) < 0 || ring_init(&q->rest, n_bytes - urgent) < 0) {
		squeue_free(q);
		return NULL;
	}
	return q;
}

void squeue_free(struct squeue *q)
{
	if (!q)
		return;
	free(q->rest.data);
	free(q->urgent.data);
	(void)pthread_cond_destroy(&q->to_producer);
	(void)pthread_cond_destroy(&q->to_consumer);
	(void)pthread_mutex_destroy(&q->lock);
	free(q);
}

/* The producer's own: it alone stores it. */
static uint64_t own_write_pos(struct byte_ring *r)
{
	return atomic_load_explicit(&r->write_pos, memory_order_relaxed);
}

static bool has_room(struct byte_ring *r, size_t len)
{
	/* GONE, acquire: what the consumer read of these bytes, it has read. */
	uint64_t read_pos = atomic_load_explicit(&r->read_pos, memory_order_acquire);

	return room_of(len) <= r->cap - (own_write_pos(r) - read_pos);
}

static struct byte_ring *ring_for(struct squeue *q, size_t len, bool urgent)
{
	if (urgent && has_room(&q->urgent, len))
		return &q->urgent;
	return has_room(&q->rest, len) ? &q->rest : NULL;
}

static uint64_t bytes_in(struct byte_ring *r)
{
	/* Relaxed: a number to be shown. */
	return own_write_pos(r) - atomic_load_explicit(&r->read_pos, memory_order_relaxed);
}

static void note_high(struct squeue *q)
{
	uint64_t n_bytes = bytes_in(&q->urgent) + bytes_in(&q->rest);

	if (n_bytes > q->high_bytes)
		q->high_bytes = n_bytes;
}

int squeue_put(struct squeue *q, const struct batch_item *item)
{
	struct byte_ring *r;
	struct entry *e;

	if (item->len > SQUEUE_EVENT_MAX || room_of(item->len) > q->rest.cap)
		return -EMSGSIZE;
	r = ring_for(q, item->len, item->is_urgent);
	if (!r)
		return -ENOBUFS;
	e = entry_at(r, own_write_pos(r));
	*e = (struct entry){
		.len = item->len,
		.event = item->event,
		.is_urgent = item->is_urgent,
		.time_ns = item->time_ns,
	};
	memcpy(e + 1, item->data, item->len);
	/* PUT, release: pairs with gather_from(); the entry is whole. */
	atomic_store_explicit(&r->write_pos, own_write_pos(r) + room_of(item->len),
			      memory_order_release);
	/* Release, pairs with events_in(): what is counted is seen in write_pos as well. */
	(void)atomic_fetch_add_explicit(&r->n_put, 1, memory_order_release);
	note_high(q);
	return 0;
}

static uint64_t events_in(struct byte_ring *r)
{
	/* Acquire, pairs with squeue_put(). Relaxed: done is the consumer's, and else a number to
	 * be shown. */
	uint64_t n_put = atomic_load_explicit(&r->n_put, memory_order_acquire);

	return n_put - atomic_load_explicit(&r->n_done, memory_order_relaxed);
}

static bool is_closed(struct squeue *q)
{
	/* Acquire, pairs with squeue_close(): what was put before is seen. */
	return atomic_load_explicit(&q->closed, memory_order_acquire);
}

/* Is there what the consumer sleeps for? Asked by both. Relaxed: whoever sees that it sleeps sees,
 * by BED, what it had stored before; hurry is looked at after BED too. */
static bool is_worth_waking(struct squeue *q)
{
	uint64_t wake_events = atomic_load_explicit(&q->wake_events, memory_order_relaxed);
	uint64_t wake_bytes = atomic_load_explicit(&q->wake_bytes, memory_order_relaxed);

	return is_closed(q) || atomic_load_explicit(&q->hurry, memory_order_relaxed) ||
	       events_in(&q->urgent) + events_in(&q->rest) >= wake_events ||
	       bytes_in(&q->urgent) + bytes_in(&q->rest) >= wake_bytes;
}

/* BED, the waking end. Pairs with sleep_until(). */
static bool is_asleep(_Atomic uint32_t *sleeps)
{
	return atomic_fetch_add_explicit(sleeps, 0, memory_order_acq_rel) != 0;
}

static void wake(struct squeue *q, pthread_cond_t *cond)
{
	(void)pthread_mutex_lock(&q->lock); /* cannot fail: not recursive, always initialised */
	(void)pthread_cond_signal(cond);
	(void)pthread_mutex_unlock(&q->lock);
}

void squeue_signal(struct squeue *q)
{
	if (is_asleep(&q->consumer_sleeps) && is_worth_waking(q))
		wake(q, &q->to_consumer);
}

static int64_t now_ns(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC);
}

typedef bool (*ready_fn)(struct squeue *q, const void *arg);

/* BED, the sleeping end. Pairs with is_asleep(). Returns what is_ready() said last. */
static bool sleep_until(struct squeue *q, _Atomic uint32_t *sleeps, pthread_cond_t *cond,
			int64_t end_ns, ready_fn is_ready, const void *arg)
{
	struct timespec end = { .tv_sec = end_ns / NOW_NS_PER_S, .tv_nsec = end_ns % NOW_NS_PER_S };
	bool ready;

	(void)pthread_mutex_lock(&q->lock);
	(void)atomic_exchange_explicit(sleeps, 1, memory_order_acq_rel);
	for (;;) {
		ready = is_ready(q, arg);
		if (ready || now_ns() >= end_ns)
			break;
		(void)pthread_cond_timedwait(cond, &q->lock, &end); /* looked at again anyway */
	}
	/* Relaxed: a wake-up too many does no harm. */
	atomic_store_explicit(sleeps, 0, memory_order_relaxed);
	(void)pthread_mutex_unlock(&q->lock);
	return ready;
}

struct wanted_room {
	size_t len;
	bool urgent;
};

static bool is_room_ready(struct squeue *q, const void *arg)
{
	const struct wanted_room *want = arg;

	return ring_for(q, want->len, want->urgent) != NULL;
}

bool squeue_wait_room(struct squeue *q, size_t len, bool urgent, int64_t timeout_ms)
{
	const struct wanted_room want = { .len = len, .urgent = urgent };

	if (len > SQUEUE_EVENT_MAX || room_of(len) > q->rest.cap)
		return false;
	if (is_room_ready(q, &want))
		return true;
	/* Whoever makes room must not be asleep. Relaxed: ordered by BED. */
	atomic_store_explicit(&q->hurry, true, memory_order_relaxed);
	squeue_signal(q);
	return sleep_until(q, &q->producer_sleeps, &q->to_producer,
			   now_ns() + timeout_ms * NOW_NS_PER_MS, is_room_ready, &want);
}

/* What a take has gathered so far; it begins at the first entry that is not done with. */
struct gathering {
	struct batch_item *items;
	size_t n_max, bytes_max;
	size_t n, n_bytes;
	bool is_full;
};

static void gather_from(struct byte_ring *r, struct gathering *g)
{
	/* Relaxed: the consumer alone stores it. */
	uint64_t pos = atomic_load_explicit(&r->read_pos, memory_order_relaxed);
	/* PUT, acquire: pairs with squeue_put(). */
	uint64_t end = atomic_load_explicit(&r->write_pos, memory_order_acquire);

	while (pos != end && !g->is_full) {
		const struct entry *e = entry_at(r, pos);

		if (g->n == g->n_max || (g->n > 0 && e->len > g->bytes_max - g->n_bytes)) {
			g->is_full = true;
			break;
		}
		g->items[g->n++] = (struct batch_item){
			.data = (const uint8_t *)(e + 1),
			.len = e->len,
			.event = e->event,
			.is_urgent = e->is_urgent,
			.time_ns = e->time_ns,
		};
		g->n_bytes += e->len;
		if (g->n == g->n_max || g->n_bytes >= g->bytes_max)
			g->is_full = true;
		pos += room_of(e->len);
	}
}

/* From the beginning each time: an urgent event that came meanwhile is to be the first. */
static void gather(struct squeue *q, struct gathering *g)
{
	g->n = g->n_bytes = 0;
	g->is_full = g->n_max == 0;
	gather_from(&q->urgent, g);
	q->taken_urgent = g->n;
	gather_from(&q->rest, g);
	q->taken_rest = g->n - q->taken_urgent;
}

static bool is_ready(struct squeue *q, const void *arg)
{
	(void)arg;
	return is_worth_waking(q);
}

/* Until there are n_events, or n_bytes, or no more to come. False: timeout. */
static bool wait_for(struct squeue *q, uint64_t n_events, uint64_t n_bytes, int64_t end_ns)
{
	/* Relaxed: the exchange in sleep_until() puts them before it. */
	atomic_store_explicit(&q->wake_events, n_events, memory_order_relaxed);
	atomic_store_explicit(&q->wake_bytes, n_bytes, memory_order_relaxed);
	return sleep_until(q, &q->consumer_sleeps, &q->to_consumer, end_ns, is_ready, NULL);
}

/* No sooner than the gathering is full; the queue adds to each event. */
static uint64_t full_bytes(const struct gathering *g)
{
	uint64_t room = g->n_bytes + (g->n + 1) * (sizeof(struct entry) + ALIGNMENT);

	return g->bytes_max > room ? g->bytes_max : room;
}

size_t squeue_take(struct squeue *q, struct batch_item *items, size_t n_max, size_t bytes_max,
		   int64_t timeout_ms, int64_t linger_ms)
{
	struct gathering g = { .items = items, .n_max = n_max, .bytes_max = bytes_max };
	int64_t end_ns = now_ns() + timeout_ms * NOW_NS_PER_MS;
	bool lingers = false, in_time = true;

	for (;;) {
		/* Both before the gathering, so that nothing is missed. */
		bool closed = is_closed(q);
		/* Relaxed: the next one is not late if this one is not seen yet. */
		bool hurry = atomic_exchange_explicit(&q->hurry, false, memory_order_relaxed) ||
			     is_asleep(&q->producer_sleeps);

		gather(q, &g);
		if (g.is_full || closed || !in_time || (g.n > 0 && hurry))
			return g.n;
		if (g.n == 0) {
			in_time = wait_for(q, 1, UINT64_MAX, end_ns);
			continue;
		}
		if (!lingers)
			end_ns = now_ns() + linger_ms * NOW_NS_PER_MS;
		lingers = true;
		in_time = wait_for(q, n_max, full_bytes(&g), end_ns);
	}
}

static void advance(struct byte_ring *r, uint64_t n)
{
	uint64_t pos = atomic_load_explicit(&r->read_pos, memory_order_relaxed); /* own */

	if (n == 0)
		return;
	for (uint64_t i = 0; i < n; i++)
		pos += room_of(entry_at(r, pos)->len);
	(void)atomic_fetch_add_explicit(&r->n_done, n, memory_order_relaxed); /* a number */
	/* GONE, release: pairs with has_room(). */
	atomic_store_explicit(&r->read_pos, pos, memory_order_release);
}

void squeue_done(struct squeue *q, size_t n)
{
	uint64_t n_urgent = n < q->taken_urgent ? n : q->taken_urgent;
	uint64_t n_rest = n - n_urgent < q->taken_rest ? n - n_urgent : q->taken_rest;

	advance(&q->urgent, n_urgent);
	advance(&q->rest, n_rest);
	q->taken_urgent -= n_urgent;
	q->taken_rest -= n_rest;
	if (is_asleep(&q->producer_sleeps))
		wake(q, &q->to_producer);
}

void squeue_close(struct squeue *q)
{
	atomic_store_explicit(&q->closed, true, memory_order_release); /* pairs with is_closed() */
	squeue_signal(q);
}

/* The consumer may be done with it meanwhile, but only this thread overwrites it. */
static int64_t oldest_in(struct byte_ring *r)
{
	uint64_t pos = atomic_load_explicit(&r->read_pos, memory_order_relaxed);

	return pos == own_write_pos(r) ? 0 : entry_at(r, pos)->time_ns;
}

void squeue_stats_get(struct squeue *q, struct squeue_stats *ret_stats)
{
	int64_t urgent = oldest_in(&q->urgent), rest = oldest_in(&q->rest);

	*ret_stats = (struct squeue_stats){
		.n_events = events_in(&q->urgent) + events_in(&q->rest),
		.n_bytes = bytes_in(&q->urgent) + bytes_in(&q->rest),
		.capacity = q->urgent.cap + q->rest.cap,
		.high_bytes = q->high_bytes,
		.oldest_ns = urgent == 0 || (rest != 0 && rest < urgent) ? rest : urgent,
	};
}
