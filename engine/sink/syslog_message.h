/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_message: what stands before an event in a syslog message (RFC 5424), and the names of
 * facilities and severities (prefix slog_). Pure; any thread.
 *
 *     <134>1 2026-08-01T10:11:12.123456Z node-1 warder 812 openat [meta sequenceId="7"] {"time...
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/sink/transport.h"

#define SLOG_HOST_MAX 255 /* bytes, RFC 5424 section 6 */
#define SLOG_APP_MAX 48
#define SLOG_SD_MAX 1024 /* bytes of the structured data that somebody asks for */
#define SLOG_HEADER_MAX 1536U
#define SLOG_SEQUENCE_MAX 2147483647U /* of section 7.3.1 */

struct slog_form {
	uint8_t facility;                  /* 0-23 */
	uint8_t severity, urgent_severity; /* 0-7: of bulk, and of findings and the like */
	uint32_t pid;                      /* 0: none is given */
	char host[SLOG_HOST_MAX + 1];      /* "": unknown */
	char app[SLOG_APP_MAX + 1];
	char sd[SLOG_SD_MAX + 1]; /* one more element, from slog_sd(); "": none */
};

/* Writes the header with the space behind it into buf[SLOG_HEADER_MAX]; returns its length. */
size_t slog_header(char *buf, const struct slog_form *form, const struct batch_item *item,
		   uint32_t sequence);
/* Printable ASCII of it, '?' for the rest, cut; "": "-" will stand there. */
void slog_name(char *buf, size_t cap, const char *text);

/* `[id name="value" ...]` of "name=value", NULL-ended. -EINVAL with err: a name is none (section
 * 6.3.2), a value is not UTF-8, or it is too long. */
int slog_sd(char buf[static SLOG_SD_MAX + 1], const char *id, const char *const *params,
	    struct err *err);

/* A name ("daemon", "local0") or a number. -EINVAL. */
int slog_facility(const char *text);
/* "emerg" to "debug", also "error" and "warn", or a number. -EINVAL. */
int slog_severity(const char *text);
