/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineage: which processes descend from which, for `tree` and `follow`. Each process has marks, one
 * bit each: below a root (`tree`), or created by what a policy follows. Marks are inherited at the
 * fork and kept, so that they survive the end of the parents and what the kernel then says the
 * parent is. Processes that were there before are known from their contexts, in any order.
 *
 * All processes are kept, marked or not: a later generation may name any of them as a root.
 * Allocates when a process comes. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/record.h"

struct lineage;
struct lineage_process;

/* `roots` (host pids, ascending, each once; copied) have the first marks, in that order; `n_marks`
 * counts these too. What began before `start_ns` (CLOCK_BOOTTIME) was created by nobody that is
 * followed. NULL: out of memory. */
struct lineage *lineage_new(const uint32_t *roots, size_t n_roots, size_t n_marks,
			    uint64_t start_ns);
void lineage_free(struct lineage *l);

/* Takes over the processes of another generation: mark `i` of it is mark map[i] here (-1: none).
 * Roots that were none there are looked for in what is known of the parents. -ENOMEM. */
int lineage_take_over(struct lineage *l, const struct lineage *from, const int32_t *map);

/* All three: -ENOMEM leaves the process unknown. */
int lineage_learn_task(struct lineage *l, const struct rec_task *ctx);
int lineage_learn_fork(struct lineage *l, const struct rec_fork *fork);
/* The process, which need not be known before. Further marks come with later calls. */
int lineage_mark(struct lineage *l, uint32_t tgid, size_t mark);
void lineage_forget(struct lineage *l, uint32_t tgid);

/* NULL: not known. Valid until the next call that changes something. */
const struct lineage_process *lineage_find(const struct lineage *l, uint32_t tgid);
bool lineage_has(const struct lineage_process *p, size_t mark);

/* Processes with any mark. Slow: for status. */
size_t lineage_n_marked(const struct lineage *l);
size_t lineage_bytes(const struct lineage *l);
