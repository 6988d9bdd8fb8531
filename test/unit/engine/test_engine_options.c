/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/options.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/options_text.h"
#include "engine/loop.h"

#define ARGS_MAX 80

static char line_buf[1024];

static int parse(const char *line, struct engine_options *opt, struct err *err)
{
	char *argv[ARGS_MAX] = { (char[]){ "warder-engine" } };
	char *save = NULL;
	int argc = 1;

	ck_assert_uint_lt(strlen(line), sizeof(line_buf));
	strcpy(line_buf, line);
	for (char *word = strtok_r(line_buf, " ", &save); word; word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return engine_options_parse(argc, argv, opt, err);
}

START_TEST(defaults_are_json_on_stdout)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("", &opt, &err), 0);
	ck_assert_uint_eq(opt.outputs.n, 1);
	ck_assert_str_eq(opt.outputs.items[0].target, "-");
	ck_assert_str_eq(opt.socket, "/run/warder/collector.sock");
	ck_assert_str_eq(opt.status_socket, "/run/warder/engine.sock");
	ck_assert_uint_eq(opt.loop, LOOP_AUTO);
	ck_assert_uint_eq(opt.log.level, LOG_INFO);
	ck_assert_uint_eq(opt.proctree_tasks, 32768);
	ck_assert_uint_eq(opt.progress_fd, OPTIONS_NONE);
	ck_assert_uint_eq(opt.duration_ns, 0);
	ck_assert_ptr_null(opt.record);
	ck_assert_ptr_null(opt.replay);
	ck_assert_ptr_null(opt.user);
	engine_options_done(&opt);
}
END_TEST

START_TEST(tracees_output_forms_are_understood)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("-o json -o json:a,b/c -o option:parse-arguments "
			       "-o option:exec-env --output=option:sort-events "
			       "--output option:relative-time",
			       &opt, &err),
			 0);
	ck_assert_uint_eq(opt.outputs.n, 3);
	ck_assert_str_eq(opt.outputs.items[0].target, "-");
	ck_assert_str_eq(opt.outputs.items[1].target, "a");
	ck_assert_str_eq(opt.outputs.items[2].target, "b/c");
	ck_assert(opt.parse_arguments && opt.exec_env && opt.relative_time && opt.sort_events);
	engine_options_done(&opt);
}
END_TEST

START_TEST(options_alone_keep_the_default_output)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("-o option:exec-env", &opt, &err), 0);
	ck_assert_uint_eq(opt.outputs.n, 1);
	ck_assert_str_eq(opt.outputs.items[0].target, "-");
	ck_assert(opt.exec_env && !opt.parse_arguments);
	engine_options_done(&opt);
	ck_assert_int_eq(parse("-o none -o option:exec-env", &opt, &err), 0);
	ck_assert_uint_eq(opt.outputs.n, 0);
	engine_options_done(&opt);
	ck_assert_int_eq(parse("-o json:stdout", &opt, &err), 0);
	ck_assert_str_eq(opt.outputs.items[0].target, "-");
	engine_options_done(&opt);
}
END_TEST

START_TEST(events_and_scopes_are_lists)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(
		parse("-e open,close -e -dup* --events proc -s uid=0 --scope follow", &opt, &err),
		0);
	ck_assert_uint_eq(opt.events.n, 3);
	ck_assert_str_eq(opt.events.items[0], "open,close");
	ck_assert_str_eq(opt.events.items[1], "-dup*");
	ck_assert_str_eq(opt.events.items[2], "proc");
	ck_assert_uint_eq(opt.scopes.n, 2);
	ck_assert_str_eq(opt.scopes.items[0], "uid=0");
	ck_assert_str_eq(opt.scopes.items[1], "follow");
	engine_options_done(&opt);
}
END_TEST

