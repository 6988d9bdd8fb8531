/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_stats: what every store of a fixed capacity tells about itself, one row a store, for
 * metrics and status.
 */
#pragma once

#include <stdint.h>

#define STORE_STATS_MAX 32 /* stores */

struct store_stats {
	const char *name; /* a constant */
	uint64_t n_entries, capacity;
	uint64_t n_hits, n_misses, n_evictions; /* questions answered; not; entries given up */
};
