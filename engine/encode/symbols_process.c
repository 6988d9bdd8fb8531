/* SPDX-License-Identifier: Apache-2.0 */
/* symbols of the calls on processes, memory and BPF. */
#include "engine/encode/symbols_table.h"

#include <string.h>

#include <asm/mman.h>
#include <asm/ptrace.h>
#include <linux/bpf.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>

/* Newer than the headers of the oldest distribution that this builds on (Linux 6.1). */
#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_GET_MDWE 66
#endif
#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#define PR_GET_MEMORY_MERGE 68
#endif
#ifndef PR_GET_SHADOW_STACK_STATUS
#define PR_GET_SHADOW_STACK_STATUS 74
#define PR_SET_SHADOW_STACK_STATUS 75
#define PR_LOCK_SHADOW_STACK_STATUS 76
#endif
#ifndef PR_TIMER_CREATE_RESTORE_IDS
#define PR_TIMER_CREATE_RESTORE_IDS 77
#endif
#ifndef PR_FUTEX_HASH
#define PR_FUTEX_HASH 78
#endif
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG
#define PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG 0x4210
#define PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG 0x4211
#endif
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

size_t sym_mmap_prot(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name none[] = { SYM(PROT_NONE) };
	static const struct sym_name bits[] = { SYM(PROT_READ),      SYM(PROT_WRITE),
						SYM(PROT_EXEC),      SYM(PROT_SEM),
						SYM(PROT_GROWSDOWN), SYM(PROT_GROWSUP) };

	(void)ev;
	if ((uint32_t)value == PROT_NONE)
		return sym_one_of(out, cap, none, 1, PROT_NONE);
	return sym_flags_of(out, cap, bits, ARRAY_LEN(bits), (uint32_t)value);
}

size_t sym_mmap_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = {
		SYM(MAP_SHARED_VALIDATE), SYM(MAP_SHARED),
		SYM(MAP_PRIVATE),         SYM(MAP_FIXED),
		SYM(MAP_ANONYMOUS),
#ifdef MAP_32BIT
		SYM(MAP_32BIT),
#endif
		SYM(MAP_GROWSDOWN),       SYM(MAP_DENYWRITE),
		SYM(MAP_EXECUTABLE),      SYM(MAP_LOCKED),
		SYM(MAP_NORESERVE),       SYM(MAP_POPULATE),
		SYM(MAP_NONBLOCK),        SYM(MAP_STACK),
		SYM(MAP_HUGETLB),         SYM(MAP_SYNC),
		SYM(MAP_FIXED_NOREPLACE), SYM(MAP_UNINITIALIZED),
	};

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}

size_t sym_ptrace_request(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name requests[] = {
		SYM(PTRACE_TRACEME),
		SYM(PTRACE_PEEKTEXT),
		SYM(PTRACE_PEEKDATA),
		SYM_AS(PTRACE_PEEKUSR, "PTRACE_PEEKUSER"),
		SYM(PTRACE_POKETEXT),
		SYM(PTRACE_POKEDATA),
		SYM_AS(PTRACE_POKEUSR, "PTRACE_POKEUSER"),
		SYM(PTRACE_CONT),
		SYM(PTRACE_KILL),
		SYM(PTRACE_SINGLESTEP),
#ifdef PTRACE_GETREGS
		SYM(PTRACE_GETREGS),
		SYM(PTRACE_SETREGS),
		SYM(PTRACE_GETFPREGS),
		SYM(PTRACE_SETFPREGS),
		SYM(PTRACE_GETFPXREGS),
		SYM(PTRACE_SETFPXREGS),
		SYM(PTRACE_OLDSETOPTIONS),
		SYM(PTRACE_GET_THREAD_AREA),
		SYM(PTRACE_SET_THREAD_AREA),
		SYM(PTRACE_ARCH_PRCTL),
		SYM(PTRACE_SINGLEBLOCK),
#endif
#ifdef PTRACE_SYSEMU
		SYM(PTRACE_SYSEMU),
		SYM(PTRACE_SYSEMU_SINGLESTEP),
#endif
#ifdef PTRACE_PEEKMTETAGS
		SYM(PTRACE_PEEKMTETAGS),
		SYM(PTRACE_POKEMTETAGS),
#endif
		SYM(PTRACE_ATTACH),
		SYM(PTRACE_DETACH),
		SYM(PTRACE_SYSCALL),
		SYM(PTRACE_SETOPTIONS),
		SYM(PTRACE_GETEVENTMSG),
		SYM(PTRACE_GETSIGINFO),
		SYM(PTRACE_SETSIGINFO),
		SYM(PTRACE_GETREGSET),
		SYM(PTRACE_SETREGSET),
		SYM(PTRACE_SEIZE),
		SYM(PTRACE_INTERRUPT),
		SYM(PTRACE_LISTEN),
		SYM(PTRACE_PEEKSIGINFO),
		SYM(PTRACE_GETSIGMASK),
		SYM(PTRACE_SETSIGMASK),
		SYM(PTRACE_SECCOMP_GET_FILTER),
		SYM(PTRACE_SECCOMP_GET_METADATA),
		SYM(PTRACE_GET_SYSCALL_INFO),
		SYM(PTRACE_GET_RSEQ_CONFIGURATION),
		SYM(PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG),
		SYM(PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG),
		SYM(PTRACE_SET_SYSCALL_INFO),
	};

	(void)ev;
	return sym_one_of(out, cap, requests, ARRAY_LEN(requests), value);
}

