/* SPDX-License-Identifier: Apache-2.0 */
/*
 * merge: one stream, in order of time, over all lanes.
 *
 * T0 is read before the lanes are looked at, and writers take a record's time after they reserved
 * its place: so every record older than T0 has been seen, or its place has. Records are given out
 * up to a bound that nothing unseen can be older than:
 *   a lane read to its end        T0
 *   a lane whose next record is   the T0 at which this lane was last read to its end: whatever it
 *   reserved but not committed    holds since then is not older
 *   a lane with more than fits    what the last records taken from it say: within a lane records
 *                                 are in order of reservation, hence nearly in order of time
 * A lane that stays uncommitted holds the others up for `wait_ns`, then they go on without it: a
 * stall, counted. What comes out of it later comes late, and is counted too. After `give_up_ns` the
 * uncommitted record is skipped.
 *
 * Records are not copied: the cursor of a lane is published by merge_release(), up to the oldest
 * record that was not given out. Equal times: in the order of the lanes as given to merge_new(),
 * then of their places. Never allocates after merge_new(). Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/lane_reader.h"
#include "engine/source.h"

#define MERGE_WAIT_NS 10000000ULL
#define MERGE_WAIT_SORTED_NS 100000000ULL /* --output option:sort-events */
#define MERGE_GIVE_UP_NS 5000000000ULL    /* late: see "gave up" in common/lane.h */
#define MERGE_LANE_RECORDS 4096U          /* taken from one lane at a time */

struct merge;

typedef uint64_t (*merge_clock_fn)(void *arg); /* CLOCK_BOOTTIME, ns */

struct merge_options {
	uint64_t wait_ns, give_up_ns; /* 0: the defaults above */
	merge_clock_fn clock;         /* NULL: the machine's */
	void *clock_arg;
	struct cursor_page *page; /* its `stalls` is kept up to date; NULL: none. Borrowed. */
};

struct merge_stats {
	uint64_t n_records, n_late, n_stalls;
	uint64_t now_ns;    /* T0 of the latest round */
	uint64_t newest_ns; /* highest time given out */
};

/* Over `n` readers, borrowed, and one more lane of records that the engine makes. NULL: out of
 * memory. */
struct merge *merge_new(struct lane_reader *readers, size_t n, const struct merge_options *opt);
void merge_free(struct merge *m);

/* Adds a made record, which is the caller's until it was released. Its time must not be below the
 * latest T0. -ENOBUFS when too many wait. Its `lane` in the output is the number of readers. */
int merge_add(struct merge *m, const struct rec_hdr *rec);
/* Made records that were not given out yet. */
size_t merge_n_added(const struct merge *m);

/* Up to `cap` records that are due. 0: none at the moment. */
size_t merge_next(struct merge *m, struct source_record *ret, size_t cap);
/* What was given out is done with. */
void merge_release(struct merge *m);

/* How long merge_next() would have nothing to give, as far as can be told: 0: look now; -1: until a
 * writer commits something. After lane_sleep_begin(). */
int64_t merge_idle_ns(struct merge *m);
/* Was a record reserved and not committed when merge_idle_ns() looked? Its commit, whatever it is,
 * is then what others wait for. */
bool merge_is_awaiting(const struct merge *m);

void merge_stats_get(const struct merge *m, struct merge_stats *ret_stats);
uint64_t merge_lane_stalls(const struct merge *m, size_t i); /* of reader i */
