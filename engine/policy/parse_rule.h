/* SPDX-License-Identifier: Apache-2.0 */
/* parse_rule (prefix prule_): the rules of a policy, with their filters and exceptions. Pure; any
 * thread. */
#pragma once

#include "engine/policy/parse_node.h"

/* Reads `rules:` into p->policy, whose rules are to be given to prule_done(), also on failure. */
int prule_read(struct parse *p, const struct ynode *value);
/* Checks one item of `actions:` and `defaultActions:`. */
int prule_check_action(struct parse *p, const struct ynode *item);
/* Frees what the rule owns. */
void prule_done(struct pol_rule *rule);
