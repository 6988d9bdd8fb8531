/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/match/kernel_parts.h"
#include "engine/policy/names.h"

/* Terms of one dimension of an event, before equal ones are put together; with more it is open. */
#define TERMS_MAX (4 * (size_t)FILTER_ENTRIES_MAX)

/* One event, while it is compiled. */
struct work {
	const struct pol_set *set;
	const struct event_def *def;
	uint32_t banned; /* dimensions that cost too much */
	struct kf_fields fields;
	struct kf_rule *rules; /* owned */
	size_t n_rules, cap;
	size_t n_terms[FILTER_DIMS];
	struct kf_terms terms;
	struct kf_groups groups;
	struct filter_event *event;    /* borrowed: the result */
	struct kfilter_report *report; /* likewise */
	struct filter_entry *entries;  /* owned */
	size_t n_entries, entries_cap;
	uint32_t n_by_dim[FILTER_DIMS]; /* entries */
};

static void work_done(struct work *w)
{
	free(w->rules);
	free(w->terms.items);
	free(w->entries);
	kf_groups_done(&w->groups);
}

static void note(struct work *w, int why, const struct pol_filter *filter)
{
	if (w->report->n_conditions[why]++ == 0)
		w->report->first[why] = filter;
}

static bool concerns(const struct pol_rule *rule, const struct event_def *def)
{
	switch (rule->kind) {
	case POL_RULE_EVENT:
		return rule->event == def;
	case POL_RULE_SET:
		return pol_events_has(pol_name_find(rule->event_name).set, def->slot);
	case POL_RULE_UNAVAILABLE:
		break;
	}
	return false;
}

typedef int (*rule_fn)(struct work *w, const struct pol_policy *policy,
		       const struct pol_rule *rule);

/* Calls back for each rule that an event may match by. */
static int each_rule(struct work *w, rule_fn fn)
{
	const uint32_t *wanted = w->set->wanted[w->def->slot];
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < w->set->n_wanted[w->def->slot]; i++) {
		const struct pol_policy *policy = &w->set->policies[wanted[i]];

		for (size_t k = 0; rc == 0 && k < policy->n_rules; k++)
			if (concerns(&policy->rules[k], w->def))
				rc = fn(w, policy, &policy->rules[k]);
	}
	return rc;
}

struct field_use {
	uint32_t n[EVENT_FIELDS_MAX]; /* rules with a condition that the kernel can tell */
};

/* The fields with most conditions of each sort: as if all were looked at. */
static int count_fields(struct work *w, struct field_use *ret_use)
{
	const uint32_t *wanted = w->set->wanted[w->def->slot];
	enum filter_dim dim;
	enum kf_kind kind;

	*ret_use = (struct field_use){ { 0 } };
	for (uint32_t i = 0; i < w->set->n_wanted[w->def->slot]; i++) {
		const struct pol_policy *policy = &w->set->policies[wanted[i]];

		for (size_t k = 0; k < policy->n_rules; k++) {
			const struct pol_filters *filters = &policy->rules[k].filters;

			if (policy->rules[k].event != w->def)
				continue; /* a set's rule has no conditions on fields */
			for (size_t f = 0; f < filters->n; f++) {
				int rc = filters->items[f].subject == POL_SUBJECT_DATA
						 ? kf_reduce(&filters->items[f], w->def, NULL,
							     &w->terms, &dim, &kind)
						 : KFILTER_WHY_SUBJECT;

				w->terms.n = 0;
				if (rc < 0)
					return rc;
				if (rc == KFILTER_IN_KERNEL)
					ret_use->n[filters->items[f].field]++;
			}
		}
	}
	return 0;
}

