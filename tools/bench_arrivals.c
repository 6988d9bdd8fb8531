/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_arrivals.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_clock.h"

#define BUFFER_BYTES (2U << 20) /* longer than any line of the engine */
#define AWAIT_NS (BENCH_NS_PER_MS / 2)

struct bench_arrivals {
	int fd;
	pthread_t thread;
	char prefix[BARRIVALS_MARK_MAX / 2]; /* of all marks; the rest is for the number */
	size_t prefix_len;
	char *buffer; /* owned; the reader's */
	size_t len;   /* bytes in it: an unfinished line */
	size_t n_marks;
	_Atomic bool is_over; /* there will be no more */
	_Atomic uint64_t first_ns;
	_Atomic uint64_t at_ns[]; /* n_marks */
};

static void take_line(struct bench_arrivals *a, const char *line, size_t len, uint64_t now_ns)
{
	const char *at = memmem(line, len, a->prefix, a->prefix_len);
	size_t i;

	if (!at)
		return;
	i = strtoul(at + a->prefix_len, NULL, 10); /* the line's newline ends it at the latest */
	/* Relaxed, here and below: a figure that stands for itself. */
	if (i < a->n_marks)
		atomic_store_explicit(&a->at_ns[i], now_ns, memory_order_relaxed);
}

/* `n` more bytes are in the buffer. */
static void take_bytes(struct bench_arrivals *a, size_t n, uint64_t now_ns)
{
	char *line = a->buffer, *from = a->buffer + a->len, *end = from + n, *newline;

	while ((newline = memchr(from, '\n', (size_t)(end - from))) != NULL) {
		take_line(a, line, (size_t)(newline - line), now_ns);
		if (atomic_load_explicit(&a->first_ns, memory_order_relaxed) == 0)
			atomic_store_explicit(&a->first_ns, now_ns, memory_order_relaxed);
		line = from = newline + 1;
	}
	a->len = (size_t)(end - line);
	memmove(a->buffer, line, a->len);
	if (a->len == BUFFER_BYTES)
		a->len = 0; /* not a line of ours */
}

static void *read_all(void *arg)
{
	struct bench_arrivals *a = arg;

	for (;;) {
		ssize_t n = read(a->fd, a->buffer + a->len, BUFFER_BYTES - a->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		take_bytes(a, (size_t)n, bench_now_ns());
	}
	/* Release: who sees it (barrivals_await()) sees every arrival. */
	atomic_store_explicit(&a->is_over, true, memory_order_release);
	return NULL;
}

struct bench_arrivals *barrivals_new(int fd, size_t n_marks, struct err *err)
{
	struct bench_arrivals *a = calloc(1, sizeof(*a) + n_marks * sizeof(a->at_ns[0]));
	int rc = -ENOMEM;

	if (a) {
		a->fd = fd;
		a->n_marks = n_marks;
		a->prefix_len = (size_t)snprintf(a->prefix, sizeof(a->prefix), "/warder-bench-%d-",
						 (int)getpid());
		a->buffer = malloc(BUFFER_BYTES);
		if (a->buffer)
			rc = -pthread_create(&a->thread, NULL, read_all, a);
	}
	if (rc == 0)
		return a;
	(void)err_set(err, rc, "pipe cannot be read: no thread (%s)", err_name(rc));
	(void)close(fd);
	free(a ? a->buffer : NULL);
	free(a);
	return NULL;
}

void barrivals_free(struct bench_arrivals *a)
{
	if (!a)
		return;
	(void)pthread_join(a->thread, NULL); /* it runs, and has not been joined */
	(void)close(a->fd);
	free(a->buffer);
	free(a);
}

void barrivals_mark(const struct bench_arrivals *a, size_t i, char ret[static BARRIVALS_MARK_MAX])
{
	(void)snprintf(ret, BARRIVALS_MARK_MAX, "%s%zu", a->prefix, i); /* fits */
}

uint64_t barrivals_at_ns(const struct bench_arrivals *a, size_t i)
{
	return i < a->n_marks ? atomic_load_explicit(&a->at_ns[i], memory_order_relaxed) : 0;
}

uint64_t barrivals_first_ns(const struct bench_arrivals *a)
{
	return atomic_load_explicit(&a->first_ns, memory_order_relaxed);
}

void barrivals_await(const struct bench_arrivals *a, size_t i, uint64_t end_ns)
{
	while (!atomic_load_explicit(&a->is_over, memory_order_acquire) &&
	       bench_now_ns() < end_ns &&
	       (i < a->n_marks ? barrivals_at_ns(a, i) : barrivals_first_ns(a)) == 0)
		bench_sleep_until(bench_now_ns() + AWAIT_NS);
}
