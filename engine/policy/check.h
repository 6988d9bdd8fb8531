/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check (prefix pol_check_): is one item of a policy (a scope, a filter, an action) valid, and does
 * it exist yet? What is refused is refused with one sentence, without its place in a file.
 *
 * 0; -ENOENT: a name in it is not known; -EINVAL: it is not valid; -EOPNOTSUPP: it is, but this
 * build does not have it. Pure; any thread.
 */
#pragma once

#include "common/err.h"
#include "common/event_def.h"

int pol_check_scope(const char *text, struct err *err);
/* `event` is the rule's; NULL when it is a set or not available: its fields are not known then. */
int pol_check_filter(const char *text, const struct event_def *event, struct err *err);
int pol_check_action(const char *text, struct err *err);
