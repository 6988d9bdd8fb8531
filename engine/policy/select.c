/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/select.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/policy/later.h"
#include "engine/policy/names.h"
#include "engine/policy/parse.h"

#define FILE_NAME "event list"
#define ITEM_MAX 255 /* bytes of one item of the list */
#define BLANKS " \t\n"

struct selection {
	struct pol_events wanted, excluded;
	size_t n_wanted_items;
	struct pol_policy *policy; /* collects what is not available */
	struct err *err;
};

static int add_later(struct selection *s, const char *later)
{
	for (size_t i = 0; i < s->policy->n_rules; i++)
		if (!strcmp(s->policy->rules[i].event_name, later))
			return 0;
	if (pol_policy_add_rule(s->policy, later, POL_RULE_UNAVAILABLE, NULL) < 0)
		return err_set(s->err, -ENOMEM, FILE_NAME ": out of memory");
	return 0;
}

/* A prefix asks for what there is; only when there is nothing does it name what will be. */
static int add_prefix(struct selection *s, struct pol_events *to, const char *prefix, size_t len)
{
	char shown[QUOTE_CAP];
	bool has_event = false, has_later = false;
	const char *later;
	int rc = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		if (def->is_internal || strncmp(def->name, prefix, len) != 0)
			continue;
		pol_events_add(to, slot);
		has_event = true;
	}
	for (size_t i = 0; !has_event && rc == 0 && (later = pol_later_at(i)); i++) {
		if (strncmp(later, prefix, len) != 0)
			continue;
		has_later = true;
		rc = to == &s->wanted ? add_later(s, later) : 0;
	}
	if (rc < 0 || has_event || has_later)
		return rc;
	return err_set(s->err, -ENOENT, FILE_NAME ": no event matches '%s'",
		       quote_text(shown, prefix));
}

static int add_name(struct selection *s, struct pol_events *to, const char *text)
{
	struct pol_name name = pol_name_find(text);
	int rc;

	switch (name.kind) {
	case POL_NAME_UNKNOWN:
	case POL_NAME_INTERNAL:
		rc = pol_name_refuse(text, s->err);
		(void)err_wrap(s->err, FILE_NAME); /* the code stays */
		return rc;
	case POL_NAME_EVENT:
		pol_events_add(to, name.event->slot);
		return 0;
	case POL_NAME_SET:
		pol_events_join(to, name.set);
		return 0;
	case POL_NAME_LATER:
		return to == &s->wanted ? add_later(s, name.later) : 0;
	}
	return 0;
}

static int add_item(struct selection *s, const char *item, size_t len)
{
	struct pol_events *to = &s->wanted;
	char text[ITEM_MAX + 1], shown[QUOTE_CAP];
	const char *star;

	if (len > ITEM_MAX)
		return err_set(s->err, -EINVAL, FILE_NAME ": an item is longer than %d bytes",
			       ITEM_MAX);
	if (len && *item == '-') {
		to = &s->excluded;
		item++;
		len--;
	}
	memcpy(text, item, len);
	text[len] = '\0';
	if (!len)
		return err_set(s->err, -EINVAL, FILE_NAME ": an item is empty");
	s->n_wanted_items += to == &s->wanted;
	star = strchr(text, '*');
	if (!star)
		return add_name(s, to, text);
	if (star[1])
		return err_set(s->err, -EINVAL,
			       FILE_NAME ": '%s' is not valid; '*' may only end it",
			       quote_text(shown, text));
	return add_prefix(s, to, text, len - 1);
}

static int add_items(struct selection *s, const char *list)
{
	const char *at = list, *end;
	int rc = 0;

	for (;; at = end + 1) {
		size_t len;

		end = strchrnul(at, ',');
		at += strspn(at, BLANKS);
		len = end > at ? (size_t)(end - at) : 0;
		while (len && strchr(BLANKS, at[len - 1]))
			len--;
		rc = add_item(s, at, len);
		if (rc < 0 || !*end)
			return rc;
	}
}

static int add_rules(struct selection *s)
{
	int rc = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS && rc == 0; slot++)
		if (pol_events_has(&s->wanted, slot) && !pol_events_has(&s->excluded, slot))
			rc = pol_policy_add_rule(s->policy, event_defs[slot].name, POL_RULE_EVENT,
						 &event_defs[slot]);
	if (rc < 0)
		return err_set(s->err, rc, FILE_NAME ": out of memory");
	if (!s->policy->n_rules)
		return err_set(s->err, -EINVAL, FILE_NAME ": no event is left");
	return 0;
}

int pol_select_parse(const char *list, struct pol_policy *ret_policy, struct err *err)
{
	struct pol_policy policy = { 0 };
	struct selection s = { .policy = &policy, .err = err };
	int rc = add_items(&s, list);

	if (rc == 0 && !s.n_wanted_items)
		rc = add_name(&s, &s.wanted, "default");
	if (rc == 0)
		rc = add_rules(&s);
	policy.name = strdup("");
	policy.description = strdup("");
	policy.file = strdup(FILE_NAME);
	if (rc == 0 && (!policy.name || !policy.description || !policy.file))
		rc = err_set(err, -ENOMEM, FILE_NAME ": out of memory");
	if (rc < 0) {
		pol_policy_done(&policy);
		return rc;
	}
	*ret_policy = policy;
	return 0;
}
