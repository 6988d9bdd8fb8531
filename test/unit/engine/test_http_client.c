/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/http_client.h"
#include "test/unit/engine/forward_ground.h"
#include "test/unit/engine/http_script.h"

static struct hs server;
static struct hclient_options opt;
static struct hclient *client;
static const struct hclient_reply *reply;
static struct err err;
static char dir[64];
static char file[128];

static const char *in_dir(const char *name)
{
	(void)snprintf(file, sizeof(file), "%s/%s", dir, name);
	return file;
}

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/warder-http-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(hclient_prepare(&err), 0);
	(void)signal(SIGPIPE, SIG_IGN);
	opt = (struct hclient_options){ .timeout_ms = 5000 };
	err = (struct err){ 0 };
}

static void teardown(void)
{
	static const char *const names[] = { "token",     "ca.pem",     "strange.pem", "good.pem",
					     "other.pem", "client.pem", "nothing" };

	hclient_free(client);
	client = NULL;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(in_dir(names[i]));
	ck_assert_int_eq(rmdir(dir), 0);
}

static void start(const struct hs_answer *answers, size_t n)
{
	server = (struct hs){ .answers = answers, .n_answers = n };
	hs_start(&server);
}

static void make_client(const char *url)
{
	opt.url = url;
	client = hclient_new(&opt, &err);
	ck_assert_msg(client != NULL, "%s", err.text);
}

static int post(const char *body)
{
	err = (struct err){ 0 };
	return hclient_post(client, body, strlen(body), NULL, -1, &reply, &err);
}

static void stop(void)
{
	hclient_free(client);
	client = NULL;
	hs_stop(&server);
}

START_TEST(request_is_what_was_asked_for)
{
	static const struct hs_answer answers[] = {
		{ .body = "thanks", .body_len = 6, .headers = "Content-Type: text/plain\r\n" },
		{ .status = 204 }
	};
	static const char *const headers[] = { "X-Scope-OrgID: one", "X-Other: a b", NULL };

	/* What a proxy's variable says does not count. */
	ck_assert_int_eq(setenv("http_proxy", "http://127.0.0.1:1", 1), 0);
	start(answers, 2);
	opt.content_type = "application/json";
	opt.headers = headers;
	opt.default_path = "/standard";
	make_client(hs_url(&server, "http", "127.0.0.1", "/hook?a=b"));
	ck_assert_int_eq(post("{\"a\":1}"), 0);
	ck_assert_int_eq(reply->status, 200);
	ck_assert_uint_eq(reply->body_len, 6);
	ck_assert_mem_eq(reply->body, "thanks", 6);
	ck_assert_str_eq(reply->content_type, "text/plain");
	ck_assert_int_eq(reply->retry_after_ms, -1);
	ck_assert_int_eq(hclient_post(client, "zip", 3, "Content-Encoding: gzip", -1, &reply, &err),
			 0);
	ck_assert_int_eq(reply->status, 204);
	ck_assert_uint_eq(reply->body_len, 0);
	ck_assert_str_eq(reply->content_type, "");
	stop();
	ck_assert_uint_eq(server.n_requests, 2);
	ck_assert_uint_eq(server.n_connections, 1);
	ck_assert_int_eq(strncmp(server.requests[0].head, "POST /hook?a=b HTTP/1.1\n", 24), 0);
	ck_assert_str_eq(hs_header(&server, 0, "content-type"), "application/json");
	ck_assert_str_eq(hs_header(&server, 0, "user-agent"), "warder/" WARDER_VERSION);
	ck_assert_str_eq(hs_header(&server, 0, "X-Scope-OrgID"), "one");
	ck_assert_str_eq(hs_header(&server, 0, "X-Other"), "a b");
	ck_assert_str_eq(hs_header(&server, 0, "Expect"), "");
	ck_assert_str_eq(hs_header(&server, 0, "Content-Encoding"), "");
	ck_assert_str_eq(hs_header(&server, 0, "Authorization"), "");
	ck_assert_str_eq(hs_header(&server, 0, "Content-Length"), "7");
	ck_assert_mem_eq(server.requests[0].body, "{\"a\":1}", 7);
	ck_assert_str_eq(hs_header(&server, 1, "Content-Encoding"), "gzip");
	ck_assert_str_eq(hs_header(&server, 1, "X-Other"), "a b");
	hs_free(&server);
	ck_assert_int_eq(unsetenv("http_proxy"), 0);
}
END_TEST