static void choose_fields(struct work *w, struct field_use *use, bool texts,
			  int ret_fields[FILTER_FIELDS])
{
	for (size_t i = 0; i < FILTER_FIELDS; i++) {
		ret_fields[i] = -1;
		for (int f = 0; f < w->def->n_fields; f++)
			if ((w->def->fields[f].kind == FK_STR) == texts && use->n[f] > 0 &&
			    (ret_fields[i] < 0 || use->n[f] > use->n[ret_fields[i]]))
				ret_fields[i] = f;
		if (ret_fields[i] >= 0)
			use->n[ret_fields[i]] = 0;
	}
}

/* A second condition on a dimension: the one that lets fewer values through. */
static bool is_narrower(const struct kf_cond *a, const struct kf_cond *b)
{
	if (b->kind == KF_OPEN)
		return true;
	if (a->kind != b->kind)
		return a->kind == KF_ALLOW;
	return a->kind == KF_ALLOW ? a->n < b->n : a->n > b->n;
}

static int add_filter(struct work *w, const struct pol_policy *policy,
		      const struct pol_filter *filter, struct kf_rule *rule)
{
	struct kf_cond cond = { .first = (uint32_t)w->terms.n };
	enum filter_dim dim = FILTER_UID;
	enum kf_kind kind = KF_OPEN;
	int rc;

	if (policy->follow) {
		note(w, KFILTER_WHY_FOLLOW, filter);
		return 0;
	}
	rc = kf_reduce(filter, w->def, &w->fields, &w->terms, &dim, &kind);
	if (rc == KFILTER_IN_KERNEL && w->banned >> dim & 1) {
		w->terms.n = cond.first;
		rc = KFILTER_WHY_ENTRIES;
	}
	if (rc < 0)
		return rc;
	note(w, rc, filter);
	if (rc != KFILTER_IN_KERNEL)
		return 0;
	cond.kind = (uint8_t)kind;
	cond.n = (uint32_t)(w->terms.n - cond.first);
	w->n_terms[dim] += cond.n;
	if (is_narrower(&cond, &rule->conds[dim]))
		rule->conds[dim] = cond;
	return 0;
}

static struct kf_rule *next_rule(struct work *w)
{
	size_t cap = w->cap ? 2 * w->cap : 16;
	struct kf_rule *grown;

	if (w->n_rules == w->cap) {
		grown = reallocarray(w->rules, cap, sizeof(*grown));
		if (!grown)
			return NULL;
		w->rules = grown;
		w->cap = cap;
	}
	w->rules[w->n_rules] = (struct kf_rule){ 0 };
	return &w->rules[w->n_rules++];
}

static int add_rule(struct work *w, const struct pol_policy *policy, const struct pol_rule *rule)
{
	struct kf_rule *out = next_rule(w);
	int rc = out ? 0 : -ENOMEM;

	if (policy->follow && policy->scope.n + rule->filters.n == 0)
		note(w, KFILTER_WHY_FOLLOW, NULL);
	for (size_t i = 0; rc == 0 && i < policy->scope.n; i++)
		rc = add_filter(w, policy, &policy->scope.items[i], out);
	for (size_t i = 0; rc == 0 && i < rule->filters.n; i++)
		rc = add_filter(w, policy, &rule->filters.items[i], out);
	return rc;
}

/* FILTER_LENS of those that are there: the shortest, and others evenly among the rest. A longer
 * text is cut down to one of them, which lets more through. */
static uint8_t choose_lens(const bool is_there[FILTER_TEXT_MAX], uint8_t ret_lens[FILTER_LENS])
{
	uint8_t all[FILTER_TEXT_MAX];
	size_t n = 0, n_chosen;

	for (size_t len = 1; len < FILTER_TEXT_MAX; len++)
		if (is_there[len])
			all[n++] = (uint8_t)len;
	n_chosen = n < FILTER_LENS ? n : FILTER_LENS;
	for (size_t i = 0; i < n_chosen; i++)
		ret_lens[i] = all[i * n / n_chosen];
	return (uint8_t)n_chosen;
}

