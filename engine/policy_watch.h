/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_watch: notices when policy files change: written, moved over, added to or taken from their
 * directory; also when the way to them changes, be it a symbolic link that points elsewhere (as
 * Kubernetes replaces "..data" in a ConfigMap) or a directory that was removed and comes back.
 *
 * Every directory on the way is watched for the one name that leads on, symbolic links included.
 * A change counts once it has been quiet for a moment, since editors and tools make several.
 *
 * Does not log. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define POLICY_WATCH_QUIET_NS 100000000LL /* without another change */
#define POLICY_WATCH_MAX_NS 2000000000LL  /* from the first change on */

struct loop;
struct policy_watch;

/* Watches files and directories, as given with --policy; `paths` is borrowed. NULL with err set:
 * -EMFILE, -ENOMEM, other errno of inotify_init1(2). What cannot be watched is left out:
 * policy_watch_blind() names it. Before the policies are read, so that no change is missed. */
struct policy_watch *policy_watch_new(const char *const *paths, size_t n, struct err *err);
void policy_watch_free(struct policy_watch *w);

/* From now on the loop takes what the kernel reports. `loop` is borrowed, and outlives `w`. */
int policy_watch_join(struct policy_watch *w, struct loop *loop, struct err *err);

/* True once for every burst of changes: the policies should be read now; what changes from here on
 * is another burst. *ret_ns: when to be asked again; -1: not before the loop called back. */
bool policy_watch_take(struct policy_watch *w, uint64_t now_ns, int64_t *ret_ns);

/* True: a path of which changes are not noticed, and err says why. Looked at whenever the way to
 * the policies changes. */
bool policy_watch_is_blind(const struct policy_watch *w, struct err *err);
