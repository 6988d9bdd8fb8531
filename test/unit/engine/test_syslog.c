/* SPDX-License-Identifier: Apache-2.0 */
/* syslog against receivers of the test's own: what arrives, and what is said when nothing does. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <openssl/ssl.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/sink/syslog.h"
#include "engine/sink/syslog_message.h"
#include "engine/sink/syslog_url.h"
#include "test/unit/engine/forward_ground.h"

#define TIME_NS 1785579072123456789LL /* 2026-08-01T10:11:12.123456789Z */

static char dir[64];

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_syslog.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	signal(SIGPIPE, SIG_IGN);
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static struct batch_item item_of(const char *line, uint16_t event, bool is_urgent)
{
	return (struct batch_item){ .data = (const uint8_t *)line,
				    .len = (uint32_t)strlen(line),
				    .event = event,
				    .is_urgent = is_urgent,
				    .time_ns = TIME_NS };
}

/* --- The header. --- */

static void check_header(const struct slog_form *form, const struct batch_item *item,
			 const char *expected)
{
	char buf[SLOG_HEADER_MAX];
	size_t len = slog_header(buf, form, item, 7);

	ck_assert_uint_lt(len, sizeof(buf));
	ck_assert_msg(strlen(expected) == len && memcmp(buf, expected, len) == 0, "%.*s", (int)len,
		      buf);
}

START_TEST(a_header_is_as_the_rfc_has_it)
{
	struct slog_form form = { .facility = 16,
				  .severity = 6,
				  .urgent_severity = 4,
				  .pid = 812,
				  .host = "node-1",
				  .app = "warder" };
	struct batch_item item = item_of("{}\n", EV_OPENAT, false);

	check_header(&form, &item,
		     "<134>1 2026-08-01T10:11:12.123456Z node-1 warder 812 openat "
		     "[meta sequenceId=\"7\"] ");
	item.is_urgent = true;
	item.event = 60000; /* none */
	item.time_ns = 0;
	form.host[0] = form.app[0] = '\0';
	form.pid = 0;
	check_header(&form, &item, "<132>1 - - - - - [meta sequenceId=\"7\"] ");
	ck_assert_int_eq(
		slog_sd(form.sd, "a@32473", (const char *const[]){ "k=]\"\\", NULL }, NULL), 0);
	check_header(&form, &item,
		     "<132>1 - - - - - [meta sequenceId=\"7\"][a@32473 k=\"\\]\\\"\\\\\"] ");
}
END_TEST

START_TEST(the_longest_header_fits)
{
	struct slog_form form = { .facility = 23, .severity = 7, .pid = UINT32_MAX };
	struct batch_item item = item_of("", EV_OPENAT, false);
	char buf[SLOG_HEADER_MAX], value[SLOG_SD_MAX];

	memset(form.host, 'h', SLOG_HOST_MAX);
	memset(form.app, 'a', SLOG_APP_MAX);
	memset(value, 'v', sizeof(value));
	memcpy(value, "k=", 2);
	value[SLOG_SD_MAX - 6] = '\0'; /* [i k="..."] */
	ck_assert_int_eq(slog_sd(form.sd, "i", (const char *const[]){ value, NULL }, NULL), 0);
	item.time_ns = INT64_MAX;
	ck_assert_uint_lt(slog_header(buf, &form, &item, SLOG_SEQUENCE_MAX), sizeof(buf));
	ck_assert_str_eq(buf + strlen(buf) - 4, "v\"] ");
}
END_TEST

