/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "test/unit/engine/json_fixture.h"

START_TEST(what_is_missing_is_marked)
{
	rb_begin(&b, EV_EXECVE);
	rb_arg(&b, 0, 0x1000);
	rb_arg(&b, 2, 0x2000);
	rb_var(&b, 1, "sh\0-c", 6, REC_VAR_TRUNC, 40);
	rb_var(&b, 2, NULL, 0, REC_VAR_UNREAD, 0);
	task.exe_flags = REC_VAR_TRUNC;
	ck_assert_str_eq(args_text(),
			 "[{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"\"},"
			 "{\"name\":\"argv\",\"type\":\"const char*const*\","
			 "\"value\":[\"sh\",\"-c\",\"...\"]},"
			 "{\"name\":\"envp\",\"type\":\"const char*const*\",\"value\":[]}],"
			 "\"marks\":{\"trunc\":[\"executable\",\"argv\"],"
			 "\"unread\":[\"pathname\",\"envp\"]}}");
	task.exe_flags = REC_VAR_UNREAD;
	ck_assert_ptr_nonnull(
		strstr(args_text(), "\"unread\":[\"executable\",\"pathname\",\"envp\"]}}"));
	task.exe_flags = REC_VAR_NULL; /* a kernel thread: nothing is missing */
	ck_assert_ptr_null(strstr(args_text(), "executable"));
}
END_TEST

START_TEST(null_is_not_unread)
{
	rb_begin(&b, EV_EXECVE);
	rb_var(&b, 0, NULL, 0, REC_VAR_NULL, 0);
	rb_var(&b, 1, NULL, 0, REC_VAR_NULL, 0);
	ck_assert_str_eq(args_text(),
			 "[{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"\"},"
			 "{\"name\":\"argv\",\"type\":\"const char*const*\",\"value\":[]},"
			 "{\"name\":\"envp\",\"type\":\"const char*const*\",\"value\":[]}]}");
}
END_TEST

START_TEST(list_that_is_complete_has_no_dots)
{
	rb_begin(&b, EV_EXECVE);
	rb_arg(&b, 0, 1);
	rb_str(&b, 0, "/bin/sh");
	rb_var(&b, 1, "\0\0", 2, 0, 2);
	rb_var(&b, 2, "", 0, 0, 39);
	ck_assert_str_eq(args_text(),
			 "[{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"/bin/sh\"},"
			 "{\"name\":\"argv\",\"type\":\"const char*const*\",\"value\":[\"\",\"\"]},"
			 "{\"name\":\"envp\",\"type\":\"const char*const*\",\"value\":[\"...\"]}],"
			 "\"marks\":{\"trunc\":[\"envp\"]}}");
}
END_TEST

START_TEST(pointers_are_hexadecimal_and_keep_their_type)
{
	rb_begin(&b, EV_READ);
	rb_arg(&b, 0, 3);
	rb_arg(&b, 1, 0x7ffd0ec9715b);
	rb_arg(&b, 2, UINT64_MAX);
	ck_assert_str_eq(
		args_text(),
		"[{\"name\":\"fd\",\"type\":\"int\",\"value\":3},"
		"{\"name\":\"buf\",\"type\":\"void*\",\"value\":\"0x7ffd0ec9715b\"},"
		"{\"name\":\"count\",\"type\":\"size_t\",\"value\":18446744073709551615}]}");
	opt.parse_arguments = false;
	ck_assert_ptr_nonnull(strstr(args_text(), "\"void*\",\"value\":140724851536219}"));
}
END_TEST

/* As the caller gave it: the record has the longest form, the system call's length cuts it. */
START_TEST(address_ends_where_the_caller_said)
{
	rb_begin(&b, EV_CONNECT);
	rb_arg(&b, 0, 3);
	rb_arg(&b, 1, 0x1000);
	rb_arg(&b, 2, 6);
	rb_var(&b, 1, "\x01\0\0abcdefgh", 11, 0, 0);
	ck_assert_str_eq(args_text(),
			 "[{\"name\":\"sockfd\",\"type\":\"int\",\"value\":3},"
			 "{\"name\":\"addr\",\"type\":\"struct sockaddr*\","
			 "\"value\":{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"@abc\"}},"
			 "{\"name\":\"addrlen\",\"type\":\"int\",\"value\":6}]}");
	b.syscall.args[2] = 100;
	ck_assert_ptr_nonnull(strstr(args_text(), "\"@abcdefgh\""));
	b.syscall.args[2] = (uint64_t)-1;
	ck_assert_ptr_nonnull(strstr(args_text(), "\"@abcdefgh\""));
	b.syscall.args[2] = 0;
	ck_assert_ptr_nonnull(strstr(args_text(), "\"value\":{}}"));
}
END_TEST

