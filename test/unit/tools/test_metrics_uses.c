/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dashboard and the alerts ask only for what there is: each metric name in their expressions is
 * in the table of metrics, and each label is one of its family's, or one that Prometheus adds.
 * GRAFANA_DIR is where they are.
 */
#include <check.h>
#include <ctype.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/metrics/metrics_def.h"

#define DASHBOARD GRAFANA_DIR "/warder-dashboard.json"
#define RULES GRAFANA_DIR "/warder-rules.yaml"
#define OPERATOR_RULES GRAFANA_DIR "/warder-prometheusrule.yaml"

/* --- Expressions. ---------------------------------------------------------------------------- */

/* What is found in one expression, for the next check. */
struct found {
	const struct metrics_def *metrics[16];
	size_t n_metrics;
	char wrong[128]; /* the first thing that does not exist; "": none */
};

static bool is_word(const char *const *words, size_t n, const char *at, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(words[i], at, len) == 0)
			return true;
	return false;
}

/* A word that is neither a metric nor a label: the language's own. */
static bool is_language(const char *at, size_t len)
{
	static const char *const words[] = { "and",     "or",         "unless",      "by",
					     "without", "on",         "ignoring",    "bool",
					     "offset",  "group_left", "group_right", "sum",
					     "min",     "max",        "avg",         "count",
					     "topk" };

	return is_word(words, ARRAY_LEN(words), at, len);
}

static bool begins_label_list(const char *at, size_t len)
{
	static const char *const words[] = { "by",       "without",    "on",
					     "ignoring", "group_left", "group_right" };

	return is_word(words, ARRAY_LEN(words), at, len);
}

static bool has_label(const struct metrics_def *def, const char *at, size_t len)
{
	const char *name;
	size_t name_len;

	for (unsigned int i = 0; (name = metrics_def_label(def, i, &name_len)) != NULL; i++)
		if (name_len == len && memcmp(name, at, len) == 0)
			return true;
	return def->type == METRICS_HISTOGRAM && len == 2 && memcmp(at, "le", 2) == 0;
}

static bool is_known_label(const struct found *f, const char *at, size_t len)
{
	static const char *const added[] = { "instance", "job" };

	if (is_word(added, ARRAY_LEN(added), at, len))
		return true;
	for (size_t i = 0; i < f->n_metrics; i++)
		if (has_label(f->metrics[i], at, len))
			return true;
	return false;
}

static void wrong(struct found *f, const char *what, const char *at, size_t len)
{
	if (!f->wrong[0])
		(void)snprintf(f->wrong, sizeof(f->wrong), "%s '%.*s'", what, (int)len, at);
}

static size_t word_len(const char *at)
{
	size_t n = 0;

	while (isalnum((unsigned char)at[n]) || at[n] == '_' || at[n] == ':')
		n++;
	return n;
}

/* Behind a string that begins at `at`. */
static const char *skip_string(const char *at)
{
	char quote = *at++;

	while (*at && *at != quote)
		at += *at == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

/* Words up to `end` are labels. */
static const char *read_labels(struct found *f, const char *at, char end, bool check)
{
	while (*at && *at != end) {
		size_t len = word_len(at);

		if (*at == '"' || *at == '\'') {
			at = skip_string(at);
		} else if (len == 0) {
			at++;
		} else {
			if (check && !is_known_label(f, at, len))
				wrong(f, "label", at, len);
			at += len;
		}
	}
	return at;
}

static void read_metric(struct found *f, const char *at, size_t len)
{
	const struct metrics_def *def = metrics_def_find(at, len);

	if (!def)
		wrong(f, "metric", at, len);
	else if (f->n_metrics < ARRAY_LEN(f->metrics))
		f->metrics[f->n_metrics++] = def;
}

/* Once for the metrics (`labels` false), and then for the labels, which may stand before. */
static void read_expression(struct found *f, const char *expression, bool labels)
{
	const char *at = expression;
	bool is_list = false; /* the next parenthesis holds labels */

	while (*at) {
		size_t len = isalpha((unsigned char)*at) || *at == '_' ? word_len(at) : 0;

		if (*at == '"' || *at == '\'') {
			at = skip_string(at);
		} else if (*at == '{') {
			at = read_labels(f, at, '}', labels);
		} else if (*at == '[') { /* a duration, or a variable that is one */
			at += strcspn(at, "]");
		} else if (*at == '(' && is_list) {
			at = read_labels(f, at, ')', labels);
			is_list = false;
		} else if (len == 0) {
			/* a number and its unit are no words */
			at += isdigit((unsigned char)*at) ? word_len(at) : 1;
		} else {
			bool is_call = at[len + strspn(at + len, " ")] == '(';

			if (begins_label_list(at, len))
				is_list = true;
			else if (!labels && !is_call && !is_language(at, len))
				read_metric(f, at, len);
			at += len;
		}
	}
}

static struct found read_whole(const char *expression)
{
	struct found f = { 0 };

	read_expression(&f, expression, false);
	read_expression(&f, expression, true);
	return f;
}

static void check_expression(const char *expression)
{
	struct found f = read_whole(expression);

	ck_assert_msg(f.wrong[0] == '\0', "%s is not there, in: %s", f.wrong, expression);
	ck_assert_msg(f.n_metrics > 0, "no metric in: %s", expression);
}

/* The check itself can fail. */
static const struct {
	const char *expression, *wrong;
} samples[] = {
	{ "warder_ready == 0", "" },
	{ "sum by (instance, stage) (increase(warder_lost_total{cause=\"a)b\"}[5m])) > 0", "" },
	{ "rate(warder_event_latency_seconds_bucket{le=\"0.1\"}[$__rate_interval])", "" },
	{ "warder_output_connected == 0 and on (instance, output) warder_output_spool_bytes > 1e6",
	  "" },
	{ "warder_redy == 0", "metric 'warder_redy'" },
	{ "tracee_network_lostevents_total", "metric 'tracee_network_lostevents_total'" },
	{ "warder_event_latency_seconds", "metric 'warder_event_latency_seconds'" },
	{ "warder_ready_bucket", "metric 'warder_ready_bucket'" },
	{ "warder_ready{event=\"x\"}", "label 'event'" },
	{ "sum by (output) (warder_events_total)", "label 'output'" },
	{ "sum(warder_events_total) by (policy)", "label 'policy'" },
	{ "warder_events_total / on (le) warder_ready", "label 'le'" },
};

START_TEST(reads_expressions)
{
	struct found f = read_whole(samples[_i].expression);

	ck_assert_str_eq(f.wrong, samples[_i].wrong);
}
END_TEST

/* --- The files. ------------------------------------------------------------------------------ */

static size_t n_expressions;

/* Every "expr" in the document, wherever it is. */
static void check_json(const json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach(value, i, member) check_json(member);
		return;
	}
	json_object_foreach((json_t *)(uintptr_t)value, key, member)
	{
		if (strcmp(key, "expr") == 0) {
			ck_assert(json_is_string(member));
			check_expression(json_string_value(member));
			n_expressions++;
		} else if (json_is_object(member) || json_is_array(member)) {
			check_json(member);
		}
	}
}

