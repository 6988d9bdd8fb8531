/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nearest: the known word that a mistyped one was probably meant to be, for error messages.
 *
 * Owns nothing. Thread: any. Not for a hot path: an offer costs the product of the two lengths.
 */
#pragma once

#include <stddef.h>

#define NEAREST_WORD_MAX 64 /* bytes; a longer word is near to nothing */

struct nearest {
	const char *word; /* borrowed: what the user typed */
	size_t word_len;
	unsigned int limit;              /* only a smaller distance is still of interest */
	char best[NEAREST_WORD_MAX + 1]; /* "": nothing is near */
};

/* Near means at most 3 edits (a swap of neighbours counts as one), and fewer than half of the
 * word's length. `word` must outlive `n`. */
void nearest_init(struct nearest *n, const char *word);
/* Among equally near candidates the first one offered wins. */
void nearest_offer(struct nearest *n, const char *candidate, size_t len);

/* Edits (insert, delete, replace, swap of neighbours) from a to b, or `limit` when there are that
 * many or more. Both are at most NEAREST_WORD_MAX bytes; otherwise `limit`. */
unsigned int nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len,
			      unsigned int limit);
