/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_options: how a service logs, as rows of its options table (options.h), and log.h told so.
 * Thread: main.
 */
#pragma once

#include <stdint.h>

#include "common/log.h"
#include "common/options.h"

struct log_options {
	unsigned int level, format; /* enum log_level, enum log_format */
	const char *file;           /* NULL: stderr */
	uint64_t aggregate_ns;
	struct options_list include, exclude;
	const struct log_pattern_ops *patterns; /* as in log.h; set by who has some */
};

#define LOG_OPTIONS_GROUP "Log"

/* clang-format off */
/* `log` is a struct log_options, `items` the help's words for what can be filtered. */
#define LOG_OPTIONS_ITEMS "'msg=TEXT' or 'level=LEVEL'"
#define LOG_OPTIONS_ROWS(st, log, items)                                                              \
	{ "log", 'l', OPTIONS_WORD(st, log.level), "LEVEL", "info", "error|warning|info|debug", 0, \
	  LOG_OPTIONS_GROUP, "least important messages shown" },                                   \
	{ "log-format", 0, OPTIONS_WORD(st, log.format), "FORM", "text", "text|json", 0,           \
	  LOG_OPTIONS_GROUP, "lines of" },                                                         \
	{ "log-file", 0, OPTIONS_STRING(st, log.file), "FILE", NULL, NULL, 0,                      \
	  LOG_OPTIONS_GROUP, "append to it instead of writing to standard error; mode 0600" },                \
	{ "log-aggregate", 0, OPTIONS_DURATION(st, log.aggregate_ns), "TIME", "0", NULL, 0,        \
	  LOG_OPTIONS_GROUP, "count repeats among other lines, and say so this often; 0: only of the last line" }, \
	{ "log-filter", 0, OPTIONS_LIST(st, log.include), "ITEM", NULL, NULL, 0,                   \
	  LOG_OPTIONS_GROUP, "only " items "; repeatable" },                     \
	{ "log-filter-out", 0, OPTIONS_LIST(st, log.exclude), "ITEM", NULL, NULL, 0,               \
	  LOG_OPTIONS_GROUP, "not " items "; repeatable" }
/* clang-format on */

/* As log_check(). */
int log_options_check(const struct log_options *opt, struct err *err);
/* What may change while a program runs: all but the file. As log_set(). */
int log_options_set(const struct log_options *opt, struct err *err);
/* All; the file is for `uid`, as log_to_file(). */
int log_options_open(const struct log_options *opt, uint32_t uid, uint32_t gid, struct err *err);
