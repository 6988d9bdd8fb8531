/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record: the records that travel through the lanes, one fixed struct per kind of event.
 *
 * Every record begins with struct rec_hdr. What is not fixed follows the struct as a sequence of
 * fields: struct rec_var, then its bytes, padded with zeros to 8. A field that could not be read
 * is there with its mark (REC_VAR_UNREAD), one that was cut is marked REC_VAR_TRUNC: nothing is
 * silently empty. The engine trusts no length in here.
 *
 * Who the task was is not repeated in every record: struct rec_task is emitted into the vital lane
 * before the first record of a task, and again whenever its contents changed.
 *
 * Byte order and alignment are the machine's: a recording names its architecture.
 */
#pragma once

#include "common/abi.h"

#define REC_ARGS_MAX 6 /* of a system call */
#define REC_COMM_LEN 16
#define REC_UTS_LEN 16
#define REC_PATH_MAX 4096 /* bytes of one path or string, NUL included */
#define REC_ARGV_MAX 8192 /* bytes of an exec's argv; the same again for its environment */
#define REC_STRV_ITEMS 38 /* strings of a `const char*const*` argument (Tracee's limit) */

/* rec_hdr.flags */
#define REC_F_COMPAT 0x0001U /* a 32-bit system call */
#define REC_F_NOTASK 0x0002U /* the task context before this record was lost: do not believe it */
#define REC_F_ENTER 0x0004U  /* a system call taken at entry: it has no return value yet */
#define REC_F_KTHREAD 0x0008U

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct rec_hdr {
	__u64 commit; /* lane_commit_word(); zero in a recording */
	__u64 ts_ns;  /* CLOCK_BOOTTIME, taken after the reservation */
	__u16 event;  /* stable event id, event_list.h */
	__u16 flags;  /* REC_F_* */
	__u16 len;    /* bytes used, this header included; a multiple of 8 */
	__u16 cpu;
	__u32 tid;  /* initial pid namespace */
	__u32 tgid; /* initial pid namespace */
	__s64 ret;
};
ABI_SIZE(struct rec_hdr, 40);

/* rec_var.flags */
#define REC_VAR_TRUNC 0x01U  /* longer than what is here */
#define REC_VAR_UNREAD 0x02U /* the memory could not be read (not resident, or not mapped) */
#define REC_VAR_NULL 0x04U   /* the pointer was NULL */

struct rec_var {
	__u16 len;   /* bytes that follow, before padding */
	__u8 field;  /* index in the event's field list */
	__u8 flags;  /* REC_VAR_* */
	__u32 total; /* items or bytes there were, where known; else 0 */
};
ABI_SIZE(struct rec_var, 8);

/* A system call. Only `n_args` words of args are there; strings and the like follow. */
struct rec_syscall {
	struct rec_hdr hdr;
	__u64 args[]; /* as many as the event has fields */
};
ABI_SIZE(struct rec_syscall, 40);

/* rec_where.via: how the kernel came to do it. */
#define REC_VIA_KERNEL 0U  /* no system call of the current task: a signal, a kernel thread */
#define REC_VIA_SYSCALL 1U /* in a system call of the current task */

#define REC_NO_SYSCALL (-1)

/* In what context a kernel event happened; behind the header of every record but those of system
 * calls, of task contexts and of the engine's own. */
struct rec_where {
	__s16 syscall_nr; /* native, or 32-bit with REC_F_COMPAT; REC_NO_SYSCALL: in none */
	__u8 via;         /* REC_VIA_* */
	__u8 reserved0;
	__u32 reserved1;
};
ABI_SIZE(struct rec_where, 8);
#define REC_WHERE_OFFSET 40

/* The task context. The header's ids are the task's, also when another task emitted it. */
struct rec_task {
	struct rec_hdr hdr;
	__u64 start_ns;        /* of the thread, CLOCK_BOOTTIME */
	__u64 leader_start_ns; /* of the thread-group leader */
	__u64 parent_start_ns; /* of the parent's leader */
	__u64 cgroup_id;       /* in the hierarchy that the collector chose: see rec_cgroup */
	__u64 exe_inode;
	__u64 exe_ctime_ns;
	__u64 exec_id; /* counts the execs of this task */
	__u64 cap_effective;
	__u32 exe_dev;
	__u32 ns_tid;
	__u32 ns_tgid;
	__u32 ppid;    /* real parent, initial pid namespace */
	__u32 ns_ppid; /* ... in the task's own */
	__u32 uid;
	__u32 gid;
	__u32 euid;
	__u32 egid;
	__u32 mnt_ns;
	__u32 pid_ns; /* of the task, not of its children */
	__u32 uts_ns;
	__u32 ipc_ns;
	__u32 net_ns;
	__u32 user_ns;
	__u32 cgroup_ns;
	__u8 comm[REC_COMM_LEN];
	__u8 uts_name[REC_UTS_LEN];
	/* one field follows: the path of the executable */
};
ABI_SIZE(struct rec_task, 200);
ABI_OFFSET(struct rec_task, comm, 168);

