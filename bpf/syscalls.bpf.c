// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * syscalls: system calls, one record each, taken at exit, with the arguments that survive until
 * then: registers. What a pointer argument points to is what user space has there at exit (at
 * entry for calls that replace their memory): evidence of what was asked, not of what the kernel
 * used.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/filter.bpf.h"
#include "bpf/heartbeat.bpf.h"
#include "bpf/task.bpf.h"

#define SOCKADDR_IN 16
#define SOCKADDR_IN6 28
#define SOCKADDR_UN 110
#define FAMILY_UNIX 1
#define FAMILY_INET 2
#define FAMILY_INET6 10

/* The caller's length is not looked at, and the kernel takes less than the whole struct: an address
 * may end where its memory ends, which is always at a multiple of 4 KiB. */
static __always_inline void put_address(struct rec_hdr *rec, u8 field, const void *from, u32 size)
{
	struct rec_var *var;
	u32 off, len = size;
	u8 flags = 0;

	var = field_begin(rec, field, &off);
	if (!var)
		return;
	if (bpf_probe_read_user(var + 1, size, from) != 0) {
		len = -(u32)(u64)from & 4095;
		if (len >= size || bpf_probe_read_user(var + 1, len & 127, from) != 0) {
			flags = REC_VAR_UNREAD;
			len = 0;
			count_up(KC_USER_UNREAD);
		}
	}
	field_end(rec, var, off, len, field, flags);
}

static __always_inline void put_sockaddr(struct rec_hdr *rec, u8 field, const void *from)
{
	u16 family = 0;

	if (from && bpf_probe_read_user(&family, sizeof(family), from) == 0) {
		if (family == FAMILY_INET)
			return put_address(rec, field, from, SOCKADDR_IN);
		if (family == FAMILY_INET6)
			return put_address(rec, field, from, SOCKADDR_IN6);
		if (family == FAMILY_UNIX)
			return put_address(rec, field, from, SOCKADDR_UN);
		return put_address(rec, field, from, sizeof(family));
	}
	field_put_empty(rec, field, from ? REC_VAR_UNREAD : REC_VAR_NULL);
}

/* Two words; a 32-bit caller's are half as wide. */
static __always_inline void put_timespec(struct rec_hdr *rec, u8 field, const void *from, bool half)
{
	struct rec_var *var;
	s32 words[2];
	u32 off;

	if (!half)
		return field_put_user(rec, field, from, 16);
	if (!from || bpf_probe_read_user(words, sizeof(words), from) != 0)
		return field_put_empty(rec, field, from ? REC_VAR_UNREAD : REC_VAR_NULL);
	var = field_begin(rec, field, &off);
	if (!var)
		return;
	((s64 *)(var + 1))[0] = words[0];
	((s64 *)(var + 1))[1] = words[1];
	field_end(rec, var, off, 16, field, 0);
}

/* One more string of an array. True: go on. Its state is kept in the lane (`var`), see
 * fields.bpf.h. */
static __always_inline bool strv_step(struct rec_var *var, const void *at, bool last, bool is_32bit)
{
	u32 len = *(volatile u16 *)&var->len;
	u64 str = 0;
	long n;

	if (bpf_probe_read_user(&str, is_32bit ? 4 : 8, at) != 0) {
		var->flags |= REC_VAR_UNREAD;
		return false;
	}
	if (!str)
		return false;
	var->total++;
	if (last || len > FIELD_BYTES_MAX - REC_PATH_MAX) {
		var->flags |= REC_VAR_TRUNC;
		return false;
	}
	n = bpf_probe_read_user_str((void *)(var + 1) + len, REC_PATH_MAX, (void *)str);
	n = compat_str_len((char *)(var + 1) + len, n);
	if (n <= 0) {
		var->flags |= REC_VAR_UNREAD;
		count_up(KC_USER_UNREAD);
		return false;
	}
	if (n == REC_PATH_MAX)
		var->flags |= REC_VAR_TRUNC;
	*(volatile u16 *)&var->len = len + n;
	return true;
}

struct strv_ctx {
	struct rec_var *var;
	u64 from;
	bool is_32bit;
};

