/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport: how a batch of encoded events reaches one destination. One interface, one file per
 * protocol (forward.c, webhook.c, otlp_http.c, otlp_grpc.c, syslog.c, kafka.c). A transport knows
 * nothing of queues, retries or counters: worker.c does that for all of them.
 *
 * Thread: the sink's worker, which is the only one that calls it. It may block, but no longer than
 * its timeouts, and it returns soon (-ECANCELED) once *cancel_fd is readable.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* One encoded event. Borrowed for the time of the call. */
struct batch_item {
	const uint8_t *data;
	uint32_t len;
	uint16_t event;    /* id */
	uint8_t is_urgent; /* findings, lost_events, lifecycle */
	uint8_t reserved0;
	int64_t time_ns; /* since the epoch */
};

struct batch {
	const struct batch_item *items;
	size_t n;
	size_t n_bytes; /* of all items */
};

/* What became of a batch. */
struct delivery {
	size_t n_refused;       /* events that the peer took note of and will never take; part of a
				   success */
	int64_t retry_after_ms; /* -1: the peer did not say */
	char text[160];         /* why not, one line; "" on full success */
};

struct sink_stats;
struct transport;

struct transport_ops {
	/*
	 * Connects where the protocol has connections, and does its handshake. 0, or negative errno
	 * with `err`. Called before the first send and again after each failure; does nothing when
	 * already connected. Where it cannot know before the first send: 0.
	 */
	int (*connect)(struct transport *t, struct err *err);
	/*
	 * Sends one batch and waits for what the protocol has as its acknowledgement.
	 *  0: the peer has it (n_refused of it for nothing);
	 *  -EAGAIN: not taken, to be sent again to this peer, later (429, 503, partial failure);
	 *  -EBADMSG: never to be taken (400, 413 of a single event): not to be sent again;
	 *  -E2BIG: too large, to be sent in halves;
	 *  anything else: the connection is broken, to be connected again.
	 */
	int (*send)(struct transport *t, const struct batch *batch, struct delivery *ret);
	/* Between batches, at least once a second while idle: notices a peer that closed. May be
	 * NULL. Negative errno: to be connected again. */
	int (*idle)(struct transport *t);
	/* SIGHUP. From the loop's thread: leaves a note for the worker's. May be NULL. */
	void (*reopen)(struct transport *t);
	/* Adds what only it knows. From the loop's thread. May be NULL. */
	void (*stats)(struct transport *t, struct sink_stats *stats);
	void (*disconnect)(struct transport *t);
	void (*free)(struct transport *t); /* NULL is fine */
};

/* Each transport's struct begins with this. */
struct transport {
	const struct transport_ops *ops;
	const char *kind;       /* "forward", ... */
	size_t batch_items_max; /* 1: one event a message */
	size_t batch_bytes_max;
	int64_t linger_ms; /* how long the first event of a batch may wait for company */
	int cancel_fd;     /* readable: give up and return; set by the worker, borrowed */
	/* Set once by send(), for whoever: nothing will ever be taken again, as the reader of a
	 * pipe is gone. */
	atomic_bool is_gone;
};