static void look_at_text(struct work *w, unsigned int dim)
{
	struct filter_text *t = &w->event->text[dim - FILTER_TEXT0];
	bool is_there[3][FILTER_TEXT_MAX] = { { false } };

	for (size_t g = 0; g < w->groups.n; g++) {
		const struct kf_sum *sum = &w->groups.items[g].sums[dim];

		for (size_t i = 0; sum->kind == KF_ALLOW && i < sum->terms.n; i++)
			is_there[sum->terms.items[i].part][sum->terms.items[i].len] = true;
	}
	t->field = (uint8_t)w->fields.texts[dim - FILTER_TEXT0];
	for (size_t len = 0; len < FILTER_TEXT_MAX; len++)
		t->has_whole |= is_there[FILTER_WHOLE][len];
	t->n_prefix = choose_lens(is_there[FILTER_PREFIX], t->prefix_len);
	t->n_suffix = choose_lens(is_there[FILTER_SUFFIX], t->suffix_len);
}

/* The longest that is looked at and not longer than the text: there is one. */
static uint32_t cut_len(const uint8_t *lens, unsigned int n, uint32_t len)
{
	uint32_t best = lens[0];

	for (unsigned int i = 1; i < n && lens[i] <= len; i++)
		best = lens[i];
	return best;
}

static void text_key(const struct filter_text *t, const struct kf_term *term,
		     struct filter_key *key)
{
	uint32_t len = term->len;

	key->part = term->part;
	key->value = FILTER_HASH_INIT;
	if (term->part == FILTER_PREFIX)
		len = key->len = cut_len(t->prefix_len, t->n_prefix, len);
	if (term->part == FILTER_SUFFIX)
		len = key->len = cut_len(t->suffix_len, t->n_suffix, len);
	for (uint32_t i = 0; i < len; i++)
		key->value = filter_hash_byte(
			key->value,
			(uint8_t)term->text[term->part == FILTER_SUFFIX ? term->len - 1 - i : i]);
}

static int put_entry(struct work *w, unsigned int dim, unsigned int group, const struct kf_sum *sum,
		     const struct kf_term *term)
{
	size_t cap = w->entries_cap ? 2 * w->entries_cap : 64;
	struct filter_entry *e;

	if (w->n_entries == w->entries_cap) {
		e = reallocarray(w->entries, cap, sizeof(*e));
		if (!e)
			return -ENOMEM;
		w->entries = e;
		w->entries_cap = cap;
	}
	e = &w->entries[w->n_entries++];
	*e = (struct filter_entry){ .key = { .slot = w->def->slot, .dim = (uint8_t)dim } };
	if (dim >= FILTER_TEXT0) {
		text_key(&w->event->text[dim - FILTER_TEXT0], term, &e->key);
		w->event->text[dim - FILTER_TEXT0].seen |= 1ULL << filter_hash_bit(e->key.value);
	} else {
		e->key.value = term->value;
		e->key.value2 = term->value2;
	}
	if (sum->kind == KF_ALLOW)
		e->value.allow = 1ULL << group;
	else
		e->value.deny = 1ULL << group;
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(&((const struct filter_entry *)a)->key,
		      &((const struct filter_entry *)b)->key, sizeof(struct filter_key));
}

/* One entry per key, with what all groups say of it. */
static void join_entries(struct work *w)
{
	size_t n = 0;

	if (w->n_entries == 0)
		return;
	qsort(w->entries, w->n_entries, sizeof(*w->entries), compare_entries);
	for (size_t i = 1; i < w->n_entries; i++) {
		const struct filter_entry *e = &w->entries[i];

		if (compare_entries(&w->entries[n], e) == 0) {
			w->entries[n].value.allow |= e->value.allow;
			w->entries[n].value.deny |= e->value.deny;
		} else {
			w->entries[++n] = *e;
		}
	}
	w->n_entries = n + 1;
	for (size_t i = 0; i < w->n_entries; i++)
		w->n_by_dim[w->entries[i].key.dim]++;
}

static bool is_open(const struct kf_group *group)
{
	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++)
		if (group->sums[dim].kind != KF_OPEN)
			return false;
	return true;
}

