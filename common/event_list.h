/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_list: the one place where an event is named.
 *
 * Two lists of the same kind: system calls (common/syscall_list.h, 470 rows) and everything else,
 * below. From them come the enums (here, for both sides), the decoder's field table, the hooks to
 * attach, the names that policies may use, `warder events list` and the event reference
 * (event_def.c). Ids are Tracee's and never reused; ids from 10000 on are Warder's own.
 *
 * EV_X is the stable id. EV_X_slot is the row number: dense, smaller than LANE_SLOTS, and different
 * from build to build, so it never leaves the machine.
 */
#pragma once

#include "common/lane.h"
#include "common/syscall_list.h"

/* How a field travels and what it is. The comment gives Tracee's C types for it. */
enum field_kind {
	FK_NONE = 0,
	FK_S32,      /* int, pid_t, uid_t, ... */
	FK_U32,      /* unsigned int, u32, mode_t, dev_t */
	FK_S64,      /* long */
	FK_U64,      /* unsigned long, u64, off_t, size_t */
	FK_U16,      /* umode_t, u16 */
	FK_U8,       /* u8 */
	FK_BOOL,     /* bool */
	FK_PTR,      /* void* and every unlisted type */
	FK_STR,      /* char*, const char*: bytes without the NUL */
	FK_COMM,     /* const char*, in a fixed 16-byte array of the record */
	FK_STRV,     /* const char*const*: NUL-terminated strings one after the other */
	FK_ARGV,     /* const char**: the same, read from the exec's argument area */
	FK_SOCKADDR, /* struct sockaddr*: the raw address */
	FK_BYTES,    /* bytes */
	FK_INT2,     /* int[2] */
	FK_TIMESPEC, /* struct timespec*: two 64-bit words */
	FK_KINDS
};

/* Of three events. */
#define CGROUP_FIELDS                                                                              \
	FIELDS(F(FK_U64, "u64", "cgroup_id", AT(struct rec_cgroup, cgroup_id)),                    \
	       F(FK_STR, "const char*", "cgroup_path", VAR),                                       \
	       F(FK_U32, "u32", "hierarchy_id", AT(struct rec_cgroup, hierarchy_id)))

/*
 * Fields. F(kind, type, name, place): `place` is AT(struct, member) for what lies in the fixed
 * part, VAR for what follows it (found by its index in this list).
 *
 * enumerator, id, name, lane class, record, sets, fields, hooks in order of preference, meaning
 */
