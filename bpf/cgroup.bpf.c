// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * cgroup: control groups made and removed, and tasks moved between them: what containers are made
 * of. The tracepoints hand over the path, so nothing has to be walked here.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/task.bpf.h"

#define TRACE_PATH_MAX 1024 /* TRACE_CGROUP_PATH_LEN, kernel/cgroup/cgroup-internal.h */

/* Rung when the reader could not be told of a cgroup: the collector then tells of all that are
 * there. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the collector sets one page */
} cgroup_bell SEC(".maps");

static __always_inline bool wanted(const struct plan_state *plan, u32 slot)
{
	return plan->events[slot].on & PLAN_ON;
}

#define ROOM(rec) (sizeof(*(rec)) + sizeof(struct rec_var) + REC_PATH_MAX)

/* The path, right behind the fixed part. The kernel has cut one that fills its buffer. */
static __always_inline void put_path(struct rec_hdr *rec, u32 fixed, u8 field, const char *path)
{
	struct rec_var *var = (void *)rec + fixed;

	field_put_str(rec, field, path, false);
	if (var->len >= TRACE_PATH_MAX - 1)
		var->flags |= REC_VAR_TRUNC;
}

static __always_inline void ring_collector(void)
{
	u64 *ring = bpf_ringbuf_reserve(&cgroup_bell, sizeof(*ring), 0);

	if (!ring)
		return; /* it has more to read already */
	*ring = 1;
	bpf_ringbuf_submit(ring, BPF_RB_FORCE_WAKEUP);
}

static __always_inline void emit_cgroup(const struct plan_state *plan, struct cgroup *cgroup,
					const char *path, u32 slot, u16 event)
{
	struct lane_slot_at at = {};
	struct rec_cgroup *rec;
	u16 flags;

	if (!wanted(plan, slot))
		return;
	compat_preempt_disable();
	flags = task_introduce(bpf_get_current_task_btf(), plan);
	if (lane_reserve(&at, LANE_VITAL, slot, ROOM(rec))) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, event, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		rec->hdr.ret = 0;
		rec->cgroup_id = BPF_CORE_READ(cgroup, kn, id);
		rec->hierarchy_id = BPF_CORE_READ(cgroup, root, hierarchy_id);
		rec->is_tasks = rec->hierarchy_id == cgroup_hierarchy;
		put_path(&rec->hdr, sizeof(*rec), 1, path);
		lane_commit(&at, *(volatile u16 *)&rec->hdr.len);
	} else {
		ring_collector();
	}
	compat_preempt_enable();
}

/*
 * mkdir: the tracepoint comes when the cgroup is in place, before a task can be moved there, with
 * its id and path. security_inode_mkdir would see only the name and also what fails. Misses: those
 * that were there before; of these the collector tells (collector/cgroup_walk.c). The collector and
 * the engine are not left out: what they make is known too.
 */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir_tp, struct cgroup *cgroup, const char *path)
{
	const struct plan_state *plan = plan_get();

	if (plan)
		emit_cgroup(plan, cgroup, path, EV_CGROUP_MKDIR_slot, EV_CGROUP_MKDIR);
	return 0;
}

/*
 * rmdir: the tracepoint comes when the folder is gone. Attached with or without a plan, so that
 * `cgroup_kinds` has nothing that is no more. Misses: nothing but the root of a v1 hierarchy.
 */
SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir_tp, struct cgroup *cgroup, const char *path)
{
	const struct plan_state *plan = plan_get();
	u64 id = BPF_CORE_READ(cgroup, kn, id);

	if ((u32)BPF_CORE_READ(cgroup, root, hierarchy_id) == cgroup_hierarchy)
		bpf_map_delete_elem(&cgroup_kinds, &id);
	if (plan)
		emit_cgroup(plan, cgroup, path, EV_CGROUP_RMDIR_slot, EV_CGROUP_RMDIR);
	return 0;
}

/*
 * attach_task: the tracepoint names the task that was moved and where to; for a whole process, its
 * first thread. A write to cgroup.procs would be a user's text. Misses: tasks born into a cgroup
 * (fork; clone3 with CLONE_INTO_CGROUP), which are in no other before, and those that the kernel
 * itself moves up when a v1 cpuset has no CPU left (tracepoint cgroup_transfer_tasks).
 */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_tp, struct cgroup *cgroup, const char *path, struct task_struct *task)
{
	const struct plan_state *plan = plan_get();
	struct lane_slot_at at = {};
	struct rec_cgroup_attach *rec;
	u16 flags;

	if (!plan || !wanted(plan, EV_CGROUP_ATTACH_TASK_slot) || task_is_self(plan))
		return 0;
	compat_preempt_disable();
	flags = task_introduce(bpf_get_current_task_btf(), plan);
	if (lane_reserve(&at, LANE_VITAL, EV_CGROUP_ATTACH_TASK_slot, ROOM(rec))) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, EV_CGROUP_ATTACH_TASK, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		rec->hdr.ret = 0;
		rec->pid = BPF_CORE_READ(task, pid);
		rec->reserved0 = 0;
		*(u64 *)&rec->comm[0] = *(u64 *)&task->comm[0];
		*(u64 *)&rec->comm[8] = *(u64 *)&task->comm[8];
		put_path(&rec->hdr, sizeof(*rec), 0, path);
		lane_commit(&at, *(volatile u16 *)&rec->hdr.len);
	}
	compat_preempt_enable();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
