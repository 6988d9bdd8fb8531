/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_lanes: the lanes, cursors and bells of a collector without a kernel side (prefix fl_):
 * memfds in place of the BPF maps, eventfds in place of the bells. Everything aborts on failure:
 * what is tested is elsewhere. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/control.h"
#include "common/lane_reader.h"
#include "common/lane_writer.h"

#define FL_GROUPS_MAX 8
#define FL_LANES_MAX (2 * FL_GROUPS_MAX + 1)

struct fake_lanes {
	uint32_t n_groups;
	size_t n_lanes;    /* 2 * n_groups + 1 */
	uint64_t capacity; /* of each */
	int fds[CONTROL_FDS];
	struct cursor_page *page;
	uint8_t *maps[CONTROL_FDS];
	size_t map_bytes[CONTROL_FDS];
	struct lane_writer writers[FL_LANES_MAX]; /* by index in the cursor page */
};

void fl_init(struct fake_lanes *fl, uint32_t n_groups, uint64_t capacity);
void fl_done(struct fake_lanes *fl);
/* A reader of each lane in the order in which the engine takes them: collector, vital, bulk. */
void fl_readers(struct fake_lanes *fl, struct lane_reader readers[FL_LANES_MAX]);

/* Of the group's lanes, and the collector's. */
static inline uint32_t fl_vital(uint32_t group)
{
	return 2 * group;
}

static inline uint32_t fl_bulk(uint32_t group)
{
	return 2 * group + 1;
}

static inline uint32_t fl_own(const struct fake_lanes *fl)
{
	return 2 * fl->n_groups;
}

/* Copies a record (all but its commit word) into the lane `index`. False: full, and counted. */
bool fl_put(struct fake_lanes *fl, uint32_t index, const struct rec_hdr *rec);
/* Rings when the reader sleeps. */
void fl_ring(struct fake_lanes *fl);
/* After a commit into the lane `index`, of a record that rings or does not: when it must. */
void fl_ring_for(struct fake_lanes *fl, uint32_t index, bool rings);
