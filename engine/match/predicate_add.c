/* SPDX-License-Identifier: Apache-2.0 */
/* The building of predicates: equal filters are found, terms put where they are decided fastest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/arena.h"
#include "engine/match/index.h"
#include "engine/match/predicate_parts.h"

static uint32_t hash_bytes(uint32_t h, const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		h = (h ^ at[i]) * 0x01000193U; /* FNV-1a, 32 bits */
	return h;
}

static uint32_t hash_filter(const struct pol_filter *f, uint16_t slot)
{
	const uint32_t words[] = { f->subject, f->context, f->field, f->flag, slot };
	uint32_t h = hash_bytes(0x811c9dc5U, words, sizeof(words));

	if (f->path)
		h = hash_bytes(h, f->path, strlen(f->path));
	for (size_t i = 0; i < f->n_terms; i++) {
		const struct pol_term *t = &f->terms[i];

		h = hash_bytes(h, &t->kind, 1);
		h = hash_bytes(h, &t->op, 1);
		h = hash_bytes(h, t->text, t->len);
	}
	return h;
}

static bool same_term(const struct pol_term *a, const struct pol_term *b)
{
	return a->kind == b->kind && a->op == b->op && a->is_number == b->is_number &&
	       a->is_unsigned == b->is_unsigned && a->net_bits == b->net_bits &&
	       a->net_bytes == b->net_bytes && a->on_host_mnt == b->on_host_mnt &&
	       a->mnt_ns == b->mnt_ns && a->number == b->number && a->len == b->len &&
	       memcmp(a->net, b->net, sizeof(a->net)) == 0 && memcmp(a->text, b->text, a->len) == 0;
}

static bool same_filter(const struct pol_filter *a, const struct pol_filter *b)
{
	if (a->subject != b->subject || a->context != b->context || a->field != b->field ||
	    a->type != b->type || a->flag != b->flag || a->n_terms != b->n_terms ||
	    strcmp(a->path ? a->path : "", b->path ? b->path : "") != 0)
		return false;
	for (size_t i = 0; i < a->n_terms; i++)
		if (!same_term(&a->terms[i], &b->terms[i]))
			return false;
	return true;
}

static int find_same(const struct predicates *ps, const struct pol_filter *f, uint16_t slot,
		     uint32_t hash)
{
	size_t at = hash & (ps->n_buckets - 1);

	if (ps->n_buckets == 0)
		return -1;
	for (; ps->buckets[at]; at = (at + 1) & (ps->n_buckets - 1)) {
		const struct predicate *p = &ps->items[ps->buckets[at] - 1];

		if (p->hash == hash && p->slot == slot && same_filter(p->filter, f))
			return (int)ps->buckets[at] - 1;
	}
	return -1;
}

static void enter(struct predicates *ps, size_t item)
{
	size_t at = ps->items[item].hash & (ps->n_buckets - 1);

	while (ps->buckets[at])
		at = (at + 1) & (ps->n_buckets - 1);
	ps->buckets[at] = (uint32_t)item + 1;
}

static int make_room(struct predicates *ps)
{
	size_t cap = ps->cap ? ps->cap * 2 : 16;
	struct predicate *items;

	if (ps->n < ps->cap)
		return 0;
	items = reallocarray(ps->items, cap, sizeof(*items));
	if (!items)
		return -ENOMEM;
	ps->items = items;
	ps->cap = cap;
	free(ps->buckets);
	ps->n_buckets = 0;
	ps->buckets = calloc(2 * cap, sizeof(*ps->buckets));
	if (!ps->buckets)
		return -ENOMEM;
	ps->n_buckets = 2 * cap;
	for (size_t i = 0; i < ps->n; i++)
		enter(ps, i);
	return 0;
}

enum term_place { TERM_NUMBER, TERM_TEXT, TERM_SYMBOL, TERM_OTHER, TERM_PLACES };

struct counts {
	size_t n[TERM_PLACES];
};

static bool is_range(const struct pol_term *t)
{
	return t->op > POL_OP_DIFFERENT;
}

