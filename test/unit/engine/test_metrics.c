/* SPDX-License-Identifier: Apache-2.0 */
/* The document for Prometheus: every line is what the table of metrics says, and nothing grows. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "engine/match/match.h"
#include "engine/metrics/metrics.h"
#include "engine/metrics/metrics_text.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/sink/file.h"
#include "engine/source.h"
#include "engine/status.h"
#include "test/support/record_builder.h"

#define N_POLICIES (METRICS_POLICIES_MAX + 100)

static struct record_builder b;
static struct pol_set *policies;
static struct pipeline *p;
static struct sink *sinks[3], *figures;
static int null_fd, full_fd;
static char *text;
static size_t text_len;

/* --- The writer. ----------------------------------------------------------------------------- */

static FILE *out;
static struct mtext writer;

static void begin(void)
{
	free(text);
	out = open_memstream(&text, &text_len);
	ck_assert_ptr_nonnull(out);
	mtext_begin(&writer, out);
}

static const char *end(void)
{
	mtext_end(&writer);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(a_family_has_help_and_type)
{
	begin();
	mtext_single(&writer, METRICS_POLICIES, 3);
	ck_assert_str_eq(end(), "# HELP warder_policies policies in force\n"
				"# TYPE warder_policies gauge\nwarder_policies 3\n");
}
END_TEST

START_TEST(large_counters_are_exact)
{
	begin();
	mtext_single(&writer, METRICS_RECORDS, 9007199254740991.0);
	ck_assert_ptr_nonnull(strstr(end(), "\nwarder_records_total 9007199254740991\n"));
}
END_TEST

START_TEST(label_values_are_escaped)
{
	begin();
	mtext_family(&writer, METRICS_OUTPUT_EVENTS);
	MTEXT_SAMPLE(&writer, 1, "a\"b\\c\nd\xc3\xa9\xff");
	ck_assert_ptr_nonnull(
		strstr(end(), "{output=\"a\\\"b\\\\c\\nd\xc3\xa9\xef\xbf\xbd\"} 1\n"));
}
END_TEST

START_TEST(long_label_values_are_cut_between_characters)
{
	char value[MTEXT_VALUE_MAX + 8];
	const char *at;

	memset(value, 'x', sizeof(value));
	memcpy(value + MTEXT_VALUE_MAX - 1, "\xc3\xa9", 3);
	begin();
	mtext_family(&writer, METRICS_OUTPUT_EVENTS);
	MTEXT_SAMPLE(&writer, 1, value);
	at = strstr(end(), "output=\"");
	ck_assert_ptr_nonnull(at);
	ck_assert_uint_eq(strspn(at + strlen("output=\""), "x"), MTEXT_VALUE_MAX - 1);
	ck_assert_ptr_nonnull(strstr(text, "x\"} 1\n"));
}
END_TEST

START_TEST(what_is_beyond_the_limit_is_one_series)
{
	char name[16];
	size_t n = 0;

	begin();
	mtext_family(&writer, METRICS_STORE_HITS);
	for (unsigned int i = 0; i < METRICS_STORES_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "s%u", i);
		MTEXT_SAMPLE(&writer, 2, name);
	}
	mtext_family(&writer, METRICS_HOOK_STATE); /* ends it */
	MTEXT_SAMPLE(&writer, 1, "open", "fexit", "attached", "");
	for (const char *at = end(); *at; at++)
		n += *at == '\n';
	ck_assert_uint_eq(n, 2 + METRICS_STORES_MAX + 1 + 3);
	ck_assert_ptr_nonnull(strstr(text, "{store=\"" METRICS_OTHERS "\"} 20\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "{event=\"open\",hook=\"fexit\",state=\"attached\",reason=\"\"} 1\n"));
}
END_TEST

/* --- The document. --------------------------------------------------------------------------- */

static void add_policies(size_t n)
{
	char yaml[256];
	struct err err = { 0 };

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(yaml, sizeof(yaml),
			       "type: policy\nname: p%zu\nscope: [global]\nrules:\n"
			       "- event: do_exit\n",
			       i);
		ck_assert_msg(pol_set_parse(policies, yaml, strlen(yaml), "test", &err) >= 0, "%s",
			      err.text);
	}
}

