/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a program when something is wrong: what it says, and how it ends. */
#include "test/unit/engine/engine_fixture.h"

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>

START_TEST(no_collector)
{
	fc_close(&fc);
	START("--events", "do_exit");
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector cannot be reached at '");
	ASSERT_SAID("start warder-collector first, or use '--wait'");
	fc_listen(&fc, sock_path);
}
END_TEST

START_TEST(collector_that_goes_before_it_speaks)
{
	START("--events", "do_exit");
	fc_accept(&fc);
	fc_disconnect(&fc);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector is gone");
}
END_TEST

START_TEST(another_build)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	fc_accept(&fc);
	hello.abi++;
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
	ck_assert_int_eq(wait_end(), EXIT_CODE_VERSION);
	ASSERT_SAID("collector is of another build");
}
END_TEST

START_TEST(another_kernel)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	fc_accept(&fc);
	hello.boot_id[0]++;
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector runs on another kernel");
}
END_TEST

static const struct {
	int code;
	int exit_code;
} refusals[] = {
	{ -EBUSY, EXIT_CODE_BUSY },
	{ -EACCES, EXIT_CODE_PRIVILEGES },
	{ -EINVAL, EXIT_CODE_FAILED },
};

START_TEST(refused)
{
	START("--events", "do_exit");
	fc_accept(&fc);
	fc_refuse(&fc, refusals[_i].code, "another engine is connected (pid 7)");
	ck_assert_int_eq(wait_end(), refusals[_i].exit_code);
	ASSERT_SAID("collector refused: another engine is connected (pid 7)");
}
END_TEST

/* Refused after it had worked: another engine was faster when the collector came back. */
START_TEST(refused_later)
{
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	fc_disconnect(&fc);
	fc_accept(&fc);
	ck_assert(put_mark(1, 7));
	fc_refuse(&fc, -EBUSY, "another engine is connected (pid 7)");
	ck_assert_int_eq(wait_end(), EXIT_CODE_BUSY);
	ck_assert_ptr_nonnull(strstr(contents(out_path), "\"returnValue\":7,"));
}
END_TEST

static const char *const garbage[] = {
	"x", "GET / HTTP/1.1\r\n\r\n",
	"\x4c\x52\x54\x43\x01\x00\x01\x00\x10\x00\x00\x00\x00\x00\x00", /* a HELLO without content
									 */
};
static const size_t garbage_len[] = { 1, 18, 16 };

START_TEST(garbage_instead_of_hello)
{
	START("--events", "do_exit");
	fc_accept(&fc);
	fc_send(&fc, garbage[_i], garbage_len[_i]);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector's message: ");
}
END_TEST

START_TEST(garbage_later)
{
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(1, 7));
	fc_send(&fc, "garbage", 7);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector's message: ");
	ck_assert_uint_eq(n_lines(out_path), 1);
}
END_TEST

START_TEST(hello_twice)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector said HELLO twice");
}
END_TEST

START_TEST(descriptors_are_missing)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	fc_accept(&fc);
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS - 1);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("collector sent 5 descriptors, expected 6");
}
END_TEST

/* In the place of each descriptor: something that cannot be mapped, something too short, something
 * that holds no lane. None of them may be the end by SIGBUS. */
START_TEST(descriptors_are_of_the_wrong_kind)
{
	struct control_hello hello = fc_hello(&fl);
	CLEANUP_FD int short_fd = memfd_create("short", MFD_CLOEXEC);
	CLEANUP_FD int zero_fd = memfd_create("zero", MFD_CLOEXEC);
	CLEANUP_FD int event_fd = eventfd(0, EFD_CLOEXEC);
	const int wrong[] = { event_fd, short_fd, zero_fd };
	int fds[CONTROL_FDS];

	ck_assert_int_eq(ftruncate(short_fd, 4096), 0);
	ck_assert_int_eq(ftruncate(zero_fd, 16 << 20), 0);
	memcpy(fds, fl.fds, sizeof(fds));
	fds[_i / 3] = wrong[_i % 3];
	START("--events", "do_exit");
	fc_accept(&fc);
	fc_send_hello(&fc, &hello, fds, CONTROL_FDS);
	if (_i / 3 == CONTROL_FD_CURSORS && _i % 3 == 2) { /* zeros are where a cursor begins */
		fc_receive(&fc, CONTROL_PLAN, &fc.plan, sizeof(fc.plan));
		ck_assert_int_eq(stop(), EXIT_CODE_OK);
		return;
	}
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ck_assert_uint_ge(n_lines(err_path), 1);
}
END_TEST

