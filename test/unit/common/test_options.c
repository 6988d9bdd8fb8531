/* SPDX-License-Identifier: Apache-2.0 */
#include "common/options.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/options_text.h"

#define ARGS_MAX 80

struct inner {
	struct options_about about;
	const char *path;
	unsigned int pace;
	bool loud;
};

struct outer {
	struct options_about about;
	bool quick, dry;
	const char *name;
	struct options_list items;
	uint64_t count, bytes, time_ns, unset;
	unsigned int colour;
	struct inner inner;
};

/* clang-format off */
static const struct options_row inner_rows[] = {
	{ "path", 'p', OPTIONS_STRING(struct inner, path), "PATH", "/default", NULL, 0, "Inner", "where" },
	{ "pace", 0, OPTIONS_WORD(struct inner, pace), "PACE", "real", "max|real", 0, "Inner", "how fast" },
	{ "loud", 0, OPTIONS_FLAG(struct inner, loud), NULL, NULL, NULL, 0, "Inner", "not taken over" },
	OPTIONS_ABOUT_ROWS(struct inner, about),
};

static const struct options_program inner_program = {
	.name = "inner", .synopsis = "", .summary = "inner", .rows = inner_rows,
	.n_rows = ARRAY_LEN(inner_rows),
};

static const struct options_row outer_rows[] = {
	{ "quick", 'q', OPTIONS_FLAG(struct outer, quick), NULL, NULL, NULL, 0, "Outer", "be quick" },
	{ "dry", 'd', OPTIONS_FLAG(struct outer, dry), NULL, NULL, NULL, 0, "Outer", "do nothing" },
	{ "name", 'n', OPTIONS_STRING(struct outer, name), "NAME", NULL, NULL, 0, "Outer", "of it" },
	{ "item", 'i', OPTIONS_LIST(struct outer, items), "ITEM", "shown", NULL, 0, "Outer", "one of them" },
	{ "count", 'c', OPTIONS_NUMBER(struct outer, count), "N", "7", NULL, 100, "Numbers", "how many" },
	{ "bytes", 'b', OPTIONS_SIZE(struct outer, bytes), "BYTES", "64K", NULL, 0, "Numbers", "how much" },
	{ "time", 't', OPTIONS_DURATION(struct outer, time_ns), "TIME", "1s", NULL, 0, "Numbers", "how long" },
	{ "unset", 0, OPTIONS_NUMBER(struct outer, unset), "N", NULL, NULL, 0, "Numbers", "no default" },
	{ "colour", 0, OPTIONS_WORD(struct outer, colour), "WORD", "blue", "red|green|blue|black", 0,
	  "Outer", "which it's" },
	OPTIONS_ABOUT_ROWS(struct outer, about),
};
/* clang-format on */

static const char *const taken_over[] = { "path", "pace", NULL };

static const struct options_program program = {
	.name = "warder test",
	.synopsis = "[OPTION...] FILE",
	.summary = "a program of the test",
	.description = "First paragraph.\n\n.Second begins with a dot and a back\\slash.",
	.rows = outer_rows,
	.n_rows = ARRAY_LEN(outer_rows),
	.from = &inner_program,
	.from_names = taken_over,
	.from_offset = offsetof(struct outer, inner),
};

/* Splits `line` at blanks into argv. "''" is an empty argument. */
static int split(char *line, char *argv[ARGS_MAX])
{
	char *save = NULL;
	int argc = 0;

	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		ck_assert_int_lt(argc, ARGS_MAX);
		if (strcmp(word, "''") == 0)
			word[0] = '\0';
		argv[argc++] = word;
	}
	return argc;
}

/* What the strings in `opt` point into. */
static char line_buf[4096];
static char *args[ARGS_MAX];

static int parse(const char *line, struct outer *opt, struct err *err)
{
	int argc;

	ck_assert_uint_lt(strlen(line), sizeof(line_buf));
	strcpy(line_buf, line);
	argc = split(line_buf, args);
	memset(opt, 0xa5, sizeof(*opt)); /* nothing may depend on what was there */
	return options_parse(&program, argc, args, opt, err);
}

