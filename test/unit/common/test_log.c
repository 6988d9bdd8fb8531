/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "common/cleanup.h"

static int capture = -1;
static int old_stderr = -1;

/* Each test is a process of its own (Check forks): log's state begins anew in each. */
static void begin_capture(void)
{
	old_stderr = dup(STDERR_FILENO);
	capture = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(capture, 0);
	ck_assert_int_ge(dup2(capture, STDERR_FILENO), 0);
	log_init("prog", LOG_INFO);
}

static void end_capture(void)
{
	ck_assert_int_ge(dup2(old_stderr, STDERR_FILENO), 0);
	cleanup_fd(&old_stderr);
	cleanup_fd(&capture);
}

static const char *captured(void)
{
	static char text[8192];
	ssize_t n = pread(capture, text, sizeof(text) - 1, 0);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

START_TEST(a_line_has_program_level_and_text)
{
	log_error("file '%s': %d", "a", 1);
	log_warning("two");
	log_info("three");
	ck_assert_str_eq(captured(), "prog: error: file 'a': 1\nprog: warning: two\n"
				     "prog: info: three\n");
}
END_TEST

START_TEST(a_level_hides_the_ones_behind_it)
{
	log_init("prog", (enum log_level)_i);
	for (int level = LOG_ERROR; level < LOG_LEVELS; level++)
		log_line((enum log_level)level, "at %d", level);
	for (int level = LOG_ERROR; level < LOG_LEVELS; level++) {
		char part[16];

		(void)snprintf(part, sizeof(part), "at %d\n", level);
		ck_assert_msg((strstr(captured(), part) != NULL) == (level <= _i), "level %d: %s",
			      level, captured());
	}
}
END_TEST

START_TEST(repeats_are_shown_once_and_counted)
{
	for (int i = 0; i < 5; i++)
		log_info("again");
	ck_assert_str_eq(captured(), "prog: info: again\n");
	log_info("other");
	log_info("again");
	ck_assert_str_eq(captured(), "prog: info: again\n"
				     "prog: info: last message repeated 4 times\n"
				     "prog: info: other\nprog: info: again\n");
}
END_TEST

START_TEST(a_hidden_line_does_not_break_a_repetition)
{
	log_info("again");
	log_debug("unseen");
	log_info("again");
	ck_assert_str_eq(captured(), "prog: info: again\n");
}
END_TEST

START_TEST(control_characters_do_not_reach_the_terminal)
{
	log_info("name '%s'", "a\x1b[31m\nb\tc\x7f\x01");
	ck_assert_str_eq(captured(), "prog: info: name 'a?[31m?b?c?"
				     "?'\n");
}
END_TEST

START_TEST(text_in_utf8_stays)
{
	log_info("caf\xc3\xa9");
	ck_assert_str_eq(captured(), "prog: info: caf\xc3\xa9\n");
}
END_TEST

START_TEST(a_long_line_is_cut_and_still_ends)
{
	char text[4000];
	size_t len;

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	len = strlen(captured());
	ck_assert_uint_ge(len, 700);
	ck_assert_uint_le(len, 800);
	ck_assert_int_eq(captured()[len - 1], '\n');
}
END_TEST

static const struct {
	const char *name;
	int rc;
	enum log_level level;
} names[] = {
	{ "error", 0, LOG_ERROR },       { "warning", 0, LOG_WARNING },
	{ "warn", 0, LOG_WARNING },      { "info", 0, LOG_INFO },
	{ "debug", 0, LOG_DEBUG },       { "", -EINVAL, LOG_LEVELS },
	{ "Info", -EINVAL, LOG_LEVELS }, { "information", -EINVAL, LOG_LEVELS },
};

START_TEST(level_names_are_parsed)
{
	enum log_level level = LOG_LEVELS;

	ck_assert_int_eq(log_level_parse(names[_i].name, &level), names[_i].rc);
	ck_assert_int_eq(level, names[_i].level);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *lines = tcase_create("lines");
	TCase *levels = tcase_create("levels");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	if (srunner_fork_status(runner) == CK_NOFORK) {
		printf("test_log needs Check to fork: CK_FORK=no is set\n");
		srunner_free(runner);
		return 77;
	}
	tcase_add_checked_fixture(lines, begin_capture, end_capture);
	tcase_add_test(lines, a_line_has_program_level_and_text);
	tcase_add_loop_test(lines, a_level_hides_the_ones_behind_it, LOG_ERROR, LOG_LEVELS);
	tcase_add_test(lines, repeats_are_shown_once_and_counted);
	tcase_add_test(lines, a_hidden_line_does_not_break_a_repetition);
	tcase_add_test(lines, control_characters_do_not_reach_the_terminal);
	tcase_add_test(lines, text_in_utf8_stays);
	tcase_add_test(lines, a_long_line_is_cut_and_still_ends);
	suite_add_tcase(suite, lines);
	tcase_add_loop_test(levels, level_names_are_parsed, 0, (int)ARRAY_LEN(names));
	suite_add_tcase(suite, levels);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
