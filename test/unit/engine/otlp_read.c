/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/otlp_read.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"

struct in {
	const uint8_t *at, *end;
	bool is_bad;
};

struct field {
	unsigned int number, wire;
	uint64_t value; /* of a varint and of 64 bits */
	struct in content;
};

static uint64_t varint(struct in *in)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; in->at < in->end && shift < 64; shift += 7) {
		value |= (uint64_t)(*in->at & 0x7f) << shift;
		if (!(*in->at++ & 0x80))
			return value;
	}
	in->is_bad = true;
	return 0;
}

static bool next(struct in *in, struct field *f)
{
	uint64_t tag;

	if (in->at == in->end || in->is_bad)
		return false;
	tag = varint(in);
	*f = (struct field){ .number = (unsigned int)(tag >> 3), .wire = tag & 7 };
	if (f->wire == 0) {
		f->value = varint(in);
	} else if (f->wire == 1 && in->end - in->at >= 8) {
		memcpy(&f->value, in->at, 8);
		in->at += 8;
	} else if (f->wire == 2) {
		uint64_t len = varint(in);

		if (len > (uint64_t)(in->end - in->at))
			in->is_bad = true;
		else
			f->content = (struct in){ in->at, in->at + len, false };
		in->at += in->is_bad ? 0 : len;
	} else {
		in->is_bad = true;
	}
	return !in->is_bad;
}

typedef json_t *(*read_fn)(struct in *in, const struct field *f);

/* A member by its number; `is_list`: appended. */
struct member {
	unsigned int number, wire;
	const char *key;
	read_fn read;
	bool is_list;
};

static bool take(json_t *object, const struct member *m, struct in *in, const struct field *f)
{
	struct in content = f->content;
	json_t *value = m->read(&content, f), *list;

	if (!value || content.is_bad) {
		json_decref(value);
		in->is_bad = true;
		return false;
	}
	if (!m->is_list)
		return json_object_set_new(object, m->key, value) == 0;
	list = json_object_get(object, m->key);
	return json_array_append_new(list, value) == 0;
}

static json_t *message(struct in *in, const struct member *members, size_t n)
{
	json_t *object = json_object();
	struct field f;
	size_t i;

	for (i = 0; i < n; i++) {
		if (members[i].is_list)
			(void)json_object_set_new(object, members[i].key, json_array());
	}
	while (next(in, &f)) {
		for (i = 0; i < n; i++) {
			if (members[i].number == f.number && members[i].wire == f.wire)
				break;
		}
		if (i == n || !take(object, &members[i], in, &f)) {
			fprintf(stderr, "field %u, wire type %u\n", f.number, f.wire);
			in->is_bad = true;
		}
	}
	if (!in->is_bad)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *text(struct in *in, const struct field *f)
{
	(void)f;
	return json_stringn((const char *)in->at, (size_t)(in->end - in->at)); /* NULL: no UTF-8 */
}

static json_t *decimal(struct in *in, const struct field *f)
{
	char digits[32];

	(void)in;
	(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)f->value);
	return json_string(digits);
}

static json_t *signed_decimal(struct in *in, const struct field *f)
{
	char digits[32];

	(void)in;
	(void)snprintf(digits, sizeof(digits), "%lld", (long long)f->value);
	return json_string(digits);
}

static json_t *number(struct in *in, const struct field *f)
{
	(void)in;
	return json_real((double)f->value); /* JSON_DECODE_INT_AS_REAL */
}

static json_t *boolean(struct in *in, const struct field *f)
{
	(void)in;
	return json_boolean(f->value);
}

static json_t *real(struct in *in, const struct field *f)
{
	double value;

	(void)in;
	memcpy(&value, &f->value, sizeof(value));
	return json_real(value);
}

static json_t *base64(struct in *in, const struct field *f)
{
	size_t len = (size_t)(in->end - in->at);
	CLEANUP_FREE char *out = malloc(len * 2 + 64);

	(void)f;
	return out ? json_stringn(out, (size_t)(jw_base64(out, in->at, len) - out)) : NULL;
}

