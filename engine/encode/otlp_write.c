/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/otlp_write.h"

#include <stdio.h>

#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_write.h"

/* Protobuf's wire types. */
#define WIRE_VARINT 0U
#define WIRE_64 1U
#define WIRE_BYTES 2U

#define VARINT_MAX 10U /* bytes */
#define FRAME_MAX 64U  /* of a member: tag, length or comma, quotes and colon; not its key */
/* What closes the messages that are open always has room: five deep, three bytes each, and up to
 * four that a length takes beyond the one byte that ow_open() left. */
#define TAIL_MAX 64U
_Static_assert(OW_CAP_MIN > TAIL_MAX + JW_SLACK + FRAME_MAX, "there is room for something");
_Static_assert(MPW_EXPANSION <= JW_EXPANSION && MPW_SLACK <= JW_SLACK, "JSON is the longer one");

void ow_init(struct ow *w, uint8_t *buf, size_t cap, bool is_json)
{
	*w = (struct ow){ .at = buf, .start = buf, .end = buf, .is_json = is_json };
	if (cap >= OW_CAP_MIN)
		w->end = buf + cap - TAIL_MAX - JW_SLACK;
	else
		w->is_full = true;
}

static bool has_room(struct ow *w, size_t len)
{
	/* Closing may have taken some of what is behind the end. */
	if (!w->is_full && w->at < w->end && len <= (size_t)(w->end - w->at))
		return true;
	w->is_full = true;
	return false;
}

static void put_byte(struct ow *w, unsigned int byte)
{
	*w->at++ = (uint8_t)byte;
}

static void put_varint(struct ow *w, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		put_byte(w, (unsigned int)(value & 0x7f) | 0x80);
	put_byte(w, (unsigned int)value);
}

static void put_tag(struct ow *w, unsigned int field, unsigned int wire)
{
	put_byte(w, field << 3 | wire); /* all fields are below 16 */
}

/* ,"key": without the comma where nothing is before it. */
static void put_key(struct ow *w, const char *key)
{
	uint8_t before = w->at > w->start ? w->at[-1] : '{';

	if (before != '{' && before != '[')
		put_byte(w, ',');
	if (!key)
		return;
	w->at = (uint8_t *)jw_string((char *)w->at, key, strlen(key));
	put_byte(w, ':');
}

/* Room for a member and `len` bytes of its content. */
static bool has_room_for(struct ow *w, struct ow_place place, size_t len)
{
	return has_room(w,
			FRAME_MAX + len +
				(w->is_json && place.key ? JW_EXPANSION * strlen(place.key) : 0));
}

void ow_begin(struct ow *w)
{
	if (w->is_json && has_room(w, 1))
		put_byte(w, '{');
}

void ow_end(struct ow *w)
{
	if (w->is_json && !w->is_full)
		put_byte(w, '}');
}

size_t ow_open(struct ow *w, struct ow_place place)
{
	if (!has_room_for(w, place, 0))
		return 0;
	if (w->is_json) {
		put_key(w, place.key);
		put_byte(w, '{');
		return 0;
	}
	put_tag(w, place.field, WIRE_BYTES);
	put_byte(w, 0); /* most are shorter than 128 bytes */
	return ow_len(w);
}

void ow_close(struct ow *w, size_t mark)
{
	uint8_t *content = w->start + mark;
	size_t len, extra = 0;

	if (w->is_full)
		return;
	if (w->is_json) {
		put_byte(w, '}');
		return;
	}
	len = ow_len(w) - mark;
	for (size_t left = len >> 7; left; left >>= 7)
		extra++;
	if (extra)
		memmove(content + extra, content, len);
	w->at = content - 1;
	put_varint(w, len);
	w->at += len;
}

void ow_list_open(struct ow *w, const char *key)
{
	if (!w->is_json || !has_room_for(w, (struct ow_place){ 0, key }, 0))
		return;
	put_key(w, key);
	put_byte(w, '[');
}

void ow_list_close(struct ow *w)
{
	if (w->is_json && !w->is_full)
		put_byte(w, ']');
}

void ow_enum(struct ow *w, struct ow_place place, unsigned int value)
{
	if (!has_room_for(w, place, JW_NUMBER_MAX))
		return;
	if (w->is_json) {
		put_key(w, place.key);
		w->at = (uint8_t *)jw_u64((char *)w->at, value);
		return;
	}
	put_tag(w, place.field, WIRE_VARINT);
	put_varint(w, value);
}

/* 64 bits are a text in protobuf's JSON. */
static void put_quoted(struct ow *w, const char *key, int64_t value, bool is_signed)
{
	put_key(w, key);
	put_byte(w, '"');
	w->at = (uint8_t *)(is_signed ? jw_s64((char *)w->at, value)
				      : jw_u64((char *)w->at, (uint64_t)value));
	put_byte(w, '"');
}

static void put_le64(struct ow *w, uint64_t value)
{
	for (int i = 0; i < 8; i++, value >>= 8)
		put_byte(w, value & 0xff);
}

void ow_fixed64(struct ow *w, struct ow_place place, uint64_t value)
{
	if (!has_room_for(w, place, JW_NUMBER_MAX))
		return;
	if (w->is_json) {
		put_quoted(w, place.key, (int64_t)value, false);
		return;
	}
	put_tag(w, place.field, WIRE_64);
	put_le64(w, value);
}

static void put_double(struct ow *w, double value)
{
	uint64_t bits;

	if (w->is_json) {
		w->at += snprintf((char *)w->at, FRAME_MAX, "%.17g", value);
		return;
	}
	memcpy(&bits, &value, sizeof(bits));
	put_le64(w, bits);
}

