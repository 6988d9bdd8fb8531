/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <zlib.h>

#include "common/cleanup.h"
#include "engine/encode/otlp_write.h"
#include "engine/sink/otlp.h"
#include "test/unit/engine/http_script.h"
#include "test/unit/engine/otlp_read.h"

#define N_ITEMS 3

static struct hs server;
static struct otlp_options opt;
static struct transport *t;
static struct err err;
static uint8_t records[N_ITEMS][4096];
static struct batch_item items[N_ITEMS];
static struct batch batch;

static void setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(hclient_prepare(&err), 0);
	opt = (struct otlp_options){ .http.timeout_ms = 5000 };
}

static void teardown(void)
{
	if (t)
		t->ops->free(t);
	t = NULL;
	hs_free(&server);
}

static void start(const struct hs_answer *answers, size_t n, enum otlp_protocol protocol)
{
	server = (struct hs){ .answers = answers,
			      .n_answers = n,
			      .is_http2 = protocol == OTLP_GRPC };
	hs_start(&server);
	opt.protocol = protocol;
	opt.http.url = hs_url(&server, "http", "127.0.0.1", "");
	t = otlp_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
	ck_assert_int_eq(t->ops->connect(t, &err), 0);
}

static void stop(void)
{
	t->ops->disconnect(t);
	t->ops->free(t);
	t = NULL;
	hs_stop(&server);
}

/* Records of different lengths: 20, 140, 260 and a bit. */
static void make_batch(bool is_json)
{
	static char text[512];

	batch = (struct batch){ .items = items, .n = N_ITEMS };
	memset(text, 'a', sizeof(text));
	for (size_t i = 0; i < N_ITEMS; i++) {
		struct ow w;

		ow_init(&w, records[i], sizeof(records[i]), is_json);
		ow_begin(&w);
		ow_fixed64(&w, (struct ow_place){ 1, "timeUnixNano" }, 1000 + i);
		ow_any_text(&w, (struct ow_place){ 5, "body" }, text, 1 + i * 120);
		ow_list_open(&w, "attributes");
		ow_list_close(&w);
		ow_end(&w);
		ck_assert(!w.is_full);
		items[i] = (struct batch_item){ .data = records[i], .len = (uint32_t)ow_len(&w) };
		batch.n_bytes += items[i].len;
	}
}

static int send_batch(struct delivery *ret)
{
	make_batch(opt.protocol == OTLP_HTTP_JSON);
	*ret = (struct delivery){ .retry_after_ms = -1 };
	return t->ops->send(t, &batch, ret);
}

/* --- Requests. --- */

static json_t *gunzip_and_read(const uint8_t *bytes, size_t len, bool is_gzip, bool is_json)
{
	uint8_t plain[65536];
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)bytes,
		       .avail_in = (unsigned int)len,
		       .next_out = plain,
		       .avail_out = sizeof(plain) };

	if (is_gzip) {
		ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
		ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
		ck_assert_uint_eq(z.avail_in, 0);
		bytes = plain;
		len = z.total_out;
		ck_assert_int_eq(inflateEnd(&z), Z_OK);
	}
	return is_json ? json_loadb((const char *)bytes, len,
				    JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, NULL)
		       : otr_request(bytes, len);
}

static const char *attribute(const json_t *resource, const char *key)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(resource, "attributes"), i, item)
	{
		if (!strcmp(json_string_value(json_object_get(item, "key")), key))
			return json_string_value(
				json_object_get(json_object_get(item, "value"), "stringValue"));
	}
	return "absent";
}

