/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop_backend: what a way of waiting gives to the loop. Private to engine/loop*.c.
 *
 * A backend knows descriptors by token: the descriptor in the low half, the generation of its watch
 * in the high half. Generation 0 is never a watch's, so a backend may use small numbers for itself.
 * What it reports may be out of date (a watch removed since): loop.c compares the generation.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct loop_ready {
	uint64_t token;
	uint32_t events; /* POLL* */
};

/* Every function: 0 (or a count) or a negative errno. */
struct loop_ops {
	const char *name;
	void *(*open)(struct err *err); /* NULL: refused, and *err says why */
	void (*close)(void *backend);
	int (*add)(void *backend, int fd, uint64_t token);
	/* When it returns the backend holds no reference to the open file any more. */
	int (*remove)(void *backend, int fd, uint64_t token);
	/* Before this the descriptor is not reported again. Called after the callback, so that one
	 * that is still ready is found ready. NULL: nothing to do. */
	int (*rearm)(void *backend, int fd, uint64_t token);
	/* Up to `cap` that are ready; 0 on timeout or signal. */
	int (*wait)(void *backend, int64_t timeout_ns, struct loop_ready *ret_ready, size_t cap);
};

extern const struct loop_ops loop_uring_ops;
extern const struct loop_ops loop_epoll_ops;
