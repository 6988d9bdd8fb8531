/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: the only place that writes diagnostics, always to stderr, never into the event stream.
 *
 * Only main, the collector's and the engine's loops, and the sinks' workers log; below them
 * functions return. One line per message, lower case, no full stop, object first, user text in
 * single quotes. A message that repeats is shown once and then counted.
 *
 * Thread: any, log_init() included; one line is one write(2). Repeats are counted by thread.
 */
#pragma once

#include "common/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVELS };

/* Default: LOG_INFO. `program` is shown before each line and is kept (give a literal). */
void log_init(const char *program, enum log_level level);
/* -EINVAL when `name` is not one of error, warning (or warn), info, debug. */
int log_level_parse(const char *name, enum log_level *ret_level);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
