/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-shot polls, armed again after the callback, and not multishot ones. A poll that is armed
 * looks at the file first, so what a callback leaves behind is reported again; a multishot poll is
 * edge-triggered and would need a poll(2) after each callback to find that out. The arming travels
 * with the next wait: a wake-up is one system call. And while the engine is awake, nothing is armed
 * that each ring of a doorbell would have to run through. Measured on 6.18, write to an eventfd,
 * wait, read: one-shot 1.26 us, multishot with poll(2) 1.42 us, epoll 1.20 us; a look that finds
 * nothing: 8 ns, epoll 260 ns.
 */
#include "engine/loop_backend.h"

#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"

#define URING_SUBMISSIONS 64   /* in one system call */
#define URING_COMPLETIONS 1024 /* one for each descriptor that can be ready at once, and some */
#define URING_BATCH 64
#define URING_TOKEN_CANCEL 1ULL /* generation 0 */
#define NS_PER_S 1000000000

struct uring_backend {
	struct io_uring ring;
};

static void uring_close(void *backend)
{
	struct uring_backend *u = backend;

	io_uring_queue_exit(&u->ring);
	free(u);
}

/* 0: allowed; 1: for privileged ones only; 2: for nobody; -1: this kernel does not say. */
static int sysctl_io_uring_disabled(void)
{
	CLEANUP_FILE FILE *f = fopen("/proc/sys/kernel/io_uring_disabled", "re");
	int value = -1;

	if (f && fscanf(f, "%d", &value) != 1)
		value = -1;
	return value;
}

static int refused(int code, struct err *err)
{
	int disabled;

	if (code == -ENOSYS)
		return err_set(err, code,
			       "io_uring is not in this kernel, or hidden by a seccomp profile "
			       "(ENOSYS)");
	if (code != -EPERM)
		return err_set(err, code, "io_uring cannot be had (%s)", err_name(code));
	disabled = sysctl_io_uring_disabled();
	if (disabled > 0)
		return err_set(err, code,
			       "io_uring is switched off: kernel.io_uring_disabled is %d",
			       disabled);
	return err_set(err, code, "io_uring is refused, most likely by a seccomp profile (EPERM)");
}

/* io_uring goes around seccomp. So the ring can do no more than what the loop does with it: add
 * polls and remove them. It starts disabled, and there is no way back once it is enabled. By
 * number: liburing.so 2.3 declares the functions for it but does not export them. */
static int restrict_and_enable(const struct io_uring *ring)
{
	const struct io_uring_restriction allowed[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_POLL_ADD },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_POLL_REMOVE },
	};
	unsigned int fd = (unsigned int)ring->ring_fd;
	int r;

	r = io_uring_register(fd, IORING_REGISTER_RESTRICTIONS, allowed, ARRAY_LEN(allowed));
	return r < 0 ? r : io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

/* Best first: what a completion interrupts. Deferred (6.1): nothing, it is taken in at the next
 * wait. Cooperative (5.19): nothing that is running. TASKRUN_FLAG: a look that finds nothing needs
 * no system call. */
static const unsigned int setup_flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG,
	0,
};

static int setup(struct io_uring *ring)
{
	struct io_uring_params p;
	int r = -EINVAL;

	for (size_t i = 0; i < ARRAY_LEN(setup_flags) && r == -EINVAL; i++) {
		p = (struct io_uring_params){
			.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_CQSIZE | setup_flags[i],
			.cq_entries = URING_COMPLETIONS,
		};
		r = io_uring_queue_init_params(URING_SUBMISSIONS, ring, &p);
	}
	if (r < 0)
		return r;
	/* EXT_ARG (5.11): without it a timeout is a submission, which the ring refuses. */
	r = p.features & IORING_FEAT_EXT_ARG ? restrict_and_enable(ring) : -ENOSYS;
	if (r < 0)
		io_uring_queue_exit(ring);
	return r;
}

