/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/match/match.h"
#include "engine/policy/policy.h"

struct live_filter {
	struct pol_set *set; /* owned: what was asked for, as a policy; NULL: everything */
	struct match *match; /* of it */
	bool names_events;
	/* policies that were named */
	char **names; /* owned; NULL: none were */
	size_t n_names;
	bool *is_wanted; /* by the running policy's index */
	size_t n_policies;
};

/* A list of nothing but what is left out would begin with the set `default`. */
static bool has_positive(const struct live_items *lists)
{
	for (size_t i = 0; i < lists->n; i++)
		for (const char *at = lists->items[i]; *at; at += strcspn(at, ","))
			if (*(at += *at == ',') != '-')
				return true;
	return false;
}

static int compile(struct live_filter *f, const struct live_request *request,
		   const struct live_filter_options *opt, struct err *err)
{
	const char *lists[LIVE_ITEMS_MAX + 1] = { "*" };
	const struct match_options match = {
		.generation = 1,
		.start_ns = opt->start_ns,
		.epoch_offset_ns = opt->epoch_offset_ns,
		.tree = opt->tree,
		.no_jit = true,
	};
	size_t first = has_positive(&request->events) ? 1 : 0;
	const struct pol_selection selection = {
		.lists = lists + first,
		.n_lists = request->events.n + 1 - first,
		.scopes = request->scopes.items,
		.n_scopes = request->scopes.n,
	};
	int rc;

	for (size_t i = 0; i < request->events.n; i++)
		lists[i + 1] = request->events.items[i];
	f->set = pol_set_new();
	if (!f->set)
		return err_set(err, -ENOMEM, "filter: out of memory");
	rc = pol_set_select_all(f->set, &selection, err);
	if (rc == 0)
		rc = pol_set_compile(f->set, err);
	if (rc < 0)
		return rc;
	f->match = match_new(f->set, &match, NULL, err);
	return f->match ? 0 : err->code;
}

static const char *nearest_policy(struct nearest *near, const struct pol_set *set, const char *name)
{
	nearest_init(near, name);
	for (size_t i = 0; set && i < set->n_policies; i++)
		nearest_offer(near, set->policies[i].name, strlen(set->policies[i].name));
	return near->best;
}

static bool has_policy(const struct pol_set *set, const char *name)
{
	for (size_t i = 0; set && i < set->n_policies; i++)
		if (strcmp(set->policies[i].name, name) == 0)
			return true;
	return false;
}

static int take_policy(struct live_filter *f, const struct pol_set *set, const char *name,
		       struct err *err)
{
	char shown[QUOTE_CAP], shown_best[QUOTE_CAP];
	struct nearest near;

	if (!has_policy(set, name)) {
		if (nearest_policy(&near, set, name)[0])
			return err_set(err, -ENOENT,
				       "policy '%s' is none of the running ones, the nearest is "
				       "'%s'",
				       quote_text(shown, name), quote_text(shown_best, near.best));
		return err_set(err, -ENOENT, "policy '%s' is none of the running ones",
			       quote_text(shown, name));
	}
	f->names[f->n_names] = strdup(name);
	if (!f->names[f->n_names])
		return err_set(err, -ENOMEM, "filter: out of memory");
	f->n_names++;
	return 0;
}

static int take_policies(struct live_filter *f, const struct live_items *names,
			 const struct pol_set *set, struct err *err)
{
	int rc = 0;

	f->names = calloc(names->n, sizeof(*f->names));
	if (!f->names)
		return err_set(err, -ENOMEM, "filter: out of memory");
	for (size_t i = 0; rc == 0 && i < names->n; i++)
		rc = take_policy(f, set, names->items[i], err);
	if (rc == 0)
		live_filter_policies(f, set);
	return rc;
}

struct live_filter *live_filter_new(const struct live_request *request,
				    const struct live_filter_options *opt, struct err *err)
{
	struct live_filter *f = calloc(1, sizeof(*f));
	int rc = f ? 0 : err_set(err, -ENOMEM, "filter: out of memory");

	if (rc == 0 && request->policies.n > 0)
		rc = take_policies(f, &request->policies, opt->policies, err);
	if (rc == 0 && request->events.n + request->scopes.n > 0)
		rc = compile(f, request, opt, err);
	if (rc < 0) {
		live_filter_free(f);
		return NULL;
	}
	f->names_events = request->events.n > 0;
	return f;
}

void live_filter_free(struct live_filter *f)
{
	if (!f)
		return;
	match_free(f->match);
	pol_set_free(f->set);
	for (size_t i = 0; i < f->n_names; i++)
		free(f->names[i]);
	free(f->names);
	free(f->is_wanted);
	free(f);
}

void live_filter_policies(struct live_filter *f, const struct pol_set *set)
{
	if (!f->names)
		return;
	free(f->is_wanted);
	f->n_policies = set ? set->n_policies : 0;
	f->is_wanted = calloc(f->n_policies ? f->n_policies : 1, sizeof(*f->is_wanted));
	if (!f->is_wanted)
		f->n_policies = 0; /* nothing is shown: rather than what was not asked for */
	for (size_t i = 0; i < f->n_policies; i++)
		for (size_t k = 0; k < f->n_names && !f->is_wanted[i]; k++)
			f->is_wanted[i] = strcmp(set->policies[i].name, f->names[k]) == 0;
}

static bool policies_want(const struct live_filter *f, const struct event *ev)
{
	for (uint32_t i = 0; i < ev->n_matched; i++)
		if (ev->matched[i] < f->n_policies && f->is_wanted[ev->matched[i]])
			return true;
	return false;
}

bool live_filter_wants(struct live_filter *f, const struct event *ev)
{
	struct event mine = *ev;

	if (ev->def->id == EV_LOST_EVENTS)
		return true;
	if (f->names && !policies_want(f, ev))
		return false;
	return !f->match || match_event(f->match, &mine) > 0;
}

void live_filter_learn(struct live_filter *f, const struct event *ev)
{
	if (f->match)
		match_learn(f->match, ev);
}

void live_filter_forget(struct live_filter *f, uint32_t tgid)
{
	if (f->match)
		match_forget(f->match, tgid);
}

bool live_filter_unselected(const struct live_filter *f, const struct pol_set *set,
			    struct pol_events *ret_named, struct pol_events *ret_unselected)
{
	*ret_named = *ret_unselected = (struct pol_events){ 0 };
	if (!f->names_events)
		return false;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (f->set->n_wanted[slot] == 0)
			continue;
		pol_events_add(ret_named, slot);
		if (!set || set->n_wanted[slot] == 0)
			pol_events_add(ret_unselected, slot);
	}
	return true;
}