static void check_request(const json_t *root)
{
	const json_t *logs = json_array_get(json_object_get(root, "resourceLogs"), 0);
	const json_t *scope_logs = json_array_get(json_object_get(logs, "scopeLogs"), 0);
	const json_t *resource = json_object_get(logs, "resource"), *record;
	char text[32];

	ck_assert_str_eq(attribute(resource, "service.name"), "warder");
	ck_assert_str_eq(attribute(resource, "service.version"), WARDER_VERSION);
	ck_assert_str_eq(attribute(resource, "os.type"), "linux");
	ck_assert_str_eq(attribute(resource, "host.name"), "mine");
	ck_assert_str_eq(attribute(resource, "k8s.cluster.name"), "a=b");
	ck_assert_str_ne(attribute(resource, "host.arch"), "absent");
	ck_assert_str_eq(
		json_string_value(json_object_get(json_object_get(scope_logs, "scope"), "name")),
		"warder");
	ck_assert_uint_eq(json_array_size(json_object_get(scope_logs, "logRecords")), N_ITEMS);
	for (size_t i = 0; i < N_ITEMS; i++) {
		record = json_array_get(json_object_get(scope_logs, "logRecords"), i);
		(void)snprintf(text, sizeof(text), "%zu", 1000 + i);
		ck_assert_str_eq(json_string_value(json_object_get(record, "timeUnixNano")), text);
		ck_assert_uint_eq(json_string_length(json_object_get(
					  json_object_get(record, "body"), "stringValue")),
				  1 + i * 120);
	}
}

/* All protocols, with and without gzip. */
START_TEST(request_is_complete)
{
	static const struct hs_answer http[] = { { .status = 200 } };
	static const struct hs_answer grpc[] = { { .headers = "content-type: application/grpc\r\n",
						   .body = "\0\0\0\0",
						   .body_len = 5,
						   .trailers = "grpc-status: 0\r\n" } };
	static const char *const attributes[] = { "k8s.cluster.name=a=b", "host.name=mine", NULL };
	static const char *const headers[] = { "x-tenant: one", NULL };
	enum otlp_protocol protocol = (enum otlp_protocol)(_i / 2);
	bool is_grpc = protocol == OTLP_GRPC;
	size_t skip = is_grpc ? 5 : 0;
	const struct hs_request *req;
	struct delivery ret;
	json_t *root;

	opt.gzip = _i % 2;
	opt.resource = attributes;
	opt.http.headers = headers;
	start(is_grpc ? grpc : http, 1, protocol);
	ck_assert_int_eq(send_batch(&ret), 0);
	ck_assert_uint_eq(ret.n_refused, 0);
	ck_assert_str_eq(ret.text, "");
	ck_assert_msg(send_batch(&ret) == 0, "%s", ret.text);
	stop();
	ck_assert_uint_eq(server.n_requests, 2);
	if (!is_grpc) /* see is_reuse_broken() of http_client.c */
		ck_assert_uint_eq(server.n_connections, 1);
	for (size_t i = 0; i < 2; i++) {
		req = &server.requests[i];
		ck_assert_str_eq(hs_header(&server, i, "x-tenant"), "one");
		ck_assert_str_eq(hs_header(&server, i, "content-encoding"),
				 opt.gzip && !is_grpc ? "gzip" : "");
		ck_assert_uint_ge(req->body_len, skip);
		if (is_grpc) {
			ck_assert_str_eq(
				hs_header(&server, i, ":path"),
				"/opentelemetry.proto.collector.logs.v1.LogsService/Export");
			ck_assert_str_eq(hs_header(&server, i, "te"), "trailers");
			ck_assert_str_eq(hs_header(&server, i, "content-type"), "application/grpc");
			ck_assert_str_eq(hs_header(&server, i, "grpc-encoding"),
					 opt.gzip ? "gzip" : "");
			ck_assert_uint_eq(req->body[0], opt.gzip);
			ck_assert_uint_eq(req->body_len - 5,
					  (size_t)req->body[1] << 24 | (size_t)req->body[2] << 16 |
						  (size_t)req->body[3] << 8 | req->body[4]);
		} else {
			ck_assert_int_eq(strncmp(req->head, "POST /v1/logs HTTP/1.1\n", 23), 0);
			ck_assert_str_eq(hs_header(&server, i, "content-type"),
					 protocol == OTLP_HTTP_JSON ? "application/json"
								    : "application/x-protobuf");
		}
		root = gunzip_and_read(req->body + skip, req->body_len - skip, opt.gzip,
				       protocol == OTLP_HTTP_JSON);
		ck_assert_ptr_nonnull(root);
		check_request(root);
		json_decref(root);
	}
}
END_TEST

/* --- Answers by HTTP. --- */

#define PROTO "Content-Type: application/x-protobuf\r\n"
#define JSON "Content-Type: application/json\r\n"
#define BYTES(text) .body = text, .body_len = sizeof(text) - 1

