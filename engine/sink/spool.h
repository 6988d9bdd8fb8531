/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool: a sink's events on disk until their destination has them (prefix spool_): bounded, at
 * least once, survives the end of the engine by SIGKILL at any moment (what spool_append() returned
 * for is in the file), and a power loss up to the latest spool_sync().
 *
 * A directory of segments, "%016x.spool" by their first sequence number, each a header and frames
 * {magic, length, class, event, time, CRC-32C}, and the file "ack" with the number of the first
 * event that is not yet delivered. A damaged frame ends its segment: the rest is skipped and
 * counted. When the limit is reached the oldest segment that holds no urgent event is given up
 * first, and counted; or nothing more is taken, by the sink's mode.
 *
 * Threads: one appends (the loop), one reads (the worker).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

#define SPOOL_SEGMENT_BYTES (4U << 20)
#define SPOOL_BYTES_MIN (8U << 20)

struct spool;

struct spool_options {
	const char *dir; /* made with mode 0700; one sink's alone (locked: -EBUSY) */
	uint64_t bytes_max;
	bool drop_oldest; /* when full; else spool_append() says -ENOSPC */
};

/* Opens, reads what an earlier engine left, and repairs. Before the sandbox. */
struct spool *spool_open(const struct spool_options *opt, struct err *err);
void spool_close(struct spool *s);

/* Buffered until spool_flush(). 0; -ENOSPC (limit or disk), -EIO, ...: the event is not in it. */
int spool_append(struct spool *s, const struct batch_item *item);
/* Hands what was appended to the kernel: it survives this process from here on. Wakes the reader.
 */
int spool_flush(struct spool *s);
/* ... and the machine. Blocks; the worker calls it every second or so. */
int spool_sync(struct spool *s);

/* As squeue_take() and squeue_done(), but in order of arrival, urgent segments apart not. */
size_t spool_take(struct spool *s, struct batch_item *items, size_t n_max, size_t bytes_max,
		  int64_t timeout_ms, int64_t linger_ms);
int spool_done(struct spool *s, size_t n);

struct spool_stats {
	uint64_t n_events, n_bytes; /* waiting */
	uint64_t capacity;
	uint64_t n_dropped; /* given up because it was full */
	uint64_t n_damaged; /* segments of which a part was skipped */
	int64_t oldest_ns;  /* time_ns of the oldest; 0: empty */
	int last_errno;
};
void spool_stats_get(struct spool *s, struct spool_stats *ret_stats);
