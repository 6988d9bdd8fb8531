/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_patterns.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "common/cleanup.h"
#include "test/unit/log_capture.h"

static void end(void)
{
	const struct log_settings none = { .level = LOG_INFO };

	ck_assert_int_eq(log_set(&none, NULL), 0);
	end_capture();
}

static int set(const char *include, const char *exclude, struct err *err)
{
	const struct log_settings settings = {
		.level = LOG_INFO,
		.include = { &include, include != NULL },
		.exclude = { &exclude, exclude != NULL },
		.patterns = &log_patterns,
	};

	return log_set(&settings, err);
}

static const struct {
	const char *include, *exclude, *expect;
} cases[] = {
	{ "regex=^plan [0-9]+:", NULL, "prog: info: plan 12: 3 events\n" },
	{ NULL,
	  "regex=^plan [0-9]+:", "prog: info: no plan 12: x\nprog: error: output 'a' is gone\n" },
	{ "regex=plan|gone", "regex=gone$",
	  "prog: info: plan 12: 3 events\nprog: info: no plan 12: x\n" },
	{ "regex=(?i)OUTPUT", "msg=plan", "prog: error: output 'a' is gone\n" },
};

START_TEST(patterns_choose_messages)
{
	struct err err = { 0 };

	ck_assert_msg(set(cases[_i].include, cases[_i].exclude, &err) == 0, "%s", err.text);
	log_info("plan 12: 3 events");
	log_info("no plan 12: x");
	log_error("output 'a' is gone");
	ck_assert_str_eq(captured(), cases[_i].expect);
}
END_TEST

START_TEST(what_is_no_pattern_changes_nothing)
{
	struct err err = { 0 };

	ck_assert_int_eq(set("regex=hidden", NULL, &err), 0);
	ck_assert_int_eq(set("regex=a(", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "log filter 'regex=a(': the pattern is not valid at byte 3: "
				   "missing closing parenthesis");
	ck_assert_int_eq(set("regex=", NULL, &err), -EINVAL);
	ck_assert_str_eq(err.text, "log filter expects 'msg=TEXT', 'regex=PATTERN' or "
				   "'level=LEVEL', not 'regex='");
	log_info("a line");
	log_info("one that is hidden");
	ck_assert_str_eq(captured(), "prog: info: one that is hidden\n");
}
END_TEST

/* It would take longer than the universe has. */
START_TEST(a_match_without_an_end_is_given_up)
{
	char text[600];

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(set(NULL, "regex=^(a+)+$", NULL), 0);
	log_info("%s!", text);
	ck_assert_ptr_nonnull(strstr(captured(), "aaa!\n"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_patterns");
	TCase *tc = tcase_create("filters");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tc, begin_capture, end);
	tcase_add_loop_test(tc, patterns_choose_messages, 0, (int)ARRAY_LEN(cases));
	tcase_add_test(tc, what_is_no_pattern_changes_nothing);
	tcase_add_test(tc, a_match_without_an_end_is_given_up);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
