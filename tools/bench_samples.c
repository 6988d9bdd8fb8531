/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_samples.h"

#include <math.h>
#include <stdlib.h>

#define FIRST_CAP 64

void bsamples_add(struct bench_samples *s, double value)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : FIRST_CAP;
		double *grown = reallocarray(s->v, cap, sizeof(*grown));

		if (!grown) {
			s->n_dropped++;
			return;
		}
		s->v = grown;
		s->cap = cap;
	}
	s->v[s->n++] = value;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double bsamples_at(struct bench_samples *s, double share)
{
	size_t rank;

	if (s->n == 0)
		return NAN;
	qsort(s->v, s->n, sizeof(*s->v), by_value);
	if (share == 0.5 && s->n % 2 == 0)
		return (s->v[s->n / 2 - 1] + s->v[s->n / 2]) / 2;
	/* Nearest rank: a value that was measured, never one in between. */
	rank = (size_t)((double)s->n * share);
	if ((double)rank < (double)s->n * share)
		rank++;
	return s->v[rank > 0 ? rank - 1 : 0];
}

void bsamples_done(struct bench_samples *s)
{
	if (!s)
		return;
	free(s->v);
	*s = (struct bench_samples){ .v = NULL };
}
