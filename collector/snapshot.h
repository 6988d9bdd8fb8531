/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot: the tasks that existed before the engine connected, into the collector's own lane, as
 * fast as the engine takes them: nothing of it is lost to a full lane. Thread: the collector's
 * loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/lanes.h"

#define SNAPSHOT_BUF_BYTES (64U << 10)

struct snapshot {
	int fd;            /* of the iterator; -1: none is under way. Owned. */
	size_t begin, end; /* what has been read and not yet written is buf[begin .. end) */
	uint64_t n_tasks;
	uint8_t buf[SNAPSHOT_BUF_BYTES];
};

/* Takes over `fd` (attach_snapshot_open()); one that was under way is dropped. */
void snapshot_begin(struct snapshot *s, int fd);
/* Writes what fits. 1: done; 0: the lane is full, come again; negative errno: it was given up. */
int snapshot_pump(struct snapshot *s, struct lanes *lanes);
void snapshot_end(struct snapshot *s);
