/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/heavy.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/*
 * Entries of one count hang on a bucket, buckets are a list by count: a count that grows moves its
 * entry to the next bucket, and the rarest entries are those of the first.
 */
struct entry {
	uint64_t key, error;
	uint32_t bucket, before, behind; /* the latter two: in the bucket */
	uint32_t chain;                  /* the next one of the same hash */
};

struct bucket {
	uint64_t count;
	uint32_t first;         /* entry; never NONE while it is in the list */
	uint32_t lower, higher; /* buckets; `higher` also: the next free one */
};

struct heavy {
	uint32_t capacity, n;
	uint32_t mask; /* of the hash */
	size_t label_bytes;
	struct entry *entries;
	struct bucket *buckets; /* capacity + 1: a count grows into a new one before it leaves */
	uint32_t lowest, highest, free;
	uint32_t *hash;
	uint8_t *labels;
};

struct heavy *heavy_new(uint32_t capacity, size_t label_bytes)
{
	struct heavy *h = calloc(1, sizeof(*h));
	uint32_t size = 2;

	if (!h)
		return NULL;
	while (size < 2 * capacity)
		size *= 2;
	h->capacity = capacity;
	h->mask = size - 1;
	h->label_bytes = label_bytes;
	h->entries = calloc(capacity, sizeof(*h->entries));
	h->buckets = calloc(capacity + 1, sizeof(*h->buckets));
	h->hash = calloc(size, sizeof(*h->hash));
	h->labels = calloc(capacity, label_bytes);
	if (!h->entries || !h->buckets || !h->hash || !h->labels) {
		heavy_free(h);
		return NULL;
	}
	heavy_clear(h);
	return h;
}

void heavy_free(struct heavy *h)
{
	if (!h)
		return;
	free(h->entries);
	free(h->buckets);
	free(h->hash);
	free(h->labels);
	free(h);
}

void heavy_clear(struct heavy *h)
{
	h->n = 0;
	h->lowest = h->highest = NONE;
	memset(h->hash, 0xff, ((size_t)h->mask + 1) * sizeof(*h->hash));
	h->free = 0;
	for (uint32_t i = 0; i <= h->capacity; i++)
		h->buckets[i].higher = i < h->capacity ? i + 1 : NONE;
}

static uint32_t *place_of(const struct heavy *h, uint64_t key)
{
	return &h->hash[(key * 0x9e3779b97f4a7c15ULL >> 32) & h->mask];
}

static uint32_t find(const struct heavy *h, uint64_t key)
{
	uint32_t i = *place_of(h, key);

	while (i != NONE && h->entries[i].key != key)
		i = h->entries[i].chain;
	return i;
}

static void unhash(struct heavy *h, uint32_t i)
{
	uint32_t *at = place_of(h, h->entries[i].key);

	while (*at != i)
		at = &h->entries[*at].chain;
	*at = h->entries[i].chain;
}

/* The bucket of a count, which is the one above `lower` (NONE: the lowest) or made there. */
static uint32_t bucket_above(struct heavy *h, uint32_t lower, uint64_t count)
{
	uint32_t higher = lower == NONE ? h->lowest : h->buckets[lower].higher, b = h->free;

	if (higher != NONE && h->buckets[higher].count == count)
		return higher;
	h->free = h->buckets[b].higher;
	h->buckets[b] = (struct bucket){ count, NONE, lower, higher };
	*(lower == NONE ? &h->lowest : &h->buckets[lower].higher) = b;
	*(higher == NONE ? &h->highest : &h->buckets[higher].lower) = b;
	return b;
}

static void enter(struct heavy *h, uint32_t b, uint32_t i)
{
	struct entry *e = &h->entries[i];

	e->bucket = b;
	e->before = NONE;
	e->behind = h->buckets[b].first;
	if (e->behind != NONE)
		h->entries[e->behind].before = i;
	h->buckets[b].first = i;
}

/* A bucket that is empty then is given back. */
static void leave(struct heavy *h, uint32_t i)
{
	const struct entry *e = &h->entries[i];
	struct bucket *b = &h->buckets[e->bucket];

	*(e->before == NONE ? &b->first : &h->entries[e->before].behind) = e->behind;
	if (e->behind != NONE)
		h->entries[e->behind].before = e->before;
	if (b->first != NONE)
		return;
	*(b->lower == NONE ? &h->lowest : &h->buckets[b->lower].higher) = b->higher;
	*(b->higher == NONE ? &h->highest : &h->buckets[b->higher].lower) = b->lower;
	b->higher = h->free;
	h->free = e->bucket;
}

static void grow(struct heavy *h, uint32_t i)
{
	uint32_t from = h->entries[i].bucket;
	uint32_t to = bucket_above(h, from, h->buckets[from].count + 1);

	leave(h, i);
	enter(h, to, i);
}

void *heavy_add(struct heavy *h, uint64_t key)
{
	uint32_t i = find(h, key);
	struct entry *e;
	void *label;

	if (i != NONE) {
		grow(h, i);
		return NULL;
	}
	i = h->n < h->capacity ? h->n : h->buckets[h->lowest].first;
	e = &h->entries[i];
	if (i == h->n) {
		h->n++;
		e->error = 0;
		enter(h, bucket_above(h, NONE, 1), i);
	} else {
		unhash(h, i);
		e->error = h->buckets[h->lowest].count;
		grow(h, i);
	}
	e->key = key;
	e->chain = *place_of(h, key);
	*place_of(h, key) = i;
	label = h->labels + i * h->label_bytes;
	memset(label, 0, h->label_bytes);
	return label;
}

size_t heavy_top(const struct heavy *h, struct heavy_count *ret_counts, size_t n)
{
	size_t k = 0;

	for (uint32_t b = h->highest; b != NONE; b = h->buckets[b].lower)
		for (uint32_t i = h->buckets[b].first; i != NONE; i = h->entries[i].behind) {
			if (k == n)
				return k;
			ret_counts[k++] = (struct heavy_count){
				h->entries[i].key,
				h->buckets[b].count,
				h->entries[i].error,
				h->labels + i * h->label_bytes,
			};
		}
	return k;
}
