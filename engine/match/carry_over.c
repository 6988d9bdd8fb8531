/* SPDX-License-Identifier: Apache-2.0 */
/* What a new generation takes from the one before: counters and marks, by name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/match/compiled.h"

/* The policies of a set by name. */
struct by_name {
	const struct pol_set *set;
	uint32_t *sorted;
};

static int compare_names(const void *a, const void *b, void *arg)
{
	const struct pol_set *set = arg;

	return strcmp(set->policies[*(const uint32_t *)a].name,
		      set->policies[*(const uint32_t *)b].name);
}

/* -1: none has that name. */
static int64_t find(const struct by_name *names, const char *name)
{
	size_t low = 0, high = names->set->n_policies;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, names->set->policies[names->sorted[mid]].name);

		if (order == 0)
			return names->sorted[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return -1;
}

static void carry_exceptions(struct m_rule *to, const struct m_rule *from)
{
	for (size_t i = 0; i < to->rule->n_exceptions; i++)
		for (size_t k = 0; k < from->rule->n_exceptions; k++)
			if (strcmp(to->rule->exceptions[i].name, from->rule->exceptions[k].name) ==
			    0)
				to->exceptions[i].n_hits = from->exceptions[k].n_hits;
}

static void carry_counters(struct match *m, uint32_t to, const struct match *previous,
			   uint32_t from)
{
	struct m_rule *rules = m->rules + m->policies[to].first_rule;
	const struct m_rule *old = previous->rules + previous->policies[from].first_rule;
	size_t n_old = previous->set->policies[from].n_rules;

	for (size_t i = 0; i < m->set->policies[to].n_rules; i++) {
		for (size_t k = 0; k < n_old; k++) {
			if (strcmp(rules[i].rule->event_name, old[k].rule->event_name) != 0)
				continue;
			rules[i].hits = old[k].hits;
			carry_exceptions(&rules[i], &old[k]);
			break;
		}
	}
}

static int32_t find_root(const struct match *m, uint32_t pid)
{
	for (size_t i = 0; i < m->world.n_roots; i++)
		if (m->world.roots[i] == pid)
			return (int32_t)i;
	return -1;
}

static int carry_marks(struct match *m, const struct match *previous, const int32_t *new_of)
{
	size_t n_roots = previous->world.n_roots;
	CLEANUP_FREE int32_t *map = calloc(n_roots + previous->n_follows + 1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	for (size_t i = 0; i < n_roots; i++)
		map[i] = find_root(m, previous->world.roots[i]);
	for (size_t i = 0; i < previous->n_follows; i++) {
		int32_t policy = new_of[previous->follows[i]];

		map[n_roots + i] = policy < 0 ? -1 : m->policies[policy].mark;
	}
	return lineage_take_over(m->lineage, previous->lineage, map);
}

int match_carry_over(struct match *m, const struct match *previous)
{
	size_t n = previous->set->n_policies;
	CLEANUP_FREE uint32_t *sorted = calloc(n + 1, sizeof(*sorted));
	CLEANUP_FREE int32_t *new_of = calloc(n + 1, sizeof(*new_of));
	const struct by_name names = { .set = previous->set, .sorted = sorted };

	if (!sorted || !new_of)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		sorted[i] = (uint32_t)i;
		new_of[i] = -1;
	}
	qsort_r(sorted, n, sizeof(*sorted), compare_names, (void *)(uintptr_t)previous->set);
	for (size_t i = 0; i < m->set->n_policies; i++) {
		int64_t from = find(&names, m->set->policies[i].name);

		if (from < 0)
			continue;
		new_of[from] = (int32_t)i;
		carry_counters(m, (uint32_t)i, previous, (uint32_t)from);
	}
	if (m->world.host_mnt_ns == 0)
		m->world.host_mnt_ns = previous->world.host_mnt_ns;
	return carry_marks(m, previous, new_of);
}
