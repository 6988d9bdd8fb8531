/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command: what main.c knows about a subcommand of `warder`. Each lives in a file of its own and is
 * one row of the table in main.c, which finds it, parses its options, and prints help, manual pages
 * and completion from it. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/options.h"

/* What the arguments that are no options are; for messages and completion. */
enum command_arg {
	COMMAND_ARG_NONE,
	COMMAND_ARG_FILE,
	COMMAND_ARG_EVENT,
	COMMAND_ARG_COMMAND,
	COMMAND_ARG_SHELL,
};

struct cargs_merged;
struct command;

struct command_call {
	const struct command *self;
	const struct command *const *commands; /* all of them, NULL-terminated */
	void *options;                         /* the command's struct, parsed */
	int n_args;
	char **args; /* what is no option */
	int argc;
	char **argv;                       /* everything behind the command's name, as given */
	const struct cargs_merged *merged; /* the same on top of the configuration; NULL: a
					    * command that is not `is_configured` */
};

struct command {
	struct options_program program; /* its name is "warder " and the command's */
	size_t options_bytes;           /* struct options_about is its first member */
	enum command_arg arg;
	int min_args, max_args;
	/* The options struct is filled from the configuration, and what is not in it from argv;
	 * but for these options (NULL-ended). */
	bool is_configured;
	const char *const *unconfigured;
	/* Returns an enum exit_code. What it writes to stdout is flushed and checked behind it. */
	int (*main)(const struct command_call *call);
};

#define COMMAND_PREFIX "warder "

/* "events list" */
static inline const char *command_word(const struct command *c)
{
	return c->program.name + sizeof(COMMAND_PREFIX) - 1;
}

/* NULL when there is none. */
const struct command *command_find(const struct command *const *commands, const char *word);

extern const struct command command_run;
extern const struct command command_record;
extern const struct command command_replay;
extern const struct command command_events_list;
extern const struct command command_events_show;
extern const struct command command_events_explain;
extern const struct command command_policy_check;
extern const struct command command_policy_explain;
extern const struct command command_policy_test;
extern const struct command command_policy_reload;
extern const struct command command_config_print;
extern const struct command command_config_check;
extern const struct command command_config_example;
extern const struct command command_config_schema;
extern const struct command command_config_args;
extern const struct command command_config_reload;
extern const struct command command_status;
extern const struct command command_metrics_list;
extern const struct command command_stream;
extern const struct command command_top;
extern const struct command command_bench_lane;
extern const struct command command_bench_live;
extern const struct command command_bench_latency;
extern const struct command command_bench_filter;
extern const struct command command_bench_replay;
extern const struct command command_bench_policies;
extern const struct command command_bench_sink;
extern const struct command command_version;
extern const struct command command_man;
extern const struct command command_completion;
