/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: a set of policies (prefix pol_): parsed from YAML, checked, indexed by event. Immutable
 * after pol_set_compile(); engine/match compiles it into what is asked of every event. One thread
 * at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"
#include "engine/policy/filter.h"

#define POL_FILE_BYTES_MAX (4U << 20)
#define POL_DIR_FILES_MAX 65536 /* policy files in one directory */

/* What the word in `event:` is. */
enum pol_rule_kind {
	POL_RULE_EVENT,
	POL_RULE_SET,         /* every event of a set; `event` is NULL */
	POL_RULE_UNAVAILABLE, /* an event or set that Tracee has and this build has not; likewise */
};

/* What a rule does not report although its filters hold: all of `filters` hold too. */
struct pol_exception {
	char *name;        /* unique in its rule */
	char *reason;      /* "": none was given */
	int64_t expires_s; /* since the epoch: from then on it is no exception; INT64_MAX: never */
	struct pol_filters filters; /* at least one */
	uint32_t line;
	uint32_t column;
};

struct pol_rule {
	const struct event_def *event; /* of POL_RULE_EVENT */
	char *event_name;              /* as written */
	enum pol_rule_kind kind;
	struct pol_filters filters;
	struct pol_exception *exceptions;
	size_t n_exceptions;
	uint32_t line;
	uint32_t column;
};

struct pol_policy {
	char *name;
	char *description;
	char *file;               /* where it came from, for messages */
	struct pol_filters scope; /* none: global */
	bool follow;              /* scope `follow`: what a matching process creates matches too */
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
	/* contexts that their scopes and filters ask about and that nothing feeds, each once: they
	 * are empty (pol_context_unfed()) */
	enum pol_context unfed[POL_CONTEXTS];
	size_t n_unfed;
	/* by event slot: policies with a rule for it, as indices in load order */
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
/* Would it read a file of that name in a directory? */
bool pol_is_file_name(const char *name);
/* The same from memory; `name` is what messages call it. The fuzzer's entry. */
int pol_set_parse(struct pol_set *set, const char *text, size_t len, const char *name,
		  struct err *err);
/*
 * One unnamed policy (its name is "", as in Tracee's JSON), in the scope `global`, that wants the
 * events of a comma-separated list: names, `prefix*`, set names, `tag=set`; with a `-` in front the
 * same are left out, in whatever order they come. A list of nothing but these begins with the set
 * `default`. An item may carry a filter behind a dot: `openat.data.pathname=/etc/a,/etc/b`,
 * `fs.retval<0`, `read.scope.uid=0`. What follows the operator belongs to it, to the list's end,
 * commas too.
 */
int pol_set_select(struct pol_set *set, const char *list, struct err *err);

/* The same from several such lists, and in a scope: its items, of which none is the same as
 * `global`. No list at all is the set `default`. */
struct pol_selection {
	const char *const *lists;
	size_t n_lists;
	const char *const *scopes;
	size_t n_scopes;
};
int pol_set_select_all(struct pol_set *set, const struct pol_selection *selection, struct err *err);

/* Builds `wanted`. Once, after the last load. -ENOMEM. */
int pol_set_compile(struct pol_set *set, struct err *err);