static const struct sym_name prctl_options[] = {
	SYM(PR_SET_PDEATHSIG),
	SYM(PR_GET_PDEATHSIG),
	SYM(PR_GET_DUMPABLE),
	SYM(PR_SET_DUMPABLE),
	SYM(PR_GET_UNALIGN),
	SYM(PR_SET_UNALIGN),
	SYM(PR_GET_KEEPCAPS),
	SYM(PR_SET_KEEPCAPS),
	SYM(PR_GET_FPEMU),
	SYM(PR_SET_FPEMU),
	SYM(PR_GET_FPEXC),
	SYM(PR_SET_FPEXC),
	SYM(PR_GET_TIMING),
	SYM(PR_SET_TIMING),
	SYM(PR_SET_NAME),
	SYM(PR_GET_NAME),
	SYM(PR_GET_ENDIAN),
	SYM(PR_SET_ENDIAN),
	SYM(PR_GET_SECCOMP),
	SYM(PR_SET_SECCOMP),
	SYM(PR_CAPBSET_READ),
	SYM(PR_CAPBSET_DROP),
	SYM(PR_GET_TSC),
	SYM(PR_SET_TSC),
	SYM(PR_GET_SECUREBITS),
	SYM(PR_SET_SECUREBITS),
	SYM(PR_SET_TIMERSLACK),
	SYM(PR_GET_TIMERSLACK),
	SYM(PR_TASK_PERF_EVENTS_DISABLE),
	SYM(PR_TASK_PERF_EVENTS_ENABLE),
	SYM(PR_MCE_KILL),
	SYM(PR_MCE_KILL_GET),
	SYM(PR_SET_MM),
	SYM(PR_SET_PTRACER),
	SYM(PR_SET_CHILD_SUBREAPER),
	SYM(PR_GET_CHILD_SUBREAPER),
	SYM(PR_SET_NO_NEW_PRIVS),
	SYM(PR_GET_NO_NEW_PRIVS),
	SYM(PR_GET_TID_ADDRESS),
	SYM(PR_SET_THP_DISABLE),
	SYM(PR_GET_THP_DISABLE),
	SYM(PR_MPX_ENABLE_MANAGEMENT),
	SYM(PR_MPX_DISABLE_MANAGEMENT),
	SYM(PR_SET_FP_MODE),
	SYM(PR_GET_FP_MODE),
	SYM(PR_CAP_AMBIENT),
	SYM(PR_SVE_SET_VL),
	SYM(PR_SVE_GET_VL),
	SYM(PR_GET_SPECULATION_CTRL),
	SYM(PR_SET_SPECULATION_CTRL),
	SYM(PR_PAC_RESET_KEYS),
	SYM(PR_SET_TAGGED_ADDR_CTRL),
	SYM(PR_GET_TAGGED_ADDR_CTRL),
	SYM(PR_SET_IO_FLUSHER),
	SYM(PR_GET_IO_FLUSHER),
	SYM(PR_SET_SYSCALL_USER_DISPATCH),
	SYM(PR_PAC_SET_ENABLED_KEYS),
	SYM(PR_PAC_GET_ENABLED_KEYS),
	SYM(PR_SCHED_CORE),
	SYM(PR_SME_SET_VL),
	SYM(PR_SME_GET_VL),
	SYM(PR_SET_VMA),
	SYM(PR_SET_MDWE),
	SYM(PR_GET_MDWE),
	SYM(PR_SET_MEMORY_MERGE),
	SYM(PR_GET_MEMORY_MERGE),
	SYM(PR_GET_SHADOW_STACK_STATUS),
	SYM(PR_SET_SHADOW_STACK_STATUS),
	SYM(PR_LOCK_SHADOW_STACK_STATUS),
	SYM(PR_TIMER_CREATE_RESTORE_IDS),
	SYM(PR_FUTEX_HASH),
	SYM(PR_GET_AUXV),
};

size_t sym_prctl_option(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	(void)ev;
	return sym_one_of(out, cap, prctl_options, ARRAY_LEN(prctl_options), value);
}