static void open_sinks(void)
{
	static const char *const names[] = { "stdout", "stdout", "json:/tmp/\xff\n\"" };

	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (size_t i = 0; i < ARRAY_LEN(sinks); i++) {
		sinks[i] = sink_fd_open(null_fd, names[i], NULL, NULL);
		ck_assert_ptr_nonnull(sinks[i]);
	}
	full_fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	figures = sink_fd_open(full_fd, "otlp:h:1 (metrics)", NULL, NULL);
	ck_assert_ptr_nonnull(figures);
}

static void setup(void)
{
	policies = pol_set_new();
	ck_assert_ptr_nonnull(policies);
	open_sinks();
}

static void open_pipeline(void)
{
	const struct pipeline_options opt = { .sinks = sinks,
					      .n_sinks = ARRAY_LEN(sinks),
					      .is_live = true };
	struct match_options match = { .generation = 1 };

	ck_assert_int_eq(pol_set_compile(policies, NULL), 0);
	p = pipeline_new(&opt);
	ck_assert_ptr_nonnull(p);
	match.tree = pipeline_ptree(p);
	ck_assert_ptr_null(pipeline_set_match(p, match_new(policies, &match, NULL, NULL)));
}

static void teardown(void)
{
	if (p)
		match_free(pipeline_set_match(p, NULL));
	pipeline_free(p);
	p = NULL;
	pol_set_free(policies);
	for (size_t i = 0; i < ARRAY_LEN(sinks); i++)
		sink_close(sinks[i]);
	sink_close(figures);
	(void)close(full_fd);
	(void)close(null_fd);
	free(text);
	text = NULL;
}

static void give(void)
{
	const struct source_record r = { .rec = &b.rec, .cap = b.rec.len };

	pipeline_batch(p, NULL, &r, 1);
}

static void give_lost(uint16_t event, uint64_t count, uint8_t lane_class)
{
	rb_begin(&b, EV_LOST_EVENTS);
	b.lost.count = count;
	b.lost.lost_event = event;
	b.lost.lane_class = lane_class;
	rb_str(&b, 0, "x");
	rb_str(&b, 5, "bulk");
	give();
}

static const char *document(void)
{
	const struct status_about about = { .loop = "epoll",
					    .policies = policies,
					    .pipeline = p,
					    .sinks = sinks,
					    .n_sinks = ARRAY_LEN(sinks),
					    .figure_sinks = &figures,
					    .n_figure_sinks = 1,
					    .uptime_ns = 1500000000,
					    .statm_fd = -1 };

	free(text);
	text = metrics_document(&about, &text_len);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(strlen(text), text_len);
	return text;
}

/* {a="..",b=".."} has the family's labels, in order; returns what is behind it. */
static const char *check_labels(const struct metrics_def *def, const char *at)
{
	const char *name;
	size_t len;

	for (unsigned int i = 0; (name = metrics_def_label(def, i, &len)) != NULL; i++) {
		ck_assert_int_eq(*at++, i == 0 ? '{' : ',');
		ck_assert_msg(strncmp(at, name, len) == 0 && at[len] == '=', "%s: %s", def->name,
			      at);
		at += len + 1;
		ck_assert_int_eq(*at++, '"');
		for (; *at != '"'; at++) {
			ck_assert_int_ne(*at, '\n');
			at += *at == '\\';
		}
		at++;
	}
	if (def->labels[0])
		ck_assert_int_eq(*at++, '}');
	return at;
}

static void check_sample(const struct metrics_def *family, const char *line)
{
	size_t len = strcspn(line, "{ ");
	const struct metrics_def *def = metrics_def_find(line, len);
	const char *at = line + len;
	char *rest;

	ck_assert_msg(def == family, "'%s' is in another family, or in none", line);
	if (def->type == METRICS_HISTOGRAM)
		at += strcspn(at, " ");
	else
		at = check_labels(def, at);
	ck_assert_int_eq(*at, ' ');
	ck_assert(strtod(at, &rest) >= 0);
	ck_assert_int_eq(*rest, '\0');
}

