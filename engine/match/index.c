/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/index.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/arena.h"

#define ALWAYS_INLINE inline __attribute__((always_inline)) /* `kind` is a constant then: -15% */
#define FEW 4U       /* so many are compared one by one: cheaper than a hash */
#define SEEN_BITS 8U /* for each place in the table, of which at most half are in use */

struct idx {
	struct idx_entry *entries; /* by kind, length, text */
	uint32_t *ids;
	uint32_t *table; /* entry + 1; NULL: few */
	uint64_t *seen;  /* a bit for some of the hash: most of what is not there ends here */
	uint32_t mask;
	uint32_t seen_mask;
	uint32_t n_entries;
	uint64_t exact_lens; /* bit (length % 64) */
	uint32_t *prefix_lens, *suffix_lens;
	uint32_t n_prefix_lens, n_suffix_lens;
};

/* The finalizer of MurmurHash3, 64 bits. */
static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdULL;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53ULL;
	return h ^ h >> 33;
}

static uint32_t hash_of(uint64_t rolled, enum idx_kind kind, uint32_t len)
{
	return (uint32_t)mix(rolled +
			     ((uint64_t)len << 2 | (uint64_t)kind) * 0x9e3779b97f4a7c15ULL);
}

/*
 * A text as words of eight bytes, from its beginning or (suffixes) from its end; the last word of a
 * part may have fewer bytes. So the hash of a part goes on from that of a shorter one, and whole
 * texts are hashed as beginnings are.
 */
static ALWAYS_INLINE uint64_t word_at(enum idx_kind kind, const char *text, size_t len, size_t at,
				      size_t n)
{
	uint64_t word = 0;

	if (n == 0)
		return 0;
	if (at + sizeof(word) > len) { /* not as many there: byte by byte */
		memcpy(&word, kind == IDX_SUFFIX ? text + len - at - n : text + at, n);
		return word;
	}
	memcpy(&word, kind == IDX_SUFFIX ? text + len - at - sizeof(word) : text + at,
	       sizeof(word));
	if (n == sizeof(word))
		return word;
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return kind == IDX_SUFFIX ? word >> (64 - 8 * n) : word & ((1ULL << 8 * n) - 1);
#else
	return kind == IDX_SUFFIX ? word << (64 - 8 * n) : word >> (64 - 8 * n) << (64 - 8 * n);
#endif
}

/* The hash of a part that grows. */
struct roll {
	uint64_t h;
	size_t at; /* bytes in it: whole words */
};

