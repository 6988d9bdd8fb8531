/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_arrivals (barrivals_): when marked lines come out of a pipe. A thread of its own reads
 * without pause, so that who writes is never held up by what else is measured. A mark is a path
 * that nobody else opens, with a number behind it.
 *
 * Thread: main, but for the reader inside; what it writes is read through atomics.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define BARRIVALS_MARK_MAX 48 /* bytes of a mark with its NUL */

struct bench_arrivals;

/* Reads `fd`, which it owns from now on (and closes if it fails), until its end, for marks 0 to
 * n_marks - 1. */
struct bench_arrivals *barrivals_new(int fd, size_t n_marks, struct err *err);
/* Waits for the end: the writers must end or have ended. */
void barrivals_free(struct bench_arrivals *a);

/* The path that stands for mark `i`. */
void barrivals_mark(const struct bench_arrivals *a, size_t i, char ret[static BARRIVALS_MARK_MAX]);
/* bench_now_ns() when the whole line with mark `i` had been read; 0: it has not. */
uint64_t barrivals_at_ns(const struct bench_arrivals *a, size_t i);
/* ... the first line of all. */
uint64_t barrivals_first_ns(const struct bench_arrivals *a);
/* Waits until mark `i` (or, for n_marks, the first line) is there, at most until `end_ns` or the
 * end of the pipe. */
void barrivals_await(const struct bench_arrivals *a, size_t i, uint64_t end_ns);

static inline void cleanup_barrivals(struct bench_arrivals **a)
{
	barrivals_free(*a);
}
