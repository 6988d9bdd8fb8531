/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#include "common/cleanup.h"
#include "engine/loop.h"
#include "engine/now.h"

#define MS 1000000LL
#define SECOND (1000 * MS)

/* Every case runs on both; io_uring is left out where the kernel refuses it. */
static const enum loop_backend backends[] = { LOOP_EPOLL, LOOP_IO_URING };
static int n_backends = 2;

static struct loop *loop;

struct probe {
	struct loop *loop;
	int fd;
	int n_calls;
	uint32_t events;
	size_t n_take; /* bytes that the callback reads */
};

static void on_ready(void *arg, uint32_t events)
{
	struct probe *p = arg;
	char buf[64];

	p->n_calls++;
	p->events = events;
	if (p->n_take)
		ck_assert_int_gt(read(p->fd, buf, p->n_take), 0);
}

static void open_loop(int i)
{
	struct err err = { 0 };

	loop = loop_new(backends[i], &err);
	ck_assert_msg(loop != NULL, "%s", err.text);
	ck_assert_int_eq(err.code, 0);
	ck_assert_str_eq(loop_backend_name(loop), backends[i] == LOOP_EPOLL ? "epoll" : "io_uring");
}

static void teardown(void)
{
	loop_free(loop);
	loop = NULL;
}

static void watch(int fd, loop_fn fn, void *arg)
{
	struct err err = { 0 };

	ck_assert_msg(loop_add(loop, fd, fn, arg, &err) == 0, "%s", err.text);
}

static void open_pipe(int ret_fds[2])
{
	ck_assert_int_eq(pipe2(ret_fds, O_CLOEXEC | O_NONBLOCK), 0);
}

static void put(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static int64_t now_ns(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC);
}

START_TEST(ready_descriptor_calls_back)
{
	struct probe p = { .n_take = 64 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	watch(fds[0], on_ready, &p);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(p.n_calls, 1);
	ck_assert_uint_eq(p.events, POLLIN);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, 0), 1);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, -1), 1);
	ck_assert_int_eq(p.n_calls, 3);
}
END_TEST

START_TEST(descriptor_that_stays_ready_calls_again)
{
	struct probe takes = { .n_take = 1 }, ignores = { 0 };
	int a[2], b[2];

	open_loop(_i);
	open_pipe(a);
	open_pipe(b);
	takes.fd = a[0];
	watch(a[0], on_ready, &takes);
	watch(b[0], on_ready, &ignores);
	put(a[1], "abc");
	put(b[1], "x");
	for (int i = 0; i < 10; i++)
		ck_assert_int_gt(loop_wait(loop, SECOND), 0);
	ck_assert_int_eq(takes.n_calls, 3);
	ck_assert_int_eq(ignores.n_calls, 10);
}
END_TEST

START_TEST(wait_lasts_as_long_as_it_was_told)
{
	const int64_t waits[] = { 300000, 2 * MS, 30 * MS };
	struct probe p = { .n_take = 64 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	watch(fds[0], on_ready, &p);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		int64_t start;

		put(fds[1], "x"); /* so that there is something to arm again */
		ck_assert_int_eq(loop_wait(loop, -1), 1);
		start = now_ns();
		ck_assert_int_eq(loop_wait(loop, waits[i]), 0);
		ck_assert_int_ge(now_ns() - start, waits[i]);
	}
}
END_TEST

START_TEST(hang_up_is_told)
{
	struct probe p = { 0 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	watch(fds[0], on_ready, &p);
	close(fds[1]);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_uint_ne(p.events & POLLHUP, 0);
}
END_TEST

START_TEST(timer_calls_back)
{
	struct itimerspec when = { .it_value.tv_nsec = 1000000 };
	struct probe p = { .n_take = 8 };

	open_loop(_i);
	p.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	watch(p.fd, on_ready, &p);
	ck_assert_int_eq(timerfd_settime(p.fd, 0, &when, NULL), 0);
	ck_assert_int_eq(loop_wait(loop, -1), 1);
	ck_assert_int_eq(p.n_calls, 1);
}
END_TEST

static void *ring_bell(void *arg)
{
	const uint64_t one = 1;
	const int *fd = arg;

	usleep(10000);
	return write(*fd, &one, sizeof(one)) == sizeof(one) ? arg : NULL;
}

START_TEST(another_thread_wakes_it)
{
	struct probe p = { .n_take = 8 };
	pthread_t thread;
	void *rung;

	open_loop(_i);
	p.fd = eventfd(0, EFD_CLOEXEC);
	watch(p.fd, on_ready, &p);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(pthread_create(&thread, NULL, ring_bell, &p.fd), 0);
		ck_assert_int_eq(loop_wait(loop, -1), 1);
		ck_assert_int_eq(pthread_join(thread, &rung), 0);
		ck_assert_ptr_eq(rung, &p.fd);
	}
	ck_assert_int_eq(p.n_calls, 5);
}
END_TEST

static void on_signal(int signo)
{
	(void)signo;
}

