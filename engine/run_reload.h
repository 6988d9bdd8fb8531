/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run_reload: when policies are reloaded, in the engine's loop: on SIGHUP, when somebody asks at
 * the status socket, and when they change. One at a time: whatever came while one was under way is
 * answered by the next. Logs. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;
struct run;

struct run_reload {
	bool has_sighup;
	/* of the reload that is under way */
	struct loop *loop;
	int ready_fd; /* in the loop until it is ready */
	bool is_ready;
	uint64_t began_ns; /* CLOCK_BOOTTIME */
	/* of the one whose answer waits for the collector */
	bool is_pending;
	uint64_t ended_ns;
	uint64_t plan; /* its plan's generation */
};

/* Takes the watch, if there is one, into the loop. */
int run_reload_begin(const struct run *run, struct err *err);
/* SIGHUP came. */
void run_reload_hangup(struct run_reload *r);
/* Reloads, and answers, if it is time to. Returns when to be called again, ns; -1: not before
 * something happens. */
int64_t run_reload_tend(struct run_reload *r, const struct run *run, uint64_t now_ns);