#define EVENT_LIST(E)                                                                              \
	E(EV_SCHED_PROCESS_FORK, 714, "sched_process_fork", LANE_VITAL, struct rec_fork, "",       \
	  FIELDS(F(FK_S32, "int", "parent_tid", AT(struct rec_fork, parent_tid)),                  \
		 F(FK_S32, "int", "parent_ns_tid", AT(struct rec_fork, parent_ns_tid)),            \
		 F(FK_S32, "int", "parent_pid", AT(struct rec_fork, parent_pid)),                  \
		 F(FK_S32, "int", "parent_ns_pid", AT(struct rec_fork, parent_ns_pid)),            \
		 F(FK_U64, "unsigned long", "parent_start_time",                                   \
		   AT(struct rec_fork, parent_start_ns)),                                          \
		 F(FK_S32, "int", "child_tid", AT(struct rec_fork, child_tid)),                    \
		 F(FK_S32, "int", "child_ns_tid", AT(struct rec_fork, child_ns_tid)),              \
		 F(FK_S32, "int", "child_pid", AT(struct rec_fork, child_pid)),                    \
		 F(FK_S32, "int", "child_ns_pid", AT(struct rec_fork, child_ns_pid)),              \
		 F(FK_U64, "unsigned long", "start_time", AT(struct rec_fork, child_start_ns)),    \
		 F(FK_S32, "int", "parent_process_tid", AT(struct rec_fork, parent_process_tid)),  \
		 F(FK_S32, "int", "parent_process_ns_tid",                                         \
		   AT(struct rec_fork, parent_process_ns_tid)),                                    \
		 F(FK_S32, "int", "parent_process_pid", AT(struct rec_fork, parent_process_pid)),  \
		 F(FK_S32, "int", "parent_process_ns_pid",                                         \
		   AT(struct rec_fork, parent_process_ns_pid)),                                    \
		 F(FK_U64, "unsigned long", "parent_process_start_time",                           \
		   AT(struct rec_fork, parent_process_start_ns)),                                  \
		 F(FK_S32, "int", "leader_tid", AT(struct rec_fork, leader_tid)),                  \
		 F(FK_S32, "int", "leader_ns_tid", AT(struct rec_fork, leader_ns_tid)),            \
		 F(FK_S32, "int", "leader_pid", AT(struct rec_fork, leader_pid)),                  \
		 F(FK_S32, "int", "leader_ns_pid", AT(struct rec_fork, leader_ns_pid)),            \
		 F(FK_U64, "unsigned long", "leader_start_time",                                   \
		   AT(struct rec_fork, leader_start_ns))),                                         \
	  HOOKS("tp_btf/sched_process_fork"), "a task was created by fork, vfork or clone")        \
	E(EV_SCHED_PROCESS_EXEC, 715, "sched_process_exec", LANE_VITAL, struct rec_exec,           \
	  "default,proc",                                                                          \
	  FIELDS(F(FK_STR, "const char*", "cmdpath", VAR),                                         \
		 F(FK_STR, "const char*", "pathname", VAR),                                        \
		 F(FK_U32, "dev_t", "dev", AT(struct rec_exec, dev)),                              \
		 F(FK_U64, "unsigned long", "inode", AT(struct rec_exec, inode)),                  \
		 F(FK_U64, "unsigned long", "ctime", AT(struct rec_exec, ctime_ns)),               \
		 F(FK_U16, "umode_t", "inode_mode", AT(struct rec_exec, inode_mode)),              \
		 F(FK_STR, "const char*", "interpreter_pathname", VAR),                            \
		 F(FK_U32, "dev_t", "interpreter_dev", AT(struct rec_exec, interp_dev)),           \
		 F(FK_U64, "unsigned long", "interpreter_inode",                                   \
		   AT(struct rec_exec, interp_inode)),                                             \
		 F(FK_U64, "unsigned long", "interpreter_ctime",                                   \
		   AT(struct rec_exec, interp_ctime_ns)),                                          \
		 F(FK_ARGV, "const char**", "argv", VAR), F(FK_STR, "const char*", "interp", VAR), \
		 F(FK_U16, "umode_t", "stdin_type", AT(struct rec_exec, stdin_type)),              \
		 F(FK_STR, "char*", "stdin_path", VAR),                                            \
		 F(FK_S32, "int", "invoked_from_kernel", AT(struct rec_exec, from_kernel)),        \
		 F(FK_COMM, "const char*", "prev_comm", AT(struct rec_exec, prev_comm)),           \
		 F(FK_ARGV, "const char**", "env", VAR), F(FK_STR, "const char*", "pwd", VAR)),    \
	  HOOKS("tp_btf/sched_process_exec"), "a program was executed")                            \
	E(EV_SCHED_PROCESS_EXIT, 716, "sched_process_exit", LANE_VITAL, struct rec_exit,           \
	  "proc,proc_life",                                                                        \
	  FIELDS(F(FK_S64, "long", "exit_code", AT(struct rec_exit, exit_code)),                   \
		 F(FK_BOOL, "bool", "process_group_exit", AT(struct rec_exit, group_exit)),        \
		 F(FK_S32, "int", "signal_code", AT(struct rec_exit, signal_code))),               \
	  HOOKS("tp_btf/sched_process_exit"), "a task ended")                                      \
	E(EV_DO_EXIT, 718, "do_exit", LANE_VITAL, struct rec_plain, "proc,proc_life", FIELDS_NONE, \
	  HOOKS("tp_btf/sched_process_exit"),                                                      \
	  "a task began to end; the return value is its exit code")                                \
	E(EV_CGROUP_ATTACH_TASK, 728, "cgroup_attach_task", LANE_VITAL, struct rec_cgroup_attach,  \
	  "",                                                                                      \
	  FIELDS(F(FK_STR, "const char*", "cgroup_path", VAR),                                     \
		 F(FK_COMM, "const char*", "comm", AT(struct rec_cgroup_attach, comm)),            \
		 F(FK_S32, "pid_t", "pid", AT(struct rec_cgroup_attach, pid))),                    \
	  HOOKS("tp_btf/cgroup_attach_task"),                                                      \
	  "a task, or a process by its first thread, was moved to another cgroup; misses tasks "   \
	  "born into one (fork, clone3) and those that a v1 cpuset without CPUs sends up")         \
	E(EV_CGROUP_MKDIR, 729, "cgroup_mkdir", LANE_VITAL, struct rec_cgroup, "", CGROUP_FIELDS,  \
	  HOOKS("tp_btf/cgroup_mkdir"),                                                            \
	  "a cgroup was made, as for every container; misses those older than the plan")           \
	E(EV_CGROUP_RMDIR, 730, "cgroup_rmdir", LANE_VITAL, struct rec_cgroup, "", CGROUP_FIELDS,  \
	  HOOKS("tp_btf/cgroup_rmdir"),                                                            \
	  "a cgroup was removed; misses nothing but the root of a v1 hierarchy")                   \
	E(EV_TASK_RENAME, 767, "task_rename", LANE_VITAL, struct rec_rename, "proc",               \
	  FIELDS(F(FK_COMM, "const char*", "old_name", AT(struct rec_rename, old_name)),           \
		 F(FK_COMM, "const char*", "new_name", AT(struct rec_rename, new_name))),          \
	  HOOKS("tp_btf/task_rename"), "a task changed its name (comm)")                           \
	E(EV_LOST_EVENTS, 10000, "lost_events", LANE_VITAL, struct rec_lost, "",                   \
	  FIELDS(F(FK_STR, "const char*", "event", VAR),                                           \
		 F(FK_U64, "unsigned long", "count", AT(struct rec_lost, count)),                  \
		 F(FK_U64, "unsigned long", "first_time", AT(struct rec_lost, first_ns)),          \
		 F(FK_U64, "unsigned long", "last_time", AT(struct rec_lost, last_ns)),            \
		 F(FK_U32, "u32", "lane", AT(struct rec_lost, lane)),                              \
		 F(FK_STR, "const char*", "lane_class", VAR)),                                     \
	  HOOKS("engine"), "a lane was full: so many records of one event are missing")            \
	E(EV_TASK, 10001, "task", LANE_VITAL, struct rec_task, "", FIELDS_NONE, HOOKS("any"),      \
	  "internal: the context of a task, before its first record")                              \
	E(EV_CGROUP, 10002, "cgroup", LANE_VITAL, struct rec_cgroup, "", CGROUP_FIELDS,            \
	  HOOKS("cgroupfs"), "internal: a cgroup that was there before the engine")                \
	E(EV_HEARTBEAT, 10100, "heartbeat", LANE_VITAL, struct rec_heartbeat, "", FIELDS_NONE,     \
	  HOOKS("any"), "internal: the engine's own call has come back")

/* Who an event id belongs to: the x86-64 column on x86-64, the arm64 column on arm64. */
#if defined(__TARGET_ARCH_arm64) || (defined(__aarch64__) && !defined(__bpf__))
#define EVENT_ARCH_ARM64 1
#define SYSCALL_ID(ev, id_x64, id_arm64, ...) ev = id_arm64,
#else
#define EVENT_ARCH_ARM64 0
#define SYSCALL_ID(ev, id_x64, id_arm64, ...) ev = id_x64,
#endif
#define EVENT_ID(ev, id, ...) ev = id,
enum event_id { EVENT_LIST(EVENT_ID) SYSCALL_LIST(SYSCALL_ID) };
#undef EVENT_ID
#undef SYSCALL_ID

#define EVENT_SLOT(ev, ...) ev##_slot,
enum event_slot { EVENT_LIST(EVENT_SLOT) SYSCALL_LIST(EVENT_SLOT) EVENT_SLOTS };
#undef EVENT_SLOT
_Static_assert(EVENT_SLOTS <= LANE_SLOTS, "losses are counted by event slot");
