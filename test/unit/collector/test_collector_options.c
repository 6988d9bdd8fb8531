/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/options.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"

#define ARGS_MAX 20

static char line_buf[1024];

static int parse(const char *line, struct collector_options *opt, struct err *err)
{
	char *argv[ARGS_MAX] = { (char[]){ "warder-collector" } };
	char *save = NULL;
	int argc = 1;

	ck_assert_uint_lt(strlen(line), sizeof(line_buf));
	strcpy(line_buf, line);
	for (char *word = strtok_r(line_buf, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	memset(opt, 0xa5, sizeof(*opt));
	return collector_options_parse(argc, argv, opt, err);
}

START_TEST(defaults_leave_sizes_to_the_machine)
{
	struct collector_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("", &opt, &err), 0);
	ck_assert_str_eq(opt.socket, "/run/warder/collector.sock");
	ck_assert_str_eq(opt.group, "warder");
	ck_assert_uint_eq(opt.engine_uid, OPTIONS_NONE);
	ck_assert_str_eq(opt.cgroupfs, "/sys/fs/cgroup");
	ck_assert_uint_eq(opt.lanes_bytes, 0);
	ck_assert_uint_eq(opt.n_cpu_groups, 0);
	ck_assert_uint_eq(opt.hooks, COLLECTOR_HOOKS_AUTO);
	ck_assert_uint_eq(opt.log.level, LOG_INFO);
	ck_assert(!opt.once && !opt.about.help);
}
END_TEST

START_TEST(values_arrive)
{
	struct collector_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("--socket=/tmp/x -g staff --engine-uid 65534 --once --lanes 64M "
			       "--cpu-groups=4 --hooks narrow --log debug --cgroupfs /host/cgroup",
			       &opt, &err),
			 0);
	ck_assert_str_eq(opt.socket, "/tmp/x");
	ck_assert_str_eq(opt.group, "staff");
	ck_assert_uint_eq(opt.engine_uid, 65534);
	ck_assert_str_eq(opt.cgroupfs, "/host/cgroup");
	ck_assert_uint_eq(opt.lanes_bytes, 64U << 20);
	ck_assert_uint_eq(opt.n_cpu_groups, 4);
	ck_assert_uint_eq(opt.hooks, COLLECTOR_HOOKS_NARROW);
	ck_assert_uint_eq(opt.log.level, LOG_DEBUG);
	ck_assert(opt.once);
}
END_TEST

static const struct {
	const char *line, *text;
} bad[] = {
	{ "--lanes 64k", "option '--lanes' expects a size such as 512K, 64M or 1G, not '64k'" },
	{ "--lanes 64K", "option '--lanes' expects at least 1M, or 0" },
	{ "--lanes 65G", "option '--lanes' expects at most 68719476736, not '65G'" },
	{ "--cpu-groups 257", "option '--cpu-groups' expects at most 256, not '257'" },
	{ "--engine-uid 4294967295",
	  "option '--engine-uid' expects at most 4294967294, not '4294967295'" },
	{ "--engine-uid -1", "option '--engine-uid' expects a number, not '-1'" },
	{ "--hooks wide", "option '--hooks' expects one of auto, global, narrow, not 'wide'" },
	{ "--policy x", "option '--policy' is not known, 'warder-collector --help' lists all" },
	{ "--socket=", "option '--socket' expects a path of 1 to 107 bytes" },
	{ "x", "argument 'x' is not an option, none is expected" },
};

START_TEST(what_cannot_be_is_refused)
{
	struct collector_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse(bad[_i].line, &opt, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].text);
}
END_TEST

START_TEST(socket_path_must_fit_an_address)
{
	struct collector_options opt;
	struct err err = { 0 };
	char line[256] = "--socket ";

	memset(line + 9, 'x', 107);
	ck_assert_int_eq(parse(line, &opt, &err), 0);
	line[9 + 107] = 'x';
	ck_assert_int_eq(parse(line, &opt, &err), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("collector_options");
	TCase *tc = tcase_create("parse");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, defaults_leave_sizes_to_the_machine);
	tcase_add_test(tc, values_arrive);
	tcase_add_loop_test(tc, what_cannot_be_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_test(tc, socket_path_must_fit_an_address);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
