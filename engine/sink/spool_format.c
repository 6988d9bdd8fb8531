/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/spool_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/crc32c.h"
#include "engine/sink/spool.h"

#define NAME_DIGITS 16
#define NAME_TAIL ".spool"
#define FRAME_MAGIC 0x65667357U /* "Wsfe" */

static const char head_magic[8] = { 'W', 's', 'p', 'o', 'o', 'l', '0', '1' };
static const char ack_magic[8] = { 'W', 's', 'p', 'a', 'c', 'k', '0', '1' };

struct head {
	char magic[8];
	uint64_t first_seq, n_bytes, n_events, n_urgent;
	int64_t oldest_ns;
	uint64_t reserved0;
	uint32_t reserved1;
	uint32_t crc; /* of the bytes before it */
};
_Static_assert(sizeof(struct head) == SFMT_HEAD_BYTES, "the size of a header is its format");

struct frame {
	uint32_t magic, len;
	uint16_t event;
	uint8_t is_urgent;
	uint8_t reserved0;
	uint32_t crc; /* of the sequence number, the frame with this word 0, and the event */
	int64_t time_ns;
};
_Static_assert(sizeof(struct frame) == SFMT_FRAME_BYTES, "the size of a frame is its format");

struct ack {
	char magic[8];
	uint64_t seq;
	uint32_t reserved0;
	uint32_t crc; /* of the bytes before it */
};
_Static_assert(sizeof(struct ack) == SFMT_ACK_BYTES, "the size of the ack is its format");

void sfmt_name(char buf[static SFMT_NAME_CAP], uint64_t first_seq)
{
	(void)snprintf(buf, SFMT_NAME_CAP, "%016" PRIx64 NAME_TAIL, first_seq);
}

bool sfmt_name_parse(const char *name, uint64_t *ret_first_seq)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t seq = 0;

	for (int i = 0; i < NAME_DIGITS; i++) {
		const char *digit = name[i] ? strchr(digits, name[i]) : NULL;

		if (!digit)
			return false;
		seq = seq << 4 | (uint64_t)(digit - digits);
	}
	if (strcmp(name + NAME_DIGITS, NAME_TAIL) != 0 || seq > SFMT_SEQ_MAX)
		return false;
	*ret_first_seq = seq;
	return true;
}

void sfmt_head_put(uint8_t buf[static SFMT_HEAD_BYTES], const struct sfmt_segment *seg)
{
	struct head head = {
		.first_seq = seg->first_seq,
		.n_bytes = seg->n_bytes,
		.n_events = seg->n_events,
		.n_urgent = seg->n_urgent,
		.oldest_ns = seg->oldest_ns,
	};

	memcpy(head.magic, head_magic, sizeof(head.magic));
	head.crc = crc32c(0, &head, offsetof(struct head, crc));
	memcpy(buf, &head, sizeof(head));
}

/* Numbers that a file of its size can hold. */
static bool is_consistent(const struct head *head)
{
	if (head->first_seq > SFMT_SEQ_MAX || head->n_urgent > head->n_events)
		return false;
	if (head->n_bytes == 0)
		return head->n_events == 0;
	return head->n_bytes >= SFMT_HEAD_BYTES && head->n_bytes <= SPOOL_SEGMENT_BYTES &&
	       head->n_events <= (head->n_bytes - SFMT_HEAD_BYTES) / SFMT_FRAME_BYTES;
}

int sfmt_head_parse(const uint8_t *data, size_t len, struct sfmt_segment *ret_seg)
{
	struct head head;

	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, data, sizeof(head));
	if (memcmp(head.magic, head_magic, sizeof(head.magic)) != 0 ||
	    head.crc != crc32c(0, &head, offsetof(struct head, crc)) || !is_consistent(&head))
		return -EBADMSG;
	*ret_seg = (struct sfmt_segment){
		.first_seq = head.first_seq,
		.n_bytes = head.n_bytes,
		.n_events = head.n_events,
		.n_urgent = head.n_urgent,
		.oldest_ns = head.oldest_ns,
	};
	return 0;
}

static uint32_t frame_crc(struct frame frame, const uint8_t *event, uint64_t seq)
{
	uint32_t crc = crc32c(0, &seq, sizeof(seq));

	frame.crc = 0;
	crc = crc32c(crc, &frame, sizeof(frame));
	return crc32c(crc, event, frame.len);
}

void sfmt_frame_put(uint8_t *buf, const struct batch_item *item, uint64_t seq)
{
	struct frame frame = {
		.magic = FRAME_MAGIC,
		.len = item->len,
		.event = item->event,
		.is_urgent = item->is_urgent != 0,
		.time_ns = item->time_ns,
	};

	frame.crc = frame_crc(frame, item->data, seq);
	memcpy(buf, &frame, sizeof(frame));
	memcpy(buf + sizeof(frame), item->data, item->len);
}

int64_t sfmt_frame_parse(const uint8_t *data, size_t len, uint64_t seq, struct batch_item *ret_item)
{
	struct frame frame;

	if (len < sizeof(frame))
		return -EAGAIN;
	memcpy(&frame, data, sizeof(frame));
	if (frame.magic != FRAME_MAGIC || frame.len > SPOOL_EVENT_MAX || frame.is_urgent > 1)
		return -EBADMSG;
	if (len - sizeof(frame) < frame.len)
		return -EAGAIN;
	if (frame.crc != frame_crc(frame, data + sizeof(frame), seq))
		return -EBADMSG;
	*ret_item = (struct batch_item){
		.data = data + sizeof(frame),
		.len = frame.len,
		.event = frame.event,
		.is_urgent = frame.is_urgent,
		.time_ns = frame.time_ns,
	};
	return (int64_t)sizeof(frame) + frame.len;
}

size_t sfmt_frame_bytes(const uint8_t *data)
{
	struct frame frame;

	memcpy(&frame, data, sizeof(frame));
	return sizeof(frame) + frame.len;
}

int64_t sfmt_frame_time(const uint8_t *data)
{
	struct frame frame;

	memcpy(&frame, data, sizeof(frame));
	return frame.time_ns;
}

void sfmt_ack_put(uint8_t buf[static SFMT_ACK_BYTES], uint64_t seq)
{
	struct ack ack = { .seq = seq };

	memcpy(ack.magic, ack_magic, sizeof(ack.magic));
	ack.crc = crc32c(0, &ack, offsetof(struct ack, crc));
	memcpy(buf, &ack, sizeof(ack));
}

int sfmt_ack_parse(const uint8_t *data, size_t len, uint64_t *ret_seq)
{
	struct ack ack;

	if (len != sizeof(ack))
		return -EBADMSG;
	memcpy(&ack, data, sizeof(ack));
	if (memcmp(ack.magic, ack_magic, sizeof(ack.magic)) != 0 || ack.seq > SFMT_SEQ_MAX ||
	    ack.crc != crc32c(0, &ack, offsetof(struct ack, crc)))
		return -EBADMSG;
	*ret_seq = ack.seq;
	return 0;
}
