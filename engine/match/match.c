/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/enrich/process_tree.h"
#include "engine/match/compiled.h"
#include "engine/match/index.h"

#define NS_PER_S 1000000000

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "policies: out of memory");
}

static bool has(const uint32_t *list, uint32_t n, uint32_t item)
{
	for (uint32_t i = 0; i < n; i++)
		if (list[i] == item)
			return true;
	return false;
}

/* Puts a predicate where its cost belongs. */
static void order_in(const struct match *m, struct conds *c, uint32_t pred)
{
	uint32_t at = c->n_ordered;

	if (has(c->ordered, c->n_ordered, pred))
		return;
	for (; at > 0 && pred_cost(m->preds, c->ordered[at - 1]) > pred_cost(m->preds, pred); at--)
		c->ordered[at] = c->ordered[at - 1];
	c->ordered[at] = pred;
	c->n_ordered++;
}

/* `beside` (NULL: none): conditions that must hold, too. */
static int compile_filters(struct match *m, const struct pol_filters *filters,
			   const struct event_def *def, const char *file,
			   const struct conds *beside, struct conds *ret, struct err *err)
{
	uint32_t n_beside = beside ? beside->n_ordered : 0;

	ret->written = arena_alloc(&m->arena, filters->n, sizeof(*ret->written));
	ret->ordered = arena_alloc(&m->arena, filters->n + n_beside, sizeof(*ret->ordered));
	if (!ret->written || !ret->ordered)
		return no_memory(err);
	for (uint32_t i = 0; i < n_beside; i++)
		order_in(m, ret, beside->ordered[i]);
	for (size_t i = 0; i < filters->n; i++) {
		const struct pol_filter *f = &filters->items[i];
		int pred = pred_add(m->preds, f, def, err);

		if (pred == -EINVAL)
			return err_wrap(err, "%s:%u:%u: '%s'", file ? file : "policy", f->line,
					f->column, f->name ? f->name : "filter");
		if (pred < 0)
			return pred;
		ret->written[ret->n_written++] = (uint32_t)pred;
		order_in(m, ret, (uint32_t)pred);
	}
	return 0;
}

static int compile_exceptions(struct match *m, const struct pol_policy *policy, struct m_rule *rule,
			      struct err *err)
{
	const struct pol_rule *r = rule->rule;
	int rc = 0;

	rule->exceptions = arena_alloc(&m->arena, r->n_exceptions, sizeof(*rule->exceptions));
	if (!rule->exceptions)
		return no_memory(err);
	for (size_t i = 0; i < r->n_exceptions && rc == 0; i++) {
		rule->exceptions[i].exception = &r->exceptions[i];
		rc = compile_filters(m, &r->exceptions[i].filters, r->event, policy->file, NULL,
				     &rule->exceptions[i].conds, err);
	}
	return rc;
}

static int compile_policy(struct match *m, uint32_t i, struct err *err)
{
	const struct pol_policy *policy = &m->set->policies[i];
	struct m_policy *p = &m->policies[i];
	int rc;

	p->first_rule = (uint32_t)m->n_rules;
	p->mark = -1;
	rc = compile_filters(m, &policy->scope, NULL, policy->file, NULL, &p->scope, err);
	if (policy->follow)
		m->follows[m->n_follows++] = i;
	for (size_t k = 0; k < policy->n_rules && rc == 0; k++) {
		struct m_rule *rule = &m->rules[m->n_rules++];

		rule->rule = &policy->rules[k];
		rule->policy = i;
		rc = compile_filters(m, &rule->rule->filters, rule->rule->event, policy->file,
				     policy->follow ? NULL : &p->scope, &rule->conds, err);
		if (rc == 0)
			rc = compile_exceptions(m, policy, rule, err);
	}
	return rc;
}

static int compare_pids(const void *a, const void *b)
{
	const uint32_t *pa = a, *pb = b;

	return (*pa > *pb) - (*pa < *pb);
}

/* The pids that `tree` names, with room for `cap` of them when `roots` is not NULL. Returns how
 * many there are, equal ones counted. */
