/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink: where encoded events go. One interface, one file per kind (stdout and file now). A sink
 * buffers; sink_flush() is called when the engine has nothing more to do at the moment, so that an
 * event never waits for the next one. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct sink;

struct sink_stats {
	uint64_t n_events;	/* handed to it */
	uint64_t n_bytes;	/* written */
	uint64_t n_lost_events; /* could not be written: disk full, reader gone */
	int last_errno;		/* 0: none */
};

/* `path` is created with mode 0600, appended to, never followed if it is a symbolic link. */
struct sink *sink_file_open(const char *path, struct err *err);
/* Writes to an open descriptor that it does not own. */
struct sink *sink_fd_open(int fd, const char *name, struct err *err);
void sink_close(struct sink *s); /* flushes first */

/* One whole line. Returns 0, or a negative errno when something was lost now: -EPIPE when the
 * reader of a pipe is gone for good, -ENOSPC and others may pass. Losses are counted by events;
 * a line is written whole or not at all (a cut one is completed or undone first). */
int sink_write(struct sink *s, const char *line, size_t len);
int sink_flush(struct sink *s);
const char *sink_name(const struct sink *s);
void sink_stats_get(const struct sink *s, struct sink_stats *ret_stats);