struct rec_fork {
	struct rec_hdr hdr; /* the ids are the forking thread's */
	struct rec_where where;
	__u64 parent_start_ns;
	__u64 child_start_ns;
	__u64 parent_process_start_ns;
	__u64 leader_start_ns;
	__u32 parent_tid;
	__u32 parent_ns_tid;
	__u32 parent_pid;
	__u32 parent_ns_pid;
	__u32 child_tid;
	__u32 child_ns_tid;
	__u32 child_pid;
	__u32 child_ns_pid;
	__u32 parent_process_tid;
	__u32 parent_process_ns_tid;
	__u32 parent_process_pid;
	__u32 parent_process_ns_pid;
	__u32 leader_tid;
	__u32 leader_ns_tid;
	__u32 leader_pid;
	__u32 leader_ns_pid;
};
ABI_SIZE(struct rec_fork, 144);

struct rec_exec {
	struct rec_hdr hdr;
	struct rec_where where;
	__u64 inode;
	__u64 ctime_ns;
	__u64 interp_inode; /* of the program interpreter (ld.so); 0: none */
	__u64 interp_ctime_ns;
	__u32 dev; /* userspace encoding of st_dev's kernel value: major << 20 | minor */
	__u32 interp_dev;
	__u16 inode_mode;
	__u16 stdin_type;  /* S_IFMT bits of stdin's inode; 0: closed */
	__u32 from_kernel; /* 1: no user space called execve (usermode helper) */
	__u8 prev_comm[REC_COMM_LEN];
	/* fields follow: cmdpath, pathname, interpreter_pathname, argv, interp, stdin_path, env,
	 * pwd */
};
ABI_SIZE(struct rec_exec, 112);

struct rec_exit {
	struct rec_hdr hdr;
	struct rec_where where;
	__s64 exit_code;   /* task->exit_code: status << 8 | signal | 0x80 when core dumped */
	__u32 group_exit;  /* 1: the last thread of the group is gone */
	__s32 signal_code; /* the lower byte of exit_code of a task that a signal killed; else 0 */
};
ABI_SIZE(struct rec_exit, 64);

/* do_exit and friends: nothing of their own. */
struct rec_plain {
	struct rec_hdr hdr;
	struct rec_where where;
};
ABI_SIZE(struct rec_plain, 48);

struct rec_rename {
	struct rec_hdr hdr;
	struct rec_where where;
	__u8 old_name[REC_COMM_LEN];
	__u8 new_name[REC_COMM_LEN];
};
ABI_SIZE(struct rec_rename, 80);

/* A cgroup was made or removed; or, told by the collector, is there. One field follows:
 * cgroup_path, from the root of the hierarchy. */
struct rec_cgroup {
	struct rec_hdr hdr;
	struct rec_where where;
	__u64 cgroup_id;    /* inode number of its folder */
	__u32 hierarchy_id; /* 0: cgroup v2; else as in /proc/cgroups */
	__u32 is_tasks;     /* 1: it is this hierarchy's ids that rec_task.cgroup_id has */
};
ABI_SIZE(struct rec_cgroup, 64);

/* One field follows: cgroup_path. */
struct rec_cgroup_attach {
	struct rec_hdr hdr; /* the ids are of who moved it */
	struct rec_where where;
	__u32 pid; /* of the task that was moved: its tid, initial pid namespace */
	__u32 reserved0;
	__u8 comm[REC_COMM_LEN]; /* likewise */
};
ABI_SIZE(struct rec_cgroup_attach, 72);

/* Made by the engine: records of one event that a lane could not take. */
struct rec_lost {
	struct rec_hdr hdr;
	__u64 count;    /* since the previous one for this event and lane */
	__u64 first_ns; /* CLOCK_BOOTTIME of the first and the last of them */
	__u64 last_ns;
	__u32 lane;
	__u16 lost_event; /* id */
	__u8 lane_class;
	__u8 reserved0;
};
ABI_SIZE(struct rec_lost, 72);

/* The engine's own call, come back: bpf/heartbeat.bpf.h. */
struct rec_heartbeat {
	struct rec_hdr hdr;
	__u64 number; /* the call's third argument */
	__u32 hook;   /* enum control_hook: the kind of program that saw it */
	__u32 reserved0;
};
ABI_SIZE(struct rec_heartbeat, 56);

/* The call's fourth argument. */
#define REC_HEARTBEAT_MARK 0x7265647261776268ULL

#pragma GCC diagnostic pop
