/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/document.h"

#include <errno.h>
#include <string.h>

#define KEY(name)                                                                                  \
	{                                                                                          \
		name, sizeof(name) - 1                                                             \
	}

static const struct {
	const char *name;
	size_t len;
} keys[DOC_KEYS] = {
	[DOC_TIMESTAMP] = KEY("timestamp"),
	[DOC_THREAD_START_TIME] = KEY("threadStartTime"),
	[DOC_PROCESSOR_ID] = KEY("processorId"),
	[DOC_PROCESS_ID] = KEY("processId"),
	[DOC_CGROUP_ID] = KEY("cgroupId"),
	[DOC_THREAD_ID] = KEY("threadId"),
	[DOC_PARENT_PROCESS_ID] = KEY("parentProcessId"),
	[DOC_HOST_PROCESS_ID] = KEY("hostProcessId"),
	[DOC_HOST_THREAD_ID] = KEY("hostThreadId"),
	[DOC_HOST_PARENT_PROCESS_ID] = KEY("hostParentProcessId"),
	[DOC_USER_ID] = KEY("userId"),
	[DOC_MOUNT_NAMESPACE] = KEY("mountNamespace"),
	[DOC_PID_NAMESPACE] = KEY("pidNamespace"),
	[DOC_PROCESS_NAME] = KEY("processName"),
	[DOC_EXECUTABLE] = KEY("executable"),
	[DOC_HOST_NAME] = KEY("hostName"),
	[DOC_CONTAINER_ID] = KEY("containerId"),
	[DOC_CONTAINER] = KEY("container"),
	[DOC_KUBERNETES] = KEY("kubernetes"),
	[DOC_EVENT_ID] = KEY("eventId"),
	[DOC_EVENT_NAME] = KEY("eventName"),
	[DOC_MATCHED_POLICIES] = KEY("matchedPolicies"),
	[DOC_ARGS_NUM] = KEY("argsNum"),
	[DOC_RETURN_VALUE] = KEY("returnValue"),
	[DOC_SYSCALL] = KEY("syscall"),
	[DOC_STACK_ADDRESSES] = KEY("stackAddresses"),
	[DOC_CONTEXT_FLAGS] = KEY("contextFlags"),
	[DOC_THREAD_ENTITY_ID] = KEY("threadEntityId"),
	[DOC_PROCESS_ENTITY_ID] = KEY("processEntityId"),
	[DOC_PARENT_ENTITY_ID] = KEY("parentEntityId"),
	[DOC_ARGS] = KEY("args"),
	[DOC_METADATA] = KEY("metadata"),
	[DOC_MARKS] = KEY("marks"),
};

const char *doc_key_name(enum doc_key key)
{
	return keys[key].name;
}