static const struct {
	const char *line, *text;
} bad[] = {
	{ "-o tabel", "output 'tabel' is not known; did you mean 'table'?" },
	{ "-o gotemplate=:y", "output 'gotemplate=' expects a template's file" },
	{ "-o forward", "output 'forward' expects a URL behind it: 'forward:URL'" },
	{ "-o webhook:", "output: a file or URL is expected after ':' and ','" },
	{ "-o option:stack-addresses", "output 'option:stack-addresses' is not available yet" },
	{ "-o option:exec-hash", "output 'option:exec-hash' is not available yet" },
	{ "-o option:exec-hash=inode", "output 'option:exec-hash=inode' is not available yet" },
	{ "-o option:parse-arguments-fds",
	  "output 'option:parse-arguments-fds' is not available yet" },
	{ "-o option:exec-evn",
	  "output 'option:exec-evn' is not known, the nearest is 'option:exec-env'" },
	{ "-o option:", "output 'option:' is not known, expected one of parse-arguments, exec-env, "
			"relative-time, sort-events" },
	{ "-o jsn", "output 'jsn' is not known; did you mean 'json'?" },
	{ "-o sonj:x", "output 'sonj' is not known, expected json, table, table-verbose, "
		       "gotemplate=FILE, forward:URL, webhook:URL, otlp:URL, syslog:URL, "
		       "kafka:BROKER/TOPIC, none or option:NAME" },
	{ "-o json:", "output: a file or URL is expected after ':' and ','" },
	{ "-o json:a,", "output: a file or URL is expected after ':' and ','" },
	{ "-o json -o json:stdout", "output 'stdout' is given twice, expected once" },
	{ "-o json -o table", "output 'stdout' is given twice, expected once" },
	{ "-o json:a,a", "output 'a' is given twice, expected once" },
	{ "-o none -o json", "output 'none' is given with another one" },
	{ "-o json:1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
	  "output '17' is one too many, expected at most 16" },
	{ "-o forward:tcp://h:1?requreAck=true",
	  "forward url: key 'requreAck' is not known, nearest is 'requireAck'" },
	{ "-o forward:tcp://h:1|tcp://h:2?tagg=x",
	  "forward url: key 'tagg' is not known, nearest is 'tag'" },
	{ "-o forward:tcp://h:1?insecure=true", "forward: certificates need TLS, expected tls://" },
	{ "-o syslog:udp://h:1?facility=x", "syslog: facility 'x' is not known, expected user, "
					    "daemon, auth, authpriv, audit, local0 to "
					    "local7 or the like" },
	{ "-o json:a?keep=3",
	  "output 'a': key 'keep' expects 'rotateBytes' or 'rotateAge' with it" },
	{ "-e open -p x", "option '--events' is given with '--policy', expected one of them" },
	{ "-s uid=0 -p x", "option '--scope' is given with '--policy', expected one of them" },
	{ "--record a --replay b",
	  "option '--record' is given with '--replay', expected one of them" },
	{ "--replay b --wait", "option '--wait' is given with '--replay', which has no collector" },
	{ "--replay b --exit-with-collector",
	  "option '--exit-with-collector' is given with '--replay', which has no collector" },
	{ "--speed real", "option '--speed' expects '--replay' with it" },
	{ "--metrics --listen-addr nonsense",
	  "listen address 'nonsense' is not valid; expected 'host:port', ':port' or '[::1]:port'" },
	{ "--proctree-cache 0", "option '--proctree-cache' expects at least 1" },
	{ "--progress-fd 1000000",
	  "option '--progress-fd' expects an open descriptor, not '1000000'" },
	{ "file", "argument 'file' is not an option, none is expected" },
	{ "--polciy x", "option '--polciy' is not known, the nearest is '--policy'" },
};

START_TEST(what_cannot_be_is_refused)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse(bad[_i].line, &opt, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].text);
	engine_options_done(&opt);
}
END_TEST

START_TEST(asking_for_help_checks_nothing_else)
{
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_int_eq(parse("-o table --help", &opt, &err), 0);
	ck_assert(opt.about.help);
	engine_options_done(&opt);
}
END_TEST

START_TEST(help_is_short)
{
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;
	int n_lines = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	options_text_help(out, &engine_options_program);
	ck_assert_int_eq(fclose(out), 0);
	for (const char *c = text; *c; c++)
		n_lines += *c == '\n';
	ck_assert_int_le(n_lines, OPTIONS_TEXT_LINES_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_options");
	TCase *tc = tcase_create("parse");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, defaults_are_json_on_stdout);
	tcase_add_test(tc, tracees_output_forms_are_understood);
	tcase_add_test(tc, options_alone_keep_the_default_output);
	tcase_add_test(tc, events_and_scopes_are_lists);
	tcase_add_loop_test(tc, what_cannot_be_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_test(tc, asking_for_help_checks_nothing_else);
	tcase_add_test(tc, help_is_short);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
