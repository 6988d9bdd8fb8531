/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "engine/encode/json_write.h"
#include "engine/encode/plain.h"
#include "engine/encode/template_parts.h"

#define WIDTH_MAX 1024U

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
		if (v->type >= TT_ARGS && v->type <= TT_NUMBERS) /* to Go a list without elements */
			TEXT_LITERAL(out, "[]");
		else
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

bool tmpl_is_nothing(const struct tmpl_value *v)
{
	return v->kind == TV_NIL || v->kind == TV_NONE ||
	       (v->kind == TV_DOC && v->doc.kind == DOC_NULL);
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

struct tmpl_value tmpl_call_json(struct tmpl *t, const struct tmpl_value *args, size_t n)
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

bool tmpl_check_printf(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap)
{
	const char *p, *end;
	struct verb verb;
	size_t used = 1;

	if (args[0]->op != TN_STRING)
		return snprintf(buf, cap, "without a format, expected a string") < 0;
	p = args[0]->str;
	end = p + args[0]->str_len;
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
		if (!tmpl_is_nothing(v)) {
			text_bytes(out, kind_name(v), strlen(kind_name(v)));
			text_char(out, '=');
		}
		tmpl_print(out, v);
		text_char(out, ')');
	} else if (verb == 'x') {
		put_hex(out, v);
	} else if (verb == 'q' && v->kind == TV_TEXT) {
		quoted = tmpl_call_json(t, v, 1); /* written where the text goes on */
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

struct tmpl_value tmpl_call_printf(struct tmpl *t, const struct tmpl_value *args, size_t n)
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
