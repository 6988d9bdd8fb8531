/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/kernel_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define GROUPS_MAX 64U

/* Rules of one shape (which dimensions they have conditions on, and of which kind) are worth being
 * merged: nothing of them is opened. */
struct shaped {
	const struct kf_rule *rule;
	uint32_t shape; /* two bits per dimension */
	uint64_t hash;  /* of the conditions: equal ones are equal, or share a group for nothing */
};
_Static_assert(2 * FILTER_DIMS <= 32, "two bits per dimension");

struct bucket {
	size_t first, n; /* rules of one shape */
	size_t n_different;
	size_t n_groups;
};

static uint64_t hash_word(uint64_t hash, uint64_t word)
{
	for (int i = 0; i < 8; i++)
		hash = filter_hash_byte(hash, (uint8_t)(word >> (8 * i)));
	return hash;
}

static uint64_t hash_term(uint64_t hash, const struct kf_term *term)
{
	hash = hash_word(hash, term->value);
	hash = hash_word(hash, term->value2);
	hash = hash_word(hash, (uint64_t)term->part << 32 | term->len);
	for (uint32_t i = 0; term->text && i < term->len; i++)
		hash = filter_hash_byte(hash, (uint8_t)term->text[i]);
	return hash;
}

static struct shaped shape_of(const struct kf_rule *rule, const struct kf_terms *terms)
{
	struct shaped s = { .rule = rule, .hash = FILTER_HASH_INIT };

	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++) {
		const struct kf_cond *cond = &rule->conds[dim];

		s.shape |= (uint32_t)cond->kind << (2 * dim);
		s.hash = hash_word(s.hash, cond->n);
		for (uint32_t i = 0; i < cond->n; i++)
			s.hash = hash_term(s.hash, &terms->items[cond->first + i]);
	}
	return s;
}

static int compare_shaped(const void *a, const void *b)
{
	const struct shaped *x = a, *y = b;

	if (x->shape != y->shape)
		return x->shape < y->shape ? -1 : 1;
	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->rule < y->rule ? -1 : x->rule > y->rule;
}

/* Most rules first. */
static int compare_buckets(const void *a, const void *b)
{
	const struct bucket *x = a, *y = b;

	if (x->n_different != y->n_different)
		return x->n_different > y->n_different ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

static size_t make_buckets(const struct shaped *rules, size_t n, struct bucket *ret_buckets)
{
	size_t n_buckets = 0;

	for (size_t i = 0; i < n; i++) {
		if (i == 0 || rules[i].shape != rules[i - 1].shape)
			ret_buckets[n_buckets++] = (struct bucket){ .first = i };
		ret_buckets[n_buckets - 1].n++;
		if (i == 0 || rules[i].shape != rules[i - 1].shape ||
		    rules[i].hash != rules[i - 1].hash)
			ret_buckets[n_buckets - 1].n_different++;
	}
	return n_buckets;
}

/* Values of one dimension can share a group without letting more through. */
static bool is_mergeable(const struct shaped *s)
{
	unsigned int n = 0, n_denied = 0;

	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++) {
		n += s->rule->conds[dim].kind != KF_OPEN;
		n_denied += s->rule->conds[dim].kind == KF_DENY;
	}
	return n == 1 && n_denied == 0;
}

/* How many groups each shape gets: as many as it has different rules where there is room, else one
 * and its share of what is left. */
static void share_groups(const struct shaped *rules, struct bucket *buckets, size_t n_buckets)
{
	size_t wanted = 0, left = GROUPS_MAX - n_buckets, extra = 0;

	for (size_t i = 0; i < n_buckets; i++) {
		struct bucket *b = &buckets[i];

		b->n_groups = is_mergeable(&rules[b->first]) ? 1 : b->n_different;
		wanted += b->n_groups;
		extra += b->n_groups - 1;
	}
	for (size_t i = 0; wanted > GROUPS_MAX && i < n_buckets; i++)
		buckets[i].n_groups = 1 + (buckets[i].n_groups - 1) * left / extra;
}

static int append(struct kf_terms *to, const struct kf_term *from, size_t n)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = kf_terms_add(to, &from[i]);
	return rc;
}

static bool has_term(const struct kf_term *sorted, size_t n, const struct kf_term *term)
{
	return n > 0 && bsearch(term, sorted, n, sizeof(*sorted), kf_term_compare) != NULL;
}

/* Keeps the terms of `sum` that are (or are not) among the others. */
static void keep(struct kf_sum *sum, const struct kf_term *sorted, size_t n, bool if_there)
{
	size_t n_kept = 0;

	for (size_t i = 0; i < sum->terms.n; i++)
		if (has_term(sorted, n, &sum->terms.items[i]) == if_there)
			sum->terms.items[n_kept++] = sum->terms.items[i];
	sum->terms.n = n_kept;
}

