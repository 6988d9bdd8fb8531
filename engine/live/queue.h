/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue: bytes on their way to a client (prefix lqueue_): a ring of fixed size, filled with whole
 * messages, emptied as fast as the socket takes them. Never blocks, never allocates once it is
 * made. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lqueue {
	uint8_t *buf; /* owned */
	size_t cap;
	size_t head, len; /* of what waits */
};

int lqueue_init(struct lqueue *q, size_t cap); /* -ENOMEM */
void lqueue_done(struct lqueue *q);

/* Half of it is free: what fell behind may go on. */
static inline bool lqueue_has_room(const struct lqueue *q)
{
	return q->len <= q->cap / 2;
}

/* All of it or nothing: -ENOBUFS. */
int lqueue_put(struct lqueue *q, const void *bytes, size_t len);
/* To the socket. Returns how many bytes it took, 0 when it is full; negative errno: it is gone. */
long lqueue_send(struct lqueue *q, int fd);
