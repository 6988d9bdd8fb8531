/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filters: keeps what an engine says of filters until its plan comes, and puts it into the maps
 * that the BPF programs ask (common/filter.h), all of it at once. Thread: the collector's loop.
 */
#pragma once

#include <stdint.h>

#include "common/control.h"
#include "common/err.h"
#include "common/plan.h"

struct filters;

struct filters *filters_new(void); /* NULL: out of memory */
void filters_free(struct filters *f);

/* Keeps a FILTER_EVENTS or FILTER_ENTRIES message, which control_check() has passed. One of another
 * generation than the one before begins anew. -EPROTO: a slot twice, or more than a plan may have;
 * -ENOMEM; with a sentence. */
int filters_take(struct filters *f, const void *msg, struct err *err);
/* Forgets what was kept: its engine is gone. */
void filters_forget(struct filters *f);

/* The maps, borrowed. */
struct filters_maps {
	int filters_fd;
	int events_fd;
	struct plan_state *state;
};

/*
 * Puts what was kept in force, in one step: programs that run now see all of the old filters or all
 * of the new ones. What was kept is forgotten, whatever comes of it. 0; or:
 *   -EPROTO  it is not what the plan says, or does not agree with itself: the old filters stay
 *   other    the kernel does not take them: none is in force now, and everything passes
 */
int filters_apply(struct filters *f, const struct control_plan *plan,
		  const struct filters_maps *maps, struct err *err);

/* Sets PLAN_FILTERED of the events that have a filter in force. After plan_fill(). */
void filters_mark(const struct filters *f, struct plan_state *state);
