/* SPDX-License-Identifier: Apache-2.0 */
/* What is in force afterwards, as the kernel sees it, and when entering is refused. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>

#include <sys/wait.h>

#include "common/cleanup.h"
#include "test/unit/engine/sandbox_ground.h"

static int status_fd = -1;

static bool has_line(const char *status, const char *key, const char *value)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "\n%s:\t%s\n", key, value);
	if (strstr(status, line))
		return true;
	(void)dprintf(STDERR_FILENO, "status has no '%s: %s'\n", key, value);
	return false;
}

static int check_status(void)
{
	const char *const zero = "0000000000000000";
	char status[8192], ids[64];
	ssize_t n = pread(status_fd, status, sizeof(status) - 1, 0);

	NEED(n > 0);
	status[n] = '\0';
	NEED(has_line(status, "CapInh", zero) && has_line(status, "CapPrm", zero));
	NEED(has_line(status, "CapEff", zero) && has_line(status, "CapAmb", zero));
	NEED(has_line(status, "NoNewPrivs", "1") && has_line(status, "Seccomp", "2"));
	(void)snprintf(ids, sizeof(ids), "%1$u\t%1$u\t%1$u\t%1$u", here.state.uid);
	NEED(has_line(status, "Uid", ids));
	(void)snprintf(ids, sizeof(ids), "%1$u\t%1$u\t%1$u\t%1$u", here.state.gid);
	NEED(has_line(status, "Gid", ids));
	NEED(here.state.no_new_privs && here.state.seccomp && here.state.caps_empty);
	NEED(here.state.landlock_abi == here.landlock_abi);
	NEED(here.state.uid != 0 && here.state.gid != 0);
	return 0;
}

/* Opened by who enters: /proc/self names another process in the parent. */
static int enter_and_check_status(void)
{
	status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ground_enter(false);
	return check_status();
}

START_TEST(kernel_confirms_the_state)
{
	ck_assert_int_eq(run_outside(enter_and_check_status), 0);
}
END_TEST

static int enter_as_root(void)
{
	char status[8192];
	ssize_t n;

	status_fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ground_enter(false);
	n = pread(status_fd, status, sizeof(status) - 1, 0);
	NEED(n > 0);
	status[n] = '\0';
	NEED(has_line(status, "Groups", " ") && has_line(status, "CapBnd", "0000000000000000"));
	return 0;
}

static int enter_as_other(void)
{
	NEED(setresgid(4711, 4711, 4711) == 0 && setresuid(4711, 4711, 4711) == 0);
	ground_enter(false);
	NEED(here.state.uid == 4711 && here.state.gid == 4711 && getuid() == 4711);
	return 0;
}

START_TEST(root_gives_up_groups_and_bounding_set)
{
	if (geteuid() == 0)
		ck_assert_int_eq(run_outside(enter_as_root), 0);
}
END_TEST

START_TEST(others_stay_who_they_are)
{
	if (geteuid() == 0)
		ck_assert_int_eq(run_outside(enter_as_other), 0);
}
END_TEST

static int enter_with_user(const char *user, int code, const char *text)
{
	const struct sandbox_options opt = { .user = user };
	struct sandbox_state state;
	struct err err = { 0 };

	NEED(sandbox_enter(&opt, &state, &err) == code && err.code == code);
	if (strcmp(err.text, text) != 0)
		(void)dprintf(STDERR_FILENO, "text is '%s'\n", err.text);
	NEED(strcmp(err.text, text) == 0);
	return 0;
}

static int enter_as_unknown(void)
{
	return enter_with_user("no-such-user", -ENOENT,
			       "sandbox: user 'no-such-user' is not known here");
}

static int enter_staying_root(void)
{
	return enter_with_user("root", -EINVAL, "sandbox: user 'root' is root, expected another");
}

START_TEST(wrong_user_is_an_error)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(run_outside(enter_as_unknown), 0);
	ck_assert_int_eq(run_outside(enter_staying_root), 0);
}
END_TEST

