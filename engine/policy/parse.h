/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse (prefix pol_parse_): a document's tree to a policy, checked. Both of Tracee's forms: the
 * Kubernetes envelope and the plain one (`type: policy`). Pure; any thread.
 */
#pragma once

#include "common/err.h"
#include "engine/policy/policy.h"
#include "engine/yaml.h"

/*
 * `file` is what messages call it. On success *ret_policy is the caller's (pol_policy_done()).
 * -EINVAL, -ENOENT (a name is not known), -E2BIG (a limit), -ENOMEM: err says
 * "file:line:column: rule 2: what was found; what was expected".
 */
int pol_parse_document(const struct ynode *root, const char *file, struct pol_policy *ret_policy,
		       struct err *err);

/* Adds a rule for `name` (copied); `event` only with POL_RULE_EVENT. -ENOMEM. */
int pol_policy_add_rule(struct pol_policy *policy, const char *name, enum pol_rule_kind kind,
			const struct event_def *event);
/* Frees what the policy owns. */
void pol_policy_done(struct pol_policy *policy);
