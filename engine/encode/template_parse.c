/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/encode/template_parts.h"

/* What ended a block. */
enum tmpl_stop {
	STOP_TEXT, /* the template's end */
	STOP_END,
	STOP_ELSE, /* the parser is behind the word */
};

/* A block that is being made. */
struct tmpl_block {
	uint16_t first, last;
	enum tmpl_stop stop;
	const char *stop_at; /* its action */
};

static void append(struct tmpl_parser *p, struct tmpl_block *block, int node)
{
	if (block->last)
		p->t->nodes[block->last].next = (uint16_t)node;
	else
		block->first = (uint16_t)node;
	block->last = (uint16_t)node;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The text up to the next action, without the blanks that the action takes away. */
static int text(struct tmpl_parser *p, struct tmpl_block *block)
{
	const char *start = p->at, *end;
	int node;

	while (p->at < p->end && !tmpl_is_at(p, "{{"))
		p->at++;
	end = p->at;
	if (p->end - p->at > 3 && p->at[2] == '-' && is_blank(p->at[3]))
		while (end > start && is_blank(end[-1]))
			end--;
	if (end == start)
		return 0;
	node = tmpl_node(p, TN_TEXT, TT_STRING);
	if (node < 0)
		return node;
	tmpl_keep(p, &p->t->nodes[node], start, (size_t)(end - start));
	append(p, block, node);
	return 0;
}

/* The end of an action, and the blanks behind it that it takes away. */
static int action_end(struct tmpl_parser *p)
{
	char buf[QUOTE_CAP], c[2] = "";
	bool trims;

	tmpl_blanks(p);
	if (p->at == p->end)
		return tmpl_refuse(p, p->at, "an action without its '}}'");
	if (!tmpl_is_end(p, &trims)) {
		c[0] = *p->at;
		return tmpl_refuse(p, p->at, "'%s' is not expected here, expected '}}'",
				   quote_text(buf, c));
	}
	p->at += trims ? 3 : 2;
	if (trims)
		tmpl_blanks(p);
	return 0;
}

/* The parser is at its slash. */
static int comment(struct tmpl_parser *p, const char *start)
{
	while (p->at < p->end && !tmpl_is_at(p, "*/"))
		p->at++;
	if (p->at == p->end)
		return tmpl_refuse(p, start, "a comment without its end");
	p->at += 2;
	return action_end(p);
}

/* --- Variables. --- */

/* The names before := in {{ $a := ..}} or {{ range $a, $b := ..}}; how many there are. */
struct declared {
	const char *name[2];
	size_t len[2];
	unsigned int n;
};

/* Whether there are any: a '$' may as well begin a value. The parser stays where it is then. */
static int declarations(struct tmpl_parser *p, unsigned int n_max, struct declared *ret)
{
	const char *start = p->at, *name;

	*ret = (struct declared){ .n = 0 };
	while (p->at < p->end && *p->at == '$' && ret->n < n_max) {
		ret->name[ret->n] = p->at++;
		ret->len[ret->n] = tmpl_word(p, &name) + 1;
		if (ret->len[ret->n++] == 1)
			break;
		tmpl_blanks(p);
		if (tmpl_is_at(p, ":=")) {
			p->at += 2;
			tmpl_blanks(p);
			return 0;
		}
		if (tmpl_is_at(p, "="))
			return tmpl_refuse(p, p->at, "'=' is not supported, expected ':='");
		if (p->at == p->end || *p->at != ',')
			break;
		p->at++;
		tmpl_blanks(p);
	}
	p->at = start;
	ret->n = 0;
	return 0;
}

/* --- Blocks. --- */

static int block(struct tmpl_parser *p, struct tmpl_block *ret_block);

/* A block whose dot and variables are its own. */
static int inner(struct tmpl_parser *p, const char *at, enum tmpl_type dot,
		 struct tmpl_block *ret_block)
{
	enum tmpl_type outer = p->dot;
	uint8_t n_vars = p->n_vars;
	int r;

	if (++p->depth > TMPL_DEPTH_MAX)
		return tmpl_refuse(p, at, "more than %u brackets or blocks in one another",
				   TMPL_DEPTH_MAX);
	p->dot = dot;
	r = block(p, ret_block);
	p->dot = outer;
	p->n_vars = n_vars;
	p->depth--;
	if (r == 0 && ret_block->stop == STOP_TEXT)
		return tmpl_refuse(p, at, "a block without its {{ end }}");
	return r;
}

static int conditional(struct tmpl_parser *p, const char *at, enum tmpl_op op);

/* What follows {{ else: }} or another if. */
static int otherwise(struct tmpl_parser *p, const char *at, int node)
{
	struct tmpl_block other = { .first = 0 };
	const char *name;
	size_t len;
	int r;

	tmpl_blanks(p);
	at = p->at;
	len = tmpl_word(p, &name);
	if (len == 2 && !memcmp(name, "if", 2) && p->t->nodes[node].op == TN_IF) {
		if (++p->depth > TMPL_DEPTH_MAX)
			return tmpl_refuse(p, at, "more than %u blocks in one another",
					   TMPL_DEPTH_MAX);
		r = conditional(p, at, TN_IF); /* its {{ end }} is ours too */
		p->depth--;
		if (r < 0)
			return r;
		p->t->nodes[node].c = (uint16_t)r;
		return 0;
	}
	p->at = at;
	r = action_end(p);
	if (r == 0)
		r = inner(p, at, p->dot, &other);
	if (r < 0)
		return r;
	if (other.stop == STOP_ELSE)
		return tmpl_refuse(p, other.stop_at, "a second {{ else }}");
	p->t->nodes[node].c = other.first;
	return action_end(p);
}

/* What both kinds of block have behind their beginning. */
static int rest(struct tmpl_parser *p, const char *at, int node, enum tmpl_type dot)
{
	struct tmpl_block then = { .first = 0 };
	int r = action_end(p);

	if (r == 0)
		r = inner(p, at, dot, &then);
	if (r < 0)
		return r;
	p->t->nodes[node].b = then.first;
	return then.stop == STOP_ELSE ? otherwise(p, at, node) : action_end(p);
}

/* Behind the word `if` or `with`. */
static int conditional(struct tmpl_parser *p, const char *at, enum tmpl_op op)
{
	struct declared declared;
	uint8_t n_vars = p->n_vars;
	int node, what, r;

	tmpl_blanks(p);
	r = declarations(p, 1, &declared);
	if (r < 0)
		return r;
	node = tmpl_node(p, op, TT_ANY);
	if (node < 0)
		return node;
	what = tmpl_pipeline(p);
	if (what < 0)
		return what;
	p->t->nodes[node].a = (uint16_t)what;
	if (declared.n > 0) {
		r = tmpl_declare(p, declared.name[0], declared.len[0], p->t->nodes[what].type);
		if (r < 0)
			return r;
		p->t->nodes[node].slot = (uint8_t)r;
	}
	r = rest(p, at, node, op == TN_WITH ? p->t->nodes[what].type : p->dot);
	p->n_vars = n_vars;
	return r < 0 ? r : node;
}

/* Behind the word `range`. */
static int range(struct tmpl_parser *p, const char *at)
{
	struct declared declared;
	uint8_t n_vars = p->n_vars;
	enum tmpl_type type, index;
	int node, what, r;

	tmpl_blanks(p);
	r = declarations(p, 2, &declared);
	if (r < 0)
		return r;
	node = tmpl_node(p, TN_RANGE, TT_ANY);
	if (node < 0)
		return node;
	what = tmpl_pipeline(p);
	if (what < 0)
		return what;
	p->t->nodes[node].a = (uint16_t)what;
	type = p->t->nodes[what].type;
	if (type != TT_ARGS && type != TT_STRINGS && type != TT_NUMBERS && type != TT_ANY)
		return tmpl_refuse(p, at, "a range over %s, expected a list", tmpl_type_name(type));
	index = type == TT_ANY ? TT_ANY : TT_NUMBER; /* a map's are its keys */
	for (unsigned int i = 0; i < declared.n; i++) {
		bool is_index = declared.n == 2 && i == 0;

		r = tmpl_declare(p, declared.name[i], declared.len[i],
				 is_index ? index : tmpl_element(type));
		if (r < 0)
			return r;
		if (is_index)
			p->t->nodes[node].slot2 = (uint8_t)r;
		else
			p->t->nodes[node].slot = (uint8_t)r;
	}
	r = rest(p, at, node, tmpl_element(type));
	p->n_vars = n_vars;
	return r < 0 ? r : node;
}

/* --- Actions. --- */

/* {{ pipeline }} or {{ $x := pipeline }} */
static int statement(struct tmpl_parser *p)
{
	struct declared declared;
	int node, what, slot, r = declarations(p, 1, &declared);

	if (r < 0)
		return r;
	node = tmpl_node(p, declared.n ? TN_SET : TN_PRINT, TT_ANY);
	if (node < 0)
		return node;
	what = tmpl_pipeline(p);
	if (what < 0)
		return what;
	p->t->nodes[node].a = (uint16_t)what;
	if (declared.n > 0) {
		slot = tmpl_declare(p, declared.name[0], declared.len[0], p->t->nodes[what].type);
		if (slot < 0)
			return slot;
		p->t->nodes[node].slot = (uint8_t)slot;
	}
	r = action_end(p);
	return r < 0 ? r : node;
}

static bool is_word(const char *word, size_t len, const char *expect)
{
	return strlen(expect) == len && !memcmp(word, expect, len);
}

/* Go has them, and this has not. */
static bool is_unsupported(const char *word, size_t len)
{
	static const char *const words[] = { "define", "template", "block", "break", "continue" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (is_word(word, len, words[i]))
			return true;
	return false;
}

/* One action; its node, 0: none. *ret_stop is set where it ends the block. */
static int action(struct tmpl_parser *p, struct tmpl_block *in, bool *ret_stops)
{
	const char *start = p->at, *word;
	size_t len;

	p->at += 2;
	if (p->end - p->at > 1 && p->at[0] == '-' && is_blank(p->at[1]))
		p->at++;
	tmpl_blanks(p);
	if (tmpl_is_at(p, "/*"))
		return comment(p, start);
	len = tmpl_word(p, &word);
	if (is_word(word, len, "if"))
		return conditional(p, start, TN_IF);
	if (is_word(word, len, "with"))
		return conditional(p, start, TN_WITH);
	if (is_word(word, len, "range"))
		return range(p, start);
	if (is_word(word, len, "end") || is_word(word, len, "else")) {
		in->stop = len == 3 ? STOP_END : STOP_ELSE;
		in->stop_at = start;
		*ret_stops = true;
		return 0;
	}
	if (is_unsupported(word, len))
		return tmpl_refuse(p, word,
				   "action '%.*s' is not supported, expected if, range, with, a "
				   "field or a function",
				   (int)len, word);
	p->at = word;
	return statement(p);
}

/* To its {{ end }} or {{ else, of which the rest is to be read, or to the template's end. */
static int block(struct tmpl_parser *p, struct tmpl_block *ret_block)
{
	bool stops = false;
	int r;

	*ret_block = (struct tmpl_block){ .stop = STOP_TEXT };
	while (p->at < p->end) {
		r = text(p, ret_block);
		if (r < 0 || p->at == p->end)
			return r;
		r = action(p, ret_block, &stops);
		if (r < 0 || stops)
			return r < 0 ? r : 0;
		if (r > 0)
			append(p, ret_block, r);
	}
	return 0;
}

int tmpl_parse(struct tmpl_parser *p)
{
	struct tmpl_block all;
	int r;

	p->dot = TT_EVENT;
	r = tmpl_node(p, TN_END, TT_ANY); /* so that no other one is 0 */
	if (r == 0)
		r = block(p, &all);
	if (r < 0)
		return r;
	if (all.stop != STOP_TEXT)
		return tmpl_refuse(p, all.stop_at, "{{ %s }} without a block",
				   all.stop == STOP_END ? "end" : "else");
	p->t->first = all.first;
	return 0;
}
