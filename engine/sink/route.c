/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/policy/names.h"
#include "engine/policy/policy.h"

#define NAME_MAX_BYTES 255

struct sroute {
	bool all_events;
	struct pol_events events;
	char *policies;  /* owned: "a,b"; NULL: all */
	bool *is_wanted; /* by the policy's index; NULL: all are */
	size_t n_wanted;
};

/* Calls `take` for each item of a comma-separated list. */
static int each_item(const char *list, const char *what,
		     int (*take)(void *arg, const char *item, struct err *err), void *arg,
		     struct err *err)
{
	char item[NAME_MAX_BYTES + 1], shown[QUOTE_CAP];
	const char *at = list;

	for (;;) {
		size_t len = strcspn(at, ",");
		int rc;

		if (len == 0 || len > NAME_MAX_BYTES)
			return err_set(err, -EINVAL, "%s '%s': an item is %s", what,
				       quote_text(shown, list), len ? "too long" : "empty");
		memcpy(item, at, len);
		item[len] = '\0';
		rc = take(arg, item, err);
		if (rc < 0 || !at[len])
			return rc;
		at += len + 1;
	}
}

static int take_event(void *arg, const char *item, struct err *err)
{
	struct sroute *r = arg;
	struct pol_name name = pol_name_find(item);

	switch (name.kind) {
	case POL_NAME_UNKNOWN:
	case POL_NAME_INTERNAL:
		return pol_name_refuse(item, err);
	case POL_NAME_EVENT:
		pol_events_add(&r->events, name.event->slot);
		return 0;
	case POL_NAME_SET:
		pol_events_join(&r->events, name.set);
		return 0;
	case POL_NAME_LATER:
		return 0; /* nothing comes of it yet */
	}
	return 0;
}

static int take_policy(void *arg, const char *item, struct err *err)
{
	(void)arg; /* which ones there are may change: only the form is checked */
	(void)item;
	(void)err;
	return 0;
}

struct sroute *sroute_new(const char *events, const char *policies, struct err *err)
{
	struct sroute *r = calloc(1, sizeof(*r));
	int rc = r ? 0 : err_set(err, -ENOMEM, "route: out of memory");

	if (rc == 0) {
		r->all_events = !events;
		if (events)
			rc = each_item(events, "events", take_event, r, err);
	}
	if (rc == 0 && policies) {
		rc = each_item(policies, "policies", take_policy, r, err);
		r->policies = strdup(policies);
		if (rc == 0 && !r->policies)
			rc = err_set(err, -ENOMEM, "route: out of memory");
	}
	if (rc < 0) {
		sroute_free(r);
		return NULL;
	}
	return r;
}

void sroute_free(struct sroute *r)
{
	if (!r)
		return;
	free(r->policies);
	free(r->is_wanted);
	free(r);
}

static bool is_in_list(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list;; at += strcspn(at, ",") + 1) {
		if (strcspn(at, ",") == len && memcmp(at, name, len) == 0)
			return true;
		if (!at[strcspn(at, ",")])
			return false;
	}
}

void sroute_policies(struct sroute *r, const struct pol_set *set)
{
	bool *is_wanted;

	if (!r->policies)
		return;
	is_wanted = calloc(set->n_policies ? set->n_policies : 1, sizeof(*is_wanted));
	for (size_t i = 0; is_wanted && i < set->n_policies; i++)
		is_wanted[i] = is_in_list(r->policies, set->policies[i].name);
	free(r->is_wanted);
	r->is_wanted = is_wanted; /* without memory for it nothing is left out */
	r->n_wanted = is_wanted ? set->n_policies : 0;
}

bool sroute_wants(const struct sroute *r, const struct event *ev)
{
	if (ev->def->id == EV_LOST_EVENTS)
		return true;
	if (!r->all_events && !pol_events_has(&r->events, ev->def->slot))
		return false;
	if (!r->is_wanted)
		return true;
	for (uint32_t i = 0; i < ev->n_matched; i++)
		if (ev->matched[i] < r->n_wanted && r->is_wanted[ev->matched[i]])
			return true;
	return false;
}
