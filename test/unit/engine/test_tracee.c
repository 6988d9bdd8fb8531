/* SPDX-License-Identifier: Apache-2.0 */
/* Tracee's options, all of both branches that are not ours by the same name. */
#include "engine/config/tracee.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/options.h"

static char said[512];

static int note(void *arg, const char *set, struct err *err)
{
	(void)arg;
	(void)err;
	if (*said)
		strcat(said, " ");
	strcat(said, set);
	return 0;
}

/* What "--name" or "-x" with a value says. */
static int say(const char *option, const char *value, struct err *err)
{
	char *argv[] = { (char *)(uintptr_t)option, (char *)(uintptr_t)value };
	const struct options_row *row = NULL;

	*said = '\0';
	for (size_t i = 0; i < TRACEE_OPTIONS && !row; i++)
		if (option[1] == '-' ? strcmp(tracee_options[i].name, option + 2) == 0
				     : tracee_options[i].letter == option[1])
			row = &tracee_options[i];
	if (strcmp(option, "-l") == 0)
		row = options_find(&engine_options_program, "log");
	ck_assert_msg(row != NULL, "%s", argv[0]);
	ck_assert_msg(tracee_is(row, value), "%s %s", option, value);
	return tracee_each(row, value, note, NULL, err);
}

static const struct {
	const char *option, *value, *sets;
} accepted[] = {
	{ "-l", "aggregate", "log.aggregate.enabled=true" },
	{ "-l", "aggregate:5s", "log.aggregate.enabled=true log.aggregate.flush-interval=5s" },
	{ "-l", "file:/var/log/x:y", "log.file=/var/log/x:y" },
	{ "-l", "fatal", "log.level=fatal" },
	{ "-l", "filter:msg=a,b;lvl=error",
	  "log.filters.in.msg=a log.filters.in.msg=b log.filters.in.level=error" },
	{ "-l", "filter-out:msg=a", "log.filters.out.msg=a" },
	{ "-l", "filter:regex=^a,b$", "log.filters.in.regex=^a log.filters.in.regex=b$" },
	{ "--logging", "filters.exclude.regex=^a", "log.filters.out.regex=^a" },
	{ "--logging", "level=debug", "logging.level=debug" },
	{ "--logging", "aggregate", "log.aggregate.enabled=true" },
	{ "--logging", "aggregate.flush-interval=1m",
	  "log.aggregate.enabled=true log.aggregate.flush-interval=1m" },
	{ "--logging", "file=/x", "logging.file=/x" },
	{ "--logging", "filters.include.msg=a,b", "log.filters.in.msg=a log.filters.in.msg=b" },
	{ "--logging", "filters.exclude.level=info", "log.filters.out.level=info" },
	{ "--cache", "none", "" },
	{ "-a", "none", "" },
	{ "-t", "none", "" },
	{ "-t", "source=both", "" },
	{ "-t", "process-cache=8192", "proctree.cache.process=8192" },
	{ "--proctree", "disable-procfs-query", "" },
	{ "--dnscache", "none", "" },
	{ "-C", "bypass=0", "" },
	{ "-C", "bypass=false", "" },
	{ "--capabilities", "add=", "" },
	{ "--no-signatures", NULL, "" },
	{ "--perf-buffer-size", "2048", "perf-buffer-size=2048" },
	{ "-b", "2048", "perf-buffer-size=2048" },
	{ "-b", "kernel.events=2048", "buffers.kernel.events=2048" },
	{ "--stores", "process", "" },
	{ "--stores", "process.max-processes=9", "stores.process.max-processes=9" },
	{ "--stores", "process.max-threads=0", "" },
	{ "--server", "metrics", "server.metrics=true" },
	{ "--server", "healthz", "server.healthz=true" },
	{ "--server", "http-address=:1", "server.http-address=:1" },
	{ "-E", "environment", "enrichment.environment=true" },
	{ "-E", "decoded-data", "enrichment.decoded-data=true" },
	{ "-E", "container.cgroupfs.path=/c", "enrichment.container.cgroupfs.path=/c" },
	{ "-E", "container.cgroupfs.force", "" },
};

START_TEST(what_warder_can_do_is_a_key)
{
	struct err err = { 0 };

	ck_assert_msg(say(accepted[_i].option, accepted[_i].value, &err) == 0, "%s", err.text);
	ck_assert_str_eq(said, accepted[_i].sets);
}
END_TEST

#define NO_CAPTURE "files, memory and packets are not captured"
#define LATER "it is not available yet"
#define NO_DNS "DNS names are not known yet"

