/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's figures as OpenTelemetry's, in both forms, and on their way to a server. */
#include "engine/encode/otlp_metrics.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/http_client.h"
#include "engine/sink/outputs.h"
#include "test/unit/engine/http_script.h"
#include "test/unit/engine/json_path.h"
#include "test/unit/engine/otlp_read.h"

static const char document[] = "# HELP warder_uptime_seconds since the engine began\n"
			       "# TYPE warder_uptime_seconds gauge\n"
			       "warder_uptime_seconds 12.5\n"
			       "# HELP warder_events_total events handed to the outputs\n"
			       "# TYPE warder_events_total counter\n"
			       "warder_events_total{event=\"open at\"} 18446744073709551615\n"
			       "warder_events_total{event=\"a\\\"b\\\\c\\nd,}=\",lane=\"\"} 0\n"
			       "# HELP warder_latency_seconds from there to here\n"
			       "# TYPE warder_latency_seconds histogram\n"
			       "warder_latency_seconds_bucket{le=\"0.001\"} 3\n"
			       "warder_latency_seconds_bucket{le=\"0.01\"} 5\n"
			       "warder_latency_seconds_bucket{le=\"+Inf\"} 9\n"
			       "warder_latency_seconds_sum 1.250000000\n"
			       "warder_latency_seconds_count 9\n"
			       "# HELP warder_empty_bytes none of it\n"
			       "# TYPE warder_empty_bytes gauge\n";

#define N_FAMILIES 4

struct metrics {
	bool is_json;
	json_t *list;
};

static void take(void *arg, const uint8_t *bytes, size_t len)
{
	struct metrics *m = arg;
	json_error_t error;
	json_t *metric =
		m->is_json ? json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, &error)
			   : otr_metric(bytes, len);

	ck_assert_msg(metric != NULL, "%.*s", m->is_json ? (int)len : 0, bytes);
	ck_assert_int_eq(json_array_append_new(m->list, metric), 0);
}

static int convert(struct metrics *m, const char *text, size_t len)
{
	const struct eotlpm_options opt = { .is_json = m->is_json,
					    .start_ns = 1000,
					    .time_ns = 2000 };

	m->list = json_array();
	return eotlpm_document(text, len, &opt, take, m);
}

START_TEST(each_family_becomes_a_metric)
{
	struct metrics m = { .is_json = _i };

	ck_assert_int_eq(convert(&m, document, sizeof(document) - 1), 0);
	ck_assert_uint_eq(json_array_size(m.list), 4);
	json_check_at(m.list, "0.name", "warder_uptime_seconds");
	json_check_at(m.list, "0.description", "since the engine began");
	json_check_at(m.list, "0.unit", "s");
	json_check_at(m.list, "0.gauge.dataPoints.0.asDouble", "12.5");
	json_check_at(m.list, "0.gauge.dataPoints.0.timeUnixNano", "2000");
	json_check_at(m.list, "1.unit", "1");
	json_check_at(m.list, "1.sum.isMonotonic", "true");
	ck_assert_double_eq(json_number_value(json_at(m.list, "1.sum.aggregationTemporality")), 2);
	json_check_at(m.list, "1.sum.dataPoints.0.startTimeUnixNano", "1000");
	ck_assert_double_eq(json_number_value(json_at(m.list, "1.sum.dataPoints.0.asDouble")),
			    18446744073709551616.0);
	json_check_at(m.list, "1.sum.dataPoints.0.attributes.0.key", "event");
	json_check_at(m.list, "1.sum.dataPoints.0.attributes.0.value.stringValue", "open at");
	json_check_at(m.list, "1.sum.dataPoints.1.attributes.0.value.stringValue", "a\"b\\c\nd,}=");
	json_check_at(m.list, "1.sum.dataPoints.1.attributes.1", "-"); /* empty: left out */
	json_check_at(m.list, "2.histogram.dataPoints.0.count", "9");
	json_check_at(m.list, "2.histogram.dataPoints.0.sum", "1.25");
	json_check_at(m.list, "2.histogram.dataPoints.0.bucketCounts", "[\"3\",\"2\",\"4\"]");
	ck_assert_double_eq(
		json_number_value(json_at(m.list, "2.histogram.dataPoints.0.explicitBounds.1")),
		0.01);
	json_check_at(m.list, "2.histogram.dataPoints.0.explicitBounds.2", "-");
	json_check_at(m.list, "3.unit", "By");
	json_check_at(m.list, "3.gauge.dataPoints", "[]");
	json_decref(m.list);
}
END_TEST

