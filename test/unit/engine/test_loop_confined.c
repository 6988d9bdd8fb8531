/* SPDX-License-Identifier: Apache-2.0 */
/* The loop where system calls are refused, and what its ring refuses itself. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/mman.h>

#include "common/cleanup.h"
#include "engine/loop.h"
#include "engine/now.h"

#define MS 1000000LL
#define SECOND (1000 * MS)

static bool has_io_uring;
static struct loop *loop;

static void teardown(void)
{
	loop_free(loop);
	loop = NULL;
}

static int64_t now_ns(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC);
}

/* Check runs each test in a process of its own: a filter goes away with it. */
static void refuse(const int *calls, size_t n_calls, int code)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	ck_assert_ptr_nonnull(ctx);
	for (size_t i = 0; i < n_calls; i++)
		ck_assert_int_eq(seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint16_t)code), calls[i], 0),
				 0);
	ck_assert_int_eq(seccomp_load(ctx), 0);
	seccomp_release(ctx);
}

static void on_ready(void *arg, uint32_t events)
{
	uint64_t count;

	(void)events;
	ck_assert_int_eq(read(*(const int *)arg, &count, sizeof(count)), sizeof(count));
}

static void works(void)
{
	int fd = eventfd(1, EFD_CLOEXEC);
	const uint64_t one = 1;
	struct err err = { 0 };

	ck_assert_msg(loop_add(loop, fd, on_ready, &fd, &err) == 0, "%s", err.text);
	ck_assert_int_eq(loop_wait(loop, SECOND), 1);
	ck_assert_int_eq(loop_wait(loop, MS), 0);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	ck_assert_int_eq(write(fd, &one, sizeof(one)), sizeof(one));
	ck_assert_int_eq(loop_wait(loop, -1), 1);
	loop_remove(loop, fd);
	ck_assert_int_eq(loop_wait(loop, 0), 0);
	close(fd);
}

static const struct {
	int code;
	const char *why;
} refusals[] = {
	{ EPERM, "io_uring is refused, most likely by a seccomp profile (EPERM)" },
	{ ENOSYS, "io_uring is not in this kernel, or hidden by a seccomp profile (ENOSYS)" },
	{ ENOMEM, "io_uring cannot be had (ENOMEM)" },
};

START_TEST(refused_io_uring_is_epoll_with_a_reason)
{
	const int setup_call = SCMP_SYS(io_uring_setup);
	struct err err = { 0 };

	refuse(&setup_call, 1, refusals[_i].code);
	ck_assert_ptr_null(loop_new(LOOP_IO_URING, &err));
	ck_assert_str_eq(err.text, refusals[_i].why);
	err = (struct err){ 0 };
	loop = loop_new(LOOP_AUTO, &err);
	ck_assert_ptr_nonnull(loop);
	ck_assert_str_eq(loop_backend_name(loop), "epoll");
	ck_assert_int_eq(err.code, -refusals[_i].code);
	ck_assert_str_eq(err.text, refusals[_i].why);
	works();
}
END_TEST

START_TEST(epoll_without_nanoseconds_works)
{
	const int codes[] = { ENOSYS, EPERM }, call = SCMP_SYS(epoll_pwait2);
	int64_t start = now_ns();

	loop = loop_new(LOOP_EPOLL, NULL);
	ck_assert_ptr_nonnull(loop);
	refuse(&call, 1, codes[_i]);
	works();
	start = now_ns();
	ck_assert_int_eq(loop_wait(loop, 1500001), 0);
	ck_assert_int_ge(now_ns() - start, 1500001);
}
END_TEST

START_TEST(ring_works_on_when_no_other_can_be_had)
{
	const int calls[] = { SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_register) };
	struct err err = { 0 };

	loop = loop_new(LOOP_AUTO, &err);
	ck_assert_str_eq(loop_backend_name(loop), "io_uring");
	ck_assert_int_eq(err.code, 0);
	refuse(calls, ARRAY_LEN(calls), EPERM);
	works();
}
END_TEST

