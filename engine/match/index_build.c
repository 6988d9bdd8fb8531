/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index: each rule hangs on the condition of its own or of its policy's scope that is likely to
 * hold for the fewest events. A rule for a set of events is in one index that these events share,
 * so that thousands of such rules do not take that many times the events' number.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/match/compiled.h"
#include "engine/match/index.h"
#include "engine/policy/names.h"

#define NO_GROUP UINT32_MAX
#define NO_SCORE (-1)

/* Rules that share an index: the first EVENT_SLOTS groups are those of an event, the others of a
 * set. */
struct groups {
	const struct pol_events **sets;
	size_t n_sets;
	uint32_t *of_rule;
};

struct key {
	uint32_t subject;
	bool is_number;
	struct idx_key key;
};

struct builder {
	struct match *m;
	struct key *keys;
	size_t n, cap;
	uint32_t host_pid, host_tid; /* subjects */
};

static int score_number(const struct pol_filter *f)
{
	if (f->subject == POL_SUBJECT_RETVAL)
		return 20;
	if (f->subject == POL_SUBJECT_DATA)
		return 45;
	switch (f->context) {
	case POL_CTX_PID:
	case POL_CTX_TID:
	case POL_CTX_HOST_PID:
	case POL_CTX_HOST_TID:
	case POL_CTX_TASK_ID:
		return 90;
	case POL_CTX_PPID:
	case POL_CTX_HOST_PPID:
		return 80;
	case POL_CTX_MNTNS:
	case POL_CTX_PIDNS:
	case POL_CTX_CGROUP_ID:
		return 50;
	case POL_CTX_UID:
		return 30;
	case POL_CTX_SYSCALL:
		return 40;
	default:
		return 10;
	}
}

/* NO_SCORE: no look-up finds it. */
static int score_term(const struct match *m, uint32_t subject, const struct pol_filter *f,
		      const struct pol_term *t)
{
	int len = t->len < 20 ? (int)t->len : 20;

	if (t->op != POL_OP_EQUAL)
		return NO_SCORE;
	switch ((enum pol_term_kind)t->kind) {
	case POL_TERM_NUMBER:
		return score_number(f);
	case POL_TERM_EXACT:
		if (!value_is_number(m->values, subject))
			return 60 + len;
		return t->is_number ? score_number(f) : NO_SCORE; /* symbolic */
	case POL_TERM_PREFIX:
	case POL_TERM_SUFFIX:
		return 20 + 2 * len;
	case POL_TERM_CONTAINS:
	case POL_TERM_NETWORK:
	case POL_TERM_PATTERN:
		break;
	}
	return NO_SCORE;
}

/* All of its terms must lead to it, as each may hold alone. */
static int score(const struct match *m, uint32_t pred)
{
	const struct pol_filter *f = pred_filter(m->preds, pred);
	int least = 100;

	if (f->type == POL_TYPE_FLAG)
		return 5;
	/* Many values are one value here; what a process descends from is in no record. */
	if (f->n_terms == 0 || (f->subject == POL_SUBJECT_CONTEXT && f->context == POL_CTX_TREE))
		return NO_SCORE;
	for (size_t i = 0; i < f->n_terms; i++) {
		int own = score_term(m, pred_subject(m->preds, pred), f, &f->terms[i]);

		if (own == NO_SCORE)
			return NO_SCORE;
		least = own < least ? own : least;
	}
	for (size_t n = f->n_terms; n > 1; n /= 2)
		least -= 3;
	return least > 0 ? least : 0;
}

int64_t match_choose(const struct match *m, const struct m_rule *rule)
{
	int64_t best = -1;
	int best_score = NO_SCORE;

	for (uint32_t i = 0; i < rule->conds.n_ordered; i++) {
		int own = score(m, rule->conds.ordered[i]);

		if (own <= best_score)
			continue;
		best_score = own;
		best = rule->conds.ordered[i];
	}
	return best;
}

static int add_key(struct builder *b, uint32_t subject, bool is_number, const struct idx_key *key)
{
	if (b->n == b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;
		struct key *keys = reallocarray(b->keys, cap, sizeof(*keys));

		if (!keys)
			return -ENOMEM;
		b->keys = keys;
		b->cap = cap;
	}
	b->keys[b->n++] = (struct key){ .subject = subject, .is_number = is_number, .key = *key };
	return 0;
}

static int add_number(struct builder *b, uint32_t subject, int64_t number, bool is_big,
		      uint32_t rule)
{
	char *digits = arena_alloc(&b->m->arena, 1, IDX_NUMBER_LEN);
	struct idx_key key = { .text = digits, .len = IDX_NUMBER_LEN, .id = rule };

	if (!digits)
		return -ENOMEM;
	idx_number(digits, number, is_big);
	return add_key(b, subject, true, &key);
}