START_TEST(structured_data_that_is_none_is_refused)
{
	static const char *const bad[][2] = {
		{ "", "k=v" },       { "meta", "k=v" },
		{ "a b", "k=v" },    { "a=b", "k=v" },
		{ "a]", "k=v" },     { "012345678901234567890123456789012", "k=v" },
		{ "a@1", "k" },      { "a@1", "=v" },
		{ "a@1", "k k=v" },  { "a@1", "k=\n" },
		{ "a@1", "k=\xff" }, { "a@1", "k=\xc3" },
	};
	char sd[SLOG_SD_MAX + 1], value[SLOG_SD_MAX + 1];
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const char *const params[] = { bad[i][1], NULL };

		ck_assert_msg(slog_sd(sd, bad[i][0], params, &err) == -EINVAL, "%zu", i);
		ck_assert_int_ne(err.text[0], '\0');
	}
	memset(value, 'v', sizeof(value));
	memcpy(value, "k=", 2);
	value[SLOG_SD_MAX] = '\0';
	ck_assert_int_eq(slog_sd(sd, "a@1", (const char *const[]){ value, NULL }, &err), -EINVAL);
	ck_assert_int_eq(slog_sd(sd, "a@1", NULL, &err), 0);
	ck_assert_str_eq(sd, "[a@1]");
}
END_TEST

START_TEST(names_are_known)
{
	char name[6];

	ck_assert_int_eq(slog_facility("daemon"), 3);
	ck_assert_int_eq(slog_facility("local7"), 23);
	ck_assert_int_eq(slog_facility("23"), 23);
	ck_assert_int_eq(slog_facility("24"), -EINVAL);
	ck_assert_int_eq(slog_facility(""), -EINVAL);
	ck_assert_int_eq(slog_severity("debug"), 7);
	ck_assert_int_eq(slog_severity("7"), 7);
	ck_assert_int_eq(slog_severity("8"), -EINVAL);
	ck_assert_int_eq(slog_severity("-1"), -EINVAL);
	slog_name(name, sizeof(name), "a b\n\xc3\xa9");
	ck_assert_str_eq(name, "a?b??");
}
END_TEST

/* --- Options from a URL. --- */

static int options_of(const char *text, struct surl *url, struct slog_options *opt, struct err *err)
{
	static const char *list[SURL_PARAMS_MAX + 1];
	int rc = surl_parse(url, text, slog_url_form(text), err);

	return rc < 0 ? rc : slog_from_url(opt, url, list, err);
}

START_TEST(a_url_says_all)
{
	struct slog_options opt;
	struct err err = { 0 };
	struct surl url;

	ck_assert_msg(options_of("tls://h?facility=local3&severity=notice&urgentSeverity=2&app=a&"
				 "hostname=me&sdId=t@1&sdParam=a=b%20c&sdParam=d=e&caFile=/ca&"
				 "sendTimeout=2s",
				 &url, &opt, &err) == 0,
		      "%s", err.text);
	ck_assert_int_eq(opt.protocol, SLOG_TLS);
	ck_assert_uint_eq(opt.port, 6514);
	ck_assert_uint_eq(opt.facility, 19);
	ck_assert_uint_eq(opt.severity, 5);
	ck_assert_uint_eq(opt.urgent_severity, 2);
	ck_assert_str_eq(opt.sd_id, "t@1");
	ck_assert_str_eq(opt.sd_params[0], "a=b c");
	ck_assert_str_eq(opt.sd_params[1], "d=e");
	ck_assert_ptr_null(opt.sd_params[2]);
	ck_assert_int_eq(opt.send_timeout_ms, 2000);
	ck_assert_int_eq(options_of("h", &url, &opt, &err), 0);
	ck_assert_int_eq(opt.protocol, SLOG_UDP);
	ck_assert_uint_eq(opt.port, 514);
	ck_assert_uint_eq(opt.facility, 3);
	ck_assert_int_eq(options_of("unix:///dev/log", &url, &opt, &err), 0);
	ck_assert_str_eq(opt.path, "/dev/log");
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
	static const char *const texts[] = {
		"tcp://h?facility=local8",
		"tcp://h?severity=bad",
		"tcp://u:p@h",
		"tcp://h?caFile=/x",
		"tcp://h?sdParam=a=b",
		"tcp://h?sdId=a%20b",
		"http://h",
		"tcp://h/path",
	};
	struct slog_options opt;
	struct err err = { 0 };
	struct surl url;
	struct transport *t = NULL;

	if (options_of(texts[_i], &url, &opt, &err) == 0)
		t = slog_new(&opt, &err);
	ck_assert_ptr_null(t);
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_int_ne(err.text[0], '\0');
}
END_TEST

