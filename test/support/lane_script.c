/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/lane_script.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/lane_reader.h"
#include "common/lane_writer.h"

#define CAPACITY ((uint64_t)LANE_CAPACITY_MIN)
#define BYTES LANE_BYTES(LANE_CAPACITY_MIN)
#define KEY 0x5ad1c0f3e2b49786ULL
#define RECORDS_MAX (CAPACITY / LANE_ALIGN + 2) /* in one go, however small they are */

struct script {
	const uint8_t *at, *end;
	uint8_t *map; /* owned; exactly as long as a lane: the sanitizer sees what is behind it */
	struct lane_cursor cursor;
	uint64_t place; /* the writer's */
	struct lane_reader reader;
	bool is_reading;  /* the lane was accepted */
	uint64_t touched; /* so that the bytes are really read */
};

static uint64_t operand(struct script *s, size_t width)
{
	size_t left = (size_t)(s->end - s->at), n = width < left ? width : left;
	uint64_t value = 0;

	memcpy(&value, s->at, n);
	s->at += n;
	return value;
}

static uint64_t near_cursor(struct script *s)
{
	return atomic_load(&s->cursor.pos) + (uint64_t)(int64_t)(int32_t)operand(s, 4);
}

static struct lane_hdr *hdr(struct script *s)
{
	return (struct lane_hdr *)(void *)s->map;
}

static uint8_t *ring_at(struct script *s, uint64_t pos)
{
	return s->map + LANE_DATA_OFFSET + (pos & (CAPACITY - LANE_ALIGN));
}

static void format(struct script *s, uint64_t start)
{
	memset(s->map, 0, LANE_DATA_OFFSET);
	if (lane_format(s->map, CAPACITY, LANE_VITAL, 0, KEY, NULL) < 0)
		abort();
	atomic_store(&hdr(s)->prod, start);
	atomic_store(&s->cursor.pos, start);
	s->place = start;
}

static void begin_reader(struct script *s, size_t bytes)
{
	s->is_reading = lane_reader_init(&s->reader, s->map, bytes, &s->cursor, NULL) == 0;
	if (s->is_reading && (s->reader.capacity != CAPACITY || bytes < BYTES))
		abort(); /* no other fits */
}

static void commit(struct script *s)
{
	uint32_t span = (uint32_t)operand(s, 2);
	struct rec_hdr *rec = (struct rec_hdr *)(void *)ring_at(s, s->place);

	rec->commit = lane_commit_word(hdr(s)->key, s->place, span);
	rec->len = (uint16_t)operand(s, 2);
	s->place += span;
}

static void poke(struct script *s)
{
	size_t word = operand(s, 2) % (BYTES / 8);
	uint64_t what = operand(s, 8);

	memcpy(s->map + 8 * word, &what, sizeof(what));
}

static void copy(struct script *s)
{
	size_t n = operand(s, 1), left = (size_t)(s->end - s->at);

	n = n < left ? n : left;
	memcpy(ring_at(s, s->place), s->at, n); /* the slack takes what is behind the ring */
	s->at += n;
}

/* Everything that the reader promises about a record. */
static void check(struct script *s, const struct rec_hdr *rec)
{
	const uint8_t *at = (const uint8_t *)rec;
	size_t off = (size_t)(at - s->map), len = rec->len;

	if (at < s->map + LANE_DATA_OFFSET || off >= LANE_DATA_OFFSET + CAPACITY ||
	    off % LANE_ALIGN != 0 || len < sizeof(*rec) || len % LANE_ALIGN != 0 ||
	    len > LANE_RECORD_MAX || off + len > BYTES)
		abort();
	for (size_t i = 0; i < len; i++)
		s->touched += at[i];
}

static void read_records(struct script *s, uint64_t n)
{
	const struct rec_hdr *rec;

	for (uint64_t i = 0; i < n && lane_reader_peek(&s->reader, &rec) == LANE_PEEK_RECORD; i++) {
		if (i > RECORDS_MAX)
			abort();
		check(s, rec);
		lane_reader_next(&s->reader);
	}
}

static void ask(struct script *s)
{
	struct lane_loss_seen seen;

	lane_reader_loss(&s->reader, (unsigned int)operand(s, 2), &seen);
	s->touched += seen.count + lane_reader_lost_total(&s->reader) +
		      lane_reader_has_more(&s->reader) +
		      lane_reader_stalled(&s->reader, s->touched);
	if (lane_reader_fill(&s->reader) > CAPACITY)
		abort();
}

static void read_step(struct script *s, enum lscript_op op)
{
	switch (op) {
	case LSCRIPT_READ:
		read_records(s, operand(s, 2));
		break;
	case LSCRIPT_RELEASE:
		lane_reader_release(&s->reader);
		break;
	case LSCRIPT_RELEASE_TO:
		lane_reader_release_to(&s->reader,
				       s->reader.pos + (uint64_t)(int64_t)(int32_t)operand(s, 4));
		break;
	case LSCRIPT_SKIP:
		(void)lane_reader_skip_stalled(&s->reader); /* moved or not: both are fine */
		break;
	default:
		ask(s);
	}
}

static void step(struct script *s)
{
	enum lscript_op op = (enum lscript_op)(*s->at++ & 15);

	switch (op) {
	case LSCRIPT_COMMIT:
		return commit(s);
	case LSCRIPT_RESERVE:
		s->place += operand(s, 2);
		return atomic_store(&hdr(s)->prod, s->place);
	case LSCRIPT_PROD:
		return atomic_store(&hdr(s)->prod, near_cursor(s));
	case LSCRIPT_CURSOR:
		return atomic_store(&s->cursor.pos, operand(s, 8));
	case LSCRIPT_PLACE:
		s->place = near_cursor(s);
		return;
	case LSCRIPT_POKE:
		return poke(s);
	case LSCRIPT_BYTES:
		return copy(s);
	case LSCRIPT_AGAIN:
		return begin_reader(s, operand(s, 1) & 1 ? BYTES / 2 : BYTES);
	case LSCRIPT_FORMAT:
		return format(s, 0);
	case LSCRIPT_FAR:
		return format(s, operand(s, 8) & ~(uint64_t)(LANE_ALIGN - 1));
	default:
		if (s->is_reading)
			read_step(s, op);
	}
}

void lscript_run(const uint8_t *bytes, size_t len)
{
	struct script s = { .at = bytes, .end = bytes + len, .map = calloc(1, BYTES) };

	if (!s.map)
		abort();
	format(&s, 0);
	begin_reader(&s, BYTES);
	while (s.at < s.end)
		step(&s);
	if (s.is_reading)
		read_records(&s, UINT64_MAX); /* it comes to an end */
	free(s.map);
}
