/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_format: the bytes in a spool's files (prefix sfmt_), as the machine that wrote them has its
 * numbers: a spool does not move to another kind of machine. Owns nothing, does no I/O. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/sink/transport.h"

#define SFMT_SEQ_MAX (UINT64_MAX >> 2) /* no number is larger: sums of two do not overflow */
#define SFMT_NAME_CAP 24               /* "%016x.spool" */
#define SFMT_HEAD_BYTES 64U
#define SFMT_FRAME_BYTES 24U /* before the event's own */
#define SFMT_ACK_BYTES 24U

/* What a segment is known to hold. */
struct sfmt_segment {
	uint64_t first_seq;
	uint64_t n_bytes; /* of the file, with its header */
	uint64_t n_events, n_urgent;
	int64_t oldest_ns; /* time_ns of the first event */
};

void sfmt_name(char buf[static SFMT_NAME_CAP], uint64_t first_seq);
/* False: not a segment's name, or a number above SFMT_SEQ_MAX. */
bool sfmt_name_parse(const char *name, uint64_t *ret_first_seq);

/* n_bytes 0: the segment is still being written, nothing but first_seq counts. */
void sfmt_head_put(uint8_t buf[static SFMT_HEAD_BYTES], const struct sfmt_segment *seg);
/* 0; -EBADMSG: not a header, or one that contradicts itself. */
int sfmt_head_parse(const uint8_t *data, size_t len, struct sfmt_segment *ret_seg);

/* Room: SFMT_FRAME_BYTES + item->len. The sequence number is in the checksum: a frame is good in
 * its place only. */
void sfmt_frame_put(uint8_t *buf, const struct batch_item *item, uint64_t seq);
/* Bytes of the frame at `data`; *ret_item borrows from there. -EAGAIN: it goes on behind `len`;
 * -EBADMSG: damaged. */
int64_t sfmt_frame_parse(const uint8_t *data, size_t len, uint64_t seq,
			 struct batch_item *ret_item);
/* Both: of a frame that was parsed. */
size_t sfmt_frame_bytes(const uint8_t *data);
int64_t sfmt_frame_time(const uint8_t *data);

void sfmt_ack_put(uint8_t buf[static SFMT_ACK_BYTES], uint64_t seq);
int sfmt_ack_parse(const uint8_t *data, size_t len, uint64_t *ret_seq); /* 0, -EBADMSG */