START_TEST(user_and_path_of_the_url)
{
	static const struct hs_answer answers[] = { { .status = 200 } };
	char url[128];

	start(answers, 1);
	(void)snprintf(url, sizeof(url), "http://me:secret@127.0.0.1:%u", server.port);
	opt.default_path = "/v1/logs";
	make_client(url);
	ck_assert_int_eq(post("x"), 0);
	stop();
	ck_assert_int_eq(strncmp(server.requests[0].head, "POST /v1/logs HTTP/1.1\n", 23), 0);
	ck_assert_str_eq(hs_header(&server, 0, "Authorization"), "Basic bWU6c2VjcmV0");
	ck_assert_str_eq(hs_header(&server, 0, "Content-Type"), "");
	hs_free(&server);
}
END_TEST

static const struct {
	int status;
	const char *headers;
	int expected;
	int64_t retry_after_ms;
} statuses[] = {
	{ 200, NULL, 0, -1 },
	{ 201, NULL, 0, -1 },
	{ 204, NULL, 0, -1 },
	{ 301, "Location: http://127.0.0.1:1/\r\n", -EPROTO, -1 },
	{ 304, NULL, -EPROTO, -1 },
	{ 400, NULL, -EBADMSG, -1 },
	{ 401, NULL, -EACCES, -1 },
	{ 403, NULL, -EACCES, -1 },
	{ 404, NULL, -ENOENT, -1 },
	{ 405, NULL, -ENOENT, -1 },
	{ 407, NULL, -EACCES, -1 },
	{ 408, NULL, -EAGAIN, -1 },
	{ 413, NULL, -E2BIG, -1 },
	{ 415, NULL, -EBADMSG, -1 },
	{ 422, NULL, -EBADMSG, -1 },
	{ 429, "Retry-After: 7\r\n", -EAGAIN, 7000 },
	{ 429, "Retry-After: x\r\n", -EAGAIN, -1 },
	{ 429, "Retry-After: -3\r\n", -EAGAIN, -1 },
	{ 500, NULL, -EAGAIN, -1 },
	{ 502, NULL, -EAGAIN, -1 },
	{ 503, "Retry-After: 120\r\n", -EAGAIN, 120000 },
	{ 504, NULL, -EAGAIN, -1 },
};

START_TEST(status_is_judged)
{
	const struct hs_answer answer = { .status = statuses[_i].status,
					  .headers = statuses[_i].headers };
	struct delivery ret = { .retry_after_ms = -1, .text = "old" };

	start(&answer, 1);
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	ck_assert_int_eq(post("x"), 0);
	ck_assert_int_eq(reply->status, statuses[_i].status);
	ck_assert_int_eq(hclient_judge(reply, &ret), statuses[_i].expected);
	ck_assert_int_eq(ret.retry_after_ms, statuses[_i].retry_after_ms);
	ck_assert_int_eq(ret.text[0] == '\0', statuses[_i].expected == 0);
	stop();
	ck_assert_uint_eq(server.n_requests, 1);
	hs_free(&server);
}
END_TEST

START_TEST(retry_after_may_be_a_date)
{
	char headers[128];
	const struct hs_answer answer = { .status = 503, .headers = headers };
	time_t then = time(NULL) + 100;
	struct tm tm;

	ck_assert_uint_gt(strftime(headers, sizeof(headers),
				   "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
				   gmtime_r(&then, &tm)),
			  0);
	start(&answer, 1);
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	ck_assert_int_eq(post("x"), 0);
	ck_assert_int_ge(reply->retry_after_ms, 95000);
	ck_assert_int_le(reply->retry_after_ms, 100000);
	stop();
	hs_free(&server);
}
END_TEST