static size_t collect_roots(const struct match *m, uint32_t *roots)
{
	size_t n = 0;

	for (uint32_t i = 0; i < pred_n(m->preds); i++) {
		const struct pol_filter *f = pred_filter(m->preds, i);

		if (f->subject != POL_SUBJECT_CONTEXT || f->context != POL_CTX_TREE)
			continue;
		for (size_t k = 0; k < f->n_terms; k++, n++)
			if (roots)
				roots[n] = (uint32_t)f->terms[k].number;
	}
	return n;
}

static int make_lineage(struct match *m)
{
	size_t n = collect_roots(m, NULL), n_roots = 0;

	m->roots = calloc(n ? n : 1, sizeof(*m->roots));
	if (!m->roots)
		return -ENOMEM;
	(void)collect_roots(m, m->roots); /* as many as before */
	qsort(m->roots, n, sizeof(*m->roots), compare_pids);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || m->roots[i] != m->roots[n_roots - 1])
			m->roots[n_roots++] = m->roots[i];
	for (size_t i = 0; i < m->n_follows; i++)
		m->policies[m->follows[i]].mark = (int32_t)(n_roots + i);
	m->lineage = lineage_new(m->roots, n_roots, n_roots + m->n_follows, m->opt.start_ns);
	m->world.lineage = m->lineage;
	m->world.roots = m->roots;
	m->world.n_roots = n_roots;
	return m->lineage ? 0 : -ENOMEM;
}

static size_t count_rules(const struct pol_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_policies; i++)
		n += set->policies[i].n_rules;
	return n;
}

static bool allocate(struct match *m)
{
	const struct value_world world = { .start_ns = m->opt.start_ns,
					   .epoch_offset_ns = m->opt.epoch_offset_ns };
	size_t n = m->set->n_policies, n_words = (n + 63) / 64;

	m->values = values_new(&world);
	m->patterns = pat_new(m->opt.no_jit);
	if (m->values && m->patterns)
		m->preds = pred_new(&m->arena, m->values, m->patterns, &m->world);
	m->policies = arena_alloc(&m->arena, n, sizeof(*m->policies));
	m->rules = arena_alloc(&m->arena, count_rules(m->set), sizeof(*m->rules));
	m->follows = arena_alloc(&m->arena, n, sizeof(*m->follows));
	m->matched = arena_alloc(&m->arena, n, sizeof(*m->matched));
	m->bits = arena_alloc(&m->arena, n_words, sizeof(*m->bits));
	m->words = arena_alloc(&m->arena, (n_words + 63) / 64, sizeof(*m->words));
	return m->preds && m->policies && m->rules && m->follows && m->matched && m->bits &&
	       m->words;
}

static int compile(struct match *m, struct err *err)
{
	int rc = 0;

	if (!allocate(m))
		return no_memory(err);
	for (uint32_t i = 0; i < m->set->n_policies && rc == 0; i++)
		rc = compile_policy(m, i, err);
	if (rc < 0)
		return rc;
	if (make_lineage(m) < 0 || match_build_indexes(m) < 0 || pred_finish(m->preds) < 0)
		return no_memory(err);
	return 0;
}

int match_continue(struct match *m, struct ptree *tree, const struct match *previous)
{
	const struct ptree_task *init = tree ? ptree_find(tree, 1) : NULL;

	m->opt.tree = tree;
	m->world.host_mnt_ns = init ? init->ctx.mnt_ns : 0;
	return previous ? match_carry_over(m, previous) : 0;
}

struct match *match_new(const struct pol_set *set, const struct match_options *opt,
			const struct match *previous, struct err *err)
{
	struct match *m = calloc(1, sizeof(*m));

	if (!m) {
		(void)no_memory(err);
		return NULL;
	}
	m->opt = *opt;
	m->set = set;
	if (compile(m, err) < 0) {
		match_free(m);
		return NULL;
	}
	if (match_continue(m, opt->tree, previous) == 0)
		return m;
	(void)no_memory(err);
	match_free(m);
	return NULL;
}

