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
 * Thread: the engine's loop.
 */
#pragma once

#include "common/err.h"
#include "engine/sink/sink.h"

/* Both: NULL and *err when it cannot be written to. The name or path is copied.
 * `path` is created with mode 0600, appended to, never followed if it is a symbolic link. A last
 * line that a killed engine left without its end gets one. */
struct sink *sink_file_open(const char *path, struct err *err);
/* Writes to an open descriptor that it does not own. */
struct sink *sink_fd_open(int fd, const char *name, struct err *err);