/* How a dimension is looked at, if any group has a condition on it. */
static int put_dim(struct work *w, unsigned int dim)
{
	struct filter_event *event = w->event;
	bool is_used = false;
	int rc = 0;

	for (size_t g = 0; g < w->groups.n; g++)
		is_used |= w->groups.items[g].sums[dim].kind != KF_OPEN;
	if (!is_used)
		return 0;
	event->dims |= 1U << dim;
	if (dim >= FILTER_TEXT0) {
		look_at_text(w, dim);
	} else if (dim >= FILTER_INT0) {
		event->int_field[dim - FILTER_INT0] = (uint8_t)w->fields.ints[dim - FILTER_INT0];
		event->int_kind[dim - FILTER_INT0] =
			w->def->fields[w->fields.ints[dim - FILTER_INT0]].kind;
	}
	for (unsigned int g = 0; g < w->groups.n; g++) {
		const struct kf_sum *sum = &w->groups.items[g].sums[dim];

		if (sum->kind != KF_ALLOW)
			event->open[dim] |= 1ULL << g;
		for (size_t i = 0; rc == 0 && sum->kind != KF_OPEN && i < sum->terms.n; i++)
			rc = put_entry(w, dim, g, sum, &sum->terms.items[i]);
	}
	return rc;
}

static int put_groups(struct work *w)
{
	int rc = 0;

	for (size_t g = 0; g < w->groups.n; g++)
		if (is_open(&w->groups.items[g])) {
			note(w, KFILTER_WHY_ANY, NULL);
			return 0;
		}
	w->report->n_groups = (uint32_t)w->groups.n;
	w->event->groups = w->groups.n == 64 ? ~0ULL : (1ULL << w->groups.n) - 1;
	for (unsigned int dim = 0; rc == 0 && dim < FILTER_DIMS; dim++)
		rc = put_dim(w, dim);
	join_entries(w);
	w->report->dims = w->event->dims;
	w->report->n_entries = (uint32_t)w->n_entries;
	return rc;
}

/* A rule without conditions that the kernel can tell: nothing can be dropped. */
static bool has_open_rule(const struct work *w)
{
	static const struct kf_rule open;

	for (size_t i = 0; i < w->n_rules; i++) {
		bool is_rule_open = true;

		for (unsigned int dim = 0; dim < FILTER_DIMS; dim++)
			is_rule_open &= w->rules[i].conds[dim].kind == open.conds[dim].kind;
		if (is_rule_open)
			return true;
	}
	return w->n_rules == 0;
}

static int compile_event(struct work *w)
{
	struct field_use use;
	int rc = count_fields(w, &use);

	if (rc < 0)
		return rc;
	choose_fields(w, &use, false, w->fields.ints);
	choose_fields(w, &use, true, w->fields.texts);
	rc = each_rule(w, add_rule);
	w->report->n_rules = (uint32_t)w->n_rules;
	if (rc < 0)
		return rc;
	if (has_open_rule(w)) {
		note(w, KFILTER_WHY_ANY, NULL);
		return 0;
	}
	rc = kf_groups_make(&w->groups, w->rules, w->n_rules, &w->terms);
	return rc < 0 ? rc : put_groups(w);
}

/* What an event that is never dropped would have had. */
static int report_event(struct work *w, const struct pol_policy *policy,
			const struct pol_rule *rule)
{
	w->report->n_rules++;
	for (size_t i = 0; i < policy->scope.n; i++)
		note(w, KFILTER_WHY_EVENT, &policy->scope.items[i]);
	for (size_t i = 0; i < rule->filters.n; i++)
		note(w, KFILTER_WHY_EVENT, &rule->filters.items[i]);
	return 0;
}

/* An event's entries until all of them are put together. */
struct part {
	struct filter_entry *entries; /* owned */
	size_t n;
	uint32_t banned;
	uint32_t n_by_dim[FILTER_DIMS];
};

