/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#define BLOCK_BYTES_MAX 262144U
#define ALIGN alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	alignas(max_align_t) uint8_t bytes[];
};

/* Blocks grow with what is there, so that a small policy set stays small. */
static struct arena_block *add_block(struct arena *a, size_t bytes)
{
	size_t cap = a->n_bytes < 4096 ? 4096 : a->n_bytes;
	struct arena_block *block;

	if (cap > BLOCK_BYTES_MAX)
		cap = BLOCK_BYTES_MAX;
	if (cap < bytes)
		cap = bytes;
	block = calloc(1, sizeof(*block) + cap);
	if (!block)
		return NULL;
	block->cap = cap;
	block->next = a->blocks;
	a->blocks = block;
	a->n_bytes += sizeof(*block) + cap;
	return block;
}

void *arena_alloc(struct arena *a, size_t n, size_t size)
{
	struct arena_block *block = a->blocks;
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + ALIGN - 1) & ~(ALIGN - 1);
	if (bytes == 0)
		bytes = ALIGN;
	if (!block || block->cap - block->used < bytes) {
		block = add_block(a, bytes);
		if (!block)
			return NULL;
	}
	p = block->bytes + block->used;
	block->used += bytes;
	return p;
}

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *block = a->blocks;

		a->blocks = block->next;
		free(block);
	}
	a->n_bytes = 0;
}