/* The timer goes on ringing: a signal that comes before the wait is no test. */
START_TEST(signal_ends_the_wait)
{
	const struct itimerval every = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = on_signal };
	struct probe p = { .n_take = 64 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	watch(fds[0], on_ready, &p);
	ck_assert_int_eq(sigaction(SIGALRM, &sa, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &every, NULL), 0);
	ck_assert_int_eq(loop_wait(loop, -1), 0);
	put(fds[1], "x");
	while (p.n_calls == 0)
		ck_assert_int_ge(loop_wait(loop, -1), 0);
	ck_assert_int_eq(loop_wait(loop, -1), 0); /* with a descriptor to arm again */
	ck_assert_int_eq(loop_wait(loop, 100 * SECOND), 0);
}
END_TEST

static void on_ready_remove(void *arg, uint32_t events)
{
	struct probe *p = arg;

	on_ready(p, events);
	loop_remove(p->loop, p->fd);
}

START_TEST(callback_may_remove_itself)
{
	struct probe p = { 0 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	p.loop = loop;
	watch(fds[0], on_ready_remove, &p);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	ck_assert_int_eq(loop_wait(loop, 5 * MS), 0);
	ck_assert_int_eq(p.n_calls, 1);
	watch(fds[0], on_ready, &p);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
}
END_TEST

struct pair {
	struct probe probe;
	struct pair *other;
	struct probe *successor; /* gets the other's descriptor number */
	int quiet_fd;
};

static void on_ready_remove_other(void *arg, uint32_t events)
{
	struct pair *p = arg;

	on_ready(&p->probe, events);
	loop_remove(p->probe.loop, p->other->probe.fd);
	if (!p->successor)
		return;
	ck_assert_int_eq(dup2(p->quiet_fd, p->other->probe.fd), p->other->probe.fd);
	watch(p->other->probe.fd, on_ready, p->successor);
}

static void ready_pair(struct pair pair[2], struct probe *successor, int quiet_fd)
{
	for (int i = 0; i < 2; i++) {
		int fds[2];

		open_pipe(fds);
		put(fds[1], "x");
		pair[i] = (struct pair){
			.probe = { .loop = loop, .fd = fds[0] },
			.other = &pair[!i],
			.successor = successor,
			.quiet_fd = quiet_fd,
		};
		watch(fds[0], on_ready_remove_other, &pair[i]);
	}
}

START_TEST(callback_may_remove_another_that_is_ready)
{
	struct pair pair[2];

	open_loop(_i);
	ready_pair(pair, NULL, -1);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(pair[0].probe.n_calls + pair[1].probe.n_calls, 1);
}
END_TEST

START_TEST(reused_descriptor_gets_nothing_of_its_predecessor)
{
	struct probe successor = { 0 };
	struct pair pair[2];
	int quiet[2];

	open_loop(_i);
	open_pipe(quiet);
	ready_pair(pair, &successor, quiet[0]);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	pair[0].successor = pair[1].successor = NULL;
	loop_remove(loop, pair[pair[1].probe.n_calls].probe.fd); /* the one that ran */
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	ck_assert_int_eq(loop_wait(loop, 5 * MS), 0);
	ck_assert_int_eq(successor.n_calls, 0);
	put(quiet[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(successor.n_calls, 1);
}
END_TEST

START_TEST(removed_descriptor_is_really_closed)
{
	struct probe p = { 0 };
	int fds[2];

	open_loop(_i);
	signal(SIGPIPE, SIG_IGN);
	open_pipe(fds);
	watch(fds[0], on_ready, &p);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	loop_remove(loop, fds[0]);
	close(fds[0]);
	ck_assert_int_eq(write(fds[1], "x", 1), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(loop_wait(loop, 5 * MS), 0);
	loop_remove(loop, fds[0]); /* nothing */
	loop_remove(loop, -1);
	loop_remove(loop, 100000);
}
END_TEST

START_TEST(add_refuses_what_cannot_be_waited_for)
{
	FILE *file = tmpfile();
	struct probe p = { 0 };
	struct err err = { 0 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	watch(fds[0], on_ready, &p);
	ck_assert_int_eq(loop_add(loop, fds[0], on_ready, &p, &err), -EEXIST);
	ck_assert_int_eq(err.code, -EEXIST);
	ck_assert_int_eq(loop_add(loop, -1, on_ready, &p, &err), -EBADF);
	ck_assert_int_eq(loop_add(loop, 999, on_ready, &p, &err), -EBADF);
	ck_assert_str_eq(err.text, "descriptor 999 cannot be watched (EBADF)");
	ck_assert_int_eq(loop_add(loop, fileno(file), on_ready, &p, &err), -EPERM);
	fclose(file);
}
END_TEST

struct many {
	struct loop *loop;
	int fd, copy_fd;
	struct probe probe;
};

static void on_ready_add(void *arg, uint32_t events)
{
	struct many *m = arg;

	(void)events;
	loop_remove(m->loop, m->fd);
	m->copy_fd = fcntl(m->fd, F_DUPFD_CLOEXEC, 700);
	ck_assert_int_ge(m->copy_fd, 700);
	m->probe.fd = m->copy_fd;
	watch(m->copy_fd, on_ready, &m->probe);
}

START_TEST(callback_may_add)
{
	struct many m = { .probe.n_take = 64 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	m.loop = loop;
	m.fd = fds[0];
	watch(fds[0], on_ready_add, &m);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(m.probe.n_calls, 1);
}
END_TEST

/* More than a batch, a submission queue, and with three rounds the completion queue. */
START_TEST(all_of_many_are_served)
{
	enum { N = 400 };
	struct probe probes[N] = { 0 };
	const uint64_t one = 1;

	open_loop(_i);
	for (int i = 0; i < N; i++) {
		probes[i].fd = eventfd(0, EFD_CLOEXEC);
		probes[i].n_take = 8;
		watch(probes[i].fd, on_ready, &probes[i]);
	}
	for (int round = 1; round <= 3; round++) {
		int n = 0, r;

		for (int i = 0; i < N; i++)
			ck_assert_int_eq(write(probes[i].fd, &one, 8), 8);
		while ((r = loop_wait(loop, 0)) > 0)
			n += r;
		ck_assert_int_eq(r, 0);
		ck_assert_int_eq(n, N);
		for (int i = 0; i < N; i++)
			ck_assert_int_eq(probes[i].n_calls, round);
	}
	for (int i = 0; i < N; i++) {
		loop_remove(loop, probes[i].fd);
		close(probes[i].fd);
	}
	ck_assert_int_eq(loop_wait(loop, 0), 0);
}
END_TEST

static void on_ready_wait(void *arg, uint32_t events)
{
	struct probe *p = arg;

	on_ready(p, events);
	ck_assert_int_eq(loop_wait(p->loop, 0), -EBUSY);
}

START_TEST(callback_may_not_wait)
{
	struct probe p = { .n_take = 64 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	p.loop = loop;
	watch(fds[0], on_ready_wait, &p);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(p.n_calls, 1);
}
END_TEST

/* Against the rules; it must not turn into a loop that spins. */
static void on_ready_close(void *arg, uint32_t events)
{
	struct probe *p = arg;

	p->n_calls++;
	p->events = events;
	if (p->n_calls == 1)
		close(p->fd);
}

START_TEST(descriptor_closed_too_early_does_not_spin)
{
	struct probe p = { 0 };
	int fds[2];

	open_loop(_i);
	open_pipe(fds);
	p.fd = fds[0];
	watch(fds[0], on_ready_close, &p);
	put(fds[1], "x");
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	while (loop_wait(loop, 5 * MS) > 0)
		;
	ck_assert_int_le(p.n_calls, 2);
	if (backends[_i] == LOOP_IO_URING)
		ck_assert_uint_eq(p.events, POLLNVAL);
	loop_remove(loop, fds[0]);
}
END_TEST

static Suite *loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("waiting");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, ready_descriptor_calls_back, 0, n_backends);
	tcase_add_loop_test(tc, descriptor_that_stays_ready_calls_again, 0, n_backends);
	tcase_add_loop_test(tc, wait_lasts_as_long_as_it_was_told, 0, n_backends);
	tcase_add_loop_test(tc, hang_up_is_told, 0, n_backends);
	tcase_add_loop_test(tc, timer_calls_back, 0, n_backends);
	tcase_add_loop_test(tc, another_thread_wakes_it, 0, n_backends);
	tcase_add_loop_test(tc, signal_ends_the_wait, 0, n_backends);
	tcase_add_loop_test(tc, all_of_many_are_served, 0, n_backends);
	suite_add_tcase(s, tc);

	tc = tcase_create("changes while it runs");
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, callback_may_remove_itself, 0, n_backends);
	tcase_add_loop_test(tc, callback_may_remove_another_that_is_ready, 0, n_backends);
	tcase_add_loop_test(tc, reused_descriptor_gets_nothing_of_its_predecessor, 0, n_backends);
	tcase_add_loop_test(tc, removed_descriptor_is_really_closed, 0, n_backends);
	tcase_add_loop_test(tc, add_refuses_what_cannot_be_waited_for, 0, n_backends);
	tcase_add_loop_test(tc, callback_may_add, 0, n_backends);
	tcase_add_loop_test(tc, callback_may_not_wait, 0, n_backends);
	tcase_add_loop_test(tc, descriptor_closed_too_early_does_not_spin, 0, n_backends);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	struct err why = { 0 };
	struct loop *l = loop_new(LOOP_IO_URING, &why);
	SRunner *sr;
	int n_failed;

	if (!l)
		n_backends = 1;
	loop_free(l);
	sr = srunner_create(loop_suite());
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (n_failed)
		return EXIT_FAILURE;
	if (n_backends == 1) {
		printf("skipped: the io_uring half, %s\n", why.text);
		return 77;
	}
	return EXIT_SUCCESS;
}
