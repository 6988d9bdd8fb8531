/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file: lines into a file, a pipe or a terminal. A cut line is undone, or where it cannot be
 * (pipes), completed before anything else.
 *
 * A descriptor that blocks holds the engine up until its reader goes on, or the engine is to end
 * (sink_set_ending()). One that does not (a named pipe by its path always) is waited for, up to 5
 * seconds in which the reader takes nothing; then what is buffered is lost, and there is no more
 * waiting until it takes something again.
 *
 * A file by its path is changed for another between two lines: on sink_reopen() (SIGHUP: logrotate
 * has renamed it) for what the name means now, and when it is large or old (rotate.h) for a new
 * one. A failure is logged, and the old one is gone on with.
 *
 * Thread: the engine's loop, or whoever calls the sink (file_worker.h).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/sink.h"

struct rotate_options;

struct sink_file_options {
	const struct rotate_options *rotate; /* NULL: it grows */
	const void *header;                  /* begins the output, and each new file; copied */
	size_t header_len;
	/* Who the engine will be: a file that is made is theirs; 0: as it is. */
	uint32_t uid, gid;
};

/* Both: NULL and *err when it cannot be written to. The name or path is copied; `opt` may be NULL.
 * `path` is created with mode 0600, appended to, never followed if it is a symbolic link. A last
 * line that a killed engine left without its end gets one. */
struct sink *sink_file_open(const char *path, const struct sink_file_options *opt, struct err *err);
/* Writes to an open descriptor that it does not own; `rotate` is not for it. */
struct sink *sink_fd_open(int fd, const char *name, const struct sink_file_options *opt,
			  struct err *err);
/* Adds what was put away; from any thread, while the sink is open. */
void sink_file_put_away_stats(const struct sink *s, struct sink_stats *stats);
/* The directory of a file that can be changed for another, to be writable in the sandbox; NULL: it
 * cannot. */
const char *sink_file_directory(const struct sink *s);