static ALWAYS_INLINE uint64_t step(uint64_t h, uint64_t word)
{
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

static ALWAYS_INLINE uint32_t roll_to(struct roll *r, enum idx_kind kind, const char *text,
				      size_t len, uint32_t part)
{
	for (; part - r->at >= sizeof(uint64_t); r->at += sizeof(uint64_t))
		r->h = step(r->h, word_at(kind, text, len, r->at, sizeof(uint64_t)));
	return hash_of(step(r->h, word_at(kind, text, len, r->at, part - r->at)), kind, part);
}

static uint32_t hash_key(enum idx_kind kind, const char *text, uint32_t len)
{
	struct roll r = { .at = 0 };

	return roll_to(&r, kind, text, len, len);
}

static int compare_texts(const struct idx_key *a, const struct idx_key *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	return a->len > 0 ? memcmp(a->text, b->text, a->len) : 0;
}

static int compare_keys(const void *pa, const void *pb)
{
	const struct idx_key *a = pa, *b = pb;
	int order = compare_texts(a, b);

	return order ? order : (a->id > b->id) - (a->id < b->id);
}

static void add_entry(struct idx *x, const struct idx_key *key, uint32_t first)
{
	struct idx_entry *e = &x->entries[x->n_entries++];

	*e = (struct idx_entry){ .text = key->text,
				 .len = key->len,
				 .kind = key->kind,
				 .first = first,
				 .hash = hash_key((enum idx_kind)key->kind, key->text, key->len) };
	if (key->kind == IDX_EXACT)
		x->exact_lens |= 1ULL << (key->len % 64);
}

/* `keys` are sorted: the same text stands together, and so do the same lengths. */
static void add_entries(struct idx *x, const struct idx_key *keys, size_t n)
{
	uint32_t n_ids = 0;

	for (size_t i = 0; i < n; i++) {
		struct idx_entry *e;

		if (i == 0 || compare_texts(&keys[i - 1], &keys[i]) != 0)
			add_entry(x, &keys[i], n_ids);
		e = &x->entries[x->n_entries - 1];
		if (e->n_ids > 0 && x->ids[n_ids - 1] == keys[i].id)
			continue;
		x->ids[n_ids++] = keys[i].id;
		e->n_ids++;
	}
}

static uint32_t *lens_of(struct arena *arena, const struct idx *x, enum idx_kind kind,
			 uint32_t *ret_n)
{
	uint32_t n = 0, *lens = NULL;

	for (int pass = 0; pass < 2; pass++) {
		uint32_t last = UINT32_MAX;

		if (pass == 1) {
			lens = arena_alloc(arena, n, sizeof(*lens));
			if (!lens)
				return NULL;
			*ret_n = n;
			n = 0;
		}
		for (uint32_t i = 0; i < x->n_entries; i++) {
			const struct idx_entry *e = &x->entries[i];

			if (e->kind != kind || e->len == last)
				continue;
			last = e->len;
			if (pass == 1)
				lens[n] = last;
			n++;
		}
	}
	return lens;
}

static bool build_table(struct idx *x, struct arena *arena)
{
	uint32_t size = 8;

	if (x->n_entries <= FEW)
		return true;
	while (size < x->n_entries * 2)
		size *= 2;
	x->table = arena_alloc(arena, size, sizeof(*x->table));
	if (!x->table)
		return false;
	x->mask = size - 1;
	x->seen_mask = size * SEEN_BITS - 1;
	x->seen = arena_alloc(arena, size * SEEN_BITS / 64, sizeof(*x->seen));
	if (!x->seen)
		return false;
	for (uint32_t i = 0; i < x->n_entries; i++) {
		uint32_t at = x->entries[i].hash & x->mask;

		while (x->table[at])
			at = (at + 1) & x->mask;
		x->table[at] = i + 1;
		at = x->entries[i].hash & x->seen_mask;
		x->seen[at / 64] |= 1ULL << (at % 64);
	}
	return true;
}

struct idx *idx_new(struct arena *arena, struct idx_key *keys, size_t n)
{
	struct idx *x = arena_alloc(arena, 1, sizeof(*x));
	size_t n_texts = 0;

	if (!x || n > INT32_MAX / 2)
		return NULL;
	qsort(keys, n, sizeof(*keys), compare_keys);
	for (size_t i = 0; i < n; i++)
		n_texts += i == 0 || compare_texts(&keys[i - 1], &keys[i]) != 0;
	x->entries = arena_alloc(arena, n_texts, sizeof(*x->entries));
	x->ids = arena_alloc(arena, n, sizeof(*x->ids));
	if (!x->entries || !x->ids)
		return NULL;
	add_entries(x, keys, n);
	x->prefix_lens = lens_of(arena, x, IDX_PREFIX, &x->n_prefix_lens);
	x->suffix_lens = lens_of(arena, x, IDX_SUFFIX, &x->n_suffix_lens);
	if (!x->prefix_lens || !x->suffix_lens || !build_table(x, arena))
		return NULL;
	return x;
}

const uint32_t *idx_ids(const struct idx *x)
{
	return x->ids;
}

size_t idx_find_max(const struct idx *x)
{
	size_t n = 1 + (size_t)x->n_prefix_lens + x->n_suffix_lens;

	return n > FEW ? n : FEW;
}

static const struct idx_entry *probe(const struct idx *x, enum idx_kind kind, uint32_t hash,
				     const char *text, size_t len)
{
	uint32_t bit = hash & x->seen_mask;

	if (!(x->seen[bit / 64] >> (bit % 64) & 1))
		return NULL;
	for (uint32_t at = hash & x->mask; x->table[at]; at = (at + 1) & x->mask) {
		const struct idx_entry *e = &x->entries[x->table[at] - 1];

		if (e->hash == hash && e->len == len && e->kind == kind &&
		    memcmp(e->text, text, len) == 0)
			return e;
	}
	return NULL;
}

static bool is_entry(const struct idx_entry *e, const char *text, size_t len)
{
	if (e->kind == IDX_EXACT ? e->len != len : e->len > len)
		return false;
	if (e->kind == IDX_SUFFIX)
		text += len - e->len;
	return e->len == 0 || memcmp(e->text, text, e->len) == 0;
}

static size_t find_few(const struct idx *x, const char *text, size_t len,
		       const struct idx_entry **found)
{
	size_t n = 0;

	for (uint32_t i = 0; i < x->n_entries; i++)
		if (is_entry(&x->entries[i], text, len))
			found[n++] = &x->entries[i];
	return n;
}

/* The beginnings, or the ends, of all lengths; stops at `max` found. */
static ALWAYS_INLINE size_t find_parts(const struct idx *x, enum idx_kind kind, struct roll *r,
				       const char *text, size_t len, const struct idx_entry **found,
				       size_t max)
{
	const uint32_t *lens = kind == IDX_PREFIX ? x->prefix_lens : x->suffix_lens;
	uint32_t n_lens = kind == IDX_PREFIX ? x->n_prefix_lens : x->n_suffix_lens;
	size_t n = 0;

	for (uint32_t i = 0; i < n_lens && lens[i] <= len && n < max; i++) {
		const char *part = kind == IDX_PREFIX ? text : text + len - lens[i];

		found[n] = probe(x, kind, roll_to(r, kind, text, len, lens[i]), part, lens[i]);
		n += found[n] != NULL;
	}
	return n;
}

static size_t find(const struct idx *x, const char *text, size_t len,
		   const struct idx_entry **found, size_t max)
{
	struct roll begin = { .at = 0 }, end = { .at = 0 };
	size_t n = 0;

	if (x->n_prefix_lens > 0)
		n = find_parts(x, IDX_PREFIX, &begin, text, len, found, max);
	if (n < max && x->exact_lens >> (len % 64) & 1) {
		uint32_t hash = roll_to(&begin, IDX_EXACT, text, len, (uint32_t)len);

		found[n] = probe(x, IDX_EXACT, hash, text, len);
		n += found[n] != NULL;
	}
	if (n < max && x->n_suffix_lens > 0)
		n += find_parts(x, IDX_SUFFIX, &end, text, len, found + n, max - n);
	return n;
}

size_t idx_find(const struct idx *x, const char *text, size_t len, const struct idx_entry **found)
{
	if (!x->table)
		return find_few(x, text, len, found);
	return find(x, text, len, found, SIZE_MAX);
}

bool idx_has(const struct idx *x, const char *text, size_t len)
{
	const struct idx_entry *first;

	if (x->table)
		return find(x, text, len, &first, 1) > 0;
	for (uint32_t i = 0; i < x->n_entries; i++)
		if (is_entry(&x->entries[i], text, len))
			return true;
	return false;
}

void idx_number(char out[static IDX_NUMBER_LEN], int64_t number, bool is_big)
{
	memcpy(out, &number, sizeof(number));
	out[sizeof(number)] = (char)is_big;
}