static int add_term(struct builder *b, const struct pol_filter *f, uint32_t subject,
		    const struct pol_term *t, uint32_t rule)
{
	struct idx_key key = { .text = t->text, .len = t->len, .id = rule };
	int rc = 0;

	if (f->subject == POL_SUBJECT_CONTEXT && f->context == POL_CTX_TASK_ID) {
		/* Either may be it; a rule that is found twice is tried once. */
		rc = add_number(b, b->host_pid, t->number, t->is_unsigned, rule);
		return rc < 0 ? rc : add_number(b, b->host_tid, t->number, t->is_unsigned, rule);
	}
	if (t->is_number || t->kind == POL_TERM_NUMBER)
		rc = value_has_number(b->m->values, subject)
			     ? add_number(b, subject, t->number, t->is_unsigned, rule)
			     : 0;
	if (rc < 0 || t->kind == POL_TERM_NUMBER ||
	    (t->kind == POL_TERM_EXACT && value_is_number(b->m->values, subject)))
		return rc;
	if (t->kind == POL_TERM_PREFIX)
		key.kind = IDX_PREFIX;
	else
		key.kind = t->kind == POL_TERM_SUFFIX ? IDX_SUFFIX : IDX_EXACT;
	return add_key(b, subject, false, &key);
}

static int hang(struct builder *b, uint32_t rule, uint32_t pred)
{
	const struct pol_filter *f = pred_filter(b->m->preds, pred);
	uint32_t subject = pred_subject(b->m->preds, pred);
	int rc = 0;

	if (f->type == POL_TYPE_FLAG)
		return add_number(b, subject, f->flag, false, rule);
	for (size_t i = 0; i < f->n_terms && rc == 0; i++)
		rc = add_term(b, f, subject, &f->terms[i], rule);
	return rc;
}

static int compare_subjects(const void *pa, const void *pb)
{
	const struct key *a = pa, *b = pb;

	if (a->subject != b->subject)
		return a->subject < b->subject ? -1 : 1;
	return (int)a->is_number - (int)b->is_number;
}

static int make_path(struct match *m, const struct key *keys, size_t n, struct m_path *ret_path)
{
	CLEANUP_FREE struct idx_key *own = calloc(n, sizeof(*own));

	if (!own)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		own[i] = keys[i].key;
	*ret_path = (struct m_path){ .subject = keys[0].subject, .is_number = keys[0].is_number };
	ret_path->idx = idx_new(&m->arena, own, n);
	return ret_path->idx ? 0 : -ENOMEM;
}

/* One path for each subject that there are keys of. */
static int make_paths(struct builder *b, struct m_index *index)
{
	size_t n_paths = 0, end;

	if (b->n == 0)
		return 0;
	qsort(b->keys, b->n, sizeof(*b->keys), compare_subjects);
	for (size_t i = 0; i < b->n; i++)
		n_paths += i == 0 || compare_subjects(&b->keys[i - 1], &b->keys[i]) != 0;
	index->paths = arena_alloc(&b->m->arena, n_paths, sizeof(*index->paths));
	if (!index->paths)
		return -ENOMEM;
	for (size_t i = 0; i < b->n; i = end) {
		for (end = i + 1; end < b->n; end++)
			if (compare_subjects(&b->keys[i], &b->keys[end]) != 0)
				break;
		if (make_path(b->m, &b->keys[i], end - i, &index->paths[index->n_paths]) < 0)
			return -ENOMEM;
		index->n_paths++;
	}
	return 0;
}

static void add_follow(const struct match *m, struct m_index *index, uint32_t policy)
{
	if (m->policies[policy].mark < 0)
		return;
	/* The rules come in the order of their policies. */
	if (index->n_follows > 0 && index->follows[index->n_follows - 1] == policy)
		return;
	index->follows[index->n_follows++] = policy;
}

static int build_index(struct builder *b, const uint32_t *rules, size_t n, struct m_index *index)
{
	struct match *m = b->m;
	int rc = 0;

	b->n = 0;
	index->always = arena_alloc(&m->arena, n, sizeof(*index->always));
	index->follows = arena_alloc(&m->arena, m->n_follows ? n : 0, sizeof(*index->follows));
	if (!index->always || !index->follows)
		return -ENOMEM;
	for (size_t i = 0; i < n && rc == 0; i++) {
		int64_t pred = match_choose(m, &m->rules[rules[i]]);

		add_follow(m, index, m->rules[rules[i]].policy);
		if (pred < 0)
			index->always[index->n_always++] = rules[i];
		else
			rc = hang(b, rules[i], (uint32_t)pred);
	}
	return rc < 0 ? rc : make_paths(b, index);
}

