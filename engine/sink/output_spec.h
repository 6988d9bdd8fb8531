/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_spec (prefix outspec_): what --output asks for, as data. Tracee 0.22's forms, and
 * Warder's:
 *
 *     none
 *     json  table  table-verbose  gotemplate=TEMPLATE      to stdout
 *     json:FILE[,FILE]...  and so on for the others        to files
 *     forward:URL  webhook:URL  otlp:URL                   to somebody else (outputs.h has their
 * keys)
 *
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define OUTSPEC_MAX 16

enum outspec_kind { OUTSPEC_FILE, OUTSPEC_FORWARD, OUTSPEC_WEBHOOK, OUTSPEC_OTLP };
enum outspec_format { OUTSPEC_JSON, OUTSPEC_TABLE, OUTSPEC_TABLE_VERBOSE, OUTSPEC_TEMPLATE };

struct outspec {
	enum outspec_kind kind;
	enum outspec_format format; /* of files */
	char *target;               /* owned: a path, "-" for stdout, or a URL */
	char *template;             /* owned: its path; NULL: none */
};

struct outspecs {
	struct outspec items[OUTSPEC_MAX];
	size_t n;
	bool none; /* nothing is wanted */
};

/* Adds what one argument says. -EINVAL with err, -ENOMEM. */
int outspec_add(struct outspecs *specs, const char *text, struct err *err);
/* JSON on stdout, which is what is meant when nothing was said. */
int outspec_add_default(struct outspecs *specs, struct err *err);
void outspec_done(struct outspecs *specs);
