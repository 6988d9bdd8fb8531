/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index (prefix idx_): which of many texts a value is, begins with or ends with. Whole texts by
 * hash; prefixes and suffixes by length and hash, over the lengths that there are. So the cost of a
 * look-up does not depend on how many texts there are.
 *
 * Numbers are looked up too, as texts made by idx_number().
 *
 * Immutable after idx_new(); its memory is the arena's, the texts are borrowed. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum idx_kind { IDX_EXACT, IDX_PREFIX, IDX_SUFFIX };

/* What is put in: the same text may be there several times, with different ids. */
struct idx_key {
	const char *text;
	uint32_t len;
	uint32_t id;
	uint8_t kind; /* enum idx_kind */
};

/* One text, and whose it is. */
struct idx_entry {
	const char *text;
	uint32_t hash;
	uint32_t len;
	uint32_t first, n_ids; /* in idx_ids() */
	uint8_t kind;
};

struct idx;

/* Sorts `keys`. NULL: out of memory, or more than 2^31 keys. */
struct idx *idx_new(struct arena *arena, struct idx_key *keys, size_t n);
/* Every id once per text, ascending. */
const uint32_t *idx_ids(const struct idx *x);
/* Most entries that one look-up can find. */
size_t idx_find_max(const struct idx *x);
/* Fills `found`, which has room for idx_find_max(); returns how many. */
size_t idx_find(const struct idx *x, const char *text, size_t len, const struct idx_entry **found);
/* Is there any? */
bool idx_has(const struct idx *x, const char *text, size_t len);

#define IDX_NUMBER_LEN 9U
/* `is_big`: `number` is what is above INT64_MAX. */
void idx_number(char out[static IDX_NUMBER_LEN], int64_t number, bool is_big);
