/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>

#include "common/nearest.h"
#include "common/quote.h"
#include "engine/encode/template_parts.h"

/* A piece of the template for a message. */
static const char *shown(char buf[static QUOTE_CAP], const char *at, size_t len)
{
	char text[QUOTE_MAX + 2];

	(void)snprintf(text, sizeof(text), "%.*s", (int)(len < QUOTE_MAX + 1 ? len : QUOTE_MAX + 1),
		       at); /* cut is fine */
	return quote_text(buf, text);
}

/* --- Fields. --- */

static int unknown_field(struct tmpl_parser *p, enum tmpl_type type, const char *name, size_t len)
{
	char buf[QUOTE_CAP], nearest[200];

	(void)shown(buf, name, len);
	if (type >= TT_STRUCTS)
		return tmpl_refuse(p, name, "field '%s' of %s, which has none", buf,
				   tmpl_type_name(type));
	return tmpl_refuse(p, name, "field '%s' is not known of %s, expected %s", buf,
			   tmpl_type_name(type),
			   tmpl_field_nearest(type, buf, nearest, sizeof(nearest)));
}

/* .name of node `base`. */
static int field_of(struct tmpl_parser *p, int base, const char *name, size_t len)
{
	enum tmpl_type type = p->t->nodes[base].type;
	const struct tmpl_field *field = tmpl_field_find(type, name, len);
	struct tmpl_node *n;
	int node;

	if (!field && type != TT_ANY)
		return unknown_field(p, type, name, len);
	node = tmpl_node(p, type == TT_EVENT ? TN_KEY : TN_FIELD, field ? field->type : TT_ANY);
	if (node < 0)
		return node;
	n = &p->t->nodes[node];
	n->a = (uint16_t)base;
	if (type == TT_EVENT) {
		n->number = field - tmpl_field_find(TT_EVENT, "Timestamp", 9);
	} else if (field) {
		n->str = field->json;
		n->str_len = (uint32_t)strlen(field->json);
	} else {
		tmpl_keep(p, n, name, len);
	}
	return node;
}

/* What follows a value: .Name.Name */
static int fields(struct tmpl_parser *p, int node)
{
	const char *name;
	size_t len;

	while (node > 0 && p->at < p->end && *p->at == '.') {
		p->at++;
		len = tmpl_word(p, &name);
		if (len == 0)
			return tmpl_refuse(p, p->at, "a '.' without the name of a field");
		node = field_of(p, node, name, len);
	}
	return node;
}

static int dot(struct tmpl_parser *p)
{
	int node = tmpl_node(p, TN_DOT, p->dot);
	const char *name;
	size_t len;

	p->at++;
	len = tmpl_word(p, &name);
	if (node < 0 || len == 0)
		return node;
	node = field_of(p, node, name, len);
	return fields(p, node);
}

/* --- Variables. --- */

int tmpl_declare(struct tmpl_parser *p, const char *name, size_t len, enum tmpl_type type)
{
	if (p->n_vars == TMPL_VARS_MAX)
		return tmpl_refuse(p, name, "more than %u variables at a time", TMPL_VARS_MAX);
	p->vars[p->n_vars].name = name;
	p->vars[p->n_vars].len = len;
	p->vars[p->n_vars].type = (uint8_t)type;
	return p->n_vars++;
}

static int variable(struct tmpl_parser *p)
{
	const char *start = p->at++, *name;
	size_t len = tmpl_word(p, &name);
	char buf[QUOTE_CAP];
	int node;

	if (len == 0) {
		node = tmpl_node(p, TN_ROOT, TT_EVENT);
		return fields(p, node);
	}
	for (unsigned int i = p->n_vars; i-- > 0;) {
		if (p->vars[i].len != len + 1 || memcmp(p->vars[i].name, start, len + 1))
			continue;
		node = tmpl_node(p, TN_VAR, p->vars[i].type);
		if (node > 0)
			p->t->nodes[node].slot = (uint8_t)i;
		return fields(p, node);
	}
	return tmpl_refuse(p, start, "variable '%s' is not known here", shown(buf, start, len + 1));
}

