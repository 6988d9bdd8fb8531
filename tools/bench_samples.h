/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_samples (bsamples_): measured values, and what is said of them. Owns its array; what does
 * not fit in memory is counted and left out. Thread: one at a time.
 */
#pragma once

#include <stddef.h>

struct bench_samples {
	double *v; /* owned */
	size_t n, cap;
	size_t n_dropped; /* memory was short */
};

void bsamples_add(struct bench_samples *s, double value);
/* The value that `share` (0 to 1) of the samples do not exceed: 0 is the least, 0.5 the median (of
 * an even number the mean of both in the middle), 1 the greatest. Sorts. NAN when there is none. */
double bsamples_at(struct bench_samples *s, double share);
void bsamples_done(struct bench_samples *s);

static inline void bsamples_cleanup(struct bench_samples *s)
{
	bsamples_done(s);
}
#define CLEANUP_SAMPLES __attribute__((cleanup(bsamples_cleanup)))
