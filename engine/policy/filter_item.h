/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_item (prefix fitem_): one text to one filter: its name, its operator, its values. The part
 * of `filter` that reads. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/event_def.h"
#include "engine/policy/filter.h"
#include "engine/policy/filter_term.h"

/* A scope or filter on its way from text to struct pol_filter. */
struct fitem {
	const char *what; /* "scope" or "filter" */
	enum pol_filter_place place;
	const struct event_def *event;
	bool any_field; /* the event's fields are not known: any may be right */
	char *text;     /* owned: trimmed */
	size_t name_len;
	const char *value; /* in text, behind the operator; NULL: there is none */
	enum pol_op op;
	bool is_pattern;
	struct fterm_rules rules;
	struct fterm_list terms;
	struct pol_filter filter; /* without its terms until it is complete */
	struct err *err;
};

/* "scope 'x'" and then `fmt`; returns the code. */
int fitem_refuse(const struct fitem *it, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/*
 * Reads `text` into an item of which what, place, event, any_field and err are set. 1: the filter
 * and its terms are complete; 0: it was a word that is no filter, told in `extra` (only scopes have
 * them, otherwise NULL will do). Errors are pol_filter_add()'s.
 */
int fitem_read(struct fitem *it, const char *text, struct pol_filter_extra *extra);
/* Frees what it owns, what was read included. */
void fitem_done(struct fitem *it);
