/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control: the messages between collector and engine, over a SOCK_SEQPACKET unix socket.
 *
 * Fixed layout, machine byte order (both ends are the same machine and the same build: the ABI
 * number in HELLO says so). One message is one packet. Each side validates all of a message before
 * it uses any of it: control_check() is that validation, and has a fuzzer.
 *
 *   collector -> engine   HELLO        with the descriptors: vital lanes, bulk lanes, cursors,
 *                                      collector lane (memfd), bell (BPF ring buffer), bell
 *                                      (eventfd), in this order (enum control_fd)
 *   engine -> collector   FILTER_EVENTS, FILTER_ENTRIES
 *                                      in any number and order before a PLAN of the same
 * generation: what the kernel may drop (common/filter.h) engine -> collector   PLAN         which
 * events, which of them ring, with which options collector -> engine   PLAN_STATUS  per event slot:
 * hook or reason engine -> collector   STATUS_ASK   every now and then collector -> engine   STATUS
 * counters of the collector and of the kernel side collector -> engine   REFUSED      and the
 * connection is closed
 */
#pragma once

#include <stddef.h>

#include "common/abi.h"
#include "common/err.h"
#include "common/filter.h"
#include "common/lane.h"

#define CONTROL_MAGIC 0x4354524cU /* "LRTC" in memory order */
#define CONTROL_VERSION 3U
#define CONTROL_MSG_MAX 65536U /* bytes */
#define CONTROL_SOCKET_DEFAULT "/run/warder/collector.sock"

enum control_type {
	CONTROL_HELLO = 1,
	CONTROL_PLAN = 2,
	CONTROL_PLAN_STATUS = 3,
	CONTROL_STATUS_ASK = 4,
	CONTROL_STATUS = 5,
	CONTROL_REFUSED = 6,
	CONTROL_FILTER_EVENTS = 7,
	CONTROL_FILTER_ENTRIES = 8,
};

/* Who may send what; a message from the wrong side is refused. */
enum control_side { CONTROL_FROM_COLLECTOR, CONTROL_FROM_ENGINE };

enum control_fd {
	CONTROL_FD_VITAL,
	CONTROL_FD_BULK,
	CONTROL_FD_CURSORS,
	CONTROL_FD_COLLECTOR_LANE,
	CONTROL_FD_BELL_BPF,
	CONTROL_FD_BELL_EVENT,
	CONTROL_FDS
};

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct control_hdr {
	__u32 magic;
	__u16 version;
	__u16 type;
	__u32 len; /* of the whole message; equals the packet's length */
	__u32 reserved0;
};
ABI_SIZE(struct control_hdr, 16);

struct control_hello {
	struct control_hdr hdr;
	__u64 abi;            /* event_def_abi() */
	__u8 boot_id[16];     /* of the kernel, binary */
	__u64 vital_capacity; /* bytes of one lane's ring */
	__u64 bulk_capacity;
	__u64 own_capacity; /* of the collector's lane */
	__u32 n_groups;     /* lanes of each class: element i of the map is group i */
	__u32 n_cpus;
	__u32 collector_pid; /* initial pid namespace */
	__u32 page_bytes;
};
ABI_SIZE(struct control_hello, 80);

/* plan options */
#define CONTROL_PLAN_EXEC_ENV 0x0001U   /* take the environment in sched_process_exec */
#define CONTROL_PLAN_TRACE_SELF 0x0002U /* report the collector and the engine too */
#define CONTROL_PLAN_HEARTBEAT 0x0004U  /* report the engine's heartbeats */
#define CONTROL_PLAN_ALL_OPTIONS 0x0007U

struct control_plan {
	struct control_hdr hdr;
	__u64 generation; /* grows with every plan of an engine */
	__u32 options;    /* CONTROL_PLAN_* */
	__u32 reserved0;
	/* what came before in FILTER_EVENTS and FILTER_ENTRIES of this generation; 0: no filters */
	__u32 n_filter_events;
	__u32 n_filter_entries;
	__u64 events[LANE_SLOTS / 64]; /* bit per event slot */
	__u64 rings[LANE_SLOTS / 64];  /* those of them whose records wake the engine */
};
ABI_SIZE(struct control_plan, 296);

struct control_filter_event {
	__u32 slot; /* each once */
	__u32 reserved0;
	struct filter_event event;
};
ABI_SIZE(struct control_filter_event, 8 + 16 + 8 * FILTER_DIMS + 64);

/* These two are as long as they have items. */
struct control_filter_events {
	struct control_hdr hdr;
	__u64 generation; /* of the plan that follows; another one than before: forget those */
	__u32 n;          /* from 1 */
	__u32 reserved0;
	struct control_filter_event items[];
};
ABI_SIZE(struct control_filter_events, 32);

struct control_filter_entries {
	struct control_hdr hdr;
	__u64 generation; /* likewise */
	__u32 n;
	__u32 reserved0;
	struct filter_entry items[];
};
ABI_SIZE(struct control_filter_entries, 32);

#define CONTROL_FILTER_EVENTS_MAX                                                                  \
	((CONTROL_MSG_MAX - sizeof(struct control_filter_events)) /                                \
	 sizeof(struct control_filter_event))
#define CONTROL_FILTER_ENTRIES_MAX                                                                 \
	((CONTROL_MSG_MAX - sizeof(struct control_filter_entries)) / sizeof(struct filter_entry))

