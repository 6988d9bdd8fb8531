/* SPDX-License-Identifier: Apache-2.0 */
/*
 * maps: everything that the programs keep, on one page. The collector sets sizes before it loads.
 *
 *   vital_lanes, bulk_lanes   one lane (common/lane.h) per CPU group; mmapable, frozen
 *   cursors                   the reader's page (struct cursor_page); mmapable, written by the
 * engine bell                      one page: rings the sleeping reader tasks task storage: what was
 * last said about a task, 96 bytes a task scratch                   per CPU: paths being put
 * together, 3 * 8 KiB a CPU counters                  per CPU: enum kernel_counter plans the plan
 * in force (struct plan_state), 26 KiB; written by the collector
 *   cgroup_kinds              which cgroups are containers', 80 bytes a cgroup, at most 65,536;
 *                             written by the collector
 *   filters                   what the policies allow and deny, see common/filter.h; 100 bytes an
 *                             entry when there are any; written by the collector
 *   filter_events             how each event is looked at: two halves, 180 KiB each
 *   filter_pages              per CPU: where a filter works, 9 KiB a CPU
 *
 * Every family's object has these maps; the collector lets all of them share one set.
 */
#pragma once

#include <bpf/bpf_helpers.h>

#include "bpf/kernel.h"
#include "common/control.h"
#include "common/event_list.h"
#include "common/filter.h"
#include "common/lane.h"
#include "common/plan.h"
#include "common/record.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, LANE_BYTES(LANE_CAPACITY_MIN));
} vital_lanes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, LANE_BYTES(LANE_CAPACITY_MIN));
} bulk_lanes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct cursor_page));
} cursors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096); /* the collector sets one page */
} bell SEC(".maps");

/* What was last said about a task. When it differs from what the task is now, its context goes out
 * first. Pointers are compared because that is cheap; the values because the allocator reuses
 * addresses. */
struct task_seen {
	u64 cred;
	u64 nsproxy;
	u64 cgroups;
	u64 parent;
	u64 comm[2];
	u64 exec_id;
	u64 cgroup_id;
	u64 caps;
	u32 uid, gid, euid, egid;
	u32 generation; /* 0: nothing was said yet */
	u32 uts_hash;   /* of the host's name, which changes without nsproxy */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_seen);
} tasks SEC(".maps");

/* Who speaks for the system call that the task is in, while hooks change. */
struct task_call {
	u32 handover; /* plan_state.handover that the rest belongs to */
	u32 number;   /* of the call: counted at entry */
	u32 decided;  /* 1 + number of the call that `hook` speaks for; 0: none */
	u32 hook;
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_call);
} calls SEC(".maps");

/* A path is put together from its end, so it needs a place of its own before it is copied. */
#define SCRATCH_PATHS 4
#define SCRATCH_NAME 256 /* longest name of a directory entry, and more */
/* Where a path lies in the scratch page. */
struct path_at {
	u16 off;
	u16 len;
	u8 flags; /* REC_VAR_* */
};

/* What a file is: identity and path. */
struct file_facts {
	u64 inode;
	u64 ctime_ns;
	u32 dev;
	u16 mode;
	struct path_at path;
};

struct scratch_page {
	u32 busy;
	u32 reserved0;
	struct path_walk {
		struct dentry *dentry;
		struct mount *mount;
		struct dentry *root; /* of the mount */
		u32 off;             /* the path so far is path[n][off .. REC_PATH_MAX) */
		s32 more;            /* what the last step said */
		u32 n;               /* which path */
		u32 reserved0;
	} walk;
	struct file_facts facts[SCRATCH_PATHS]; /* here and not on the stack, which is small */
	/* the last is never used: it lets the verifier see that any part of the others fits */
	u8 path[SCRATCH_PATHS + 1][REC_PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct scratch_page);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, KC_COUNTERS);
	__type(key, u32);
	__type(value, u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct plan_state);
} plans SEC(".maps");

/* Not preallocated, this and the next, where the kernel has an allocator for it (see
 * collector/programs.c). FILTER_IN_HOST or FILTER_IN_CONTAINER by cgroup id (task_cgroup_id()). Put
 * there by the collector, taken out by cgroup_rmdir; a cgroup that is younger than the collector's
 * latest look is absent. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, u64);
	__type(value, u32);
} cgroup_kinds SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries,
	       2 * FILTER_ENTRIES_MAX); /* of the generation in force, and of the next */
	__type(key, struct filter_key);
	__type(value, struct filter_value);
} filters SEC(".maps");

/* By slot, behind LANE_SLOTS * (generation & 1). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * LANE_SLOTS);
	__type(key, u32);
	__type(value, struct filter_event);
} filter_events SEC(".maps");

struct filter_page {
	u32 busy;
	u32 fence;
	u32 len; /* of `text` */
	u32 hash_len;
	u32 how;
	u32 reserved0;
	u64 groups; /* that are left */
	struct filter_key key;
	u64 args[8];                        /* REC_ARGS_MAX, and what lets an index be masked */
	u64 hash[2 * FILTER_TEXT_MAX];      /* [n]: of the first n bytes */
	u64 hash_back[2 * FILTER_TEXT_MAX]; /* [n]: of the last n, from the end */
	char text[2 * FILTER_TEXT_MAX];     /* the second halves are never used, as in scratch */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct filter_page);
} filter_pages SEC(".maps");

/* Set before load. */
const volatile __u32 vital_mask = LANE_CAPACITY_MIN - LANE_ALIGN;
const volatile __u32 bulk_mask = LANE_CAPACITY_MIN - LANE_ALIGN;
const volatile __u64 lane_key = 0;
const volatile __u32 group_mask = 0; /* number of CPU groups - 1, a power of two */
/* Whose cgroup ids are told of tasks: 0: cgroup v2; else the id of the v1 hierarchy with cpuset. */
const volatile __u32 cgroup_hierarchy = 0;

static __always_inline const struct plan_state *plan_get(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&plans, &zero);
}

static __always_inline void count_up(u32 counter)
{
	u64 *n = bpf_map_lookup_elem(&counters, &counter);

	if (n)
		(*n)++; /* per CPU; two nested programs may lose one of two */
}