static long strv_turn(u32 i, struct strv_ctx *ctx)
{
	const void *at = (void *)ctx->from + i * (ctx->is_32bit ? 4 : 8);

	return !strv_step(ctx->var, at, i >= REC_STRV_ITEMS, ctx->is_32bit);
}

/* Whose call it is, from where the verifier forgets what it knew of it. */
static __always_inline bool is_compat(const struct rec_syscall *rec)
{
	return *(const volatile u16 *)&rec->hdr.flags & REC_F_COMPAT;
}

/* A NULL-terminated array of strings, one after the other with their NULs: up to FIELD_BYTES_MAX
 * together; `total` tells how many there were, up to the limit of items that are looked at. */
static __noinline int put_strv(struct rec_syscall *rec, u32 i)
{
	struct strv_ctx ctx = { .is_32bit = is_compat(rec) };
	u32 off, total;
	u8 flags;

	if (i >= REC_ARGS_MAX)
		return 0;
	ctx.from = rec->args[i];
	ctx.var = field_begin(&rec->hdr, i, &off);
	if (!ctx.var)
		return 0;
	*(volatile u16 *)&ctx.var->len = 0;
	ctx.var->total = 0;
	ctx.var->flags = ctx.from ? 0 : REC_VAR_NULL;
	if (ctx.from && has_loop) {
		bpf_loop(REC_STRV_ITEMS + 1, strv_turn, &ctx, 0);
	} else if (ctx.from) {
		for (u32 n = 0; n <= REC_STRV_ITEMS; n++)
			if (strv_turn(n, &ctx))
				break;
	}
	total = *(volatile u32 *)&ctx.var->total;
	flags = *(volatile u8 *)&ctx.var->flags;
	field_end(&rec->hdr, ctx.var, off, *(volatile u16 *)&ctx.var->len, i, flags);
	ctx.var->total = total;
	return 0;
}

/* Not inlined: whatever the argument was, the verifier looks only once at what comes after it. */
static __noinline int put_arg(struct rec_syscall *rec, const struct plan_event *conf,
			      const struct plan_var *var)
{
	u32 i = var->field;
	const void *from;

	if (i >= REC_ARGS_MAX)
		return 0;
	from = (const void *)rec->args[i];
	switch (var->kind) {
	case FK_STR:
		field_put_str(&rec->hdr, i, from, true);
		break;
	case FK_SOCKADDR:
		put_sockaddr(&rec->hdr, i, from);
		break;
	case FK_TIMESPEC:
		put_timespec(&rec->hdr, i, from, is_compat(rec) && conf->time32);
		break;
	case FK_INT2:
		field_put_user(&rec->hdr, i, from, 8);
		break;
	}
	return 0;
}

static __always_inline void put_args(struct rec_syscall *rec, const struct plan_event *conf)
{
	/* Unrolled: kernels before 6.2 take a loop that ends in a helper call for endless. Each
	 * turn loads the number again, lest what follows is looked at for each number. */
#pragma clang loop unroll(full)
	for (u32 i = 0; i < PLAN_VARS; i++)
		if (i < *(const volatile u8 *)&conf->n_vars)
			put_arg(rec, conf, &conf->var[i]);
	if (conf->n_strv > 0)
		put_strv(rec, conf->strv - 1);
	if (conf->n_strv > 1)
		put_strv(rec, conf->strv);
}

/* The record itself. Not inlined: its stack is not needed any more when the task introduces itself,
 * which takes nearly all that there is. Nothing branches on `flags` itself: see syscall_emit(). */
static __noinline int syscall_put(const struct pt_regs *regs, u32 slot, long ret, u32 flags)
{
	const struct plan_state *plan = plan_get();
	const struct plan_event *conf;
	struct lane_slot_at at = {};
	struct rec_syscall *rec;
	u32 n_args, max;
	bool is_32bit;

	if (!plan)
		return 0;
	conf = &plan->events[slot & (LANE_SLOTS - 1)];
	n_args = conf->n_args;
	max = conf->max_len;
	if (n_args > REC_ARGS_MAX || max > LANE_RECORD_MAX ||
	    !lane_reserve(&at, conf->lane_class, slot, max))
		return 0;
	rec = (void *)at.rec;
	task_put_hdr(&rec->hdr, conf->id, flags, sizeof(*rec) + 8 * n_args);
	rec->hdr.ret = ret;
	is_32bit = is_compat(rec);
#pragma clang loop unroll(full)
	for (u32 i = 0; i < REC_ARGS_MAX; i++)
		if (i < n_args)
			rec->args[i] = compat_syscall_arg(regs, is_32bit, i);
	if (conf->n_vars | conf->n_strv)
		put_args(rec, conf);
	lane_commit(&at, *(volatile u16 *)&rec->hdr.len);
	return 0;
}