/* How an event is seen, or why not. `hook` indexes enum control_hook. */
enum control_hook {
	CONTROL_HOOK_NONE = 0,
	CONTROL_HOOK_TP_BTF,     /* a BTF tracepoint of its own */
	CONTROL_HOOK_SYS_EXIT,   /* the global tp_btf/sys_exit */
	CONTROL_HOOK_SYSCALL_TP, /* tracepoint/syscalls/sys_exit_X, narrow */
	CONTROL_HOOK_FEXIT,      /* fexit of the system call's functions, narrow */
	CONTROL_HOOK_FENTRY,
	CONTROL_HOOK_KPROBE,
	CONTROL_HOOK_ENGINE, /* made by the engine */
	CONTROL_HOOK_KINDS
};
const char *control_hook_name(unsigned int hook); /* "tp_btf/sys_exit (global)", ... */

enum control_state {
	CONTROL_STATE_OFF = 0,     /* not in the plan */
	CONTROL_STATE_ATTACHED,    /* through `hook` */
	CONTROL_STATE_UNAVAILABLE, /* `reason` and `code` say why */
	CONTROL_STATES
};

const char *control_state_name(unsigned int state); /* OFF is "pending": of what is wanted */

enum control_reason {
	CONTROL_REASON_NONE = 0,
	CONTROL_REASON_NO_SYSCALL, /* this architecture has no such system call */
	CONTROL_REASON_LOAD,       /* the kernel refused the program: `code` */
	CONTROL_REASON_ATTACH,     /* the kernel refused the attachment: `code` */
	CONTROL_REASON_NO_HOOK,    /* none of its hooks exists on this kernel */
	CONTROL_REASON_INTERNAL,   /* not something that a plan can ask for */
	CONTROL_REASONS
};
const char *control_reason_text(unsigned int reason);

struct control_event_state {
	__u8 state;
	__u8 hook;
	__u8 reason;
	__u8 reserved0;
	__s32 code; /* negative errno, or 0 */
};
ABI_SIZE(struct control_event_state, 8);

struct control_plan_status {
	struct control_hdr hdr;
	__u64 generation;
	__u32 n_slots; /* EVENT_SLOTS of the collector's build */
	__u32 beats;   /* bit by enum control_hook: has a program that sees heartbeats */
	struct control_event_state events[LANE_SLOTS];
};
ABI_SIZE(struct control_plan_status, 32 + 8 * LANE_SLOTS);

/* Kernel-side counters: what went wrong that is not the loss of a record. Shared with BPF. */
enum kernel_counter {
	KC_RESERVE_GAVE_UP = 0, /* lost to contention, not to a full lane (also in lost[]) */
	KC_TASK_STORAGE,        /* task storage refused: contexts are sent again and again */
	KC_SCRATCH_BUSY,        /* a nested program found the scratch page taken */
	KC_PATH_CUT,            /* a path longer or deeper than the limit */
	KC_USER_UNREAD,         /* user memory that was not resident */
	KC_BELL_FULL,           /* the bell was already rung; harmless */
	KC_MISSED,              /* programs not run because a preempted one was not finished */
	KC_COUNTERS
};
const char *control_counter_name(unsigned int counter);

struct control_status_ask {
	struct control_hdr hdr;
};
ABI_SIZE(struct control_status_ask, 16);

/* What the kernel counts of a program; all of one name together. */
struct control_prog {
	char name[24]; /* NUL-terminated, of [a-z0-9_] */
	__u64 run_ns;  /* this and the next: 0 unless it keeps statistics */
	__u64 n_runs;
	__u64 n_missed; /* not run, because the same program was not finished on that CPU */
};
ABI_SIZE(struct control_prog, 48);

#define CONTROL_PROGS_MAX 64U

struct control_status {
	struct control_hdr hdr;
	__u64 uptime_ns;
	__u64 cpu_ns;    /* user + system time of the collector */
	__u64 rss_bytes; /* resident, lanes apart */
	__u64 n_snapshot_tasks;
	__u64 kernel[16];  /* by enum kernel_counter */
	__u64 prog_run_ns; /* all programs; 0 unless has_run_stats */
	__u64 prog_run_cnt;
	__u32 has_run_stats; /* 1: kernel.bpf_stats_enabled, or the collector's --bpf-stats */
	__u32 n_progs;
	struct control_prog progs[CONTROL_PROGS_MAX]; /* the rest is zero */
};
ABI_SIZE(struct control_status, 16 + 8 * 23 + 48 * CONTROL_PROGS_MAX);

struct control_refused {
	struct control_hdr hdr;
	__s32 code; /* negative errno */
	__u32 reserved0;
	char text[240]; /* one sentence, NUL-terminated */
};
ABI_SIZE(struct control_refused, 264);

#pragma GCC diagnostic pop

#ifndef __bpf__
void control_hdr_init(struct control_hdr *hdr, enum control_type type, size_t len);

/*
 * Validates a packet of `len` bytes that came from `side`: magic, version, type allowed for that
 * side, exact length, ranges of every field, reserved words zero, strings terminated; a state of
 * PLAN_STATUS carries what belongs to it and nothing else. `msg` need not be aligned. Returns its
 * type. -EPROTO with a sentence otherwise.
 */
int control_check(const void *msg, size_t len, enum control_side side, struct err *err);

/*
 * Sends a message with n_fds descriptors (0 to CONTROL_FDS); receives one into `buf`. Return: bytes
 * sent / received; 0: the peer closed; negative errno. Received descriptors are close-on-exec, and
 * those that do not fit ret_fds are closed; the rest of ret_fds is -1. ret_fds (then all are
 * closed) and ret_n_fds may be NULL. -EPROTO: the packet or its descriptors were cut, and nothing
 * of it is kept. Never blocks on a non-blocking socket, never raises SIGPIPE.
 */
long control_send(int sock, const void *msg, const int *fds, unsigned int n_fds);
long control_recv(int sock, void *buf, size_t cap, int ret_fds[CONTROL_FDS],
		  unsigned int *ret_n_fds);
#endif