/* Too many terms even before equal ones are put together: opens the dimension with most. */
static bool ban_terms(struct work *w, uint32_t *banned)
{
	unsigned int most = 0;

	for (unsigned int dim = 1; dim < FILTER_DIMS; dim++)
		if (w->n_terms[dim] > w->n_terms[most])
			most = dim;
	if (w->n_terms[most] <= TERMS_MAX)
		return false;
	*banned |= 1U << most;
	return true;
}

static int compile_part(struct kfilter *k, const struct pol_set *set, unsigned int slot,
			struct part *part)
{
	bool again = true;
	int rc = 0;

	free(part->entries);
	part->entries = NULL;
	part->n = 0;
	while (rc == 0 && again) {
		struct work w = { .set = set,
				  .def = &event_defs[slot],
				  .banned = part->banned,
				  .event = &k->events[slot],
				  .report = &k->reports[slot] };

		k->events[slot] = (struct filter_event){ 0 };
		k->reports[slot] = (struct kfilter_report){ 0 };
		rc = filter_is_possible(slot) ? compile_event(&w) : each_rule(&w, report_event);
		again = rc == 0 && ban_terms(&w, &part->banned);
		if (rc == 0 && !again) {
			part->entries = TAKE_PTR(w.entries);
			part->n = w.n_entries;
			memcpy(part->n_by_dim, w.n_by_dim, sizeof(w.n_by_dim));
		}
		work_done(&w);
	}
	return rc;
}

static size_t sum_of(const struct part *parts)
{
	size_t sum = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		sum += parts[slot].n;
	return sum;
}

/* Opens the dimension that costs most entries; returns its event. */
static unsigned int ban_most(struct part *parts)
{
	unsigned int at = 0, dim = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		for (unsigned int d = 0; d < FILTER_DIMS; d++)
			if (parts[slot].n_by_dim[d] > parts[at].n_by_dim[dim]) {
				at = slot;
				dim = d;
			}
	parts[at].banned |= 1U << dim;
	return at;
}

static int put_together(struct kfilter *k, const struct part *parts, size_t n)
{
	k->entries = calloc(n ? n : 1, sizeof(*k->entries));
	if (!k->entries)
		return -ENOMEM;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (parts[slot].n > 0)
			memcpy(k->entries + k->n_entries, parts[slot].entries,
			       parts[slot].n * sizeof(*k->entries));
		k->n_entries += parts[slot].n;
	}
	return 0;
}

static int compile_all(struct kfilter *k, const struct pol_set *set, struct part *parts)
{
	int rc = 0;

	for (unsigned int slot = 0; rc == 0 && slot < EVENT_SLOTS; slot++)
		if (set->n_wanted[slot] > 0)
			rc = compile_part(k, set, slot, &parts[slot]);
	while (rc == 0 && sum_of(parts) > FILTER_ENTRIES_MAX) {
		unsigned int slot = ban_most(parts);

		rc = compile_part(k, set, slot, &parts[slot]);
	}
	return rc < 0 ? rc : put_together(k, parts, sum_of(parts));
}

struct kfilter *kfilter_compile(const struct pol_set *set, struct err *err)
{
	struct part *parts = calloc(EVENT_SLOTS, sizeof(*parts));
	struct kfilter *k = calloc(1, sizeof(*k));
	int rc = parts && k ? compile_all(k, set, parts) : -ENOMEM;

	for (unsigned int slot = 0; parts && slot < EVENT_SLOTS; slot++)
		free(parts[slot].entries);
	free(parts);
	if (rc == 0)
		return k;
	kfilter_free(k);
	(void)err_set(err, rc, "kernel filters: out of memory");
	return NULL;
}

void kfilter_free(struct kfilter *k)
{
	if (!k)
		return;
	free(k->entries);
	free(k);
}

size_t kfilter_n_events(const struct kfilter *k)
{
	size_t n = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		n += k->events[slot].dims != 0;
	return n;
}
