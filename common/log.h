/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: the only place that writes diagnostics, to stderr or a file, never into the event stream.
 *
 * Only main, the collector's and the engine's loops, and the sinks' workers log; below them
 * functions return. One line per message, lower case, no full stop, object first, user text in
 * single quotes. A message that repeats is shown once and then counted: the one before always,
 * any of the last LOG_RECENT_MAX with log_set()'s `aggregate_ns`.
 *
 * Text is "program: level: message", in a file with the time before it. JSON is one object a line:
 * time (RFC 3339, UTC, ns), level, component, msg, and repeated where it is a count.
 *
 * Thread: any; one line is one write(2).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG, LOG_LEVELS };
enum log_format { LOG_TEXT, LOG_JSON };

#define LOG_RECENT_MAX 32
#define LOG_FILTERS_MAX 32 /* of each kind */
#define LOG_FILTER_BYTES_MAX 127
#define LOG_AGGREGATE_MAX_NS (3600 * 1000000000ULL)

/* Items are "msg=PART OF THE MESSAGE", "level=LEVEL" or, with patterns, "regex=PATTERN". */
struct log_filters {
	const char *const *items;
	size_t n;
};

/* What knows patterns; here none are. `matches` is called by any thread, one at a time, and does
 * not allocate. */
struct log_pattern_ops {
	void *(*make)(void); /* NULL: out of memory */
	/* The number to ask for it by, or negative errno with err. */
	int (*add)(void *patterns, const char *text, struct err *err);
	bool (*matches)(void *patterns, unsigned int number, const char *text, size_t len);
	void (*free)(void *patterns); /* NULL is fine */
};

struct log_settings {
	enum log_level level;
	enum log_format format;
	uint64_t aggregate_ns;                  /* how often counts are written; 0: see above */
	struct log_filters include;             /* one of them must match, if there are any */
	struct log_filters exclude;             /* none may match */
	const struct log_pattern_ops *patterns; /* NULL: "regex=" is refused; not copied */
};

/* Default: LOG_INFO, text, stderr. `program` is shown before each line and is kept (give a
 * literal). */
void log_init(const char *program, enum log_level level);
/* All of it is copied. -EINVAL, -E2BIG or -ENOMEM with err; nothing is changed then. */
int log_set(const struct log_settings *settings, struct err *err);
/* Only looks whether log_set() would refuse it. */
int log_check(const struct log_settings *settings, struct err *err);
/* Lines are appended to the file from now on: made, if there is none, with mode 0600 and for `uid`
 * (0: as it is); never a symbolic link. Once, before the sandbox. */
int log_to_file(const char *path, uint32_t uid, uint32_t gid, struct err *err);
/* After SIGHUP: goes on with the file of that name as it is now, as somebody has put ours away. No
 * line is lost. Negative errno with err: with the old one. What is no file stays as it is. */
int log_reopen(struct err *err);
/* The directory that log_reopen() has to be able to make a file in, to be freed. NULL: none, there
 * is nothing to open again; or out of memory. */
char *log_directory(void);

/* -EINVAL when `name` is not one of error, warning (or warn), info, debug. */
int log_level_parse(const char *name, enum log_level *ret_level);

void log_line(enum log_level level, const char *fmt, ...) PRINTF_LIKE(2, 3);

#define log_error(...) log_line(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)

/* Writes the counts that are due. Returns after how many ns to call again; -1: no need to. For a
 * loop: otherwise they are written with the next message that comes. */
int64_t log_tick(void);
/* Writes all counts; before the end. */
void log_flush(void);
