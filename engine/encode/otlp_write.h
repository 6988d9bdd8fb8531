/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_write: OTLP's messages in both of their forms, protobuf and JSON, by the same calls (prefix
 * ow_). A member is named twice: by its field number and by its JSON key. What has no room is left
 * out and `is_full` says so; what is there then is of no use. Allocates nothing. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct ow {
	uint8_t *at, *start;
	const uint8_t *end; /* of what may be written with all slack */
	bool is_json;
	bool is_full;
};

#define OW_CAP_MIN 256U

/* Where something goes in the message around it. `key` NULL: an item of a list. */
struct ow_place {
	uint8_t field;
	const char *key;
};

/* Members of opentelemetry.proto.common.v1 that hold a value. */
#define OW_VALUE ((struct ow_place){ 2, "value" }) /* of a KeyValue */
#define OW_ITEM ((struct ow_place){ 1, NULL })     /* of an ArrayValue or a KeyValueList */

/* `cap` is at least OW_CAP_MIN, else it is full at once. */
void ow_init(struct ow *w, uint8_t *buf, size_t cap, bool is_json);
static inline size_t ow_len(const struct ow *w)
{
	return (size_t)(w->at - w->start);
}

/* The message of all: an object in JSON, nothing in protobuf. */
void ow_begin(struct ow *w);
void ow_end(struct ow *w);

/* A message within; what ow_open() gave goes to ow_close(). */
size_t ow_open(struct ow *w, struct ow_place place);
void ow_close(struct ow *w, size_t mark);
/* Around the items of a repeated member: brackets in JSON, nothing in protobuf. */
void ow_list_open(struct ow *w, const char *key);
void ow_list_close(struct ow *w);

void ow_enum(struct ow *w, struct ow_place place, unsigned int value); /* also uint32 */
void ow_fixed64(struct ow *w, struct ow_place place, uint64_t value);
void ow_bool(struct ow *w, struct ow_place place, bool value);
void ow_double(struct ow *w, struct ow_place place, double value); /* finite */
/* A repeated member of 8 bytes each: packed in protobuf, a list in JSON. */
size_t ow_packed_open(struct ow *w, struct ow_place place);
void ow_packed_fixed64(struct ow *w, uint64_t value);
void ow_packed_double(struct ow *w, double value);
void ow_packed_close(struct ow *w, size_t mark);
/* A string: what is not UTF-8 becomes U+FFFD. */
void ow_text(struct ow *w, struct ow_place place, const void *bytes, size_t len);

/* AnyValue. */
void ow_any_text(struct ow *w, struct ow_place place, const void *bytes, size_t len);
void ow_any_int(struct ow *w, struct ow_place place, int64_t value);
void ow_any_bool(struct ow *w, struct ow_place place, bool value);
void ow_any_double(struct ow *w, struct ow_place place, double value); /* finite */
void ow_any_bytes(struct ow *w, struct ow_place place, const void *bytes, size_t len);
/* An array (its items are at OW_ITEM) or a map (of ow_pair at OW_ITEM). */
struct ow_nest {
	size_t outer, inner;
};
struct ow_nest ow_any_array(struct ow *w, struct ow_place place);
struct ow_nest ow_any_map(struct ow *w, struct ow_place place);
void ow_any_close(struct ow *w, struct ow_nest nest);

/* A KeyValue, whose value the caller writes at OW_VALUE before ow_close(). */
size_t ow_pair(struct ow *w, struct ow_place place, const char *key);
/* Whole ones. */
void ow_pair_text(struct ow *w, struct ow_place place, const char *key, const void *bytes,
		  size_t len);
void ow_pair_int(struct ow *w, struct ow_place place, const char *key, int64_t value);
void ow_pair_bool(struct ow *w, struct ow_place place, const char *key, bool value);
