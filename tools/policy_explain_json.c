/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/policy_explain.h"

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/policy/names.h"
#include "engine/policy/policy.h"
#include "tools/filter_text.h"
#include "tools/policy_files.h"

/* A rule, and the events that it is for. */
struct rule_at {
	const struct pol_policy *policy;
	const struct pol_rule *rule;
	struct pol_events events;
	unsigned int n_events;
};

static struct rule_at rule_at(const struct pol_policy *policy, const struct pol_rule *rule)
{
	struct rule_at at = { .policy = policy, .rule = rule };

	switch (rule->kind) {
	case POL_RULE_EVENT:
		pol_events_add(&at.events, rule->event->slot);
		break;
	case POL_RULE_SET:
		pol_events_join(&at.events, pol_name_find(rule->event_name).set);
		break;
	case POL_RULE_UNAVAILABLE:
		break;
	}
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		at.n_events += (unsigned int)pol_events_has(&at.events, slot);
	return at;
}

/* Takes `item`; releases `array` when that fails. */
static json_t *append(json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return array;
	json_decref(array);
	return NULL;
}

/* Of how many of the rule's events the kernel tells it, and why not of the first of the others. */
static json_t *condition(const struct policy_explained *x, const struct rule_at *at,
			 const struct pol_filter *filter, const char *place)
{
	CLEANUP_FREE char *text = ftext_filter(filter);
	int n_in_kernel = 0, why = KFILTER_IN_KERNEL;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		int own;

		if (!pol_events_has(&at->events, slot))
			continue;
		own = kfilter_condition(x->kernel, at->policy, filter, &event_defs[slot]);
		if (own < 0)
			return NULL;
		n_in_kernel += own == KFILTER_IN_KERNEL;
		if (why == KFILTER_IN_KERNEL)
			why = own;
	}
	if (!text)
		return NULL;
	return json_pack("{s:o, s:s, s:i, s:i, s:i, s:o}", "filter", ftext_string(text), "place",
			 place, "line", (int)filter->line, "column", (int)filter->column,
			 "events_in_kernel", n_in_kernel, "why",
			 why == KFILTER_IN_KERNEL
				 ? json_null()
				 : json_string(kfilter_why_text((unsigned int)why)));
}

static json_t *conditions(const struct policy_explained *x, const struct rule_at *at)
{
	const struct pol_filters *scope = &at->policy->scope, *filters = &at->rule->filters;
	json_t *array = json_array();

	for (size_t i = 0; array && i < scope->n; i++)
		array = append(array, condition(x, at, &scope->items[i], "scope"));
	for (size_t i = 0; array && i < filters->n; i++)
		array = append(array, condition(x, at, &filters->items[i], "rule"));
	return array;
}

static json_t *access_of(const struct policy_explained *x, size_t policy, size_t rule)
{
	struct match_access access;

	match_rule_access(x->match, policy, rule, &access);
	if (!access.filter)
		return json_null();
	return json_pack("{s:o, s:s, s:I, s:I, s:I}", "subject", ftext_string(access.filter->name),
			 "place", access.is_scope ? "scope" : "rule", "exact",
			 (json_int_t)access.n_exact, "prefixes", (json_int_t)access.n_prefixes,
			 "suffixes", (json_int_t)access.n_suffixes);
}

static json_t *exceptions(const struct pol_rule *rule)
{
	json_t *array = json_array();
	char when[FTEXT_TIME_CAP];

	for (size_t i = 0; array && i < rule->n_exceptions; i++) {
		const struct pol_exception *x = &rule->exceptions[i];

		array = append(array, json_pack("{s:o, s:o, s:i, s:s, s:b, s:o}", "name",
						ftext_string(x->name), "reason",
						ftext_string(x->reason), "line", (int)x->line,
						"expires", ftext_time(when, x->expires_s),
						"expired", ftext_is_expired(x), "filters",
						ftext_filters(&x->filters)));
	}
	return array;
}

/* Of one event; a set's events have each their own. */
static json_t *hooks(const struct rule_at *at)
{
	json_t *array = json_array();

	for (size_t i = 0; array && at->rule->event && at->rule->event->hooks[i]; i++)
		array = append(array, json_string(at->rule->event->hooks[i]));
	return array;
}

static json_t *unavailable(const struct rule_at *at)
{
	if (at->rule->kind == POL_RULE_UNAVAILABLE)
		return json_string("this build has no such event or set");
	if (at->rule->event && pfiles_is_never(at->rule->event))
		return json_string("this architecture has no such system call");
	return json_null();
}

