/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach_calls: the hooks of the system calls. There are three kinds; one is used at a time, and a
 * plan moves from one to the other without a gap (see plan_state.syscall_hook):
 *   fexit     of the calls' own functions: costs other calls nothing. Few calls, where the kernel
 *             has fentry.
 *   narrow    the calls' own tracepoints. Few calls, where no 32-bit call can be made, because the
 *             kernel does not run these tracepoints for them; or when it is asked for.
 *   global    sys_exit: everything else.
 *
 * Thread: the collector's loop.
 */
#pragma once

#include <stdbool.h>

#include "collector/kfeat.h"
#include "collector/missed.h"
#include "collector/options.h"
#include "collector/programs.h"
#include "common/control.h"
#include "common/event_def.h"
#include "common/plan.h"

struct attach_calls;

/* More calls than this are cheaper to see through the global tracepoint. */
#define ATTACH_CALLS_NARROW_MAX 24

/* What it works with; all borrowed until attach_calls_free(). */
struct attach_calls_context {
	const struct kfeat_set *features;
	struct programs *programs;
	struct plan_state *state;
	struct missed *missed;
};

/* NULL: out of memory. */
struct attach_calls *attach_calls_new(const struct attach_calls_context *ctx,
				      enum collector_hooks hooks);
/* Detaches everything. */
void attach_calls_free(struct attach_calls *c);

/* Does the plan want the slot, and of these hooks? */
bool attach_calls_wants(const struct control_plan *plan, unsigned int slot);

/* Attaches what the plan asks for and lets go of the rest; the plan is in ctx->state already.
 * Returns 0, or the negative errno for which none of its calls is seen; *ret_hook is the kind in
 * use. */
int attach_calls_apply(struct attach_calls *c, const struct control_plan *plan,
		       enum control_hook *ret_hook);
/* Is everything detached that the plan does not ask for? If not: attach_calls_tidy() detaches one
 * more of the hooks. It takes the kernel a tenth of a second or more for each. */
bool attach_calls_is_tidy(const struct attach_calls *c);
void attach_calls_tidy(struct attach_calls *c);
/* Would a heartbeat of the engine come through the kind in use? */
bool attach_calls_beats(const struct attach_calls *c);

/* Counts the runs that the kernel left out since the last time. */
void attach_calls_count_missed(struct attach_calls *c);
/* Adds what is counted of the programs that programs_tell() does not know. */
void attach_calls_tell(const struct attach_calls *c, struct control_status *status);