START_TEST(what_is_no_exposition_is_refused)
{
	static const char *const bad[] = {
		"warder_x 1\n",
		"# TYPE warder_x gauge\nwarder_x 1\n",
		"# HELP a b\n# TYPE c gauge\n",
		"# HELP a b\n# TYPE a gauge\na x\n",
		"# HELP a b\n# TYPE a gauge\na\n",
		"# HELP a b\n# TYPE a gauge\nb 1\n",
		"# HELP a b\n# TYPE a gauge\na{b=\"c} 1\n",
		"# HELP a b\n# TYPE a gauge\na{b=c} 1\n",
		"# HELP a b\n# TYPE a gauge\na{b=\"c\" 1\n",
		"# HELP a b\n# TYPE a histogram\na_bucket{x=\"1\"} 1\n",
		"# HELP a b\n# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
		"<html>\n",
	};
	struct metrics m = { .is_json = true };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(convert(&m, bad[i], strlen(bad[i])) == -EBADMSG, "%s", bad[i]);
		json_decref(m.list);
	}
	ck_assert_int_eq(convert(&m, "", 0), 0);
	json_decref(m.list);
}
END_TEST

/* Cut anywhere it is refused, or shorter; nothing is read behind its end. */
START_TEST(a_cut_document_does_no_harm)
{
	for (size_t len = 0; len < sizeof(document); len++) {
		CLEANUP_FREE char *text = malloc(len + 1);
		struct metrics m = { .is_json = len & 1 };

		memcpy(text, document, len);
		(void)convert(&m, text, len);
		json_decref(m.list);
	}
}
END_TEST

/* --- Out of an output. --- */

static const struct {
	const char *keys, *path;
	bool is_http2;
} ways[] = {
	{ "metrics=1s&logs=false&protocol=http/json", "/v1/metrics", false },
	{ "metrics=1s&logs=false", "/v1/metrics", false },
	{ "metrics=1s&logs=false&protocol=grpc",
	  "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", true },
};

START_TEST(figures_are_sent_so_often)
{
	static const struct hs_answer answers[] = { { .headers = "Content-Type: application/x\r\n",
						      .trailers = "grpc-status: 0\r\n" } };
	static struct hs server;
	struct outspecs specs = { .n = 0 };
	struct outputs_options opt = { .specs = &specs };
	struct outputs *outputs;
	struct err err = { 0 };
	uint64_t now_ns = now_boot_ns();
	int64_t next_ns;
	char spec[256];
	size_t n_sinks;

	(void)signal(SIGPIPE, SIG_IGN);
	server = (struct hs){ .answers = answers, .n_answers = 1, .is_http2 = ways[_i].is_http2 };
	hs_start(&server);
	(void)snprintf(spec, sizeof(spec), "otlp:%s?%s", hs_url(&server, "http", "127.0.0.1", ""),
		       ways[_i].keys);
	ck_assert_msg(outspec_add(&specs, spec, &err) == 0, "%s", err.text);
	outputs = outputs_open(&opt, &err);
	ck_assert_msg(outputs != NULL, "%s", err.text);
	(void)outputs_sinks(outputs, &n_sinks);
	ck_assert_uint_eq(n_sinks, 0); /* no events go there */
	ck_assert_int_eq(outputs_start(outputs, &err), 0);
	ck_assert(outputs_want_metrics(outputs, now_ns, &next_ns));
	outputs_put_metrics(outputs, now_ns, document, sizeof(document) - 1);
	ck_assert(!outputs_want_metrics(outputs, now_ns, &next_ns));
	ck_assert_int_eq(next_ns, NOW_NS_PER_S);
	ck_assert(outputs_want_metrics(outputs, now_ns + NOW_NS_PER_S, &next_ns));
	outputs_close(outputs);
	hs_stop(&server);
	ck_assert_uint_eq(server.n_requests, 1);
	ck_assert_ptr_nonnull(strstr(server.requests[0].head, ways[_i].path));
	if (_i == 0) {
		json_error_t error;
		json_t *root = json_loadb((const char *)server.requests[0].body,
					  server.requests[0].body_len, 0, &error);

		ck_assert_msg(root != NULL, "%s", error.text);
		json_check_at(root, "resourceMetrics.0.scopeMetrics.0.scope.name", "warder");
		json_check_at(root, "resourceMetrics.0.scopeMetrics.0.metrics.3.name",
			      "warder_empty_bytes");
		json_decref(root);
	}
	hs_free(&server);
	outspec_done(&specs);
}
END_TEST