void match_free(struct match *m)
{
	if (!m)
		return;
	pred_free(m->preds);
	values_free(m->values);
	pat_free(m->patterns);
	lineage_free(m->lineage);
	free(m->roots);
	arena_done(&m->arena);
	free(m);
}

bool match_conds_hold(struct match *m, const uint32_t *conds, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (!pred_holds(m->preds, conds[i]))
			return false;
	return true;
}

bool match_is_followed(const struct match *m, const struct m_policy *policy, const struct event *ev)
{
	const struct lineage_process *process = lineage_find(m->lineage, ev->rec->tgid);

	return process && lineage_has(process, (size_t)policy->mark);
}

static void begin(struct match *m, const struct event *ev)
{
	values_begin(m->values, ev);
	pred_begin(m->preds, ev);
}

/* Does the policy's scope hold now, or did it once? What it holds for is followed from then on. */
static bool follow(struct match *m, uint32_t policy, const struct event *ev)
{
	const struct m_policy *p = &m->policies[policy];

	if (match_is_followed(m, p, ev))
		return true;
	if (!match_conds_hold(m, p->scope.ordered, p->scope.n_ordered))
		return false;
	/* Short memory: then its scope is looked at again. */
	(void)lineage_mark(m->lineage, ev->rec->tgid, (size_t)p->mark);
	return true;
}

static void follow_all(struct match *m, const struct event *ev)
{
	if (m->n_follows == 0)
		return;
	begin(m, ev);
	for (size_t i = 0; i < m->n_follows; i++)
		(void)follow(m, m->follows[i], ev);
}

void match_learn(struct match *m, const struct event *ev)
{
	const struct rec_task *ctx = (const struct rec_task *)ev->rec;

	/* Where memory is short the process stays unknown: in no tree, and followed by nobody. */
	switch (ev->def->id) {
	case EV_TASK:
		if (ctx->hdr.tid == 1)
			m->world.host_mnt_ns = ctx->mnt_ns;
		(void)lineage_learn_task(m->lineage, ctx);
		break;
	case EV_SCHED_PROCESS_FORK:
		follow_all(m, ev);
		(void)lineage_learn_fork(m->lineage, (const struct rec_fork *)ev->rec);
		break;
	case EV_SCHED_PROCESS_EXEC:
		follow_all(m, ev);
		break;
	default:
		break;
	}
}

void match_forget(struct match *m, uint32_t tgid)
{
	lineage_forget(m->lineage, tgid);
}

bool match_is_in_force(const struct match *m, const struct pol_exception *exception,
		       const struct event *ev)
{
	int64_t now_ns = (int64_t)(ev->rec->ts_ns + (uint64_t)m->opt.epoch_offset_ns);

	return now_ns / NS_PER_S < exception->expires_s;
}

static bool is_excepted(struct match *m, struct m_rule *rule, const struct event *ev)
{
	for (size_t i = 0; i < rule->rule->n_exceptions; i++) {
		struct m_exception *x = &rule->exceptions[i];

		if (!match_is_in_force(m, x->exception, ev) ||
		    !match_conds_hold(m, x->conds.ordered, x->conds.n_ordered))
			continue;
		x->n_hits++;
		rule->hits.n_excepted++;
		return true;
	}
	return false;
}

static void try_rule(struct match *m, uint32_t i, const struct event *ev)
{
	struct m_rule *rule = &m->rules[i];

	if (rule->stamp == m->stamp)
		return;
	rule->stamp = m->stamp;
	if (m->policies[rule->policy].mark >= 0 && !follow(m, rule->policy, ev))
		return;
	if (!match_conds_hold(m, rule->conds.ordered, rule->conds.n_ordered))
		return;
	if (rule->rule->n_exceptions > 0 && is_excepted(m, rule, ev))
		return;
	rule->hits.n_matched++;
	m->bits[rule->policy / 64] |= 1ULL << (rule->policy % 64);
	m->words[rule->policy / 4096] |= 1ULL << (rule->policy / 64 % 64);
}

