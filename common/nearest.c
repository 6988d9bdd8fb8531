/* SPDX-License-Identifier: Apache-2.0 */
#include "common/nearest.h"

#include <string.h>

#define EDITS_MAX 3U

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Optimal string alignment: three rows are enough, as a swap looks back two. */
unsigned int nearest_distance(const char *a, size_t a_len, const char *b, size_t b_len,
			      unsigned int limit)
{
	unsigned int rows[3][NEAREST_WORD_MAX + 1];
	unsigned int *before = rows[0], *last = rows[1], *now = rows[2], *spare;

	if (a_len > NEAREST_WORD_MAX || b_len > NEAREST_WORD_MAX)
		return limit;
	if ((a_len > b_len ? a_len - b_len : b_len - a_len) >= limit)
		return limit;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = (unsigned int)j;
	memset(before, 0, sizeof(rows[0]));
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int replace = last[j - 1] + (a[i - 1] != b[j - 1]);

			now[j] = min3(replace, last[j] + 1, now[j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len] < limit ? last[b_len] : limit;
}

void nearest_init(struct nearest *n, const char *word)
{
	unsigned int half;

	n->word = word;
	n->word_len = strnlen(word, NEAREST_WORD_MAX + 1);
	half = (unsigned int)(n->word_len + 1) / 2;
	n->limit = half < EDITS_MAX + 1 ? half : EDITS_MAX + 1;
	n->best[0] = '\0';
}

void nearest_offer(struct nearest *n, const char *candidate, size_t len)
{
	unsigned int edits = nearest_distance(n->word, n->word_len, candidate, len, n->limit);

	if (edits >= n->limit)
		return;
	n->limit = edits;
	memcpy(n->best, candidate, len);
	n->best[len] = '\0';
}
