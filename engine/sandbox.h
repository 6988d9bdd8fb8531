/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: the engine's own confinement, entered before the first record is read and never left.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct sandbox_options {
	const char *user;	   /* switch to it when started as root; NULL: "warder" or nobody */
	const char *const *writable; /* directories below which files may be created; NULL-ended */
	const char *const *readable; /* files and directories that may still be opened; NULL-ended */
	bool allow_fork;	   /* never in the product; benches that run a workload */
};

/* What is in force, for status and logs. */
struct sandbox_state {
	uint32_t uid, gid;
	bool no_new_privs, seccomp, caps_empty;
	int landlock_abi; /* 0: this kernel has no Landlock */
};

/* Drops to the user, empties every capability set and the bounding set, sets no_new_privs,
 * restricts file access by Landlock where the kernel has it, and installs the seccomp allow-list.
 * Call as late as possible: with descriptors open and files read. Any failure but a missing
 * Landlock is an error: the engine does not run unconfined by accident. */
int sandbox_enter(const struct sandbox_options *opt, struct sandbox_state *ret_state,
		  struct err *err);
