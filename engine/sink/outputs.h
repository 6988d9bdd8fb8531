/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs: the sinks that were asked for, opened (prefix outputs_). What an output can do is said
 * by the keys behind its '?': output_keys.h.
 *
 * Who waits for whom: each output to somebody else has a queue and a thread of its own, and so has
 * a file or stdout with onFull=drop. Without that, a file is written to by the loop itself, and a
 * pipe or terminal whose reader is behind holds up the engine, and with it the other outputs: no
 * event is lost, which is what who reads a pipe expects. What is onFull=block anywhere else does
 * the same once its queue is full. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/encode/json.h"
#include "engine/sink/output_spec.h"
#include "engine/sink/sink.h"

#define OUTPUTS_SPOOL_BYTES (256U << 20)

struct outputs;

struct outputs_options {
	const struct outspecs *specs;
	struct json_options json;
	uint32_t uid, gid; /* who the engine will be: files and spools are theirs; 0: as it is */
};

/* Opens all, before the sandbox. NULL with err set. */
struct outputs *outputs_open(const struct outputs_options *opt, struct err *err);
/* Stops the workers: what waits is delivered within a few seconds, stays in its spool, or is lost
 * and counted. NULL is fine. */
void outputs_close(struct outputs *o);
/* In the sandbox: threads begin. */
int outputs_start(struct outputs *o, struct err *err);

/* Whether somebody is to get the engine's figures now (CLOCK_BOOTTIME); *ret_next_ns: how long
 * until it is to be asked again, -1: never. */
bool outputs_want_metrics(const struct outputs *o, uint64_t now_ns, int64_t *ret_next_ns);
/* They go to whom it is time for: the text of /metrics. */
void outputs_put_metrics(struct outputs *o, uint64_t now_ns, const char *text, size_t len);

/* Those of one encoder follow each other. */
struct sink *const *outputs_sinks(const struct outputs *o, size_t *ret_n);
/* Those that the figures go to. */
struct sink *const *outputs_figure_sinks(const struct outputs *o, size_t *ret_n);
/* For the sandbox: NULL-ended lists, valid until outputs_close(). */
const char *const *outputs_writable(const struct outputs *o);
const char *const *outputs_readable(const struct outputs *o);
bool outputs_need_network(const struct outputs *o);
