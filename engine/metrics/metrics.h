/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: what the engine tells Prometheus: the text exposition format 0.0.4, Tracee 0.22's names
 * and Warder's own (`warder_*`), as metrics_def.h lists them. Labels come from tables of this
 * build, the machine's lanes, and names that the configuration gave; each family has a limit, so
 * nothing can make the document grow.
 *
 * Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>

struct status_about;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* The document, to be freed. NULL: out of memory. */
char *metrics_document(const struct status_about *about, size_t *ret_len);
