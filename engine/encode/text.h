/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: a buffer of fixed size that is written to from front to back and never beyond its end
 * (prefix text_). What does not fit is left out, and remembered. Borrows the buffer. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *start, *at, *end;
	bool is_cut; /* something did not fit: nothing more is written */
};

static inline struct text text_over(char *buf, size_t cap)
{
	return (struct text){ .start = buf, .at = buf, .end = buf + cap };
}

static inline size_t text_len(const struct text *t)
{
	return (size_t)(t->at - t->start);
}

/* What fits of it. */
static inline void text_bytes(struct text *t, const void *bytes, size_t len)
{
	size_t left = t->is_cut ? 0 : (size_t)(t->end - t->at);

	if (len > left) {
		t->is_cut = true;
		len = left;
	}
	if (len == 0) /* from nowhere, maybe */
		return;
	memcpy(t->at, bytes, len);
	t->at += len;
}

static inline void text_char(struct text *t, char c)
{
	text_bytes(t, &c, 1);
}

#define TEXT_LITERAL(t, literal) text_bytes(t, literal, sizeof(literal) - 1)

void text_u64(struct text *t, uint64_t value);
void text_s64(struct text *t, int64_t value);
/* `n` digits at least, with zeros in front. */
void text_digits(struct text *t, uint64_t value, unsigned int n);
/* Spaces behind what was written since `start` (a length), until that is `width` characters of
 * UTF-8. */
void text_pad(struct text *t, size_t start, size_t width);
/* How many characters the bytes are. */
size_t text_width(const char *bytes, size_t len);
