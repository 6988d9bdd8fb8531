/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_writer: the writing end of a lane in user space (the collector's own lane, tests, benches).
 * The BPF twin is bpf/lane.bpf.h; both follow the protocol in common/lane.h. Public names are
 * lane_, not lane_writer_, as in the twin.
 *
 * Thread: any number of writers on one lane; each with its own struct lane_writer or sharing one
 * (it is constant after init). Not from a signal handler that may interrupt a writer for long: the
 * reader waits for what is reserved.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/lane.h"
#include "common/record.h"

struct lane_writer {
	struct lane_hdr *hdr; /* borrowed: the writable mapping */
	uint8_t *data;
	const struct lane_cursor *cursor; /* borrowed; written by a reader that is not trusted */
	uint64_t capacity;
	uint64_t key;
};

struct lane_slot {
	struct rec_hdr *rec; /* `max` bytes to fill, all but `commit` and `len` */
	uint64_t pos;
	uint32_t max; /* bytes, a multiple of LANE_ALIGN */
};

/* Writes the header of a new lane into zeroed memory of LANE_BYTES(capacity) bytes. -EINVAL when
 * the capacity is not a power of two within its limits, or there is no such class. */
int lane_format(void *map, uint64_t capacity, uint32_t class, uint32_t group, uint64_t key,
		struct err *err);

/* -EPROTO when there is no lane of this version at `map`, or it does not fit `map_bytes`. */
int lane_writer_init(struct lane_writer *w, void *map, size_t map_bytes,
		     const struct lane_cursor *cursor, struct err *err);

/*
 * Reserves `max` bytes (rounded up to LANE_ALIGN) for a record of event slot `slot`. -ENOBUFS when
 * the lane is full: the loss is then already counted, with `now_ns` (CLOCK_BOOTTIME) as its time.
 * -EMSGSIZE when max > LANE_RECORD_MAX, -EINVAL when it is less than a header or there is no such
 * slot: mistakes of the caller, not counted.
 */
int lane_reserve(struct lane_writer *w, uint32_t max, uint32_t slot, uint64_t now_ns,
		 struct lane_slot *ret_slot);
/* Counts `n` records of the slot that never came as far as a lane. -EINVAL: no such slot. */
int lane_count_lost(struct lane_writer *w, uint32_t slot, uint64_t n, uint64_t now_ns);
/* Gives back what was not used (`used` includes the header, and is bounded by it and by the
 * reservation), writes rec->len (rounded up, the bytes in between zero) and commits. The record is
 * the reader's from then on. */
void lane_commit(struct lane_writer *w, const struct lane_slot *slot, uint32_t used);

/* After a commit into w's lane. True exactly when the reader sleeps, is to be woken, and this
 * caller is the one who must ring its bell. `rings`: what was committed is worth it by itself. */
int lane_should_ring(const struct lane_writer *w, struct cursor_page *page, bool rings);
