/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_text: the text exposition format 0.0.4 (prefix mtext_). Takes families one after the
 * other, each once, and their series; keeps to the limit that metrics_def.h sets: what is beyond it
 * is summed up in one last series, whose first label is METRICS_OTHERS and whose others are "".
 *
 * A label's value is escaped, becomes UTF-8 (what is not is U+FFFD), and is cut after
 * MTEXT_VALUE_MAX bytes. Series of a family must differ before that, too.
 *
 * Thread: whose the FILE is.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "engine/metrics/metrics_def.h"

#define MTEXT_VALUE_MAX 256U

struct mtext {
	FILE *out; /* borrowed */
	const struct metrics_def *def;
	unsigned int n_series; /* of the family */
	double others;
};

void mtext_begin(struct mtext *t, FILE *out);
/* HELP and TYPE; what follows is of this family. */
void mtext_family(struct mtext *t, enum metrics_id id);
/* Of a counter or gauge; as many label values as the family has labels. */
void mtext_sample(struct mtext *t, double value, const char *const values[]);
/* One bucket of a histogram, with the sum of those before it; in order. */
void mtext_bucket(struct mtext *t, double limit, uint64_t n_below);
/* What ends a histogram: the bucket without a limit, sum and count. */
void mtext_histogram_end(struct mtext *t, uint64_t n, double sum);
void mtext_end(struct mtext *t);

/* With label values as they are. */
#define MTEXT_SAMPLE(t, value, ...)                                                                \
	mtext_sample(t, (double)(value), (const char *const[]){ __VA_ARGS__, NULL })
/* A family of one series without labels. */
void mtext_single(struct mtext *t, enum metrics_id id, double value);
