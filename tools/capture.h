/* SPDX-License-Identifier: Apache-2.0 */
/*
 * capture: what `run`, `record` and `replay` have in common. Their options are the engine's and the
 * collector's, which are handed on as they were given; the two are started as children in a private
 * folder. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/options.h"
#include "engine/options.h"
#include "tools/command.h"

/* What the collector takes and we hand on. The first members of run's and record's options. */
struct capture_options {
	struct options_about about;
	const char *socket; /* of a collector that runs already; NULL: start one */
	uint64_t lanes_bytes, n_cpu_groups;
	unsigned int hooks;
	bool force; /* record */
	struct engine_options engine;
};

/* clang-format off */
#define CAPTURE_ROWS(st)                                                                           \
	{ "socket", 0, OPTIONS_STRING(st, socket), "PATH", NULL, NULL, 0,                        \
	  "Collector", "use the collector that listens there instead of starting one" },           \
	{ "lanes", 'm', OPTIONS_SIZE(st, lanes_bytes), "BYTES", "0", NULL, 64ULL << 30,            \
	  "Collector", "memory of all lanes together; 0: 8M per CPU, from 16M to 512M" },          \
	{ "cpu-groups", 0, OPTIONS_NUMBER(st, n_cpu_groups), "N", "0", NULL, 256,                  \
	  "Collector", "groups of CPUs with lanes of their own; 0: one per CPU" },                 \
	{ "hooks", 'k', OPTIONS_WORD(st, hooks), "HOW", "auto", "auto|global|narrow", 0,           \
	  "Collector", "system calls through the global tracepoint or through narrow hooks" }
/* clang-format on */

/* Arguments for a child; owned strings, NULL-terminated. */
#define CAPTURE_ARGS_MAX 256
struct capture_args {
	char *v[CAPTURE_ARGS_MAX + 1];
	size_t n;
};
int capture_args_add(struct capture_args *args, struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void capture_args_done(struct capture_args *args);

/* Adds argv[0] and what in the call's arguments is the engine's to `engine`, the collector's to
 * `collector` (may be NULL), and the default policy when none is named. */
int capture_hand_on(const struct command_call *call, const struct engine_options *opt,
		    struct capture_args *engine, struct capture_args *collector, struct err *err);

/* Both programs, or the engine alone when opt->socket is given, until they end. `record` is the
 * file to record to, or NULL. Returns an enum exit_code. */
int capture_run(const struct command_call *call, struct capture_options *opt, const char *record);
