/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heavy: which keys come most often, in memory that does not grow with their number (prefix
 * heavy_): the space-saving algorithm. Up to its capacity every key is counted exactly; then a new
 * key takes the place of the rarest one, and its count, as the most that it can have missed. So
 * each key that is more than 1/capacity of all is there, its count is never too low, and by `error`
 * too high at most. Constant time for each. Not for hostile keys: their hashes are not secret.
 * Thread: one at a time.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct heavy;

/* Each key has a label of `label_bytes`, for what is to be said of it. NULL: out of memory. */
struct heavy *heavy_new(uint32_t capacity, size_t label_bytes);
void heavy_free(struct heavy *h);

/* Counts it. Its label, zeroed, for the caller to fill when the key is new here; else NULL. */
void *heavy_add(struct heavy *h, uint64_t key);
/* Nothing was counted. */
void heavy_clear(struct heavy *h);

struct heavy_count {
	uint64_t key, count, error;
	const void *label; /* valid until the next call that changes something */
};
/* The `n` most frequent ones, those first. Returns how many there are. */
size_t heavy_top(const struct heavy *h, struct heavy_count *ret_counts, size_t n);
