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
#define ITEM_MAX 255 /* bytes of one item of the list, without its filter */
#define BLANKS " \t\n"
#define OPERATORS "=!<>"

/* A filter, and the events that it is for. */
struct select_filter {
	struct pol_events events;
	const char *text; /* borrowed from the item, which lies in the selection's texts */
};

struct selection {
	struct pol_events wanted, excluded;
	size_t n_wanted_items;
	struct select_filter *filters; /* owned */
	size_t n_filters;
	char **texts; /* owned: one copy of each list */
	size_t n_texts;
	struct pol_policy *policy; /* collects what is not available */
	struct err *err;
};

static int no_memory(const struct selection *s)
{
	return err_set(s->err, -ENOMEM, FILE_NAME ": out of memory");
}

static int add_later(struct selection *s, const char *later)
{
	for (size_t i = 0; i < s->policy->n_rules; i++)
		if (!strcmp(s->policy->rules[i].event_name, later))
			return 0;
	if (pol_policy_add_rule(s->policy, later, POL_RULE_UNAVAILABLE, NULL) < 0)
		return no_memory(s);
	return 0;
}

/* A prefix asks for what there is; only when there is nothing does it name what will be. */
static int add_prefix(struct selection *s, struct pol_events *to, const char *prefix, size_t len,
		      bool is_wanted)
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
		rc = is_wanted ? add_later(s, later) : 0;
	}
	if (rc < 0 || has_event || has_later)
		return rc;
	return err_set(s->err, -ENOENT, FILE_NAME ": no event matches '%s'",
		       quote_text(shown, prefix));
}

static int add_name(struct selection *s, struct pol_events *to, const char *text, bool is_wanted)
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
		return is_wanted ? add_later(s, name.later) : 0;
	}
	return 0;
}

/* What an item means without its '-' and its filter: adds its events to `to`. */
static int add_events(struct selection *s, struct pol_events *to, const char *text, bool is_wanted)
{
	const char *star = strchr(text, '*');
	char shown[QUOTE_CAP];

	if (strlen(text) > ITEM_MAX)
		return err_set(s->err, -EINVAL, FILE_NAME ": an item is longer than %d bytes",
			       ITEM_MAX);
	if (!*text)
		return err_set(s->err, -EINVAL, FILE_NAME ": an item is empty");
	if (!star)
		return add_name(s, to, text, is_wanted);
	if (star[1])
		return err_set(s->err, -EINVAL,
			       FILE_NAME ": '%s' is not valid; '*' may only end it",
			       quote_text(shown, text));
	return add_prefix(s, to, text, strlen(text) - 1, is_wanted);
}

/* "tag=fs,net": the sets of that name. */
static int add_tags(struct selection *s, struct pol_events *to, char *tags, bool is_wanted)
{
	char text[sizeof(POL_NAME_TAG) + ITEM_MAX], *end;
	int rc;

	for (;; tags = end + 1) {
		bool is_last;

		end = strchrnul(tags, ',');
		is_last = !*end;
		*end = '\0';
		if (strlen(tags) > ITEM_MAX)
			return err_set(s->err, -EINVAL,
				       FILE_NAME ": an item is longer than %d bytes", ITEM_MAX);
		(void)stpcpy(stpcpy(text, POL_NAME_TAG), tags); /* fits */
		rc = add_name(s, to, text, is_wanted);
		if (rc < 0 || is_last)
			return rc;
	}
}

static int refuse_filter(const struct selection *s, const char *event, const struct err *reason,
			 int code)
{
	char shown[QUOTE_CAP];

	return err_set(s->err, code, FILE_NAME ": '%s': %s", quote_text(shown, event),
		       reason->text);
}

/* `name` is what stands before the filter. */
static int add_filter(struct selection *s, const char *name, const char *text)
{
	struct select_filter *filters, filter = { .text = text };
	struct err reason = { 0 };
	int rc;

	if (!strncmp(text, "scope.", strlen("scope.")))
		filter.text = text + strlen("scope.");
	rc = add_events(s, &filter.events, name, true);
	if (rc < 0)
		return rc;
	rc = pol_filter_check(filter.text, &reason); /* also for an event that is not there */
	if (rc < 0)
		return refuse_filter(s, name, &reason, rc);
	pol_events_join(&s->wanted, &filter.events);
	filters = reallocarray(s->filters, s->n_filters + 1, sizeof(*filters));
	if (!filters)
		return no_memory(s);
	s->filters = filters;
	filters[s->n_filters++] = filter;
	return 0;
}

