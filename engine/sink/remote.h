/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote: a sink whose events somebody else takes: a queue in memory or a spool on disk, and a
 * worker thread that sends what is in it through a transport. Whatever the peer does, the loop and
 * the other sinks do not wait for it, unless it was asked to (`blocks`).
 *
 * With a spool what sink_flush() returned 0 for reaches the peer at least once, also when the
 * engine is killed. Without, what is in the queue is lost with the engine.
 *
 * Thread: the engine's loop; the worker's is its own.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/sink.h"
#include "engine/sink/worker.h"

struct remote_options {
	const char *name;                                     /* copied */
	struct transport *transports[SWORKER_TRANSPORTS_MAX]; /* taken; the first is preferred */
	size_t n_transports;
	uint64_t queue_bytes; /* 0: SQUEUE_BYTES_DEFAULT */
	bool blocks;          /* when full: the engine waits; else the event is lost, and counted */
	const char *spool_dir; /* NULL: none. Made; belongs to this sink alone */
	uint64_t spool_bytes;
	uint32_t uid, gid;    /* who the engine will be, for the spool's files; 0: nobody else */
	uint32_t n_tries_max; /* see sworker_options */
};

/* Before the sandbox; sink_start() inside it. NULL with err set; the transports are freed. */
struct sink *sink_remote_open(const struct remote_options *opt, struct err *err);
