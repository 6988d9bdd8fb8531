/* SPDX-License-Identifier: Apache-2.0 */
/* `warder bench sink`: every output brings its receiver all that it is given. No time is asserted.
 */
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tools/bench_brokers.h"
#include "tools/bench_clock.h"
#include "tools/bench_deliver.h"
#include "tools/bench_events.h"
#include "tools/bench_report.h"

#define OUTPUTS 11 /* with Kafka */

static json_t *measured(void)
{
	CLEANUP_BREPORT struct bench_report *report = breport_new("sink");
	CLEANUP_BEV struct bev events = { .n = 0 };
	CLEANUP_FREE char *text = NULL;
	struct err err = { 0 };
	json_t *doc;
	size_t len;
	FILE *out;

	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_msg(bev_make(&events, NULL, &err) == 0, "%s", err.text);
	ck_assert_msg(bdeliver_measure(&events, BENCH_NS_PER_MS, report, &err) == 0, "%s",
		      err.text);
	out = open_memstream(&text, &len);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(breport_print(report, out, true), 0);
	ck_assert_int_eq(fclose(out), 0);
	doc = json_loads(text, 0, NULL);
	ck_assert_msg(doc != NULL, "no JSON: %s", text);
	return doc;
}

static json_int_t number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

START_TEST(all_that_is_given_arrives)
{
	json_t *doc = measured(), *row;
	const json_t *rows = json_object_get(doc, "outputs"),
		     *notes = json_object_get(doc, "notes");
	size_t i;

	ck_assert_uint_eq(json_array_size(rows), OUTPUTS - !bbrok_exist());
	json_array_foreach(rows, i, row)
	{
		const char *name = json_string_value(json_object_get(row, "output"));
		bool has_lines = strcmp(name, "file") != 0 && !strstr(name, "gzip") &&
				 !strstr(name, "otlp") && strncmp(name, "forward", 7) != 0 &&
				 strcmp(name, "syslog") != 0 && strcmp(name, "webhook") != 0;

		ck_assert_msg(number(row, "events") > 0, "%s: no events", name);
		ck_assert_msg(number(row, "lost") == 0, "%s: events were lost", name);
		ck_assert_msg(number(row, "received_bytes") > 0, "%s: nothing arrived", name);
		if (has_lines)
			ck_assert_msg(number(row, "received_lines") == number(row, "events"),
				      "%s: %lld of %lld arrived", name,
				      number(row, "received_lines"), number(row, "events"));
	}
	if (!bbrok_exist())
		ck_assert_ptr_nonnull(strstr(json_string_value(json_array_get(notes, 0)),
					     "kafka is left out: this build has no librdkafka"));
	json_decref(doc);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bench_deliver");
	TCase *tcase = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, all_that_is_given_arrives);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
