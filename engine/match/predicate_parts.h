/* SPDX-License-Identifier: Apache-2.0 */
/* predicate_parts: what predicate.c decides and predicate_add.c builds. For these two only. */
#pragma once

#include "engine/match/predicate.h"

struct idx;

/* The positive or the negative terms of a filter. */
struct terms {
	struct idx *numbers; /* NULL: none; so are the others */
	struct idx *texts;   /* whole ones, beginnings, ends */
	struct idx *symbols;
	const struct pol_term **others; /* parts, networks, patterns, files of a mount namespace */
	uint32_t *patterns;             /* of those that are one, their number */
	uint32_t n_others;
	bool any;
};

struct predicate {
	const struct pol_filter *filter;
	uint32_t subject;
	uint32_t hash;
	uint16_t slot; /* of DATA */
	uint8_t cost;
	bool is_flag;
	bool is_tree;
	bool is_task_id;
	bool has_range;
	struct terms yes, no;
	/* The range: inclusive. Wider than 64 bits, to hold both signed and unsigned. */
	__int128 low, high;
};

struct predicates {
	struct arena *arena;
	struct values *values;
	struct patterns *patterns;
	struct pred_world *world;
	struct predicate *items;
	size_t n, cap;
	uint32_t *buckets; /* item + 1, by hash; while they are added */
	size_t n_buckets;  /* a power of two */
	const struct event *ev;
	uint32_t stamp;    /* of the event; even, as the lowest bit is the answer */
	uint32_t *decided; /* by predicate: stamp | answer */
};

/* Numbers of both signs, and unsigned ones. */
static inline __int128 pred_wide(int64_t number, bool is_big)
{
	return is_big ? (__int128)(uint64_t)number : (__int128)number;
}
