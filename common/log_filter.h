/* SPDX-License-Identifier: Apache-2.0 */
/* log_filter (prefix lfilter_): which messages log.h shows. One thread at a time: log's lock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/log.h"

enum lfilter_kind { LFILTER_TEXT, LFILTER_LEVEL, LFILTER_PATTERN };

struct lfilter {
	enum lfilter_kind kind;
	enum log_level level;
	unsigned int pattern;
	char text[LOG_FILTER_BYTES_MAX + 1];
};

struct lfilter_list {
	struct lfilter items[LOG_FILTERS_MAX];
	size_t n;
};

struct lfilters {
	struct lfilter_list include, exclude;
	const struct log_pattern_ops *ops; /* NULL: there are no patterns */
	void *patterns;                    /* owned; NULL: likewise */
};

/* As log_check(). In every case *ret_all can be given to lfilter_done(). */
int lfilter_read(const struct log_settings *settings, struct lfilters *ret_all, struct err *err);
void lfilter_done(struct lfilters *all);
/* Allocates nothing. */
bool lfilter_wants(const struct lfilters *all, enum log_level level, const char *text);
