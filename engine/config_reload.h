/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_reload (prefix creload_): reads the configuration again, with the same command line on top
 * of it. What is right takes the place of the former: how the engine logs changes at once, what
 * else differs is said by name, since it needs a restart. What is wrong changes nothing. By then
 * the engine has no privileges: a file that it may not read any more stays as it was read.
 *
 * In two steps, so that policies which are refused can stop it: read, then apply or drop. Logs.
 * Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>

#include "common/err.h"

struct creload;
struct engine_options;

#define CRELOAD_NAMES_MAX 64 /* of each kind, in a report; they are counted all the same */

/* Keys. */
struct creload_names {
	char *items[CRELOAD_NAMES_MAX]; /* owned */
	size_t n_items, n;
};

struct creload_report {
	struct creload_names applied; /* changed by the latest reload */
	struct creload_names waiting; /* differ from what the engine was started with */
	struct err err;               /* why the latest was not read; "": it was */
};

/* `start` is what is in force; borrowed. NULL: out of memory. */
struct creload *creload_new(const struct engine_options *start);
void creload_free(struct creload *r);

/* 0; -EACCES or -EPERM: it may not be read any more; else it is refused. */
int creload_read(struct creload *r, struct err *err);
/* What was read, if anything was, is in force or forgotten. */
void creload_apply(struct creload *r);
void creload_drop(struct creload *r);
/* Valid until the next call. */
const struct creload_report *creload_report(const struct creload *r);