static void try_path(struct match *m, const struct m_path *path, const struct event *ev)
{
	struct value *v = value_get(m->values, path->subject);
	const uint32_t *ids = idx_ids(path->idx);
	char number[IDX_NUMBER_LEN];
	size_t n = 0;

	if (!v->is_there)
		return;
	if (!path->is_number) {
		value_text(v);
		n = idx_find(path->idx, v->text, v->len, m->found);
	} else if (v->is_number) {
		idx_number(number, v->number, v->is_big);
		n = idx_find(path->idx, number, sizeof(number), m->found);
	}
	for (size_t i = 0; i < n; i++)
		for (uint32_t k = 0; k < m->found[i]->n_ids; k++)
			try_rule(m, ids[m->found[i]->first + k], ev);
}

static void try_index(struct match *m, const struct m_index *index, const struct event *ev)
{
	/* Before any rule's own filters: a rule that they refuse would not look. */
	for (uint32_t i = 0; i < index->n_follows; i++)
		(void)follow(m, index->follows[i], ev);
	for (uint32_t i = 0; i < index->n_always; i++)
		try_rule(m, index->always[i], ev);
	for (uint32_t i = 0; i < index->n_paths; i++)
		try_path(m, &index->paths[i], ev);
}

/* The set bits as a list, and no bit set. */
static uint32_t collect(struct match *m)
{
	size_t n_words = (m->set->n_policies + 63) / 64;
	uint32_t n = 0;

	for (size_t i = 0; i * 64 < n_words; i++) {
		for (; m->words[i]; m->words[i] &= m->words[i] - 1) {
			size_t at = i * 64 + (size_t)__builtin_ctzll(m->words[i]);

			for (; m->bits[at]; m->bits[at] &= m->bits[at] - 1)
				m->matched[n++] =
					(uint32_t)(at * 64 + (size_t)__builtin_ctzll(m->bits[at]));
		}
	}
	return n;
}

static void next_stamp(struct match *m)
{
	if (++m->stamp != 0)
		return;
	for (size_t i = 0; i < m->n_rules; i++) /* the stamps are used up: once in 2^32 events */
		m->rules[i].stamp = 0;
	m->stamp = 1;
}

uint32_t match_event(struct match *m, struct event *ev)
{
	const struct m_slot *slot = &m->slots[ev->def->slot];

	ev->policies = m->set;
	ev->matched = m->matched;
	ev->n_matched = 0;
	if (slot->n == 0)
		return 0;
	next_stamp(m);
	begin(m, ev);
	for (uint32_t i = 0; i < slot->n; i++)
		try_index(m, slot->indexes[i], ev);
	ev->n_matched = collect(m);
	return ev->n_matched;
}

uint64_t match_generation(const struct match *m)
{
	return m->opt.generation;
}

const struct pol_set *match_policies(const struct match *m)
{
	return m->set;
}

static const struct m_rule *rule_at(const struct match *m, size_t policy, size_t rule)
{
	return &m->rules[m->policies[policy].first_rule + rule];
}

void match_rule_hits(const struct match *m, size_t policy, size_t rule, struct match_hits *ret_hits)
{
	*ret_hits = rule_at(m, policy, rule)->hits;
}

uint64_t match_exception_hits(const struct match *m, size_t policy, size_t rule, size_t exception)
{
	return rule_at(m, policy, rule)->exceptions[exception].n_hits;
}

void match_stats_get(const struct match *m, struct match_stats *ret_stats)
{
	struct pat_stats patterns;

	pat_stats_get(m->patterns, &patterns);
	*ret_stats = (struct match_stats){
		.n_predicates = pred_n(m->preds),
		.n_patterns = patterns.n_patterns,
		.n_patterns_jit = patterns.n_jit,
		.n_pattern_limited = patterns.n_limited,
		.n_marked = lineage_n_marked(m->lineage),
		.memory_bytes = sizeof(*m) + m->arena.n_bytes + values_bytes(m->values) +
				pred_bytes(m->preds) + patterns.n_bytes + lineage_bytes(m->lineage),
	};
}