/* `item` is trimmed, and is changed. */
static int add_item(struct selection *s, char *item)
{
	bool is_wanted = *item != '-';
	struct pol_events *to = is_wanted ? &s->wanted : &s->excluded;
	char shown[QUOTE_CAP], *dot;
	size_t name_len;

	item += !is_wanted;
	s->n_wanted_items += is_wanted;
	if (!strncmp(item, POL_NAME_TAG, strlen(POL_NAME_TAG)))
		return add_tags(s, to, item + strlen(POL_NAME_TAG), is_wanted);
	name_len = strcspn(item, "." OPERATORS);
	dot = item[name_len] == '.' ? item + name_len : NULL;
	if (!dot && item[name_len])
		return err_set(s->err, -EINVAL,
			       FILE_NAME ": '%s' is not valid; expected 'tag=SET' or "
					 "'EVENT.FILTER', such as 'openat.retval<0'",
			       quote_text(shown, item));
	if (!dot)
		return add_events(s, to, item, is_wanted);
	if (!is_wanted)
		return err_set(s->err, -EINVAL,
			       FILE_NAME ": '-%s' is not valid; what is left out has no filter",
			       quote_text(shown, item));
	*dot = '\0';
	return add_filter(s, item, dot + 1);
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	text[len] = '\0';
	return text;
}

/* An item ends at a comma, one with an operator at the end of the list. */
static int add_items(struct selection *s, char *list)
{
	for (char *at = list, *end;; at = end + 1) {
		bool is_last;
		int rc;

		end = at + strcspn(at, "," OPERATORS);
		if (*end != ',')
			end += strlen(end);
		is_last = !*end;
		*end = '\0';
		rc = add_item(s, trim(at));
		if (rc < 0 || is_last)
			return rc;
	}
}

static int add_list(struct selection *s, const char *list)
{
	char **texts = reallocarray(s->texts, s->n_texts + 1, sizeof(*texts)), *copy;

	if (!texts)
		return no_memory(s);
	s->texts = texts;
	copy = strdup(list);
	if (!copy)
		return no_memory(s);
	texts[s->n_texts++] = copy;
	return add_items(s, copy);
}

static int add_rule(struct selection *s, const struct event_def *def)
{
	struct err reason = { 0 };
	struct pol_rule *rule;
	int rc = pol_policy_add_rule(s->policy, def->name, POL_RULE_EVENT, def);

	if (rc < 0)
		return no_memory(s);
	rule = &s->policy->rules[s->policy->n_rules - 1];
	for (size_t i = 0; i < s->n_filters && rc == 0; i++)
		if (pol_events_has(&s->filters[i].events, def->slot))
			rc = pol_filter_add(&rule->filters, s->filters[i].text, POL_FILTER_RULE,
					    def, 0, 0, NULL, &reason);
	return rc < 0 ? refuse_filter(s, def->name, &reason, rc) : 0;
}

static int add_rules(struct selection *s)
{
	int rc = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS && rc == 0; slot++)
		if (pol_events_has(&s->wanted, slot) && !pol_events_has(&s->excluded, slot))
			rc = add_rule(s, &event_defs[slot]);
	if (rc == 0 && !s->policy->n_rules)
		return err_set(s->err, -EINVAL, FILE_NAME ": no event is left");
	return rc;
}

static int add_scopes(struct selection *s, const char *const *scopes, size_t n)
{
	struct pol_filter_extra extra = { 0 };
	struct err reason = { 0 };

	for (size_t i = 0; i < n; i++) {
		int rc = pol_filter_add(&s->policy->scope, scopes[i], POL_FILTER_SCOPE, NULL, 0, 0,
					&extra, &reason);

		if (rc < 0)
			return err_set(s->err, rc, "command line: %s", reason.text);
	}
	if (extra.is_global && n > 1)
		return err_set(s->err, -EINVAL,
			       "command line: scope 'global' must be the only one");
	s->policy->follow = extra.follow;
	return 0;
}

static int read_selection(struct selection *s, const struct pol_selection *from)
{
	int rc = 0;

	for (size_t i = 0; i < from->n_lists && rc == 0; i++)
		rc = add_list(s, from->lists[i]);
	if (rc == 0 && !s->n_wanted_items)
		rc = add_name(s, &s->wanted, "default", true);
	if (rc == 0)
		rc = add_rules(s);
	if (rc == 0)
		rc = add_scopes(s, from->scopes, from->n_scopes);
	if (rc < 0)
		return rc;
	s->policy->name = strdup("");
	s->policy->description = strdup("");
	s->policy->file = strdup(FILE_NAME);
	if (!s->policy->name || !s->policy->description || !s->policy->file)
		return no_memory(s);
	return 0;
}

int pol_select_parse(const struct pol_selection *selection, struct pol_policy *ret_policy,
		     struct err *err)
{
	struct pol_policy policy = { 0 };
	struct selection s = { .policy = &policy, .err = err };
	int rc = read_selection(&s, selection);

	for (size_t i = 0; i < s.n_texts; i++)
		free(s.texts[i]);
	free(s.texts);
	free(s.filters);
	if (rc < 0) {
		pol_policy_done(&policy);
		return rc;
	}
	*ret_policy = policy;
	return 0;
}