START_TEST(capacity_is_not_what_hello_says)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	fc_accept(&fc);
	hello.bulk_capacity /= 2;
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("lane 1: ");
}
END_TEST

START_TEST(classes_are_swapped)
{
	struct control_hello hello = fc_hello(&fl);
	int fds[CONTROL_FDS];

	memcpy(fds, fl.fds, sizeof(fds));
	fds[CONTROL_FD_VITAL] = fl.fds[CONTROL_FD_BULK];
	fds[CONTROL_FD_BULK] = fl.fds[CONTROL_FD_VITAL];
	START("--events", "do_exit");
	fc_accept(&fc);
	fc_send_hello(&fc, &hello, fds, CONTROL_FDS);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("lane 0 is of class 1 and group 0, expected 0 and 0");
}
END_TEST

START_TEST(nobody_reads_stdout)
{
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
	start_with(ends[1],
		   (const char *const[]){ "--events", "do_exit", "--status-socket", "", NULL });
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(close(ends[1]), 0);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 1));
	ck_assert_int_eq(wait_end(), EXIT_CODE_OUTPUT);
	ASSERT_SAID("output 'stdout': its reader is gone (EPIPE)");
}
END_TEST

/* A reader of stdout that takes nothing, and a signal while the engine waits for it. What it did
 * not take is lost, and counted; the descriptor, which is others' too, is left as it was. */
