/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_events (bev_): decoded events with their tasks, to be encoded again and again. Thread:
 * main.
 */
#pragma once

#include <stddef.h>

#include "common/err.h"
#include "engine/encode/json.h"
#include "engine/event.h"
#include "tools/bench_records.h"

struct bev {
	struct event *items; /* owned */
	size_t n;
	struct json_options json; /* the engine's, without options */
	struct brec records;      /* what the events look into, and the next three */
	struct ptree *tree;
	struct pol_set *policies; /* one, which they all matched */
	uint32_t matched;
};

/* Of a recording; `path` NULL: made up, as bench_records.h says. -ENODATA: it has none. bev_done()
 * also after a failure. */
int bev_make(struct bev *b, const char *path, struct err *err);
/* Those of one event only; no events, when there are none. Borrows from `all`, which outlives it.
 */
int bev_only(struct bev *ret_b, const struct bev *all, unsigned int event, struct err *err);
void bev_done(struct bev *b);

static inline void bev_cleanup(struct bev *b)
{
	bev_done(b);
}
#define CLEANUP_BEV __attribute__((cleanup(bev_cleanup)))
