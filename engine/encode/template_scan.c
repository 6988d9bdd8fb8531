/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/quote.h"
#include "engine/encode/template_parts.h"

int tmpl_refuse(struct tmpl_parser *p, const char *at, const char *fmt, ...)
{
	unsigned int line = 1, column = 1;
	char text[400];
	va_list args;

	for (const char *c = p->start; c < at; c++) {
		column++;
		if (*c == '\n') {
			line++;
			column = 1;
		}
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is fine */
	va_end(args);
	return err_set(p->err, -EINVAL, "%s:%u:%u: %s", p->name, line, column, text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void tmpl_blanks(struct tmpl_parser *p)
{
	while (p->at < p->end && is_blank(*p->at))
		p->at++;
}

bool tmpl_is_at(const struct tmpl_parser *p, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(p->end - p->at) >= len && !memcmp(p->at, text, len);
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

size_t tmpl_word(struct tmpl_parser *p, const char **ret_word)
{
	*ret_word = p->at;
	while (p->at < p->end && is_letter(*p->at))
		p->at++;
	return (size_t)(p->at - *ret_word);
}

bool tmpl_is_end(const struct tmpl_parser *p, bool *ret_trims)
{
	*ret_trims = p->at > p->start && is_blank(p->at[-1]) && tmpl_is_at(p, "-}}");
	return *ret_trims || tmpl_is_at(p, "}}");
}

int tmpl_node(struct tmpl_parser *p, enum tmpl_op op, enum tmpl_type type)
{
	struct tmpl *t = p->t;

	if (t->n_nodes == TMPL_NODES_MAX)
		return err_set(p->err, -E2BIG, "%s: a template with more than %u parts", p->name,
			       TMPL_NODES_MAX);
	t->nodes[t->n_nodes] = (struct tmpl_node){ .op = (uint8_t)op,
						   .type = (uint8_t)type,
						   .slot = TMPL_NO_SLOT,
						   .slot2 = TMPL_NO_SLOT };
	return t->n_nodes++;
}

void tmpl_keep(struct tmpl_parser *p, struct tmpl_node *node, const char *bytes, size_t len)
{
	struct tmpl *t = p->t;

	/* What is kept is never more than what was read. */
	memcpy(t->pool + t->pool_len, bytes, len);
	node->str = t->pool + t->pool_len;
	node->str_len = (uint32_t)len;
	t->pool_len += len;
}

static int raw_string(struct tmpl_parser *p)
{
	const char *start = p->at + 1;
	const char *end = memchr(start, '`', (size_t)(p->end - start));
	int node;

	if (!end)
		return tmpl_refuse(p, p->at, "a string without its end");
	node = tmpl_node(p, TN_STRING, TT_STRING);
	if (node > 0)
		tmpl_keep(p, &p->t->nodes[node], start, (size_t)(end - start));
	p->at = end + 1;
	return node;
}

/* The byte that \c stands for; -1: nothing that is known here. */
static int escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case '"':
	case '\\':
		return c;
	default:
		return -1;
	}
}

static int quoted_string(struct tmpl_parser *p)
{
	const char *start = p->at++;
	int node = tmpl_node(p, TN_STRING, TT_STRING), c;
	struct tmpl *t = p->t;

	if (node < 0)
		return node;
	t->nodes[node].str = t->pool + t->pool_len;
	for (; p->at < p->end && *p->at != '"' && *p->at != '\n'; p->at++) {
		c = (uint8_t)*p->at;
		if (c == '\\') {
			c = ++p->at < p->end ? escape(*p->at) : -1;
			if (c < 0)
				return tmpl_refuse(p, p->at - 1,
						   "this escape is not supported, expected \\n, "
						   "\\t, \\r, \\\" or \\\\");
		}
		t->pool[t->pool_len++] = (char)c;
		t->nodes[node].str_len++;
	}
	if (p->at == p->end || *p->at != '"')
		return tmpl_refuse(p, start, "a string without its end");
	p->at++;
	return node;
}

int tmpl_literal(struct tmpl_parser *p)
{
	return *p->at == '`' ? raw_string(p) : quoted_string(p);
}

int tmpl_number(struct tmpl_parser *p)
{
	const char *start = p->at;
	bool is_negative = *start == '-';
	char buf[QUOTE_CAP], text[QUOTE_CAP];
	int64_t number = 0;
	uint64_t base = 10;
	int node, digit;

	p->at += is_negative;
	if (tmpl_is_at(p, "0x") || tmpl_is_at(p, "0X")) {
		p->at += 2;
		base = 16;
	}
	for (const char *first = p->at;; p->at++) {
		char c = p->at < p->end ? *p->at : ' ';

		digit = c >= '0' && c <= '9' ? c - '0'
			: base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f'
				? (c | 0x20) - 'a' + 10
				: -1;
		if (digit < 0 && p->at > first && !is_letter(c) && c != '.')
			break;
		if (digit < 0 || __builtin_mul_overflow(number, (int64_t)base, &number) ||
		    __builtin_add_overflow(number, (int64_t)digit, &number)) {
			(void)snprintf(text, sizeof(text), "%.*s",
				       (int)(p->at - start) + (p->at < p->end), start);
			return tmpl_refuse(p, start,
					   "number '%s' is not supported, expected a "
					   "whole one of up to 63 bits",
					   quote_text(buf, text));
		}
	}
	node = tmpl_node(p, TN_NUMBER, TT_NUMBER);
	if (node > 0)
		p->t->nodes[node].number = is_negative ? -number : number;
	return node;
}
