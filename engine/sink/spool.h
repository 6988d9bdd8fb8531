/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a sink's events on disk until their destination has them (prefix spool_): bounded, at
 * least once, survives the end of the engine by SIGKILL at any moment (what spool_flush() returned
 * 0 for is in the file), and a power loss up to the latest spool_sync().
 *
 * A directory of segments, "%016x.spool" by their first sequence number, each a header and frames
 * {magic, length, event, class, CRC-32C, time}, and the file "ack" with the number of the first
 * event that is not yet delivered (spool_format.h). A damaged frame ends its segment: the rest is
 * skipped and counted. When the limit is reached the oldest segment that holds no urgent event is
 * given up first, then the oldest of the others, and counted; or nothing more is taken, by the
 * sink's mode. The segment that is being delivered is never given up. Files of other names are left
 * alone; one of a segment's name that is not a segment is removed, and counted.
 *
 * A disk that cannot be written to (full, read-only, failing) does not stop the delivery: once all
 * that is on it is delivered, the reader gets what waits in memory (at most SPOOL_BUFFER_BYTES).
 * Spool_append() fails when that is full, so the loss is the caller's to count.
 *
 * No clock but for waiting. Threads: one appends (the loop): append, flush, stats, close. One reads
 * (the worker): take, done, sync. Any: wake. Memory: two segments' worth.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

#define SPOOL_SEGMENT_BYTES (4U << 20) /* or an eighth of the limit, whichever is less */
#define SPOOL_BUFFER_BYTES (2U << 20)
#define SPOOL_BYTES_MIN (8U << 20)
#define SPOOL_EVENT_MAX (1U << 20)

struct spool;

struct spool_options {
	const char *dir; /* made with mode 0700; one sink's alone (locked: -EBUSY); not kept */
	uint64_t bytes_max;
	bool drop_oldest; /* when full; else spool_append() says -ENOSPC */
	/* Whom the directory and what is in it are given to, when opened by root: the user that the
	 * sandbox switches to. 0: nobody. */
	uint32_t uid, gid;
};

/* Opens, reads what an earlier engine left, and repairs. Before the sandbox, which needs `dir` in
 * its list of writable directories. NULL with err set: -EBUSY, -EACCES, -EINVAL, ... */
struct spool *spool_open(const struct spool_options *opt, struct err *err);
/* Flushes, syncs, and removes what is delivered; what waits stays for the next engine. When nobody
 * else uses it. NULL is fine. */
void spool_close(struct spool *s);

/* Buffered until spool_flush(). 0; -ENOSPC (limit or disk), -EMSGSIZE, -EIO, ...: the event is not
 * in it. */
int spool_append(struct spool *s, const struct batch_item *item);
/* Hands what was appended to the kernel: it survives this process from here on. Wakes the reader.
 * Negative errno: it is still in memory; call again, every second or so. */
int spool_flush(struct spool *s);
/* Waits until spool_append() may find room for one more segment, or timeout. False: there is none.
 */
bool spool_wait_room(struct spool *s, int64_t timeout_ms);

/* ... and the machine. Blocks; the worker calls it every second or so. */
int spool_sync(struct spool *s);

/* As squeue_take(), but in order of arrival: urgent events have no precedence. What was taken and
 * is not done with is taken again. */
size_t spool_take(struct spool *s, struct batch_item *items, size_t n_max, size_t bytes_max,
		  int64_t timeout_ms, int64_t linger_ms);
/* As squeue_done(). Negative errno: they are done with, but would be sent once more by the next
 * engine. */
int spool_done(struct spool *s, size_t n);
/* A spool_take() that waits, or else the next one, waits no longer. */
void spool_wake(struct spool *s);

struct spool_stats {
	uint64_t n_events, n_bytes; /* waiting; bytes of the disk, with what is not yet removed */
	uint64_t capacity;
	uint64_t n_in_memory;      /* of n_events: those a SIGKILL would lose now */
	uint64_t n_dropped;        /* given up because it was full */
	uint64_t n_damaged;        /* segments of which a part was skipped */
	uint64_t n_damaged_events; /* that are known to have been in such parts */
	int64_t oldest_ns;         /* time_ns of the oldest, or of one just before it; 0: empty */
	int last_errno;            /* of a failure; 0: none since the disk last took something */
};
void spool_stats_get(struct spool *s, struct spool_stats *ret_stats);