static const struct {
	const char *what;
	enum otlp_protocol protocol;
	struct hs_answer answer;
	int expected;
	size_t n_refused;
	int64_t retry_after_ms;
	const char *text;
} http_answers[] = {
	{ "empty", OTLP_HTTP_PROTOBUF, { .headers = PROTO }, 0, 0, -1, "" },
	{ "partial",
	  OTLP_HTTP_PROTOBUF,
	  { .headers = PROTO,
	    BYTES("\x0a\x07\x08\x02\x12\x03"
		  "bad") },
	  0,
	  2,
	  -1,
	  "peer answered: bad" },
	{ "warning",
	  OTLP_HTTP_PROTOBUF,
	  { .headers = PROTO, BYTES("\x0a\x05\x12\x03old") },
	  0,
	  0,
	  -1,
	  "peer answered: old" },
	{ "more than there were",
	  OTLP_HTTP_PROTOBUF,
	  { .headers = PROTO, BYTES("\x0a\x02\x08\x7f") },
	  0,
	  3,
	  -1,
	  "peer answered" },
	{ "less than none",
	  OTLP_HTTP_PROTOBUF,
	  { .headers = PROTO, BYTES("\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },
	  0,
	  0,
	  -1,
	  "" },
	{ "nonsense", OTLP_HTTP_PROTOBUF, { .headers = PROTO, BYTES("\x0a\x7f") }, 0, 0, -1, "" },
	{ "unknown fields",
	  OTLP_HTTP_PROTOBUF,
	  { .headers = PROTO, BYTES("\x10\x01\x1d\x01\x02\x03\x04\x0a\x02\x08\x01") },
	  0,
	  1,
	  -1,
	  "peer answered" },
	{ "JSON, partial",
	  OTLP_HTTP_JSON,
	  { .headers = JSON,
	    BYTES("{\"partialSuccess\":{\"rejectedLogRecords\":\"1\","
		  "\"errorMessage\":\"no\\u001b[0m\"}}") },
	  0,
	  1,
	  -1,
	  "peer answered: no?[0m" },
	{ "JSON, a number",
	  OTLP_HTTP_JSON,
	  { .headers = JSON, BYTES("{\"partialSuccess\":{\"rejectedLogRecords\":2}}") },
	  0,
	  2,
	  -1,
	  "peer answered" },
	{ "JSON, empty", OTLP_HTTP_JSON, { .headers = JSON, BYTES("{}") }, 0, 0, -1, "" },
	{ "JSON, nonsense", OTLP_HTTP_JSON, { .headers = JSON, BYTES("[1") }, 0, 0, -1, "" },
	{ "bad data",
	  OTLP_HTTP_PROTOBUF,
	  { .status = 400, .headers = PROTO, BYTES("\x08\x03\x12\x05wrong") },
	  -EBADMSG,
	  0,
	  -1,
	  "peer answered 400: wrong" },
	{ "JSON, bad data",
	  OTLP_HTTP_JSON,
	  { .status = 400, .headers = JSON, BYTES("{\"code\":3,\"message\":\"wrong\"}") },
	  -EBADMSG,
	  0,
	  -1,
	  "peer answered 400: wrong" },
	{ "a page",
	  OTLP_HTTP_PROTOBUF,
	  { .status = 404, .headers = "Content-Type: text/html\r\n", BYTES("<html>") },
	  -ENOENT,
	  0,
	  -1,
	  "peer answered 404" },
	{ "busy",
	  OTLP_HTTP_PROTOBUF,
	  { .status = 429, .headers = "Retry-After: 3\r\n" PROTO },
	  -EAGAIN,
	  0,
	  3000,
	  "peer answered 429" },
	{ "away",
	  OTLP_HTTP_PROTOBUF,
	  { .status = 503,
	    .headers = PROTO,
	    BYTES("\x12\x04"
		  "soon") },
	  -EAGAIN,
	  0,
	  -1,
	  "peer answered 503: soon" },
	{ "too large", OTLP_HTTP_PROTOBUF, { .status = 413 }, -E2BIG, 0, -1, "peer answered 413" },
	{ "closed", OTLP_HTTP_PROTOBUF, { .how = HS_CLOSE }, -ECONNRESET, 0, -1, NULL },
};

START_TEST(http_answer_is_understood)
{
	struct delivery ret;

	start(&http_answers[_i].answer, 1, http_answers[_i].protocol);
	ck_assert_msg(send_batch(&ret) == http_answers[_i].expected, "%s: %s",
		      http_answers[_i].what, ret.text);
	ck_assert_uint_eq(ret.n_refused, http_answers[_i].n_refused);
	ck_assert_int_eq(ret.retry_after_ms, http_answers[_i].retry_after_ms);
	if (http_answers[_i].text)
		ck_assert_str_eq(ret.text, http_answers[_i].text);
	stop();
}
END_TEST

/* --- Answers by gRPC. --- */

/* Status { details: Any { RetryInfo { 2.5 s } } } */
#define RETRY_INFO                                                                                 \
	"grpc-status-details-bin: "                                                                \
	"CAgaNgoodHlwZS5nb29nbGVhcGlzLmNvbS9nb29nbGUucnBjLlJldHJ5SW5mbxIKCggIAhCAyrXuAQ\r\n"

static const struct {
	const char *what;
	struct hs_answer answer;
	int expected;
	size_t n_refused;
	int64_t retry_after_ms;
	const char *text;
} grpc_answers[] = {
	{ "partial",
	  { BYTES("\0\0\0\0\x09\x0a\x07\x08\x02\x12\x03"
		  "bad"),
	    .trailers = "grpc-status: 0\r\n" },
	  0,
	  2,
	  -1,
	  "peer answered: bad" },
	{ "compressed", { BYTES("\1\0\0\0\1x"), .trailers = "grpc-status: 0\r\n" }, 0, 0, -1, "" },
	{ "cut", { BYTES("\0\0\0\0\x09\x0a"), .trailers = "grpc-status: 0\r\n" }, 0, 0, -1, "" },
	{ "nothing", { .trailers = "grpc-status: 0\r\n" }, 0, 0, -1, "" },
	{ "headers alone",
	  { .headers = "grpc-status: 14\r\ngrpc-message: not%20now%0a\r\n" },
	  -EAGAIN,
	  0,
	  -1,
	  "peer answered UNAVAILABLE: not now?" },
	{ "wait",
	  { .headers = "grpc-status: 8\r\ngrpc-message: full\r\n" RETRY_INFO },
	  -EAGAIN,
	  0,
	  2500,
	  "peer answered RESOURCE_EXHAUSTED: full" },
	{ "exhausted",
	  { .headers = "grpc-status: 8\r\n" },
	  -EAGAIN,
	  0,
	  -1,
	  "peer answered RESOURCE_EXHAUSTED" },
	{ "too large",
	  { .headers = "grpc-status: 8\r\n"
		       "grpc-message: grpc: received message larger than max (9 vs. 8)\r\n" },
	  -E2BIG,
	  0,
	  -1,
	  "peer answered RESOURCE_EXHAUSTED: grpc: received message larger than max (9 vs. 8)" },
	{ "too large, .NET",
	  { .headers = "grpc-status: 8\r\n"
		       "grpc-message: Received message exceeds the maximum configured message "
		       "size.\r\n" },
	  -E2BIG,
	  0,
	  -1,
	  NULL },
	{ "too large, tonic",
	  { .headers = "grpc-status: 11\r\n"
		       "grpc-message: Error, decoded message length too large: found 9 bytes, the "
		       "limit is: 8 bytes\r\n" },
	  -E2BIG,
	  0,
	  -1,
	  NULL },
	{ "out of range",
	  { .headers = "grpc-status: 11\r\n" },
	  -EAGAIN,
	  0,
	  -1,
	  "peer answered OUT_OF_RANGE" },
	{ "bad data",
	  { .headers = "grpc-status: 3\r\n" },
	  -EBADMSG,
	  0,
	  -1,
	  "peer answered INVALID_ARGUMENT" },
	{ "who are you",
	  { .headers = "grpc-status: 16\r\n" },
	  -EACCES,
	  0,
	  -1,
	  "peer answered UNAUTHENTICATED" },
	{ "what is it",
	  { .headers = "grpc-status: 12\r\n" },
	  -EOPNOTSUPP,
	  0,
	  -1,
	  "peer answered UNIMPLEMENTED" },
	{ "a new code",
	  { .headers = "grpc-status: 99\r\n" },
	  -EBADMSG,
	  0,
	  -1,
	  "peer answered grpc-status 99" },
	{ "no number", { .headers = "grpc-status: -1\r\n" }, -EPROTO, 0, -1, NULL },
	{ "no gRPC",
	  { .body = "ok", .body_len = 2 },
	  -EPROTO,
	  0,
	  -1,
	  "peer answered without a grpc-status, is no gRPC server" },
	{ "a gateway", { .status = 503 }, -EAGAIN, 0, -1, "peer answered 503" },
	{ "closed", { .how = HS_CLOSE }, -ECONNRESET, 0, -1, NULL },
};

START_TEST(grpc_answer_is_understood)
{
	struct delivery ret;
	int r;

	start(&grpc_answers[_i].answer, 1, OTLP_GRPC);
	r = send_batch(&ret);
	ck_assert_msg(r == grpc_answers[_i].expected, "%s: %d %s", grpc_answers[_i].what, r,
		      ret.text);
	ck_assert_uint_eq(ret.n_refused, grpc_answers[_i].n_refused);
	ck_assert_int_eq(ret.retry_after_ms, grpc_answers[_i].retry_after_ms);
	if (grpc_answers[_i].text)
		ck_assert_str_eq(ret.text, grpc_answers[_i].text);
	stop();
}
END_TEST

/* A server that knows HTTP/1.1 alone. */
START_TEST(grpc_needs_http2)
{
	static const struct hs_answer answer = { .how = HS_GARBAGE };
	struct delivery ret;

	opt.http.timeout_ms = 1000;
	start(&answer, 1, OTLP_GRPC);
	hs_stop(&server);
	hs_free(&server);
	t->ops->free(t);
	server = (struct hs){ .answers = &answer, .n_answers = 1 };
	hs_start(&server);
	opt.http.url = hs_url(&server, "http", "127.0.0.1", "");
	t = otlp_new(&opt, &err);
	ck_assert_ptr_nonnull(t);
	ck_assert_int_lt(send_batch(&ret), 0);
	ck_assert_str_ne(ret.text, "");
	stop();
}
END_TEST

static const char *const no_key[] = { "=x", NULL };
static const char *const no_equals[] = { "host.name", NULL };

START_TEST(options_are_checked)
{
	const struct otlp_options bad[] = { { .http.url = "host:4318" },
					    { .http.url = "http://h/", .resource = no_key },
					    { .http.url = "http://h/", .resource = no_equals } };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_ptr_null(otlp_new(&bad[i], &err));
		ck_assert_int_eq(err.code, -EINVAL);
		ck_assert_int_eq(strncmp(err.text, "otlp: ", 6), 0);
	}
}
END_TEST

START_TEST(batches_have_defaults)
{
	opt.http.url = "http://127.0.0.1:4318";
	t = otlp_new(&opt, &err);
	ck_assert_ptr_nonnull(t);
	ck_assert_str_eq(t->kind, "otlp-http");
	ck_assert_uint_eq(t->batch_items_max, OTLP_BATCH_ITEMS);
	ck_assert_uint_eq(t->batch_bytes_max, OTLP_BATCH_BYTES);
	ck_assert_int_eq(t->linger_ms, OTLP_LINGER_MS);
	t->ops->free(t);
	opt.batch_items_max = 5;
	opt.batch_bytes_max = 6;
	opt.linger_ms = -1;
	t = otlp_new(&opt, &err);
	ck_assert_uint_eq(t->batch_items_max, 5);
	ck_assert_uint_eq(t->batch_bytes_max, 6);
	ck_assert_int_eq(t->linger_ms, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink/otlp");
	TCase *tc = tcase_create("send");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, request_is_complete, 0, 6);
	tcase_add_loop_test(tc, http_answer_is_understood, 0, ARRAY_LEN(http_answers));
	tcase_add_loop_test(tc, grpc_answer_is_understood, 0, ARRAY_LEN(grpc_answers));
	tcase_add_test(tc, grpc_needs_http2);
	tcase_add_test(tc, options_are_checked);
	tcase_add_test(tc, batches_have_defaults);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
