/* SPDX-License-Identifier: Apache-2.0 */
/* compat: one function for each difference between kernels or architectures. */
#pragma once

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "bpf/kernel.h"

/*
 * Since 6.10 (commit fc7566ad0a82): needed where tracepoint programs may be preempted, which is
 * since 6.13 for system calls. Before that the kernel had preemption off around them anyway.
 *
 * Every family is compiled twice, and the one without the calls is for kernels without them. Calls
 * in a branch that is not taken would not do: 5.15 refuses a program for a call to nothing,
 * wherever it is (before a5d827275241), and libbpf looks for it in all modules, for which it needs
 * CAP_SYS_ADMIN, which is gone when a plan comes.
 */
#ifdef WITHOUT_KFUNCS
static __always_inline void compat_preempt_disable(void)
{
}

static __always_inline void compat_preempt_enable(void)
{
}

static __always_inline struct task_struct *compat_plain_task(struct task_struct *task)
{
	return task;
}
#else
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;

static __always_inline void compat_preempt_disable(void)
{
	bpf_preempt_disable();
}

static __always_inline void compat_preempt_enable(void)
{
	bpf_preempt_enable();
}

/*
 * The task as a pointer that is only read through. Since 6.3 the verifier looks each pointer that
 * is loaded from a trusted one up among all names of the kernel, a third of a millisecond each time
 * (57539b1c0ac2); from one that it does not trust, it does not. Such a pointer is no argument for a
 * helper. There since 6.2 (fd264ca02094). No instruction is left of it.
 */
extern void *bpf_rdonly_cast(const void *obj, u32 btf_id) __ksym;

static __always_inline struct task_struct *compat_plain_task(struct task_struct *task)
{
	return bpf_rdonly_cast(task, bpf_core_type_id_kernel(struct task_struct));
}
#endif

/* bpf_loop() is there since 5.17 (e6f2dd0f8067). It is checked once however often it turns, so
 * paths may then be deep; without it loops are unrolled by the verifier and have to be short. */
const volatile bool has_loop = false;

/* 5.5 renamed real_start_time to start_boottime (commit cf25e24db61c); the baseline is newer. */
struct task_struct___times {
	u64 start_boottime;
} __attribute__((preserve_access_index));

static __always_inline u64 compat_start_boottime(const struct task_struct *task)
{
	return BPF_CORE_READ((const struct task_struct___times *)task, start_boottime);
}

/* Inode change time: a timespec64 until 6.6, __i_ctime until 6.11 (13bc24457850), two words since
 * (3aa63a569c64). */
struct inode___timespec {
	struct timespec64 i_ctime;
} __attribute__((preserve_access_index));
struct inode___private {
	struct timespec64 __i_ctime;
} __attribute__((preserve_access_index));
struct inode___words {
	s64 i_ctime_sec;
	u32 i_ctime_nsec;
} __attribute__((preserve_access_index));

static __always_inline u64 compat_inode_ctime(struct inode *inode)
{
	struct inode___words *words = (void *)inode;
	struct inode___private *private = (void *)inode;
	struct inode___timespec *plain = (void *)inode;
	u64 sec, nsec;

	if (bpf_core_field_exists(words->i_ctime_sec)) {
		sec = BPF_CORE_READ(words, i_ctime_sec);
		/* the high bit marks a multigrain time that has been queried (6.13) */
		nsec = BPF_CORE_READ(words, i_ctime_nsec) & 0x3fffffff;
	} else if (bpf_core_field_exists(private->__i_ctime)) {
		sec = BPF_CORE_READ(private, __i_ctime.tv_sec);
		nsec = BPF_CORE_READ(private, __i_ctime.tv_nsec);
	} else {
		sec = BPF_CORE_READ(plain, i_ctime.tv_sec);
		nsec = BPF_CORE_READ(plain, i_ctime.tv_nsec);
	}
	return sec * 1000000000ULL + nsec;
}

/* Effective capabilities: an array of two words until 6.3, one 64-bit word since (f122a08b197d). */
struct kernel_cap___array {
	u32 cap[2];
} __attribute__((preserve_access_index));
struct kernel_cap___word {
	u64 val;
} __attribute__((preserve_access_index));
struct cred___array {
	struct kernel_cap___array cap_effective;
} __attribute__((preserve_access_index));
struct cred___word {
	struct kernel_cap___word cap_effective;
} __attribute__((preserve_access_index));

/* `cred` is a pointer that may be followed directly (of a BTF type): this is asked at every record.
 */
static __always_inline u64 compat_cap_effective(const struct cred *cred)
{
	const struct cred___word *word = (const void *)cred;
	const struct cred___array *array = (const void *)cred;

	if (bpf_core_field_exists(word->cap_effective.val))
		return word->cap_effective.val;
	return (u64)array->cap_effective.cap[1] << 32 | array->cap_effective.cap[0];
}

/* What bpf_probe_read_user_str() returned, `n`, as the length with the NUL: of an empty string
 * older kernels (6.1 and 6.12 among them) return 0 and not 1. */
static __always_inline long compat_str_len(char *dst, long n)
{
	if (n != 0)
		return n;
	*dst = '\0';
	return 1;
}

/* Registers of a system call. At exit they still hold the arguments; arm64 keeps the first one in
 * orig_x0, because x0 then holds the return value. */
#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 0x0002 /* arch/x86/include/asm/thread_info.h */

static __always_inline bool compat_is_32bit(const struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline int compat_syscall_nr(const struct pt_regs *regs, bool is_32bit)
{
	/* bit 30 marks the x32 ABI, whose numbers are otherwise the native ones */
	return (int)regs->orig_ax & (is_32bit ? ~0 : ~0x40000000);
}

/* One argument; `i` is a constant. */
static __always_inline u64 compat_syscall_arg(const struct pt_regs *regs, bool is_32bit, int i)
{
	switch (i) {
	case 0:
		return is_32bit ? (u32)regs->bx : regs->di;
	case 1:
		return is_32bit ? (u32)regs->cx : regs->si;
	case 2:
		return is_32bit ? (u32)regs->dx : regs->dx;
	case 3:
		return is_32bit ? (u32)regs->si : regs->r10;
	case 4:
		return is_32bit ? (u32)regs->di : regs->r8;
	default:
		return is_32bit ? (u32)regs->bp : regs->r9;
	}
}
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT 22 /* arch/arm64/include/asm/thread_info.h */

static __always_inline bool compat_is_32bit(const struct task_struct *task)
{
	return task->thread_info.flags >> TIF_32BIT & 1;
}

static __always_inline int compat_syscall_nr(const struct pt_regs *regs, bool is_32bit)
{
	return regs->syscallno;
}

static __always_inline u64 compat_syscall_arg(const struct pt_regs *regs, bool is_32bit, int i)
{
	u64 arg = i == 0 ? regs->orig_x0 : regs->regs[i];

	return is_32bit ? (u32)arg : arg;
}
#endif
