/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: where encoded events go. One interface, one file per kind (stdout and file now). A sink
 * buffers; sink_flush() is called when the engine has nothing more to do at the moment, so that an
 * event never waits for the next one. Thread: the engine's loop.
 *
 * The process ignores SIGPIPE and SIGXFSZ: a reader that is gone and a file that may not grow are
 * answers here, not the end.
 *
 * A descriptor that blocks holds the engine up until its reader goes on. One that does not (a named
 * pipe by its path always) is waited for, up to 5 seconds in which the reader takes nothing; then
 * what is buffered is lost, and there is no more waiting until it takes something again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct sink;

struct sink_stats {
	uint64_t n_events;      /* handed to it */
	uint64_t n_bytes;       /* written, and not undone */
	uint64_t n_lost_events; /* could not be written: disk full, reader gone, or stuck */
	int last_errno;         /* of the latest failure; 0: none */
};

/* Both: NULL and *err when it cannot be written to. The name or path is copied.
 * `path` is created with mode 0600, appended to, never followed if it is a symbolic link. A last
 * line that a killed engine left without its end gets one. */
struct sink *sink_file_open(const char *path, struct err *err);
/* Writes to an open descriptor that it does not own. */
struct sink *sink_fd_open(int fd, const char *name, struct err *err);
void sink_close(struct sink *s); /* flushes first */

/* One event: a whole line with its newline, up to 1 MiB (-EMSGSIZE). Returns 0, or a negative errno
 * when something was lost now: -EPIPE when the reader of a pipe is gone for good, -ENOSPC and
 * others may pass; -EAGAIN: the reader is stuck. Losses are counted by events; a line is written
 * whole or not at all: a cut one is undone, or where it cannot be (pipes), completed before
 * anything else. After sink_flush() all events are written or lost, but for one such line at most.
 */
int sink_write(struct sink *s, const char *line, size_t len);
int sink_flush(struct sink *s);
const char *sink_name(const struct sink *s);
void sink_stats_get(const struct sink *s, struct sink_stats *ret_stats);