START_TEST(nothing_given_means_the_defaults)
{
	struct outer opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("", &opt, &err), 0);
	ck_assert(!opt.quick && !opt.dry && !opt.about.help && !opt.about.version);
	ck_assert_ptr_null(opt.name);
	ck_assert_uint_eq(opt.items.n, 0);
	ck_assert_uint_eq(opt.count, 7);
	ck_assert_uint_eq(opt.bytes, 65536);
	ck_assert_uint_eq(opt.time_ns, 1000000000ULL);
	ck_assert_uint_eq(opt.unset, OPTIONS_NONE);
	ck_assert_uint_eq(opt.colour, 2);
	ck_assert_str_eq(opt.inner.path, "/default");
	ck_assert_uint_eq(opt.inner.pace, 1);
	ck_assert_int_eq(err.code, 0);
}
END_TEST

static const struct {
	const char *line;
	int n_rest;
	const char *rest; /* joined by blanks */
	const char *name;
	uint64_t count, bytes, time_ns;
	bool quick, dry;
	size_t n_items;
} good[] = {
	{ "--name=x --count 9 file", 1, "file", "x", 9, 65536, 1000000000, false, false, 0 },
	{ "file -n x -c9", 1, "file", "x", 9, 65536, 1000000000, false, false, 0 },
	{ "a --quick b -d c", 3, "a b c", NULL, 7, 65536, 1000000000, true, true, 0 },
	{ "-qd", 0, "", NULL, 7, 65536, 1000000000, true, true, 0 },
	{ "-qdc 3", 0, "", NULL, 3, 65536, 1000000000, true, true, 0 },
	{ "-qdc3", 0, "", NULL, 3, 65536, 1000000000, true, true, 0 },
	{ "-q -q --quick", 0, "", NULL, 7, 65536, 1000000000, true, false, 0 },
	{ "--name=a=b", 0, "", "a=b", 7, 65536, 1000000000, false, false, 0 },
	{ "--name=", 0, "", "", 7, 65536, 1000000000, false, false, 0 },
	{ "--name ''", 0, "", "", 7, 65536, 1000000000, false, false, 0 },
	{ "--name -x", 0, "", "-x", 7, 65536, 1000000000, false, false, 0 },
	{ "--name=--quick", 0, "", "--quick", 7, 65536, 1000000000, false, false, 0 },
	{ "-q -- --dry -n", 2, "--dry -n", NULL, 7, 65536, 1000000000, true, false, 0 },
	{ "- x", 2, "- x", NULL, 7, 65536, 1000000000, false, false, 0 },
	{ "-i a --item b -ic", 0, "", NULL, 7, 65536, 1000000000, false, false, 3 },
	{ "--bytes 0 --time 0", 0, "", NULL, 7, 0, 0, false, false, 0 },
	{ "--bytes 12 --time 500ms", 0, "", NULL, 7, 12, 500000000, false, false, 0 },
	{ "--bytes 3M --time 5m", 0, "", NULL, 7, 3 << 20, 300000000000, false, false, 0 },
	{ "--bytes 2G --time 2h", 0, "", NULL, 7, 2ULL << 30, 7200000000000, false, false, 0 },
	{ "--count 0x10 --bytes 0x10K", 0, "", NULL, 16, 16384, 1000000000, false, false, 0 },
	{ "--count 100", 0, "", NULL, 100, 65536, 1000000000, false, false, 0 },
};

