/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/otlp_response.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/bytes.h"
#include "common/cleanup.h"

/* --- Protobuf. --- */

struct field {
	uint32_t number;
	uint64_t value;       /* of a varint */
	struct bytes content; /* of bytes; at NULL: it is not of these */
};

static int read_varint(struct bytes *b, uint64_t *ret)
{
	uint64_t value = 0;
	uint8_t byte;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		if (!bytes_read(b, &byte, 1))
			return -EBADMSG;
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return 0;
		}
	}
	return -EBADMSG;
}

/* 1, 0 at the end, or -EBADMSG. Groups, which nobody sends any more, are the latter. */
static int next_field(struct bytes *b, struct field *ret)
{
	uint64_t tag, len;

	*ret = (struct field){ 0 };
	if (b->left == 0)
		return 0;
	if (read_varint(b, &tag) < 0 || tag >> 3 == 0 || tag > UINT32_MAX)
		return -EBADMSG;
	ret->number = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case 0:
		return read_varint(b, &ret->value) < 0 ? -EBADMSG : 1;
	case 1:
		return bytes_take(b, 8) ? 1 : -EBADMSG;
	case 2:
		if (read_varint(b, &len) < 0 || len > b->left)
			return -EBADMSG;
		ret->content.left = (size_t)len;
		ret->content.at = bytes_take(b, (size_t)len);
		return 1;
	case 5:
		return bytes_take(b, 4) ? 1 : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static void take_text(struct oresp *resp, const void *bytes, size_t len)
{
	if (len >= sizeof(resp->text))
		len = sizeof(resp->text) - 1;
	memcpy(resp->text, bytes, len);
	resp->text[len] = '\0';
}

/* A count as int64, of which a negative one makes no sense. */
static uint64_t count_of(int64_t value)
{
	return value > 0 ? (uint64_t)value : 0;
}

/* ExportLogsPartialSuccess { int64 rejected_log_records = 1; string error_message = 2; }, and of
 * metrics rejected_data_points by the same number. */
static int read_partial(struct oresp *resp, struct bytes b)
{
	struct field f;
	int r;

	while ((r = next_field(&b, &f)) > 0) {
		if (f.number == 1 && !f.content.at)
			resp->n_refused = count_of((int64_t)f.value);
		else if (f.number == 2 && f.content.at)
			take_text(resp, f.content.at, f.content.left);
	}
	return r;
}

static void begin(struct oresp *resp)
{
	*resp = (struct oresp){ .retry_after_ms = -1 };
}

int oresp_export(struct oresp *ret_resp, const uint8_t *bytes, size_t len)
{
	struct bytes b = { bytes, len };
	struct field f;
	int r;

	begin(ret_resp);
	while ((r = next_field(&b, &f)) > 0) {
		if (f.number == 1 && f.content.at && read_partial(ret_resp, f.content) < 0)
			return -EBADMSG;
	}
	return r;
}

/* Duration { int64 seconds = 1; int32 nanos = 2; }: milliseconds, rounded up. */
static int read_duration(struct bytes b, int64_t *ret_ms)
{
	int64_t seconds = 0, nanos = 0;
	struct field f;
	int r;

	while ((r = next_field(&b, &f)) > 0) {
		if (f.number == 1)
			seconds = (int64_t)f.value;
		else if (f.number == 2)
			nanos = (int32_t)f.value;
	}
	if (r < 0 || seconds < 0 || nanos < 0 || seconds > INT64_MAX / 1000 - 1000)
		return -EBADMSG;
	*ret_ms = seconds * 1000 + (nanos + 999999) / 1000000;
	return 0;
}

/* Any { string type_url = 1; bytes value = 2; }, of which RetryInfo { Duration retry_delay = 1; }
 * counts. */
static int read_detail(struct oresp *resp, struct bytes b)
{
	static const char type[] = "google.rpc.RetryInfo";
	struct bytes value = { 0 };
	bool is_retry = false;
	struct field f;
	int r;

	while ((r = next_field(&b, &f)) > 0) {
		if (f.number == 1 && f.content.at && f.content.left >= sizeof(type) - 1)
			is_retry = !memcmp(f.content.at + f.content.left - (sizeof(type) - 1), type,
					   sizeof(type) - 1);
		else if (f.number == 2 && f.content.at)
			value = f.content;
	}
	while (r == 0 && is_retry && (r = next_field(&value, &f)) > 0)
		r = f.number == 1 && f.content.at ? read_duration(f.content, &resp->retry_after_ms)
						  : 0;
	return r;
}

/* Status { int32 code = 1; string message = 2; repeated Any details = 3; } */
int oresp_status(struct oresp *ret_resp, const uint8_t *bytes, size_t len)
{
	struct bytes b = { bytes, len };
	struct field f;
	int r;

	begin(ret_resp);
	while ((r = next_field(&b, &f)) > 0) {
		if (f.number == 2 && f.content.at)
			take_text(ret_resp, f.content.at, f.content.left);
		else if (f.number == 3 && f.content.at && read_detail(ret_resp, f.content) < 0)
			return -EBADMSG;
	}
	return r;
}

/* --- JSON. --- */

static void release(json_t **json)
{
	json_decref(*json);
}

static json_t *load(const uint8_t *bytes, size_t len)
{
	json_t *root = json_loadb((const char *)bytes, len, 0, NULL);

	if (root && !json_is_object(root)) {
		json_decref(root);
		return NULL;
	}
	return root;
}

int oresp_export_json(struct oresp *ret_resp, const uint8_t *bytes, size_t len)
{
	CLEANUP(release) json_t *root = load(bytes, len);
	const json_t *partial = json_object_get(root, "partialSuccess");
	const json_t *logs = json_object_get(partial, "rejectedLogRecords");
	const json_t *n = logs ? logs : json_object_get(partial, "rejectedDataPoints");
	const json_t *text = json_object_get(partial, "errorMessage");

	begin(ret_resp);
	if (!root)
		return -EBADMSG;
	if (json_is_integer(n))
		ret_resp->n_refused = count_of(json_integer_value(n));
	else if (json_is_string(n)) /* 64 bits are a text in protobuf's JSON */
		ret_resp->n_refused = count_of(strtoll(json_string_value(n), NULL, 10));
	if (json_is_string(text))
		take_text(ret_resp, json_string_value(text), json_string_length(text));
	return 0;
}

int oresp_status_json(struct oresp *ret_resp, const uint8_t *bytes, size_t len)
{
	CLEANUP(release) json_t *root = load(bytes, len);
	const json_t *text = json_object_get(root, "message");

	begin(ret_resp);
	if (!root)
		return -EBADMSG;
	if (json_is_string(text))
		take_text(ret_resp, json_string_value(text), json_string_length(text));
	return 0;
}

/* --- gRPC. --- */

int oresp_unframe(const uint8_t *bytes, size_t len, const uint8_t **ret_message, size_t *ret_len)
{
	size_t n;

	if (len < 5 || bytes[0] != 0)
		return -EBADMSG;
	n = (size_t)bytes[1] << 24 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 8 | bytes[4];
	if (n != len - 5)
		return -EBADMSG;
	*ret_message = bytes + 5;
	*ret_len = n;
	return 0;
}

static int base64_digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

int oresp_unbase64(uint8_t *buf, size_t cap, const char *text)
{
	size_t len = strcspn(text, "="), n = 0;
	uint32_t bits = 0;
	unsigned int n_bits = 0;

	if (strspn(text + len, "=") != strlen(text + len) || len % 4 == 1)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		int digit = base64_digit(text[i]);

		if (digit < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)digit;
		n_bits += 6;
		if (n_bits < 8)
			continue;
		n_bits -= 8;
		if (n >= cap)
			return -EMSGSIZE;
		buf[n++] = (uint8_t)(bits >> n_bits);
	}
	return (int)n;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void oresp_unpercent(char *text)
{
	char *out = text;

	for (; *text; text++) {
		if (text[0] == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
			*out++ = (char)(hex_digit(text[1]) << 4 | hex_digit(text[2]));
			text += 2;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}
