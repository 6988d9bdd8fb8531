/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: the engine's own confinement, entered before the first record is read and never left.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* Everything is the caller's. The two lists are NULL-ended, or NULL. */
struct sandbox_options {
	const char *user; /* switch to it when started as root; NULL: "warder" or nobody */
	/* Directories below which files may be read, created, renamed and removed. */
	const char *const *writable;
	/* Files and directories that may still be opened for reading, and watched. */
	const char *const *readable;
	/* TCP may be connected, to anywhere: for sinks and the like. */
	bool allow_connect;
	/* Never in the product; benches that run a workload. What is forked stays inside. */
	bool allow_fork;
};

/* What is in force, for status and logs. */
struct sandbox_state {
	uint32_t uid, gid;
	bool no_new_privs, seccomp, caps_empty;
	int landlock_abi; /* 0: this kernel has no Landlock */
};

/* Whom sandbox_enter() will switch to; 0 and 0: nobody, it was not started by root. */
int sandbox_user(const char *user, uint32_t *ret_uid, uint32_t *ret_gid, struct err *err);

/* Drops to the user, empties every capability set and the bounding set, sets no_new_privs,
 * restricts file access by Landlock where the kernel has it, and installs the seccomp allow-list.
 * Call as late as possible: with descriptors open, ports bound, files read and the loop made, but
 * before the first thread is (-EBUSY). Any failure but a missing Landlock is an error: the engine
 * does not run unconfined by accident. Half of it may be in force then: exit.
 *
 * Afterwards: what is refused fails with EPERM (a file outside of the lists: EACCES), but for
 * executing a program, which ends the process. With empty lists no file can be opened at all; with
 * nothing that is writable, none for writing. A kernel without Landlock keeps to that too, but not
 * to which files are on the lists: there the user's rights decide. No memory can be made
 * executable: patterns that are compiled now are interpreted, plug-ins are loaded before.
 * /proc/self cannot be opened. TCP can be neither bound nor, unless
 * `allow_connect`, connected where Landlock is 4 or newer.
 * Started without root the user stays who it is. */
int sandbox_enter(const struct sandbox_options *opt, struct sandbox_state *ret_state,
		  struct err *err);