void ow_bool(struct ow *w, struct ow_place place, bool value)
{
	if (!has_room_for(w, place, JW_NUMBER_MAX))
		return;
	if (w->is_json) {
		put_key(w, place.key);
		w->at = (uint8_t *)(value ? JW_LITERAL((char *)w->at, "true")
					  : JW_LITERAL((char *)w->at, "false"));
		return;
	}
	put_tag(w, place.field, WIRE_VARINT);
	put_byte(w, value);
}

void ow_double(struct ow *w, struct ow_place place, double value)
{
	if (!has_room_for(w, place, FRAME_MAX))
		return;
	if (w->is_json)
		put_key(w, place.key);
	else
		put_tag(w, place.field, WIRE_64);
	put_double(w, value);
}

size_t ow_packed_open(struct ow *w, struct ow_place place)
{
	if (!w->is_json)
		return ow_open(w, place);
	ow_list_open(w, place.key);
	return 0;
}

void ow_packed_fixed64(struct ow *w, uint64_t value)
{
	if (!has_room(w, FRAME_MAX))
		return;
	if (w->is_json)
		put_quoted(w, NULL, (int64_t)value, false);
	else
		put_le64(w, value);
}

void ow_packed_double(struct ow *w, double value)
{
	if (!has_room(w, 2 * FRAME_MAX))
		return;
	if (w->is_json)
		put_key(w, NULL);
	put_double(w, value);
}

void ow_packed_close(struct ow *w, size_t mark)
{
	if (w->is_json)
		ow_list_close(w);
	else
		ow_close(w, mark);
}

void ow_text(struct ow *w, struct ow_place place, const void *bytes, size_t len)
{
	size_t mark;

	if (len > SIZE_MAX / JW_EXPANSION - FRAME_MAX ||
	    !has_room_for(w, place, JW_EXPANSION * len)) {
		w->is_full = true;
		return;
	}
	if (w->is_json) {
		put_key(w, place.key);
		w->at = (uint8_t *)jw_string((char *)w->at, bytes, len);
		return;
	}
	mark = ow_open(w, place);
	w->at = mpw_text(w->at, bytes, len);
	ow_close(w, mark);
}

void ow_any_text(struct ow *w, struct ow_place place, const void *bytes, size_t len)
{
	size_t mark = ow_open(w, place);

	ow_text(w, (struct ow_place){ 1, "stringValue" }, bytes, len);
	ow_close(w, mark);
}

void ow_any_int(struct ow *w, struct ow_place place, int64_t value)
{
	size_t mark = ow_open(w, place);

	if (has_room(w, 2 * FRAME_MAX)) {
		if (w->is_json) {
			put_quoted(w, "intValue", value, true);
		} else {
			put_tag(w, 3, WIRE_VARINT);
			put_varint(w, (uint64_t)value);
		}
	}
	ow_close(w, mark);
}

void ow_any_bool(struct ow *w, struct ow_place place, bool value)
{
	size_t mark = ow_open(w, place);

	ow_bool(w, (struct ow_place){ 2, "boolValue" }, value);
	ow_close(w, mark);
}

void ow_any_double(struct ow *w, struct ow_place place, double value)
{
	size_t mark = ow_open(w, place);

	ow_double(w, (struct ow_place){ 4, "doubleValue" }, value);
	ow_close(w, mark);
}

void ow_any_bytes(struct ow *w, struct ow_place place, const void *bytes, size_t len)
{
	size_t mark = ow_open(w, place);

	if (len <= SIZE_MAX / 4 && has_room(w, 2 * FRAME_MAX + 2 * len)) {
		if (w->is_json) {
			put_key(w, "bytesValue");
			put_byte(w, '"');
			w->at = (uint8_t *)jw_base64((char *)w->at, bytes, len);
			put_byte(w, '"');
		} else {
			put_tag(w, 7, WIRE_BYTES);
			put_varint(w, len);
			if (len)
				memcpy(w->at, bytes, len);
			w->at += len;
		}
	}
	ow_close(w, mark);
}

static struct ow_nest open_nest(struct ow *w, struct ow_place place, struct ow_place inner)
{
	struct ow_nest nest;

	nest.outer = ow_open(w, place);
	nest.inner = ow_open(w, inner);
	ow_list_open(w, "values");
	return nest;
}

struct ow_nest ow_any_array(struct ow *w, struct ow_place place)
{
	return open_nest(w, place, (struct ow_place){ 5, "arrayValue" });
}

struct ow_nest ow_any_map(struct ow *w, struct ow_place place)
{
	return open_nest(w, place, (struct ow_place){ 6, "kvlistValue" });
}

void ow_any_close(struct ow *w, struct ow_nest nest)
{
	ow_list_close(w);
	ow_close(w, nest.inner);
	ow_close(w, nest.outer);
}

size_t ow_pair(struct ow *w, struct ow_place place, const char *key)
{
	size_t mark = ow_open(w, place);

	ow_text(w, (struct ow_place){ 1, "key" }, key, strlen(key));
	return mark;
}

void ow_pair_text(struct ow *w, struct ow_place place, const char *key, const void *bytes,
		  size_t len)
{
	size_t mark = ow_pair(w, place, key);

	ow_any_text(w, OW_VALUE, bytes, len);
	ow_close(w, mark);
}

void ow_pair_int(struct ow *w, struct ow_place place, const char *key, int64_t value)
{
	size_t mark = ow_pair(w, place, key);

	ow_any_int(w, OW_VALUE, value);
	ow_close(w, mark);
}

void ow_pair_bool(struct ow *w, struct ow_place place, const char *key, bool value)
{
	size_t mark = ow_pair(w, place, key);

	ow_any_bool(w, OW_VALUE, value);
	ow_close(w, mark);
}