/* --- Functions. --- */

static const struct tmpl_function *function_find(const char *name, size_t len)
{
	for (size_t i = 0; i < tmpl_n_functions; i++)
		if (strlen(tmpl_functions[i].name) == len &&
		    !memcmp(tmpl_functions[i].name, name, len))
			return &tmpl_functions[i];
	return NULL;
}

static int unknown_function(struct tmpl_parser *p, const char *name, size_t len)
{
	char buf[QUOTE_CAP], all[200];
	struct nearest nearest;
	size_t at = 0;

	(void)shown(buf, name, len);
	nearest_init(&nearest, buf);
	for (size_t i = 0; i < tmpl_n_functions; i++) {
		const char *known = tmpl_functions[i].name;

		nearest_offer(&nearest, known, strlen(known));
		at += (size_t)snprintf(all + at, at < sizeof(all) ? sizeof(all) - at : 0, "%s%s",
				       i ? ", " : "", known);
	}
	if (nearest.best[0])
		return tmpl_refuse(p, name, "function '%s' is not supported, expected '%s'", buf,
				   nearest.best);
	return tmpl_refuse(p, name, "function '%s' is not supported, expected one of %s", buf, all);
}

static int operand(struct tmpl_parser *p);

/* The command is at its end: }}, |, ) or :=, which is wrong then. */
static bool is_command_end(const struct tmpl_parser *p)
{
	bool trims;

	return p->at == p->end || *p->at == '|' || *p->at == ')' || tmpl_is_end(p, &trims);
}

static int check_call(struct tmpl_parser *p, const char *at, const struct tmpl_function *fn,
		      struct tmpl_node *call)
{
	const struct tmpl_node *args[TMPL_ARGS_MAX];
	size_t n = 0;
	char text[200];

	for (uint16_t i = call->a; i && n < TMPL_ARGS_MAX; i = p->t->nodes[i].next)
		args[n++] = &p->t->nodes[i];
	if (n < fn->n_min || n > fn->n_max) {
		if (fn->n_min == fn->n_max)
			return tmpl_refuse(p, at, "function '%s' with %zu arguments, expected %u",
					   fn->name, n, fn->n_min);
		return tmpl_refuse(p, at, "function '%s' with %zu arguments, expected %u to %u",
				   fn->name, n, fn->n_min, fn->n_max);
	}
	if (fn->check && !fn->check(args, n, text, sizeof(text)))
		return tmpl_refuse(p, at, "function '%s' %s", fn->name, text);
	call->number = (int64_t)n;
	/* What `index` takes out of a list is known, if the list is. */
	if (fn->type == TT_STRUCTS)
		call->type = (uint8_t)tmpl_element(args[0]->type);
	return 0;
}

/* The function's name was read; `last` (0: none) is what came through the pipe. */
static int call(struct tmpl_parser *p, const char *name, size_t len, int last)
{
	const struct tmpl_function *fn = function_find(name, len);
	int node, arg = 0, previous = 0, r;
	size_t n = 0;

	if (!fn)
		return unknown_function(p, name, len);
	node = tmpl_node(p, TN_CALL, fn->type);
	if (node < 0)
		return node;
	p->t->nodes[node].slot = (uint8_t)(fn - tmpl_functions);
	for (;; n++) {
		tmpl_blanks(p);
		arg = is_command_end(p) ? last : operand(p);
		if (arg < 0)
			return arg;
		if (arg == 0)
			break;
		if (n == TMPL_ARGS_MAX)
			return tmpl_refuse(p, name, "more than %u arguments", TMPL_ARGS_MAX);
		if (previous)
			p->t->nodes[previous].next = (uint16_t)arg;
		else
			p->t->nodes[node].a = (uint16_t)arg;
		previous = arg;
		if (arg == last)
			break;
	}
	r = check_call(p, name, fn, &p->t->nodes[node]);
	return r < 0 ? r : node;
}

