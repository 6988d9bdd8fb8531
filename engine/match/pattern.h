/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pattern (prefix pat_): PCRE2 patterns on text that an outsider chose. The work that one match may
 * take is limited, in steps and in memory, so that no pattern and no text can stall the engine; at
 * the limit a match is given up, counted, and taken as not matching. Bytes that are not UTF-8 match
 * nothing but do not end the search. Of a text the first 16 KiB are looked at.
 *
 * Allocates in pat_new() and pat_add() only. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct patterns;

struct pat_stats {
	uint64_t n_patterns;
	uint64_t n_jit;     /* as machine code */
	uint64_t n_limited; /* matches given up */
	uint64_t n_bytes;   /* of memory, machine code included */
};

/* NULL: out of memory. */
struct patterns *pat_new(bool no_jit);
void pat_free(struct patterns *p);

/* Returns the number to ask for it by. -ENOMEM; -EINVAL: not a pattern, with what and where.
 * Without machine code, when that is not allowed here. */
int pat_add(struct patterns *p, const char *pattern, size_t len, struct err *err);
bool pat_matches(struct patterns *p, unsigned int pattern, const char *text, size_t len);

/* Sets the counter of matches given up, for who asked without wanting to be counted. */
void pat_set_limited(struct patterns *p, uint64_t n_limited);
void pat_stats_get(const struct patterns *p, struct pat_stats *ret_stats);