/* The descriptor of the loop's ring: found as an attacker inside the engine would. */
static int find_ring(void)
{
	for (int fd = 0; fd < 256; fd++) {
		char path[64], target[64] = "";

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 && strstr(target, "[io_uring]"))
			return fd;
	}
	return -1;
}

/* Submits a write through a ring whose memory is laid out as the template's. Returns what the
 * kernel made of it: bytes, or a negative errno. */
static int write_through(int ring_fd, const struct io_uring *layout, int to_fd)
{
	static const char text[] = "escaped";
	char *rings = mmap(NULL, layout->sq.ring_sz, PROT_READ | PROT_WRITE, MAP_SHARED, ring_fd,
			   IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqes = mmap(NULL, 64 * sizeof(*sqes), PROT_READ | PROT_WRITE,
					 MAP_SHARED, ring_fd, IORING_OFF_SQES);
	const char *base = layout->sq.ring_ptr;
	unsigned int *tail, *array, *cq_tail;
	struct io_uring_cqe *cqes;

	ck_assert_ptr_ne(rings, MAP_FAILED);
	ck_assert_ptr_ne(sqes, MAP_FAILED);
	tail = (unsigned int *)(void *)(rings + ((const char *)layout->sq.ktail - base));
	array = (unsigned int *)(void *)(rings + ((const char *)layout->sq.array - base));
	cq_tail = (unsigned int *)(void *)(rings + ((const char *)layout->cq.ktail - base));
	cqes = (struct io_uring_cqe *)(void *)(rings + ((const char *)layout->cq.cqes - base));
	io_uring_prep_write(&sqes[0], to_fd, text, sizeof(text), 0);
	array[*tail & 63] = 0;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	ck_assert_int_eq(io_uring_enter((unsigned int)ring_fd, 1, 1, IORING_ENTER_GETEVENTS, NULL),
			 1);
	return cqes[(__atomic_load_n(cq_tail, __ATOMIC_ACQUIRE) - 1) & 1023].res;
}

START_TEST(ring_can_do_nothing_but_poll)
{
	struct io_uring_params params = { .flags = IORING_SETUP_CQSIZE, .cq_entries = 1024 };
	struct io_uring twin;
	int fds[2], ring_fd;

	loop = loop_new(LOOP_IO_URING, NULL);
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ring_fd = find_ring();
	ck_assert_int_ge(ring_fd, 0);
	ck_assert_int_eq(io_uring_queue_init_params(64, &twin, &params), 0);
	ck_assert_int_eq(write_through(ring_fd, &twin, fds[1]), -EACCES);
	ck_assert_int_eq(write_through(twin.ring_fd, &twin, fds[1]), 8); /* so it would have been */
	ck_assert_int_eq(io_uring_register((unsigned int)ring_fd, IORING_REGISTER_FILES, fds, 2),
			 -EACCES);
	io_uring_queue_exit(&twin);
}
END_TEST

static Suite *loop_suite(void)
{
	Suite *s = suite_create("loop");
	TCase *tc = tcase_create("confinement");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, refused_io_uring_is_epoll_with_a_reason, 0, ARRAY_LEN(refusals));
	tcase_add_loop_test(tc, epoll_without_nanoseconds_works, 0, 2);
	if (has_io_uring) {
		tcase_add_test(tc, ring_works_on_when_no_other_can_be_had);
		tcase_add_test(tc, ring_can_do_nothing_but_poll);
	}
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	struct err why = { 0 };
	struct loop *l = loop_new(LOOP_IO_URING, &why);
	SRunner *sr;
	int n_failed;

	has_io_uring = l != NULL;
	loop_free(l);
	sr = srunner_create(loop_suite());
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (n_failed)
		return EXIT_FAILURE;
	if (!has_io_uring) {
		printf("skipped: the io_uring half, %s\n", why.text);
		return 77;
	}
	return EXIT_SUCCESS;
}