static int constant(struct tmpl_parser *p, enum tmpl_op op, enum tmpl_type type, int64_t number)
{
	int node = tmpl_node(p, op, type);

	if (node > 0)
		p->t->nodes[node].number = number;
	return node;
}

/* true, false, nil, or a function: then *ret_is_function, and nothing is made of it. */
static int word(struct tmpl_parser *p, bool *ret_is_function)
{
	const char *name;
	size_t len = tmpl_word(p, &name);

	*ret_is_function = false;
	if (len == 4 && !memcmp(name, "true", 4))
		return constant(p, TN_BOOL, TT_BOOL, 1);
	if (len == 5 && !memcmp(name, "false", 5))
		return constant(p, TN_BOOL, TT_BOOL, 0);
	if (len == 3 && !memcmp(name, "nil", 3))
		return constant(p, TN_NIL, TT_ANY, 0);
	*ret_is_function = true;
	p->at = name;
	return 0;
}

static int brackets(struct tmpl_parser *p)
{
	const char *start = p->at++;
	int node;

	if (++p->depth > TMPL_DEPTH_MAX)
		return tmpl_refuse(p, start, "more than %u brackets or blocks in one another",
				   TMPL_DEPTH_MAX);
	node = tmpl_pipeline(p);
	p->depth--;
	if (node < 0)
		return node;
	if (p->at == p->end || *p->at != ')')
		return tmpl_refuse(p, start, "a '(' without its ')'");
	p->at++;
	return fields(p, node);
}

static int unexpected(struct tmpl_parser *p)
{
	char buf[QUOTE_CAP];

	return tmpl_refuse(p, p->at, "'%s' is not expected here", shown(buf, p->at, 1));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One value. A function has to be in brackets, unless it takes none of what follows. */
static int operand(struct tmpl_parser *p)
{
	bool is_function;
	const char *name;
	size_t len;
	int node;

	if (p->at == p->end)
		return tmpl_refuse(p, p->at, "an action without its '}}'");
	if (*p->at == '.')
		return dot(p);
	if (*p->at == '$')
		return variable(p);
	if (*p->at == '(')
		return brackets(p);
	if (*p->at == '"' || *p->at == '`')
		return tmpl_literal(p);
	if (is_digit(*p->at) || (*p->at == '-' && p->at + 1 < p->end && is_digit(p->at[1])))
		return tmpl_number(p);
	node = word(p, &is_function);
	if (!is_function)
		return node;
	len = tmpl_word(p, &name);
	if (len == 0)
		return unexpected(p);
	if (!function_find(name, len))
		return unknown_function(p, name, len);
	return tmpl_refuse(p, name, "a function as argument, expected it in brackets");
}

/* A function with its arguments, or one value. */
static int command(struct tmpl_parser *p, int last)
{
	bool is_function = false;
	const char *start, *name;
	size_t len;
	int node = 0;

	tmpl_blanks(p);
	start = p->at;
	if (is_command_end(p))
		return tmpl_refuse(p, p->at, "a value or function is missing");
	if ((*start | 0x20) >= 'a' && (*start | 0x20) <= 'z')
		node = word(p, &is_function);
	if (is_function) {
		len = tmpl_word(p, &name);
		return call(p, name, len, last);
	}
	if (node == 0)
		node = operand(p);
	if (node < 0)
		return node;
	if (last)
		return tmpl_refuse(p, start, "a value behind '|', expected a function");
	tmpl_blanks(p);
	return is_command_end(p) ? node : unexpected(p);
}

int tmpl_pipeline(struct tmpl_parser *p)
{
	int node = command(p, 0);

	while (node > 0 && p->at < p->end && *p->at == '|') {
		p->at++;
		node = command(p, node);
	}
	return node;
}
