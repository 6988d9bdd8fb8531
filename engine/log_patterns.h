/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_patterns: 'regex=' among the log's filters, by PCRE2 and within the limits of policies'
 * patterns (match/pattern.h), but interpreted: lines are few. Thread: as log_pattern_ops.
 */
#pragma once

#include "common/log.h"

extern const struct log_pattern_ops log_patterns;
