// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * process: the life of processes: fork, exec, exit, rename; and the snapshot of those that were
 * there before us.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/filter.bpf.h"
#include "bpf/heartbeat.bpf.h"
#include "bpf/task.bpf.h"

#define AT_NULL 0 /* include/uapi/linux/auxvec.h */
#define AT_BASE 7
#define AUXV_WORDS 48
#define S_IFMT 0170000

/* Kernels before 5.17 have no bpf_find_vma(): the interpreter's path is then unread. */
const volatile bool has_find_vma = false;

static __always_inline bool wanted(const struct plan_state *plan, u32 slot)
{
	return plan->events[slot].on & PLAN_ON;
}

/* Does no policy want this one? Preemption is off, `task` is the current one. */
static __always_inline bool is_filtered(struct task_struct *task, const struct plan_state *plan,
					u32 slot, u32 how)
{
	return plan->events[slot].on & PLAN_FILTERED && filter_drops(task, plan, slot, 0, how);
}

/*
 * fork: the tracepoint has both tasks as kernel objects, and runs in the parent before the child
 * does. kernel_clone() as a function would be too early. Misses: nothing that becomes a task but
 * the idle threads and io_uring's own workers (these are created without the tracepoint).
 */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(fork_tp, struct task_struct *parent, struct task_struct *child)
{
	const struct plan_state *plan = plan_get();
	struct task_struct *leader, *up;
	struct lane_slot_at at = {};
	struct rec_fork *rec;
	u16 flags;

	if (!plan || !wanted(plan, EV_SCHED_PROCESS_FORK_slot) || task_is_self(plan))
		return 0;
	compat_preempt_disable();
	flags = task_introduce(parent, plan);
	task_introduce(child, plan);
	if (lane_reserve(&at, LANE_VITAL, EV_SCHED_PROCESS_FORK_slot, sizeof(*rec))) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, EV_SCHED_PROCESS_FORK, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		rec->hdr.ret = 0;
		leader = BPF_CORE_READ(child, group_leader);
		up = BPF_CORE_READ(leader, real_parent, group_leader);
		rec->parent_tid = BPF_CORE_READ(parent, pid);
		rec->parent_ns_tid = task_ns_id(parent);
		rec->parent_pid = BPF_CORE_READ(parent, tgid);
		rec->parent_ns_pid = task_ns_id(BPF_CORE_READ(parent, group_leader));
		rec->parent_start_ns = compat_start_boottime(parent);
		rec->child_tid = BPF_CORE_READ(child, pid);
		rec->child_ns_tid = task_ns_id(child);
		rec->child_pid = BPF_CORE_READ(child, tgid);
		rec->child_ns_pid = task_ns_id(leader);
		rec->child_start_ns = compat_start_boottime(child);
		rec->parent_process_tid = BPF_CORE_READ(up, pid);
		rec->parent_process_ns_tid = task_ns_id(up);
		rec->parent_process_pid = BPF_CORE_READ(up, tgid);
		rec->parent_process_ns_pid = rec->parent_process_ns_tid;
		rec->parent_process_start_ns = compat_start_boottime(up);
		rec->leader_tid = BPF_CORE_READ(leader, pid);
		rec->leader_ns_tid = rec->child_ns_pid;
		rec->leader_pid = BPF_CORE_READ(leader, tgid);
		rec->leader_ns_pid = rec->child_ns_pid;
		rec->leader_start_ns = compat_start_boottime(leader);
		lane_commit(&at, sizeof(*rec));
	}
	compat_preempt_enable();
	return 0;
}

static __always_inline void file_facts_get(struct scratch_page *page, u32 n, struct file *file)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	struct file_facts *f = &page->facts[n];
	struct path_at at;

	f->inode = BPF_CORE_READ(inode, i_ino);
	f->dev = BPF_CORE_READ(inode, i_sb, s_dev);
	f->mode = BPF_CORE_READ(inode, i_mode);
	f->ctime_ns = inode ? compat_inode_ctime(inode) : 0;
	path_of(&at, page, n, file ? __builtin_preserve_access_index(&file->f_path) : NULL);
	if (!file)
		at.flags = REC_VAR_NULL;
	f->path = at;
}

/* The file at an address of the new program: that of the ELF interpreter, from AT_BASE. */
struct interp_ctx {
	struct file *file;
};

static long interp_found(struct task_struct *task, struct vm_area_struct *vma,
			 struct interp_ctx *ctx)
{
	ctx->file = vma->vm_file;
	return 0;
}