START_TEST(the_dashboard_shows_what_there_is)
{
	json_error_t error;
	json_t *doc = json_load_file(DASHBOARD, JSON_REJECT_DUPLICATES, &error);

	ck_assert_msg(doc != NULL, "%s:%d: %s", DASHBOARD, error.line, error.text);
	n_expressions = 0;
	check_json(doc);
	ck_assert_uint_ge(n_expressions, 30);
	json_decref(doc);
}
END_TEST

START_TEST(the_alerts_are_on_what_there_is)
{
	static const char key[] = "expr: ";
	CLEANUP_FILE FILE *file = fopen(RULES, "re");
	char line[512];
	size_t n_alerts = 0;

	ck_assert_ptr_nonnull(file);
	n_expressions = 0;
	while (fgets(line, sizeof(line), file)) {
		const char *at = line + strspn(line, " ");

		ck_assert_ptr_nonnull(strchr(line, '\n')); /* longer lines are not read */
		n_alerts += strncmp(at, "- alert: ", 9) == 0;
		if (strncmp(at, key, strlen(key)) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		check_expression(at + strlen(key));
		n_expressions++;
	}
	ck_assert_uint_ge(n_alerts, 10);
	ck_assert_uint_eq(n_expressions, n_alerts);
}
END_TEST

static void skip_to(FILE *file, const char *wanted, char line[static 512])
{
	do
		ck_assert_msg(fgets(line, 512, file) != NULL, "no '%s'", wanted);
	while (strcmp(line, wanted) != 0);
}

/* Both files have the same groups; the operator's are two columns further in. */
START_TEST(the_operator_gets_the_same_alerts)
{
	CLEANUP_FILE FILE *plain = fopen(RULES, "re");
	CLEANUP_FILE FILE *operators = fopen(OPERATOR_RULES, "re");
	char a[512], b[512];

	ck_assert_ptr_nonnull(plain);
	ck_assert_ptr_nonnull(operators);
	skip_to(plain, "groups:\n", a);
	skip_to(operators, "  groups:\n", b);
	while (fgets(a, sizeof(a), plain)) {
		ck_assert_ptr_nonnull(fgets(b, sizeof(b), operators));
		ck_assert_int_eq(strncmp(b, "  ", 2), 0);
		ck_assert_str_eq(a, b + 2);
	}
	ck_assert_ptr_null(fgets(b, sizeof(b), operators));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("metrics uses");
	TCase *tc = tcase_create("uses");
	SRunner *sr = srunner_create(s);
	int n_failed;

	tcase_add_loop_test(tc, reads_expressions, 0, ARRAY_LEN(samples));
	tcase_add_test(tc, the_dashboard_shows_what_there_is);
	tcase_add_test(tc, the_alerts_are_on_what_there_is);
	tcase_add_test(tc, the_operator_gets_the_same_alerts);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? 0 : 1;
}