/* As of any output: a peer that is busy, and then is not. */
START_TEST(what_became_of_figures_is_counted)
{
	static const struct hs_answer answers[] = { { .status = 503 }, { .status = 200 } };
	static struct hs server;
	struct outspecs specs = { .n = 0 };
	struct outputs_options opt = { .specs = &specs };
	struct outputs *outputs;
	struct sink_stats stats;
	struct sink *sink;
	struct err err = { 0 };
	char spec[256], name[64];
	size_t n_sinks;

	(void)signal(SIGPIPE, SIG_IGN);
	server = (struct hs){ .answers = answers, .n_answers = ARRAY_LEN(answers) };
	hs_start(&server);
	(void)snprintf(spec, sizeof(spec), "otlp:%s?%s", hs_url(&server, "http", "127.0.0.1", ""),
		       ways[_i].keys);
	(void)snprintf(name, sizeof(name), "otlp:127.0.0.1:%u (metrics)", server.port);
	ck_assert_msg(outspec_add(&specs, spec, &err) == 0, "%s", err.text);
	outputs = outputs_open(&opt, &err);
	ck_assert_msg(outputs != NULL, "%s", err.text);
	sink = outputs_figure_sinks(outputs, &n_sinks)[0];
	ck_assert_uint_eq(n_sinks, 1);
	ck_assert_str_eq(sink_name(sink), name);
	ck_assert_int_eq(outputs_start(outputs, &err), 0);
	outputs_put_metrics(outputs, now_boot_ns(), document, sizeof(document) - 1);
	for (int i = 0; i < 1000; i++) {
		sink_stats_get(sink, &stats);
		if (stats.n_sent > 0)
			break;
		(void)poll(NULL, 0, 10);
	}
	ck_assert_uint_eq(stats.n_events, N_FAMILIES);
	ck_assert_uint_eq(stats.n_sent, N_FAMILIES);
	ck_assert_uint_eq(stats.n_failures, 1);
	ck_assert_uint_eq(stats.n_retried, 1);
	ck_assert_uint_eq(stats.n_lost_events + stats.n_refused, 0);
	outputs_close(outputs);
	hs_stop(&server);
	ck_assert_uint_eq(server.n_requests, 2);
	hs_free(&server);
	outspec_done(&specs);
}
END_TEST

START_TEST(keys_that_do_not_fit_are_refused)
{
	static const char *const bad[][2] = {
		{ "otlp:http://h:1?metrics=100ms", "output 'otlp:h:1': key 'metrics' expects 1s at "
						   "least" },
		{ "otlp:http://h:1/x?metrics=1s",
		  "output 'otlp:h:1': key 'metrics' expects a URL without a path" },
		{ "otlp:http://h:1?logs=false",
		  "output 'otlp:h:1': key 'logs' expects 'metrics' with it" },
	};
	struct outputs_options opt = { .specs = NULL };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct outspecs specs = { .n = 0 };
		struct err err = { 0 };

		opt.specs = &specs;
		ck_assert_int_eq(outspec_add(&specs, bad[i][0], &err), 0);
		ck_assert_ptr_null(outputs_open(&opt, &err));
		ck_assert_str_eq(err.text, bad[i][1]);
		outspec_done(&specs);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("otlp_metrics");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, each_family_becomes_a_metric, 0, 2);
	tcase_add_test(tcase, what_is_no_exposition_is_refused);
	tcase_add_test(tcase, a_cut_document_does_no_harm);
	tcase_add_loop_test(tcase, figures_are_sent_so_often, 0, ARRAY_LEN(ways));
	tcase_add_loop_test(tcase, what_became_of_figures_is_counted, 0, 2); /* of HTTP */
	tcase_add_test(tcase, keys_that_do_not_fit_are_refused);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