static __always_inline struct file *interp_file(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	struct interp_ctx ctx = {};
	unsigned long pair[2] = {}, base = 0;
	const void *auxv;

	if (!has_find_vma || !mm)
		return NULL;
	auxv = (void *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv);
	for (int i = 0; i < AUXV_WORDS / 2; i++) {
		if (bpf_probe_read_kernel(pair, sizeof(pair), auxv + i * sizeof(pair)) != 0 ||
		    pair[0] == AT_NULL)
			break;
		if (pair[0] == AT_BASE) {
			base = pair[1];
			break;
		}
	}
	if (base)
		bpf_find_vma(task, base, interp_found, &ctx, 0);
	return ctx.file;
}

static __always_inline struct file *stdin_file(struct task_struct *task)
{
	struct file **fds = BPF_CORE_READ(task, files, fdt, fd);
	struct file *file = NULL;

	if (fds)
		bpf_probe_read_kernel(&file, sizeof(file), fds);
	return file;
}

/* argv or the environment, as the new program finds it: an area of NUL-terminated strings. */
static __always_inline void put_area(struct rec_hdr *rec, u8 field, unsigned long start,
				     unsigned long end)
{
	struct rec_var *var;
	u64 len = end - start;
	u8 flags = 0;
	u32 off;

	var = field_begin(rec, field, &off);
	if (!var)
		return;
	if (end <= start)
		len = 0;
	if (len > REC_ARGV_MAX) {
		len = REC_ARGV_MAX;
		flags = REC_VAR_TRUNC;
	}
	if (len > 0 && bpf_probe_read_user(var + 1, len, (void *)start) != 0) {
		flags = REC_VAR_UNREAD;
		count_up(KC_USER_UNREAD);
		len = 0;
	}
	field_end(rec, var, off, len, field, flags);
	var->total = end > start ? end - start : 0;
}

/* Which scratch path is whose. */
#define EXEC_BIN 0
#define EXEC_INTERP 1
#define EXEC_STDIN 2
#define EXEC_PWD 3

/* What is known through the scratch page. Without one (a nested program had it) the files are
 * marked unread and have no identity; the rest of the record is whole. */
static __always_inline void exec_put_files(struct rec_exec *rec, struct scratch_page *page)
{
	if (!page) {
		rec->inode = 0;
		rec->dev = 0;
		rec->ctime_ns = 0;
		rec->inode_mode = 0;
		rec->interp_inode = 0;
		rec->interp_dev = 0;
		rec->interp_ctime_ns = 0;
		rec->stdin_type = 0;
		field_put_empty(&rec->hdr, 1, REC_VAR_UNREAD);
		field_put_empty(&rec->hdr, 6, REC_VAR_UNREAD);
		field_put_empty(&rec->hdr, 13, REC_VAR_UNREAD);
		return;
	}
	rec->inode = page->facts[EXEC_BIN].inode;
	rec->dev = page->facts[EXEC_BIN].dev;
	rec->ctime_ns = page->facts[EXEC_BIN].ctime_ns;
	rec->inode_mode = page->facts[EXEC_BIN].mode;
	rec->interp_inode = page->facts[EXEC_INTERP].inode;
	rec->interp_dev = page->facts[EXEC_INTERP].dev;
	rec->interp_ctime_ns = page->facts[EXEC_INTERP].ctime_ns;
	rec->stdin_type = page->facts[EXEC_STDIN].mode & S_IFMT;
	field_put_path(&rec->hdr, 1, page, EXEC_BIN, &page->facts[EXEC_BIN].path);
	field_put_path(&rec->hdr, 6, page, EXEC_INTERP, &page->facts[EXEC_INTERP].path);
	field_put_path(&rec->hdr, 13, page, EXEC_STDIN, &page->facts[EXEC_STDIN].path);
}

/* Where the task is: with it, relative arguments can be followed. */
static __always_inline void pwd_get(struct scratch_page *page, struct task_struct *task)
{
	struct fs_struct *fs = BPF_CORE_READ(task, fs);
	struct path_at at;

	path_of(&at, page, EXEC_PWD, fs ? __builtin_preserve_access_index(&fs->pwd) : NULL);
	page->facts[EXEC_PWD].path = at;
}

static __always_inline void exec_put(struct rec_exec *rec, struct task_struct *task,
				     struct linux_binprm *bprm, struct scratch_page *page,
				     bool with_env)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);

	rec->hdr.ret = 0;
	field_put_str(&rec->hdr, 0, BPF_CORE_READ(bprm, filename), false);
	exec_put_files(rec, page);
	put_area(&rec->hdr, 10, BPF_CORE_READ(mm, arg_start), BPF_CORE_READ(mm, arg_end));
	field_put_str(&rec->hdr, 11, BPF_CORE_READ(bprm, interp), false);
	if (with_env)
		put_area(&rec->hdr, 16, BPF_CORE_READ(mm, env_start), BPF_CORE_READ(mm, env_end));
	if (page)
		field_put_path(&rec->hdr, 17, page, EXEC_PWD, &page->facts[EXEC_PWD].path);
	else
		field_put_empty(&rec->hdr, 17, REC_VAR_UNREAD);
}

