/* SPDX-License-Identifier: Apache-2.0 */
/*
 * args (prefix cargs_): a configuration as arguments of the programs, and a command line with a
 * configuration beneath it. What the command line says takes the place of what the configuration
 * does: an option for the same option, outputs for all outputs, and any of --policy, --events and
 * --scope for all three. 'option:NAME' and filters of the log are added to.
 *
 * Arguments may hold passwords: they are wiped, and are for this process. The collector reads no
 * configuration; what it is given has none.
 *
 * Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/options.h"

struct config;

#define CARGS_GIVEN_MAX 64

struct cargs {
	char **v; /* owned, NULL-ended */
	size_t n, cap;
};

/* What a command line says of its own. */
struct cargs_given {
	const char *names[CARGS_GIVEN_MAX]; /* borrowed from the options table */
	size_t n;
	bool has_output, has_selection;
};

bool cargs_has(const struct cargs_given *given, const char *name);

int cargs_push(struct cargs *args, struct err *err, const char *fmt, ...) PRINTF_LIKE(3, 4);
void cargs_done(struct cargs *args);

/* Adds what the configuration says to one of the programs (CKEY_ENGINE or CKEY_COLLECTOR), but for
 * what is in `given`, in `skip` (NULL-ended; NULL: nothing), or not in `program` (NULL: all). */
int cargs_add(const struct config *c, unsigned int which, const struct options_program *program,
	      const struct cargs_given *given, const char *const *skip, struct cargs *args,
	      struct err *err);

/* A command line and the configuration it names, or the usual one. */
struct cargs_merged {
	struct config *config; /* NULL: help or the like was asked for */
	struct cargs args;     /* all of it; `key=value` outputs and what only Tracee has
				* (tracee.h) are --set by here */
	char **argv;           /* the same, NULL-ended, to be parsed: options_parse() reorders */
	struct cargs_given given;
	size_t n_configured; /* of args: the first ones are the configuration's */
	bool is_refused;     /* after a failure: it is the configuration that is wrong */
};

/* `argv` has argc arguments, without the program's name; it is left as it is, and options are
 * borrowed from it. A replay takes no configuration but one that is named. In every case
 * *ret_merged can be given to cargs_merged_done(). */
int cargs_merge(const struct options_program *program, int argc, char **argv,
		const char *const *skip, struct cargs_merged *ret_merged, struct err *err);
void cargs_merged_done(struct cargs_merged *merged);
