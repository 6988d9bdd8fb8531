/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracee: Tracee's command line, that of 0.22 and that of its main branch, where it is not ours
 * (prefix tracee_). Each of these options is another way to set keys of the configuration, and is
 * turned into "key=value" before options are parsed. What a key cannot do is refused, with the
 * reason that is in keys.h. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/options.h"

/* For options_program.hidden. */
#define TRACEE_OPTIONS 24
extern const struct options_row tracee_options[TRACEE_OPTIONS];

/* Of one key; `set` is "key=value". Negative errno ends it. */
typedef int (*tracee_set_fn)(void *arg, const char *set, struct err *err);

/* Is it one of tracee_options, or '--log' with more than a level? */
bool tracee_is(const struct options_row *row, const char *value);
/* What such an option says. -EINVAL: err names the option, and says why not or what is nearest. */
int tracee_each(const struct options_row *row, const char *value, tracee_set_fn fn, void *arg,
		struct err *err);

/* "option:sort-events" for the main branch's "sort-events"; otherwise `output`. */
const char *tracee_output(const char *output);
