/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_reader: the reading end of one lane, and the reader's half of the doorbell (lane_sleep_).
 * Owns nothing but its position; the mappings belong to the caller. Thread: the engine's loop, one
 * reader per lane.
 *
 * Trusts neither a length nor a position in the lane: a record that does not fit is counted as
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
	const uint8_t *data;        /* borrowed: hdr + LANE_DATA_OFFSET */
	struct lane_cursor *cursor; /* borrowed: in the cursor page */
	uint64_t capacity;          /* checked copy: the header is not read again */
	uint64_t key;
	uint64_t pos; /* next record to look at */
	uint64_t
		prod_seen; /* an upper bound of what is reserved; loaded once per batch if it can */
	uint64_t released; /* last published cursor */
	uint64_t n_corrupt; /* records skipped because they made no sense */
	uint64_t high;      /* most bytes that were seen reserved and not released */
	uint64_t stalled_pos;
	uint64_t stalled_since_ns; /* 0: not stalled; kept by lane_reader_stalled() */
	uint32_t span;             /* of the record just peeked; 0: none */
};

enum lane_peek {
	LANE_PEEK_EMPTY = 0, /* nothing reserved beyond `pos` */
	LANE_PEEK_RECORD,    /* *ret_rec is a committed record of rec->len bytes, in the lane */
	LANE_PEEK_BUSY,      /* reserved but not committed yet */
};

/* Copies of one slot's loss counters; see struct lane_loss for what racing writers do to the times.
 */
struct lane_loss_seen {
	uint64_t count;
	uint64_t burst_ns; /* CLOCK_BOOTTIME */
	uint64_t last_ns;  /* CLOCK_BOOTTIME */
};

/* Checks the header of a lane that was mapped at `map`, `map_bytes` long. -EPROTO when it is not a
 * lane of this version, or does not fit the mapping. */
int lane_check(const void *map, size_t map_bytes, struct err *err);

/*
 * `map` is the lane's mapping of `map_bytes` bytes. Resumes at the cursor's position. A cursor that
 * makes no sense (ahead of what is reserved, further back than the capacity, not aligned) is set to
 * the newest position and counted in n_corrupt: a start in the middle cannot be guessed, and what
 * has been read before must not be read again. Errors as lane_check().
 */
int lane_reader_init(struct lane_reader *r, const void *map, size_t map_bytes,
		     struct lane_cursor *cursor, struct err *err);

/* Looks at the record at `pos`. The record stays valid until lane_reader_release(); rec->len was at
 * least sizeof(struct rec_hdr), a multiple of 8, and within the lane. */
enum lane_peek lane_reader_peek(struct lane_reader *r, const struct rec_hdr **ret_rec);
/* Moves past the record just peeked. */
void lane_reader_next(struct lane_reader *r);
/* Publishes the position: everything before it may be overwritten. Once per batch, also after one
 * without records: a damaged span makes the reader move without any. */
void lane_reader_release(struct lane_reader *r);
/* Publishes `pos` as read although more has been peeked; `pos` must be a record's start. Ignored
 * when it lies beyond what has been peeked. */
void lane_reader_release_to(struct lane_reader *r, uint64_t pos);

/* True if a committed record waits at `pos`, or a reservation does: the check before sleeping. */
bool lane_reader_has_more(const struct lane_reader *r);
/* After LANE_PEEK_BUSY: how long the reader has been waiting at this record, in ns of the caller's
 * monotonic clock; 0 the first time. */
uint64_t lane_reader_stalled(struct lane_reader *r, uint64_t now_ns);
/*
 * Gives up on the uncommitted record at `pos`: moves to the next committed record that can be found
 * behind it, if any. Counts it in n_corrupt (once, however many uncommitted ones lie in between).
 * Returns false when there is none yet; true without moving when `pos` was committed meanwhile.
 * Costs a load for every 8 bytes that are reserved. What giving up too early breaks: common/lane.h.
 */
bool lane_reader_skip_stalled(struct lane_reader *r);

/* Bytes reserved and not read, for fill metrics. Never more than the capacity. */
uint64_t lane_reader_fill(const struct lane_reader *r);

/* Losses: the sum over all slots, for a look that costs one load; then the slots. What the total
 * counts, the slots that are read after it have counted too. A slot that does not exist reads 0. */
uint64_t lane_reader_lost_total(const struct lane_reader *r);
void lane_reader_loss(const struct lane_reader *r, unsigned int slot, struct lane_loss_seen *ret);

/* Announces sleep: the next commit, whatever it is, rings. The caller must then ask
 * lane_reader_has_more() of every lane, and block only if all of them say no. */
void lane_sleep_begin(struct cursor_page *page);
/* After lane_sleep_begin(), and only when no lane had anything, not even a reservation: from now on
 * records that do not ring by themselves are let pass until a lane fills. They may so wait for
 * ever: block for a limited time. */
void lane_sleep_deeper(struct cursor_page *page);
/* Awake again (rung, timed out, or there was more after all). */
void lane_sleep_end(struct cursor_page *page);
