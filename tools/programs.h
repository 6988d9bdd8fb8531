/* SPDX-License-Identifier: Apache-2.0 */
/*
 * programs: where the other programs of Warder are, the policy that is used when none is named, and
 * the user that the engine runs as. Thread: main.
 */
#pragma once

#include <limits.h>
#include <stdint.h>

#include "common/err.h"

enum program { PROGRAM_COLLECTOR, PROGRAM_ENGINE };

/* WARDER_COLLECTOR or WARDER_ENGINE in the environment; else beside this binary in a build tree;
 * else where it was installed to. -ENOENT names the places. */
int programs_find(enum program which, char ret_path[static PATH_MAX], struct err *err);

/* The first of /etc/warder/policies.d, the installed default and the source tree's. -ENOENT. */
int programs_default_policy(char ret_path[static PATH_MAX], struct err *err);

/* `name`, or when NULL "warder", else "nobody". *ret_name is borrowed from `name` or a literal.
 * -ENOENT when there is no such user, -EINVAL when it is root. */
int programs_engine_user(const char *name, const char **ret_name, uint32_t *ret_uid,
			 struct err *err);