START_TEST(values_arrive)
{
	struct outer opt;
	struct err err = { 0 };
	char rest[256] = "";
	int n = parse(good[_i].line, &opt, &err);

	ck_assert_msg(n == good[_i].n_rest, "'%s' gives %d: %s", good[_i].line, n, err.text);
	for (int i = 0; i < n; i++) {
		if (i > 0)
			strcat(rest, " ");
		strcat(rest, args[i]);
	}
	ck_assert_str_eq(rest, good[_i].rest);
	ck_assert_pstr_eq(opt.name, good[_i].name);
	ck_assert_uint_eq(opt.count, good[_i].count);
	ck_assert_uint_eq(opt.bytes, good[_i].bytes);
	ck_assert_uint_eq(opt.time_ns, good[_i].time_ns);
	ck_assert_int_eq(opt.quick, good[_i].quick);
	ck_assert_int_eq(opt.dry, good[_i].dry);
	ck_assert_uint_eq(opt.items.n, good[_i].n_items);
}
END_TEST

static const struct {
	const char *word;
	int index; /* -1: refused */
} words[] = {
	{ "red", 0 },   { "green", 1 }, { "blue", 2 },  { "black", 3 }, { "r", 0 },
	{ "gr", 1 },    { "blu", 2 },   { "bl", -1 },   { "b", -1 },    { "''", -1 },
	{ "redd", -1 }, { "Red", -1 },  { "red|", -1 },
};

START_TEST(word_may_be_shortened_while_it_is_unique)
{
	struct outer opt;
	struct err err = { 0 };
	char line[64];
	int rc;

	(void)snprintf(line, sizeof(line), "--colour %s", words[_i].word); /* short */
	rc = parse(line, &opt, &err);
	if (words[_i].index >= 0) {
		ck_assert_int_eq(rc, 0);
		ck_assert_int_eq((int)opt.colour, words[_i].index);
	} else {
		ck_assert_int_eq(rc, -EINVAL);
		ck_assert_ptr_nonnull(strstr(err.text, "one of red, green, blue, black, not '"));
	}
}
END_TEST

static const struct {
	const char *line, *text;
} bad[] = {
	{ "--nmae x", "option '--nmae' is not known, the nearest is '--name'" },
	{ "--paht=x", "option '--paht' is not known, the nearest is '--path'" },
	{ "--xylophone", "option '--xylophone' is not known, 'warder test --help' lists all" },
	{ "--loud", "option '--loud' is not known, 'warder test --help' lists all" },
	{ "-x", "option '-x' is not known, 'warder test --help' lists all" },
	{ "-qx", "option '-x' is not known, 'warder test --help' lists all" },
	{ "--quick=yes", "option '--quick' takes no value, found 'yes'" },
	{ "--name", "option '--name' expects a value: NAME" },
	{ "-n", "option '--name' expects a value: NAME" },
	{ "--name --quick", "option '--name' expects a value (NAME) but '--quick' follows; write "
			    "'--name=--quick' if that is the value" },
	{ "--count", "option '--count' expects a value: N" },
	{ "--count x", "option '--count' expects a number, not 'x'" },
	{ "--count -1", "option '--count' expects a number, not '-1'" },
	{ "--count +1", "option '--count' expects a number, not '+1'" },
	{ "--count ''", "option '--count' expects a number, not ''" },
	{ "--count 1k", "option '--count' expects a number, not '1k'" },
	{ "--count 101", "option '--count' expects at most 100, not '101'" },
	{ "--count 99999999999999999999",
	  "option '--count' expects a number, not '99999999999999999999'" },
	{ "--bytes 1T", "option '--bytes' expects a size such as 512K, 64M or 1G, not '1T'" },
	{ "--bytes 99999999999999999G",
	  "option '--bytes' expects a size such as 512K, 64M or 1G, not '99999999999999999G'" },
	{ "--unset 18446744073709551615",
	  "option '--unset' expects at most 18446744073709551614, not '18446744073709551615'" },
	{ "--time 10", "option '--time' expects a duration such as 500ms, 10s or 5m, not '10'" },
	{ "--time 1d", "option '--time' expects a duration such as 500ms, 10s or 5m, not '1d'" },
	{ "--time 1.5s",
	  "option '--time' expects a duration such as 500ms, 10s or 5m, not '1.5s'" },
	{ "--name a --name b", "option '--name' is given twice, expected once" },
	{ "-c 1 --count=2", "option '--count' is given twice, expected once" },
	{ "--path a -p b", "option '--path' is given twice, expected once" },
};

