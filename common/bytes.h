/* SPDX-License-Identifier: Apache-2.0 */
/* bytes: a bounded cursor over a buffer that is not trusted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at;
	size_t left;
};

/* The next `len` bytes, or NULL (and the cursor stays) when there are fewer. */
static inline const void *bytes_take(struct bytes *b, size_t len)
{
	const uint8_t *at = b->at;

	if (len > b->left)
		return NULL;
	b->at += len;
	b->left -= len;
	return at;
}

/* Copies the next `len` bytes out; false when there are fewer. */
static inline bool bytes_read(struct bytes *b, void *out, size_t len)
{
	const void *at = bytes_take(b, len);

	if (!at)
		return false;
	memcpy(out, at, len);
	return true;
}