/* Every line is of a family of the table, which comes once, and no series is there twice. */
static void check_document(void)
{
	CLEANUP_FREE char *copy = strdup(document());
	bool seen[METRICS_N] = { false };
	const struct metrics_def *family = NULL;
	char *save = NULL;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		size_t len = strcspn(line, " ");
		char series[1024];

		if (strncmp(line, "# HELP ", 7) == 0) {
			family = metrics_def_find(line + 7, strcspn(line + 7, " "));
			if (!family) /* a histogram's own name is not a series' */
				family = metrics_def(METRICS_LATENCY);
			ck_assert_uint_eq(strncmp(line + 7, family->name, strlen(family->name)), 0);
			ck_assert_msg(!seen[family - metrics_def(0)], "twice: %s", line);
			seen[family - metrics_def(0)] = true;
			continue;
		}
		if (*line == '#')
			continue;
		ck_assert_ptr_nonnull(family);
		check_sample(family, line);
		len = (size_t)(strrchr(line, ' ') - line);
		(void)snprintf(series, sizeof(series), "\n%.*s ", (int)len, line);
		ck_assert_msg(!strstr(strstr(text, series) + 1, series), "twice: %s", line);
	}
}

static void expect(const char *line)
{
	ck_assert_msg(strstr(text, line) != NULL, "'%s' is not in:\n%s", line, text);
}

START_TEST(an_engine_that_has_done_nothing)
{
	add_policies(1);
	open_pipeline();
	check_document();
	expect("warder_build_info{version=\"");
	expect("\nwarder_loop_info{loop=\"epoll\"} 1\n");
	expect("\nwarder_uptime_seconds 1.5\n");
	expect("\nwarder_collector_connected 0\n");
	expect("\ntracee_ebpf_events_total 0\n");
	expect("\nwarder_lost_total{stage=\"kernel\",cause=\"not_run\"} 0\n");
	expect("\nwarder_lost_total{stage=\"lane\",cause=\"full\"} 0\n");
	expect("\nwarder_lost_total{stage=\"output\",cause=\"not_written\"} 0\n");
	expect("\nwarder_policy_matches_total{policy=\"p0\"} 0\n");
	expect("\nwarder_store_capacity{store=\"process_tree\"} 32768\n");
	expect("\nwarder_event_latency_seconds_bucket{le=\"+Inf\"} 0\n");
}
END_TEST

START_TEST(outputs_of_one_name_are_told_apart)
{
	add_policies(1);
	open_pipeline();
	check_document();
	expect("\nwarder_output_events_total{output=\"stdout\"} 0\n");
	expect("\nwarder_output_events_total{output=\"#2 stdout\"} 0\n");
	expect("\nwarder_output_events_total{output=\"json:/tmp/\xef\xbf\xbd\\n\\\"\"} 0\n");
}
END_TEST

START_TEST(figures_that_are_lost_are_no_events)
{
	const struct batch_item item = { .data = (const uint8_t *)"f", .len = 1 };

	add_policies(1);
	open_pipeline();
	for (int i = 0; i < 3; i++) {
		(void)sink_put(figures, &item); /* it is full */
		ck_assert_int_lt(sink_flush(figures), 0);
	}
	check_document();
	expect("\nwarder_output_events_total{output=\"otlp:h:1 (metrics)\"} 3\n");
	expect("\nwarder_output_lost_total{output=\"otlp:h:1 (metrics)\"} 3\n");
	expect("\nwarder_output_sent_total{output=\"otlp:h:1 (metrics)\"} 0\n");
	expect("\nwarder_output_failures_total{output=\"otlp:h:1 (metrics)\"} 0\n");
	expect("\nwarder_output_retries_total{output=\"otlp:h:1 (metrics)\"} 0\n");
	expect("\nwarder_lost_total{stage=\"output\",cause=\"not_written\"} 0\n");
}
END_TEST

START_TEST(events_and_losses_are_counted)
{
	add_policies(1);
	open_pipeline();
	rb_begin(&b, EV_DO_EXIT);
	give();
	give_lost(EV_OPENAT, 7, LANE_BULK);
	give_lost(EV_DO_EXIT, 2, LANE_COLLECTOR);
	pipeline_flush(p);
	check_document();
	expect("\nwarder_events_total{event=\"do_exit\"} 1\n");
	expect("\nwarder_events_total{event=\"lost_events\"} 2\n");
	expect("\nwarder_records_total 3\n");
	expect("\nwarder_lost_total{stage=\"lane\",cause=\"full\"} 7\n");
	expect("\nwarder_lost_total{stage=\"kernel\",cause=\"not_run\"} 2\n");
	expect("\nwarder_lost_events_total{event=\"openat\"} 7\n");
	expect("\nwarder_lost_events_total{event=\"do_exit\"} 2\n");
	expect("\ntracee_ebpf_lostevents_total 9\n");
	expect("\nwarder_policy_matches_total{policy=\"p0\"} 1\n");
	expect("\nwarder_output_events_total{output=\"stdout\"} 3\n");
	expect("\nwarder_event_latency_seconds_count 3\n");
}
END_TEST

