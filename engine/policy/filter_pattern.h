/* SPDX-License-Identifier: Apache-2.0 */
/* filter_pattern (prefix fpattern_): is a text a PCRE2 pattern that we take? Pure; any thread. */
#pragma once

#include <stddef.h>

#include "common/err.h"

/* 0; -E2BIG: longer than POL_FILTER_PATTERN_MAX, nested or compiled beyond what one may take;
 * -EINVAL: not valid, with the reason and its place in the pattern; -ENOMEM. */
int fpattern_check(const char *text, size_t len, struct err *err);
