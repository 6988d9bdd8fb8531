/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_roots: the directories and files that the engine may still read in its sandbox, so that
 * policies can be loaded again: for each path given with --policy
 *
 *   - what it is, links followed: the file, or the directory and all below it
 *   - the directory it lies in, by its own name and by that of what it links to, since editors,
 * `mv` and package managers put a new file or directory into the old one's place; but never "/"
 *   - for a file in such a directory that links elsewhere: the directory that it leads to
 *
 * as they are at the start. What a link is changed to later, beyond these, cannot be read. Landlock
 * keeps to this; without it only the user's rights do. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

#define POLICY_ROOTS_MAX 1024

struct policy_roots {
	char **items; /* owned, NULL-ended; paths without links, none below another */
	size_t n;
};

/* A path that is not there (any more) adds nothing. -ENOMEM, -E2BIG. */
int policy_roots_find(struct policy_roots *ret_roots, const char *const *paths, size_t n,
		      struct err *err);
void policy_roots_done(struct policy_roots *roots);

/* What `paths` lead to now and `roots` does not have: true, and err is one sentence on it. */
bool policy_roots_left(const struct policy_roots *roots, const char *const *paths, size_t n,
		       struct err *err);

/* Tries to open all there is to read, as who we are by now: 0, or the first failure. */
int policy_roots_try(const char *const *paths, size_t n, struct err *err);
