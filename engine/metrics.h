/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics: what the engine tells Prometheus: the text exposition format 0.0.4, Tracee 0.22's names
 * and Warder's own (`warder_*`). Labels come from tables of this build, the machine's lanes, and
 * names that the configuration gave; policies beyond METRICS_POLICIES_MAX are summed up under the
 * name "_others", so what comes from outside cannot make the document grow.
 *
 * Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/status.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_POLICIES_MAX 500

/* The document, to be freed. NULL: out of memory. */
char *metrics_document(const struct status_about *about, size_t *ret_len);
