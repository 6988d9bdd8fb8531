/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/progress.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

static const struct {
	uint64_t records, lost, bytes, total, elapsed_ns;
	const char *text;
} lines[] = {
	{ 0, 0, 0, 0, 0, "read 0 records, 0/s, 0 lost, 0 B, 0.0 s" },
	{ 1000, 3, 2048, 0, 500000000, "read 1000 records, 2000/s, 3 lost, 2.0 KiB, 0.5 s" },
	{ 5, 0, 3 << 20, 4 << 20, 1000000000,
	  "read 5 records, 5/s, 0 lost, 3.0 MiB (75 %), 1.0 s" },
	{ 5, 0, 5 << 20, 4 << 20, 1000000000, "read 5 records, 5/s, 0 lost, 5.0 MiB, 1.0 s" },
	{ UINT64_MAX, UINT64_MAX, UINT64_MAX, 0, 1000000000000000,
	  "read 18446744073709551615 records, 18446744073710/s, 18446744073709551615 lost, "
	  "16777216.0 TiB, 1000000.0 s" },
};

START_TEST(line_says_how_much_and_how_fast)
{
	struct progress p = { .what = "read",
			      .n_records = lines[_i].records,
			      .n_lost = lines[_i].lost,
			      .n_bytes = lines[_i].bytes,
			      .total_bytes = lines[_i].total,
			      .elapsed_ns = lines[_i].elapsed_ns };
	char text[256];

	progress_format(&p, text, sizeof(text));
	ck_assert_str_eq(text, lines[_i].text);
}
END_TEST

static void say(int fd, const char *text)
{
	ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
}

START_TEST(lines_may_come_in_pieces)
{
	struct progress p;
	struct err err = { 0 };
	int fd = -1;

	ck_assert_int_eq(progress_open(&p, "read", true, &fd, &err), 0);
	ck_assert(progress_read(&p)); /* nothing yet */
	ck_assert(!p.seen);
	say(fd, "10 1 100 500000000\n20 2 2");
	ck_assert(progress_read(&p));
	ck_assert_uint_eq(p.n_records, 10);
	say(fd, "00 1000000000\n");
	ck_assert(progress_read(&p));
	ck_assert_uint_eq(p.n_records, 20);
	ck_assert_uint_eq(p.n_bytes, 200);
	ck_assert_uint_eq(p.elapsed_ns, 1000000000);
	(void)close(fd); /* the engine has ended */
	ck_assert(!progress_read(&p));
	progress_close(&p);
	progress_close(&p);
}
END_TEST

START_TEST(nonsense_is_skipped)
{
	struct progress p;
	struct err err = { 0 };
	char junk[1000];
	int fd = -1;

	memset(junk, 'x', sizeof(junk) - 1);
	junk[sizeof(junk) - 1] = '\0';
	ck_assert_int_eq(progress_open(&p, "read", true, &fd, &err), 0);
	say(fd, "hello\n1 2 3\n");
	say(fd, junk);
	say(fd, "\n7 0 70 1\n");
	ck_assert(progress_read(&p));
	ck_assert_uint_eq(p.n_records, 7);
	(void)close(fd);
	progress_close(&p);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("progress");
	TCase *tc = tcase_create("progress");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, line_says_how_much_and_how_fast, 0, ARRAY_LEN(lines));
	tcase_add_test(tc, lines_may_come_in_pieces);
	tcase_add_test(tc, nonsense_is_skipped);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