static json_t *any(struct in *in, const struct field *f);

static json_t *pair(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "key", text, false },
						 { 2, 2, "value", any, false } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *array(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "values", any, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *map(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "values", pair, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *any(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 1, 2, "stringValue", text, false },        { 2, 0, "boolValue", boolean, false },
		{ 3, 0, "intValue", signed_decimal, false }, { 4, 1, "doubleValue", real, false },
		{ 5, 2, "arrayValue", array, false },        { 6, 2, "kvlistValue", map, false },
		{ 7, 2, "bytesValue", base64, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *record(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 1, 1, "timeUnixNano", decimal, false },
		{ 11, 1, "observedTimeUnixNano", decimal, false },
		{ 2, 0, "severityNumber", number, false },
		{ 3, 2, "severityText", text, false },
		{ 5, 2, "body", any, false },
		{ 6, 2, "attributes", pair, true },
		{ 12, 2, "eventName", text, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *scope(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "name", text, false },
						 { 2, 2, "version", text, false } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *scope_logs(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "scope", scope, false },
						 { 2, 2, "logRecords", record, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *resource(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "attributes", pair, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *resource_logs(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "resource", resource, false },
						 { 2, 2, "scopeLogs", scope_logs, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

/* --- Metrics. --- */

/* Of 8 bytes each. */
static json_t *packed(const struct in *in, read_fn read)
{
	json_t *list = json_array();
	struct field f;

	for (const uint8_t *at = in->at; in->end - at >= 8; at += 8) {
		memcpy(&f.value, at, 8);
		(void)json_array_append_new(list, read(NULL, &f));
	}
	if ((in->end - in->at) % 8 == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *decimals(struct in *in, const struct field *f)
{
	(void)f;
	return packed(in, decimal);
}

static json_t *reals(struct in *in, const struct field *f)
{
	(void)f;
	return packed(in, real);
}

static json_t *point(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 7, 2, "attributes", pair, true },
		{ 2, 1, "startTimeUnixNano", decimal, false },
		{ 3, 1, "timeUnixNano", decimal, false },
		{ 4, 1, "asDouble", real, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *histogram_point(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 9, 2, "attributes", pair, true },
		{ 2, 1, "startTimeUnixNano", decimal, false },
		{ 3, 1, "timeUnixNano", decimal, false },
		{ 4, 1, "count", decimal, false },
		{ 5, 1, "sum", real, false },
		{ 6, 2, "bucketCounts", decimals, false },
		{ 7, 2, "explicitBounds", reals, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *gauge(struct in *in, const struct field *f)
{
	static const struct member members[] = { { 1, 2, "dataPoints", point, true } };

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *sum(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 1, 2, "dataPoints", point, true },
		{ 2, 0, "aggregationTemporality", number, false },
		{ 3, 0, "isMonotonic", boolean, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

static json_t *histogram(struct in *in, const struct field *f)
{
	static const struct member members[] = {
		{ 1, 2, "dataPoints", histogram_point, true },
		{ 2, 0, "aggregationTemporality", number, false },
	};

	(void)f;
	return message(in, members, ARRAY_LEN(members));
}

json_t *otr_metric(const uint8_t *bytes, size_t len)
{
	static const struct member members[] = {
		{ 1, 2, "name", text, false }, { 2, 2, "description", text, false },
		{ 3, 2, "unit", text, false }, { 5, 2, "gauge", gauge, false },
		{ 7, 2, "sum", sum, false },   { 9, 2, "histogram", histogram, false },
	};
	struct in in = { bytes, bytes + len, false };

	return message(&in, members, ARRAY_LEN(members));
}

json_t *otr_record(const uint8_t *bytes, size_t len)
{
	struct in in = { bytes, bytes + len, false };

	return record(&in, NULL);
}

json_t *otr_request(const uint8_t *bytes, size_t len)
{
	static const struct member members[] = { { 1, 2, "resourceLogs", resource_logs, true } };
	struct in in = { bytes, bytes + len, false };

	return message(&in, members, ARRAY_LEN(members));
}
