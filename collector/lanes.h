/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lanes: creates the shared memory that the engine will read (prefix lanes_): the BPF lanes,
 * frozen; the collector's own lane, sealed; the cursor page; both bells. Everything is ready to be
 * handed over when lanes_create() returns.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/control.h"
#include "common/err.h"
#include "common/lane_writer.h"

struct lanes_options {
	uint64_t budget_bytes; /* of all lanes together; 0: by the number of CPUs */
	uint32_t n_groups; /* 0: one for each CPU, up to a limit. Rounded up to a power of two. */
};

struct lanes {
	uint32_t n_cpus;
	uint32_t n_groups;                                    /* a power of two */
	uint64_t vital_capacity, bulk_capacity, own_capacity; /* bytes */
	uint64_t key;                                         /* of the BPF lanes */
	int fds[CONTROL_FDS];                                 /* owned */
	struct cursor_page *cursors;                          /* mapped */
	void *own_map;
	size_t own_map_bytes;
	struct lane_writer own;
};

/* -ENOMEM, -E2BIG (the kernel's limit for one lane, with a budget that was asked for), -EINVAL (a
 * budget too small for its groups), or what bpf(2) said. */
int lanes_create(struct lanes *ret_lanes, const struct lanes_options *opt, struct err *err);
void lanes_done(struct lanes *lanes);

/* Is there room for a record in the own lane? We are its only writer, so it stays there. */
bool lanes_have_room(const struct lanes *lanes, uint32_t bytes);

/* After commits into the own lane, which are contexts only and do not ring by themselves: rings the
 * engine if it sleeps and waits for them, or the lane fills. */
void lanes_ring(struct lanes *lanes);