static uint32_t group_of_set(struct groups *g, const struct pol_events *set)
{
	for (size_t i = 0; i < g->n_sets; i++)
		if (g->sets[i] == set)
			return (uint32_t)(EVENT_SLOTS + i);
	g->sets[g->n_sets] = set;
	return (uint32_t)(EVENT_SLOTS + g->n_sets++);
}

static void find_groups(const struct match *m, struct groups *g)
{
	for (size_t i = 0; i < m->n_rules; i++) {
		const struct pol_rule *rule = m->rules[i].rule;
		const struct pol_events *set;

		g->of_rule[i] = NO_GROUP;
		if (rule->kind == POL_RULE_EVENT)
			g->of_rule[i] = rule->event->slot;
		if (rule->kind != POL_RULE_SET)
			continue;
		set = pol_name_find(rule->event_name).set;
		if (set)
			g->of_rule[i] = group_of_set(g, set);
	}
}

/* The rules by group, in their order: those of group i are from firsts[i] to firsts[i + 1]. */
static void sort_rules(const struct match *m, const struct groups *g, size_t n_groups,
		       uint32_t *firsts, uint32_t *rules)
{
	for (size_t i = 0; i < m->n_rules; i++)
		if (g->of_rule[i] != NO_GROUP)
			firsts[g->of_rule[i] + 2]++;
	for (size_t i = 2; i < n_groups + 2; i++)
		firsts[i] += firsts[i - 1];
	for (size_t i = 0; i < m->n_rules; i++)
		if (g->of_rule[i] != NO_GROUP)
			rules[firsts[g->of_rule[i] + 1]++] = (uint32_t)i;
}

static int link_slots(struct match *m, const struct groups *g, const struct m_index *indexes,
		      const uint32_t *firsts)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		struct m_slot *s = &m->slots[slot];
		const struct m_index **list =
			arena_alloc(&m->arena, 1 + g->n_sets, sizeof(const struct m_index *));

		if (!list)
			return -ENOMEM;
		s->indexes = list;
		if (firsts[slot] < firsts[slot + 1])
			list[s->n++] = &indexes[slot];
		for (size_t i = 0; i < g->n_sets; i++)
			if (pol_events_has(g->sets[i], slot))
				list[s->n++] = &indexes[EVENT_SLOTS + i];
	}
	return 0;
}

static int make_room_to_find(struct match *m, const struct m_index *indexes, size_t n)
{
	size_t max = 1;

	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < indexes[i].n_paths; k++) {
			size_t own = idx_find_max(indexes[i].paths[k].idx);

			max = own > max ? own : max;
		}
	m->found = arena_alloc(&m->arena, max, sizeof(const struct idx_entry *));
	return m->found ? 0 : -ENOMEM;
}

static int build_groups(struct match *m, const struct groups *g)
{
	size_t n_groups = EVENT_SLOTS + g->n_sets;
	CLEANUP_FREE uint32_t *firsts = calloc(n_groups + 2, sizeof(*firsts));
	CLEANUP_FREE uint32_t *rules = calloc(m->n_rules + 1, sizeof(*rules));
	struct m_index *indexes = arena_alloc(&m->arena, n_groups, sizeof(*indexes));
	const struct pol_filter pid = { .subject = POL_SUBJECT_CONTEXT,
					.context = POL_CTX_HOST_PID };
	const struct pol_filter tid = { .subject = POL_SUBJECT_CONTEXT,
					.context = POL_CTX_HOST_TID };
	int host_pid = value_subject(m->values, &pid, NULL);
	int host_tid = value_subject(m->values, &tid, NULL);
	struct builder b = { .m = m, .host_pid = (uint32_t)host_pid };
	int rc = 0;

	b.host_tid = (uint32_t)host_tid;
	if (!firsts || !rules || !indexes || host_pid < 0 || host_tid < 0)
		return -ENOMEM;
	sort_rules(m, g, n_groups, firsts, rules);
	for (size_t i = 0; i < n_groups && rc == 0; i++)
		if (firsts[i] < firsts[i + 1])
			rc = build_index(&b, rules + firsts[i], firsts[i + 1] - firsts[i],
					 &indexes[i]);
	free(b.keys);
	if (rc == 0)
		rc = link_slots(m, g, indexes, firsts);
	return rc < 0 ? rc : make_room_to_find(m, indexes, n_groups);
}

int match_build_indexes(struct match *m)
{
	struct groups g = { .n_sets = 0 };
	int rc = -ENOMEM;

	/* As many sets as there are rules, at most. */
	g.sets = calloc(m->n_rules + 1, sizeof(const struct pol_events *));
	g.of_rule = calloc(m->n_rules + 1, sizeof(*g.of_rule));
	if (g.sets && g.of_rule) {
		find_groups(m, &g);
		rc = build_groups(m, &g);
	}
	free(g.sets);
	free(g.of_rule);
	return rc;
}
