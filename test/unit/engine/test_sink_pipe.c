/* SPDX-License-Identifier: Apache-2.0 */
/* The file sink where a reader is at the other end: pipes, sockets, terminals. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <sys/socket.h>

#include "engine/now.h"
#include "engine/sink/file.h"
#include "test/unit/engine/sink_lines.h"

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN);
}

START_TEST(reader_that_is_gone_is_told_for_good)
{
	struct sink *s;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s = open_fd(fds[1]);
	ck_assert_int_eq(write_line(s, 1), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	close(fds[0]);
	ck_assert_int_eq(write_line(s, 2), 0);
	ck_assert_int_eq(sink_flush(s), -EPIPE);
	ck_assert_int_eq(write_line(s, 3), -EPIPE);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(stats_of(s).n_events, 3);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 2);
	ck_assert_int_eq(stats_of(s).last_errno, EPIPE);
	sink_close(s);
}
END_TEST

struct reader {
	int fd;
	size_t chunk;
	size_t len;
	char *text;
};

static void *read_slowly(void *arg)
{
	const struct timespec pause = { .tv_nsec = 50000 };
	struct reader *r = arg;
	ssize_t n;

	while ((n = read(r->fd, r->text + r->len, r->chunk)) > 0) {
		r->len += (size_t)n;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* _i: whether the descriptor blocks. */
START_TEST(slow_reader_gets_everything)
{
	struct reader reader = { .chunk = 997, .text = malloc(1U << 20) };
	pthread_t thread;
	struct sink *s;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	if (_i == 1)
		ck_assert_int_eq(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_gt(fcntl(fds[1], F_SETPIPE_SZ, 4096), 0);
	reader.fd = fds[0];
	ck_assert_int_eq(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	s = open_fd(fds[1]);
	for (unsigned int i = 0; i < 3000; i++) {
		ck_assert_int_eq(write_line(s, i), 0);
		if (i % 500 == 0)
			ck_assert_int_eq(sink_flush(s), 0);
	}
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 0);
	sink_close(s);
	close(fds[1]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(check_lines(reader.text, reader.len), 3000);
	free(reader.text);
}
END_TEST

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

START_TEST(stuck_reader_is_waited_for_once_and_its_cut_line_completed)
{
	struct reader reader = { .chunk = 1U << 16, .text = malloc(1U << 20) };
	int64_t start = now_ms();
	struct sink *s;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(fds[1], F_SETPIPE_SZ, 4096), 4096);
	s = open_fd(fds[1]);
	for (unsigned int i = 1; i <= 100; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	ck_assert_int_eq(sink_flush(s), -EAGAIN);
	ck_assert_int_ge(now_ms() - start, 5000);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 100 - 40 - 1); /* 4096 bytes: 40.96 lines */
	start = now_ms();
	ck_assert_int_eq(sink_flush(s), 0); /* the rest of line 41 is no loss yet */
	ck_assert_int_eq(write_line(s, 101), 0);
	ck_assert_int_eq(sink_flush(s), -EAGAIN);
	ck_assert_int_lt(now_ms() - start, 4000);
	reader.fd = fds[0];
	read_slowly(&reader);
	ck_assert_uint_eq(reader.len, 4096);
	ck_assert_int_eq(write_line(s, 102), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	read_slowly(&reader);
	ck_assert_uint_eq(check_lines(reader.text, reader.len), 42);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 60);
	ck_assert_uint_eq(stats_of(s).n_events, 102);
	sink_close(s);
	free(reader.text);
}
END_TEST

/* ---- the end, with a reader that is stuck ---- */

enum kind { KIND_PIPE, KIND_FOREIGN_PIPE, KIND_SOCKET, KIND_TERMINAL, KINDS };

/* Two ends; both block. */
static void make_ends(enum kind kind, int ret_fds[2])
{
	if (kind == KIND_SOCKET) {
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ret_fds), 0);
	} else if (kind == KIND_TERMINAL) {
		struct termios raw;

		ret_fds[0] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
		ck_assert_int_ge(ret_fds[0], 0);
		ck_assert_int_eq(grantpt(ret_fds[0]) + unlockpt(ret_fds[0]), 0);
		ret_fds[1] = open(ptsname(ret_fds[0]), O_RDWR | O_NOCTTY | O_CLOEXEC);
		ck_assert_int_ge(ret_fds[1], 0);
		ck_assert_int_eq(tcgetattr(ret_fds[1], &raw), 0);
		cfmakeraw(&raw);
		ck_assert_int_eq(tcsetattr(ret_fds[1], TCSANOW, &raw), 0);
	} else {
		ck_assert_int_eq(pipe2(ret_fds, O_CLOEXEC), 0);
	}
}

