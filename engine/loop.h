/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop: waits for descriptors (timers and signals come as timerfd and signalfd), and calls back.
 * Two implementations: io_uring polls, and epoll where io_uring is refused (container runtimes'
 * default seccomp profiles do that); chosen at start, by trying. The ring is restricted to polls:
 * it is no way around the sandbox. Thread: one loop, one thread, from loop_new() on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct loop;

enum loop_backend { LOOP_AUTO, LOOP_IO_URING, LOOP_EPOLL };

/* Called with the poll events that are ready (POLLIN, POLLHUP, ...). It must make the descriptor
 * not ready (read it), or it is called again. */
typedef void (*loop_fn)(void *arg, uint32_t events);

/* LOOP_AUTO falls back to epoll; *err then says why io_uring was refused (code set), and the
 * return value is still a loop. NULL: neither could be had. */
struct loop *loop_new(enum loop_backend backend, struct err *err);
void loop_free(struct loop *l);                      /* not from a callback */
const char *loop_backend_name(const struct loop *l); /* "io_uring" or "epoll" */

/* Watches `fd` for POLLIN (and POLLHUP, POLLERR). The descriptor stays the caller's. -EBADF, -EPERM
 * (a file or directory: always ready), -EEXIST (watched already), -EMFILE, -ENOMEM. */
int loop_add(struct loop *l, int fd, loop_fn fn, void *arg, struct err *err);
/* Must be called before the descriptor is closed; from callbacks too. No callback for it
 * afterwards. */
void loop_remove(struct loop *l, int fd);

/* Waits until something is ready, or `timeout_ns` (-1: for ever; 0: only looks), and calls back.
 * Returns the number of callbacks, 0 on timeout or signal, negative errno (-EBUSY: from a
 * callback). */
int loop_wait(struct loop *l, int64_t timeout_ns);
