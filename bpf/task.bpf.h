/* SPDX-License-Identifier: Apache-2.0 */
/*
 * task: who the current task is. Its context (struct rec_task) goes into the vital lane before its
 * first record and whenever it changed; a fingerprint in task storage tells when that is.
 */
#pragma once

#include <bpf/bpf_core_read.h>

#include "bpf/compat.bpf.h"
#include "bpf/fields.bpf.h"
#include "bpf/lane.bpf.h"
#include "bpf/maps.bpf.h"

#define PF_KTHREAD 0x00200000  /* include/linux/sched.h */
#define PF_SIGNALED 0x00000400 /* likewise */

/* The number of `pid` in the namespace of `in` (both may be anywhere): 0 when it is not visible. */
static __always_inline u32 task_pid_seen_from(struct pid *pid, struct pid *in)
{
	u32 level = BPF_CORE_READ(in, level);
	u32 step = bpf_core_type_size(struct upid);
	void *mine = (void *)in + bpf_core_field_offset(struct pid, numbers) + (u64)level * step;
	void *its = (void *)pid + bpf_core_field_offset(struct pid, numbers) + (u64)level * step;

	if (!pid || BPF_CORE_READ(pid, level) < level ||
	    BPF_CORE_READ((struct upid *)mine, ns) != BPF_CORE_READ((struct upid *)its, ns))
		return 0;
	return BPF_CORE_READ((struct upid *)its, nr);
}

static __always_inline struct pid_namespace *task_pid_ns(struct pid *pid)
{
	u32 level = BPF_CORE_READ(pid, level);
	void *up = (void *)pid + bpf_core_field_offset(struct pid, numbers) +
		   (u64)level * bpf_core_type_size(struct upid);

	return BPF_CORE_READ((struct upid *)up, ns);
}

/* The id of `task` in its own namespace. */
static __always_inline u32 task_ns_id(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);

	return pid ? task_pid_seen_from(pid, pid) : 0;
}

/* The collector and the engine are not traced, unless asked for. */
static __always_inline bool task_is_self(const struct plan_state *plan)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32;

	return (tgid == plan->self[0] || tgid == plan->self[1]) &&
	       !(plan->options & PLAN_TRACE_SELF);
}

/* A hash and not the name itself, because the stack is small. No secret: whoever may choose host
 * names can find two that hash alike, and gains an old name in the events. */
static __always_inline u32 task_uts_hash(const struct task_struct *task)
{
	/* zeros when nsproxy is gone: a fault in such a load reads as 0 */
	const u64 *name = (const u64 *)&task->nsproxy->uts_ns->name.nodename;
	u64 mixed = name[0] * 0x9e3779b97f4a7c15ULL ^ name[1];

	return mixed * 0x9e3779b97f4a7c15ULL >> 32;
}

enum cgroup_subsys_id___cpuset { cpuset_cgrp_id = 0 };

/* The cgroup in the hierarchy that tells containers apart. Follows pointers directly: `cgroups` is
 * of a BTF type. Never 0 for a task that lives. */
static __always_inline u64 task_cgroup_id(const struct css_set *cgroups)
{
	if (cgroup_hierarchy == 0)
		return cgroups->dfl_cgrp->kn->id;
	return cgroups->subsys[bpf_core_enum_value(enum cgroup_subsys_id___cpuset, cpuset_cgrp_id)]
		->cgroup->kn->id;
}

/* Fills *now and tells whether it differs from what was last said. */
static __always_inline bool task_changed(const struct task_seen *seen, struct task_seen *now,
					 struct task_struct *trusted, u32 generation)
{
	struct task_struct *task = compat_plain_task(trusted);
	const struct cred *cred = task->cred;
	struct css_set *cgroups = task->cgroups;