static const char *skip_blank(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

#define EVERY_BYTE(b) (0x0101010101010101ULL * (b))

/* Nonzero in the high bit of each byte that is zero; maybe also above such a one. */
static uint64_t zero_bytes(uint64_t word)
{
	return (word - EVERY_BYTE(1)) & ~word & EVERY_BYTE(0x80);
}

static uint64_t load(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

/* To the next quote or backslash, in words as long as there are whole ones. */
static const char *to_string_mark(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t word = load(p);
		uint64_t marks =
			zero_bytes(word ^ EVERY_BYTE('"')) | zero_bytes(word ^ EVERY_BYTE('\\'));

		if (marks)
			return p + __builtin_ctzll(marks) / 8;
	}
	while (p < end && *p != '"' && *p != '\\')
		p++;
	return p;
}

/* Behind the string that begins at p; NULL: it does not end. */
static const char *skip_string(const char *p, const char *end)
{
	for (p++;; p += 2) {
		p = to_string_mark(p, end);
		if (end - p >= 1 && *p == '"')
			return p + 1;
		if (end - p < 2)
			return NULL;
	}
}

/* To the next quote or bracket. Brackets of one kind are those of the other but for one bit. */
static const char *to_bracket(const char *p, const char *end)
{
	for (; end - p >= 8; p += 8) {
		uint64_t word = load(p), brackets = word | EVERY_BYTE(0x20);
		uint64_t marks = zero_bytes(word ^ EVERY_BYTE('"')) |
				 zero_bytes(brackets ^ EVERY_BYTE('{')) |
				 zero_bytes(brackets ^ EVERY_BYTE('}'));

		if (marks)
			return p + __builtin_ctzll(marks) / 8;
	}
	while (p < end && *p != '"' && (*p | 0x20) != '{' && (*p | 0x20) != '}')
		p++;
	return p;
}
_Static_assert(('[' | 0x20) == '{' && (']' | 0x20) == '}', "ASCII");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Behind the array or object; which of both closes it is not looked at. */
static const char *skip_container(const char *p, const char *end)
{
	size_t depth = 0;

	while ((p = to_bracket(p, end)) < end) {
		if (*p == '"') {
			p = skip_string(p, end);
			if (!p)
				return NULL;
			continue;
		}
		if ((*p | 0x20) == '{')
			depth++;
		else if (--depth == 0)
			return p + 1;
		p++;
	}
	return NULL;
}

/* A number, true, false or null ends before these; they are all below 0x80. */
static bool ends_word(char c)
{
	/* clang-format off */
	static const bool ends[256] = {
		[','] = true, ['}'] = true, [']'] = true, [':'] = true, ['"'] = true,
		[' '] = true, ['\t'] = true, ['\n'] = true, ['\r'] = true,
	};
	/* clang-format on */

	return ends[(uint8_t)c];
}

static const char *skip_word(const char *p, const char *end)
{
	while (p < end && !ends_word(*p))
		p++;
	return p;
}

static uint8_t kind_of(char first)
{
	switch (first) {
	case '"':
		return DOC_STRING;
	case '{':
		return DOC_OBJECT;
	case '[':
		return DOC_ARRAY;
	case 't':
	case 'f':
		return DOC_BOOL;
	case 'n':
		return DOC_NULL;
	default:
		return first == '-' || (first >= '0' && first <= '9') ? DOC_NUMBER : DOC_NONE;
	}
}

static const char *take_value(const char *p, const char *end, struct doc_value *ret_value)
{
	const char *start = skip_blank(p, end);
	uint8_t kind = start < end ? kind_of(*start) : DOC_NONE;

	if (kind == DOC_NONE)
		return NULL;
	if (kind == DOC_STRING)
		p = skip_string(start, end);
	else if (kind == DOC_OBJECT || kind == DOC_ARRAY)
		p = skip_container(start, end);
	else
		p = skip_word(start, end);
	if (!p || p - start > INT32_MAX)
		return NULL;
	*ret_value = (struct doc_value){ start, (uint32_t)(p - start), kind };
	return p;
}

struct doc_cursor doc_enter(const struct doc_value *container)
{
	if (container->kind != DOC_OBJECT && container->kind != DOC_ARRAY)
		return (struct doc_cursor){ .at = NULL };
	return (struct doc_cursor){ .at = container->at + 1,
				    .end = container->at + container->len - 1,
				    .is_object = container->kind == DOC_OBJECT };
}

bool doc_next(struct doc_cursor *c, struct doc_value *ret_key, struct doc_value *ret_value)
{
	const char *p = c->at;

	c->at = NULL; /* unless all is well */
	if (!p)
		return false;
	if (c->is_object) {
		p = take_value(p, c->end, ret_key);
		if (!p || ret_key->kind != DOC_STRING)
			return false;
		p = skip_blank(p, c->end);
		if (p == c->end || *p != ':')
			return false;
		p++;
	}
	p = take_value(p, c->end, ret_value);
	if (!p)
		return false;
	p = skip_blank(p, c->end);
	if (p < c->end && *p == ',')
		c->at = p + 1;
	return true;
}

static bool is_key(const struct doc_value *key, const char *name, size_t len)
{
	return key->len == len + 2 && !memcmp(key->at + 1, name, len);
}

/* A line is one object from its first byte to its last: where that ends need not be looked for. */
static bool take_root(const char *line, size_t len, struct doc_value *ret_root)
{
	const char *p = skip_blank(line, line + len), *end = line + len;

	while (end > p && skip_blank(end - 1, end) == end)
		end--;
	if (end - p < 2 || *p != '{' || end[-1] != '}')
		return false;
	*ret_root = (struct doc_value){ p, (uint32_t)(end - p), DOC_OBJECT };
	return true;
}

int doc_parse(struct doc *ret_doc, const char *line, size_t len)
{
	struct doc_value key, value;
	struct doc_cursor c;
	size_t next = 0;

	memset(ret_doc, 0, sizeof(*ret_doc));
	if (len > INT32_MAX || !take_root(line, len, &ret_doc->root))
		return -EBADMSG;
	c = doc_enter(&ret_doc->root);
	while (doc_next(&c, &key, &value)) {
		/* They come in order; a search goes around once. */
		for (size_t i = 0; i < DOC_KEYS; i++, next = (next + 1) % DOC_KEYS) {
			if (!is_key(&key, keys[next].name, keys[next].len))
				continue;
			ret_doc->keys[next] = value;
			next = (next + 1) % DOC_KEYS;
			break;
		}
	}
	return 0;
}

bool doc_member(const struct doc_value *object, const char *key, size_t len,
		struct doc_value *ret_value)
{
	struct doc_cursor c = doc_enter(object);
	struct doc_value name, value;

	while (c.is_object && doc_next(&c, &name, &value)) {
		if (is_key(&name, key, len)) {
			*ret_value = value;
			return true;
		}
	}
	*ret_value = (struct doc_value){ 0 };
	return false;
}

bool doc_arg(const struct doc *doc, const char *name, struct doc_value *ret_value)
{
	struct doc_cursor c = doc_enter(&doc->keys[DOC_ARGS]);
	struct doc_value key, arg, is;

	while (doc_next(&c, &key, &arg)) {
		if (doc_member(&arg, "name", 4, &is) && doc_is_text(&is, name))
			return doc_member(&arg, "value", 5, ret_value);
	}
	*ret_value = (struct doc_value){ 0 };
	return false;
}

static bool is_before(const struct doc_value *a, const struct doc_value *b)
{
	int order = memcmp(a->at, b->at, a->len < b->len ? a->len : b->len);

	return order ? order < 0 : a->len < b->len;
}

int doc_sorted(const struct doc_value *object, struct doc_pair ret_pairs[static DOC_SORTED_MAX])
{
	struct doc_cursor c = doc_enter(object);
	struct doc_pair pair = { .key.kind = DOC_NONE };
	size_t n = 0, i;

	while (c.is_object && doc_next(&c, &pair.key, &pair.value)) {
		if (n == DOC_SORTED_MAX)
			return -E2BIG;
		for (i = n++; i > 0 && is_before(&pair.key, &ret_pairs[i - 1].key); i--)
			ret_pairs[i] = ret_pairs[i - 1];
		ret_pairs[i] = pair;
	}
	return (int)n;
}

static bool digits(const char *p, size_t len, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(number, 10U, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(p[i] - '0'), &number))
			return false;
	}
	*ret_number = number;
	return true;
}

