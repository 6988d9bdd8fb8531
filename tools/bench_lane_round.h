/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_lane_round (blane_): records through a real lane (common/lane.h), from writers that are
 * this thread, other threads or other processes, to one reader, which is the calling thread. Every
 * record is read whole and checked: a round that loses, repeats or mixes up records fails.
 *
 * The lane is as the collector makes its own: a memfd that the writers map writable and the reader
 * read-only, a cursor page, and an eventfd as the bell. The reader sleeps as soon as there is
 * nothing to read, as the engine does. Thread: main.
 */
#pragma once

#include <stdint.h>

#include "common/err.h"

#define BLANE_WRITERS_MAX 8U
#define BLANE_CAPACITY                                                                             \
	(4ULL << 20) /* bytes: a bulk lane of the collector where it has 8M per CPU */

enum blane_where {
	BLANE_SAME_THREAD, /* writes a batch, then reads it; one writer */
	BLANE_THREADS,
	BLANE_PROCESSES,
};

struct blane_setup {
	enum blane_where where;
	unsigned int n_writers;
	uint32_t record_bytes; /* from 48 to LANE_RECORD_MAX, a multiple of 8 */
};

struct blane_result {
	uint64_t n_records; /* all writers together */
	uint64_t elapsed_ns;
	uint64_t n_full;  /* times a writer found no room and tried again */
	uint64_t n_rings; /* times the bell was rung */
};

struct blane;

/* NULL with err set when there is no memory for a lane. */
struct blane *blane_new(struct err *err);
void blane_free(struct blane *l);
/* `n_each` records from each writer. -EBADMSG: records came damaged, twice, or out of order;
 * -ETIMEDOUT: none came for 10 s. */
int blane_round(struct blane *l, const struct blane_setup *setup, uint64_t n_each,
		struct blane_result *ret_result, struct err *err);

static inline void cleanup_blane(struct blane **l)
{
	blane_free(*l);
}
#define CLEANUP_BLANE __attribute__((cleanup(cleanup_blane)))