START_TEST(wrong_option_is_one_line_that_says_what_was_expected)
{
	struct outer opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse(bad[_i].line, &opt, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].text);
	ck_assert_ptr_null(strchr(err.text, '\n'));
}
END_TEST

START_TEST(list_has_an_end)
{
	struct outer opt;
	struct err err = { 0 };
	char line[8 * (OPTIONS_LIST_MAX + 1)] = "";

	for (int i = 0; i < OPTIONS_LIST_MAX; i++)
		strcat(line, "-ix ");
	ck_assert_int_eq(parse(line, &opt, &err), 0);
	ck_assert_uint_eq(opt.items.n, OPTIONS_LIST_MAX);
	strcat(line, "-ix");
	ck_assert_int_eq(parse(line, &opt, &err), -EINVAL);
	ck_assert_str_eq(err.text, "option '--item' is given more than 64 times");
}
END_TEST

struct walked {
	char text[256];
};

static int note(void *arg, const struct options_row *row, const char *value, struct err *err)
{
	struct walked *w = arg;
	size_t n = strlen(w->text);

	(void)err; /* this callback does not fail */
	(void)snprintf(w->text + n, sizeof(w->text) - n, "[%s %s]",
		       row ? row->name : "", /* short */
		       value ? value : "-");
	return 0;
}

START_TEST(walk_gives_all_in_order_and_changes_nothing)
{
	struct walked w = { "" };
	struct err err = { 0 };
	char *before[ARGS_MAX];
	int argc;

	strcpy(line_buf, "a -qi x --path=y b -- -c");
	argc = split(line_buf, args);
	memcpy(before, args, sizeof(before));
	ck_assert_int_eq(options_walk(&program, argc, args, note, &w, &err), 0);
	ck_assert_str_eq(w.text, "[ a][quick -][item x][path y][ b][ -c]");
	ck_assert_int_eq(memcmp(before, args, (size_t)argc * sizeof(args[0])), 0);
}
END_TEST

START_TEST(rows_are_found_by_name)
{
	ck_assert_ptr_eq(options_find(&program, "path"), &inner_rows[0]);
	ck_assert_ptr_eq(options_find(&program, "quick"), &outer_rows[0]);
	ck_assert_ptr_null(options_find(&program, "loud"));
	ck_assert_ptr_null(options_find(&program, "quic"));
}
END_TEST