/* An exec that no user space asked for: the parent is the kernel's kthreadd or one of its threads.
 */
static __always_inline bool from_kernel(struct task_struct *task)
{
	return BPF_CORE_READ(task, real_parent, flags) & PF_KTHREAD;
}

/*
 * exec: the tracepoint comes after the point of no return, with the new program's memory and
 * credentials in place, so path, argv and inode are the kernel's, not a user pointer's. The LSM
 * hook bprm_check would be before that and also see execs that fail. Misses: failed execs.
 */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(exec_tp, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	const struct plan_state *plan = plan_get();
	struct lane_slot_at at = {};
	struct scratch_page *page;
	struct task_seen *seen;
	struct rec_exec *rec;
	u64 prev_comm[2] = {};
	u16 flags;

	if (!plan || !wanted(plan, EV_SCHED_PROCESS_EXEC_slot) || task_is_self(plan))
		return 0;
	compat_preempt_disable();
	seen = bpf_task_storage_get(&tasks, task, NULL, 0);
	if (seen) {
		prev_comm[0] = seen->comm[0];
		prev_comm[1] = seen->comm[1];
	}
	flags = task_introduce(task, plan);
	page = scratch_get();
	if (page) {
		file_facts_get(page, EXEC_BIN, BPF_CORE_READ(bprm, file));
		file_facts_get(page, EXEC_INTERP, interp_file(task));
		file_facts_get(page, EXEC_STDIN, stdin_file(task));
		pwd_get(page, task);
		if (!has_find_vma)
			page->facts[EXEC_INTERP].path.flags = REC_VAR_UNREAD;
	}
	if (lane_reserve(&at, LANE_VITAL, EV_SCHED_PROCESS_EXEC_slot, LANE_RECORD_MAX)) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, EV_SCHED_PROCESS_EXEC, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		*(u64 *)&rec->prev_comm[0] = prev_comm[0];
		*(u64 *)&rec->prev_comm[8] = prev_comm[1];
		exec_put(rec, task, bprm, page, plan->options & PLAN_EXEC_ENV);
		rec->from_kernel = from_kernel(task);
		lane_commit(&at, *(volatile u16 *)&rec->hdr.len);
	}
	if (page)
		scratch_put(page);
	compat_preempt_enable();
	return 0;
}

/* do_exit: a record that is only a header. */
static __noinline int emit_do_exit(struct task_struct *task, const struct plan_state *plan,
				   u16 flags)
{
	struct lane_slot_at at = {};
	struct rec_plain *rec;

	if (is_filtered(task, plan, EV_DO_EXIT_slot, REC_F_ENTER) ||
	    !lane_reserve(&at, LANE_VITAL, EV_DO_EXIT_slot, sizeof(*rec)))
		return 0;
	rec = (void *)at.rec;
	task_put_hdr(&rec->hdr, EV_DO_EXIT, flags, sizeof(*rec));
	rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
	rec->hdr.ret = BPF_CORE_READ(task, exit_code);
	lane_commit(&at, sizeof(*rec));
	return 0;
}

/* Not inlined, as emit_exit_syscall(): the verifier comes here with one state. */
static __noinline int put_exit_syscall(struct task_struct *task, const struct plan_state *plan,
				       u32 slot, u16 flags)
{
	bool is_32bit = compat_is_32bit(task);
	struct lane_slot_at at = {};
	struct rec_syscall *rec;

	flags |= REC_F_ENTER | is_32bit * REC_F_COMPAT;
	if (is_filtered(task, plan, slot, FILTER_AT_CALL | flags) ||
	    !lane_reserve(&at, LANE_VITAL, slot, sizeof(*rec) + 8))
		return 0;
	rec = (void *)at.rec;
	task_put_hdr(&rec->hdr, plan->events[slot].id, flags, sizeof(*rec) + 8);
	rec->hdr.ret = 0;
	rec->args[0] = compat_syscall_arg((void *)bpf_task_pt_regs(task), is_32bit, 0);
	lane_commit(&at, sizeof(*rec) + 8);
	return 0;
}

/* exit and exit_group do not return, so their record is made here, from the registers that the
 * dying task still has: if the call it is in is one of them. Killed tasks are in another one. Not
 * inlined: however it ends, the verifier looks only once at what comes after it. */
