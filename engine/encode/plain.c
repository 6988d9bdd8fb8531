/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/plain.h"

#define DEPTH_MAX 16 /* below, what there is is shown as JSON */

void plain_string(struct text *t, const struct doc_value *string)
{
	const char *p = string->at + 1, *end = string->at + string->len - 1, *escape;

	while (p < end) {
		escape = memchr(p, '\\', (size_t)(end - p));
		if (!escape || escape + 1 >= end) {
			text_bytes(t, p, (size_t)(end - p));
			return;
		}
		text_bytes(t, p, (size_t)(escape - p));
		if (escape[1] == '"' || escape[1] == '\\' || escape[1] == '/')
			text_char(t, escape[1]);
		else
			text_bytes(t, escape, 2);
		p = escape + 2;
	}
}

static void put_value(struct text *t, const struct doc_value *value, unsigned int depth);

static void put_pair(struct text *t, const struct doc_value *key, const struct doc_value *value,
		     unsigned int depth)
{
	plain_string(t, key);
	text_char(t, ':');
	put_value(t, value, depth + 1);
}

static void put_map(struct text *t, const struct doc_value *object, unsigned int depth)
{
	struct doc_pair pairs[DOC_SORTED_MAX];
	struct doc_cursor c = doc_enter(object);
	int n = doc_sorted(object, pairs);
	bool is_first = true;

	TEXT_LITERAL(t, "map[");
	for (int i = 0; i < n; i++) {
		if (i > 0)
			text_char(t, ' ');
		put_pair(t, &pairs[i].key, &pairs[i].value, depth);
	}
	/* Too many to be sorted. */
	for (; n < 0 && doc_next(&c, &pairs[0].key, &pairs[0].value); is_first = false) {
		if (!is_first)
			text_char(t, ' ');
		put_pair(t, &pairs[0].key, &pairs[0].value, depth);
	}
	text_char(t, ']');
}

static void put_list(struct text *t, const struct doc_value *array, unsigned int depth)
{
	struct doc_cursor c = doc_enter(array);
	struct doc_value key, value;
	bool is_first = true;

	text_char(t, '[');
	for (; doc_next(&c, &key, &value); is_first = false) {
		if (!is_first)
			text_char(t, ' ');
		put_value(t, &value, depth + 1);
	}
	text_char(t, ']');
}

static void put_value(struct text *t, const struct doc_value *value, unsigned int depth)
{
	if (depth > DEPTH_MAX && (value->kind == DOC_ARRAY || value->kind == DOC_OBJECT)) {
		text_bytes(t, value->at, value->len);
		return;
	}
	switch ((enum doc_kind)value->kind) {
	case DOC_NONE:
	case DOC_NULL:
		TEXT_LITERAL(t, "<nil>");
		return;
	case DOC_BOOL:
	case DOC_NUMBER:
		text_bytes(t, value->at, value->len);
		return;
	case DOC_STRING:
		plain_string(t, value);
		return;
	case DOC_ARRAY:
		put_list(t, value, depth);
		return;
	case DOC_OBJECT:
		put_map(t, value, depth);
		return;
	}
}

void plain_value(struct text *t, const struct doc_value *value)
{
	put_value(t, value, 0);
}