/* --- Receivers. --- */

static int bound(int family, int type, uint16_t *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (family == AF_UNIX) {
		(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s/log", dir);
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
		return fd;
	}
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*ret_port = ntohs(in.sin_port);
	if (type == SOCK_STREAM)
		ck_assert_int_eq(listen(fd, 4), 0);
	return fd;
}

static struct transport *transport_of(const char *text)
{
	struct slog_options opt;
	struct err err = { 0 };
	struct transport *t;
	struct surl url;

	ck_assert_msg(options_of(text, &url, &opt, &err) == 0, "%s", err.text);
	t = slog_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
	return t;
}

static struct transport *transport_to(const char *scheme, uint16_t port, const char *keys)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "%s://127.0.0.1:%u?%s", scheme, port, keys);
	return transport_of(text);
}

static int send_lines(struct transport *t, const char *const *lines, size_t n, struct delivery *ret)
{
	struct batch_item items[8];
	struct batch batch = { .items = items, .n = n };

	for (size_t i = 0; i < n; i++) {
		items[i] = item_of(lines[i], EV_OPENAT, i == 1);
		batch.n_bytes += items[i].len;
	}
	return t->ops->send(t, &batch, ret);
}

static const char *const lines[] = { "{\"a\":1}\n", "{\"b\":\"\\n \xe2\x82\xac\"}\n", "{}\n" };
#define PREFIX "2026-08-01T10:11:12.123456Z me warder "

static void check_message(const char *text, size_t len, unsigned int i, const char *pri)
{
	char expected[256];

	(void)snprintf(expected, sizeof(expected),
		       "<%s>1 " PREFIX "%d openat [meta sequenceId=\"%u\"] %.*s", pri,
		       (int)getpid(), i + 1, (int)strlen(lines[i]) - 1, lines[i]);
	ck_assert_msg(len == strlen(expected) && memcmp(text, expected, len) == 0, "%.*s, not %s",
		      (int)len, text, expected);
}

START_TEST(each_event_is_a_datagram)
{
	uint16_t port = 0;
	CLEANUP_FD int fd = bound(_i ? AF_UNIX : AF_INET, SOCK_DGRAM, &port);
	struct transport *t;
	struct delivery ret;
	char buf[512], url[128];
	ssize_t n;

	(void)snprintf(url, sizeof(url), "unix://%s/log?hostname=me", dir);
	t = _i ? transport_of(url) : transport_to("udp", port, "hostname=me");
	ck_assert_int_eq(send_lines(t, lines, 3, &ret), 0);
	ck_assert_uint_eq(ret.n_refused, 0);
	for (unsigned int i = 0; i < 3; i++) {
		n = recv(fd, buf, sizeof(buf), 0);
		ck_assert_int_gt(n, 0);
		check_message(buf, (size_t)n, i, i == 1 ? "28" : "30");
	}
	t->ops->free(t);
}
END_TEST

