/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's web server against curl. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/http.h"
#include "engine/loop.h"
#include "engine/now.h"

#define LONG_PAGE (4U << 20)

static struct loop *loop;
static char dir[64];
static int n_asked;
static char page_text[] = "a page\n";

static void page_ok(void *arg, struct http_page *page)
{
	n_asked++;
	page->content_type = "text/plain";
	page->body = strdup(arg);
	page->len = strlen(arg);
}

static void page_bad(void *arg, struct http_page *page)
{
	page_ok(arg, page);
	page->status = 503;
}

static void page_none(void *arg, struct http_page *page)
{
	(void)arg;
	page->content_type = "text/plain";
}

static void page_long(void *arg, struct http_page *page)
{
	(void)arg;
	page->content_type = "text/plain";
	page->body = malloc(LONG_PAGE);
	ck_assert_ptr_nonnull(page->body);
	memset(page->body, 'x', LONG_PAGE);
	page->len = LONG_PAGE;
}

static const struct http_route routes[] = {
	{ "/ok", page_ok, 0 },     { "/healthz", page_ok, 1 }, { "/bad", page_bad, 0 },
	{ "/none", page_none, 0 }, { "/long", page_long, 0 },
};

static struct http_options options(void)
{
	return (struct http_options){ .listen = "127.0.0.1:0",
				      .routes = routes,
				      .n_routes = ARRAY_LEN(routes),
				      .arg = page_text };
}

static void setup(void)
{
	struct err err = { 0 };

	(void)signal(SIGPIPE, SIG_IGN); /* as the engine */
	loop = loop_new(LOOP_EPOLL, &err);
	ck_assert_msg(loop != NULL, "%s", err.text);
	(void)snprintf(dir, sizeof(dir), "/tmp/warder-http-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	char command[128];

	loop_free(loop);
	(void)snprintf(command, sizeof(command), "rm -r '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct http *open_server(const struct http_options *opt)
{
	struct err err = { 0 };
	struct http *h = http_open(opt, loop, &err);

	ck_assert_msg(h != NULL, "%s", err.text);
	ck_assert_uint_gt(http_port(h), 0);
	return h;
}

/* The server works until the child has ended. */
static int serve(struct http *h, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		int64_t due_ns = http_tick(h);

		if (due_ns < 0 || due_ns > 10 * NOW_NS_PER_MS)
			due_ns = 10 * NOW_NS_PER_MS;
		ck_assert_int_ge(loop_wait(loop, due_ns), 0);
	}
	return status;
}

/* What curl prints for these options (a shell's words) and the page: the body, then the status.
 * Valid until the next call. */
static const char *curl(struct http *h, const char *words, const char *scheme, const char *path)
{
	static char text[4096];
	CLEANUP_FILE FILE *out = NULL;
	char command[1024], file[128];
	pid_t pid;
	size_t n;

	(void)snprintf(file, sizeof(file), "%s/out", dir);
	(void)snprintf(command, sizeof(command),
		       "exec curl -sS -m 20 -w '%%{http_code}' %s '%s://127.0.0.1:%u%s' "
		       "> '%s' 2>&1",
		       words, scheme, http_port(h), path, file);
	pid = fork();
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	(void)serve(h, pid);
	out = fopen(file, "re");
	ck_assert_ptr_nonnull(out);
	n = fread(text, 1, sizeof(text) - 1, out);
	text[n] = '\0';
	return text;
}

#define NO_PAGE "no such page, expected /ok, /healthz, /bad, /none, /long\n404"

START_TEST(pages)
{
	static const struct {
		const char *words, *path, *expected;
	} cases[] = {
		{ "", "/ok", "a page\n200" },
		{ "", "/ok?x=1", "a page\n200" },
		{ "", "/bad", "a page\n503" },
		{ "", "/nowhere", NO_PAGE },
		{ "", "/ok/", NO_PAGE },
		{ "", "/none", "out of memory\n500" },
		{ "-X POST -d x", "/ok", "only GET and HEAD\n405" },
		{ "-X DELETE", "/ok", "only GET and HEAD\n405" },
	};
	struct http_options opt = options();
	struct http *h = open_server(&opt);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_str_eq(curl(h, cases[i].words, "http", cases[i].path), cases[i].expected);
	ck_assert_ptr_nonnull(strstr(curl(h, "-I", "http", "/ok"), "Content-Length: 7"));
	http_close(h);
}
END_TEST

START_TEST(a_long_page_arrives_whole)
{
	struct http_options opt = options();
	struct http *h = open_server(&opt);

	ck_assert_str_eq(curl(h, "-o /dev/null -w '%{size_download} '", "http", "/long"),
			 "4194304 ");
	http_close(h);
}
END_TEST

static void put(const char *name, const char *text, char path[128])
{
	CLEANUP_FILE FILE *f = NULL;

	(void)snprintf(path, 128, "%s/%s", dir, name);
	f = fopen(path, "we");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
}

START_TEST(a_token_is_asked_for)
{
	struct http_options opt = options();
	char path[128];
	struct http *h;

	put("token", "s3cret\n", path);
	opt.token_file = path;
	h = open_server(&opt);
	n_asked = 0;
	ck_assert_str_eq(curl(h, "", "http", "/ok"), "token expected\n401");
	ck_assert_str_eq(curl(h, "-H 'Authorization: Bearer s3cre'", "http", "/ok"),
			 "token expected\n401");
	ck_assert_str_eq(curl(h, "-H 'Authorization: Bearer s3cret2'", "http", "/ok"),
			 "token expected\n401");
	ck_assert_str_eq(curl(h, "-H 'Authorization: Bearer '", "http", "/ok"),
			 "token expected\n401");
	ck_assert_str_eq(curl(h, "-H 'Authorization: Basic s3cret'", "http", "/ok"),
			 "token expected\n401");
	ck_assert_int_eq(n_asked, 0);
	ck_assert_str_eq(curl(h, "-H 'Authorization: Bearer s3cret'", "http", "/ok"),
			 "a page\n200");
	ck_assert_str_eq(curl(h, "", "http", "/healthz"), "a page\n200");
	http_close(h);
}
END_TEST

START_TEST(tls)
{
	char cert[128], key[128], command[512], words[256];
	struct http_options opt = options();
	struct http *h;

	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
	(void)snprintf(key, sizeof(key), "%s/key.pem", dir);
	(void)snprintf(command, sizeof(command),
		       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
		       "-days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 "
		       "-keyout '%s' -out '%s' 2>/dev/null",
		       key, cert);
	ck_assert_int_eq(system(command), 0);
	opt.cert_file = cert;
	opt.key_file = key;
	h = open_server(&opt);
	(void)snprintf(words, sizeof(words), "--cacert '%s'", cert);
	ck_assert_str_eq(curl(h, words, "https", "/ok"), "a page\n200");
	ck_assert_ptr_nonnull(strstr(curl(h, "", "https", "/ok"), "certificate"));
	http_close(h);
}
END_TEST

/* Who connects and says nothing, or half of a question, keeps nobody from being answered. */
START_TEST(silent_clients_hold_nobody_up)
{
	struct http_options opt = options();
	struct http *h = open_server(&opt);
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr = { htonl(INADDR_LOOPBACK) },
				    .sin_port = htons(http_port(h)) };
	int fds[HTTP_CLIENTS_MAX - 2];

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(fds[i], (struct sockaddr *)&addr, sizeof(addr)), 0);
		ck_assert_int_eq((int)send(fds[i], "GET /o", i % 2 ? 6 : 0, MSG_NOSIGNAL),
				 i % 2 ? 6 : 0);
		(void)http_tick(h);
		ck_assert_int_ge(loop_wait(loop, 10 * NOW_NS_PER_MS), 0); /* accepted */
	}
	ck_assert_str_eq(curl(h, "", "http", "/ok"), "a page\n200");
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		(void)close(fds[i]);
	http_close(h);
}
END_TEST