/* Where a term belongs. *ret_also: it is looked for in the texts too. */
static enum term_place place_of(const struct predicates *ps, const struct predicate *p,
				const struct pol_term *t, bool *ret_also)
{
	bool has_number = value_has_number(ps->values, p->subject);

	*ret_also = false;
	switch ((enum pol_term_kind)t->kind) {
	case POL_TERM_NUMBER:
		return TERM_NUMBER;
	case POL_TERM_EXACT:
		if (value_is_number(ps->values, p->subject)) {
			if (t->is_number)
				return TERM_NUMBER;
			return value_has_symbols(ps->values, p->subject) ? TERM_SYMBOL : TERM_TEXT;
		}
		if (t->mnt_ns || t->on_host_mnt)
			return TERM_OTHER;
		/* A system call has a number beside its name; what is true has none. */
		if (t->is_number && has_number && p->filter->subject == POL_SUBJECT_CONTEXT) {
			*ret_also = true;
			return TERM_NUMBER;
		}
		return TERM_TEXT;
	case POL_TERM_PREFIX:
	case POL_TERM_SUFFIX:
		return TERM_TEXT;
	case POL_TERM_CONTAINS:
	case POL_TERM_NETWORK:
	case POL_TERM_PATTERN:
		break;
	}
	return TERM_OTHER;
}

static struct counts count_terms(const struct predicates *ps, const struct predicate *p,
				 enum pol_op op)
{
	struct counts c = { { 0 } };
	bool also;

	for (size_t i = 0; i < p->filter->n_terms; i++) {
		const struct pol_term *t = &p->filter->terms[i];

		if (t->op != op)
			continue;
		c.n[place_of(ps, p, t, &also)]++;
		c.n[TERM_TEXT] += also;
	}
	return c;
}

static uint8_t idx_kind_of(const struct pol_term *t)
{
	if (t->kind == POL_TERM_PREFIX)
		return IDX_PREFIX;
	return t->kind == POL_TERM_SUFFIX ? IDX_SUFFIX : IDX_EXACT;
}

/* One of the three sets of texts; `digits` has room for the numbers. 0, or -ENOMEM. */
static int build_set(struct predicates *ps, const struct predicate *p, enum pol_op op,
		     enum term_place place, size_t n, struct idx **ret_set)
{
	struct idx_key *keys;
	size_t n_keys = 0;
	char *digits;
	bool also;

	if (n == 0)
		return 0;
	keys = calloc(n, sizeof(*keys));
	digits = arena_alloc(ps->arena, place == TERM_NUMBER ? n : 0, IDX_NUMBER_LEN);
	for (size_t i = 0; keys && digits && i < p->filter->n_terms; i++) {
		const struct pol_term *t = &p->filter->terms[i];
		enum term_place own = t->op == op ? place_of(ps, p, t, &also) : TERM_PLACES;

		if (own == TERM_PLACES || (own != place && !(also && place == TERM_TEXT)))
			continue;
		keys[n_keys] = (struct idx_key){ .text = t->text, .len = t->len };
		keys[n_keys].kind = idx_kind_of(t);
		if (place == TERM_NUMBER) {
			keys[n_keys].text = digits + n_keys * IDX_NUMBER_LEN;
			keys[n_keys].len = IDX_NUMBER_LEN;
			idx_number(digits + n_keys * IDX_NUMBER_LEN, t->number, t->is_unsigned);
		}
		n_keys++;
	}
	*ret_set = keys && digits ? idx_new(ps->arena, keys, n_keys) : NULL;
	free(keys);
	return *ret_set ? 0 : -ENOMEM;
}

static int add_others(struct predicates *ps, const struct predicate *p, enum pol_op op, size_t n,
		      struct terms *terms, struct err *err)
{
	bool also;

	terms->others = arena_alloc(ps->arena, n, sizeof(const struct pol_term *));
	terms->patterns = arena_alloc(ps->arena, n, sizeof(*terms->patterns));
	if (!terms->others || !terms->patterns)
		return err_set(err, -ENOMEM, "policies: out of memory");
	/* Patterns behind everything else. */
	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < p->filter->n_terms; i++) {
			const struct pol_term *t = &p->filter->terms[i];
			int pattern = 0;

			if (t->op != op || place_of(ps, p, t, &also) != TERM_OTHER ||
			    (t->kind == POL_TERM_PATTERN) != (pass == 1))
				continue;
			if (pass == 1)
				pattern = pat_add(ps->patterns, t->text, t->len, err);
			if (pattern < 0)
				return pattern;
			terms->patterns[terms->n_others] = (uint32_t)pattern;
			terms->others[terms->n_others++] = t;
		}
	}
	return 0;
}

