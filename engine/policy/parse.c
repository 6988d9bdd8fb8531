/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/policy/parse_node.h"
#include "engine/policy/parse_rule.h"

#define API_VERSION "tracee.aquasec.com/v1beta1"

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
	rc = pnode_check_text(p, value, what);
	if (rc < 0 || !strcmp(value->text, expected))
		return rc;
	return pnode_refuse(p, value, -EINVAL, "%s '%s' is not known; expected '%s'", key,
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

static int read_name(struct parse *p, const struct ynode *value)
{
	char shown[QUOTE_CAP];
	int rc = pnode_check_text(p, value, "the policy's name");

	if (rc < 0)
		return rc;
	if (!pnode_is_label(value->text))
		return pnode_refuse(p, value, -EINVAL,
				    "name '%s' is not valid; expected " PNODE_LABEL,
				    quote_text(shown, value->text));
	p->policy->line = value->line;
	p->policy->column = value->column;
	return pnode_copy_text(p, value->text, &p->policy->name);
}

static int read_description(struct parse *p, const struct ynode *value)
{
	if (value->kind != YNODE_TEXT)
		return pnode_refuse(p, value, -EINVAL, "'description' must be text, not %s",
				    pnode_kind(value));
	return pnode_copy_text(p, value->is_null ? "" : value->text, &p->policy->description);
}

static int read_version(struct parse *p, const struct ynode *value)
{
	return pnode_check_text(p, value, "'version'");
}

static int read_annotations(struct parse *p, const struct ynode *value)
{
	const struct ynode *description;

	if (value->is_null)
		return 0;
	if (value->kind != YNODE_MAP)
		return pnode_refuse(p, value, -EINVAL, "'annotations' must be a mapping, not %s",
				    pnode_kind(value));
	description = pnode_find(value, "description");
	return description ? read_description(p, description) : 0;
}

static int read_metadata(struct parse *p, const struct ynode *value)
{
	static const struct pnode_key keys[] = {
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

	return pnode_read_map(p, value, "'metadata'", keys, ARRAY_LEN(keys));
}

static int read_scope_item(struct parse *p, const struct ynode *item)
{
	struct pol_filter_extra extra = { 0 };
	struct err reason = { 0 };
	int rc = pnode_check_text(p, item, "a scope");

	if (rc < 0)
		return rc;
	rc = pol_filter_add(&p->policy->scope, item->text, POL_FILTER_SCOPE, NULL, item->line,
			    item->column, &extra, &reason);
	if (rc < 0)
		return pnode_refuse(p, item, rc, "%s", reason.text);
	p->policy->follow |= extra.follow;
	return 0;
}

static int read_scope(struct parse *p, const struct ynode *value)
{
	if (pnode_is_empty(value))
		return pnode_refuse(p, value, -EINVAL, "'scope' is empty; expected 'global'");
	if (value->kind == YNODE_LIST && value->n > 1)
		for (const struct ynode *item = value->first; item; item = item->next)
			if (item->kind == YNODE_TEXT && !strcmp(item->text, "global"))
				return pnode_refuse(p, item, -EINVAL,
						    "scope 'global' must be the only one");
	return pnode_read_list(p, value, "'scope'", read_scope_item);
}

static int read_default_actions(struct parse *p, const struct ynode *value)
{
	return pnode_read_list(p, value, "'defaultActions'", prule_check_action);
}

static int read_spec(struct parse *p, const struct ynode *value)
{
	static const struct pnode_key keys[] = {
		{ "scope", read_scope, true },
		{ "rules", prule_read, true },
		{ "defaultActions", read_default_actions, false },
	};

	return pnode_read_map(p, value, "'spec'", keys, ARRAY_LEN(keys));
}

static int read_envelope(struct parse *p, const struct ynode *root)
{
	static const struct pnode_key keys[] = {
		{ "apiVersion", read_api_version, false }, { "kind", read_kind, true },
		{ "metadata", read_metadata, true },       { "spec", read_spec, true },
		{ "status", read_foreign, false },
	};

	return pnode_read_map(p, root, "a policy", keys, ARRAY_LEN(keys));
}

static int read_plain(struct parse *p, const struct ynode *root)
{
	static const struct pnode_key keys[] = {
		{ "type", read_type, true },
		{ "name", read_name, true },
		{ "description", read_description, false },
		{ "version", read_version, false },
		{ "scope", read_scope, true },
		{ "rules", prule_read, true },
		{ "defaultActions", read_default_actions, false },
	};

	return pnode_read_map(p, root, "a policy", keys, ARRAY_LEN(keys));
}

static int read_root(struct parse *p, const struct ynode *root)
{
	if (root->kind != YNODE_MAP)
		return pnode_refuse(p, root, -EINVAL, "a policy must be a mapping, not %s",
				    pnode_kind(root));
	if (pnode_find(root, "kind") || pnode_find(root, "apiVersion"))
		return read_envelope(p, root);
	if (pnode_find(root, "type"))
		return read_plain(p, root);
	return pnode_refuse(p, root, -EINVAL,
			    "not a policy; expected 'kind: Policy' or 'type: policy'");
}

int pol_parse_document(const struct ynode *root, const char *file, struct pol_policy *ret_policy,
		       struct err *err)
{
	struct pol_policy policy = { 0 };
	struct parse p = { .file = file, .policy = &policy, .err = err };
	int rc = read_root(&p, root);

	if (rc == 0)
		rc = pnode_copy_text(&p, file, &policy.file);
	if (rc == 0 && !policy.description)
		rc = pnode_copy_text(&p, "", &policy.description);
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
		prule_done(&policy->rules[i]);
	free(policy->rules);
	pol_filters_done(&policy->scope);
	free(policy->file);
	free(policy->description);
	free(policy->name);
}