static const struct {
	const char *option, *value, *text;
} refused[] = {
	{ "-l", "file:", "'file:': expected a level, 'aggregate[:TIME]'" },
	{ "-l", "agregate", "'agregate': expected a level, 'aggregate[:TIME]'" },
	{ "-l", "filter:pkg=core", "Warder's messages have no Go package or file" },
	{ "-l", "filter-out:file=x", "Warder's messages have no Go package or file" },
	{ "-l", "filter:libbpf", "libbpf's messages come with 'log.level: debug'" },
	{ "-l", "filter:mgs=x", "expected msg=, regex= or lvl=" },
	{ "-l", "filter:msg", "a value is expected behind '='" },
	{ "-l", "filter:msg=,b", "a value is empty" },
	{ "--logging", "levle=debug", "'levle' is not known; did you mean 'level'?" },
	{ "--logging", "filters.include.libbpf", "libbpf's messages" },
	{ "-c", "exec", NO_CAPTURE "; a configuration is named by '--config'" },
	{ "-a", "executable", NO_CAPTURE },
	{ "-a", "cache-type=mem", "option '--cache' cannot be 'cache-type=mem': what waits" },
	{ "--cache", "mem-cache-size=512", "what waits is in 'lanes'" },
	{ "--proctree", "thread-cache=4096", "threads are among the tasks" },
	{ "--dnscache", "enable", NO_DNS },
	{ "--stores", "dns", NO_DNS },
	{ "--stores", "dns.max-entries=1", NO_DNS },
	{ "--stores", "proces", "'proces' is not known; did you mean 'process'?" },
	{ "-C", "bypass=1", "the collector keeps only what it needs" },
	{ "-C", "add=CAP_X", "the collector keeps only what it needs" },
	{ "--rego", "aio", "signatures in Rego are not run" },
	{ "--cri", "docker:/x", "no runtime's socket is opened" },
	{ "--blob-perf-buffer-size", "1", NO_CAPTURE },
	{ "--pipeline-channel-size", "1", "stages have no queues between them" },
	{ "-b", "pipeline=1", "stages have no queues between them" },
	{ "-b", "kernel.control-plane=1", "what is vital has lanes of its own" },
	{ "--install-path", "/x", "nothing is installed at the start" },
	{ "--signatures-dir", "/x", "signatures are not available yet" },
	{ "--detectors", "/x", "detectors are not available yet" },
	{ "--grpc-listen-addr", "tcp:1", "there is no gRPC server" },
	{ "--server", "grpc", "there is no gRPC server" },
	{ "--server", "pprof", "there is no Go profiler" },
	{ "--no-containers", NULL, "'--no-containers' is not possible: containers are always" },
	{ "--pprof", NULL, "there is no Go profiler" },
	{ "--pyroscope", NULL, "there is no Go profiler" },
	{ "-E", "container", "containers are always told apart by their ids" },
	{ "-E", "container.docker.socket=/x", "no runtime's socket is opened" },
	{ "-E", "fd-paths", LATER },
	{ "-E", "user-stack", LATER },
	{ "-E", "executable-hash", LATER },
	{ "-E", "executable-hash.mode=inode", LATER },
	{ "-E", "envrionment", "did you mean 'environment'?" },
};

START_TEST(what_it_cannot_do_is_said)
{
	struct err err = { 0 };

	ck_assert_int_eq(say(refused[_i].option, refused[_i].value, &err), -EINVAL);
	ck_assert_msg(strstr(err.text, refused[_i].text) != NULL, "%s", err.text);
	ck_assert_str_eq(said, "");
}
END_TEST

START_TEST(a_level_is_the_option_s_own)
{
	static const char *const levels[] = { "error", "warn", "warning", "info", "debug", "d" };
	const struct options_row *row = options_find(&engine_options_program, "log");

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		ck_assert(!tracee_is(row, levels[i]));
}
END_TEST

/* The engine's command line as a whole. */
START_TEST(an_engine_takes_them)
{
	char *argv[] = { (char[]){ "warder-engine" },
			 (char[]){ "-l" },
			 (char[]){ "aggregate:5s" },
			 (char[]){ "-l" },
			 (char[]){ "debug" },
			 (char[]){ "--logging=filters.exclude.msg=a,b" },
			 (char[]){ "-osort-events" },
			 (char[]){ "-t" },
			 (char[]){ "process-cache=77" },
			 (char[]){ "--no-signatures" },
			 (char[]){ "--server=metrics" },
			 (char[]){ "--config=" } };
	struct engine_options opt;
	struct err err = { 0 };

	ck_assert_msg(engine_options_parse(ARRAY_LEN(argv), argv, &opt, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(opt.log.aggregate_ns, 5000000000ULL);
	ck_assert_uint_eq(opt.log.level, LOG_DEBUG);
	ck_assert_uint_eq(opt.log.exclude.n, 2);
	ck_assert_str_eq(opt.log.exclude.items[1], "msg=b");
	ck_assert(opt.sort_events && opt.metrics);
	ck_assert_uint_eq(opt.outputs.n, 1);
	ck_assert_uint_eq(opt.proctree_tasks, 77);
	engine_options_done(&opt);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tracee");
	TCase *tc = tcase_create("options");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(tc, what_warder_can_do_is_a_key, 0, (int)ARRAY_LEN(accepted));
	tcase_add_loop_test(tc, what_it_cannot_do_is_said, 0, (int)ARRAY_LEN(refused));
	tcase_add_test(tc, a_level_is_the_option_s_own);
	tcase_add_test(tc, an_engine_takes_them);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