static bool has_event(const struct rule_at *at, const char *name)
{
	const struct event_def *def = name ? event_def_find_name(name) : NULL;

	return def && pol_events_has(&at->events, def->slot);
}

/* What the running engine says of the rule's events; it may run with other policies. */
static json_t *here(const struct policy_explained *x, const struct rule_at *at)
{
	const json_t *list = json_object_get(x->status, "hooks");
	json_t *array = json_array();

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);

		const char *name = json_string_value(json_object_get(one, "event"));

		if (array && has_event(at, name))
			array = append(array, json_deep_copy(one));
	}
	return array;
}

static json_t *rule_json(const struct policy_explained *x, size_t policy, size_t rule)
{
	const struct pol_policy *p = &x->set->policies[policy];
	const struct rule_at at = rule_at(p, &p->rules[rule]);
	json_t *doc =
		json_pack("{s:s, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o}", "event",
			  at.rule->event_name, "line", (int)at.rule->line, "column",
			  (int)at.rule->column, "events", (int)at.n_events, "unavailable",
			  unavailable(&at), "hooks", hooks(&at), "conditions", conditions(x, &at),
			  "access", access_of(x, policy, rule), "exceptions", exceptions(at.rule));

	if (doc && x->status && json_object_set_new(doc, "here", here(x, &at)) < 0) {
		json_decref(doc);
		return NULL;
	}
	return doc;
}

static json_t *scope_json(const struct pol_policy *policy)
{
	json_t *array = ftext_filters(&policy->scope);

	return array && policy->follow ? append(array, json_string("follow")) : array;
}

static json_t *policies_json(const struct policy_explained *x)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < x->set->n_policies; i++) {
		const struct pol_policy *policy = &x->set->policies[i];
		json_t *rules = json_array();

		for (size_t k = 0; rules && k < policy->n_rules; k++)
			rules = append(rules, rule_json(x, i, k));
		array = append(array,
			       json_pack("{s:o, s:o, s:i, s:o, s:o}", "name",
					 ftext_string(policy->name), "file",
					 ftext_string(policy->file), "line", (int)policy->line,
					 "scope", scope_json(policy), "rules", rules));
	}
	return array;
}

static json_t *dimensions(uint32_t dims)
{
	json_t *array = json_array();

	for (unsigned int dim = 0; array && dim < FILTER_DIMS; dim++)
		if (dims >> dim & 1)
			array = append(array, json_string(kfilter_dim_name(dim)));
	return array;
}

/* Events of which the kernel drops some. */
static json_t *dropped(const struct policy_explained *x)
{
	json_t *array = json_array();

	for (unsigned int slot = 0; array && slot < EVENT_SLOTS; slot++) {
		const struct kfilter_report *report = &x->kernel->reports[slot];

		if (report->dims == 0)
			continue;
		array = append(array, json_pack("{s:s, s:o, s:I, s:I, s:I}", "event",
						event_defs[slot].name, "dimensions",
						dimensions(report->dims), "rules",
						(json_int_t)report->n_rules, "groups",
						(json_int_t)report->n_groups, "entries",
						(json_int_t)report->n_entries));
	}
	return array;
}

static json_t *strings(const char *const *list, size_t n)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < n; i++)
		array = append(array, json_string(list[i]));
	return array;
}

static json_t *unfed(const struct pol_set *set)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < set->n_unfed; i++)
		array = append(array, json_string(pol_context_name(set->unfed[i])));
	return array;
}

static json_t *totals(const struct policy_explained *x)
{
	json_int_t n_rules = 0, n_events = 0;
	struct match_stats stats;

	match_stats_get(x->match, &stats);
	for (size_t i = 0; i < x->set->n_policies; i++)
		n_rules += (json_int_t)x->set->policies[i].n_rules;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		n_events += x->set->n_wanted[slot] > 0;
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o}", "policies",
			 (json_int_t)x->set->n_policies, "rules", n_rules, "events", n_events,
			 "kernel_events", (json_int_t)kfilter_n_events(x->kernel), "kernel_entries",
			 (json_int_t)x->kernel->n_entries, "predicates",
			 (json_int_t)stats.n_predicates, "patterns", (json_int_t)stats.n_patterns,
			 "patterns_jit", (json_int_t)stats.n_patterns_jit, "memory_bytes",
			 (json_int_t)stats.memory_bytes, "unavailable",
			 strings(x->set->unavailable, x->set->n_unavailable), "unfed",
			 unfed(x->set));
}

struct json_t *policy_explain_json(const struct policy_explained *x)
{
	return json_pack("{s:o, s:o, s:o}", "policies", policies_json(x), "dropped", dropped(x),
			 "totals", totals(x));
}
