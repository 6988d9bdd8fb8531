/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/cleanup.h"
#include "engine/encode/template_parts.h"

static struct tmpl_value boolean(bool truth)
{
	return (struct tmpl_value){ .kind = TV_BOOL, .type = TT_BOOL, .truth = truth };
}

static struct tmpl_value number(int64_t n)
{
	return (struct tmpl_value){ .kind = TV_NUMBER, .type = TT_NUMBER, .number = n };
}

/* --- Comparing. --- */

enum order {
	LESS = -1,
	SAME = 0,
	MORE = 1,
	APART = 2, /* of different kinds */
};

/* A number that fits neither is compared as its text, and has no order. */
static bool get_number(const struct tmpl_value *v, __int128 *ret_number)
{
	uint64_t u;
	int64_t s;

	if (v->kind == TV_NUMBER) {
		*ret_number = v->number;
		return true;
	}
	if (v->kind != TV_DOC || v->doc.kind != DOC_NUMBER)
		return false;
	if (doc_u64(&v->doc, &u))
		*ret_number = u;
	else if (doc_s64(&v->doc, &s))
		*ret_number = s;
	else
		return false;
	return true;
}

/* A string's next character as it is printed, without writing it all down. -1: the end. */
static int next_byte(const struct tmpl_value *v, size_t *at)
{
	bool is_doc = v->kind == TV_DOC;
	const char *bytes = is_doc ? v->doc.at + 1 : v->str;
	size_t len = is_doc ? v->doc.len - 2 : v->len;
	char next;

	if (*at >= len)
		return -1;
	next = *at + 1 < len ? bytes[*at + 1] : '\0';
	if (is_doc && bytes[*at] == '\\' && (next == '"' || next == '\\' || next == '/'))
		(*at)++;
	return (uint8_t)bytes[(*at)++];
}

static enum order compare_text(const struct tmpl_value *a, const struct tmpl_value *b)
{
	size_t at_a = 0, at_b = 0;
	int x, y;

	do {
		x = next_byte(a, &at_a);
		y = next_byte(b, &at_b);
	} while (x == y && x >= 0);
	return x < y ? LESS : x > y ? MORE : SAME;
}

static bool is_text(const struct tmpl_value *v)
{
	return v->kind == TV_TEXT || (v->kind == TV_DOC && v->doc.kind == DOC_STRING);
}

static int truth_of(const struct tmpl_value *v)
{
	if (v->kind == TV_BOOL)
		return v->truth;
	return v->kind == TV_DOC && v->doc.kind == DOC_BOOL ? *v->doc.at == 't' : -1;
}

static enum order compare(const struct tmpl_value *a, const struct tmpl_value *b)
{
	int truth_a = truth_of(a), truth_b = truth_of(b);
	__int128 x, y;

	if (is_text(a) && is_text(b))
		return compare_text(a, b);
	if (get_number(a, &x) && get_number(b, &y))
		return x < y ? LESS : x > y ? MORE : SAME;
	if (truth_a >= 0 && truth_b >= 0)
		return truth_a == truth_b ? SAME : APART;
	if (tmpl_is_nothing(a) && tmpl_is_nothing(b))
		return SAME;
	/* Fractions, lists and maps: the same when they are written the same. */
	if (a->kind == TV_DOC && b->kind == TV_DOC && a->doc.len == b->doc.len &&
	    !memcmp(a->doc.at, b->doc.at, a->doc.len))
		return SAME;
	return APART;
}

static struct tmpl_value call_eq(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	for (size_t i = 1; i < n; i++)
		if (compare(&args[0], &args[i]) == SAME)
			return boolean(true);
	return boolean(false);
}

static struct tmpl_value call_ne(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	(void)n;
	return boolean(compare(&args[0], &args[1]) != SAME);
}

static struct tmpl_value call_lt(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	(void)n;
	return boolean(compare(&args[0], &args[1]) == LESS);
}

static struct tmpl_value call_le(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	enum order order = compare(&args[0], &args[1]);

	(void)t;
	(void)n;
	return boolean(order == LESS || order == SAME);
}

static struct tmpl_value call_gt(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	(void)n;
	return boolean(compare(&args[0], &args[1]) == MORE);
}

static struct tmpl_value call_ge(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	enum order order = compare(&args[0], &args[1]);

	(void)t;
	(void)n;
	return boolean(order == MORE || order == SAME);
}

/* What can be compared at all is of one type, or of one that is not known. */
static bool check_compare(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	for (size_t i = 1; i < n; i++) {
		if (args[0]->type != args[i]->type && args[0]->type != TT_ANY &&
		    args[i]->type != TT_ANY)
			return snprintf(buf, cap, "compares %s with %s",
					tmpl_type_name(args[0]->type),
					tmpl_type_name(args[i]->type)) < 0;
	}
	return true;
}

