/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the engine's command line (prefix engine_options_), with Tracee 0.22's forms of
 * --output. Read once at start. A form that is not available yet is refused, never ignored.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log_options.h"
#include "common/options.h"
#include "engine/config/args.h"
#include "engine/sink/output_spec.h"

#define ENGINE_OPTIONS_STATUS_SOCKET "/run/warder/engine.sock"

enum engine_options_speed { ENGINE_OPTIONS_SPEED_MAX, ENGINE_OPTIONS_SPEED_REAL };

enum engine_options_switch { ENGINE_OPTIONS_ON, ENGINE_OPTIONS_OFF };

struct engine_options {
	struct options_about about;
	/* configuration */
	const char *config;       /* file or directory; NULL: the usual one; "": none */
	struct options_list sets; /* "key=value" */
	bool print_config;
	struct cargs_merged merged; /* owned: what the members below were read from */
	int argc;                   /* borrowed: the command line, to be read again */
	char **argv;
	/* connection */
	const char *socket;
	bool wait;                 /* for a collector at the start, instead of failing */
	bool exit_with_collector;  /* when the collector goes: deliver what is there, and end;
				    * otherwise connect again */
	const char *status_socket; /* "": none */
	const char *listen;        /* of the web server, which there is with one of these: */
	bool metrics, healthz;
	const char *listen_cert, *listen_key, *listen_token; /* files; NULL: none */
	/* what */
	struct options_list policies; /* files and directories */
	bool no_watch;                /* policies are reloaded only when asked */
	struct options_list events;   /* exclusive with `policies`; each as for pol_set_select() */
	struct options_list scopes;   /* exclusive with `policies` */
	bool trace_self;
	uint64_t duration_ns; /* end after it; 0: no limit */
	/* where to */
	struct options_list output_specs; /* as given; the members below are what they mean */
	struct outspecs outputs;          /* owned */
	bool parse_arguments, exec_env, relative_time, sort_events;
	/* recordings */
	const char *record; /* written next to the outputs; must not exist */
	const char *replay; /* read instead of a collector */
	unsigned int speed; /* enum engine_options_speed, of a replay */
	/* how */
	const char *user;  /* switch to it when started as root; NULL: "warder", else nobody */
	unsigned int loop; /* enum loop_backend */
	unsigned int kernel_filters; /* enum engine_options_switch */
	uint64_t proctree_tasks;     /* capacity of the process tree */
	uint64_t progress_fd; /* OPTIONS_NONE: none. A line "records lost bytes elapsed_ns" every
			       * 0.5 s and at the end; skipped while nobody reads (EAGAIN). The
			       * engine ends, as by SIGTERM, when its reader has gone (POLLERR):
			       * who drops privileges loses PR_SET_PDEATHSIG. */
	struct log_options log;
};

extern const struct options_program engine_options_program;

/* argc and argv as main() gets them. Negative errno with one line otherwise (EXIT_CODE_USAGE). When
 * ret_opt->about asks for something, nothing else was checked. In every case *ret_opt can be given
 * to engine_options_done(). */
int engine_options_parse(int argc, char **argv, struct engine_options *ret_opt, struct err *err);
void engine_options_done(struct engine_options *opt);
/* After engine_options_check() has refused what `merged` says to a program: is the command line
 * wrong by itself, or is it the configuration? `options` are the program's (options_parse()), with
 * `opt` in them; zeroed, and to be thrown away. */
bool engine_options_blame_configuration(const struct options_program *program,
					const struct cargs_merged *merged, void *options,
					struct engine_options *opt);

/* What engine_options_parse() does last: refuses what does not go together, and reads output_specs
 * into the members it means. For the command line, which checks before it starts anything. */
int engine_options_check(struct engine_options *opt, struct err *err);