START_TEST(short_address_is_marked)
{
	rb_begin(&b, EV_BIND);
	rb_arg(&b, 1, 0x1000);
	rb_arg(&b, 2, 7);
	rb_var(&b, 1, "\x02\0\x01\xbb\x01\x02\x03\x04\0\0\0\0\0\0\0\0", 16, 0, 0);
	ck_assert_ptr_nonnull(strstr(args_text(), "\"value\":{\"sa_family\":\"AF_INET\"}}"));
	ck_assert_ptr_nonnull(strstr(line, "\"marks\":{\"trunc\":[\"addr\"]}}"));
}
END_TEST

START_TEST(pair_of_descriptors)
{
	static const int32_t pair[2] = { 3, -4 };

	rb_begin(&b, EV_PIPE2);
	rb_arg(&b, 0, 0x1000);
	rb_var(&b, 0, pair, sizeof(pair), 0, 0);
	ck_assert_str_eq(args_text(), "[{\"name\":\"pipefd\",\"type\":\"int[2]\",\"value\":[3,-4]},"
				      "{\"name\":\"flags\",\"type\":\"int\",\"value\":0}]}");
	rb_begin(&b, EV_PIPE2);
	rb_arg(&b, 0, 0x1000);
	rb_var(&b, 0, pair, 4, 0, 0);
	ck_assert_ptr_nonnull(strstr(args_text(), "\"value\":null}"));
}
END_TEST

static const struct {
	int64_t sec;
	int64_t nsec;
	const char *text;
} times[] = {
	{ 0, 0, "0" },
	{ 1, 500000000, "1.5" },
	{ 0, 1, "0.000000001" },
	{ 1680000000, 123456789, "1680000000.123456789" },
	{ 5, 999999990, "5.99999999" },
	{ -1, 500000000, "-0.5" },
	{ -2, 0, "-2" },
	/* no timespecs, but words that a caller may pass */
	{ 0, 1500000000, "1.5" },
	{ 0, -1, "-0.000000001" },
	{ 0, 1073741823, "1.073741823" }, /* UTIME_NOW */
	{ INT64_MAX, INT64_MAX, "9223372046078147843.854775807" },
	{ INT64_MIN, INT64_MIN, "-9223372046078147844.854775808" },
};

START_TEST(time_is_seconds)
{
	char expected[256];

	rb_begin(&b, EV_NANOSLEEP);
	rb_arg(&b, 0, 0x1000);
	rb_var(&b, 0, &times[_i].sec, 16, 0, 0);
	rb_var(&b, 1, NULL, 0, REC_VAR_NULL, 0);
	(void)snprintf(expected, sizeof(expected),
		       "[{\"name\":\"req\",\"type\":\"const struct timespec*\",\"value\":%s},"
		       "{\"name\":\"rem\",\"type\":\"struct timespec*\",\"value\":null}]}",
		       times[_i].text);
	ck_assert_str_eq(args_text(), expected);
}
END_TEST

static Suite *json_args_suite(void)
{
	Suite *s = suite_create("json_args");
	TCase *tc = tcase_create("values");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, what_is_missing_is_marked);
	tcase_add_test(tc, null_is_not_unread);
	tcase_add_test(tc, list_that_is_complete_has_no_dots);
	tcase_add_test(tc, pointers_are_hexadecimal_and_keep_their_type);
	tcase_add_test(tc, address_ends_where_the_caller_said);
	tcase_add_test(tc, short_address_is_marked);
	tcase_add_test(tc, pair_of_descriptors);
	tcase_add_loop_test(tc, time_is_seconds, 0, ARRAY_LEN(times));
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(json_args_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
