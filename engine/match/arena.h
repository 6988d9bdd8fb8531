/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arena: memory that is given back all at once, and counted. One thread at a time.
 */
#pragma once

#include <stddef.h>

struct arena_block;

/* Zero is an empty one. */
struct arena {
	struct arena_block *blocks;
	size_t n_bytes; /* taken from the system */
};

/* Zeroed, aligned for any type; a valid pointer for 0 bytes too. NULL: out of memory. */
void *arena_alloc(struct arena *a, size_t n, size_t size);
void arena_done(struct arena *a);