static bool check_order(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	for (size_t i = 0; i < n; i++) {
		if (args[i]->type != TT_NUMBER && args[i]->type != TT_STRING &&
		    args[i]->type != TT_ANY)
			return snprintf(buf, cap, "orders %s, expected a number or a string",
					tmpl_type_name(args[i]->type)) < 0;
	}
	return check_compare(args, n, buf, cap);
}

/* --- Logic. --- */

static struct tmpl_value call_and(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	for (size_t i = 0; i < n; i++)
		if (!tmpl_truth(&args[i]))
			return args[i];
	return args[n - 1];
}

static struct tmpl_value call_or(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	for (size_t i = 0; i < n; i++)
		if (tmpl_truth(&args[i]))
			return args[i];
	return args[n - 1];
}

static struct tmpl_value call_not(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	(void)n;
	return boolean(!tmpl_truth(&args[0]));
}

/* --- Lists. --- */

static int64_t length(const struct tmpl_value *v)
{
	struct doc_value key, value;
	struct doc_cursor c;
	int64_t n = 0;
	size_t at = 0;

	if (is_text(v)) {
		while (next_byte(v, &at) >= 0)
			n++;
		return n;
	}
	if (v->kind != TV_DOC)
		return 0;
	for (c = doc_enter(&v->doc); doc_next(&c, &key, &value);)
		n++;
	return n;
}

static struct tmpl_value call_len(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	(void)t;
	(void)n;
	return number(length(&args[0]));
}

static bool check_len(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	uint8_t type = args[0]->type;

	(void)n;
	return type == TT_ANY || (type >= TT_ARGS && type <= TT_STRING) ||
	       snprintf(buf, cap, "of %s, expected a list or a string", tmpl_type_name(type)) < 0;
}

static struct tmpl_value call_index(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	struct tmpl_value v = { .kind = TV_NONE, .type = (uint8_t)tmpl_element(args[0].type) };
	const struct tmpl_value *of = &args[0], *which = &args[1];
	struct doc_value key;
	struct doc_cursor c;
	int64_t i = 0;
	__int128 at;

	(void)t;
	(void)n;
	if (of->kind != TV_DOC)
		return v;
	c = doc_enter(&of->doc);
	while (doc_next(&c, &key, &v.doc)) {
		struct tmpl_value name = { .kind = TV_DOC, .type = TT_STRING, .doc = key };

		if (of->doc.kind == DOC_ARRAY ? get_number(which, &at) && at == i
					      : is_text(which) && !compare_text(which, &name)) {
			v.kind = TV_DOC;
			return v;
		}
		i++;
	}
	return v;
}

static bool check_index(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	(void)n;
	if (args[0]->type != TT_ANY && (args[0]->type < TT_ARGS || args[0]->type > TT_NUMBERS))
		return snprintf(buf, cap, "of %s, expected a list or a map",
				tmpl_type_name(args[0]->type)) < 0;
	if (args[0]->type != TT_ANY && args[1]->type != TT_NUMBER && args[1]->type != TT_ANY)
		return snprintf(buf, cap, "with %s, expected a number",
				tmpl_type_name(args[1]->type)) < 0;
	return true;
}

/* TT_STRUCTS: what is in the first argument. */
const struct tmpl_function tmpl_functions[] = {
	{ "json", 1, 1, TT_STRING, tmpl_call_json, NULL },
	{ "toJson", 1, 1, TT_STRING, tmpl_call_json, NULL },
	{ "toRawJson", 1, 1, TT_STRING, tmpl_call_json, NULL },
	{ "printf", 1, TMPL_ARGS_MAX, TT_STRING, tmpl_call_printf, tmpl_check_printf },
	{ "eq", 2, TMPL_ARGS_MAX, TT_BOOL, call_eq, check_compare },
	{ "ne", 2, 2, TT_BOOL, call_ne, check_compare },
	{ "lt", 2, 2, TT_BOOL, call_lt, check_order },
	{ "le", 2, 2, TT_BOOL, call_le, check_order },
	{ "gt", 2, 2, TT_BOOL, call_gt, check_order },
	{ "ge", 2, 2, TT_BOOL, call_ge, check_order },
	{ "and", 1, TMPL_ARGS_MAX, TT_ANY, call_and, NULL },
	{ "or", 1, TMPL_ARGS_MAX, TT_ANY, call_or, NULL },
	{ "not", 1, 1, TT_BOOL, call_not, NULL },
	{ "len", 1, 1, TT_NUMBER, call_len, check_len },
	{ "index", 2, 2, TT_STRUCTS, call_index, check_index },
};
const size_t tmpl_n_functions = ARRAY_LEN(tmpl_functions);