static bool number_text(const struct doc_value *v, const char **ret_at, size_t *ret_len)
{
	if (v->kind != DOC_NUMBER && v->kind != DOC_STRING)
		return false;
	*ret_at = v->at + (v->kind == DOC_STRING);
	*ret_len = v->len - (v->kind == DOC_STRING ? 2 : 0);
	return true;
}

bool doc_u64(const struct doc_value *v, uint64_t *ret_number)
{
	const char *at;
	size_t len;

	return number_text(v, &at, &len) && digits(at, len, ret_number);
}

bool doc_s64(const struct doc_value *v, int64_t *ret_number)
{
	const char *at;
	uint64_t number;
	size_t len, sign;

	if (!number_text(v, &at, &len))
		return false;
	sign = len > 0 && *at == '-';
	if (!digits(at + sign, len - sign, &number) || number > (uint64_t)INT64_MAX + sign)
		return false;
	*ret_number = (int64_t)(sign ? 0 - number : number);
	return true;
}

bool doc_is_empty(const struct doc_value *v)
{
	struct doc_cursor c;

	switch ((enum doc_kind)v->kind) {
	case DOC_NONE:
	case DOC_NULL:
		return true;
	case DOC_BOOL:
		return *v->at == 'f';
	case DOC_NUMBER:
		return v->len == 1 && *v->at == '0';
	case DOC_STRING:
		return v->len == 2;
	case DOC_ARRAY:
	case DOC_OBJECT:
		c = doc_enter(v);
		return skip_blank(c.at, c.end) == c.end;
	}
	return true;
}

bool doc_is_text(const struct doc_value *v, const char *text)
{
	return v->kind == DOC_STRING && is_key(v, text, strlen(text));
}
