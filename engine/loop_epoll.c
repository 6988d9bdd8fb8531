/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/loop_backend.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>

#include "common/cleanup.h"

#define EPOLL_BATCH 64
#define NS_PER_MS 1000000
#define NS_PER_S 1000000000

struct epoll_backend {
	int fd;
	bool no_pwait2; /* Linux before 5.11, or a seccomp profile that does not know it */
};

static void epoll_backend_close(void *backend)
{
	struct epoll_backend *e = backend;

	(void)close(e->fd); /* nothing is written through it */
	free(e);
}

static void *epoll_backend_open(struct err *err)
{
	CLEANUP_FD int fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_backend *e;

	if (fd < 0) {
		(void)err_set(err, -errno, "epoll cannot be had (%s)", err_name(errno));
		return NULL;
	}
	e = calloc(1, sizeof(*e));
	if (!e) {
		(void)err_set(err, -ENOMEM, "epoll cannot be had (ENOMEM)");
		return NULL;
	}
	e->fd = TAKE_FD(fd);
	return e;
}

static int epoll_backend_add(void *backend, int fd, uint64_t token)
{
	const struct epoll_backend *e = backend;
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = token };

	return epoll_ctl(e->fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int epoll_backend_remove(void *backend, int fd, uint64_t token)
{
	const struct epoll_backend *e = backend;

	(void)token;
	return epoll_ctl(e->fd, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
}

/* Rounded up: a wait that ends before its time would spin until the time has come. */
static int to_ms(int64_t ns)
{
	if (ns < 0)
		return -1;
	if (ns > (int64_t)INT_MAX * NS_PER_MS - NS_PER_MS)
		return INT_MAX;
	return (int)((ns + NS_PER_MS - 1) / NS_PER_MS);
}

static int wait_once(struct epoll_backend *e, struct epoll_event *events, int cap, int64_t ns)
{
	const struct timespec ts = { .tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S };
	int n;

	if (!e->no_pwait2) {
		n = epoll_pwait2(e->fd, events, cap, ns < 0 ? NULL : &ts, NULL);
		/* EPERM: how older container runtimes refuse what their profile has no name for. */
		if (n >= 0 || (errno != ENOSYS && errno != EPERM))
			return n < 0 ? -errno : n;
		e->no_pwait2 = true;
	}
	n = epoll_wait(e->fd, events, cap, to_ms(ns));
	return n < 0 ? -errno : n;
}

static int epoll_backend_wait(void *backend, int64_t timeout_ns, struct loop_ready *ret_ready,
			      size_t cap)
{
	struct epoll_event events[EPOLL_BATCH];
	int n;

	n = wait_once(backend, events, cap < EPOLL_BATCH ? (int)cap : EPOLL_BATCH, timeout_ns);
	if (n < 0)
		return n == -EINTR ? 0 : n;
	for (int i = 0; i < n; i++) {
		ret_ready[i].token = events[i].data.u64;
		ret_ready[i].events = events[i].events; /* EPOLL* and POLL* are the same bits */
	}
	return n;
}

const struct loop_ops loop_epoll_ops = {
	.name = "epoll",
	.open = epoll_backend_open,
	.close = epoll_backend_close,
	.add = epoll_backend_add,
	.remove = epoll_backend_remove,
	.wait = epoll_backend_wait,
};
