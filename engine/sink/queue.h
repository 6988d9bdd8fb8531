/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: encoded events on their way from the engine's loop to a sink's worker (prefix squeue_):
 * bounded in bytes, two classes. Urgent events (findings, lost_events, lifecycle) leave before the
 * others, and a part of the room is kept for them, so that a flood cannot push them out. When that
 * part is full they go with the others, in their order.
 *
 * Two rings of bytes, made once: no allocation per event, and no lock that the loop could have to
 * wait for while its holder is not running. A lock only for falling asleep.
 *
 * Threads: one producer (the loop): put, signal, wait_room, close, stats. One consumer (the
 * worker): take, done. New and free: when nobody else uses it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/sink/transport.h"

#define SQUEUE_BYTES_DEFAULT (16U << 20)
#define SQUEUE_BYTES_MIN (64U << 10)
#define SQUEUE_URGENT_SHARE 4       /* a quarter of the bytes is for urgent events only */
#define SQUEUE_EVENT_MAX (1U << 20) /* bytes: what the encoders promise to stay below */

struct squeue;

/* `n_bytes`: at least SQUEUE_BYTES_MIN is made of it. NULL: out of memory. */
struct squeue *squeue_new(size_t n_bytes);
void squeue_free(struct squeue *q); /* NULL is fine */

/* Copies one event in. 0; -ENOBUFS: there is no room for it (the caller counts the loss, or waits);
 * -EMSGSIZE: it could never fit. */
int squeue_put(struct squeue *q, const struct batch_item *item);
/* Wakes the consumer, if it sleeps. Once after a number of puts. */
void squeue_signal(struct squeue *q);
/* Waits until there is room for `len` bytes of that class, or timeout. False: there is none. */
bool squeue_wait_room(struct squeue *q, size_t len, bool urgent, int64_t timeout_ms);

/*
 * Takes up to n_max items of at most bytes_max in all (one item always fits), urgent ones first;
 * waits up to timeout_ms for the first, then up to linger_ms for more. The items stay in the queue,
 * and valid, until squeue_done(). Returns their number; 0: timeout, or closed and empty.
 */
size_t squeue_take(struct squeue *q, struct batch_item *items, size_t n_max, size_t bytes_max,
		   int64_t timeout_ms, int64_t linger_ms);
/* The first n of what was taken are done with. The others stay valid and may be done with later;
 * the next take begins with them (urgent ones that came meanwhile go first). */
void squeue_done(struct squeue *q, size_t n);
/* Nothing more is put in: take returns at once when it is empty. */
void squeue_close(struct squeue *q);

struct squeue_stats {
	uint64_t n_events, n_bytes; /* in it now; bytes with what the queue adds to each */
	uint64_t capacity;
	uint64_t high_bytes; /* most there ever was */
	int64_t oldest_ns;   /* time_ns of the oldest; 0: empty */
};
void squeue_stats_get(struct squeue *q, struct squeue_stats *ret_stats);
