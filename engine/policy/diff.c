/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_term(const struct pol_term *a, const struct pol_term *b)
{
	return a->kind == b->kind && a->op == b->op && a->is_number == b->is_number &&
	       a->is_unsigned == b->is_unsigned && a->net_bits == b->net_bits &&
	       a->net_bytes == b->net_bytes && a->on_host_mnt == b->on_host_mnt &&
	       a->mnt_ns == b->mnt_ns && a->number == b->number && a->len == b->len &&
	       memcmp(a->net, b->net, sizeof(a->net)) == 0 && same_text(a->text, b->text);
}

static bool same_filter(const struct pol_filter *a, const struct pol_filter *b)
{
	if (a->subject != b->subject || a->context != b->context || a->field != b->field ||
	    a->type != b->type || a->flag != b->flag || a->n_terms != b->n_terms ||
	    !same_text(a->path, b->path) || !same_text(a->name, b->name))
		return false;
	for (size_t i = 0; i < a->n_terms; i++)
		if (!same_term(&a->terms[i], &b->terms[i]))
			return false;
	return true;
}

static bool same_filters(const struct pol_filters *a, const struct pol_filters *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_filter(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static bool same_exception(const struct pol_exception *a, const struct pol_exception *b)
{
	return same_text(a->name, b->name) && same_text(a->reason, b->reason) &&
	       a->expires_s == b->expires_s && same_filters(&a->filters, &b->filters);
}

static bool same_rule(const struct pol_rule *a, const struct pol_rule *b)
{
	if (a->event != b->event || a->kind != b->kind || a->n_exceptions != b->n_exceptions ||
	    !same_text(a->event_name, b->event_name) || !same_filters(&a->filters, &b->filters))
		return false;
	for (size_t i = 0; i < a->n_exceptions; i++)
		if (!same_exception(&a->exceptions[i], &b->exceptions[i]))
			return false;
	return true;
}

bool pol_policy_same(const struct pol_policy *a, const struct pol_policy *b)
{
	if (a->follow != b->follow || a->n_rules != b->n_rules || !same_text(a->name, b->name) ||
	    !same_text(a->description, b->description) || !same_filters(&a->scope, &b->scope))
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (!same_rule(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

static int compare_names(const void *a, const void *b)
{
	const struct pol_policy *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* The policies of a set by name, to be freed. */
static const struct pol_policy **by_name(const struct pol_set *set)
{
	const struct pol_policy **list = calloc(set->n_policies + 1, sizeof(const void *));

	for (size_t i = 0; list && i < set->n_policies; i++)
		list[i] = &set->policies[i];
	if (list)
		qsort(list, set->n_policies, sizeof(const void *), compare_names);
	return list;
}

int pol_set_diff(const struct pol_set *former, const struct pol_set *now, pol_diff_fn fn, void *arg)
{
	CLEANUP_FREE const struct pol_policy **old = by_name(former);
	CLEANUP_FREE const struct pol_policy **new = by_name(now);
	size_t i = 0, k = 0;

	if (!old || !new)
		return -ENOMEM;
	while (i < former->n_policies || k < now->n_policies) {
		int order = i == former->n_policies ? 1
			    : k == now->n_policies  ? -1
						    : strcmp(old[i]->name, new[k]->name);

		if (order < 0) {
			fn(arg, POL_REMOVED, old[i++]);
		} else if (order > 0) {
			fn(arg, POL_ADDED, new[k++]);
		} else {
			fn(arg, pol_policy_same(old[i], new[k]) ? POL_KEPT : POL_CHANGED, new[k]);
			i++;
			k++;
		}
	}
	return 0;
}

bool pol_set_same(const struct pol_set *a, const struct pol_set *b)
{
	if (a->n_policies != b->n_policies)
		return false;
	for (size_t i = 0; i < a->n_policies; i++)
		if (!pol_policy_same(&a->policies[i], &b->policies[i]))
			return false;
	return true;
}
