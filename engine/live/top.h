/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top: who makes the most events (prefix ltop_): processes, executables and containers by
 * engine/live/heavy, events by a counter each. Counts from one document to the next. Memory is
 * fixed; ltop_add() never allocates. Thread: the engine's loop.
 *
 * The document, one line of JSON; lists begin with the most frequent:
 *
 *   "window_ns"    what it is about
 *   "events"       delivered, as far as the request wants them
 *   "lost"         said by lost_events
 *   "processes"    "pid", "uid", "comm", "executable" (its end, when it is long), "container" (id,
 * or
 *                  ""), "count", "error": the count may be too high by so many
 *   "executables"  "path", "count", "error"
 *   "containers"   "id" ("" is the host), "name", "image", "pod", "namespace", "count", "error"
 *   "by_event"     "event", "count"
 *   "n_events"     how many different ones
 *   "engine_cpu_ns"  of the engine, since its start
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

struct ltop;

/* `rows`: of each list, at most. NULL: out of memory. */
struct ltop *ltop_new(uint32_t rows, uint64_t now_ns);
void ltop_free(struct ltop *t);

void ltop_add(struct ltop *t, const struct event *ev);
/* To be freed; NULL: out of memory, and counting goes on. Otherwise the counters are zero then. */
char *ltop_document(struct ltop *t, uint64_t now_ns, size_t *ret_len);
