/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"
#include "engine/encode/plain.h"
#include "engine/encode/template_parts.h"

#define WIDTH_MAX 1024U

static struct tmpl_value boolean(bool truth)
{
	return (struct tmpl_value){ .kind = TV_BOOL, .type = TT_BOOL, .truth = truth };
}

static struct tmpl_value number(int64_t n)
{
	return (struct tmpl_value){ .kind = TV_NUMBER, .type = TT_NUMBER, .number = n };
}

/* What was written to the scratch since `start`. */
static struct tmpl_value scratched(struct tmpl *t, const char *start)
{
	if (t->scratch.is_cut && t->rc == 0)
		t->rc = -ENOBUFS;
	return (struct tmpl_value){ .kind = TV_TEXT,
				    .type = TT_STRING,
				    .str = start,
				    .len = (size_t)(t->scratch.at - start) };
}

/* --- Values as text. --- */

void tmpl_print(struct text *out, const struct tmpl_value *v)
{
	switch ((enum tmpl_value_kind)v->kind) {
	case TV_NONE:
		TEXT_LITERAL(out, "<no value>");
		return;
	case TV_NIL:
		TEXT_LITERAL(out, "<nil>");
		return;
	case TV_TEXT:
		text_bytes(out, v->str, v->len);
		return;
	case TV_NUMBER:
		text_s64(out, v->number);
		return;
	case TV_BOOL:
		text_bytes(out, v->truth ? "true" : "false", v->truth ? 4 : 5);
		return;
	case TV_DOC:
		if (v->type <= TT_ARGS) /* structures, and lists of them */
			text_bytes(out, v->doc.at, v->doc.len);
		else
			plain_value(out, &v->doc);
		return;
	}
}

bool tmpl_truth(const struct tmpl_value *v)
{
	switch ((enum tmpl_value_kind)v->kind) {
	case TV_NONE:
	case TV_NIL:
		return false;
	case TV_TEXT:
		return v->len > 0;
	case TV_NUMBER:
		return v->number != 0;
	case TV_BOOL:
		return v->truth;
	case TV_DOC:
		/* To Go a structure is true whatever is in it; one without a name is none. */
		return !doc_is_empty(&v->doc);
	}
	return false;
}

/* --- json --- */

static struct tmpl_value call_json(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	const struct tmpl_value *v = &args[0];
	char *start = t->scratch.at;

	(void)n;
	if (v->kind == TV_DOC)
		return (struct tmpl_value){
			.kind = TV_TEXT, .type = TT_STRING, .str = v->doc.at, .len = v->doc.len
		};
	if (v->kind == TV_NONE || v->kind == TV_NIL) {
		TEXT_LITERAL(&t->scratch, "null");
	} else if (v->kind != TV_TEXT) {
		tmpl_print(&t->scratch, v);
	} else if (v->len > TMPL_SCRATCH ||
		   v->len * JW_EXPANSION + 2 + JW_SLACK > (size_t)(t->scratch.end - start)) {
		t->scratch.is_cut = true;
	} else {
		t->scratch.at = jw_string(start, v->str, v->len);
	}
	return scratched(t, start);
}

/* --- printf --- */

/* One %-5d. */
struct verb {
	bool is_left, has_zeros;
	unsigned int width;
	char verb;
};

/* Behind its '%'; the text behind it, or NULL: it is none that is known. */
static const char *verb_read(const char *p, const char *end, struct verb *ret_verb)
{
	*ret_verb = (struct verb){ .width = 0 };
	for (; p < end && (*p == '-' || *p == '0'); p++) {
		ret_verb->is_left |= *p == '-';
		ret_verb->has_zeros |= *p == '0';
	}
	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		ret_verb->width = ret_verb->width * 10 + (unsigned int)(*p - '0');
		if (ret_verb->width > WIDTH_MAX)
			return NULL;
	}
	if (p == end || !memchr("sdvqtx%", *p, 7))
		return NULL;
	ret_verb->verb = *p;
	return p + 1;
}

static bool takes(char verb, enum tmpl_type type)
{
	switch (verb) {
	case 'd':
		return type == TT_NUMBER || type == TT_NUMBERS || type == TT_ANY;
	case 'x':
		return type == TT_NUMBER || type == TT_ANY;
	case 't':
		return type == TT_BOOL || type == TT_ANY;
	case 's':
		return type != TT_NUMBER && type != TT_NUMBERS && type != TT_BOOL;
	case 'q':
		return type == TT_STRING || type == TT_ANY;
	default:
		return true;
	}
}

static bool check_printf(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	const char *p = args[0]->str, *end = p + args[0]->str_len;
	struct verb verb;
	size_t used = 1;

	if (args[0]->op != TN_STRING)
		return snprintf(buf, cap, "without a format, expected a string") < 0;
	while ((p = memchr(p, '%', (size_t)(end - p)))) {
		p = verb_read(p + 1, end, &verb);
		if (!p)
			return snprintf(buf, cap,
					"with a verb that is not supported, expected %%s, %%d, "
					"%%v, %%q, %%t, %%x or %%%%, with '-', '0' and a width") <
			       0;
		if (verb.verb == '%')
			continue;
		if (used == n)
			return snprintf(buf, cap, "with more verbs than values") < 0;
		if (!takes(verb.verb, args[used]->type))
			return snprintf(buf, cap, "with '%%%c' for %s, expected '%%v'", verb.verb,
					tmpl_type_name(args[used]->type)) < 0;
		used++;
	}
	return used == n || snprintf(buf, cap, "with more values than verbs") < 0;
}