/* What `print` writes, to be freed. */
static char *text_of(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	print(out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static void print_help(FILE *out)
{
	options_text_help(out, &program);
}

static void print_man(FILE *out)
{
	options_text_man(out, &program, 1, "warder(1)");
}

static void print_completions(FILE *out)
{
	options_text_completion(out, OPTIONS_SHELL_BASH, &program, NULL);
	options_text_completion(out, OPTIONS_SHELL_ZSH, &program, NULL);
	options_text_completion(out, OPTIONS_SHELL_FISH, &program, "complete -c x");
}

START_TEST(help_has_every_option_within_the_line)
{
	CLEANUP_FREE char *text = text_of(print_help);
	char *save = NULL;
	int n_lines = 0;

	ck_assert_ptr_nonnull(strstr(text, "usage: warder test [OPTION...] FILE\nA program of"));
	ck_assert_ptr_nonnull(strstr(text, "\n  -c, --count N             how many (default 7)\n"));
	ck_assert_ptr_nonnull(strstr(text, "which it's: red, green, blue, black (default blue)"));
	ck_assert_ptr_nonnull(strstr(text, "      --pace PACE           how fast: max, real (def"));
	ck_assert_ptr_nonnull(strstr(text, "\nAbout\n  -V, --version"));
	ck_assert_ptr_null(strstr(text, "--loud"));
	/* One heading per group, About behind all others. */
	ck_assert_ptr_null(strstr(strstr(text, "\nOuter\n") + 1, "\nOuter\n"));
	ck_assert_ptr_null(strstr(strstr(text, "\nAbout\n"), "\nNumbers\n"));
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		ck_assert_msg(strlen(line) <= OPTIONS_TEXT_COLUMNS, "too long: '%s'", line);
		n_lines++;
	}
	ck_assert_int_lt(n_lines, OPTIONS_TEXT_LINES_MAX);
}
END_TEST

START_TEST(help_and_man_page_list_the_exit_codes)
{
	CLEANUP_FREE char *help = text_of(print_help), *man = text_of(print_man);

	ck_assert_ptr_nonnull(strstr(help, "Exit codes: 0 ok, 1 failed, 2 wrong usage, 3 policy"));
	for (int code = 0; code <= EXIT_CODE_MAX; code++) {
		char line[64];

		if (!exit_code_text(code))
			continue;
		(void)snprintf(line, sizeof(line), ".TP\n%d\n%s\n", code, /* short */
			       exit_code_text(code));
		ck_assert_ptr_nonnull(strstr(man, line));
	}
	ck_assert_ptr_null(exit_code_text(9));
	ck_assert_ptr_null(exit_code_text(-1));
}
END_TEST

START_TEST(man_page_escapes_what_roff_would_take_for_its_own)
{
	CLEANUP_FREE char *man = text_of(print_man);

	ck_assert_ptr_nonnull(strstr(man, ".TH \"WARDER\\-TEST\" 1"));
	ck_assert_ptr_nonnull(strstr(man, "First paragraph.\n.PP\n\\&.Second begins"));
	ck_assert_ptr_nonnull(strstr(man, "back\\eslash"));
	ck_assert_ptr_nonnull(strstr(man, "\\fB\\-c\\fR, \\fB\\-\\-count\\fR \\fIN\\fR\nhow many"));
	ck_assert_ptr_nonnull(strstr(man, ".SH SEE ALSO\nwarder(1)\n"));
}
END_TEST

START_TEST(completion_knows_words_files_and_quotes)
{
	CLEANUP_FREE char *text = text_of(print_completions);

	ck_assert_ptr_nonnull(strstr(text, "--colour) COMPREPLY=($(compgen -W \"red green blue "));
	ck_assert_ptr_nonnull(strstr(text, "--path | -p) COMPREPLY=($(compgen -f -- \"$cur\"))"));
	ck_assert_ptr_nonnull(strstr(text, "'--path=[where]:PATH:_files' \\\n"));
	ck_assert_ptr_nonnull(strstr(text, "'*-i[one of them]:ITEM:' \\\n"));
	ck_assert_ptr_nonnull(strstr(text, "[which it'\\''s]"));
	ck_assert_ptr_nonnull(strstr(text, "complete -c x -l path -s p -r -F -d 'where'\n"));
	ck_assert_ptr_nonnull(strstr(text, "-d 'which it\\'s'\n"));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *tc = tcase_create("parse");
	TCase *text = tcase_create("text");
	SRunner *sr;
	int n_failed;

	tcase_add_test(tc, nothing_given_means_the_defaults);
	tcase_add_loop_test(tc, values_arrive, 0, ARRAY_LEN(good));
	tcase_add_loop_test(tc, word_may_be_shortened_while_it_is_unique, 0, ARRAY_LEN(words));
	tcase_add_loop_test(tc, wrong_option_is_one_line_that_says_what_was_expected, 0,
			    ARRAY_LEN(bad));
	tcase_add_test(tc, list_has_an_end);
	tcase_add_test(tc, walk_gives_all_in_order_and_changes_nothing);
	tcase_add_test(tc, rows_are_found_by_name);
	tcase_add_test(text, help_has_every_option_within_the_line);
	tcase_add_test(text, help_and_man_page_list_the_exit_codes);
	tcase_add_test(text, man_page_escapes_what_roff_would_take_for_its_own);
	tcase_add_test(text, completion_knows_words_files_and_quotes);
	suite_add_tcase(s, tc);
	suite_add_tcase(s, text);
	sr = srunner_create(s);
	srunner_run_all(sr, CK_ENV);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
