/* SPDX-License-Identifier: Apache-2.0 */
/* Requests from within the sandbox. Each attempt is a process of its own; the server is outside. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

#include "common/cleanup.h"
#include "engine/sandbox.h"
#include "engine/sink/http_client.h"
#include "test/unit/engine/forward_ground.h"
#include "test/unit/engine/http_script.h"

static struct hs server;
static char dir[64], cert[128], ca[128];

static void setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)snprintf(dir, sizeof(dir), "/tmp/warder-conf-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	fg_make_certs(dir);
	(void)snprintf(cert, sizeof(cert), "%s/good.pem", dir);
	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
}

static void teardown(void)
{
	static const char *const names[] = { "ca.pem", "strange.pem", "good.pem", "other.pem",
					     "client.pem" };
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static bool can_open(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0;
}

struct attempt {
	const char *url;
	bool is_http2, allow_connect, no_ca;
	int expected; /* of hclient_post() */
};

/* The exit status: 0: as expected. */
static int attempt(const struct attempt *a)
{
	const struct hclient_options opt = { .url = a->url,
					     .ca_file = a->no_ca ? NULL : ca,
					     .is_http2 = a->is_http2,
					     .timeout_ms = 5000 };
	struct sandbox_options sandbox = { .allow_connect = a->allow_connect };
	const struct hclient_reply *reply;
	struct sandbox_state state;
	struct err err = { 0 };
	struct hclient *client;
	int r = hclient_prepare(&err);

	client = r == 0 ? hclient_new(&opt, &err) : NULL;
	sandbox.readable = hclient_readable();
	if (!client || sandbox_enter(&sandbox, &state, &err) < 0) {
		(void)dprintf(STDERR_FILENO, "%s\n", err.text);
		return 99;
	}
	/* The test shows nothing when the sandbox is no such thing. */
	if (can_open("/etc/shadow") || (state.landlock_abi > 0 && can_open("/etc/passwd")))
		return 98;
	for (int i = 0; i < 2; i++) {
		r = hclient_post(client, "{}", 2, NULL, -1, &reply, &err);
		if (r != a->expected &&
		    !(a->expected == -EACCES && state.landlock_abi < 4 && r == 0)) {
			(void)dprintf(STDERR_FILENO, "%d: %s\n", r, err.text);
			return 1;
		}
		hclient_disconnect(client); /* names are looked up again, in a new thread */
	}
	hclient_free(client);
	return 0;
}

static void check(bool is_tls, const char *host, struct attempt a)
{
	static const struct hs_answer answers[] = { { .body = "ok", .body_len = 2 } };
	int pipe_fds[2], status;
	char url[256];
	pid_t pid;

	ck_assert_int_eq(pipe(pipe_fds), 0);
	/* Before there is a thread, whose locks nobody would ever open in the child. */
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		a.url = url;
		_exit(read(pipe_fds[0], url, sizeof(url)) == sizeof(url) ? attempt(&a) : 97);
	}
	server = (struct hs){ .answers = answers,
			      .n_answers = 1,
			      .is_http2 = a.is_http2,
			      .cert = is_tls ? cert : NULL };
	hs_start(&server);
	(void)snprintf(url, sizeof(url), "%s",
		       hs_url(&server, is_tls ? "https" : "http", host, "/"));
	ck_assert_int_eq(write(pipe_fds[1], url, sizeof(url)), sizeof(url));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	hs_stop(&server);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %x", status);
	if (a.expected == 0)
		ck_assert_uint_eq(server.n_requests, 2);
	hs_free(&server);
}

START_TEST(post_by_http)
{
	check(false, "localhost", (struct attempt){ .allow_connect = true });
}
END_TEST

START_TEST(post_by_https)
{
	check(true, "localhost", (struct attempt){ .allow_connect = true });
}
END_TEST

START_TEST(post_by_http2)
{
	check(false, "127.0.0.1", (struct attempt){ .allow_connect = true, .is_http2 = true });
	check(true, "localhost", (struct attempt){ .allow_connect = true, .is_http2 = true });
}
END_TEST

/* Reads the system's CAs in there: not trusted, and not "cannot be read". */
START_TEST(system_certificates_can_be_read)
{
	bool is_there = false;

	for (const char *const *path = hclient_readable(); *path; path++)
		is_there |= strstr(*path, "cert") != NULL;
	if (is_there)
		check(true, "localhost",
		      (struct attempt){
			      .allow_connect = true, .no_ca = true, .expected = -EACCES });
}
END_TEST

START_TEST(nothing_goes_out_unless_allowed)
{
	check(false, "127.0.0.1", (struct attempt){ .expected = -EACCES });
}
END_TEST

#ifdef __SANITIZE_THREAD__
#define HAS_OWN_THREAD 1
#else
#define HAS_OWN_THREAD 0
#endif

int main(void)
{
	Suite *suite = suite_create("sink/http_confined");
	TCase *tc = tcase_create("post");
	SRunner *runner;
	int n_failed;

	if (HAS_OWN_THREAD) {
		puts("skipped: the thread sanitizer's own thread keeps the sandbox from being "
		     "entered");
		return 77;
	}
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, post_by_http);
	tcase_add_test(tc, post_by_https);
	tcase_add_test(tc, post_by_http2);
	tcase_add_test(tc, system_certificates_can_be_read);
	tcase_add_test(tc, nothing_goes_out_unless_allowed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
