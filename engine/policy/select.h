/* SPDX-License-Identifier: Apache-2.0 */
/* select (prefix pol_select_): the events and scopes of a command line to a policy. Pure; any
 * thread. */
#pragma once

#include "common/err.h"
#include "engine/policy/policy.h"

/* The grammar is pol_set_select()'s. On success *ret_policy is the caller's (pol_policy_done());
 * otherwise -EINVAL, -ENOENT, -E2BIG, -ENOMEM and err says "event list: ..." or "command line:
 * scope ...". */
int pol_select_parse(const struct pol_selection *selection, struct pol_policy *ret_policy,
		     struct err *err);
