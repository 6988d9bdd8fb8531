/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_check (prefix vcheck_): values of filters on numeric fields that no event can have: a text
 * that is no number, on a field whose numbers have no names; a name that the field's numbers have
 * not. These are valid, as they are in Tracee, and match nothing; whoever wrote `O_RDONYL` did not
 * mean that. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct event_def;
struct pol_filter;
struct pol_term;

/* True when the value cannot be; `why` says it then, with the nearest name if there is one. `event`
 * is the rule's; NULL: it has none, and nothing is wrong. */
bool vcheck_is_never(const struct event_def *event, const struct pol_filter *filter,
		     const struct pol_term *term, char *why, size_t cap);
