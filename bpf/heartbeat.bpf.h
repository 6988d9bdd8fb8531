/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heartbeat: the engine makes a system call that means nothing, prctl(PR_SET_NAME) with its own
 * name, a number and a mark in the arguments that this call does not look at, and waits for the
 * records of the programs that must see it. The engine is otherwise never traced, and nobody else's
 * call counts as one.
 */
#pragma once

#include "bpf/compat.bpf.h"
#include "bpf/lane.bpf.h"
#include "bpf/maps.bpf.h"

static __always_inline bool heartbeat_may_be(const struct plan_state *plan)
{
	return plan->options & PLAN_HEARTBEAT && bpf_get_current_pid_tgid() >> 32 == plan->self[1];
}

/* Into the lane that the program's other records go to. Not inlined: of no program's usual way. */
static __noinline int heartbeat_emit(struct task_struct *task, u32 hook, u32 lane_class)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct lane_slot_at at = {};
	struct rec_heartbeat *rec;
	u64 id = bpf_get_current_pid_tgid();

	if (compat_syscall_arg(regs, false, 3) != REC_HEARTBEAT_MARK)
		return 0;
	compat_preempt_disable();
	if (lane_reserve(&at, lane_class, EV_HEARTBEAT_slot, sizeof(*rec))) {
		rec = (void *)at.rec;
		rec->hdr.ts_ns = bpf_ktime_get_boot_ns();
		rec->hdr.event = EV_HEARTBEAT;
		rec->hdr.flags = 0;
		rec->hdr.cpu = bpf_get_smp_processor_id();
		rec->hdr.tid = (u32)id;
		rec->hdr.tgid = id >> 32;
		rec->hdr.ret = 0;
		rec->number = compat_syscall_arg(regs, false, 2);
		rec->hook = hook;
		rec->reserved0 = 0;
		lane_commit(&at, sizeof(*rec));
	}
	compat_preempt_enable();
	return 0;
}