static const struct {
	enum hs_how how;
	int expected;
	bool is_cut;
} failures[] = {
	{ HS_CLOSE, -ECONNRESET, false },
	{ HS_CLOSE_MID, -ECONNRESET, false },
	{ HS_HANG, -ETIMEDOUT, false },
	{ HS_GARBAGE, -EPROTO, false },
	{ HS_FLOOD, 0, true },
};

/* And the next request works again. */
START_TEST(peer_that_misbehaves)
{
	const struct hs_answer answers[] = {
		{ .how = failures[_i].how, .body = "ab", .body_len = 2 }, { .status = 200 }
	};
	int64_t start_ns = (int64_t)now_clock_ns(CLOCK_MONOTONIC);

	start(answers, 2);
	opt.timeout_ms = 500;
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	ck_assert_int_eq(post("x"), failures[_i].expected);
	if (failures[_i].expected == 0) {
		ck_assert_int_eq(reply->is_cut, failures[_i].is_cut);
		ck_assert_uint_eq(reply->body_len, HCLIENT_BODY_MAX);
	} else {
		ck_assert_str_ne(err.text, "");
	}
	ck_assert_int_lt((int64_t)now_clock_ns(CLOCK_MONOTONIC) - start_ns, 3 * NOW_NS_PER_S);
	ck_assert_msg(post("y") == 0, "%s", err.text);
	ck_assert_int_eq(reply->status, 200);
	ck_assert_uint_eq(reply->body_len, 0);
	stop();
	ck_assert_uint_eq(server.n_connections, 2);
	hs_free(&server);
}
END_TEST

START_TEST(nobody_is_there)
{
	static const struct hs_answer answers[] = { { .status = 200 } };
	char url[256];

	start(answers, 1);
	(void)snprintf(url, sizeof(url), "%s", hs_url(&server, "http", "127.0.0.1", "/"));
	hs_stop(&server);
	hs_free(&server);
	make_client(url);
	ck_assert_int_eq(post("x"), -ECONNREFUSED);
	hclient_free(client);
	opt.timeout_ms = 3000;
	make_client("http://no-such-host.invalid/");
	ck_assert_int_lt(post("x"), 0);
	ck_assert_msg(err.code == -EHOSTUNREACH || err.code == -ETIMEDOUT, "%s", err.text);
}
END_TEST

/* An idle connection that the peer closed costs nothing. */
START_TEST(connection_is_made_again)
{
	static const struct hs_answer answers[] = { { .headers = "Connection: close\r\n" },
						    { .status = 200 } };

	start(answers, 2);
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	ck_assert_int_eq(post("1"), 0);
	ck_assert_int_eq(post("2"), 0);
	hclient_disconnect(client);
	hclient_disconnect(client);
	ck_assert_int_eq(post("3"), 0);
	stop();
	ck_assert_uint_eq(server.n_connections, 3);
	hs_free(&server);
}
END_TEST

static void *cancel_later(void *arg)
{
	uint64_t one = 1;

	(void)usleep(200000);
	ck_assert_int_eq(write(*(int *)arg, &one, sizeof(one)), sizeof(one));
	return NULL;
}

START_TEST(cancelled_at_once)
{
	static const struct hs_answer answers[] = { { .how = HS_HANG } };
	int64_t start_ns;
	pthread_t thread;
	int fd = eventfd(0, EFD_CLOEXEC);

	start(answers, 1);
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	start_ns = (int64_t)now_clock_ns(CLOCK_MONOTONIC);
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_later, &fd), 0);
	ck_assert_int_eq(hclient_post(client, "x", 1, NULL, fd, &reply, &err), -ECANCELED);
	ck_assert_int_lt((int64_t)now_clock_ns(CLOCK_MONOTONIC) - start_ns, NOW_NS_PER_S);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	stop();
	hs_free(&server);
	(void)close(fd);
}
END_TEST

