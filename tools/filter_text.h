/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_text (prefix ftext_): what policies say, as text for people and for documents. All that is
 * returned by pointer to char or json_t is the caller's to free, NULL when memory is short. Thread:
 * main.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/policy/policy.h"

struct json_t;

#define FTEXT_TIME_CAP 40 /* bytes of a time with its NUL */

/* "data.pathname=/etc/a*,*b"; conditions of several operators have a blank between them. */
char *ftext_filter(const struct pol_filter *filter);
/* Array of such texts. */
struct json_t *ftext_filters(const struct pol_filters *filters);
/* The text as a JSON string: what is not UTF-8 in it, or a control character, is '?'. */
struct json_t *ftext_string(const char *text);

/* "2026-12-31T18:00:00Z" of seconds since the epoch; "never" of INT64_MAX. Returns `buf`. */
const char *ftext_time(char buf[static FTEXT_TIME_CAP], int64_t time_s);
/* The same to the nanosecond, of nanoseconds. */
const char *ftext_time_ns(char buf[static FTEXT_TIME_CAP], uint64_t time_ns);
/* Has it expired by now? */
bool ftext_is_expired(const struct pol_exception *exception);
