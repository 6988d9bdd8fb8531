/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/msgpack_document.h"

#include <stdlib.h>

#include "engine/encode/document.h"
#include "engine/encode/msgpack_write.h"

#define DEPTH_MAX 32
#define NUMBER_CAP 40

struct out {
	uint8_t *at, *end;
	bool is_cut;
};

/* There is room for a value of `len` bytes with what stands before it. */
static bool has_room(struct out *o, size_t len)
{
	if (o->is_cut || (size_t)(o->end - o->at) < len + MPW_NUMBER_MAX + MPW_SLACK)
		o->is_cut = true;
	return !o->is_cut;
}

static unsigned int hex4(const char *at)
{
	unsigned int value = 0;

	for (int i = 0; i < 4; i++) {
		char c = (char)(at[i] | 0x20);

		value = value << 4 | (unsigned int)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return value & 0xffff;
}

static uint8_t *put_utf8(uint8_t *p, unsigned int c)
{
	if (c < 0x80)
		return mpw_byte(p, c);
	if (c < 0x800)
		return mpw_byte(mpw_byte(p, 0xc0 | c >> 6), 0x80 | (c & 0x3f));
	p = mpw_byte(p, 0xe0 | c >> 12);
	return mpw_byte(mpw_byte(p, 0x80 | (c >> 6 & 0x3f)), 0x80 | (c & 0x3f));
}

/* What is behind a backslash at `*at`. Surrogates, which json_write.h never writes, become U+FFFD.
 */
static uint8_t *put_escape(uint8_t *p, const char **at, const char *end)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *known = memchr(from, **at, sizeof(from) - 1);
	unsigned int c;

	if (**at == 'u' && end - *at > 4) {
		c = hex4(*at + 1);
		*at += 5;
		return put_utf8(p, c >= 0xd800 && c < 0xe000 ? 0xfffd : c);
	}
	c = known ? (unsigned int)to[known - from] : (unsigned char)**at;
	(*at)++;
	return mpw_byte(p, c);
}

/* A string with its quotes: never longer without its escapes. */
static void put_string(struct out *o, const struct doc_value *v)
{
	const char *at = v->at + 1, *end = v->at + v->len - 1;
	uint8_t *p;

	if (!has_room(o, v->len))
		return;
	p = mpw_str_begin(o->at);
	while (at < end) {
		const char *escape = memchr(at, '\\', (size_t)(end - at));
		size_t len = (size_t)((escape ? escape : end) - at);

		memcpy(p, at, len);
		p += len;
		at += len;
		if (escape && ++at < end)
			p = put_escape(p, &at, end);
	}
	o->at = mpw_str_end(o->at, p);
}

static void put_number(struct out *o, const struct doc_value *v)
{
	char text[NUMBER_CAP];
	uint64_t u;
	int64_t s;

	if (!has_room(o, 0))
		return;
	if (doc_s64(v, &s)) {
		o->at = mpw_s64(o->at, s);
	} else if (doc_u64(v, &u)) {
		o->at = mpw_u64(o->at, u);
	} else if (v->len < sizeof(text)) {
		memcpy(text, v->at, v->len);
		text[v->len] = '\0';
		o->at = mpw_double(o->at, strtod(text, NULL));
	} else {
		o->at = mpw_byte(o->at, MPW_NIL);
	}
}

static void put_value(struct out *o, const struct doc_value *v, int depth);

static void put_container(struct out *o, const struct doc_value *v, int depth)
{
	struct doc_cursor c = doc_enter(v);
	struct doc_value key, value;
	uint8_t *begin = o->at;
	size_t n = 0;

	if (!has_room(o, 0))
		return;
	o->at = mpw_open(o->at);
	for (; n < UINT16_MAX && doc_next(&c, &key, &value); n++) {
		if (c.is_object)
			put_string(o, &key);
		put_value(o, &value, depth + 1);
	}
	mpw_close(begin, c.is_object ? MPW_MAP16 : MPW_ARRAY16, n);
}

static void put_value(struct out *o, const struct doc_value *v, int depth)
{
	if (!has_room(o, 0))
		return;
	if (v->kind == DOC_STRING)
		put_string(o, v);
	else if (v->kind == DOC_NUMBER)
		put_number(o, v);
	else if (v->kind == DOC_BOOL)
		o->at = mpw_bool(o->at, *v->at == 't');
	else if (v->kind >= DOC_ARRAY && depth < DEPTH_MAX)
		put_container(o, v, depth);
	else
		o->at = mpw_byte(o->at, MPW_NIL);
}

size_t emp_document(uint8_t *out, size_t cap, const char *line, size_t len)
{
	struct out o = { .at = out, .end = out + cap };
	struct doc doc;

	if (doc_parse(&doc, line, len) < 0)
		return 0;
	put_value(&o, &doc.root, 0);
	return o.is_cut ? 0 : (size_t)(o.at - out);
}