	now->cred = (u64)cred;
	now->nsproxy = (u64)task->nsproxy;
	now->cgroups = (u64)cgroups;
	now->parent = (u64)task->real_parent;
	now->comm[0] = *(u64 *)&task->comm[0];
	now->comm[1] = *(u64 *)&task->comm[8];
	now->uts_hash = task_uts_hash(task);
	now->exec_id = task->self_exec_id;
	now->cgroup_id = task_cgroup_id(cgroups);
	now->uid = cred->uid.val;
	now->gid = cred->gid.val;
	now->euid = cred->euid.val;
	now->egid = cred->egid.val;
	now->caps = compat_cap_effective(cred);
	now->generation = generation;
	if (!seen)
		return true;
	return now->cred != seen->cred || now->nsproxy != seen->nsproxy ||
	       now->cgroups != seen->cgroups || now->parent != seen->parent ||
	       now->comm[0] != seen->comm[0] || now->comm[1] != seen->comm[1] ||
	       now->uts_hash != seen->uts_hash || now->exec_id != seen->exec_id ||
	       now->cgroup_id != seen->cgroup_id || now->uid != seen->uid ||
	       now->gid != seen->gid || now->euid != seen->euid || now->egid != seen->egid ||
	       now->caps != seen->caps || now->generation != seen->generation;
}

static __always_inline void task_put_namespaces(struct rec_task *rec, struct task_struct *task)
{
	struct nsproxy *ns = BPF_CORE_READ(task, nsproxy);
	struct pid_namespace *pid_ns = task_pid_ns(BPF_CORE_READ(task, thread_pid));

	rec->pid_ns = BPF_CORE_READ(pid_ns, ns.inum);
	rec->user_ns = BPF_CORE_READ(task, cred, user_ns, ns.inum);
	/* gone when the task is nearly dead: zeros then */
	rec->mnt_ns = BPF_CORE_READ(ns, mnt_ns, ns.inum);
	rec->uts_ns = BPF_CORE_READ(ns, uts_ns, ns.inum);
	rec->ipc_ns = BPF_CORE_READ(ns, ipc_ns, ns.inum);
	rec->net_ns = BPF_CORE_READ(ns, net_ns, ns.inum);
	rec->cgroup_ns = BPF_CORE_READ(ns, cgroup_ns, ns.inum);
	__builtin_memset(rec->uts_name, 0, sizeof(rec->uts_name));
	BPF_CORE_READ_STR_INTO(&rec->uts_name, ns, uts_ns, name.nodename);
}

static __always_inline void task_put_ids(struct rec_task *rec, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct task_struct *parent = BPF_CORE_READ(task, real_parent);
	struct task_struct *parent_leader = BPF_CORE_READ(parent, group_leader);
	struct pid *pid = BPF_CORE_READ(task, thread_pid);

	rec->hdr.tid = BPF_CORE_READ(task, pid);
	rec->hdr.tgid = BPF_CORE_READ(task, tgid);
	rec->start_ns = compat_start_boottime(task);
	rec->leader_start_ns = compat_start_boottime(leader);
	rec->parent_start_ns = compat_start_boottime(parent_leader);
	rec->ns_tid = task_pid_seen_from(pid, pid);
	rec->ns_tgid = task_pid_seen_from(BPF_CORE_READ(leader, thread_pid), pid);
	rec->ppid = BPF_CORE_READ(parent, tgid);
	rec->ns_ppid = task_pid_seen_from(BPF_CORE_READ(parent_leader, thread_pid), pid);
}

