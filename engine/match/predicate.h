/* SPDX-License-Identifier: Apache-2.0 */
/*
 * predicate (prefix pred_): the filters of all policies, each different one once, made fast: sets
 * of texts and numbers by hash, ranges as one interval, patterns compiled. Each is decided at most
 * once an event, however many policies share it.
 *
 * Filters and events are borrowed. Allocates in pred_add() only. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/event.h"
#include "engine/match/pattern.h"
#include "engine/match/value.h"
#include "engine/policy/filter.h"

struct arena;
struct lineage;
struct predicates;

/* What is in the world beside the event. */
struct pred_world {
	const struct lineage *lineage; /* NULL: not yet */
	const uint32_t *roots;         /* pids that `tree` names, ascending: marks of the lineage */
	size_t n_roots;
	uint32_t host_mnt_ns; /* 0: not known */
};

/* All borrowed. NULL: out of memory. */
struct predicates *pred_new(struct arena *arena, struct values *values, struct patterns *patterns,
			    struct pred_world *world);
void pred_free(struct predicates *ps);

/* The number of the filter's predicate. `def`: the event of a rule's filter, or NULL. -ENOMEM;
 * -EINVAL: a pattern in it is not valid. */
int pred_add(struct predicates *ps, const struct pol_filter *filter, const struct event_def *def,
	     struct err *err);
/* What was needed to find equal ones is given back; pred_decide() may follow, no pred_add().
 * -ENOMEM.
 */
int pred_finish(struct predicates *ps);

/* A new event: nothing is decided. values_begin() was called for it. */
void pred_begin(struct predicates *ps, const struct event *ev);
bool pred_holds(struct predicates *ps, unsigned int predicate);

/* How much it costs to decide, in no unit: cheap ones first. */
unsigned int pred_cost(const struct predicates *ps, unsigned int predicate);
unsigned int pred_subject(const struct predicates *ps, unsigned int predicate);
const struct pol_filter *pred_filter(const struct predicates *ps, unsigned int predicate);
size_t pred_n(const struct predicates *ps);
size_t pred_bytes(const struct predicates *ps); /* without the arena's */
