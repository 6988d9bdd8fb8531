/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/loop.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/loop_backend.h"
#include "engine/now.h"

#define LOOP_FD_MAX (1 << 20) /* the table is as long as the highest descriptor */
#define LOOP_BATCH 64         /* callbacks between two waits */

struct watch {
	loop_fn fn; /* NULL: not watched */
	void *arg;
	uint32_t generation; /* the descriptor may be closed and be another one's later */
};

struct loop {
	const struct loop_ops *ops;
	void *backend;
	struct watch *watches; /* by descriptor */
	int n_watches;
	uint32_t generation;
	bool waiting;
};

static uint64_t token_of(int fd, const struct watch *w)
{
	return (uint64_t)w->generation << 32 | (uint32_t)fd;
}

/* NULL: removed since it was armed. */
static struct watch *watch_of(struct loop *l, uint64_t token)
{
	uint32_t fd = (uint32_t)token;
	struct watch *w = fd < (uint32_t)l->n_watches ? &l->watches[fd] : NULL;

	return w && w->fn && w->generation == token >> 32 ? w : NULL;
}

static void *backend_open(struct loop *l, const struct loop_ops *ops, struct err *err)
{
	l->ops = ops;
	l->backend = ops->open(err);
	return l->backend;
}

struct loop *loop_new(enum loop_backend backend, struct err *err)
{
	CLEANUP_FREE struct loop *l = calloc(1, sizeof(*l));
	struct err why = { 0 };

	if (!l) {
		(void)err_set(err, -ENOMEM, "loop cannot be had (ENOMEM)");
		return NULL;
	}
	if (backend != LOOP_EPOLL && backend_open(l, &loop_uring_ops, &why))
		return TAKE_PTR(l);
	if (backend == LOOP_IO_URING) {
		(void)err_set(err, why.code, "%s", why.text);
		return NULL;
	}
	if (!backend_open(l, &loop_epoll_ops, err))
		return NULL;
	if (why.code)
		(void)err_set(err, why.code, "%s", why.text);
	return TAKE_PTR(l);
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	l->ops->close(l->backend);
	free(l->watches);
	free(l);
}

const char *loop_backend_name(const struct loop *l)
{
	return l->ops->name;
}

static int table_grow(struct loop *l, int fd)
{
	int n = l->n_watches ? l->n_watches : 64;
	struct watch *grown;

	if (fd < l->n_watches)
		return 0;
	if (fd >= LOOP_FD_MAX)
		return -EMFILE;
	while (n <= fd)
		n *= 2;
	grown = reallocarray(l->watches, (size_t)n, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(grown + l->n_watches, 0, (size_t)(n - l->n_watches) * sizeof(*grown));
	l->watches = grown;
	l->n_watches = n;
	return 0;
}

/* epoll refuses files, io_uring reports them without end: the same answer for both. */
static int check_pollable(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -EBADF;
	return S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) ? -EPERM : 0;
}

static uint32_t next_generation(struct loop *l)
{
	if (++l->generation == 0) /* means: not a watch's */
		l->generation = 1;
	return l->generation;
}

int loop_add(struct loop *l, int fd, loop_fn fn, void *arg, struct err *err)
{
	struct watch *w;
	int r = check_pollable(fd);

	if (r == 0)
		r = table_grow(l, fd);
	if (r == 0 && l->watches[fd].fn)
		r = -EEXIST;
	if (r == 0) {
		w = &l->watches[fd];
		w->generation = next_generation(l);
		r = l->ops->add(l->backend, fd, token_of(fd, w));
	}
	if (r < 0)
		return err_set(err, r, "descriptor %d cannot be watched (%s)", fd, err_name(r));
	l->watches[fd].fn = fn;
	l->watches[fd].arg = arg;
	return 0;
}

void loop_remove(struct loop *l, int fd)
{
	struct watch *w = fd >= 0 && fd < l->n_watches ? &l->watches[fd] : NULL;

	if (!w || !w->fn)
		return;
	w->fn = NULL;
	/* A failure changes nothing: what is still reported for it is not delivered. */
	(void)l->ops->remove(l->backend, fd, token_of(fd, w));
}

static int64_t now_ns(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC);
}

/* Number of callbacks, or what went wrong when arming again. */
static int dispatch(struct loop *l, const struct loop_ready *ready, int n_ready)
{
	int n = 0, r, result = 0;

	for (int i = 0; i < n_ready; i++) {
		const struct watch *w = watch_of(l, ready[i].token);

		if (!w)
			continue;
		n++;
		w->fn(w->arg, ready[i].events);
		if (!l->ops->rearm || ready[i].events & POLLNVAL || !watch_of(l, ready[i].token))
			continue;
		r = l->ops->rearm(l->backend, (int)(uint32_t)ready[i].token, ready[i].token);
		if (r < 0)
			result = r;
	}
	return result < 0 ? result : n;
}

/* Again when all that came was out of date, for the rest of the time. */
static int wait_and_dispatch(struct loop *l, int64_t timeout_ns)
{
	int64_t end_ns = timeout_ns > 0 ? now_ns() + timeout_ns : 0;
	struct loop_ready ready[LOOP_BATCH];
	int n_ready, n;

	for (;;) {
		n_ready = l->ops->wait(l->backend, timeout_ns, ready, LOOP_BATCH);
		if (n_ready <= 0)
			return n_ready;
		n = dispatch(l, ready, n_ready);
		if (n)
			return n;
		if (timeout_ns > 0) {
			timeout_ns = end_ns - now_ns();
			timeout_ns = timeout_ns < 0 ? 0 : timeout_ns;
		}
	}
}

int loop_wait(struct loop *l, int64_t timeout_ns)
{
	int r;

	if (l->waiting)
		return -EBUSY; /* from a callback */
	l->waiting = true;
	r = wait_and_dispatch(l, timeout_ns);
	l->waiting = false;
	return r;
}
