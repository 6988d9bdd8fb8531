/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: turns the engine's plan (a set of event slots) into what the BPF programs read
 * (struct plan_state). The events' own facts come from the compiled-in table, never from the
 * message.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/control.h"
#include "common/event_def.h"
#include "common/plan.h"

/* True if the plan asks for the slot. */
bool plan_wants(const struct control_plan *plan, unsigned int slot);
/* True if its records are to wake the engine. */
bool plan_rings(const struct control_plan *plan, unsigned int slot);

/* True if the engine's heartbeat is this system call, whether the plan asks for the slot or not. */
bool plan_beats(const struct control_plan *plan, unsigned int slot);

/* What of a plan is done before the rest of it: one slot of plan_fill(). */
void plan_fill_slot(struct plan_state *state, const struct control_plan *plan, unsigned int slot);
/* Fills the tables of `state` for the plan; leaves generation, self and syscall_hook alone. */
void plan_fill(struct plan_state *state, const struct control_plan *plan);

/* The BPF side's description of an event, as if it were wanted: for tests of its limits too. */
void plan_event_fill(struct plan_event *ret_event, const struct event_def *def);