START_TEST(an_event_too_large_for_a_datagram_is_refused)
{
	uint16_t port = 0;
	CLEANUP_FD int fd = bound(AF_INET, SOCK_DGRAM, &port);
	struct transport *t = transport_to("udp", port, "hostname=me");
	CLEANUP_FREE char *large = calloc(1, 70001);
	const char *const three[] = { lines[0], large, lines[2] };
	struct delivery ret;
	char buf[512];

	memset(large, 'x', 70000);
	ck_assert_int_eq(send_lines(t, three, 3, &ret), 0);
	ck_assert_uint_eq(ret.n_refused, 1);
	ck_assert_ptr_nonnull(strstr(ret.text, "70000 bytes"));
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), 0), 0);
	ck_assert_int_gt(recv(fd, buf, sizeof(buf), 0), 0);
	ck_assert_int_eq(recv(fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
	t->ops->free(t);
}
END_TEST

START_TEST(a_closed_port_is_noticed)
{
	uint16_t port = 0;
	struct transport *t;
	struct delivery ret;
	int fd = bound(AF_INET, SOCK_DGRAM, &port), rc = 0;

	(void)close(fd);
	t = transport_to("udp", port, "");
	for (int i = 0; i < 100 && rc == 0; i++) {
		rc = send_lines(t, lines, 1, &ret);
		(void)usleep(1000);
	}
	ck_assert_int_eq(rc, -ECONNREFUSED);
	ck_assert_ptr_nonnull(strstr(ret.text, "udp://127.0.0.1:"));
	t->ops->free(t);
}
END_TEST

START_TEST(a_local_socket_that_is_not_there_is_said)
{
	struct transport *t;
	struct err err = { 0 };
	char url[128];

	(void)snprintf(url, sizeof(url), "unix://%s/none", dir);
	t = transport_of(url);
	ck_assert_int_eq(t->ops->connect(t, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "not connected (ENOENT)"));
	t->ops->free(t);
}
END_TEST

/* A stream's other end, in a thread: reads `n_want` bytes' worth of messages, or does something
 * else. */
struct receiver {
	int fd; /* it listens */
	SSL_CTX *ssl;
	size_t n_messages;
	char text[4096];
	size_t len;
	bool has_failed;       /* its handshake did */
	atomic_bool may_close; /* before that it stays connected */
	pthread_t thread;
};

static size_t count_messages(const struct receiver *r)
{
	const char *at = r->text, *end = r->text + r->len;
	size_t n = 0;
	char *space;

	while (at < end) {
		unsigned long len = strtoul(at, &space, 10);

		if (space == at || *space != ' ' || (size_t)(end - space - 1) < len)
			break;
		at = space + 1 + len;
		n++;
	}
	return n;
}

static void *receive(void *arg)
{
	struct receiver *r = arg;
	int fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC);
	SSL *ssl = r->ssl ? SSL_new(r->ssl) : NULL;
	ssize_t n = 1;

	if (ssl) {
		SSL_set_fd(ssl, fd);
		r->has_failed = SSL_accept(ssl) != 1;
	}
	while (!r->has_failed && n > 0 && count_messages(r) < r->n_messages) {
		size_t left = sizeof(r->text) - 1 - r->len;

		n = ssl ? SSL_read(ssl, r->text + r->len, (int)left)
			: read(fd, r->text + r->len, left);
		r->len += n > 0 ? (size_t)n : 0;
	}
	while (!r->has_failed && !atomic_load(&r->may_close))
		(void)usleep(1000);
	SSL_free(ssl);
	(void)close(fd);
	return NULL;
}

static void check_stream(const struct receiver *r)
{
	const char *at = r->text;
	char *space;

	ck_assert_uint_eq(count_messages(r), 3);
	for (unsigned int i = 0; i < 3; i++) {
		unsigned long len = strtoul(at, &space, 10);

		check_message(space + 1, len, i, i == 1 ? "28" : "30");
		at = space + 1 + len;
	}
	ck_assert_ptr_eq(at, r->text + r->len);
}

START_TEST(a_stream_counts_octets)
{
	uint16_t port = 0;
	CLEANUP_FD int fd = bound(AF_INET, SOCK_STREAM, &port);
	struct receiver r = { .fd = fd, .n_messages = 3 };
	struct transport *t = transport_to("tcp", port, "hostname=me");
	struct delivery ret;

	ck_assert_int_eq(pthread_create(&r.thread, NULL, receive, &r), 0);
	ck_assert_msg(send_lines(t, lines, 3, &ret) == 0, "%s", ret.text);
	ck_assert_int_eq(t->ops->idle(t), 0);
	atomic_store(&r.may_close, true);
	(void)pthread_join(r.thread, NULL);
	check_stream(&r);
	/* That it has closed is noticed without an event. */
	for (int i = 0; i < 1000 && t->ops->idle(t) == 0; i++)
		(void)usleep(1000);
	ck_assert_int_lt(t->ops->idle(t), 0);
	t->ops->free(t);
}
END_TEST

