/* SPDX-License-Identifier: Apache-2.0 */
/*
 * source: where records come from. Two implementations of one interface: the live lanes
 * (source_live.c) and a recording (source_wring.c). Either way records come in merge order, are
 * used in place, and everything that needs to know a time asks the source: replayed output equals
 * live output.
 *
 * Life: source_*_new, then source_next and source_release in turn, source_close. Thread: the
 * engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/record.h"

struct lane_map;
struct source;

struct source_record {
	const struct rec_hdr *rec; /* aligned to 8; valid until source_release() */
	uint32_t cap;              /* bytes that can be read there */
	uint32_t lane;             /* for source_bad() */
};

/* For the timestamps in the output. */
struct source_clock {
	int64_t epoch_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME */
	uint64_t start_ns;       /* CLOCK_BOOTTIME at the start */
};

struct source_ops {
	int (*next)(struct source *s, struct source_record *ret, size_t cap, struct err *err);
	void (*release)(struct source *s);
	void (*bad)(struct source *s, uint32_t lane);
	int64_t (*sleep_begin)(struct source *s);
	void (*sleep_end)(struct source *s);
	void (*finish)(struct source *s);
	void (*close)(struct source *s);
};

/* The first member of each implementation. */
struct source {
	const struct source_ops *ops;
	struct source_clock clock;
};

/* The lanes of a collector; adopts `map`. `wait_ns`: how long the others may wait for a lane whose
 * next record is not finished. NULL with err set (and `map` freed) on failure. */
struct source *source_live_new(struct lane_map *map, const struct source_clock *clock,
			       uint64_t wait_ns, struct err *err);
/* A recording. `real_pace`: not faster than it was recorded. NULL with err set on failure. */
struct source *source_wring_new(const char *path, bool real_pace, struct err *err);

/* What only one of them has. */
uint64_t source_wring_bytes_read(const struct source *s);
uint64_t source_wring_abi(const struct source *s);  /* event_def_abi() of the recorder */
struct lane_map *source_live_map(struct source *s); /* for its bells; the source's */
/* Lane `i` of the map. */
struct source_lane_stats {
	uint32_t index, lane_class, group;
	uint64_t capacity, fill, high, n_lost, n_padded, n_corrupt, n_stalls;
};
size_t source_live_n_lanes(const struct source *s);
void source_live_lane_stats(const struct source *s, size_t i, struct source_lane_stats *ret_stats);

/*
 * Up to `cap` records. 0: none at the moment. -ENODATA: the end of a finished recording; -ESTRPIPE:
 * of one that was cut. Other negative errno: damage or failure, and err says what; everything
 * before it has been given out.
 */
static inline int source_next(struct source *s, struct source_record *ret, size_t cap,
			      struct err *err)
{
	return s->ops->next(s, ret, cap, err);
}

/* What source_next() gave out has been delivered: it may be overwritten, and is not read again
 * after a restart. */
static inline void source_release(struct source *s)
{
	s->ops->release(s);
}

/* A record of that lane made no sense: it counts as lost. */
static inline void source_bad(struct source *s, uint32_t lane)
{
	s->ops->bad(s, lane);
}

/* Before the caller blocks: how long it may, in ns; 0: not at all; -1: until a bell rings, which
 * only records of events that ring do (or lanes that fill): others wait until it looks again.
 * source_sleep_end() afterwards, also when it did not. */
static inline int64_t source_sleep_begin(struct source *s)
{
	return s->ops->sleep_begin(s);
}

static inline void source_sleep_end(struct source *s)
{
	s->ops->sleep_end(s);
}

/* Nothing more will be waited for: source_next() also gives out the last reports of losses. */
static inline void source_finish(struct source *s)
{
	s->ops->finish(s);
}

static inline void source_close(struct source *s)
{
	if (s)
		s->ops->close(s);
}
