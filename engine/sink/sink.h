/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: where encoded events go. One interface; files, pipes and terminals are file.c, everything
 * that is somebody else's, over a network or a socket, is remote.c with a transport. A sink
 * buffers; sink_flush() is called when the engine has nothing more to do at the moment, so that an
 * event never waits for the next one. Thread: the engine's loop.
 *
 * The process ignores SIGPIPE and SIGXFSZ: a reader that is gone and a file that may not grow are
 * answers here, not the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

#define SINK_PATIENCE_MS 2000

struct encoder;
struct sink;
struct sroute;

struct sink_stats {
	uint64_t n_events; /* handed to it */
	uint64_t n_bytes;  /* written, and not undone; or taken by the peer */
	uint64_t
		n_lost_events; /* could not be written: disk full, reader gone, no room, given up */
	int last_errno;        /* of the latest failure; 0: none */
	/* of what is sent to a peer; 0 otherwise */
	uint64_t n_sent;    /* events that it has */
	uint64_t n_refused; /* events that it will never take */
	uint64_t n_retried; /* batches sent again */
	uint64_t n_connects, n_failures;
	bool is_connected;
	uint64_t queue_events, queue_bytes, queue_capacity, queue_high_bytes;
	uint64_t spool_events, spool_bytes, spool_capacity; /* capacity 0: no spool */
	uint64_t n_spool_dropped, n_spool_damaged;
	/* of files that are put away; the second: could not be, or not be compressed */
	uint64_t n_put_away, n_put_away_failed;
	int64_t oldest_ns;   /* since the epoch, of the oldest event that waits; 0: none does */
	char last_text[160]; /* of the latest failure; "": none */
};

/* Who knows whether the engine ends. `left_ms` is asked while a reader is waited for, every now and
 * then and whenever `fd` (-1: none) becomes readable, which it must then not stay: -1: go on; else
 * how long may still be waited. After that the sink gives up: it counts what it has, and all that
 * follows, as lost (-EAGAIN). */
struct sink_ending {
	int fd;
	int64_t (*left_ms)(void *arg);
	void *arg;
};

/* What a kind of sink does. */
struct sink_ops {
	int (*put)(struct sink *s, const struct batch_item *item);
	int (*flush)(struct sink *s);
	void (*stats)(struct sink *s, struct sink_stats *ret_stats);
	void (*close)(struct sink *s);                 /* and frees it */
	int (*start)(struct sink *s, struct err *err); /* NULL: nothing to be done */
	void (*reopen)(struct sink *s);                /* likewise, and the next one */
	int64_t (*tend)(struct sink *s);
	/* For sink_end_all(); NULL: nobody has to be told, or waited for. */
	void (*end)(struct sink *s);
	void (*wait_end)(struct sink *s, int64_t patience_ms);
};

/* Each kind's struct begins with it. */
struct sink {
	const struct sink_ops *ops;
	char *name; /* owned by the kind */
	struct sink_ending ending;
	/* for the pipeline; borrowed */
	struct encoder *encoder; /* makes what the reader expects; NULL: JSON lines */
	struct sroute *route;    /* what is for it; NULL: everything */
};

void sink_close(struct sink *s); /* flushes first; NULL is fine */
/* Once, inside the sandbox: from here on it may have threads. 0, or negative errno with err. */
int sink_start(struct sink *s, struct err *err);
/* The end, before the last statistics: all are told that nothing more comes, and deliver what they
 * can within SINK_PATIENCE_MS, all together. What is left stays in a spool, or is lost and counted.
 * sink_close() is all that may be called afterwards, and sink_stats_get(). */
void sink_end_all(struct sink *const *sinks, size_t n);
/* Files that were renamed are made anew. */
void sink_reopen(struct sink *s);
/* Does what is due by time. How long until it is to be called again, ms; -1: no need. */
int64_t sink_tend(struct sink *s);
void sink_set_ending(struct sink *s, const struct sink_ending *ending); /* copied */

/*
 * One event, encoded as the sink's reader expects it: up to 1 MiB (-EMSGSIZE). Returns 0, or a
 * negative errno when something was lost now: -EPIPE when the reader of a pipe is gone for good,
 * -ENOSPC, -ENOBUFS (the queue is full) and others may pass; -EAGAIN: the reader is stuck. Losses
 * are counted by events; an event is written whole or not at all. After sink_flush() all events are
 * written, queued, or lost, but for one line of a pipe at most.
 */
int sink_put(struct sink *s, const struct batch_item *item);
int sink_flush(struct sink *s);
const char *sink_name(const struct sink *s);
void sink_stats_get(struct sink *s, struct sink_stats *ret_stats);
