/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/handoff.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "common/cleanup.h"

#define NOBODY 65534
#define GROUP 4321 /* of nobody's here; numbers need no entry in the group database */

static char dir[] = "/tmp/test_handoff.XXXXXX";
static char path[sizeof(dir) + 16];
static char lock[sizeof(path) + 8];

static void set_up(void)
{
	memcpy(strrchr(dir, '.') + 1, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	(void)snprintf(path, sizeof(path), "%s/s", dir);
	(void)snprintf(lock, sizeof(lock), "%s.lock", path);
}

static void tear_down(void)
{
	(void)unlink(path); /* where a test leaves it; the same below */
	(void)unlink(lock);
	ck_assert_int_eq(rmdir(dir), 0);
}

static struct handoff *listen_as(const char *group, int64_t engine_uid)
{
	const struct handoff_options opt = { path, group, engine_uid };
	struct err err = { 0 };
	struct handoff *h = handoff_listen(&opt, &err);

	ck_assert_msg(h != NULL, "%s", err.text);
	return h;
}

static void expect_refusal(const char *at, int code, const char *said)
{
	const struct handoff_options opt = { at, NULL, -1 };
	struct err err = { 0 };

	ck_assert_ptr_null(handoff_listen(&opt, &err));
	ck_assert_msg(err.code == code && strstr(err.text, said), "%d: %s", err.code, err.text);
}

static int connect_to(const char *at, int type)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", at);
	if (connect(sock, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
		return sock;
	cleanup_fd(&sock);
	return -errno;
}

static int connect_here(void)
{
	int sock = connect_to(path, SOCK_SEQPACKET);

	ck_assert_int_ge(sock, 0);
	return sock;
}

/* What a refused peer reads: the sentence, then the end. */
static void expect_refused(int sock, int code, const char *said)
{
	struct control_refused msg;
	long n = control_recv(sock, &msg, sizeof(msg), NULL, NULL);

	ck_assert_int_eq(n, sizeof(msg));
	ck_assert_int_eq(control_check(&msg, (size_t)n, CONTROL_FROM_COLLECTOR, NULL),
			 CONTROL_REFUSED);
	ck_assert_int_eq(msg.code, code);
	ck_assert_msg(strstr(msg.text, said) != NULL, "%s", msg.text);
	ck_assert_int_eq(control_recv(sock, &msg, sizeof(msg), NULL, NULL), 0);
}

START_TEST(makes_the_socket_its_folder_and_removes_it)
{
	char inner[sizeof(dir) + 8], deep[sizeof(dir) + 32];
	struct handoff_options opt = { deep, NULL, -1 };
	struct handoff *h;
	struct stat st;

	(void)snprintf(inner, sizeof(inner), "%s/run", dir);
	(void)snprintf(deep, sizeof(deep), "%s/s", inner);
	(void)umask(077);
	h = handoff_listen(&opt, NULL);
	ck_assert_ptr_nonnull(h);
	ck_assert_int_eq(stat(inner, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0755);
	ck_assert_int_eq(lstat(deep, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert(!handoff_has_group(h));
	ck_assert_int_eq(fcntl(handoff_fd(h), F_GETFD), FD_CLOEXEC);
	handoff_close(h);
	ck_assert_int_eq(lstat(deep, &st), -1);
	(void)snprintf(deep, sizeof(deep), "%s/s.lock", inner);
	ck_assert_int_eq(unlink(deep), 0);
	ck_assert_int_eq(rmdir(inner), 0);
	handoff_close(NULL);
}
END_TEST

START_TEST(refuses_a_path_it_cannot_use)
{
	char text[200];

	memset(text, 'x', sizeof(text));
	text[108] = '\0';
	expect_refusal(text, -ENAMETOOLONG, "is 108 bytes long, expected 1 to 107");
	expect_refusal("", -EINVAL, "expected 1 to 107");
	(void)snprintf(text, sizeof(text), "%s/a/b/s", dir);
	expect_refusal(text, -ENOENT, "/a/b' cannot be made (ENOENT)");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	expect_refusal(path, -EEXIST, "is not a socket, expected one or nothing");
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	expect_refusal(path, -EEXIST, "is not a socket");
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(symlink("/dev/null", lock), 0);
	expect_refusal(path, -ELOOP, "lock file");
}
END_TEST

START_TEST(refuses_a_second_collector)
{
	struct handoff *h = listen_as(NULL, -1);
	char said[64];
	int sock;

	(void)snprintf(said, sizeof(said), "belongs to another collector (pid %d)", getpid());
	expect_refusal(path, -EADDRINUSE, said);
	/* also when somebody removed the lock file: the socket itself answers */
	ck_assert_int_eq(unlink(lock), 0);
	expect_refusal(path, -EADDRINUSE, "is in use by another program");
	sock = connect_here(); /* the first one is unharmed */
	cleanup_fd(&sock);
	handoff_close(h);
}
END_TEST

START_TEST(refuses_a_socket_whose_queue_is_full)
{
	int type = _i == 0 ? SOCK_SEQPACKET : SOCK_STREAM;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int sock = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	CLEANUP_FD int waiting = -1;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(bind(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(sock, 0), 0);
	waiting = connect_to(path, type);
	ck_assert_int_ge(waiting, 0);
	expect_refusal(path, -EADDRINUSE, "is in use by another program");
	ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(replaces_the_socket_of_a_dead_collector)
{
	struct handoff *h;
	int status, sock;
	pid_t pid = fork();

	if (pid == 0) {
		(void)listen_as(NULL, -1);
		_exit(0); /* without handoff_close(), as if killed */
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(access(path, F_OK), 0);
	h = listen_as(NULL, -1);
	sock = connect_here();
	cleanup_fd(&sock);
	handoff_close(h);
}
END_TEST

START_TEST(accepts_one_engine_at_a_time)
{
	struct handoff *h = listen_as(NULL, -1);
	struct err err = { 0 };
	char said[64];
	int first, second, at_first, at_second;

	ck_assert_int_eq(handoff_accept(h, &err), -EAGAIN);
	ck_assert_int_eq(handoff_engine_pid(h), 0);
	first = connect_here();
	at_first = handoff_accept(h, &err);
	ck_assert_msg(at_first >= 0, "%s", err.text);
	ck_assert_int_eq(fcntl(at_first, F_GETFD), FD_CLOEXEC);
	ck_assert_int_ne(fcntl(at_first, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(handoff_engine_pid(h), getpid());

	second = connect_here();
	(void)snprintf(said, sizeof(said), "another engine is connected (pid %d)", getpid());
	ck_assert_int_eq(handoff_accept(h, &err), -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, "another is connected"));
	expect_refused(second, -EBUSY, said);
	cleanup_fd(&second);

	handoff_disconnect(h, at_first);
	cleanup_fd(&first);
	ck_assert_int_eq(handoff_engine_pid(h), 0);
	second = connect_here();
	at_second = handoff_accept(h, &err);
	ck_assert_int_ge(at_second, 0);
	handoff_disconnect(h, at_second);
	cleanup_fd(&second);
	handoff_close(h);
}
END_TEST

/* An engine that restarts faster than the loop notices must not be taken for a second one. */
START_TEST(the_next_engine_waits_until_the_last_is_dealt_with)
{
	struct handoff *h = listen_as(NULL, -1);
	int first = connect_here();
	int at_first = handoff_accept(h, NULL);
	int second, at_second;

	ck_assert_int_ge(at_first, 0);
	cleanup_fd(&first);
	second = connect_here();
	ck_assert_int_eq(handoff_accept(h, NULL), -EAGAIN);
	handoff_disconnect(h, at_first);
	at_second = handoff_accept(h, NULL);
	ck_assert_int_ge(at_second, 0);
	handoff_disconnect(h, at_second);
	cleanup_fd(&second);
	handoff_close(h);
}
END_TEST

START_TEST(a_peer_that_left_is_no_trouble)
{
	struct handoff *h = listen_as(NULL, -1);
	int sock = connect_here();
	int at;

	cleanup_fd(&sock);
	at = handoff_accept(h, NULL);
	ck_assert_int_ge(at, 0);
	ck_assert_int_eq(handoff_refuse(at, -EPERM, "late"), -EPIPE);
	handoff_disconnect(h, at);
	handoff_close(h);
}
END_TEST

START_TEST(hello_brings_the_descriptors)
{
	struct control_hello hello = {
		.vital_capacity = LANE_CAPACITY_MIN,
		.bulk_capacity = LANE_CAPACITY_MIN,
		.own_capacity = LANE_CAPACITY_MIN,
		.n_groups = 1,
		.n_cpus = 1,
		.collector_pid = 1,
		.page_bytes = 4096,
	};
	struct handoff *h = listen_as(NULL, -1);
	int engine = connect_here();
	int at = handoff_accept(h, NULL);
	int fds[CONTROL_FDS], got[CONTROL_FDS];
	unsigned int n = 0;
	struct control_hello seen;
	struct err err = { 0 };

	for (int i = 0; i < CONTROL_FDS; i++)
		fds[i] = i % 2 == 0 ? at : engine;
	ck_assert_msg(handoff_hello(at, &hello, fds, &err) == 0, "%s", err.text);
	ck_assert_int_eq(control_recv(engine, &seen, sizeof(seen), got, &n), sizeof(seen));
	ck_assert_int_eq(control_check(&seen, sizeof(seen), CONTROL_FROM_COLLECTOR, NULL),
			 CONTROL_HELLO);
	ck_assert_uint_eq(n, CONTROL_FDS);
	for (unsigned int i = 0; i < n; i++)
		cleanup_fd(&got[i]);
	hello.n_groups = 0;
	ck_assert_int_eq(handoff_hello(at, &hello, fds, &err), -EINVAL);
	hello.n_groups = 1;
	fds[3] = -1;
	ck_assert_int_eq(handoff_hello(at, &hello, fds, &err), -EBADF);
	ck_assert_str_eq(err.text, "HELLO cannot be sent to the engine (EBADF)");
	cleanup_fd(&engine);
	handoff_disconnect(h, at);
	handoff_close(h);
}
END_TEST

START_TEST(a_group_may_be_a_name_or_a_number)
{
	static const struct {
		const char *name;
		bool exists;
	} groups[] = {
		{ "root", true },   { "0", true },
		{ "4321", true },   { "no-such-group-here", false },
		{ "4321x", false }, { "", false },
		{ "-1", false },    { "4294967295", false },
	};
	struct handoff *h = listen_as(groups[_i].name, -1);
	struct stat st;

	ck_assert_int_eq(handoff_has_group(h), groups[_i].exists);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, groups[_i].exists ? 0660 : 0600);
	handoff_close(h);
}
END_TEST

/* Connects as somebody else; 0 and HELLO-less when accepted, else the code of REFUSED. */
static int connect_as(uid_t uid, gid_t gid, gid_t extra, bool many)
{
	gid_t groups[200];
	struct control_refused msg;
	int sock;
	long n;

	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		groups[i] = 5000 + (gid_t)i;
	groups[many ? ARRAY_LEN(groups) - 1 : 0] = extra;
	if (setgroups(many ? ARRAY_LEN(groups) : 1, groups) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return 200;
	sock = connect_to(path, SOCK_SEQPACKET);
	if (sock < 0)
		return 100; /* the file's mode keeps it out */
	n = control_recv(sock, &msg, sizeof(msg), NULL, NULL);
	return n == sizeof(msg) ? -msg.code : (int)-n;
}

static const struct {
	const char *group;
	int64_t engine_uid;
	uid_t uid;
	gid_t gid, extra;
	bool many, open;  /* open: the file's mode lets everybody in */
	int expect, exit; /* of handoff_accept(), 0: accepted; of the peer */
} peers[] = {
	{ NULL, -1, 0, 0, 0, false, false, 0, 0 },
	{ NULL, -1, NOBODY, NOBODY, NOBODY, false, false, -EAGAIN, 100 },
	{ NULL, -1, NOBODY, NOBODY, NOBODY, false, true, -EACCES, EACCES },
	{ "4321", -1, NOBODY, NOBODY, NOBODY, false, true, -EACCES, EACCES },
	{ "4321", -1, NOBODY, NOBODY, NOBODY, false, false, -EAGAIN, 100 },
	{ "4321", -1, NOBODY, GROUP, NOBODY, false, false, 0, 0 },
	{ "4321", -1, NOBODY, NOBODY, GROUP, false, false, 0, 0 },
	{ "4321", -1, NOBODY, NOBODY, GROUP, true, false, 0, 0 },
	{ "4321", -1, NOBODY, NOBODY, NOBODY, true, true, -EACCES, EACCES },
	{ NULL, NOBODY, NOBODY, NOBODY, NOBODY, false, false, 0, 0 },
	{ NULL, NOBODY, 1234, NOBODY, NOBODY, false, true, -EACCES, EACCES },
	{ "4321", NOBODY, NOBODY, NOBODY, NOBODY, false, false, 0, 0 },
	{ "4321", NOBODY, 1234, GROUP, NOBODY, false, false, 0, 0 },
};

START_TEST(judges_a_peer_by_its_credentials)
{
	struct handoff *h = listen_as(peers[_i].group, peers[_i].engine_uid);
	struct pollfd p = { .fd = handoff_fd(h), .events = POLLIN };
	struct err err = { 0 };
	int status, sock;
	pid_t pid;

	if (peers[_i].open)
		ck_assert_int_eq(chmod(path, 0777), 0);
	pid = fork();
	if (pid == 0)
		_exit(connect_as(peers[_i].uid, peers[_i].gid, peers[_i].extra, peers[_i].many));
	if (peers[_i].expect != -EAGAIN)
		ck_assert_int_eq(poll(&p, 1, 5000), 1);
	sock = handoff_accept(h, &err);
	ck_assert_msg((sock >= 0 ? 0 : sock) == peers[_i].expect, "%d: %s", sock, err.text);
	if (sock >= 0) {
		ck_assert_int_eq(handoff_engine_pid(h), pid);
		handoff_disconnect(h, sock);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == peers[_i].exit, "status %#x",
		      status);
	handoff_close(h);
}
END_TEST

static Suite *handoff_suite(bool is_root)
{
	Suite *suite = suite_create("handoff");
	TCase *tc = tcase_create("listen");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, makes_the_socket_its_folder_and_removes_it);
	tcase_add_test(tc, refuses_a_path_it_cannot_use);
	tcase_add_test(tc, refuses_a_second_collector);
	tcase_add_loop_test(tc, refuses_a_socket_whose_queue_is_full, 0, 2);
	tcase_add_test(tc, replaces_the_socket_of_a_dead_collector);
	suite_add_tcase(suite, tc);
	tc = tcase_create("accept");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, accepts_one_engine_at_a_time);
	tcase_add_test(tc, the_next_engine_waits_until_the_last_is_dealt_with);
	tcase_add_test(tc, a_peer_that_left_is_no_trouble);
	tcase_add_test(tc, hello_brings_the_descriptors);
	suite_add_tcase(suite, tc);
	if (!is_root) {
		printf("skipped: tests of groups and foreign peers need root\n");
		return suite;
	}
	tc = tcase_create("credentials");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, a_group_may_be_a_name_or_a_number, 0, 8);
	tcase_add_loop_test(tc, judges_a_peer_by_its_credentials, 0, (int)ARRAY_LEN(peers));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(handoff_suite(geteuid() == 0));
	int n_failed;

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
