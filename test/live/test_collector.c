/* SPDX-License-Identifier: Apache-2.0 */
/* The collector as a program: how it starts, refuses to, and ends. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "test/live/live.h"

#define NOBODY 65534

static const char *const nothing[] = { NULL };

/* Starting it with these options fails with this code, and it says these words. */
static void check_fails(const char *const *args, int code, const char *words)
{
	struct live_collector c;

	ck_assert_msg(!live_collector_start(&c, args), "it started");
	ck_assert_int_eq(live_collector_stop(&c, 0), code);
	ck_assert_msg(strstr(live_collector_said(&c), words) != NULL, "'%s' is not in:\n%s", words,
		      live_collector_said(&c));
	ck_assert_int_ne(access(c.socket, F_OK), 0);
}

START_TEST(wrong_options_are_refused)
{
	static const struct {
		const char *args[3], *words;
	} cases[] = {
		{ { "--no-such-option" }, "'--no-such-option'" },
		{ { "--hooks", "sideways" }, "'sideways'" },
		{ { "--lanes", "many" }, "'many'" },
		{ { "--lanes", "100K" }, "'--lanes'" },
		{ { "--cpu-groups", "257" }, "257" },
		{ { "--socket", "" }, "'--socket'" },
		{ { "argument" }, "'argument'" },
	};

	check_fails(cases[_i].args, EXIT_CODE_USAGE, cases[_i].words);
}
END_TEST

START_TEST(lanes_that_do_not_fit_are_refused)
{
	static const char *const few[] = { "--lanes", "1M", "--cpu-groups", "256", NULL };
	static const char *const much[] = { "--lanes", "6G", "--cpu-groups", "2", NULL };
	static const char *const most[] = { "--lanes", "64G", "--cpu-groups", "2", NULL };

	check_fails(few, EXIT_CODE_FAILED, "too small for 256 CPU groups");
	check_fails(much, EXIT_CODE_FAILED, "too large for 2 CPU groups");
	check_fails(most, EXIT_CODE_FAILED, "too large for 2 CPU groups");
}
END_TEST

