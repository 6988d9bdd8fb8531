/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_workload (bwork_): loops of system calls whose cost is measured, each round in a process of
 * its own, and the events that see them. Nothing leaves the machine: connections go to 127.0.0.1.
 * Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

struct bwork_state;

struct bwork {
	const char *name;
	const char *events;           /* what Warder is told to select, comma-separated */
	unsigned int n_events_per_op; /* of these */
	int (*open)(struct bwork_state *s);
	int (*op)(struct bwork_state *s); /* negative errno when it failed */
};

/* NULL-terminated by name. */
extern const struct bwork bwork_all[];
/* NULL when there is none. */
const struct bwork *bwork_find(const char *name);
/* "openat+close": the pair of calls that floods are made of. */
extern const struct bwork *const bwork_storm;
/* The same, and one open in BWORK_RARE_OPS is of the path that a filter wants. */
#define BWORK_RARE_OPS 4096U
extern const struct bwork *const bwork_rare;

struct bwork_result {
	uint64_t n_ops; /* all of them, those before the clock was started too */
	uint64_t n_timed;
	uint64_t elapsed_ns; /* of the timed ones */
	uint64_t cpu_ns;     /* theirs: of the child and its children */
};

/* Runs `n_ops` in a child, and a few before them that are not timed. */
int bwork_round(const struct bwork *w, uint64_t n_ops, struct bwork_result *ret_result,
		struct err *err);
/* How many operations take about `duration_ns`. */
int bwork_calibrate(const struct bwork *w, uint64_t duration_ns, uint64_t *ret_n_ops,
		    struct err *err);

/* A process that goes through the operations of `w` until it is ended, or `duration_ns` have passed
 * (0: no limit). `per_s` of them a second, in bursts of a millisecond; 0: as many as it can. */
struct bwork_flood {
	pid_t pid; /* 0: none */
	bool ends_itself;
	struct bwork_flood_counts *counts; /* owned: shared with the child */
};

int bwork_flood_start(struct bwork_flood *f, const struct bwork *w, uint64_t per_s,
		      uint64_t duration_ns, struct err *err);
/* Waits for it when it was given a duration, else ends it. *ret_n_ops (may be NULL) is how many it
 * has done. Also for one that was not started: pid 0. */
int bwork_flood_end(struct bwork_flood *f, uint64_t *ret_n_ops, struct err *err);