static int enter_with_missing_path(void)
{
	const char *const paths[] = { "/no/such/path", NULL };
	const struct sandbox_options readable = { .readable = paths };
	const struct sandbox_options writable = { .writable = paths };
	struct sandbox_state state;
	struct err err = { 0 };

	NEED(sandbox_enter(&readable, &state, &err) == -ENOENT);
	NEED(strcmp(err.text, "sandbox: path '/no/such/path' cannot be opened (ENOENT)") == 0);
	NEED(sandbox_enter(&writable, &state, &err) == -ENOENT);
	return 0;
}

START_TEST(missing_path_is_an_error)
{
	if (here.landlock_abi > 0)
		ck_assert_int_eq(run_outside(enter_with_missing_path), 0);
}
END_TEST

static void *sleep_on(void *arg)
{
	(void)pause();
	return arg;
}

static int enter_with_thread(void)
{
	const struct sandbox_options opt = { 0 };
	struct sandbox_state state;
	struct err err = { 0 };
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, sleep_on, NULL) == 0);
	NEED(sandbox_enter(&opt, &state, &err) == -EBUSY);
	NEED(strcmp(err.text, "sandbox: 2 threads are running, expected one") == 0);
	return 0;
}

START_TEST(thread_that_would_stay_outside_is_an_error)
{
	ck_assert_int_eq(run_outside(enter_with_thread), 0);
}
END_TEST

/* A kernel without Landlock, or somebody else's filter in front of it. */
static void answer_landlock(int code)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);

	if (!ctx ||
	    seccomp_rule_add(ctx, SCMP_ACT_ERRNO((uint16_t)code), SCMP_SYS(landlock_create_ruleset),
			     0) < 0 ||
	    seccomp_load(ctx) < 0)
		_exit(97);
	seccomp_release(ctx);
}

static int enter_without_landlock(void)
{
	answer_landlock(ENOSYS);
	here.landlock_abi = 0;
	NEED(enter_and_check_status() == 0);
	NEED(try_bpf() == EPERM && try_open("/etc/shadow", O_RDONLY) == EACCES);
	return try_open(here.readable_file, O_RDONLY);
}

static int enter_with_landlock_refused(void)
{
	const struct sandbox_options opt = { 0 };
	struct sandbox_state state;
	struct err err = { 0 };

	answer_landlock(EPERM);
	NEED(sandbox_enter(&opt, &state, &err) == -EPERM);
	NEED(strstr(err.text, "landlock is refused"));
	return 0;
}

START_TEST(kernel_without_landlock_leaves_the_other_walls)
{
	ck_assert_int_eq(run_outside(enter_without_landlock), 0);
}
END_TEST

START_TEST(refused_landlock_is_an_error)
{
	ck_assert_int_eq(run_outside(enter_with_landlock_refused), 0);
}
END_TEST

static int fork_and_try(void)
{
	char *const argv[] = { NULL };
	pid_t pid = fork();
	int status;

	NEED(pid >= 0);
	if (pid == 0) {
		if (try_bpf() == EPERM && unshare(CLONE_NEWUSER) < 0)
			(void)execve("/bin/true", argv, argv);
		_exit(1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	NEED(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
	return 0;
}

START_TEST(what_is_forked_stays_inside)
{
	ck_assert_int_eq(run_inside(fork_and_try, true), 0);
}
END_TEST

static Suite *sandbox_suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("state");

	tcase_add_checked_fixture(tc, ground_setup, ground_teardown);
	tcase_add_test(tc, kernel_confirms_the_state);
	tcase_add_test(tc, root_gives_up_groups_and_bounding_set);
	tcase_add_test(tc, others_stay_who_they_are);
	tcase_add_test(tc, wrong_user_is_an_error);
	tcase_add_test(tc, missing_path_is_an_error);
	tcase_add_test(tc, thread_that_would_stay_outside_is_an_error);
	tcase_add_test(tc, kernel_without_landlock_leaves_the_other_walls);
	tcase_add_test(tc, refused_landlock_is_an_error);
	tcase_add_test(tc, what_is_forked_stays_inside);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return ground_main(sandbox_suite(), 1, true);
}
