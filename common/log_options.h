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
};

#define LOG_OPTIONS_GROUP "Log"

/* clang-format off */
/* `log` is a struct log_options. */
#define LOG_OPTIONS_ROWS(st, log)                                                                  \
	{ "log", 'l', OPTIONS_WORD(st, log.level), "LEVEL", "info", "error|warning|info|debug", 0, \
	  LOG_OPTIONS_GROUP, "least important messages shown" },                                   \
	{ "log-format", 0, OPTIONS_WORD(st, log.format), "FORM", "text", "text|json", 0,           \
	  LOG_OPTIONS_GROUP, "lines of" },                                                         \
	{ "log-file", 0, OPTIONS_STRING(st, log.file), "FILE", NULL, NULL, 0,                      \
	  LOG_OPTIONS_GROUP, "append to it instead of writing to standard error; mode 0600" },                \
	{ "log-aggregate", 0, OPTIONS_DURATION(st, log.aggregate_ns), "TIME", "0", NULL, 0,        \
	  LOG_OPTIONS_GROUP, "count repeats among other lines, and say so this often; 0: only of the last line" }, \
	{ "log-filter", 0, OPTIONS_LIST(st, log.include), "ITEM", NULL, NULL, 0,                   \
	  LOG_OPTIONS_GROUP, "only 'msg=TEXT' or 'level=LEVEL'; repeatable" },                     \
	{ "log-filter-out", 0, OPTIONS_LIST(st, log.exclude), "ITEM", NULL, NULL, 0,               \
	  LOG_OPTIONS_GROUP, "not 'msg=TEXT' or 'level=LEVEL'; repeatable" }
/* clang-format on */

/* What may change while a program runs: all but the file. As log_set(). */
int log_options_set(const struct log_options *opt, struct err *err);
/* All; the file is for `uid`, as log_to_file(). */
int log_options_open(const struct log_options *opt, uint32_t uid, uint32_t gid, struct err *err);
