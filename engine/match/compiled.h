/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compiled: what a policy set is compiled into. For the files of engine/match only; match.h is the
 * interface.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event_def.h"
#include "engine/match/arena.h"
#include "engine/match/lineage.h"
#include "engine/match/match.h"
#include "engine/match/pattern.h"
#include "engine/match/predicate.h"
#include "engine/match/value.h"

struct idx;
struct idx_entry;

/* Predicates that must all hold. */
struct conds {
	uint32_t *written; /* as in the policy, for explanations */
	uint32_t *ordered; /* cheap ones first */
	uint32_t n_written, n_ordered;
};

struct m_exception {
	const struct pol_exception *exception;
	struct conds conds;
	uint64_t n_hits;
};

struct m_rule {
	const struct pol_rule *rule;
	uint32_t policy;
	uint32_t stamp;     /* of the event that it was tried for */
	struct conds conds; /* ordered: the scope's too, unless the policy follows */
	struct m_exception *exceptions;
	struct match_hits hits;
};

struct m_policy {
	struct conds scope;
	uint32_t first_rule; /* the set's rules are one array */
	int32_t mark;        /* of what it follows; -1: nothing */
};

/* A value that leads to rules. */
struct m_path {
	uint32_t subject;
	bool is_number;
	struct idx *idx; /* its ids are rules */
};

/* The rules for one event, or for all events of a set. */
struct m_index {
	struct m_path *paths;
	uint32_t *always;  /* rules that no path leads to */
	uint32_t *follows; /* policies among them that follow */
	uint32_t n_paths, n_always, n_follows;
};

struct m_slot {
	const struct m_index **indexes;
	uint32_t n;
};

struct match {
	struct match_options opt;
	const struct pol_set *set;
	struct arena arena;
	struct values *values;
	struct patterns *patterns;
	struct predicates *preds;
	struct lineage *lineage;
	struct pred_world world;
	uint32_t *roots; /* owned; world.roots */
	struct m_policy *policies;
	struct m_rule *rules;
	size_t n_rules;
	uint32_t *follows; /* all policies that follow, by mark - n_roots */
	size_t n_follows;
	struct m_slot slots[EVENT_SLOTS];
	const struct idx_entry **found; /* room for what one look-up can find */
	uint32_t stamp;
	/* The policies that matched: a bit each, a bit for each word of these, and as a list. */
	uint64_t *bits, *words;
	uint32_t *matched;
};

/* index_build.c: fills m->slots and m->found from the rules. 0 or -ENOMEM. */
int match_build_indexes(struct match *m);
/* The predicate that the rule hangs on, or -1: it is tried for every such event. */
int64_t match_choose(const struct match *m, const struct m_rule *rule);
/* carry_over.c: what goes on from the generation before. 0 or -ENOMEM. */
int match_carry_over(struct match *m, const struct match *previous);

/* match.c, for explain.c */
bool match_conds_hold(struct match *m, const uint32_t *conds, uint32_t n);
bool match_is_followed(const struct match *m, const struct m_policy *policy,
		       const struct event *ev);
bool match_is_in_force(const struct match *m, const struct pol_exception *exception,
		       const struct event *ev);
