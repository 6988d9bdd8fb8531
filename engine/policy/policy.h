/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy: the set of policies in force (prefix pol_): parsed from YAML, checked, compiled into an
 * index by event. Immutable after pol_set_load(). Thread: the engine's loop.
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

struct pol_rule {
	const struct event_def *event;
	char *event_name;
};

struct pol_policy {
	char *name;
	char *description;
	char *file; /* where it came from, for messages */
	struct pol_rule *rules;
	size_t n_rules;
};

struct pol_set {
	struct pol_policy *policies; /* in load order */
	size_t n_policies;
	/* by event slot: policies that want it, as indices in load order */
	uint32_t *wanted[EVENT_SLOTS];
	uint32_t n_wanted[EVENT_SLOTS];
};

struct pol_set *pol_set_new(void); /* NULL: out of memory */
void pol_set_free(struct pol_set *set);

/* Adds the policies of a file, or of all .yaml, .yml and .json files of a directory, in name order.
 * On failure the set is as it was and err says file, line, column, what was found and expected. */
int pol_set_load(struct pol_set *set, const char *path, struct err *err);
/* The same from memory; `name` is what messages call it. The fuzzer's entry. */
int pol_set_parse(struct pol_set *set, const char *text, size_t len, const char *name,
		  struct err *err);
/* One unnamed policy that wants the events of a list: names, `prefix*`, set names, `-name`. */
int pol_set_select(struct pol_set *set, const char *list, struct err *err);

/* Builds `wanted`. Once, after the last load. -ENOMEM. */
int pol_set_compile(struct pol_set *set, struct err *err);