static int build_terms(struct predicates *ps, const struct predicate *p, enum pol_op op,
		       struct terms *terms, struct err *err)
{
	struct counts c = count_terms(ps, p, op);

	for (int i = 0; i < TERM_PLACES; i++)
		terms->any |= c.n[i] > 0;
	if (build_set(ps, p, op, TERM_NUMBER, c.n[TERM_NUMBER], &terms->numbers) < 0 ||
	    build_set(ps, p, op, TERM_TEXT, c.n[TERM_TEXT], &terms->texts) < 0 ||
	    build_set(ps, p, op, TERM_SYMBOL, c.n[TERM_SYMBOL], &terms->symbols) < 0)
		return err_set(err, -ENOMEM, "policies: out of memory");
	return c.n[TERM_OTHER] ? add_others(ps, p, op, c.n[TERM_OTHER], terms, err) : 0;
}

static void add_range(struct predicate *p, const struct pol_term *t)
{
	__int128 n = pred_wide(t->number, t->is_unsigned);

	p->has_range = true;
	switch ((enum pol_op)t->op) {
	case POL_OP_LESS:
		p->high = n - 1 < p->high ? n - 1 : p->high;
		break;
	case POL_OP_LESS_EQUAL:
		p->high = n < p->high ? n : p->high;
		break;
	case POL_OP_GREATER:
		p->low = n + 1 > p->low ? n + 1 : p->low;
		break;
	case POL_OP_GREATER_EQUAL:
		p->low = n > p->low ? n : p->low;
		break;
	case POL_OP_EQUAL:
	case POL_OP_DIFFERENT:
		break;
	}
}

/* Numbers, then sets of texts, then what is gone through, then patterns. */
static uint8_t cost_of(const struct pol_filter *f)
{
	uint8_t cost = f->subject == POL_SUBJECT_DATA ? 2 : 1;

	for (size_t i = 0; i < f->n_terms; i++) {
		uint8_t own = 1;

		if (f->terms[i].kind == POL_TERM_PATTERN)
			own = 100;
		else if (f->terms[i].kind == POL_TERM_NETWORK)
			own = 30;
		else if (f->terms[i].kind == POL_TERM_CONTAINS)
			own = 20;
		else if (f->terms[i].kind != POL_TERM_NUMBER)
			own = 5;
		cost = own > cost ? own : cost;
	}
	return cost;
}

static int build(struct predicates *ps, struct predicate *p, struct err *err)
{
	const struct pol_filter *f = p->filter;
	int rc;

	p->is_flag = f->type == POL_TYPE_FLAG;
	p->is_tree = f->subject == POL_SUBJECT_CONTEXT && f->context == POL_CTX_TREE;
	p->is_task_id = f->subject == POL_SUBJECT_CONTEXT && f->context == POL_CTX_TASK_ID;
	p->cost = cost_of(f);
	p->low = INT64_MIN;
	p->high = UINT64_MAX;
	for (size_t i = 0; i < f->n_terms; i++)
		if (is_range(&f->terms[i]))
			add_range(p, &f->terms[i]);
	rc = build_terms(ps, p, POL_OP_EQUAL, &p->yes, err);
	return rc < 0 ? rc : build_terms(ps, p, POL_OP_DIFFERENT, &p->no, err);
}

int pred_add(struct predicates *ps, const struct pol_filter *filter, const struct event_def *def,
	     struct err *err)
{
	uint16_t slot = filter->subject == POL_SUBJECT_DATA && def ? def->slot : 0;
	uint32_t hash = hash_filter(filter, slot);
	int found = find_same(ps, filter, slot, hash), subject, rc;
	struct predicate *p;

	if (found >= 0)
		return found;
	subject = value_subject(ps->values, filter, def);
	if (subject < 0 || make_room(ps) < 0)
		return err_set(err, -ENOMEM, "policies: out of memory");
	p = &ps->items[ps->n];
	*p = (struct predicate){
		.filter = filter, .subject = (uint32_t)subject, .hash = hash, .slot = slot
	};
	rc = build(ps, p, err);
	if (rc < 0)
		return rc;
	enter(ps, ps->n);
	return (int)ps->n++;
}

int pred_finish(struct predicates *ps)
{
	free(ps->buckets);
	ps->buckets = NULL;
	ps->n_buckets = 0;
	ps->decided = arena_alloc(ps->arena, ps->n, sizeof(*ps->decided));
	return ps->decided ? 0 : -ENOMEM;
}
