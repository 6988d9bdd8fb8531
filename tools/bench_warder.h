/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_warder (bwarder_): a Warder that is attached while something is measured: this program's
 * `warder run` as a child, as a user would start it, with a status socket in a folder of its own.
 *
 * Life: bwarder_begin once; then start, wait, look, stop, as often as wanted; bwarder_end. Between
 * begin and end SIGINT, SIGTERM and SIGHUP do not end the process: calls return -EINTR, so that
 * what was started is stopped in order. Thread: main.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "tools/command.h"

struct bwarder_options {
	const char *events;         /* as for --events */
	const char *output;         /* as for --output */
	const char *hooks;          /* as for --hooks; NULL: the default */
	const char *loop;           /* as for --loop; NULL: the default */
	const char *kernel_filters; /* as for --kernel-filters; NULL: the default */
	bool take_stdout;           /* its stdout is a pipe that ends here; else /dev/null */
};

struct bwarder {
	char folder[64]; /* "": none */
	char socket[80];
	struct sigaction old_int, old_term, old_hup;
	pid_t pid;  /* of `warder run`; 0: not started */
	int out_fd; /* owned: the reading end of its stdout; -1: none */
	pid_t engine_pid, collector_pid;
	char hook[64]; /* through what the first of the wanted events is seen */
	int exit_code; /* of one that ended too early; 0: none did */
};

/* What can be told of both processes at one moment. */
struct bwarder_counts {
	uint64_t n_delivered, n_lost;
	uint64_t n_records; /* through the lanes, task contexts too */
	uint64_t engine_cpu_ns, collector_cpu_ns;
	uint64_t engine_anon_bytes, collector_anon_bytes;
};

/* 0, or an enum exit_code after a message: attaching needs root. */
int bwarder_check_root(const struct command_call *call);
int bwarder_begin(struct bwarder *w, struct err *err);
/* Stops what runs, too. */
void bwarder_end(struct bwarder *w);
/* True when the user wants an end. */
bool bwarder_is_interrupted(void);

/* -EINTR; else as fork(). Does not wait for anything. */
int bwarder_start(struct bwarder *w, const struct bwarder_options *opt, struct err *err);
/* Until every hook of the plan is attached or known to be unavailable. `opt` is start's. -ECHILD:
 * it has ended, and has said why; w->exit_code. -ETIMEDOUT after 30 s. */
int bwarder_wait(struct bwarder *w, const struct bwarder_options *opt, struct err *err);
int bwarder_look(struct bwarder *w, struct bwarder_counts *ret_counts, struct err *err);
/* Looks until `n_events` more than `before` are delivered or lost, or nothing has come for 300 ms.
 */
int bwarder_settle(struct bwarder *w, const struct bwarder_counts *before, uint64_t n_events,
		   struct bwarder_counts *ret_counts, struct err *err);
/* Ends it, with all that is in the lanes delivered, and waits for it; what is left in the pipe is
 * read and dropped. -ECHILD: it failed; w->exit_code. */
int bwarder_stop(struct bwarder *w, struct err *err);