static __noinline int emit_exit_syscall(struct task_struct *task, const struct plan_state *plan,
					u16 flags)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	bool is_32bit = compat_is_32bit(task);
	int nr = compat_syscall_nr(regs, is_32bit);
	u32 slot, id;

	if ((u32)nr >= PLAN_SYSCALLS)
		return 0;
	slot = (is_32bit ? plan->compat_slot[nr] : plan->syscall_slot[nr]) - 1;
	/* By id: a slot that was compared would be a constant, one for each of the two. */
	id = plan->events[slot & (LANE_SLOTS - 1)].id;
	if (id == EV_EXIT || id == EV_EXIT_GROUP)
		put_exit_syscall(task, plan, slot & (LANE_SLOTS - 1), flags);
	return 0;
}

/*
 * exit: the tracepoint, once for each thread, with the exit code in the task. Also what is left for
 * do_exit (fentry and kprobe sit at the same place and see the same) and for the system calls exit
 * and exit_group. Misses: nothing; but on kernels before 6.16 the task's memory is already gone.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(exit_tp, struct task_struct *task)
{
	const struct plan_state *plan = plan_get();
	struct lane_slot_at at = {};
	struct rec_exit *rec;
	u16 flags;

	if (!plan || task_is_self(plan))
		return 0;
	compat_preempt_disable();
	flags = task_introduce(task, plan);
	if (plan->events[EV_EXIT_slot].on | plan->events[EV_EXIT_GROUP_slot].on)
		emit_exit_syscall(task, plan, flags);
	if (wanted(plan, EV_DO_EXIT_slot))
		emit_do_exit(task, plan, flags);
	if (wanted(plan, EV_SCHED_PROCESS_EXIT_slot) &&
	    lane_reserve(&at, LANE_VITAL, EV_SCHED_PROCESS_EXIT_slot, sizeof(*rec))) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, EV_SCHED_PROCESS_EXIT, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		rec->hdr.ret = 0;
		rec->exit_code = BPF_CORE_READ(task, exit_code);
		rec->group_exit = BPF_CORE_READ(task, signal, live.counter) == 0;
		rec->signal_code =
			BPF_CORE_READ(task, flags) & PF_SIGNALED ? rec->exit_code & 0xff : 0;
		lane_commit(&at, sizeof(*rec));
	}
	compat_preempt_enable();
	return 0;
}

/* For the exec that renames the task: what its name was. The context is then told again, since the
 * fingerprint no longer says which name was told. */
static __always_inline void remember_comm(struct task_struct *task)
{
	struct task_seen *seen =
		bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!seen)
		return;
	seen->comm[0] = *(u64 *)&task->comm[0];
	seen->comm[1] = *(u64 *)&task->comm[8];
	seen->generation = 0;
}

/*
 * rename: the tracepoint has the old name in the task and the new one as argument, also when a task
 * renames another through /proc. Misses: nothing; exec renames too and is reported as well. Also
 * attached for exec, which tells the name before.
 */
SEC("tp_btf/task_rename")
int BPF_PROG(rename_tp, struct task_struct *task, const char *comm)
{
	const struct plan_state *plan = plan_get();
	struct lane_slot_at at = {};
	struct rec_rename *rec;
	u16 flags;

	if (!plan)
		return 0;
	if (heartbeat_may_be(plan))
		heartbeat_emit(bpf_get_current_task_btf(), CONTROL_HOOK_TP_BTF, LANE_VITAL);
	if (task_is_self(plan))
		return 0;
	if (wanted(plan, EV_SCHED_PROCESS_EXEC_slot))
		remember_comm(task);
	if (!wanted(plan, EV_TASK_RENAME_slot))
		return 0;
	compat_preempt_disable();
	if (is_filtered(bpf_get_current_task_btf(), plan, EV_TASK_RENAME_slot, REC_F_ENTER))
		goto out;
	flags = task_introduce(bpf_get_current_task_btf(), plan);
	if (lane_reserve(&at, LANE_VITAL, EV_TASK_RENAME_slot, sizeof(*rec))) {
		rec = (void *)at.rec;
		task_put_hdr(&rec->hdr, EV_TASK_RENAME, flags, sizeof(*rec));
		rec->hdr.flags |= task_put_where(&rec->where, bpf_get_current_task_btf());
		rec->hdr.ret = 0;
		*(u64 *)&rec->old_name[0] = *(u64 *)&task->comm[0];
		*(u64 *)&rec->old_name[8] = *(u64 *)&task->comm[8];
		__builtin_memset(rec->new_name, 0, sizeof(rec->new_name));
		bpf_probe_read_kernel_str(rec->new_name, sizeof(rec->new_name), comm);
		lane_commit(&at, sizeof(*rec));
	}
out:
	compat_preempt_enable();
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
