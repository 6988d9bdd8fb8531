/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "test/unit/log_capture.h"

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

/* "2026-11-30T12:00:00.123456789Z" */
static bool is_time(const char *text)
{
	const char *form = "0000-00-00T00:00:00.000000000Z";

	for (size_t i = 0; form[i]; i++)
		if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

#define TIME_LEN 30

static int set(struct log_settings settings, struct err *err)
{
	if (settings.level == LOG_ERROR)
		settings.level = LOG_INFO;
	return log_set(&settings, err);
}

START_TEST(json_has_time_level_component_and_message)
{
	const char *begin = "{\"time\":\"", *text;

	ck_assert_int_eq(set((struct log_settings){ .format = LOG_JSON }, NULL), 0);
	log_warning("a \"b\" \\ \n \xff \xc3\xa9 \xed\xa0\x80");
	text = captured();
	ck_assert(strncmp(text, begin, strlen(begin)) == 0);
	ck_assert(is_time(text + strlen(begin)));
	ck_assert_str_eq(text + strlen(begin) + TIME_LEN,
			 "\",\"level\":\"warning\",\"component\":\"prog\",\"msg\":\"a \\\"b\\\" "
			 "\\\\ ? \\ufffd \xc3\xa9 \\ufffd\\ufffd\\ufffd\"}\n");
}
END_TEST

START_TEST(json_counts_repeats_in_a_member)
{
	ck_assert_int_eq(set((struct log_settings){ .format = LOG_JSON }, NULL), 0);
	for (int i = 0; i < 3; i++)
		log_info("again");
	log_flush();
	ck_assert_ptr_nonnull(strstr(captured(), "\"msg\":\"again\",\"repeated\":2}\n"));
}
END_TEST

START_TEST(the_longest_json_line_is_whole)
{
	char text[900];
	size_t len;

	memset(text, 0xff, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(set((struct log_settings){ .format = LOG_JSON }, NULL), 0);
	log_info("%s", text);
	len = strlen(captured());
	ck_assert_uint_gt(len, 4000);
	ck_assert_str_eq(captured() + len - 3, "\"}\n");
}
END_TEST

START_TEST(repeats_between_others_are_aggregated)
{
	const struct log_settings settings = { .level = LOG_INFO, .aggregate_ns = 50000000 };

	ck_assert_int_eq(log_set(&settings, NULL), 0);
	for (int i = 0; i < 3; i++) {
		log_info("one");
		log_error("two");
	}
	log_info("two"); /* of another level */
	ck_assert_str_eq(captured(), "prog: info: one\nprog: error: two\nprog: info: two\n");
	ck_assert_int_gt(log_tick(), 0);
	(void)usleep(60000);
	ck_assert_int_eq(log_tick(), -1);
	ck_assert_str_eq(
		captured(),
		"prog: info: one\nprog: error: two\nprog: info: two\n"
		"prog: info: one (repeated 2 times)\nprog: error: two (repeated 2 times)\n");
	/* It is still known, until it does not come for as long. */
	log_info("one");
	ck_assert_int_gt(log_tick(), 0);
	(void)usleep(60000);
	ck_assert_int_eq(log_tick(), -1);
	(void)usleep(60000);
	ck_assert_int_eq(log_tick(), -1);
	log_info("one");
	ck_assert_ptr_nonnull(
		strstr(captured(), "prog: info: one (repeated 1 times)\nprog: info: one\n"));
}
END_TEST

START_TEST(more_messages_than_are_remembered_are_all_shown)
{
	const struct log_settings settings = { .level = LOG_INFO,
					       .aggregate_ns = LOG_AGGREGATE_MAX_NS };
	size_t n = 0;

	ck_assert_int_eq(log_set(&settings, NULL), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 2 * LOG_RECENT_MAX; i++)
			log_info("message %d", i);
	for (const char *at = captured(); (at = strchr(at, '\n')) != NULL; at++)
		n++;
	ck_assert_uint_eq(n, 4 * LOG_RECENT_MAX);
}
END_TEST

static const struct {
	const char *include[2], *exclude[2];
	const char *expect;
} filters[] = {
	{ { "msg=dog" }, { NULL }, "prog: info: a dog\n" },
	{ { "msg=dog", "level=error" }, { NULL }, "prog: info: a dog\nprog: error: a cat\n" },
	{ { NULL }, { "msg=dog" }, "prog: error: a cat\nprog: info: a bird\n" },
	{ { NULL }, { "level=info" }, "prog: error: a cat\n" },
	{ { "msg=a " }, { "msg=cat", "msg=bird" }, "prog: info: a dog\n" },
};

#define THREADS 4
#define ROUNDS 500

static void *complain(void *arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		log_error("peer is gone");
		log_warning("queue %d is full", *(const int *)arg);
	}
	return NULL;
}

/* Sum of N over "TEXT (repeated N times)", and one for each line that is "TEXT". */
static unsigned int times_of(const char *text)
{
	unsigned int n = 0, repeats;

	for (const char *at = captured(); (at = strstr(at, text)) != NULL;) {
		at += strlen(text);
		n += sscanf(at, " (repeated %u times)", &repeats) == 1 ? repeats : 1;
	}
	return n;
}

START_TEST(what_threads_say_at_once_is_all_counted)
{
	const struct log_settings settings = { .level = LOG_INFO,
					       .aggregate_ns = LOG_AGGREGATE_MAX_NS };
	int numbers[THREADS] = { 0, 1, 2, 3 };
	pthread_t threads[THREADS];

	ck_assert_int_eq(log_set(&settings, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, complain, &numbers[i]), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	log_flush();
	ck_assert_uint_eq(times_of("peer is gone"), THREADS * ROUNDS);
	for (int i = 0; i < THREADS; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "queue %d is full", i);
		ck_assert_uint_eq(times_of(text), ROUNDS);
	}
}
END_TEST

START_TEST(filters_choose_messages)
{
	const struct log_settings settings = {
		.level = LOG_INFO,
		.include = { filters[_i].include,
			     !!filters[_i].include[0] + !!filters[_i].include[1] },
		.exclude = { filters[_i].exclude,
			     !!filters[_i].exclude[0] + !!filters[_i].exclude[1] },
	};

	ck_assert_int_eq(log_set(&settings, NULL), 0);
	log_info("a dog");
	log_error("a cat");
	log_info("a bird");
	ck_assert_str_eq(captured(), filters[_i].expect);
}
END_TEST

static const struct {
	const char *item;
	const char *expect;
} bad_filters[] = {
	{ "dog", "log filter expects 'msg=TEXT' or 'level=LEVEL', not 'dog'" },
	{ "msg=", "log filter expects 'msg=TEXT' or 'level=LEVEL', not 'msg='" },
	{ "regex=a", "log filter 'regex=a' is for the engine, which knows patterns; expected "
		     "'msg=TEXT' or 'level=LEVEL'" },
	{ "level=loud", "log filter expects a level of error, warning, info, debug, not 'loud'" },
};

START_TEST(bad_filters_change_nothing)
{
	const struct log_settings settings = { .level = LOG_ERROR,
					       .format = LOG_JSON,
					       .exclude = { &bad_filters[_i].item, 1 } };
	struct err err = { 0 };

	ck_assert_int_eq(log_set(&settings, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad_filters[_i].expect);
	log_info("still");
	ck_assert_str_eq(captured(), "prog: info: still\n");
}
END_TEST

START_TEST(a_file_takes_lines_with_their_time)
{
	char path[] = "/tmp/test_log_XXXXXX", text[256];
	CLEANUP_FD int fd = mkstemp(path);
	ssize_t n;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(log_to_file(path, 0, 0, NULL), 0);
	log_info("one");
	n = read(fd, text, sizeof(text) - 1);
	(void)unlink(path);
	ck_assert_int_gt(n, TIME_LEN);
	text[n] = '\0';
	ck_assert(is_time(text));
	ck_assert_str_eq(text + TIME_LEN, " prog: info: one\n");
	ck_assert_str_eq(captured(), "");
}
END_TEST

START_TEST(a_file_that_cannot_be_opened_is_said)
{
	struct err err = { 0 };

	ck_assert_int_eq(log_to_file("/nowhere/x.log", 0, 0, &err), -ENOENT);
	ck_assert_str_eq(err.text, "log file '/nowhere/x.log' cannot be opened (ENOENT)");
	log_info("still");
	ck_assert_str_eq(captured(), "prog: info: still\n");
}
END_TEST

/* --- A file that somebody puts away. --- */

static char log_dir[] = "/tmp/test_log_XXXXXX";
static char log_path[64], old_path[64];

static void begin_file(void)
{
	memcpy(log_dir + sizeof(log_dir) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(log_dir));
	(void)snprintf(log_path, sizeof(log_path), "%s/log", log_dir); /* fits */
	(void)snprintf(old_path, sizeof(old_path), "%s/log.1", log_dir);
	begin_capture();
	ck_assert_int_eq(log_to_file(log_path, 0, 0, NULL), 0);
}

static void end_file(void)
{
	(void)unlink(log_path);
	(void)rmdir(log_path);
	(void)unlink(old_path);
	ck_assert_int_eq(rmdir(log_dir), 0);
	end_capture();
}

static bool file_has(const char *path, const char *text)
{
	char buf[1024];
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? 0 : read(fd, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = '\0';
	return strstr(buf, text) != NULL;
}

START_TEST(what_comes_after_reopening_is_in_the_new_file)
{
	char *dir = log_directory();
	struct stat st;

	ck_assert_str_eq(dir, log_dir);
	free(dir);
	log_info("one");
	ck_assert_int_eq(rename(log_path, old_path), 0);
	log_info("two");
	ck_assert_int_eq(log_reopen(NULL), 0);
	log_info("three");
	ck_assert(file_has(old_path, ": one\n") && file_has(old_path, ": two\n"));
	ck_assert(!file_has(old_path, "three") && file_has(log_path, ": three\n"));
	ck_assert_int_eq(stat(log_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	/* Nobody has put it away: it goes on. */
	ck_assert_int_eq(log_reopen(NULL), 0);
	log_info("four");
	ck_assert(file_has(log_path, ": three\n") && file_has(log_path, ": four\n"));
}
END_TEST

static int make_directory(const char *path)
{
	return mkdir(path, 0700);
}

static int make_link(const char *path)
{
	return symlink("/dev/null", path);
}

static int make_fifo(const char *path)
{
	return mkfifo(path, 0600);
}

static const struct {
	int (*make)(const char *path);
	const char *why;
} in_the_way[] = { { make_directory, "EISDIR" }, { make_link, "ELOOP" }, { make_fifo, "ENXIO" } };

START_TEST(what_cannot_be_reopened_keeps_the_old_file)
{
	struct err err = { 0 };
	char text[256];

	ck_assert_int_eq(rename(log_path, old_path), 0);
	ck_assert_int_eq(in_the_way[_i].make(log_path), 0);
	ck_assert_int_lt(log_reopen(&err), 0);
	(void)snprintf(text, sizeof(text), "log file '%s' cannot be opened again (%s)", log_path,
		       in_the_way[_i].why);
	ck_assert_str_eq(err.text, text);
	log_info("still");
	ck_assert(file_has(old_path, ": still\n"));
}
END_TEST

START_TEST(what_is_no_file_stays)
{
	ck_assert_int_eq(log_reopen(NULL), 0);
	ck_assert_ptr_null(log_directory());
	log_info("still");
	ck_assert_str_eq(captured(), "prog: info: still\n");
}
END_TEST

static void *count_up(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		log_info("thread %d line %d", *(const int *)arg, i);
	return NULL;
}

static size_t lines_of(const char *path)
{
	char buf[4096];
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n_found = 0;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			n_found += buf[i] == '\n';
	return n_found;
}

/* The put-away file is counted and removed each time, as logrotate may do it: lines that still come
 * there after the reopening would be missing. */
START_TEST(no_line_is_lost_between_two_files)
{
	int numbers[THREADS] = { 0, 1, 2, 3 };
	pthread_t threads[THREADS];
	size_t n_seen = 0, n_files = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, count_up, &numbers[i]), 0);
	for (; n_seen < THREADS * ROUNDS / 2; n_files++) {
		ck_assert_int_eq(rename(log_path, old_path), 0);
		ck_assert_int_eq(log_reopen(NULL), 0);
		n_seen += lines_of(old_path);
		ck_assert_int_eq(unlink(old_path), 0);
	}
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_uint_eq(n_seen + lines_of(log_path), THREADS * ROUNDS);
	ck_assert_uint_gt(n_files, 0);
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
	TCase *settings = tcase_create("settings");
	TCase *files = tcase_create("files");
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
	tcase_add_checked_fixture(settings, begin_capture, end_capture);
	tcase_add_test(settings, json_has_time_level_component_and_message);
	tcase_add_test(settings, json_counts_repeats_in_a_member);
	tcase_add_test(settings, the_longest_json_line_is_whole);
	tcase_add_test(settings, repeats_between_others_are_aggregated);
	tcase_add_test(settings, more_messages_than_are_remembered_are_all_shown);
	tcase_add_test(settings, what_threads_say_at_once_is_all_counted);
	tcase_add_loop_test(settings, filters_choose_messages, 0, (int)ARRAY_LEN(filters));
	tcase_add_loop_test(settings, bad_filters_change_nothing, 0, (int)ARRAY_LEN(bad_filters));
	tcase_add_test(settings, a_file_takes_lines_with_their_time);
	tcase_add_test(settings, a_file_that_cannot_be_opened_is_said);
	tcase_add_test(settings, what_is_no_file_stays);
	suite_add_tcase(suite, settings);
	tcase_add_checked_fixture(files, begin_file, end_file);
	tcase_add_test(files, what_comes_after_reopening_is_in_the_new_file);
	tcase_add_loop_test(files, what_cannot_be_reopened_keeps_the_old_file, 0,
			    (int)ARRAY_LEN(in_the_way));
	tcase_add_test(files, no_line_is_lost_between_two_files);
	suite_add_tcase(suite, files);
	tcase_add_loop_test(levels, level_names_are_parsed, 0, (int)ARRAY_LEN(names));
	suite_add_tcase(suite, levels);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