/*
 * Emits the record of a wanted system call, unless no policy can want this one. Not inlined, and
 * without a branch on whose call it is: the verifier then comes here with one state, and looks at
 * filter, introduction and record once instead of for each combination of what it knows.
 */
static __noinline int syscall_emit(struct task_struct *task, const struct pt_regs *regs, u32 slot,
				   long ret, u32 flags)
{
	const struct plan_state *plan = plan_get();

	if (!plan)
		return 0;
	flags |= compat_is_32bit(task) * REC_F_COMPAT;
	compat_preempt_disable();
	if (!(plan->events[slot & (LANE_SLOTS - 1)].on & PLAN_FILTERED) ||
	    !filter_drops(task, plan, slot, ret, flags | FILTER_AT_CALL)) {
		flags |= task_introduce(task, plan);
		syscall_put(regs, slot, ret, flags);
	}
	compat_preempt_enable();
	return 0;
}

/* Slot of the wanted event of system call `nr`, or a negative number. */
static __always_inline int syscall_slot(const struct plan_state *plan, int nr, bool is_32bit)
{
	if ((u32)nr >= PLAN_SYSCALLS)
		return -1;
	return (is_32bit ? plan->compat_slot[nr] : plan->syscall_slot[nr]) - 1;
}

/* The task's call, in this handover. NULL: out of memory. */
static __always_inline struct task_call *handover_call(const struct plan_state *plan)
{
	struct task_call *call = bpf_task_storage_get(&calls, bpf_get_current_task_btf(), NULL,
						      BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (call && call->handover != plan->handover) {
		call->handover = plan->handover;
		call->number = 0;
		call->decided = 0;
	}
	return call;
}

/*
 * While hooks change, programs of both kinds run at each call's exit, one after the other, and the
 * word that says which kind may speak can change in between: the call would be told twice, or not
 * at all. So the first of the two, whichever it is, decides for the call, and the second keeps to
 * it.
 */
static __noinline bool handover_speaks(const struct plan_state *plan, u32 hook)
{
	struct task_call *call = handover_call(plan);

	if (!call)
		return plan->syscall_hook == hook;
	if (call->decided != call->number + 1) {
		call->decided = call->number + 1;
		call->hook = plan->syscall_hook;
	}
	return call->hook == hook;
}

static __always_inline int syscall_exit(u32 hook, struct task_struct *task,
					const struct pt_regs *regs, long ret)
{
	const struct plan_state *plan = plan_get();
	bool is_32bit = compat_is_32bit(task);
	int slot;
	u8 on;

	if (!plan || (plan->syscall_hook != hook && !plan->handover))
		return 0;
	slot = syscall_slot(plan, compat_syscall_nr(regs, is_32bit), is_32bit);
	if (slot < 0)
		return 0;
	on = plan->events[slot & (LANE_SLOTS - 1)].on;
	if (on & PLAN_BEATS && heartbeat_may_be(plan))
		heartbeat_emit(task, hook, LANE_BULK);
	if (task_is_self(plan))
		return 0;
	if (!(on & PLAN_ON) && !(on & PLAN_ON_FAILED && ret < 0))
		return 0;
	if (on & PLAN_ON_PARENT && ret == 0)
		return 0;
	if (plan->handover && !handover_speaks(plan, hook))
		return 0;
	return syscall_emit(task, regs, slot, ret, 0);
}

static __always_inline int syscall_enter(u32 hook, struct task_struct *task,
					 const struct pt_regs *regs)
{
	const struct plan_state *plan = plan_get();
	bool is_32bit = compat_is_32bit(task);
	int slot;

	if (!plan || plan->syscall_hook != hook)
		return 0;
	slot = syscall_slot(plan, compat_syscall_nr(regs, is_32bit), is_32bit);
	if (slot < 0 || !(plan->events[slot & (LANE_SLOTS - 1)].on & PLAN_ON_ENTER) ||
	    task_is_self(plan))
		return 0;
	return syscall_emit(task, regs, slot, 0, REC_F_ENTER);
}

/* The quick answer for most calls: wanted in neither ABI. Looks at nothing of the task. */
static __always_inline bool is_nobodys(const struct pt_regs *regs)
{
	const struct plan_state *plan = plan_get();
	u32 nr = compat_syscall_nr(regs, false);

	if (!plan || nr >= PLAN_SYSCALLS)
		return true;
	return !(plan->syscall_slot[nr] | plan->compat_slot[nr]);
}

/*
 * Every system call's exit. Sees 32-bit callers and numbers that have no tracepoint of their own.
 * Costs every call of every process, wanted or not: used when many calls are wanted, or when
 * nothing narrower sees all of them. Misses: calls that do not return (exit, exit_group,
 * rt_sigreturn, execve that succeeds).
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit_global, struct pt_regs *regs, long ret)
{
	if (is_nobodys(regs))
		return 0;
	return syscall_exit(CONTROL_HOOK_SYS_EXIT, bpf_get_current_task_btf(), regs, ret);
}

/*
 * Every system call's entry, attached only for the calls that are lost at exit (execve, execveat,
 * rt_sigreturn) when no narrower hook is used; and for a moment when hooks change, to tell one call
 * from the next. Misses nothing that reaches the system call table;
 * pages that are not resident cannot be read (marked).
 */
SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter_global, struct pt_regs *regs, long nr)
{
	const struct plan_state *plan = plan_get();
	struct task_call *call;

	if (plan && plan->handover) {
		call = handover_call(plan);
		if (call)
			call->number++;
	}
	return syscall_enter(CONTROL_HOOK_SYS_EXIT, bpf_get_current_task_btf(), regs);
}

