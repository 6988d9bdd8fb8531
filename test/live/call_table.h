/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_table (calls_): system calls to be made as they stand, and what a record of each must say.
 *
 * A table is filled before the workload is forked, so both sides know every argument by its
 * address; what the kernel writes goes into live_shared. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "test/live/live.h"

#define CALLS_MAX 160
#define CALLS_NAMES_MAX (CALLS_MAX + 1)

struct call {
	const char *name; /* of the event */
	long nr;
	uint64_t args[6];
	int64_t ret; /* written by calls_make(); negative errno */
};

struct call_table {
	struct call calls[CALLS_MAX];
	size_t n;
	uint8_t *next; /* unused part of live_shared */
};

/* The table lives in live_shared. */
struct call_table *calls_new(void);
/* `n` zeroed bytes of shared memory, aligned to 8. */
void *calls_memory(struct call_table *t, size_t n);
/* A page that cannot be read, right behind one that can. */
uint8_t *calls_bad_page(void);
void calls_add(struct call_table *t, const char *name, long nr, const uint64_t args[6]);
#define CALL(t, name, ...) calls_add(t, #name, SYS_##name, (const uint64_t[6]){ __VA_ARGS__ })
#define P(p) ((uint64_t)(uintptr_t)(p))

/* The names of the table's events, NULL-terminated; valid as long as the table. */
const char **calls_names(const struct call_table *t);
/* The workload: makes all of them in order. `arg` is the table. */
void calls_make(void *arg);
/* The process's records of these events are exactly these calls, in this order, each as it was
 * made. */
void calls_check(const struct call_table *t, const struct record_log *log, pid_t tgid);
/* One record against one call. */
void calls_check_one(const struct call *call, const struct rec_hdr *rec);
