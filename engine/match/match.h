/* SPDX-License-Identifier: Apache-2.0 */
/*
 * match: which policies want an event. One object is one generation: a policy set compiled, with
 * the state that `tree` and `follow` need and the counters of its rules.
 *
 * Per event slot each rule hangs on its most selective condition (an exact value, a prefix, a
 * suffix; otherwise none), found through a hash; what is left of its conditions is looked at then,
 * each at most once an event however many policies share it, patterns last. So policies that do not
 * concern an event cost nothing.
 *
 * Never allocates in match_event(), but for the processes that `tree` and `follow` mark. Thread:
 * the engine's loop, but for match_new().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/event.h"
#include "engine/policy/policy.h"

struct ptree;

struct match_options {
	uint64_t generation;     /* of the policy set, from 1 */
	uint64_t start_ns;       /* of the engine, CLOCK_BOOTTIME: what is new began later */
	int64_t epoch_offset_ns; /* add to CLOCK_BOOTTIME for the time since the epoch */
	struct ptree *tree;      /* borrowed: who process 1 is, and which processes there are */
	bool no_jit;             /* patterns are interpreted, not compiled to machine code */
};

struct match;

/*
 * `set` is compiled (pol_set_compile()) and borrowed until match_free(). `previous` (NULL: none) is
 * the generation it replaces: marks of the same trees and follows, and counters of the same
 * policies, rules and exceptions, by name, go on from there. NULL with err: -ENOMEM; -EINVAL for a
 * pattern, with file, line and column.
 */
struct match *match_new(const struct pol_set *set, const struct match_options *opt,
			const struct match *previous, struct err *err);
/* The same in two steps, of which the first may be any thread's: match_new() without tree and
 * previous, then this, once, between two records. -ENOMEM: it cannot replace `previous`. */
int match_continue(struct match *m, struct ptree *tree, const struct match *previous);
void match_free(struct match *m);

/* Takes what concerns the processes themselves (task contexts, forks, execs, exits; anything else
 * is ignored), before match_event() of the same record; after enrichment. */
void match_learn(struct match *m, const struct event *ev);
/* The process is gone; after its last event. */
void match_forget(struct match *m, uint32_t tgid);

/*
 * Sets ev->policies, matched and n_matched: policies of which one rule for the event holds together
 * with the policy's scope, and none of that rule's exceptions; as indices in load order, valid
 * until the next call. Returns n_matched.
 */
uint32_t match_event(struct match *m, struct event *ev);

uint64_t match_generation(const struct match *m);
const struct pol_set *match_policies(const struct match *m);

/* How often a rule held, and an exception kept it from being reported. */
struct match_hits {
	uint64_t n_matched;
	uint64_t n_excepted;
};
void match_rule_hits(const struct match *m, size_t policy, size_t rule,
		     struct match_hits *ret_hits);
uint64_t match_exception_hits(const struct match *m, size_t policy, size_t rule, size_t exception);

struct match_stats {
	uint64_t n_predicates;      /* different conditions, however many policies share them */
	uint64_t n_patterns;        /* of them: PCRE2 patterns */
	uint64_t n_patterns_jit;    /* of them: as machine code */
	uint64_t n_pattern_limited; /* matches given up at the limit, taken as not matching */
	uint64_t n_marked;          /* processes that `tree` and `follow` know */
	uint64_t memory_bytes;      /* of the compiled policies */
};
void match_stats_get(const struct match *m, struct match_stats *ret_stats);

/* How match_event() comes to a rule: by the condition that it hangs on. */
struct match_access {
	const struct pol_filter *filter; /* borrowed from the set; NULL: none, it is always tried */
	bool is_scope;                   /* it is the policy's */
	uint32_t n_exact, n_prefixes, n_suffixes; /* of its values; a flag is exact */
};
void match_rule_access(const struct match *m, size_t policy, size_t rule,
		       struct match_access *ret_access);

/* Why a rule holds or not, for one event. */
enum match_verdict {
	MATCH_HOLDS,
	MATCH_EXCEPTED,      /* by `exception` */
	MATCH_SCOPE_REFUSED, /* by `filter` of the policy's scope */
	MATCH_RULE_REFUSED,  /* by `filter` of the rule */
};

struct match_reason {
	uint32_t policy; /* indices in the set */
	uint32_t rule;
	enum match_verdict verdict;
	const struct pol_filter *filter;
	const struct pol_exception *exception;
	bool has_value;    /* false: the event does not carry what the filter looks at */
	const char *value; /* as text, cut at 256 bytes; valid during the call */
};
typedef void (*match_reason_fn)(void *arg, const struct match_reason *reason);

/* Says it for each rule of each policy that has one for the event, in load order. Counts nothing.
 * For tools: slow. */
void match_explain(struct match *m, const struct event *ev, match_reason_fn fn, void *arg);
