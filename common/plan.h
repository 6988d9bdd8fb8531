/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan: the plan in force as the BPF programs see it; written by the collector into their memory
 * (collector/plan.c), word by word while they run. Each word is valid by itself.
 */
#pragma once

#include "common/abi.h"
#include "common/lane.h"
#include "common/record.h"

#define PLAN_VARS 3       /* pointers followed in one system call, arrays of strings apart */
#define PLAN_SYSCALLS 512 /* system call numbers that are known, of each ABI */

/* plan_event.on */
#define PLAN_ON 0x01U        /* emit it */
#define PLAN_ON_ENTER 0x02U  /* a system call that does not return: emit it at entry */
#define PLAN_ON_FAILED 0x04U /* ... and at exit only when it failed */
#define PLAN_ON_PARENT 0x08U /* returns twice: not what returns 0, in the child */
#define PLAN_RINGS 0x10U     /* its records wake the reader; see "Sleep" in common/lane.h */
#define PLAN_FILTERED 0x20U  /* only what the filters let through: common/filter.h */
#define PLAN_BEATS 0x40U     /* the engine's heartbeat is this system call */

/* plan_state.options */
#define PLAN_EXEC_ENV 0x01U
#define PLAN_TRACE_SELF 0x02U
#define PLAN_HEARTBEAT 0x04U

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct plan_event {
	__u16 id;
	__u8 on;
	__u8 lane_class;
	__u8 n_args;
	__u8 n_vars;   /* arguments that point to something that is copied; see var */
	__u16 max_len; /* to reserve, bytes; a multiple of 8 */
	__u8 time32;   /* 1: a 32-bit caller's struct timespec has two 32-bit words */
	__u8 reserved0;
	struct plan_var {
		__u8 field; /* which argument */
		__u8 kind;  /* enum field_kind */
	} var[PLAN_VARS];
	__u8 strv; /* the argument that is an array of strings, + 1; 0: none. The next one may be
		      too. */
	__u8 n_strv;
	__u8 reserved1[6];
};
ABI_SIZE(struct plan_event, 24);

struct plan_state {
	__u32 generation; /* of task contexts: a new one makes every task introduce itself */
	__u32 options;    /* PLAN_* */
	__u32 self[2];    /* process ids that are never traced: collector, engine; 0: none */
	/* Which of the system call programs may speak (enum control_hook). Others may be attached
	 * while one set of hooks takes over from another: no call is seen twice or not at all. */
	__u32 syscall_hook;
	/* Not 0 while they do: then the two ask, for each call, what was decided for it (see
	 * handover_speaks() in bpf/syscalls.bpf.c). Another number every time. */
	__u32 handover;
	/* Of the filters in force; its lowest bit tells which half of `filter_events` they are in.
	 * A program that sees another one after it has looked at them must not believe what it saw.
	 */
	__u32 filter_generation;
	__u32 reserved0;
	/* event slot + 1 by system call number; 0: not wanted */
	__u16 syscall_slot[PLAN_SYSCALLS];
	__u16 compat_slot[PLAN_SYSCALLS];
	struct plan_event events[LANE_SLOTS];
};
ABI_SIZE(struct plan_state, 32 + 4 * PLAN_SYSCALLS + 24 * LANE_SLOTS);

#pragma GCC diagnostic pop
