/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/policy/check.h"
#include "engine/policy/names.h"

#define API_VERSION "tracee.aquasec.com/v1beta1"
#define NAME_MAX_LEN 63 /* of a DNS-1123 label */

struct parse {
	const char *file;
	struct pol_policy *policy;
	unsigned int rule;           /* being read, from 1; 0: none */
	const struct ynode *filters; /* of the rule; checked when its event is known */
	struct err *err;
};

/* A mapping's key: what reads its value. */
struct key {
	const char *name;
	int (*read)(struct parse *p, const struct ynode *value);
	bool is_required;
};

static int refuse(const struct parse *p, const struct ynode *at, int code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

static int refuse(const struct parse *p, const struct ynode *at, int code, const char *fmt, ...)
{
	char text[sizeof(p->err->text)], rule[32] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a cut sentence is still one */
	va_end(ap);
	if (p->rule)
		(void)snprintf(rule, sizeof(rule), "rule %u: ", p->rule); /* fits */
	return err_set(p->err, code, "%s:%u:%u: %s%s", p->file, at->line, at->column, rule, text);
}

static int no_memory(const struct parse *p)
{
	return err_set(p->err, -ENOMEM, "%s: out of memory", p->file);
}

static const char *kind_of(const struct ynode *node)
{
	switch (node->kind) {
	case YNODE_TEXT:
		return node->is_null ? "nothing" : "text";
	case YNODE_LIST:
		return "a list";
	case YNODE_MAP:
		return "a mapping";
	}
	return "?";
}

/* Checks that a value is text and not empty. */
static int check_text(const struct parse *p, const struct ynode *node, const char *what)
{
	if (node->kind != YNODE_TEXT)
		return refuse(p, node, -EINVAL, "%s must be text, not %s", what, kind_of(node));
	if (node->is_null || !*node->text)
		return refuse(p, node, -EINVAL, "%s is empty", what);
	return 0;
}

static int copy_text(const struct parse *p, const char *text, char **ret_copy)
{
	char *copy = strdup(text);

	if (!copy)
		return no_memory(p);
	free(*ret_copy);
	*ret_copy = copy;
	return 0;
}

static int refuse_key(const struct parse *p, const struct ynode *key, const char *where,
		      const struct key *keys, size_t n_keys)
{
	char shown[QUOTE_CAP];
	struct nearest near;

	quote_text(shown, key->text);
	nearest_init(&near, key->text);
	for (size_t i = 0; i < n_keys; i++)
		nearest_offer(&near, keys[i].name, strlen(keys[i].name));
	if (!near.best[0])
		return refuse(p, key, -EINVAL, "key '%s' is not known in %s", shown, where);
	return refuse(p, key, -EINVAL, "key '%s' is not known in %s; did you mean '%s'?", shown,
		      where, near.best);
}

static const struct ynode *find_value(const struct ynode *map, const char *key)
{
	const struct ynode *value = map->first;

	while (value && strcmp(value->key->text, key) != 0)
		value = value->next;
	return value;
}

static int read_map(struct parse *p, const struct ynode *map, const char *what,
		    const struct key *keys, size_t n_keys)
{
	if (map->kind != YNODE_MAP)
		return refuse(p, map, -EINVAL, "%s must be a mapping, not %s", what, kind_of(map));
	for (const struct ynode *value = map->first; value; value = value->next) {
		size_t i = 0;
		int rc;

		while (i < n_keys && strcmp(keys[i].name, value->key->text) != 0)
			i++;
		if (i == n_keys)
			return refuse_key(p, value->key, what, keys, n_keys);
		rc = keys[i].read(p, value);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].is_required && !find_value(map, keys[i].name))
			return refuse(p, map, -EINVAL, "'%s' is missing in %s", keys[i].name, what);
	return 0;
}

/* Nothing at all is an empty list: `filters:`. */
static int read_list(struct parse *p, const struct ynode *list, const char *what,
		     int (*read_item)(struct parse *p, const struct ynode *item))
{
	int rc = 0;

	if (list->kind != YNODE_LIST && !list->is_null)
		return refuse(p, list, -EINVAL, "%s must be a list, not %s", what, kind_of(list));
	for (const struct ynode *item = list->first; item && rc == 0; item = item->next)
		rc = read_item(p, item);
	return rc;
}

/* What Kubernetes keeps for itself. */
static int read_foreign(struct parse *p, const struct ynode *value)
{
	(void)p;
	(void)value;
	return 0;
}

static int read_exactly(const struct parse *p, const struct ynode *value, const char *key,
			const char *expected)
{
	char shown[QUOTE_CAP], what[32];
	int rc;

	(void)snprintf(what, sizeof(what), "'%s'", key); /* keys are short */
	rc = check_text(p, value, what);
	if (rc < 0 || !strcmp(value->text, expected))
		return rc;
	return refuse(p, value, -EINVAL, "%s '%s' is not known; expected '%s'", key,
		      quote_text(shown, value->text), expected);
}

static int read_api_version(struct parse *p, const struct ynode *value)
{
	return read_exactly(p, value, "apiVersion", API_VERSION);
}

