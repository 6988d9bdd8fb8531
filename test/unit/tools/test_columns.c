/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/columns.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

START_TEST(columns_are_as_wide_as_their_widest_cell)
{
	static const char *const headings[] = { "NAME", ">N", "TEXT" };
	static const char *const rows[][3] = { { "a", "1", "x y" },
					       { "longer", "12345", NULL },
					       { "caf\xc3\xa9", "2", "a\nb\033[1m" } };
	struct columns *c = columns_new(3, headings);
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert(c && out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_int_eq(columns_add(c, rows[i]), 0);
	columns_print(c, out);
	ck_assert_int_eq(fclose(out), 0);
	columns_free(c);
	/* What a host calls its things cannot steer a terminal. */
	ck_assert_str_eq(text, "NAME        N  TEXT\n"
			       "a           1  x y\n"
			       "longer  12345\n"
			       "caf\xc3\xa9        2  a?b?[1m\n");
}
END_TEST

START_TEST(many_rows_fit)
{
	static const char *const headings[] = { "N" };
	struct columns *c = columns_new(1, headings);

	ck_assert_ptr_nonnull(c);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(columns_add(c, (const char *const[]){ "x" }), 0);
	columns_free(c);
	columns_free(NULL);
}
END_TEST

START_TEST(no_colour_where_nobody_sees_it)
{
	CLEANUP_FILE FILE *null = fopen("/dev/null", "w");

	ck_assert_ptr_nonnull(null);
	ck_assert(!columns_coloured(null));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("columns");
	TCase *tc = tcase_create("columns");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, columns_are_as_wide_as_their_widest_cell);
	tcase_add_test(tc, many_rows_fit);
	tcase_add_test(tc, no_colour_where_nobody_sees_it);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
