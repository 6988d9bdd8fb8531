/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sinks (prefix csink_): what a configuration says below "output", as arguments of --output: there
 * is nothing that an output can do which these cannot say. Tracee 0.22's sections (json, table,
 * table-verbose, gotemplate, forward, webhook), Warder's (otlp, syslog, kafka, specs), and the
 * destinations and streams of Tracee's main branch.
 *
 * A stream's events and policies become the keys of each of its destinations. One destination in
 * several streams is several outputs, as Tracee sends an event twice that two streams want; a file
 * can be in one only.
 *
 * Reads the files and variables that passwords are in. Thread: main.
 */
#pragma once

#include "common/err.h"

struct config;

/* An argument may hold a password: `spec` is wiped afterwards. A negative errno ends it. */
typedef int (*csink_fn)(void *arg, const char *spec, struct err *err);

/* Each argument in turn, checked as --output checks it. -EINVAL and the like: err begins with the
 * place of what is wrong. */
int csink_each(const struct config *c, csink_fn fn, void *arg, struct err *err);
