/* SPDX-License-Identifier: Apache-2.0 */
/* Why a rule holds for an event or does not: the same predicates, asked in the written order. */
#include <string.h>

#include "engine/match/compiled.h"
#include "engine/policy/names.h"

#define SHOWN_MAX 256

/* The filter, as this policy wrote it, that became the predicate. */
static const struct pol_filter *written_as(const struct conds *conds,
					   const struct pol_filters *filters, uint32_t pred)
{
	for (uint32_t i = 0; i < conds->n_written; i++)
		if (conds->written[i] == pred)
			return &filters->items[i];
	return NULL;
}

static void count_terms(const struct pol_filter *filter, struct match_access *access)
{
	if (filter->type == POL_TYPE_FLAG)
		access->n_exact = 1;
	for (size_t i = 0; i < filter->n_terms; i++)
		switch ((enum pol_term_kind)filter->terms[i].kind) {
		case POL_TERM_EXACT:
		case POL_TERM_NUMBER:
			access->n_exact++;
			break;
		case POL_TERM_PREFIX:
			access->n_prefixes++;
			break;
		case POL_TERM_SUFFIX:
			access->n_suffixes++;
			break;
		case POL_TERM_CONTAINS:
		case POL_TERM_NETWORK:
		case POL_TERM_PATTERN:
			break; /* no rule hangs on these */
		}
}

void match_rule_access(const struct match *m, size_t policy, size_t rule,
		       struct match_access *ret_access)
{
	const struct m_policy *p = &m->policies[policy];
	const struct m_rule *r = &m->rules[p->first_rule + rule];
	int64_t pred = match_choose(m, r);

	*ret_access = (struct match_access){ .filter = NULL };
	if (pred < 0)
		return;
	ret_access->filter = written_as(&r->conds, &r->rule->filters, (uint32_t)pred);
	if (!ret_access->filter) {
		ret_access->is_scope = true;
		ret_access->filter =
			written_as(&p->scope, &m->set->policies[policy].scope, (uint32_t)pred);
	}
	if (ret_access->filter)
		count_terms(ret_access->filter, ret_access);
}

struct explanation {
	struct match *m;
	const struct event *ev;
	match_reason_fn fn;
	void *arg;
	char shown[SHOWN_MAX + 1];
};

static bool is_for(const struct pol_rule *rule, const struct event_def *def)
{
	const struct pol_events *set;

	if (rule->kind == POL_RULE_EVENT)
		return rule->event == def;
	set = rule->kind == POL_RULE_SET ? pol_name_find(rule->event_name).set : NULL;
	return set && pol_events_has(set, def->slot);
}

/* The first that does not hold; NULL: all do. */
static const struct pol_filter *refusing(struct match *m, const struct conds *conds,
					 const struct pol_filters *filters, uint32_t *ret_pred)
{
	for (uint32_t i = 0; i < conds->n_written; i++) {
		if (pred_holds(m->preds, conds->written[i]))
			continue;
		*ret_pred = conds->written[i];
		return &filters->items[i];
	}
	return NULL;
}

static void refuse(struct explanation *x, struct match_reason *r, enum match_verdict verdict,
		   uint32_t pred)
{
	struct value *v = value_get(x->m->values, pred_subject(x->m->preds, pred));
	size_t len;

	r->verdict = verdict;
	r->has_value = v->is_there;
	if (!v->is_there)
		return;
	value_text(v);
	len = v->len < SHOWN_MAX ? v->len : SHOWN_MAX;
	memcpy(x->shown, v->text, len);
	x->shown[len] = '\0';
	r->value = x->shown;
}

static const struct pol_exception *excepting(struct explanation *x, const struct m_rule *rule)
{
	for (size_t i = 0; i < rule->rule->n_exceptions; i++) {
		const struct m_exception *e = &rule->exceptions[i];

		if (match_is_in_force(x->m, e->exception, x->ev) &&
		    match_conds_hold(x->m, e->conds.ordered, e->conds.n_ordered))
			return e->exception;
	}
	return NULL;
}

static void explain_rule(struct explanation *x, uint32_t policy, uint32_t rule)
{
	const struct m_policy *p = &x->m->policies[policy];
	const struct m_rule *r = &x->m->rules[p->first_rule + rule];
	const struct pol_policy *written = &x->m->set->policies[policy];
	struct match_reason reason = { .policy = policy, .rule = rule, .value = "" };
	uint32_t pred = 0;

	if (p->mark < 0 || !match_is_followed(x->m, p, x->ev))
		reason.filter = refusing(x->m, &p->scope, &written->scope, &pred);
	if (reason.filter) {
		refuse(x, &reason, MATCH_SCOPE_REFUSED, pred);
	} else {
		reason.filter = refusing(x->m, &r->conds, &r->rule->filters, &pred);
		if (reason.filter)
			refuse(x, &reason, MATCH_RULE_REFUSED, pred);
		else
			reason.exception = excepting(x, r);
	}
	if (reason.exception)
		reason.verdict = MATCH_EXCEPTED;
	x->fn(x->arg, &reason);
}

void match_explain(struct match *m, const struct event *ev, match_reason_fn fn, void *arg)
{
	struct explanation x = { .m = m, .ev = ev, .fn = fn, .arg = arg };
	struct pat_stats before;

	pat_stats_get(m->patterns, &before);
	values_begin(m->values, ev);
	pred_begin(m->preds, ev);
	for (uint32_t i = 0; i < m->set->n_policies; i++)
		for (uint32_t k = 0; k < m->set->policies[i].n_rules; k++)
			if (is_for(&m->set->policies[i].rules[k], ev->def))
				explain_rule(&x, i, k);
	pat_set_limited(m->patterns, before.n_limited);
}
