/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: the set of policies in force (prefix pol_): parsed from YAML, checked, compiled into an
 * index by event. Immutable after pol_set_compile(). Thread: the engine's loop.
 *
 * This is the shape for policies with `scope: [global]` and a list of rules; scopes and filters are
 * refused with a sentence until they exist, never ignored.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"

#define POL_FILE_BYTES_MAX (4U << 20)
#define POL_DIR_FILES_MAX 65536 /* policy files in one directory */

/* What the word in `event:` is. */
enum pol_rule_kind {
	POL_RULE_EVENT,
	POL_RULE_SET,         /* every event of a set; `event` is NULL */
	POL_RULE_UNAVAILABLE, /* an event or set that Tracee has and this build has not; likewise */
};

struct pol_rule {
	const struct event_def *event; /* of POL_RULE_EVENT */
	char *event_name;              /* as written */
	enum pol_rule_kind kind;
};

struct pol_policy {
	char *name;
	char *description;
	char *file; /* where it came from, for messages */
	struct pol_rule *rules;
	size_t n_rules;
	uint32_t line; /* of its name */
	uint32_t column;
};

struct pol_set {
	struct pol_policy *policies; /* in load order */
	size_t n_policies;
	/* what they ask for and this build does not have, each name once, borrowed from a table */
	const char **unavailable;
	size_t n_unavailable;
	/* by event slot: policies that want it, as indices in load order */
	uint32_t *wanted[EVENT_SLOTS];
	uint32_t n_wanted[EVENT_SLOTS];
	uint32_t *wanted_block; /* what `wanted` points into */
	void *names;            /* policies by name, for tsearch(3) */
};

struct pol_set *pol_set_new(void); /* NULL: out of memory */
void pol_set_free(struct pol_set *set);

/* Adds the policies of a file, or of all .yaml, .yml and .json files of a directory, in name order.
 * On failure the set is as it was and err says file, line, column, what was found and expected. */
int pol_set_load(struct pol_set *set, const char *path, struct err *err);
/* The same from memory; `name` is what messages call it. The fuzzer's entry. */
int pol_set_parse(struct pol_set *set, const char *text, size_t len, const char *name,
		  struct err *err);
/*
 * One unnamed policy (its name is "", as in Tracee's JSON) that wants the events of a
 * comma-separated list: names, `prefix*`, set names; with a `-` in front the same are left out, in
 * whatever order they come. A list of nothing but these begins with the set `default`.
 */
int pol_set_select(struct pol_set *set, const char *list, struct err *err);

/* Builds `wanted`. Once, after the last load. -ENOMEM. */
int pol_set_compile(struct pol_set *set, struct err *err);
