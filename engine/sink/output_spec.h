/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_spec (prefix outspec_): what --output asks for, as data. Tracee 0.22's forms, and
 * Warder's:
 *
 *     none
 *     json  table  table-verbose  gotemplate=TEMPLATE      to stdout
 *     json:FILE[,FILE]...  and so on for the others        to files; 'stdout' is one of them
 *     forward:URL  webhook:URL  otlp:URL  syslog:URL       to somebody else
 *     kafka:BROKER[,BROKER]/TOPIC                          likewise
 *
 * Each may have keys behind a '?', as in json:/var/log/events.json?rotateBytes=10M&gzip=true: those
 * of a kind are in output_keys.h. A file's name cannot have a '?' or ',' in it.
 *
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define OUTSPEC_MAX 16

enum outspec_kind {
	OUTSPEC_FILE,
	OUTSPEC_FORWARD,
	OUTSPEC_WEBHOOK,
	OUTSPEC_OTLP,
	OUTSPEC_SYSLOG,
	OUTSPEC_KAFKA,
	OUTSPEC_KINDS
};
enum outspec_format { OUTSPEC_JSON, OUTSPEC_TABLE, OUTSPEC_TABLE_VERBOSE, OUTSPEC_TEMPLATE };

struct outspec {
	enum outspec_kind kind;
	enum outspec_format format; /* of files */
	char *target;               /* owned: a path, "-" for stdout, or a URL */
	char *template;             /* owned: its path; NULL: none */
	char *keys;                 /* owned: behind the '?', of a file; NULL: none */
};

struct outspecs {
	struct outspec items[OUTSPEC_MAX];
	size_t n;
	bool none; /* nothing is wanted */
};

const char *outspec_kind_name(enum outspec_kind kind); /* "file", "forward", ... */
const char *outspec_format_name(enum outspec_format format);

/* Adds what one argument says. -EINVAL with err, -ENOMEM. */
int outspec_add(struct outspecs *specs, const char *text, struct err *err);
/* JSON on stdout, which is what is meant when nothing was said. */
int outspec_add_default(struct outspecs *specs, struct err *err);
void outspec_done(struct outspecs *specs);