START_TEST(a_second_collector_on_one_socket_is_refused)
{
	struct live_collector first, second = { .pid = 0 };
	char others[128];
	const char *const args[] = { "--socket", others, NULL };
	struct stat before, after;

	ck_assert_msg(live_collector_start(&first, nothing), "%s", live_collector_said(&first));
	(void)snprintf(others, sizeof(others), "%s", first.socket);
	ck_assert_int_eq(stat(first.socket, &before), 0);
	ck_assert(!live_collector_start(&second, args));
	ck_assert_int_eq(live_collector_stop(&second, 0), EXIT_CODE_BUSY);
	ck_assert_ptr_nonnull(strstr(live_collector_said(&second), "another collector"));
	ck_assert_int_eq(stat(first.socket, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	live_close(live_open(&first, nothing, 0));
	ck_assert_int_eq(live_collector_stop(&first, SIGTERM), 0);
}
END_TEST

/* A socket that nobody listens on any more is in nobody's way. */
START_TEST(a_killed_collector_leaves_nothing_in_the_way)
{
	struct live_collector first, second;
	char others[128];
	const char *const args[] = { "--socket", others, NULL };

	ck_assert_msg(live_collector_start(&first, nothing), "%s", live_collector_said(&first));
	(void)snprintf(others, sizeof(others), "%s", first.socket);
	ck_assert_int_eq(live_collector_stop(&first, SIGKILL), -SIGKILL);
	ck_assert_int_eq(access(others, F_OK), 0);
	ck_assert_msg(live_collector_start(&second, args), "%s", live_collector_said(&second));
	ck_assert_int_eq(live_collector_stop(&second, SIGTERM), 0);
	ck_assert_int_ne(access(others, F_OK), 0);
}
END_TEST

START_TEST(a_signal_ends_it_cleanly)
{
	static const int signals[] = { SIGTERM, SIGINT };
	static const char *const events[] = { "getppid", "sched_process_exec", NULL };
	struct live_collector c;
	struct live *l = NULL;

	ck_assert_msg(live_collector_start(&c, nothing), "%s", live_collector_said(&c));
	ck_assert_int_eq(access(c.socket, F_OK), 0);
	if (_i >= 2) /* while an engine is connected */
		l = live_open(&c, events, 0);
	ck_assert_int_eq(live_collector_stop(&c, signals[_i % 2]), 0);
	ck_assert_int_ne(access(c.socket, F_OK), 0);
	ck_assert_int_eq(errno, ENOENT);
	if (l)
		live_close(l);
}
END_TEST

START_TEST(with_once_it_ends_with_its_engine)
{
	static const char *const args[] = { "--once", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	live_close(live_open(&c, nothing, 0));
	ck_assert_int_eq(live_collector_stop(&c, 0), 0);
}
END_TEST

/* Reads what it says until it is ready. */
static void await_ready(int fd)
{
	char said[4096] = "";
	size_t n = 0;
	ssize_t len;

	while (n < sizeof(said) - 1 && !strstr(said, "ready on")) {
		len = read(fd, said + n, sizeof(said) - 1 - n);
		ck_assert_msg(len > 0, "it ended: %s", said);
		n += (size_t)len;
	}
}

START_TEST(the_reader_of_its_log_may_go_away)
{
	struct live_collector c = { .pid = 0 };
	int fds[2];

	(void)snprintf(c.socket, sizeof(c.socket), "%s", live_path("no-log.sock"));
	ck_assert_int_eq(pipe(fds), 0);
	c.pid = fork();
	if (c.pid == 0) {
		(void)dup2(fds[1], 2);
		(void)close(fds[0]);
		(void)execl(live_collector_program(), "warder-collector", "--socket", c.socket,
			    (char *)NULL);
		_exit(126);
	}
	(void)close(fds[1]);
	await_ready(fds[0]);
	(void)close(fds[0]);
	live_close(live_open(&c, nothing, 0)); /* it has something to say about each */
	live_close(live_open(&c, nothing, 0));
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static bool is_in(const char *path, const char *line)
{
	CLEANUP_FILE FILE *f = fopen(path, "re");
	char buf[512];

	while (f && fgets(buf, sizeof(buf), f))
		if (strncmp(buf, line, strlen(line)) == 0)
			return true;
	return false;
}

START_TEST(it_gives_up_what_it_does_not_need)
{
	struct live_collector c;
	char path[64];

	ck_assert_msg(live_collector_start(&c, nothing), "%s", live_collector_said(&c));
	(void)snprintf(path, sizeof(path), "/proc/%d/status", c.pid);
	ck_assert(is_in(path, "NoNewPrivs:\t1"));
	ck_assert(is_in(path, "Seccomp:\t2"));
	ck_assert(is_in(path, "CapInh:\t0000000000000000"));
	ck_assert(is_in(path, "CapAmb:\t0000000000000000"));
	ck_assert(!is_in(path, "CapEff:\t000001ffffffffff"));
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- Who may --------------------------------------------------------------------------------- */

/* Runs `what` as somebody who has no privileges; returns its exit code. */
static int as_nobody(void (*what)(void *arg), void *arg, gid_t group)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		must(setgroups(0, NULL) == 0);
		must(setresgid(group, group, group) == 0);
		must(setresuid(NOBODY, NOBODY, NOBODY) == 0);
		what(arg);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* By descriptor: the way to the program may be closed to others. */
static void exec_by_fd(void *arg)
{
	char *argv[] = { (char *)(uintptr_t) "warder-collector", NULL }, *none[] = { NULL };

	(void)syscall(SYS_execveat, *(int *)arg, "", argv, none, AT_EMPTY_PATH);
	_exit(126);
}

START_TEST(without_privileges_it_says_so)
{
	int fd = open(live_collector_program(), O_RDONLY); /* stays open: the linker may need it */

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(as_nobody(exec_by_fd, &fd, NOBODY), EXIT_CODE_PRIVILEGES);
	(void)close(fd);
}
END_TEST

static void connect_to(void *arg)
{
	struct err err = { 0 };
	struct lane_client *c = lclient_new(arg, &err);

	_exit(c ? 0 : -err.code);
}

START_TEST(only_root_and_the_group_may_connect)
{
	static const char *const with_group[] = { "--group", "4242", NULL };
	static const char *const with_uid[] = { "--engine-uid", "65534", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, with_group), "%s", live_collector_said(&c));
	ck_assert_int_eq(as_nobody(connect_to, c.socket, NOBODY), EACCES);
	ck_assert_int_eq(as_nobody(connect_to, c.socket, 4242), 0);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);

	ck_assert_msg(live_collector_start(&c, with_uid), "%s", live_collector_said(&c));
	ck_assert_int_eq(as_nobody(connect_to, c.socket, NOBODY), 0);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/collector");
	TCase *tc = tcase_create("collector");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, wrong_options_are_refused, 0, 7);
	tcase_add_test(tc, lanes_that_do_not_fit_are_refused);
	tcase_add_test(tc, a_second_collector_on_one_socket_is_refused);
	tcase_add_test(tc, a_killed_collector_leaves_nothing_in_the_way);
	tcase_add_loop_test(tc, a_signal_ends_it_cleanly, 0, 4);
	tcase_add_test(tc, with_once_it_ends_with_its_engine);
	tcase_add_test(tc, the_reader_of_its_log_may_go_away);
	tcase_add_test(tc, it_gives_up_what_it_does_not_need);
	tcase_add_test(tc, without_privileges_it_says_so);
	tcase_add_test(tc, only_root_and_the_group_may_connect);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, make_suite, nothing);
}
