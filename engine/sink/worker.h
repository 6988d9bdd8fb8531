/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker: the thread of a sink that talks to somebody else (prefix sworker_). Takes batches from
 * the sink's queue or spool, sends them through its transport, and repeats what was not taken: at
 * once after a new connection, else with exponential back-off (1 s doubling to 60 s, each between
 * half and whole by chance), or when the peer said (Retry-After, at most an hour). With several
 * transports the next one is tried after each failed connection, and the first again after a minute
 * (failover). A batch that is too large is sent in halves.
 *
 * Not every peer says that an event is too large for it: there are those that close the connection,
 * do not answer, or call it an error of their own, however often it comes; and firewalls that
 * forbid what tells of an attack. What fails again and again is sent in smaller parts. An event
 * that fails alone for a minute while the one behind it is taken is counted as refused
 * (worker_send.c), so that it does not hold up the others for ever; when nobody is there, or
 * nothing is taken, it stays.
 *
 * With a spool delivery is at least once: nothing is taken off it before a transport's send()
 * returned 0, or the peer will never take it; and it is synced every second, unless a send()
 * blocks.
 *
 * Logs when its destination is lost and when it is back; what was refused or given up at most once
 * a minute.
 *
 * Threads: new, start, stop, reopen, free and stats from the loop; everything else is the worker's
 * own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/queue.h"
#include "engine/sink/spool.h"
#include "engine/sink/transport.h"

#define SWORKER_TRANSPORTS_MAX 8
#define SWORKER_BATCH_ITEMS_MAX 65536U /* whatever a transport says */

struct sworker_options {
	const char *name;                                     /* of the sink, for logs; copied */
	struct transport *transports[SWORKER_TRANSPORTS_MAX]; /* owned from here on */
	size_t n_transports;
	struct squeue *queue; /* one of the two; borrowed */
	struct spool *spool;
	int64_t backoff_first_ms; /* 0: 1000 */
	int64_t backoff_max_ms;   /* 0: 60000 */
	int64_t suspect_ms;       /* that an event has to fail alone for; 0: 60000 */
	int64_t failback_ms;      /* until the first transport is tried again; 0: 60000 */
	uint32_t n_tries_max;     /* of one batch without a spool, then it is lost; 0: for ever */
};

struct sworker;

/* Nothing is connected before sworker_start(), which makes the thread: after the sandbox. NULL with
 * err set: -ENOMEM, -EMFILE, ... The transports are freed in any case. */
struct sworker *sworker_new(const struct sworker_options *opt, struct err *err);
int sworker_start(struct sworker *w);
/* Closes the queue (flush the spool before): nothing more comes, and nobody waits for company. */
void sworker_ask_stop(struct sworker *w);
/* ... delivers what it can within `patience_ms`, then ends the thread. What is left in a spool
 * stays there; what is left in a queue is lost and counted. */
void sworker_stop(struct sworker *w, int64_t patience_ms);
/* Tells the transports. */
void sworker_reopen(struct sworker *w);
void sworker_free(struct sworker *w); /* stopped, or never started; NULL is fine */

struct sworker_stats {
	uint64_t n_sent, n_sent_bytes; /* events the peer has */
	uint64_t n_refused;            /* events it will never take */
	uint64_t n_lost;               /* given up after n_tries_max, or at the end */
	uint64_t n_retried;            /* batches sent again */
	uint64_t n_connects, n_failures;
	uint32_t transport; /* index of the one in use */
	bool is_connected;
	int last_errno;      /* of the latest failure; 0: none yet */
	char last_text[160]; /* what it was, one line */
};
void sworker_stats_get(struct sworker *w, struct sworker_stats *ret_stats);