/* The fixed part of a task's context, from `task` and what task_changed() has just read of it. */
static __always_inline void task_fill(struct rec_task *rec, struct task_struct *task,
				      const struct task_seen *now)
{
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct inode *inode = BPF_CORE_READ(exe, f_inode);

	rec->hdr.event = EV_TASK;
	rec->hdr.flags = BPF_CORE_READ(task, flags) & PF_KTHREAD ? REC_F_KTHREAD : 0;
	rec->hdr.cpu = bpf_get_smp_processor_id();
	rec->hdr.ret = 0;
	rec->hdr.len = sizeof(*rec);
	task_put_ids(rec, task);
	rec->cgroup_id = now->cgroup_id;
	rec->exec_id = now->exec_id;
	rec->uid = now->uid;
	rec->gid = now->gid;
	rec->euid = now->euid;
	rec->egid = now->egid;
	rec->cap_effective = now->caps;
	*(u64 *)&rec->comm[0] = now->comm[0];
	*(u64 *)&rec->comm[8] = now->comm[1];
	task_put_namespaces(rec, task);
	rec->exe_inode = BPF_CORE_READ(inode, i_ino);
	rec->exe_dev = BPF_CORE_READ(inode, i_sb, s_dev);
	rec->exe_ctime_ns = inode ? compat_inode_ctime(inode) : 0;
}

/* Emits the context. Call with preemption off. False: the lane is full. */
static __noinline bool task_emit(struct task_struct *task, struct task_seen *now)
{
	struct scratch_page *page = scratch_get();
	struct file *exe = BPF_CORE_READ(task, mm, exe_file);
	struct lane_slot_at at = {};
	struct path_at path;
	struct rec_task *rec;
	bool done;

	path_of(&path, page, 0, exe ? __builtin_preserve_access_index(&exe->f_path) : NULL);
	if (!exe)
		path.flags =
			BPF_CORE_READ(task, flags) & PF_KTHREAD ? REC_VAR_NULL : REC_VAR_UNREAD;
	done = lane_reserve(&at, LANE_VITAL, EV_TASK_slot,
			    sizeof(*rec) + sizeof(struct rec_var) + REC_PATH_MAX);
	if (done) {
		rec = (void *)at.rec;
		rec->hdr.ts_ns = bpf_ktime_get_boot_ns();
		task_fill(rec, task, now);
		field_put_path(&rec->hdr, 0, page, 0, &path);
		lane_commit(&at, rec->hdr.len);
	}
	if (page)
		scratch_put(page);
	return done;
}

/*
 * Makes sure that the reader knows who `task` is. Call with preemption off. Returns the flags for
 * the record that follows: 0, or REC_F_NOTASK when the context could not be sent; it is then tried
 * again with the next record, because the fingerprint stays as it was.
 */
static __noinline __attribute__((unused)) u16 task_introduce(struct task_struct *task,
							     const struct plan_state *plan)
{
	struct task_seen *seen, now;

	seen = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!seen)
		count_up(KC_TASK_STORAGE);
	if (!task_changed(seen, &now, task, plan->generation))
		return 0;
	if (!task_emit(task, &now))
		return REC_F_NOTASK;
	if (seen)
		*seen = now;
	return 0;
}

/* The header of a record of the current task. */
static __always_inline void task_put_hdr(struct rec_hdr *hdr, u16 event, u16 flags, u32 fixed)
{
	u64 id = bpf_get_current_pid_tgid();

	hdr->ts_ns = bpf_ktime_get_boot_ns();
	hdr->event = event;
	hdr->flags = flags;
	hdr->len = fixed;
	hdr->cpu = bpf_get_smp_processor_id();
	hdr->tid = (u32)id;
	hdr->tgid = id >> 32;
}

/* The context of a kernel event; returns the flags that go with it. An interrupt or a fault leaves
 * a negative number in the place of the system call's. */
static __always_inline u16 task_put_where(struct rec_where *where, struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	bool is_32bit = compat_is_32bit(task);
	int nr = REC_NO_SYSCALL;

	if (!(task->flags & PF_KTHREAD))
		nr = compat_syscall_nr(regs, is_32bit);
	if (nr < 0 || nr >= PLAN_SYSCALLS)
		nr = REC_NO_SYSCALL;
	where->syscall_nr = nr;
	where->via = nr == REC_NO_SYSCALL ? REC_VIA_KERNEL : REC_VIA_SYSCALL;
	where->reserved0 = 0;
	where->reserved1 = 0;
	return nr != REC_NO_SYSCALL && is_32bit ? REC_F_COMPAT : 0;
}