/*
 * One system call's exit tracepoint (syscalls/sys_exit_X), attached once for each wanted call.
 * Cheaper than the global one for all other calls. Misses 32-bit callers: the kernel does not run
 * these tracepoints for them on x86-64.
 */
SEC("tracepoint")
int sys_exit_narrow(struct syscall_tp *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	return syscall_exit(CONTROL_HOOK_SYSCALL_TP, task, regs, ctx->ret);
}

/* The same for the entry of calls that are lost at exit. */
SEC("tracepoint")
int sys_enter_narrow(struct syscall_tp *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	return syscall_enter(CONTROL_HOOK_SYSCALL_TP, task, regs);
}

/*
 * Since 6.13 the kernel lets a program keep its stack in a place per CPU (e00931c02568), because it
 * does not run the same program twice at a time on one CPU. It asks that of the stubs, though, and
 * not of the program that all stubs jump to: one that was preempted would find its stack, with the
 * places that it writes to, overwritten by the next. A program that may itself make a tail call is
 * left the stack of its task, and is asked before dead code is removed, so this costs nothing.
 * A map each, because a map takes programs of one attach type.
 */
struct no_program {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
};
struct no_program no_exit SEC(".maps"), no_enter SEC(".maps");
const volatile bool never = false;

static __always_inline void keep_task_stack(u64 *ctx, struct no_program *map)
{
	if (never)
		bpf_tail_call(ctx, map, 0);
}

/*
 * One system call's function, 64-bit or 32-bit, at its return. The collector attaches a stub to
 * each function of each wanted call, which jumps here (collector/fexit.c); the target named here is
 * only a place-holder. Costs other calls nothing. Misses nothing of the calls it is attached to.
 */
SEC("?fexit/bpf_fentry_test1")
int sys_exit_fexit(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	keep_task_stack(ctx, &no_exit);
	return syscall_exit(CONTROL_HOOK_FEXIT, task, regs, (long)ctx[1]);
}

SEC("?fentry/bpf_fentry_test1")
int sys_enter_fentry(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);

	keep_task_stack(ctx, &no_enter);
	return syscall_enter(CONTROL_HOOK_FEXIT, task, regs);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
