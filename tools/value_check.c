/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/value_check.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/filter.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/encode/symbols.h"
#include "engine/policy/filter.h"

/* A decoder cannot be asked for its names, only for those of a number: these numbers are tried, and
 * each bit, and a few that lie far out. Covers PTRACE_SETOPTIONS and its neighbours at 0x4200. */
#define NUMBERS 0x4300U

static const int64_t far_out[] = {
	-100,       /* AT_FDCWD */
	0x53564d41, /* PR_SET_VMA */
	0x59616d61, /* PR_SET_PTRACER */
};

/* What is done with each name; true ends it. */
typedef bool (*name_fn)(void *arg, const char *name, size_t len);

static bool split(const char *text, size_t len, name_fn fn, void *arg)
{
	for (size_t at = 0, n; at < len; at += n + 1) {
		const char *end = memchr(text + at, '|', len - at);

		n = end ? (size_t)(end - text) - at : len - at;
		if (n > 0 && fn(arg, text + at, n))
			return true;
	}
	return false;
}

static bool names_of(sym_fn symbol, uint64_t value, name_fn fn, void *arg)
{
	char text[SYM_TEXT_MAX];

	return split(text, symbol(text, sizeof(text), value, NULL), fn, arg);
}

static bool each_name(sym_fn symbol, name_fn fn, void *arg)
{
	for (uint64_t value = 0; value < NUMBERS; value++)
		if (names_of(symbol, value, fn, arg))
			return true;
	for (unsigned int bit = 0; bit < 64; bit++)
		if (names_of(symbol, 1ULL << bit, fn, arg))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(far_out); i++)
		if (names_of(symbol, (uint64_t)far_out[i], fn, arg))
			return true;
	return false;
}

struct wanted {
	const char *name;
	size_t len;
};

static bool is_it(void *arg, const char *name, size_t len)
{
	const struct wanted *w = arg;

	return len == w->len && memcmp(name, w->name, len) == 0;
}

static bool is_name(const char *text, size_t len)
{
	return len > 0 && (*text < '0' || *text > '9') && *text != '-';
}

static bool offer(void *arg, const char *name, size_t len)
{
	if (is_name(name, len)) /* and no number */
		nearest_offer(arg, name, len);
	return false;
}

static bool any(void *arg, const char *name, size_t len)
{
	(void)arg;
	return is_name(name, len);
}

struct search {
	sym_fn symbol;
	struct wanted unknown; /* the first name that is none of the field's */
};

static bool is_unknown(void *arg, const char *name, size_t len)
{
	struct search *s = arg;
	struct wanted w = { name, len };

	if (!is_name(name, len) || each_name(s->symbol, is_it, &w))
		return false;
	s->unknown = w;
	return true;
}

static bool has_no_such_name(sym_fn symbol, const struct pol_term *term, char *why, size_t cap)
{
	struct search s = { .symbol = symbol };
	char name[QUOTE_CAP], shown[QUOTE_CAP];
	struct nearest near;

	/* No names at all: they depend on another field, which only an event has. */
	if (!each_name(symbol, any, NULL) || !split(term->text, term->len, is_unknown, &s))
		return false;
	(void)snprintf(name, sizeof(name), "%.*s", (int)s.unknown.len, s.unknown.name);
	nearest_init(&near, name);
	(void)each_name(symbol, offer, &near);
	if (near.best[0])
		(void)snprintf(why, cap, "'%s' is no name of a value; did you mean '%s'?",
			       quote_text(shown, name), near.best);
	else
		(void)snprintf(why, cap, "'%s' is no name of a value", quote_text(shown, name));
	return true;
}

bool vcheck_is_never(const struct event_def *event, const struct pol_filter *filter,
		     const struct pol_term *term, char *why, size_t cap)
{
	const struct event_field *field;
	char shown[QUOTE_CAP];
	sym_fn symbol;

	if (!event || filter->subject != POL_SUBJECT_DATA || filter->path ||
	    term->kind != POL_TERM_EXACT || term->is_number)
		return false;
	field = &event->fields[filter->field];
	if (!filter_is_number(field->kind))
		return false;
	symbol = sym_find(event, field->name);
	if (symbol)
		return has_no_such_name(symbol, term, why, cap);
	(void)snprintf(why, cap, "'%s' is not a number, and the numbers of '%s' have no names",
		       quote_text(shown, term->text), field->name);
	return true;
}
