/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel_parts: what the files behind engine/match/kernel.h share.
 *
 *   kernel_reduce.c  a filter -> what of it the kernel can tell
 *   kernel_groups.c  rules -> up to 64 groups
 *   kernel.c         groups -> entries
 */
#pragma once

#include "engine/match/kernel.h"

/* A value, or a part of a text, that a condition allows or denies. */
struct kf_term {
	const char *text; /* of a text dimension: borrowed from the policy; `len` bytes of it */
	uint64_t value, value2;
	uint32_t len; /* of `text` */
	uint8_t part; /* FILTER_WHOLE and so on */
};

enum kf_kind { KF_OPEN, KF_ALLOW, KF_DENY };

/* A rule's condition on one dimension: terms[first .. first + n). */
struct kf_cond {
	uint8_t kind; /* enum kf_kind */
	uint32_t first, n;
};

struct kf_terms {
	struct kf_term *items; /* owned */
	size_t n, cap;
};

struct kf_rule {
	struct kf_cond conds[FILTER_DIMS];
};

/* Which fields of the event the dimensions of texts and numbers are about; -1: none. */
struct kf_fields {
	int ints[FILTER_FIELDS];
	int texts[FILTER_FIELDS];
};

/* -ENOMEM. */
int kf_terms_add(struct kf_terms *terms, const struct kf_term *term);
/* By value, for qsort(3) and bsearch(3): numbers and names, not texts. */
int kf_term_compare(const void *a, const void *b);

/*
 * What the kernel can tell of a filter. Returns why not (enum kfilter_why), or KFILTER_IN_KERNEL
 * with *ret_dim, *ret_kind and the terms appended to `terms`, those of numbers and names sorted;
 * -ENOMEM. `fields` NULL: as if all fields were looked at; *ret_dim is then FILTER_INT0 or
 * FILTER_TEXT0.
 */
int kf_reduce(const struct pol_filter *filter, const struct event_def *def,
	      const struct kf_fields *fields, struct kf_terms *terms, enum filter_dim *ret_dim,
	      enum kf_kind *ret_kind);

/* A group's condition on one dimension. */
struct kf_sum {
	uint8_t kind;          /* enum kf_kind; KF_OPEN until the first rule is added */
	struct kf_terms terms; /* what is allowed, or what is denied */
};

struct kf_group {
	struct kf_sum sums[FILTER_DIMS];
};

struct kf_groups {
	struct kf_group *items; /* owned */
	size_t n;               /* up to 64 */
};

/* Puts the rules into groups: each group lets through what any of its rules would. -ENOMEM. */
int kf_groups_make(struct kf_groups *groups, const struct kf_rule *rules, size_t n_rules,
		   const struct kf_terms *terms);
void kf_groups_done(struct kf_groups *groups);