static struct sink *open_end(enum kind kind, int fd)
{
	struct sink *s;

	/* Somebody else's pipe cannot be opened again. */
	if (kind == KIND_FOREIGN_PIPE && geteuid() == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	s = open_fd(fd);
	if (kind == KIND_FOREIGN_PIPE && getuid() == 0)
		ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0); /* others have it too */
	return s;
}

static int64_t end_at_ms;

static int64_t time_left(void *arg)
{
	int64_t left = end_at_ms - now_ms();

	(*(unsigned int *)arg)++;
	return left > 0 ? left : 0;
}

START_TEST(stuck_reader_does_not_keep_the_engine_from_ending)
{
	const unsigned int n_lines = 20000; /* more than a pipe holds */
	unsigned int n_asked = 0, n_read;
	const struct sink_ending ending = { -1, time_left, &n_asked };
	struct reader reader = { .chunk = 1U << 16, .text = malloc(4U << 20) };
	struct sink *s;
	int fds[2];

	make_ends((enum kind)_i, fds);
	s = open_end((enum kind)_i, fds[1]);
	sink_set_ending(s, &ending);
	end_at_ms = now_ms() + 300;
	for (unsigned int i = 1; i <= n_lines; i++)
		(void)write_line(s, i); /* errors come when they come */
	(void)sink_flush(s);
	ck_assert_int_ge(now_ms(), end_at_ms);
	ck_assert_int_lt(now_ms(), end_at_ms + 1000);
	ck_assert_uint_gt(n_asked, 0);
	ck_assert_int_eq(write_line(s, n_lines + 1), -EAGAIN);
	ck_assert_uint_eq(stats_of(s).n_events, n_lines + 1);
	ck_assert_int_eq(stats_of(s).last_errno, EAGAIN);
	reader.fd = fds[0];
	ck_assert_int_eq(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	read_slowly(&reader);
	ck_assert_uint_eq(reader.len, stats_of(s).n_bytes);
	n_read = check_lines(reader.text, reader.len / LINE_LEN * LINE_LEN);
	ck_assert_uint_gt(n_read, 0);
	ck_assert_uint_eq(n_read + stats_of(s).n_lost_events, n_lines + 1);
	sink_close(s);
	free(reader.text);
}
END_TEST

/* What blocks is waited for as long as nobody ends, however it is written to. */
START_TEST(slow_reader_gets_everything_of_each_kind)
{
	struct reader reader = { .chunk = 997, .text = malloc(1U << 20) };
	pthread_t thread;
	struct sink *s;
	int fds[2];

	make_ends((enum kind)_i, fds);
	reader.fd = fds[0];
	ck_assert_int_eq(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	s = open_end((enum kind)_i, fds[1]);
	for (unsigned int i = 0; i < 5000; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 0);
	sink_close(s);
	close(fds[1]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(check_lines(reader.text, reader.len), 5000);
	free(reader.text);
}
END_TEST

static Suite *sink_pipe_suite(void)
{
	Suite *s = suite_create("sink_pipe");
	TCase *tc = tcase_create("pipes");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 30); /* one test waits out the five seconds */
	tcase_add_test(tc, reader_that_is_gone_is_told_for_good);
	tcase_add_loop_test(tc, slow_reader_gets_everything, 0, 2);
	tcase_add_test(tc, stuck_reader_is_waited_for_once_and_its_cut_line_completed);
	tcase_add_loop_test(tc, stuck_reader_does_not_keep_the_engine_from_ending, 0, KINDS);
	tcase_add_loop_test(tc, slow_reader_gets_everything_of_each_kind, 0, KINDS);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(sink_pipe_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
