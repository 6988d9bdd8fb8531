/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_write: the primitives that JSON is made of (prefix jw_). Each writes at `p` and returns the
 * end of what it wrote. Nothing checks for room: the caller knows the most that a piece can take,
 * and keeps JW_SLACK bytes behind it that may be scribbled on. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A writer copies in words, so up to this many bytes behind its result change. */
#define JW_SLACK 32U
/* One byte of input becomes at most this many ("\u001b"). */
#define JW_EXPANSION 6U
#define JW_NUMBER_MAX 20U /* "-9223372036854775808" */

/* A string literal, without its NUL. */
#define JW_LITERAL(p, text) ((char *)memcpy(p, text, sizeof(text) - 1) + sizeof(text) - 1)

char *jw_u64(char *p, uint64_t value);
/* "0x1f", lower case, no leading zeros. */
char *jw_hex(char *p, uint64_t value);
/*
 * The bytes as the inside of a JSON string. What is not UTF-8 becomes U+FFFD, one for each maximal
 * sequence that cannot go on. Quotes and backslashes are escaped, and everything that a terminal
 * acts upon: C0, DEL, C1, line separators and the marks that turn the direction of text.
 */
char *jw_text(char *p, const void *bytes, size_t len);
/* Base64 with padding (RFC 4648). */
char *jw_base64(char *p, const void *bytes, size_t len);

static inline char *jw_s64(char *p, int64_t value)
{
	if (value >= 0)
		return jw_u64(p, (uint64_t)value);
	*p = '-';
	return jw_u64(p + 1, 0 - (uint64_t)value);
}

static inline char *jw_string(char *p, const void *bytes, size_t len)
{
	*p = '"';
	p = jw_text(p + 1, bytes, len);
	*p = '"';
	return p + 1;
}