static void *uring_open(struct err *err)
{
	CLEANUP_FREE struct uring_backend *u = calloc(1, sizeof(*u));
	int r;

	if (!u) {
		(void)err_set(err, -ENOMEM, "io_uring cannot be had (ENOMEM)");
		return NULL;
	}
	r = setup(&u->ring);
	if (r < 0) {
		(void)refused(r, err);
		return NULL;
	}
	return TAKE_PTR(u);
}

static int get_sqe(struct uring_backend *u, struct io_uring_sqe **ret_sqe)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);
	int r;

	if (!sqe) { /* full: hand over what is there */
		r = io_uring_submit(&u->ring);
		if (r < 0)
			return r;
		sqe = io_uring_get_sqe(&u->ring);
		if (!sqe)
			return -EAGAIN;
	}
	*ret_sqe = sqe;
	return 0;
}

static int uring_arm(void *backend, int fd, uint64_t token)
{
	struct io_uring_sqe *sqe;
	int r = get_sqe(backend, &sqe);

	if (r < 0)
		return r;
	io_uring_prep_poll_add(sqe, fd, POLLIN);
	io_uring_sqe_set_data64(sqe, token);
	return 0;
}

/* Submitted at once: the poll holds the open file, and the other end of a pipe or a socket must see
 * it closed when the caller closes it. */
static int uring_remove(void *backend, int fd, uint64_t token)
{
	struct uring_backend *u = backend;
	struct io_uring_sqe *sqe;
	int r = get_sqe(u, &sqe);

	(void)fd;
	if (r < 0)
		return r;
	io_uring_prep_poll_remove(sqe, token);
	io_uring_sqe_set_data64(sqe, URING_TOKEN_CANCEL);
	r = io_uring_submit_and_get_events(&u->ring);
	return r < 0 ? r : 0;
}

static int look(struct io_uring *ring)
{
	if (io_uring_sq_ready(ring))
		return io_uring_submit_and_get_events(ring);
	return 0;
}

/* Without a timeout not through io_uring_submit_and_wait_timeout(): when it had something to submit
 * it goes back to waiting after a signal (liburing 2.3). */
static int block(struct io_uring *ring, int64_t timeout_ns)
{
	struct __kernel_timespec ts = { .tv_sec = timeout_ns / NS_PER_S,
					.tv_nsec = timeout_ns % NS_PER_S };
	struct io_uring_cqe *cqe;

	if (timeout_ns < 0)
		return io_uring_submit_and_wait(ring, 1);
	return io_uring_submit_and_wait_timeout(ring, &cqe, 1, &ts, NULL);
}

/* EBUSY (5.15): the completions are full, which taking some of them cures. */
static bool is_no_error(int r)
{
	return r >= 0 || r == -ETIME || r == -EINTR || r == -EBUSY;
}

/* A poll that failed (its descriptor was closed behind our back) is told as POLLNVAL. */
static uint32_t events_of(const struct io_uring_cqe *cqe)
{
	return cqe->res < 0 ? POLLNVAL : (uint32_t)cqe->res;
}

static int uring_wait(void *backend, int64_t timeout_ns, struct loop_ready *ret_ready, size_t cap)
{
	struct io_uring_cqe *cqes[URING_BATCH];
	struct uring_backend *u = backend;
	unsigned int n;
	int r;

	r = timeout_ns == 0 ? look(&u->ring) : block(&u->ring, timeout_ns);
	if (!is_no_error(r))
		return r;
	n = io_uring_peek_batch_cqe(&u->ring, cqes,
				    cap < ARRAY_LEN(cqes) ? (unsigned int)cap : ARRAY_LEN(cqes));
	for (unsigned int i = 0; i < n; i++) {
		ret_ready[i].token = cqes[i]->user_data;
		ret_ready[i].events = events_of(cqes[i]);
	}
	io_uring_cq_advance(&u->ring, n);
	return (int)n;
}

const struct loop_ops loop_uring_ops = {
	.name = "io_uring",
	.open = uring_open,
	.close = uring_close,
	.add = uring_arm,
	.remove = uring_remove,
	.rearm = uring_arm,
	.wait = uring_wait,
};
