/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages: what the engine's web server shows (prefix pages_):
 *
 *   /metrics   with --metrics: metrics.h
 *   /healthz   with --healthz: 200 "OK" while the engine's loop turns; answered without the token
 *   /readyz    with --healthz: 200 "OK", or 503 and why not (readiness.h); likewise
 *   /status    the document of status.h
 *
 * Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>

#include "common/err.h"

struct http;
struct run;

struct pages_options {
	const char *listen; /* and so on: as in http_options; NULL: none */
	const char *cert_file, *key_file, *token_file;
	bool metrics, healthz; /* with neither there is no server */
};

/* `run` is borrowed, and complete when the loop begins. NULL with err; before the sandbox. */
struct http *pages_open(const struct pages_options *opt, struct run *run, struct err *err);
