/* SPDX-License-Identifier: Apache-2.0 */
#include "common/quote.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define LETTERS_63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	const char *text, *expect;
} cases[] = {
	{ "", "" },
	{ "openat", "openat" },
	{ "two words ~", "two words ~" },
	{ "tab\tbreak\nescape\x1b[31m", "tab?break?escape?[31m" },
	{ "\x7f\x80\xc2\x9b\xff", "?????" },
	{ LETTERS_63, LETTERS_63 },
	{ LETTERS_63 "l", LETTERS_63 "..." },
	{ LETTERS_63 "lmnopqrstuvwxyz", LETTERS_63 "..." },
};

START_TEST(text_is_short_and_printable)
{
	char buf[QUOTE_CAP];

	memset(buf, 'X', sizeof(buf));
	ck_assert_ptr_eq(quote_text(buf, cases[_i].text), buf);
	ck_assert_str_eq(buf, cases[_i].expect);
}
END_TEST

static Suite *quote_suite(void)
{
	Suite *suite = suite_create("quote");
	TCase *tc = tcase_create("text");

	tcase_add_loop_test(tc, text_is_short_and_printable, 0, ARRAY_LEN(cases));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(quote_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