static int read_kind(struct parse *p, const struct ynode *value)
{
	return read_exactly(p, value, "kind", "Policy");
}

static int read_type(struct parse *p, const struct ynode *value)
{
	return read_exactly(p, value, "type", "policy");
}

static bool is_dns_label(const char *name)
{
	size_t len = strlen(name);

	return len <= NAME_MAX_LEN && name[0] != '-' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

static int read_name(struct parse *p, const struct ynode *value)
{
	char shown[QUOTE_CAP];
	int rc = check_text(p, value, "the policy's name");

	if (rc < 0)
		return rc;
	if (!is_dns_label(value->text))
		return refuse(p, value, -EINVAL,
			      "name '%s' is not valid; expected lower-case letters, digits and "
			      "'-', 63 at most, with a letter or digit at both ends",
			      quote_text(shown, value->text));
	p->policy->line = value->line;
	p->policy->column = value->column;
	return copy_text(p, value->text, &p->policy->name);
}

static int read_description(struct parse *p, const struct ynode *value)
{
	if (value->kind != YNODE_TEXT)
		return refuse(p, value, -EINVAL, "'description' must be text, not %s",
			      kind_of(value));
	return copy_text(p, value->is_null ? "" : value->text, &p->policy->description);
}

static int read_version(struct parse *p, const struct ynode *value)
{
	return check_text(p, value, "'version'");
}

static int read_annotations(struct parse *p, const struct ynode *value)
{
	const struct ynode *description;

	if (value->is_null)
		return 0;
	if (value->kind != YNODE_MAP)
		return refuse(p, value, -EINVAL, "'annotations' must be a mapping, not %s",
			      kind_of(value));
	description = find_value(value, "description");
	return description ? read_description(p, description) : 0;
}

static int read_metadata(struct parse *p, const struct ynode *value)
{
	static const struct key keys[] = {
		{ "name", read_name, true },
		{ "annotations", read_annotations, false },
		{ "labels", read_foreign, false },
		{ "namespace", read_foreign, false },
		{ "generation", read_foreign, false },
		{ "resourceVersion", read_foreign, false },
		{ "uid", read_foreign, false },
		{ "creationTimestamp", read_foreign, false },
		{ "deletionTimestamp", read_foreign, false },
		{ "deletionGracePeriodSeconds", read_foreign, false },
		{ "finalizers", read_foreign, false },
		{ "generateName", read_foreign, false },
		{ "managedFields", read_foreign, false },
		{ "ownerReferences", read_foreign, false },
		{ "selfLink", read_foreign, false },
	};

	return read_map(p, value, "'metadata'", keys, ARRAY_LEN(keys));
}

static int check_scope_item(struct parse *p, const struct ynode *item)
{
	struct err reason = { 0 };
	int rc = check_text(p, item, "a scope");

	if (rc < 0)
		return rc;
	rc = pol_check_scope(item->text, &reason);
	return rc < 0 ? refuse(p, item, rc, "%s", reason.text) : 0;
}

static int read_scope(struct parse *p, const struct ynode *value)
{
	if (value->is_null || (value->kind == YNODE_LIST && !value->n))
		return refuse(p, value, -EINVAL, "'scope' is empty; expected 'global'");
	if (value->kind == YNODE_LIST && value->n > 1)
		for (const struct ynode *item = value->first; item; item = item->next)
			if (item->kind == YNODE_TEXT && !strcmp(item->text, "global"))
				return refuse(p, item, -EINVAL,
					      "scope 'global' must be the only one");
	return read_list(p, value, "'scope'", check_scope_item);
}

static int check_action(struct parse *p, const struct ynode *item)
{
	struct err reason = { 0 };
	int rc = check_text(p, item, "an action");

	if (rc < 0)
		return rc;
	rc = pol_check_action(item->text, &reason);
	return rc < 0 ? refuse(p, item, rc, "%s", reason.text) : 0;
}

static int read_default_actions(struct parse *p, const struct ynode *value)
{
	return read_list(p, value, "'defaultActions'", check_action);
}

static int read_actions(struct parse *p, const struct ynode *value)
{
	return read_list(p, value, "'actions'", check_action);
}

static int check_unique(const struct parse *p, const struct ynode *event)
{
	char shown[QUOTE_CAP];

	for (size_t i = 0; i < p->policy->n_rules; i++)
		if (!strcmp(p->policy->rules[i].event_name, event->text))
			return refuse(p, event, -EINVAL,
				      "event '%s' is named twice; the first is in rule %zu",
				      quote_text(shown, event->text), i + 1);
	return 0;
}

static int read_event(struct parse *p, const struct ynode *value)
{
	struct err reason = { 0 };
	enum pol_rule_kind kind = POL_RULE_EVENT;
	struct pol_name name;
	int rc = check_text(p, value, "'event'");

	if (rc == 0)
		rc = check_unique(p, value);
	if (rc < 0)
		return rc;
	name = pol_name_find(value->text);
	switch (name.kind) {
	case POL_NAME_UNKNOWN:
	case POL_NAME_INTERNAL:
		rc = pol_name_refuse(value->text, &reason);
		return refuse(p, value, rc, "%s", reason.text);
	case POL_NAME_EVENT:
		break;
	case POL_NAME_SET:
		kind = POL_RULE_SET;
		break;
	case POL_NAME_LATER:
		kind = POL_RULE_UNAVAILABLE;
		break;
	}
	rc = pol_policy_add_rule(p->policy, value->text, kind, name.event);
	return rc < 0 ? no_memory(p) : 0;
}

static int read_filters(struct parse *p, const struct ynode *value)
{
	p->filters = value;
	return 0;
}

static int check_filter(struct parse *p, const struct ynode *item)
{
	const struct pol_rule *rule = &p->policy->rules[p->policy->n_rules - 1];
	struct err reason = { 0 };
	int rc = check_text(p, item, "a filter");

	if (rc < 0)
		return rc;
	rc = pol_check_filter(item->text, rule->event, &reason);
	return rc < 0 ? refuse(p, item, rc, "%s", reason.text) : 0;
}

static int read_rule(struct parse *p, const struct ynode *item)
{
	static const struct key keys[] = {
		{ "event", read_event, true },
		{ "filters", read_filters, false },
		{ "actions", read_actions, false },
	};
	int rc;

	p->rule++;
	p->filters = NULL;
	rc = read_map(p, item, "a rule", keys, ARRAY_LEN(keys));
	if (rc == 0 && p->filters)
		rc = read_list(p, p->filters, "'filters'", check_filter);
	return rc;
}

static int read_rules(struct parse *p, const struct ynode *value)
{
	int rc;

	if (value->is_null || (value->kind == YNODE_LIST && !value->n))
		return refuse(p, value, -EINVAL, "'rules' is empty; expected '- event: ...'");
	rc = read_list(p, value, "'rules'", read_rule);
	p->rule = rc < 0 ? p->rule : 0;
	return rc;
}

static int read_spec(struct parse *p, const struct ynode *value)
{
	static const struct key keys[] = {
		{ "scope", read_scope, true },
		{ "rules", read_rules, true },
		{ "defaultActions", read_default_actions, false },
	};

	return read_map(p, value, "'spec'", keys, ARRAY_LEN(keys));
}

static int read_envelope(struct parse *p, const struct ynode *root)
{
	static const struct key keys[] = {
		{ "apiVersion", read_api_version, false }, { "kind", read_kind, true },
		{ "metadata", read_metadata, true },       { "spec", read_spec, true },
		{ "status", read_foreign, false },
	};

	return read_map(p, root, "a policy", keys, ARRAY_LEN(keys));
}

static int read_plain(struct parse *p, const struct ynode *root)
{
	static const struct key keys[] = {
		{ "type", read_type, true },
		{ "name", read_name, true },
		{ "description", read_description, false },
		{ "version", read_version, false },
		{ "scope", read_scope, true },
		{ "rules", read_rules, true },
		{ "defaultActions", read_default_actions, false },
	};

	return read_map(p, root, "a policy", keys, ARRAY_LEN(keys));
}

static int read_root(struct parse *p, const struct ynode *root)
{
	if (root->kind != YNODE_MAP)
		return refuse(p, root, -EINVAL, "a policy must be a mapping, not %s",
			      kind_of(root));
	if (find_value(root, "kind") || find_value(root, "apiVersion"))
		return read_envelope(p, root);
	if (find_value(root, "type"))
		return read_plain(p, root);
	return refuse(p, root, -EINVAL, "not a policy; expected 'kind: Policy' or 'type: policy'");
}

int pol_parse_document(const struct ynode *root, const char *file, struct pol_policy *ret_policy,
		       struct err *err)
{
	struct pol_policy policy = { 0 };
	struct parse p = { .file = file, .policy = &policy, .err = err };
	int rc = read_root(&p, root);

	if (rc == 0)
		rc = copy_text(&p, file, &policy.file);
	if (rc == 0 && !policy.description)
		rc = copy_text(&p, "", &policy.description);
	if (rc < 0) {
		pol_policy_done(&policy);
		return rc;
	}
	*ret_policy = policy;
	return 0;
}

int pol_policy_add_rule(struct pol_policy *policy, const char *name, enum pol_rule_kind kind,
			const struct event_def *event)
{
	size_t n = policy->n_rules;
	struct pol_rule *rules = policy->rules;
	char *copy;

	if ((n & (n - 1)) == 0) { /* full: room doubles at each power of two */
		rules = reallocarray(rules, n ? 2 * n : 1, sizeof(*rules));
		if (!rules)
			return -ENOMEM;
		policy->rules = rules;
	}
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	rules[n] = (struct pol_rule){ .event = event, .event_name = copy, .kind = kind };
	policy->n_rules++;
	return 0;
}

void pol_policy_done(struct pol_policy *policy)
{
	for (size_t i = 0; i < policy->n_rules; i++)
		free(policy->rules[i].event_name);
	free(policy->rules);
	free(policy->file);
	free(policy->description);
	free(policy->name);
}
