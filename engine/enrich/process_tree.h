/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process_tree: who each task is (prefix ptree_). Fed by task contexts, forks, execs and exits in
 * merge order; asked by every later stage. Fixed capacity with least-recently-used eviction of
 * ended tasks first; hit, miss and eviction counters. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/record.h"

#define PTREE_CAPACITY_DEFAULT 32768U /* tasks */

struct ptree;

/* One task; a copy of its latest context. */
struct ptree_task {
	uint32_t tid; /* initial pid namespace */
	uint32_t tgid;
	uint32_t entity_id;         /* murmur3-32 of (start_ns, tid), see ptree_entity_id() */
	uint32_t process_entity_id; /* of the thread-group leader */
	uint32_t parent_entity_id;
	uint32_t exe_len;
	const char *exe;   /* path of the executable, not NUL-terminated; owned by the tree */
	uint8_t exe_flags; /* REC_VAR_* of the path */
	bool ended;
	uint64_t context_ts_ns; /* of the context this came from */
	struct rec_task ctx;    /* all fixed values; ctx.hdr is the context's header */
};

struct ptree_stats {
	uint64_t n_tasks, capacity;
	uint64_t n_hits, n_misses, n_evictions;
};

/* 0: the default. NULL: out of memory, or more than 2^30. */
struct ptree *ptree_new(size_t capacity);
void ptree_free(struct ptree *tree);

/* A new context. Ignored when an equally new or newer one of the same task is there. `exe` may be
 * NULL: not known. Returns 0, -ENOMEM, or -EINVAL when `exe_len` is above REC_PATH_MAX; the tree is
 * as it was then. */
int ptree_update(struct ptree *tree, const struct rec_task *ctx, const char *exe, size_t exe_len,
		 uint8_t exe_flags);
/* The task ended at `ts_ns`: kept for late records until `ts_ns` + PTREE_GRACE_NS or eviction. */
#define PTREE_GRACE_NS 5000000000ULL
void ptree_exit(struct ptree *tree, uint32_t tid, uint64_t ts_ns);
/* NULL when unknown. Counts a hit or a miss. Valid until the next ptree_ call that changes it. */
const struct ptree_task *ptree_find(struct ptree *tree, uint32_t tid);

void ptree_stats_get(const struct ptree *tree, struct ptree_stats *ret_stats);

/* Tracee's correlation key: murmur3-32, seed 0, of the 8-byte start time and the 4-byte id. */
uint32_t ptree_entity_id(uint64_t start_ns, uint32_t id);
