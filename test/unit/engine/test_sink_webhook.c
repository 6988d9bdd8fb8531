/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#include "common/cleanup.h"
#include "engine/sink/webhook.h"
#include "test/unit/engine/http_script.h"

static struct hs server;
static struct webhook_options opt;
static struct transport *t;
static struct err err;

#define ITEM(text)                                                                                 \
	{                                                                                          \
		.data = (const uint8_t *)(text), .len = sizeof(text) - 1                           \
	}
static const struct batch_item items[] = { ITEM("{\"a\":1}\n"), ITEM("{}\n"), ITEM("[\"b\"]") };

static void setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(hclient_prepare(&err), 0);
	opt = (struct webhook_options){ .http.timeout_ms = 5000 };
}

static void teardown(void)
{
	hs_free(&server);
}

static void start(const struct hs_answer *answers, size_t n)
{
	server = (struct hs){ .answers = answers, .n_answers = n };
	hs_start(&server);
	opt.http.url = hs_url(&server, "http", "127.0.0.1", "/hook");
	t = webhook_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
	ck_assert_int_eq(t->ops->connect(t, &err), 0);
}

static void stop(void)
{
	t->ops->disconnect(t);
	t->ops->free(t);
	hs_stop(&server);
}

static int send_items(size_t n, struct delivery *ret)
{
	struct batch batch = { .items = items, .n = n };

	for (size_t i = 0; i < n; i++)
		batch.n_bytes += items[i].len;
	*ret = (struct delivery){ .retry_after_ms = -1 };
	return t->ops->send(t, &batch, ret);
}

static const struct {
	enum webhook_mode mode;
	size_t n;
	const char *type, *body;
} modes[] = {
	{ WEBHOOK_SINGLE, 1, "application/json", "{\"a\":1}" },
	{ WEBHOOK_ARRAY, 1, "application/json", "[{\"a\":1}]" },
	{ WEBHOOK_ARRAY, 3, "application/json", "[{\"a\":1},{},[\"b\"]]" },
	{ WEBHOOK_LINES, 1, "application/x-ndjson", "{\"a\":1}\n" },
	{ WEBHOOK_LINES, 3, "application/x-ndjson", "{\"a\":1}\n{}\n[\"b\"]\n" },
};

START_TEST(body_is_as_the_mode_says)
{
	static const struct hs_answer answers[] = {
		{ .status = 202, .body = "ok", .body_len = 2 }
	};
	struct delivery ret;
	char plain[256];
	uLongf len = sizeof(plain);
	z_stream z = { .next_out = (uint8_t *)plain, .avail_out = sizeof(plain) };

	opt.mode = modes[_i].mode;
	start(answers, 1);
	ck_assert_int_eq(send_items(modes[_i].n, &ret), 0);
	ck_assert_str_eq(ret.text, "");
	stop();
	opt.gzip = true;
	opt.http.content_type = "text/other";
	len = strlen(modes[_i].body);
	ck_assert_uint_eq(server.n_requests, 1);
	ck_assert_str_eq(hs_header(&server, 0, "Content-Type"), modes[_i].type);
	ck_assert_uint_eq(server.requests[0].body_len, len);
	ck_assert_mem_eq(server.requests[0].body, modes[_i].body, len);
	hs_free(&server);
	start(answers, 1);
	ck_assert_int_eq(send_items(modes[_i].n, &ret), 0);
	stop();
	ck_assert_str_eq(hs_header(&server, 0, "Content-Type"), "text/other");
	ck_assert_str_eq(hs_header(&server, 0, "Content-Encoding"), "gzip");
	z.next_in = server.requests[0].body;
	z.avail_in = (unsigned int)server.requests[0].body_len;
	ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	ck_assert_uint_eq(z.total_out, len);
	ck_assert_mem_eq(plain, modes[_i].body, len);
	ck_assert_int_eq(inflateEnd(&z), Z_OK);
}
END_TEST

START_TEST(answers_are_delivered)
{
	static const struct hs_answer answers[] = {
		{ .status = 429, .headers = "Retry-After: 2\r\n" },
		{ .status = 400 },
		{ .status = 413 },
		{ .how = HS_CLOSE },
		{ .status = 200 },
	};
	/* A connection that was used before, and is closed instead of an answer, is made again by
	 * libcurl at once, and the request sent once more. */
	static const int expected[] = { -EAGAIN, -EBADMSG, -E2BIG, 0 };
	struct delivery ret;

	opt.mode = WEBHOOK_ARRAY;
	start(answers, ARRAY_LEN(answers));
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		ck_assert_int_eq(send_items(2, &ret), expected[i]);
		ck_assert_int_eq(ret.retry_after_ms, i == 0 ? 2000 : -1);
		ck_assert_int_eq(ret.text[0] == '\0', expected[i] == 0);
	}
	stop();
	ck_assert_uint_eq(server.n_requests, ARRAY_LEN(answers));
}
END_TEST

START_TEST(single_is_single)
{
	static const struct hs_answer answers[] = { { .status = 200 } };
	struct delivery ret;

	start(answers, 1);
	ck_assert_uint_eq(t->batch_items_max, 1);
	ck_assert_int_eq(t->linger_ms, 0);
	ck_assert_int_eq(send_items(2, &ret), -E2BIG);
	stop();
	ck_assert_uint_eq(server.n_requests, 0);
}
END_TEST

START_TEST(url_is_checked)
{
	opt.http.url = "tcp://me:hidden@host";
	ck_assert_ptr_null(webhook_new(&opt, &err));
	ck_assert_int_eq(strncmp(err.text, "webhook: url", 12), 0);
	ck_assert_ptr_null(strstr(err.text, "hidden"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink/webhook");
	TCase *tc = tcase_create("send");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, body_is_as_the_mode_says, 0, ARRAY_LEN(modes));
	tcase_add_test(tc, answers_are_delivered);
	tcase_add_test(tc, single_is_single);
	tcase_add_test(tc, url_is_checked);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
