/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_reader: the reading end of one lane. Owns nothing but its position; the mappings belong to
 * the caller. Thread: the engine's loop, one reader per lane.
 *
 * Trusts neither a length nor a position in the lane: a record that does not fit is reported as
 * corrupt and skipped to the next position the lane vouches for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/lane.h"
#include "common/record.h"

struct lane_reader {
	const struct lane_hdr *hdr; /* borrowed: the read-only mapping */
	const uint8_t *data;	    /* borrowed: hdr + LANE_DATA_OFFSET */
	struct lane_cursor *cursor; /* borrowed: in the cursor page */
	uint64_t capacity;	    /* checked copy: the header is not read again */
	uint64_t key;
	uint64_t pos;	    /* next record to look at */
	uint64_t released;  /* last published cursor */
	uint64_t n_corrupt; /* records skipped because they made no sense */
	uint64_t stalled_pos;
	uint64_t stalled_since_ns; /* 0: not stalled; kept by lane_reader_stalled() */
};

enum lane_peek {
	LANE_PEEK_EMPTY = 0, /* nothing reserved beyond `pos` */
	LANE_PEEK_RECORD,    /* *ret_rec is a committed record of rec->len bytes, in the lane */
	LANE_PEEK_BUSY,	     /* reserved but not committed yet */
};

/*
 * `map` is the lane's mapping of `map_bytes` bytes. Resumes at the cursor's position, or at the
 * oldest position that can still be there if the cursor makes no sense. -EPROTO when the header is
 * not a lane of this version or does not fit the mapping.
 */
int lane_reader_init(struct lane_reader *r, const void *map, size_t map_bytes,
		     struct lane_cursor *cursor, struct err *err);

/* Looks at the record at `pos`. The record stays valid until lane_reader_release(). */
enum lane_peek lane_reader_peek(struct lane_reader *r, const struct rec_hdr **ret_rec);
/* Moves past the record just peeked. */
void lane_reader_next(struct lane_reader *r);
/* Publishes the position: everything before it may be overwritten. Once per batch. */
void lane_reader_release(struct lane_reader *r);
/* Publishes `pos` as read although more has been peeked; `pos` must be a record's start. */
void lane_reader_release_to(struct lane_reader *r, uint64_t pos);

/* True if a committed record waits at `pos`, or a reservation does: the check before sleeping. */
bool lane_reader_has_more(const struct lane_reader *r);
/* Gives up on the uncommitted record at `pos`: moves to the next committed record that can be found
 * behind it, if any. Counts it in n_corrupt. Returns false when there is none yet. */
bool lane_reader_skip_stalled(struct lane_reader *r);

/* Bytes reserved and not read, for fill metrics. Never more than the capacity. */
uint64_t lane_reader_fill(const struct lane_reader *r);