START_TEST(many_policies_are_summed_up)
{
	char line[96];

	add_policies(N_POLICIES);
	open_pipeline();
	rb_begin(&b, EV_DO_EXIT);
	give();
	document();
	expect("\nwarder_policies 600\n");
	(void)snprintf(line, sizeof(line), "\nwarder_policy_matches_total{policy=\"p%d\"} 1\n",
		       METRICS_POLICIES_MAX - 1);
	expect(line);
	expect("\nwarder_policy_matches_total{policy=\"" METRICS_OTHERS "\"} 100\n");
	(void)snprintf(line, sizeof(line), "{policy=\"p%d\"}", METRICS_POLICIES_MAX);
	ck_assert_ptr_null(strstr(text, line));
}
END_TEST

/* --- The table. ------------------------------------------------------------------------------ */

START_TEST(the_table_keeps_prometheus_rules)
{
	for (unsigned int i = 0; i < METRICS_N; i++) {
		const struct metrics_def *def = metrics_def(i);
		size_t len = strlen(def->name);
		bool is_total = len > 6 && strcmp(def->name + len - 6, "_total") == 0;

		ck_assert_uint_eq(strspn(def->name, "abcdefghijklmnopqrstuvwxyz_"), len);
		ck_assert_uint_gt(strlen(def->help), 0);
		ck_assert_ptr_null(strchr(def->help, '\n'));
		ck_assert_ptr_null(strchr(def->help, '\\'));
		ck_assert_uint_le(metrics_def_n_labels(def), METRICS_LABELS_MAX);
		ck_assert_uint_ge(def->n_series_max, 1);
		ck_assert_msg(def->n_series_max <= METRICS_EXCEPTIONS_MAX ||
				      def->n_series_max <= LANE_SLOTS + 1,
			      "%s may have %u series", def->name, def->n_series_max);
		if (strncmp(def->name, "tracee_", 7) != 0)
			ck_assert_msg(is_total == (def->type == METRICS_COUNTER), "%s", def->name);
		if (def->type != METRICS_HISTOGRAM)
			ck_assert_ptr_eq(metrics_def_find(def->name, len), def);
	}
}
END_TEST

START_TEST(names_are_found_whole)
{
	const struct metrics_def *latency = metrics_def(METRICS_LATENCY);

	ck_assert_ptr_null(metrics_def_find("warder_polic", 12));
	ck_assert_ptr_null(metrics_def_find("warder_policies_", 16));
	ck_assert_ptr_eq(metrics_def_find("warder_policies", 15), metrics_def(METRICS_POLICIES));
	ck_assert_ptr_null(metrics_def_find(latency->name, strlen(latency->name)));
	ck_assert_ptr_eq(metrics_def_find("warder_event_latency_seconds_bucket", 35), latency);
	ck_assert_ptr_null(metrics_def_find("warder_policies_bucket", 22));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics");
	TCase *tc = tcase_create("text");
	SRunner *sr = srunner_create(s);
	int n_failed;

	tcase_add_test(tc, a_family_has_help_and_type);
	tcase_add_test(tc, large_counters_are_exact);
	tcase_add_test(tc, label_values_are_escaped);
	tcase_add_test(tc, long_label_values_are_cut_between_characters);
	tcase_add_test(tc, what_is_beyond_the_limit_is_one_series);
	tcase_add_test(tc, the_table_keeps_prometheus_rules);
	tcase_add_test(tc, names_are_found_whole);
	suite_add_tcase(s, tc);
	tc = tcase_create("document");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_engine_that_has_done_nothing);
	tcase_add_test(tc, outputs_of_one_name_are_told_apart);
	tcase_add_test(tc, figures_that_are_lost_are_no_events);
	tcase_add_test(tc, events_and_losses_are_counted);
	tcase_add_test(tc, many_policies_are_summed_up);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? 0 : 1;
}