/* What is denied of a sum of both kinds: what one denies and the other does not allow. */
static int deny_rest(struct kf_sum *sum, const struct kf_term *denied, size_t n)
{
	struct kf_sum rest = { .kind = KF_DENY };
	int rc = append(&rest.terms, denied, n);

	if (rc < 0) {
		free(rest.terms.items);
		return rc;
	}
	if (sum->terms.n > 0)
		qsort(sum->terms.items, sum->terms.n, sizeof(*sum->terms.items), kf_term_compare);
	keep(&rest, sum->terms.items, sum->terms.n, false);
	free(sum->terms.items);
	*sum = rest;
	return 0;
}

/* `sum` lets through what it did, or what the condition does. Terms of KF_DENY are sorted. */
static int add_cond(struct kf_sum *sum, const struct kf_cond *cond, const struct kf_terms *all)
{
	const struct kf_term *terms = all->items + cond->first;

	if (sum->kind == KF_OPEN || cond->kind == KF_OPEN) {
		sum->kind = KF_OPEN;
		return 0;
	}
	if (sum->kind == KF_ALLOW)
		return cond->kind == KF_ALLOW ? append(&sum->terms, terms, cond->n)
					      : deny_rest(sum, terms, cond->n);
	keep(sum, terms, cond->n, cond->kind == KF_DENY);
	return 0;
}

static int add_rule(struct kf_group *group, bool is_first, const struct kf_rule *rule,
		    const struct kf_terms *terms)
{
	int rc = 0;

	for (unsigned int dim = 0; rc == 0 && dim < FILTER_DIMS; dim++) {
		const struct kf_cond *cond = &rule->conds[dim];
		struct kf_sum *sum = &group->sums[dim];

		if (!is_first) {
			rc = add_cond(sum, cond, terms);
		} else if (cond->kind != KF_OPEN) {
			sum->kind = cond->kind;
			rc = append(&sum->terms, terms->items + cond->first, cond->n);
		}
	}
	return rc;
}

/* The rules of one shape, spread over its groups; equal ones stay together. */
static int add_bucket(struct kf_group *groups, size_t n_groups, const struct shaped *rules,
		      const struct bucket *b, const struct kf_terms *terms)
{
	bool is_begun[GROUPS_MAX] = { false };
	size_t different = 0;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < b->n; i++) {
		const struct shaped *s = &rules[b->first + i];
		size_t at;

		different += i > 0 && s->hash != s[-1].hash;
		at = different * n_groups / b->n_different;
		rc = add_rule(&groups[at], !is_begun[at], s->rule, terms);
		is_begun[at] = true;
	}
	return rc;
}

/* More shapes than groups: the rules of all the rare ones share the last group. */
static int add_rest(struct kf_group *last, const struct shaped *rules, const struct bucket *buckets,
		    size_t n_buckets, const struct kf_terms *terms)
{
	int rc = 0;

	for (size_t b = 0; rc == 0 && b < n_buckets; b++)
		for (size_t i = 0; rc == 0 && i < buckets[b].n; i++)
			rc = add_rule(last, b == 0 && i == 0, rules[buckets[b].first + i].rule,
				      terms);
	return rc;
}

static int fill(struct kf_groups *groups, const struct shaped *rules, struct bucket *buckets,
		size_t n_buckets, const struct kf_terms *terms)
{
	size_t n_own = n_buckets > GROUPS_MAX ? GROUPS_MAX - 1 : n_buckets;
	int rc = 0;

	qsort(buckets, n_buckets, sizeof(*buckets), compare_buckets);
	for (size_t i = 0; i < n_own; i++)
		buckets[i].n_groups = 1;
	if (n_own == n_buckets)
		share_groups(rules, buckets, n_buckets);
	for (size_t i = 0; rc == 0 && i < n_own; i++) {
		rc = add_bucket(groups->items + groups->n, buckets[i].n_groups, rules, &buckets[i],
				terms);
		groups->n += buckets[i].n_groups;
	}
	if (rc == 0 && n_own < n_buckets)
		rc = add_rest(groups->items + groups->n++, rules, buckets + n_own,
			      n_buckets - n_own, terms);
	return rc;
}

int kf_groups_make(struct kf_groups *groups, const struct kf_rule *rules, size_t n_rules,
		   const struct kf_terms *terms)
{
	CLEANUP_FREE struct shaped *shaped = calloc(n_rules, sizeof(*shaped));
	CLEANUP_FREE struct bucket *buckets = calloc(n_rules, sizeof(*buckets));
	int rc = -ENOMEM;

	groups->n = 0;
	groups->items = calloc(GROUPS_MAX, sizeof(*groups->items));
	if (shaped && buckets && groups->items) {
		for (size_t i = 0; i < n_rules; i++)
			shaped[i] = shape_of(&rules[i], terms);
		qsort(shaped, n_rules, sizeof(*shaped), compare_shaped);
		rc = fill(groups, shaped, buckets, make_buckets(shaped, n_rules, buckets), terms);
	}
	if (rc < 0)
		kf_groups_done(groups);
	return rc;
}

void kf_groups_done(struct kf_groups *groups)
{
	for (size_t i = 0; groups->items && i < GROUPS_MAX; i++)
		for (size_t dim = 0; dim < FILTER_DIMS; dim++)
			free(groups->items[i].sums[dim].terms.items);
	free(groups->items);
	*groups = (struct kf_groups){ 0 };
}
