/* SPDX-License-Identifier: Apache-2.0 */
/*
 * run: the engine's loop, from the first record to the last: takes batches from the source, gives
 * them to the pipeline, releases them when they are delivered, sleeps when there is nothing to do;
 * in between signals, timers, the collector coming and going, status.
 *
 * Logs. Thread: the main one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/exit_codes.h"
#include "engine/limits.h"
#include "engine/readiness.h"
#include "engine/sandbox.h"
#include "engine/source.h"

struct clink;
struct creload;
struct engine_options;
struct http;
struct live_server;
struct loop;
struct outputs;
struct pipeline;
struct policy_watch;
struct reload;
struct sink;
struct status_about;
struct status_server;

/* What main() has made ready; all of it is main()'s, but `source`, which changes hands here: the
 * lanes of one collector after the other. */
struct run {
	const struct engine_options *opt;
	struct loop *loop;
	const char *loop_reason; /* why not io_uring; "" */
	int signal_fd;           /* SIGTERM, SIGINT, SIGHUP; in the loop from run_loop() on */
	int statm_fd;            /* /proc/self/statm; -1: none */
	struct limits limits;
	int record_fd; /* of --record; -1: none */
	struct pipeline *pipeline;
	struct reload *reload;
	struct creload *config;     /* NULL: a replay */
	struct policy_watch *watch; /* NULL: none */
	struct clink *link;         /* NULL: a replay */
	struct source *source;      /* NULL: none yet */
	struct source_clock clock;  /* of the lanes */
	struct sink *const *sinks;
	size_t n_sinks;
	struct outputs *outputs;      /* the sinks' owner, who may want figures too */
	struct status_server *status; /* NULL: none */
	struct live_server *live;     /* likewise */
	struct http *http;            /* likewise */
	struct ready ready;           /* ready_init() is main()'s; the pipeline has its heart */
	uint64_t started_ns;          /* CLOCK_BOOTTIME, of the loop */
	struct sandbox_state sandbox;
};

/* Until the source ends, a signal or --duration ends it, or it cannot go on. The last records are
 * delivered then. */
enum exit_code run_loop(struct run *run);

/* How the program ends after a failure of clink_new() or of the link, which have negative errnos.
 */
enum exit_code run_exit_code(int rc);

/* What there is to tell about it. */
void run_about(const struct run *run, struct status_about *ret_about);