static const struct sym_name bpf_cmds[] = {
	SYM(BPF_MAP_CREATE),
	SYM(BPF_MAP_LOOKUP_ELEM),
	SYM(BPF_MAP_UPDATE_ELEM),
	SYM(BPF_MAP_DELETE_ELEM),
	SYM(BPF_MAP_GET_NEXT_KEY),
	SYM(BPF_PROG_LOAD),
	SYM(BPF_OBJ_PIN),
	SYM(BPF_OBJ_GET),
	SYM(BPF_PROG_ATTACH),
	SYM(BPF_PROG_DETACH),
	SYM(BPF_PROG_TEST_RUN),
	SYM(BPF_PROG_GET_NEXT_ID),
	SYM(BPF_MAP_GET_NEXT_ID),
	SYM(BPF_PROG_GET_FD_BY_ID),
	SYM(BPF_MAP_GET_FD_BY_ID),
	SYM(BPF_OBJ_GET_INFO_BY_FD),
	SYM(BPF_PROG_QUERY),
	SYM(BPF_RAW_TRACEPOINT_OPEN),
	SYM(BPF_BTF_LOAD),
	SYM(BPF_BTF_GET_FD_BY_ID),
	SYM(BPF_TASK_FD_QUERY),
	SYM(BPF_MAP_LOOKUP_AND_DELETE_ELEM),
	SYM(BPF_MAP_FREEZE),
	SYM(BPF_BTF_GET_NEXT_ID),
	SYM(BPF_MAP_LOOKUP_BATCH),
	SYM(BPF_MAP_LOOKUP_AND_DELETE_BATCH),
	SYM(BPF_MAP_UPDATE_BATCH),
	SYM(BPF_MAP_DELETE_BATCH),
	SYM(BPF_LINK_CREATE),
	SYM(BPF_LINK_UPDATE),
	SYM(BPF_LINK_GET_FD_BY_ID),
	SYM(BPF_LINK_GET_NEXT_ID),
	SYM(BPF_ENABLE_STATS),
	SYM(BPF_ITER_CREATE),
	SYM(BPF_LINK_DETACH),
	SYM(BPF_PROG_BIND_MAP),
	/* Newer than Linux 6.1's headers; an enum cannot be asked for at build time. */
	SYM_AS(36, "BPF_TOKEN_CREATE"),
	SYM_AS(37, "BPF_PROG_STREAM_READ_BY_FD"),
};

size_t sym_bpf_cmd(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	(void)ev;
	return sym_one_of(out, cap, bpf_cmds, ARRAY_LEN(bpf_cmds), value);
}

/* The flags, and in the low byte the signal that the parent gets when the child ends. */
size_t sym_clone_flags(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = {
		SYM(CLONE_VM),
		SYM(CLONE_FS),
		SYM(CLONE_FILES),
		SYM(CLONE_SIGHAND),
		SYM(CLONE_PIDFD),
		SYM(CLONE_PTRACE),
		SYM(CLONE_VFORK),
		SYM(CLONE_PARENT),
		SYM(CLONE_THREAD),
		SYM(CLONE_NEWNS),
		SYM(CLONE_SYSVSEM),
		SYM(CLONE_SETTLS),
		SYM(CLONE_PARENT_SETTID),
		SYM(CLONE_CHILD_CLEARTID),
		SYM(CLONE_DETACHED),
		SYM(CLONE_UNTRACED),
		SYM(CLONE_CHILD_SETTID),
		SYM(CLONE_NEWCGROUP),
		SYM(CLONE_NEWUTS),
		SYM(CLONE_NEWIPC),
		SYM(CLONE_NEWUSER),
		SYM(CLONE_NEWPID),
		SYM(CLONE_NEWNET),
		SYM(CLONE_IO),
		SYM(CLONE_CLEAR_SIGHAND),
		SYM(CLONE_INTO_CGROUP),
	};
	struct sym_out o = sym_out(out, cap);
	const char *signal = sigabbrev_np((int)(value & CSIGNAL));
	uint64_t rest = sym_add_flags(&o, flags, ARRAY_LEN(flags), value & ~(uint64_t)CSIGNAL);
	char name[16];

	(void)ev;
	if (!signal || strlen(signal) > sizeof(name) - 3)
		return sym_end_flags(&o, rest | (value & CSIGNAL));
	memcpy(name, "SIG", 3);
	memcpy(name + 3, signal, strlen(signal));
	sym_add(&o, name, 3 + strlen(signal));
	return sym_end_flags(&o, rest);
}

size_t sym_setns_type(char *out, size_t cap, uint64_t value, const struct event *ev)
{
	static const struct sym_name flags[] = {
		SYM(CLONE_NEWTIME), SYM(CLONE_NEWNS),   SYM(CLONE_NEWCGROUP), SYM(CLONE_NEWUTS),
		SYM(CLONE_NEWIPC),  SYM(CLONE_NEWUSER), SYM(CLONE_NEWPID),    SYM(CLONE_NEWNET),
	};

	(void)ev;
	return sym_flags_of(out, cap, flags, ARRAY_LEN(flags), (uint32_t)value);
}
