/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of the stream may ask for, and what they are told when they may not. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/live/request.h"

static struct live_request request;
static struct err err;

static int parse(const char *text)
{
	err = (struct err){ 0 };
	return live_request_parse(&request, text, strlen(text), &err);
}

static void setup(void)
{
	request = (struct live_request){ 0 };
}

static void teardown(void)
{
	live_request_done(&request);
}

START_TEST(knows_where_it_ends)
{
	ck_assert_uint_eq(live_request_length("stream\n\n", 8), 8);
	ck_assert_uint_eq(live_request_length("stream\n\nmore", 12), 8);
	ck_assert_uint_eq(live_request_length("stream\n", 7), 0);
	ck_assert_uint_eq(live_request_length("stream\nevents x\n", 16), 0);
	ck_assert_uint_eq(live_request_length("", 0), 0);
}
END_TEST

START_TEST(reads_everything)
{
	ck_assert_int_eq(parse("stream\nevents openat.retval<0\nevents fs,-close\nscope uid=0\n"
			       "policy a b\npolicy \nparse-arguments\n\n"),
			 0);
	ck_assert_int_eq(request.kind, LIVE_STREAM);
	ck_assert_uint_eq(request.events.n, 2);
	ck_assert_str_eq(request.events.items[0], "openat.retval<0");
	ck_assert_str_eq(request.events.items[1], "fs,-close");
	ck_assert_uint_eq(request.scopes.n, 1);
	ck_assert_str_eq(request.scopes.items[0], "uid=0");
	ck_assert_uint_eq(request.policies.n, 2);
	ck_assert_str_eq(request.policies.items[0], "a b");
	ck_assert_str_eq(request.policies.items[1], "");
	ck_assert(request.parse_arguments);
	ck_assert_uint_eq(request.rows, LIVE_ROWS_DEFAULT);
}
END_TEST

START_TEST(reads_the_shortest)
{
	ck_assert_int_eq(parse("top\n\n"), 0);
	ck_assert_int_eq(request.kind, LIVE_TOP);
	ck_assert_uint_eq(request.events.n + request.scopes.n + request.policies.n, 0);
	ck_assert(!request.parse_arguments);
	live_request_done(&request);
	ck_assert_int_eq(parse("top\nrows 512\n\n"), 0);
	ck_assert_uint_eq(request.rows, 512);
}
END_TEST

static const struct {
	const char *text, *said;
} wrong[] = {
	{ "strem\n\n", "request: it begins with 'strem', expected stream or top" },
	{ "\n\n", "request: it begins with '', expected stream or top" },
	{ "stream \n\n", "request: it begins with 'stream ', expected stream or top" },
	{ "stream\nevent x\n\n", "request: 'event' is not known, expected one of events, scope, "
				 "policy, rows, parse-arguments" },
	{ "stream\nevents\n\n", "request: 'events' expects a value" },
	{ "stream\nparse-arguments 1\n\n", "request: 'parse-arguments' expects no value" },
	{ "top\nrows 0\n\n", "request: 'rows' is '0', expected 1 to 512" },
	{ "top\nrows 513\n\n", "request: 'rows' is '513', expected 1 to 512" },
	{ "top\nrows 99999999999999999999\n\n",
	  "request: 'rows' is '99999999999999999999', expected 1 to 512" },
	{ "top\nrows -1\n\n", "request: 'rows' is '-1', expected 1 to 512" },
	{ "top\nrows \n\n", "request: 'rows' is '', expected 1 to 512" },
	{ "top\n\033[2J\n\n", "request: '?[2J' is not known, expected one of events, scope, "
			      "policy, rows, parse-arguments" },
};

START_TEST(refuses)
{
	ck_assert_int_eq(parse(wrong[_i].text), -EINVAL);
	ck_assert_str_eq(err.text, wrong[_i].said);
}
END_TEST

START_TEST(refuses_a_nul)
{
	ck_assert_int_eq(live_request_parse(&request, "top\nro\0s 1\n\n", 12, &err), -EINVAL);
	ck_assert_str_eq(err.text, "request: there is a NUL byte in it, expected text");
}
END_TEST

START_TEST(refuses_too_much)
{
	static const char line[] = "scope uid=0\n";
	CLEANUP_FREE char *text = calloc(1, sizeof("stream\n\n") + 65 * sizeof(line));

	ck_assert_ptr_nonnull(text);
	strcpy(text, "stream\n");
	for (int i = 0; i < 65; i++)
		strcat(text, line);
	strcat(text, "\n");
	ck_assert_int_eq(parse(text), -E2BIG);
	ck_assert_str_eq(err.text, "request: 'scope' is given more than 64 times");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("live_request");
	TCase *t = tcase_create("parse");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, knows_where_it_ends);
	tcase_add_test(t, reads_everything);
	tcase_add_test(t, reads_the_shortest);
	tcase_add_loop_test(t, refuses, 0, ARRAY_LEN(wrong));
	tcase_add_test(t, refuses_a_nul);
	tcase_add_test(t, refuses_too_much);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
