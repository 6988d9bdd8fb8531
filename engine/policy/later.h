/* SPDX-License-Identifier: Apache-2.0 */
/*
 * later: names that a Tracee policy may use and that Warder has nothing behind yet. A policy with
 * them loads, and they are reported as not available. A name leaves this table when its event (or
 * the first event of its set) enters common/event_list.h; until then that list is asked first.
 *
 * Constant data; any thread.
 */
#pragma once

#include <stddef.h>

/* The table's own spelling of `name` (lives for ever), or NULL. */
const char *pol_later_find(const char *name);
/* The same among the sets only. */
const char *pol_later_find_set(const char *name);
/* The name at `index`, or NULL behind the last. */
const char *pol_later_at(size_t index);
