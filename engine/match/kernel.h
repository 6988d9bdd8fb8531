/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel (prefix kfilter_): what of the policies the kernel can tell by itself: events that no
 * policy can want are then dropped before they are recorded. A superset of the exact matcher,
 * always: common/filter.h says how, and engine/match/match.h what it is a superset of.
 *
 * What counts: exact numbers and names, and their negations; whole paths and strings, prefixes and
 * suffixes of system calls' arguments; the sign of return values; in a container or not. What is
 * anything else leaves a rule open to everything in that respect; exceptions never count. Pure; any
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/filter.h"
#include "engine/policy/policy.h"

/* Why a condition stays in the engine. */
enum kfilter_why {
	KFILTER_IN_KERNEL,    /* it does not (the engine matches it again, though) */
	KFILTER_WHY_EVENT,    /* this event is never dropped */
	KFILTER_WHY_FOLLOW,   /* its policy follows: who matches is not known in the kernel */
	KFILTER_WHY_SUBJECT,  /* the kernel does not look at that */
	KFILTER_WHY_TERMS,    /* parts, patterns, networks, ranges */
	KFILTER_WHY_NEGATIVE, /* a text that is not wanted: hashes cannot tell */
	KFILTER_WHY_VALUE,    /* a symbolic name, or a value that cannot be */
	KFILTER_WHY_FIELDS,   /* other fields of its kind are looked at: FILTER_FIELDS */
	KFILTER_WHY_ENTRIES,  /* too many values: FILTER_ENTRIES_MAX */
	KFILTER_WHY_ANY,      /* another rule wants every such event */
	KFILTER_WHYS
};

/* Of one event: for explanations. */
struct kfilter_report {
	uint32_t dims; /* bit per enum filter_dim that drops something; 0: nothing is dropped */
	uint32_t n_rules, n_groups, n_entries;
	uint32_t n_conditions[KFILTER_WHYS];          /* of all rules and their scopes */
	const struct pol_filter *first[KFILTER_WHYS]; /* borrowed from the set; NULL: none, or a
						       * scope without a filter (follow) */
};

struct kfilter {
	struct filter_event events[EVENT_SLOTS]; /* dims 0: everything passes */
	struct filter_entry *entries;            /* owned */
	size_t n_entries;                        /* up to FILTER_ENTRIES_MAX */
	struct kfilter_report reports[EVENT_SLOTS];
};

/* `set` is compiled and, for the reports, borrowed as long as these are looked at. NULL with err:
 * -ENOMEM. */
struct kfilter *kfilter_compile(const struct pol_set *set, struct err *err);
void kfilter_free(struct kfilter *k);

/* Of one condition (enum kfilter_why): a filter of the policy's scope, or of one of its rules for
 * the event. -ENOMEM. */
int kfilter_condition(const struct kfilter *k, const struct pol_policy *policy,
		      const struct pol_filter *filter, const struct event_def *def);

/* How many events have a filter. */
size_t kfilter_n_events(const struct kfilter *k);
/* "uid", "comm", "path or text", ...; "is a name that has to be looked up", ... */
const char *kfilter_dim_name(unsigned int dim);
const char *kfilter_why_text(unsigned int why);