START_TEST(a_peer_that_reads_nothing_is_given_up)
{
	uint16_t port = 0;
	CLEANUP_FD int fd = bound(AF_INET, SOCK_STREAM, &port);
	struct transport *t = transport_to("tcp", port, "sendTimeout=300ms");
	CLEANUP_FREE char *large = calloc(1, 900001);
	const char *const many[] = { large, large, large, large, large, large, large, large };
	struct delivery ret;
	int rc = 0;

	ck_assert_int_ge(fd, 0); /* it listens, and that is all */
	memset(large, 'x', 900000);
	for (int i = 0; i < 20 && rc == 0; i++) /* more than the kernel keeps */
		rc = send_lines(t, many, 8, &ret);
	ck_assert_int_eq(rc, -ETIMEDOUT);
	ck_assert_ptr_nonnull(strstr(ret.text, "batch is not taken (ETIMEDOUT)"));
	t->ops->free(t);
}
END_TEST

static SSL_CTX *server_tls(const char *name)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	ck_assert_int_eq(SSL_CTX_use_certificate_file(ssl, path, SSL_FILETYPE_PEM), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey_file(ssl, path, SSL_FILETYPE_PEM), 1);
	return ssl;
}

static const struct {
	const char *cert, *keys;
	bool is_good;
} tls_cases[] = {
	{ "good.pem", "", true },
	{ "good.pem", "&serverName=localhost", true },
	{ "other.pem", "&serverName=other.example", true },
	{ "other.pem", "&insecure=true", true },
	{ "other.pem", "", false },
	{ "strange.pem", "", false },
};

START_TEST(tls_is_checked)
{
	uint16_t port = 0;
	CLEANUP_FD int fd = bound(AF_INET, SOCK_STREAM, &port);
	struct receiver r = { .fd = fd, .n_messages = 3 };
	struct transport *t;
	struct delivery ret;
	char url[256];

	fg_make_certs(dir);
	r.ssl = server_tls(tls_cases[_i].cert);
	(void)snprintf(url, sizeof(url), "hostname=me&caFile=%s/ca.pem%s", dir, tls_cases[_i].keys);
	t = transport_to("tls", port, url);
	ck_assert_int_eq(pthread_create(&r.thread, NULL, receive, &r), 0);
	ck_assert_msg((send_lines(t, lines, 3, &ret) == 0) == tls_cases[_i].is_good, "%s",
		      ret.text);
	t->ops->disconnect(t);
	atomic_store(&r.may_close, true);
	(void)pthread_join(r.thread, NULL);
	if (tls_cases[_i].is_good)
		check_stream(&r);
	else
		ck_assert_uint_eq(r.len, 0);
	t->ops->free(t);
	SSL_CTX_free(r.ssl);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("syslog");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_header_is_as_the_rfc_has_it);
	tcase_add_test(tcase, the_longest_header_fits);
	tcase_add_test(tcase, structured_data_that_is_none_is_refused);
	tcase_add_test(tcase, names_are_known);
	tcase_add_test(tcase, a_url_says_all);
	tcase_add_loop_test(tcase, what_cannot_be_is_refused, 0, 8);
	tcase_add_loop_test(tcase, each_event_is_a_datagram, 0, 2);
	tcase_add_test(tcase, an_event_too_large_for_a_datagram_is_refused);
	tcase_add_test(tcase, a_closed_port_is_noticed);
	tcase_add_test(tcase, a_local_socket_that_is_not_there_is_said);
	tcase_add_test(tcase, a_stream_counts_octets);
	tcase_add_test(tcase, a_peer_that_reads_nothing_is_given_up);
	tcase_add_loop_test(tcase, tls_is_checked, 0, ARRAY_LEN(tls_cases));
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
