/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_map: the shared memory that a collector hands over: the lanes, mapped read-only; the cursor
 * page, the one thing that is written; the bells.
 *
 * A bell is a BPF ring buffer (programs ring it) or an eventfd (user space does); which of them a
 * descriptor is, the kernel tells when it is mapped. Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/control.h"
#include "common/err.h"
#include "common/lane.h"

#define LANE_MAP_BELLS 2

struct lane_map_lane {
	const void *map;
	size_t bytes;
	uint32_t index; /* in the cursor page: 2 * group + class; the collector's own is last */
	uint32_t group;
	uint32_t lane_class;
};

/* In the order in which records of the same time are delivered: the collector's lane, which says
 * who the tasks are; vital lanes; bulk lanes. */
struct lane_map {
	struct cursor_page *page;
	size_t n_lanes;
	struct lane_map_lane lanes[LANES_MAX];
	struct lane_map_bell {
		int fd;                     /* owned; -1: none */
		_Atomic uint64_t *consumer; /* of a ring buffer; NULL: an eventfd */
		const _Atomic uint64_t *producer;
	} bells[LANE_MAP_BELLS];
	/* What is to be unmapped. */
	struct lane_map_part {
		void *at;
		size_t bytes;
	} parts[4 + 2 * LANE_MAP_BELLS];
	size_t n_parts;
};

/* `fds` are CONTROL_FDS descriptors as they came with HELLO, which has been checked; they are taken
 * over, also on failure. NULL with err set: -EPROTO when they are not what HELLO says. */
struct lane_map *lane_map_new(const struct control_hello *hello, int fds[CONTROL_FDS],
			      struct err *err);
void lane_map_free(struct lane_map *map);
/* Makes the bells' descriptors not readable. */
void lane_map_silence(struct lane_map *map);
