/* SPDX-License-Identifier: Apache-2.0 */
/*
 * diff: what a set of policies has that another one has not. Policies are the same when they have
 * the same name and say the same, wherever in which file they say it. Any thread.
 */
#pragma once

#include <stdbool.h>

#include "engine/policy/policy.h"

bool pol_policy_same(const struct pol_policy *a, const struct pol_policy *b);

enum pol_change { POL_KEPT, POL_CHANGED, POL_ADDED, POL_REMOVED };

/* `policy` is the new one, or the old one that was removed. */
typedef void (*pol_diff_fn)(void *arg, enum pol_change change, const struct pol_policy *policy);

/* Says it for each policy of the two sets, by name. -ENOMEM. */
int pol_set_diff(const struct pol_set *former, const struct pol_set *now, pol_diff_fn fn,
		 void *arg);
/* Every policy is the same, and they come in the same order, in which events name them. */
bool pol_set_same(const struct pol_set *a, const struct pol_set *b);
