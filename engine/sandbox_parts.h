/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_parts: the walls that sandbox.c puts up one after the other. Private to
 * engine/sandbox*.c.
 */
#pragma once

#include "engine/sandbox.h"

/* Opens what may be reached, while we still can. *ret_ruleset_fd: the caller's, or -1 (and *ret_abi
 * 0) when this kernel has no Landlock. */
int sandbox_landlock_open(const struct sandbox_options *opt, int *ret_ruleset_fd, int *ret_abi,
			  struct err *err);
/* Needs no_new_privs. */
int sandbox_landlock_enter(int ruleset_fd, struct err *err);

/* Last: the calls that put up the other walls are not on the list. */
int sandbox_seccomp_enter(const struct sandbox_options *opt, struct err *err);