static void write_file(const char *name, const char *content)
{
	FILE *f = fopen(in_dir(name), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(content, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(token_is_read_again_when_refused)
{
	static const struct hs_answer answers[] = { { .status = 200 },
						    { .status = 401 },
						    { .status = 200 },
						    { .status = 401 },
						    { .status = 401 } };
	char path[128];

	write_file("token", "first\n");
	(void)snprintf(path, sizeof(path), "%s", in_dir("token"));
	start(answers, ARRAY_LEN(answers));
	opt.token_file = path;
	make_client(hs_url(&server, "http", "127.0.0.1", "/"));
	ck_assert_int_eq(post("1"), 0);
	write_file("token", "second");
	ck_assert_int_eq(post("2"), 0);
	ck_assert_int_eq(reply->status, 200);
	ck_assert_int_eq(post("3"), 0); /* the same token again: not worth a try */
	ck_assert_int_eq(reply->status, 401);
	write_file("token", "");
	ck_assert_int_eq(post("4"), 0); /* none: the old one stays */
	ck_assert_int_eq(reply->status, 401);
	stop();
	ck_assert_uint_eq(server.n_requests, 5);
	ck_assert_str_eq(hs_header(&server, 0, "Authorization"), "Bearer first");
	ck_assert_str_eq(hs_header(&server, 1, "Authorization"), "Bearer first");
	ck_assert_str_eq(hs_header(&server, 2, "Authorization"), "Bearer second");
	ck_assert_mem_eq(server.requests[2].body, "2", 1);
	ck_assert_str_eq(hs_header(&server, 4, "Authorization"), "Bearer second");
	hs_free(&server);
}
END_TEST

/* --- TLS. --- */

static const struct {
	const char *what, *cert, *ca, *client_cert, *client_ca;
	bool insecure;
	int expected;
} tls[] = {
	{ "good", "good.pem", "ca.pem", NULL, NULL, false, 0 },
	{ "another CA", "good.pem", "strange.pem", NULL, NULL, false, -EACCES },
	{ "the system's CAs", "good.pem", NULL, NULL, NULL, false, -EACCES },
	{ "another name", "other.pem", "ca.pem", NULL, NULL, false, -EACCES },
	{ "nobody cares", "other.pem", NULL, NULL, NULL, true, 0 },
	{ "mutual", "good.pem", "ca.pem", "client.pem", "ca.pem", false, 0 },
};

START_TEST(tls_is_checked)
{
	static const struct hs_answer answers[] = { { .body = "ok", .body_len = 2 } };
	char cert[128], ca[128], client_cert[128], client_ca[128];

	fg_make_certs(dir);
	(void)snprintf(cert, sizeof(cert), "%s/%s", dir, tls[_i].cert);
	(void)snprintf(ca, sizeof(ca), "%s/%s", dir, tls[_i].ca ? tls[_i].ca : "");
	(void)snprintf(client_cert, sizeof(client_cert), "%s/client.pem", dir);
	(void)snprintf(client_ca, sizeof(client_ca), "%s/ca.pem", dir);
	server = (struct hs){ .answers = answers,
			      .n_answers = 1,
			      .cert = cert,
			      .client_ca = tls[_i].client_ca ? client_ca : NULL };
	hs_start(&server);
	opt.ca_file = tls[_i].ca ? ca : NULL;
	opt.cert_file = tls[_i].client_cert ? client_cert : NULL;
	opt.insecure = tls[_i].insecure;
	make_client(hs_url(&server, "https", "127.0.0.1", "/"));
	ck_assert_msg(post("x") == tls[_i].expected, "%s: %d %s", tls[_i].what, err.code, err.text);
	stop();
	ck_assert_uint_eq(server.n_requests, tls[_i].expected == 0);
	hs_free(&server);
}
END_TEST

START_TEST(tls_server_that_wants_a_certificate)
{
	static const struct hs_answer answers[] = { { .status = 200 } };
	char cert[128], ca[128];

	fg_make_certs(dir);
	(void)snprintf(cert, sizeof(cert), "%s/good.pem", dir);
	(void)snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
	server = (struct hs){ .answers = answers, .n_answers = 1, .cert = cert, .client_ca = ca };
	hs_start(&server);
	opt.ca_file = ca;
	make_client(hs_url(&server, "https", "localhost", "/"));
	ck_assert_int_lt(post("x"), 0);
	stop();
	ck_assert_uint_eq(server.n_requests, 0);
	hs_free(&server);
}
END_TEST

/* --- Options. --- */

static const char *const bad_header[] = { "X-Secret", NULL };
static const char *const bad_header_name[] = { "X Y: hidden", NULL };
static const char *const two_headers_in_one[] = { "A: b\r\nC: hidden", NULL };
static const char *const no_value[] = { "Authorization:", NULL };

static const struct {
	struct hclient_options opt;
	const char *text;
} refused[] = {
	{ { .url = NULL }, "url cannot be used" },
	{ { .url = "" }, "url cannot be used" },
	{ { .url = "ftp://me:hidden@host/" }, "url cannot be used" },
	{ { .url = "file:///etc/passwd" }, "url cannot be used" },
	{ { .url = "http://me:hidden@host:99999/" }, "url cannot be used" },
	{ { .url = "http://h/", .headers = bad_header }, "header 1 is not one" },
	{ { .url = "http://h/", .headers = bad_header_name }, "header 1 is not one" },
	{ { .url = "http://h/", .headers = two_headers_in_one }, "header 1 is not one" },
	{ { .url = "http://h/", .headers = no_value }, "header 1 is not one" },
	{ { .url = "http://h/", .content_type = "a\nb" }, "content type is not one" },
	{ { .url = "http://h/", .token_file = "/nowhere/x" },
	  "token file '/nowhere/x' cannot be read (ENOENT)" },
	{ { .url = "http://h/", .token_file = "/dev/null" }, "has no token" },
	{ { .url = "http://h/", .ca_file = "/nowhere/x" },
	  "ca file '/nowhere/x' cannot be read (ENOENT)" },
	{ { .url = "http://h/", .ca_file = "/etc/passwd" }, "ca file '/etc/passwd' is not PEM" },
	{ { .url = "http://h/", .cert_file = "/tmp" },
	  "certificate '/tmp' cannot be read (EINVAL)" },
	{ { .url = "http://h/", .key_file = "/etc/passwd" }, "key file without a certificate" },
};

START_TEST(options_are_checked)
{
	ck_assert_ptr_null(hclient_new(&refused[_i].opt, &err));
	ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "%s", err.text);
	ck_assert_ptr_null(strstr(err.text, "hidden"));
	ck_assert_int_lt(err.code, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink/http_client");
	TCase *tc = tcase_create("post");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, request_is_what_was_asked_for);
	tcase_add_test(tc, user_and_path_of_the_url);
	tcase_add_loop_test(tc, status_is_judged, 0, ARRAY_LEN(statuses));
	tcase_add_test(tc, retry_after_may_be_a_date);
	tcase_add_loop_test(tc, peer_that_misbehaves, 0, ARRAY_LEN(failures));
	tcase_add_test(tc, nobody_is_there);
	tcase_add_test(tc, connection_is_made_again);
	tcase_add_test(tc, cancelled_at_once);
	tcase_add_test(tc, token_is_read_again_when_refused);
	tcase_add_loop_test(tc, tls_is_checked, 0, ARRAY_LEN(tls));
	tcase_add_test(tc, tls_server_that_wants_a_certificate);
	tcase_add_loop_test(tc, options_are_checked, 0, ARRAY_LEN(refused));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