START_TEST(stuck_reader_of_stdout_and_a_signal)
{
	enum { MARKS = 3000 }; /* more than a pipe or a socket holds */
	unsigned int n_lost = 0, n_events = 0, n_read = 0;
	uint64_t began_ns;
	char text[4096];
	int ends[2];
	ssize_t n;

	if (_i == 0)
		ck_assert_int_eq(pipe(ends), 0);
	else
		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
	start_with(ends[1],
		   (const char *const[]){ "--events", "do_exit", "--status-socket", "", NULL });
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < MARKS; i++)
		ck_assert(put_mark(0, i));
	(void)usleep(300000); /* it waits by now, or else in its last moments */
	began_ns = now_boot_ns();
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_uint_lt(now_boot_ns() - began_ns, 2 * NOW_NS_PER_S);
	ck_assert_int_eq(fcntl(ends[1], F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(close(ends[1]), 0);
	while ((n = read(ends[0], text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			n_read += text[i] == '\n';
	ck_assert_int_eq(close(ends[0]), 0);
	ASSERT_SAID("events were lost (EAGAIN)");
	ck_assert_int_eq(sscanf(strstr(strstr(read_text, "warning: output"), "': "),
				"': %u of %u events", &n_lost, &n_events),
			 2);
	ck_assert_uint_eq(n_events, MARKS);
	ck_assert_uint_gt(n_read, 0);
	ck_assert_uint_eq(n_read + n_lost, MARKS);
}
END_TEST

/* A full disk is said once, counted, and not the end. */
START_TEST(disk_is_full)
{
	START("--events", "do_exit", "--output", "json", "--output", "json:/dev/full");
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 100; i++) {
		ck_assert(put_mark(0, i));
		wait_lines(out_path, (size_t)i + 1);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_SAID("output '/dev/full': 1 events are lost so far (ENOSPC), continuing");
	ASSERT_SAID("output '/dev/full': 100 of 100 events were lost (ENOSPC)");
	/* The first is that the collector is connected. */
	ck_assert_msg(n_lines(err_path) == 3, "%s", contents(err_path));
}
END_TEST

START_TEST(recording_cannot_be_written)
{
	char path[64];
	CLEANUP_FD int fd = -1;

	path_of(path, sizeof(path), "exists");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	START("--events", "do_exit", "--record", path);
	ck_assert_int_eq(wait_end(), EXIT_CODE_OUTPUT);
	ASSERT_SAID("recording '");
	ASSERT_SAID("cannot be made (EEXIST)");
}
END_TEST

/* Somebody truncates it while the engine waits for the reader of its output. */
START_TEST(recording_becomes_shorter_while_it_is_replayed)
{
	unsigned int n_read = 0;
	char path[64], text[65536];
	int ends[2];
	ssize_t n;

	path_of(path, sizeof(path), "r.wring");
	START("--events", "do_exit", "--record", path, "--output", "none");
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 100000; i++)
		while (!put_mark(0, i))
			(void)usleep(1000);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_int_eq(chmod(path, 0644), 0);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
	start_with(ends[1], (const char *const[]){ "--events", "do_exit", "--status-socket", "",
						   "--replay", path, NULL });
	ck_assert_int_eq(close(ends[1]), 0);
	n = read(ends[0], text, 100); /* it has begun */
	ck_assert_int_eq(n, 100);
	(void)usleep(100000); /* and waits for us: the pipe is full */
	ck_assert_int_eq(truncate(path, 300), 0);
	do {
		for (ssize_t i = 0; i < n; i++)
			n_read += text[i] == '\n';
		n = read(ends[0], text, sizeof(text));
	} while (n > 0);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("the file has become shorter while it was read");
	ck_assert_uint_gt(n_read, 0);
	ck_assert_uint_lt(n_read, 100000);
}
END_TEST

START_TEST(policy_is_refused)
{
	char path[64];
	CLEANUP_FD int fd = -1;

	path_of(path, sizeof(path), "p.yaml");
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	ck_assert_int_eq(write(fd, "nonsense: 1\n", 12), 12);
	START("--policy", path);
	ck_assert_int_eq(wait_end(), EXIT_CODE_REFUSED);
	ASSERT_SAID("p.yaml:1:1: ");
}
END_TEST

START_TEST(usage_is_wrong)
{
	START("--no-such-option");
	ck_assert_int_eq(wait_end(), EXIT_CODE_USAGE);
	ASSERT_SAID("no-such-option");
}
END_TEST

START_TEST(user_is_not_known)
{
	if (geteuid() != 0)
		return; /* who is not root stays who they are */
	START("--events", "do_exit", "--user", "no-such-user");
	ck_assert_int_eq(wait_end(), EXIT_CODE_FAILED);
	ASSERT_SAID("user 'no-such-user' is not known");
}
END_TEST

START_TEST(hangup_is_answered)
{
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 1));
	wait_lines(out_path, 1);
	ck_assert_int_eq(kill(engine, SIGHUP), 0);
	wait_text(err_path, "SIGHUP: there is nothing to reload without '--policy'");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(status_socket_cannot_be_made)
{
	start_with(-1, (const char *const[]){ "--events", "do_exit", "--status-socket",
					      "/nonexistent/folder/sock", NULL });
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 1));
	wait_lines(out_path, 1);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_SAID("status socket '/nonexistent/folder/sock' cannot be made (ENOENT): continuing "
		    "without it");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine_failures");
	TCase *link = tcase_create("collector"), *out = tcase_create("outputs"),
	      *start = tcase_create("start");
	TCase *all[] = { link, out, start };
	SRunner *sr = srunner_create(s);
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		tcase_add_checked_fixture(all[i], setup, teardown);
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(s, all[i]);
	}
	tcase_add_test(link, no_collector);
	tcase_add_test(link, collector_that_goes_before_it_speaks);
	tcase_add_test(link, another_build);
	tcase_add_test(link, another_kernel);
	tcase_add_loop_test(link, refused, 0, ARRAY_LEN(refusals));
	tcase_add_test(link, refused_later);
	tcase_add_loop_test(link, garbage_instead_of_hello, 0, ARRAY_LEN(garbage));
	tcase_add_test(link, garbage_later);
	tcase_add_test(link, hello_twice);
	tcase_add_test(link, descriptors_are_missing);
	tcase_add_loop_test(link, descriptors_are_of_the_wrong_kind, 0, 3 * CONTROL_FD_BELL_BPF);
	tcase_add_test(link, capacity_is_not_what_hello_says);
	tcase_add_test(link, classes_are_swapped);
	tcase_add_test(out, nobody_reads_stdout);
	tcase_add_loop_test(out, stuck_reader_of_stdout_and_a_signal, 0, 2);
	tcase_add_test(out, disk_is_full);
	tcase_add_test(out, recording_cannot_be_written);
	tcase_add_test(out, recording_becomes_shorter_while_it_is_replayed);
	tcase_add_test(start, policy_is_refused);
	tcase_add_test(start, usage_is_wrong);
	tcase_add_test(start, user_is_not_known);
	tcase_add_test(start, hangup_is_answered);
	tcase_add_test(start, status_socket_cannot_be_made);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
