/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_patterns.h"

#include <string.h>

#include "engine/match/pattern.h"
#include "engine/policy/filter_pattern.h"

static void *make(void)
{
	return pat_new(true);
}

static int add(void *patterns, const char *text, struct err *err)
{
	int rc = fpattern_check(text, strlen(text), err);

	return rc < 0 ? rc : pat_add(patterns, text, strlen(text), err);
}

static bool matches(void *patterns, unsigned int number, const char *text, size_t len)
{
	return pat_matches(patterns, number, text, len);
}

static void free_patterns(void *patterns)
{
	pat_free(patterns);
}

const struct log_pattern_ops log_patterns = {
	.make = make,
	.add = add,
	.matches = matches,
	.free = free_patterns,
};
