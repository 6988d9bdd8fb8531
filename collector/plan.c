/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/plan.h"

#include <string.h>

#include "common/cleanup.h"

/* From clock_gettime64 on, 32-bit callers' times have two 64-bit words: the same number on i386 and
 * arm32 (arch/x86/entry/syscalls/syscall_32.tbl). */
#define FIRST_TIME64 403

/* Room to reserve for a field that is copied, its frame included; bytes. */
static unsigned int room_for(unsigned int kind)
{
	switch (kind) {
	case FK_STR:
		return sizeof(struct rec_var) + REC_PATH_MAX;
	case FK_STRV:
		return sizeof(struct rec_var) + REC_ARGV_MAX;
	case FK_SOCKADDR:
		return sizeof(struct rec_var) + 112; /* sizeof(struct sockaddr_un), padded */
	case FK_TIMESPEC:
		return sizeof(struct rec_var) + 16;
	case FK_INT2:
		return sizeof(struct rec_var) + 8;
	default:
		return 0;
	}
}

/* Calls that do not come back as they went: taken at entry, or not in the child. */
static uint8_t how_on(unsigned int slot)
{
	switch (slot) {
	case EV_EXECVE_slot:
	case EV_EXECVEAT_slot:
		return PLAN_ON_ENTER | PLAN_ON_FAILED;
	case EV_RT_SIGRETURN_slot:
	case EV_SIGRETURN_slot:
		return PLAN_ON_ENTER;
	case EV_FORK_slot:
	case EV_VFORK_slot:
	case EV_CLONE_slot:
	case EV_CLONE3_slot:
		return PLAN_ON | PLAN_ON_PARENT;
	default:
		return PLAN_ON;
	}
}

bool plan_wants(const struct control_plan *plan, unsigned int slot)
{
	return plan->events[slot / 64] >> (slot % 64) & 1;
}

bool plan_rings(const struct control_plan *plan, unsigned int slot)
{
	return plan->rings[slot / 64] >> (slot % 64) & 1;
}

bool plan_beats(const struct control_plan *plan, unsigned int slot)
{
	return slot == EV_PRCTL_slot && plan->options & CONTROL_PLAN_HEARTBEAT;
}

void plan_event_fill(struct plan_event *ret_event, const struct event_def *def)
{
	struct plan_event *e = ret_event;
	unsigned int max = sizeof(struct rec_syscall) + def->n_fields * 8U;

	memset(e, 0, sizeof(*e));
	e->id = def->id;
	e->on = how_on(def->slot);
	e->lane_class = def->lane_class;
	if (!def->is_syscall)
		return;
	e->n_args = def->n_fields;
	e->time32 = def->nr_compat >= 0 && def->nr_compat < FIRST_TIME64;
	for (uint8_t i = 0; i < def->n_fields; i++) {
		unsigned int kind = def->fields[i].kind, room = room_for(kind);

		if (room == 0)
			continue;
		max += room;
		if (kind == FK_STRV) {
			if (e->n_strv++ == 0)
				e->strv = i + 1;
		} else if (e->n_vars < PLAN_VARS) {
			e->var[e->n_vars++] =
				(struct plan_var){ .field = i, .kind = (uint8_t)kind };
		}
	}
	e->max_len = (uint16_t)max;
}

void plan_fill_slot(struct plan_state *state, const struct control_plan *plan, unsigned int slot)
{
	const struct event_def *def = &event_defs[slot];
	struct plan_event event;
	bool wanted = plan_wants(plan, slot), beats = plan_beats(plan, slot);
	uint16_t entry = (uint16_t)(slot + 1);

	plan_event_fill(&event, def);
	if (!wanted)
		event.on = 0;
	else if (plan_rings(plan, slot))
		event.on |= PLAN_RINGS;
	if (beats)
		event.on |= PLAN_BEATS;
	/* what the programs read first comes last */
	state->events[slot] = event;
	if (def->nr_native >= 0 && def->nr_native < PLAN_SYSCALLS)
		state->syscall_slot[def->nr_native] = wanted || beats ? entry : 0;
	if (def->nr_compat >= 0 && def->nr_compat < PLAN_SYSCALLS)
		state->compat_slot[def->nr_compat] = wanted ? entry : 0;
}

void plan_fill(struct plan_state *state, const struct control_plan *plan)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		plan_fill_slot(state, plan, slot);
	state->options = (plan->options & CONTROL_PLAN_EXEC_ENV ? PLAN_EXEC_ENV : 0) |
			 (plan->options & CONTROL_PLAN_TRACE_SELF ? PLAN_TRACE_SELF : 0) |
			 (plan->options & CONTROL_PLAN_HEARTBEAT ? PLAN_HEARTBEAT : 0);
}