START_TEST(what_cannot_be_listened_at_is_refused)
{
	static const struct {
		const char *listen;
		int code;
		const char *words;
	} cases[] = {
		{ "3366", -EINVAL, "expected 'host:port'" },
		{ "localhost:", -EINVAL, "expected 'host:port'" },
		{ "localhost:http", -EINVAL, "expected 'host:port'" },
		{ "localhost:65536", -EINVAL, "expected 'host:port'" },
		{ "localhost:-1", -EINVAL, "expected 'host:port'" },
		{ "256.1.1.1:80", -EINVAL, "not known" },
		{ "192.0.2.1:80", -EADDRNOTAVAIL, "cannot be had" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_options opt = options();
		struct err err = { 0 };

		opt.listen = cases[i].listen;
		ck_assert_ptr_null(http_open(&opt, loop, &err));
		ck_assert_int_eq(err.code, cases[i].code);
		ck_assert_msg(strstr(err.text, cases[i].words) != NULL, "%s", err.text);
		ck_assert_msg(strstr(err.text, cases[i].listen) != NULL, "%s", err.text);
	}
}
END_TEST

START_TEST(a_port_in_use_is_refused)
{
	struct http_options opt = options();
	struct http *h = open_server(&opt);
	struct err err = { 0 };
	char listen[32];

	(void)snprintf(listen, sizeof(listen), "127.0.0.1:%u", http_port(h));
	opt.listen = listen;
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_int_eq(err.code, -EADDRINUSE);
	http_close(h);
}
END_TEST

START_TEST(files_that_do_not_fit_are_refused)
{
	struct http_options opt = options();
	struct err err = { 0 };
	char path[128];

	put("empty", "", path);
	opt.token_file = path;
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	put("line", "\nx", path);
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "first line is empty"));
	opt.token_file = "/nowhere/token";
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	opt.token_file = NULL;
	put("cert", "no certificate", path);
	opt.cert_file = path;
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "go together"));
	opt.key_file = path;
	ck_assert_ptr_null(http_open(&opt, loop, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "do not fit"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("http");
	TCase *tc = tcase_create("http");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pages);
	tcase_add_test(tc, a_long_page_arrives_whole);
	tcase_add_test(tc, a_token_is_asked_for);
	tcase_add_test(tc, tls);
	tcase_add_test(tc, silent_clients_hold_nobody_up);
	tcase_add_test(tc, what_cannot_be_listened_at_is_refused);
	tcase_add_test(tc, a_port_in_use_is_refused);
	tcase_add_test(tc, files_that_do_not_fit_are_refused);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int n_failed;

	srunner_run_all(runner, CK_NORMAL);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? 1 : 0;
}