/* What the value is to Go, for %!d(string=x). */
static const char *kind_name(const struct tmpl_value *v)
{
	if (v->kind == TV_DOC) {
		static const char *const names[] = {
			[DOC_NONE] = "<nil>", [DOC_NULL] = "<nil>",    [DOC_BOOL] = "bool",
			[DOC_NUMBER] = "int", [DOC_STRING] = "string", [DOC_ARRAY] = "[]string",
			[DOC_OBJECT] = "map",
		};
		return names[v->doc.kind];
	}
	return v->kind == TV_TEXT ? "string" : v->kind == TV_NUMBER ? "int" : "bool";
}

/* The value is what the verb is for; known only now when its type was not. */
static bool suits(char verb, const struct tmpl_value *v)
{
	enum doc_kind kind = v->kind == TV_DOC      ? v->doc.kind
			     : v->kind == TV_TEXT   ? DOC_STRING
			     : v->kind == TV_NUMBER ? DOC_NUMBER
			     : v->kind == TV_BOOL   ? DOC_BOOL
						    : DOC_NULL;

	switch (verb) {
	case 'd':
		return kind == DOC_NUMBER || kind == DOC_ARRAY;
	case 'x':
		return kind == DOC_NUMBER;
	case 't':
		return kind == DOC_BOOL;
	case 's':
		return kind != DOC_NUMBER && kind != DOC_BOOL && kind != DOC_NULL;
	case 'q':
		return kind == DOC_STRING;
	default:
		return true;
	}
}

static void put_hex(struct text *out, const struct tmpl_value *v)
{
	char digits[JW_NUMBER_MAX + JW_SLACK];
	uint64_t number = 0;
	int64_t sign = v->number;

	if (v->kind == TV_DOC && !doc_u64(&v->doc, &number) && !doc_s64(&v->doc, &sign)) {
		plain_value(out, &v->doc); /* a fraction */
		return;
	}
	if (v->kind != TV_DOC || *v->doc.at == '-') {
		number = sign < 0 ? 0 - (uint64_t)sign : (uint64_t)sign;
		if (sign < 0)
			text_char(out, '-');
	}
	text_bytes(out, digits + 2, (size_t)(jw_hex(digits, number) - digits) - 2);
}

static void put_verb(struct tmpl *t, struct text *out, char verb, const struct tmpl_value *v)
{
	struct tmpl_value quoted;

	if (!suits(verb, v)) {
		TEXT_LITERAL(out, "%!");
		text_char(out, verb);
		text_char(out, '(');
		text_bytes(out, kind_name(v), strlen(kind_name(v)));
		text_char(out, '=');
		tmpl_print(out, v);
		text_char(out, ')');
	} else if (verb == 'x') {
		put_hex(out, v);
	} else if (verb == 'q' && v->kind == TV_TEXT) {
		quoted = call_json(t, v, 1); /* written where the text goes on */
		out->is_cut |= quoted.len == 0;
	} else if (verb == 'q') {
		text_bytes(out, v->doc.at, v->doc.len);
	} else {
		tmpl_print(out, v);
	}
}

/* Makes what was written since `start` as wide as it is to be. */
static void widen(struct text *out, size_t start, const struct verb *verb)
{
	size_t len = text_len(out) - start, have = text_width(out->start + start, len), more;
	char *at = out->start + start, fill = ' ';

	if (verb->is_left) {
		text_pad(out, start, verb->width);
		return;
	}
	if (have >= verb->width)
		return;
	more = verb->width - have;
	if (out->is_cut || more > (size_t)(out->end - out->at)) {
		out->is_cut = true;
		return;
	}
	if (verb->has_zeros && (verb->verb == 'd' || verb->verb == 'x')) {
		fill = '0';
		if (len > 0 && *at == '-') { /* the sign stays in front */
			at++;
			len--;
		}
	}
	memmove(at + more, at, len);
	memset(at, fill, more);
	out->at += more;
}

static struct tmpl_value call_printf(struct tmpl *t, const struct tmpl_value *args, size_t n)
{
	const char *p = args[0].str, *end = p + args[0].len, *next;
	char *start = t->scratch.at;
	struct verb verb;
	size_t used = 1, at;

	for (; (next = memchr(p, '%', (size_t)(end - p))); p = next) {
		text_bytes(&t->scratch, p, (size_t)(next - p));
		next = verb_read(next + 1, end, &verb);
		if (!next) /* not reached: it was checked */
			break;
		if (verb.verb == '%') {
			text_char(&t->scratch, '%');
			continue;
		}
		if (used == n) /* likewise */
			break;
		at = text_len(&t->scratch);
		put_verb(t, &t->scratch, verb.verb, &args[used++]);
		widen(&t->scratch, at, &verb);
	}
	text_bytes(&t->scratch, p, (size_t)(end - p));
	return scratched(t, start);
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

static bool is_nothing(const struct tmpl_value *v)
{
	return v->kind == TV_NIL || v->kind == TV_NONE ||
	       (v->kind == TV_DOC && v->doc.kind == DOC_NULL);
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
	if (is_nothing(a) && is_nothing(b))
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
	{ "json", 1, 1, TT_STRING, call_json, NULL },
	{ "toJson", 1, 1, TT_STRING, call_json, NULL },
	{ "toRawJson", 1, 1, TT_STRING, call_json, NULL },
	{ "printf", 1, TMPL_ARGS_MAX, TT_STRING, call_printf, check_printf },
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
