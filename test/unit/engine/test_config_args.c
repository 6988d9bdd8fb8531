/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/args.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/config/config.h"
#include "engine/config/print.h"
#include "engine/config/value.h"
#include "engine/options.h"

static struct config *parsed(const char *text)
{
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_msg(config_parse(text, strlen(text), "w.yaml", &c, &err) == 0, "%s: %s", text,
		      err.text);
	return c;
}

static void check_args(const struct cargs *args, const char *const *expected)
{
	size_t n = 0;

	for (; expected[n]; n++) {
		ck_assert_msg(n < args->n, "'%s' is missing", expected[n]);
		ck_assert_str_eq(args->v[n], expected[n]);
	}
	ck_assert_msg(args->n == n, "'%s' is more than expected", args->n > n ? args->v[n] : "");
}

/* --- Keys to options -------------------------------------------------------------------------- */

static const struct {
	const char *text;
	unsigned int which;
	const char *expect[8];
} made[] = {
	{ "{}", CKEY_ENGINE, { NULL } },
	{ "policy: [/a, /b]\nmetrics: true\nhealthz: false\nkernel-filters: \"off\"\n",
	  CKEY_ENGINE,
	  { "--policy=/a", "--policy=/b", "--kernel-filters=off", "--metrics" } },
	{ "policy: /a\nlanes: 64M\nhooks: narrow\ngroup: g\nengine-uid: 7\nsocket: /s\n",
	  CKEY_COLLECTOR,
	  { "--lanes=64M", "--hooks=narrow", "--socket=/s", "--group=g", "--engine-uid=7" } },
	{ "socket: /s\nlanes: 1M\n", CKEY_ENGINE, { "--socket=/s" } },
	{ "kernel-filters: false\n", CKEY_ENGINE, { "--kernel-filters=off" } },
	{ "log: {level: warn, format: json, file: /l, filters: {in: {msg: [a b], level: [warn]}, "
	  "out: {msg: c}}}\n",
	  CKEY_COLLECTOR,
	  { "--log=warning", "--log-format=json", "--log-filter=msg=a b",
	    "--log-filter=level=warning", "--log-filter-out=msg=c" } },
	{ "log: {file: /l}\n", CKEY_ENGINE, { "--log-file=/l" } },
	{ "log: {aggregate: {enabled: true}}\n", CKEY_ENGINE, { "--log-aggregate=3000ms" } },
	{ "log: {aggregate: {enabled: true, flush-interval: 1m30s}}\n",
	  CKEY_ENGINE,
	  { "--log-aggregate=90000ms" } },
	{ "log: {aggregate: {enabled: false, flush-interval: 1m}}\n", CKEY_ENGINE, { NULL } },
	{ "enrichment: {environment: true, decoded-data: true, container: {cgroupfs: {path: "
	  "/c}}}\n",
	  CKEY_ENGINE,
	  { "--output=option:exec-env", "--output=option:parse-arguments" } },
	{ "enrichment: {environment: true, container: {cgroupfs: {path: /c}}}\n",
	  CKEY_COLLECTOR,
	  { "--cgroupfs=/c" } },
	{ "stores: {process: {max-processes: 9}}\n", CKEY_ENGINE, { "--proctree-cache=9" } },
};

START_TEST(keys_become_options)
{
	CLEANUP_CONFIG struct config *c = parsed(made[_i].text);
	struct cargs args = { .n = 0 };
	struct err err = { 0 };

	ck_assert_int_eq(cargs_add(c, made[_i].which, NULL, NULL, NULL, &args, &err), 0);
	check_args(&args, made[_i].expect);
	cargs_done(&args);
}
END_TEST

START_TEST(pages_for_each_cpu_become_lanes)
{
	CLEANUP_CONFIG struct config *c = parsed("perf-buffer-size: 512\n");
	struct cargs args = { .n = 0 };
	char expected[64];

	(void)snprintf(expected, sizeof(expected), "--lanes=%ld",
		       512 * sysconf(_SC_PAGESIZE) * sysconf(_SC_NPROCESSORS_CONF));
	ck_assert_int_eq(cargs_add(c, CKEY_COLLECTOR, NULL, NULL, NULL, &args, NULL), 0);
	check_args(&args, (const char *const[]){ expected, NULL });
	cargs_done(&args);
}
END_TEST

START_TEST(too_few_pages_are_refused)
{
	CLEANUP_CONFIG struct config *c = parsed("perf-buffer-size: 1\n");
	struct cargs args = { .n = 0 };
	struct err err = { 0 };
	char expected[128];
	long bytes = sysconf(_SC_PAGESIZE) * sysconf(_SC_NPROCESSORS_CONF);

	if (bytes >= 1 << 20)
		return; /* of so many CPUs one page each is enough */
	(void)snprintf(expected, sizeof(expected),
		       "w.yaml:1:19: 'perf-buffer-size' is %ld bytes for all CPUs, expected at "
		       "least 1048576",
		       bytes);
	ck_assert_int_eq(cargs_add(c, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err), -EINVAL);
	ck_assert_str_eq(err.text, expected);
	cargs_done(&args);
}
END_TEST

START_TEST(the_later_of_two_sizes_is_right)
{
	static const char *const sets[] = { "lanes=2M" };
	const struct config_source source = { .path = "",
					      .sets = sets,
					      .n_sets = 1,
					      .environment = (const char *const[]){
						      "WARDER_PERF_BUFFER_SIZE=4", NULL } };
	CLEANUP_CONFIG struct config *c = NULL;
	CLEANUP_CONFIG struct config *both = parsed("lanes: 1M\nbuffers: {kernel: {events: 3}}\n");
	struct cargs args = { .n = 0 };
	struct err err = { 0 };

	ck_assert_int_eq(config_load(&source, &c, &err), 0);
	ck_assert_int_eq(cargs_add(c, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err), 0);
	check_args(&args, (const char *const[]){ "--lanes=2M", NULL });
	cargs_done(&args);
	ck_assert_int_eq(cargs_add(both, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err), -EINVAL);
	ck_assert_str_eq(err.text, "w.yaml:1:8: 'lanes' is given beside 'perf-buffer-size', "
				   "expected one of them");
	cargs_done(&args);
}
END_TEST

/* --- Outputs ---------------------------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *expect[6];
} outputs[] = {
	{ "json: {files: [stdout, /tmp/a]}", { "json:stdout", "json:/tmp/a" } },
	{ "json: {files: /tmp/a, rotateBytes: 10M, gzip: true}",
	  { "json:/tmp/a?rotateBytes=10M&gzip=true" } },
	{ "json: {events: \"open,fs\"}", { "json:stdout?events=open%2Cfs" } },
	{ "table: {files: [/tmp/a]}\n  table-verbose: {files: [/tmp/b]}",
	  { "table:/tmp/a", "table-verbose:/tmp/b" } },
	{ "gotemplate: {template: /t, files: [/tmp/a]}", { "gotemplate=/t:/tmp/a" } },
	{ "forward: [{a: {host: h}}, {b: {protocol: tls, host: \"::1\", port: 1, tag: x y}}]",
	  { "forward:tcp://h:24224", "forward:tls://[::1]:1?tag=x%20y" } },
	{ "forward: {a: {host: h, user: \"u@\", password: \"p:/w\"}}",
	  { "forward:tcp://u%40:p%3A%2Fw@h:24224" } },
	{ "forward: {a: {protocol: unix, host: /run/f.sock}}", { "forward:unix:///run/f.sock" } },
	{ "forward: {a: {url: \"tcp://a:1?tag=t|tcp://b:2\", spool: /s}}",
	  { "forward:tcp://a:1?tag=t&spool=%2Fs|tcp://b:2" } },
	{ "webhook: [{w: {host: h, port: 80, timeout: 5s, content-type: a/b}}]",
	  { "webhook:http://h:80?contentType=a%2Fb&timeout=5s" } },
	{ "webhook: {w: {url: \"https://h:1/p\", header: [\"A: 1\", \"B: 2\"]}}",
	  { "webhook:https://h:1/p?header=A%3A%201&header=B%3A%202" } },
	{ "otlp: {o: {url: \"http://h:4318\", protocol: grpc}}",
	  { "otlp:http://h:4318?protocol=grpc" } },
	{ "syslog: {s: {url: \"udp://h\"}}", { "syslog:udp://h" } },
	{ "kafka: {k: {url: \"a,b:9093/topic\", queueBytes: 1M}}",
	  { "kafka:a,b:9093/topic?queueBytes=1M" } },
	{ "destinations: [{name: d, path: /tmp/a}, {name: e, format: table}]",
	  { "json:/tmp/a", "table:stdout" } },
	{ "destinations: [{name: d, type: webhook, url: \"http://h:1\", format: gotemplate=/t}]",
	  { "webhook:http://h:1?gotemplate=%2Ft" } },
	{ "destinations: {d: {type: forward, url: \"tcp://h\"}, e: {path: /tmp/x}}\n"
	  "  streams: {s: {destinations: [d, e], filters: {events: [open, fs], policies: [p]},"
	  " buffer: {size: 2048, mode: drop}}}",
	  { "forward:tcp://h?events=open,fs&policies=p&onFull=drop&queueBytes=2097152",
	    "json:/tmp/x?events=open,fs&policies=p&onFull=drop&queueBytes=2097152" } },
	{ "destinations: {d: {type: forward, url: \"tcp://h\"}}\n"
	  "  streams: {s: {destinations: d, filters: {events: open}},"
	  " t: {destinations: [d], filters: {policies: [p]}, buffer: {mode: block}}}",
	  { "forward:tcp://h?events=open", "forward:tcp://h?policies=p&onFull=block" } },
	{ "specs: [\"json:/tmp/a\", \"forward:tcp://h\"]", { "json:/tmp/a", "forward:tcp://h" } },
	{ "options: {none: true}", { "none" } },
	{ "options: {none: false}", { NULL } },
};

START_TEST(outputs_become_arguments)
{
	CLEANUP_CONFIG struct config *c = NULL;
	CLEANUP_FREE char *text = NULL;
	struct cargs args = { .n = 0 };
	struct err err = { 0 };
	size_t n = 0;

	ck_assert_int_gt(asprintf(&text, "output:\n  %s\n", outputs[_i].text), 0);
	c = parsed(text);
	ck_assert_msg(cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, &err) == 0, "%s",
		      err.text);
	for (; outputs[_i].expect[n]; n++) {
		ck_assert_uint_lt(n, args.n);
		ck_assert_str_eq(args.v[n] + strlen("--output="), outputs[_i].expect[n]);
	}
	ck_assert_uint_eq(args.n, n);
	cargs_done(&args);
}
END_TEST

static const struct {
	const char *text;
	const char *expect;
} wrong[] = {
	{ "json: {files: [\"a,b\"]}", "2:18: a file's path cannot have a ',' or '?' in it" },
	{ "json: {files: [\"\"]}", "2:18: a file's path is empty" },
	{ "gotemplate: {files: [/tmp/a]}", "2:24: 'output.gotemplate.template' is missing" },
	{ "forward: {a: {tag: t}}", "2:22: 'host' or 'url' is missing" },
	{ "forward: {a: {host: h, url: tcp://h}}",
	  "2:31: 'url' is given beside 'host', expected one of them" },
	{ "forward: {a: {host: h, password: p}}", "2:23: a password is given without 'user'" },
	{ "forward: {a: {host: h, user: u, password: p, password-env: P}}",
	  "2:62: 'output.forward.a.password-env' is given beside 'output.forward.a.password', "
	  "expected one of them" },
	{ "forward: {a: {host: h, user: u, password-env: WARDER_TEST_NONE}}",
	  "2:49: 'output.forward.a.password-env': there is no 'WARDER_TEST_NONE' in the "
	  "environment" },
	{ "forward: {a: {host: h, user: u, password-file: /nowhere}}",
	  "2:50: password file '/nowhere' cannot be read (ENOENT)" },
	{ "webhook: {w: {host: h}}", "2:23: 'port' or 'url' is missing" },
	{ "otlp: {o: {gzip: true}}", "2:20: 'url' is missing" },
	{ "destinations: {d: {type: webhook}}", "2:28: 'url' is missing" },
	{ "destinations: {d: {type: webhook, url: \"http://h:1\", format: table}}",
	  "2:28: 'format' expects json here, or with webhook 'gotemplate=FILE'" },
	{ "destinations: {d: {path: /a}}\n  streams: {s: {destinations: [e]}}",
	  "3:32: destination 'e' is not there" },
	{ "destinations: {d: {path: /a}}\n  streams: {s: {filters: {events: [a]}}}",
	  "3:36: 'output.streams.s.destinations' is missing" },
	{ "destinations: {d: {path: /a}, e: {path: /b}}\n  streams: {s: {destinations: [d]}}",
	  "2:43: destination 'e' is in no stream, expected it in one" },
	{ "destinations: {d: {path: /a}}\n  streams: {s: {destinations: d}, t: {destinations: d}}",
	  "2:28: a file can be in one stream only" },
	{ "options: {none: true}\n  json: {files: [/a]}",
	  "2:19: 'output.options.none' is given beside outputs, expected one of them" },
	{ "specs: [\"jsn:/x\"]", "2:11: output 'jsn' is not known; did you mean 'json'?" },
};

START_TEST(a_wrong_output_is_refused_with_its_place)
{
	CLEANUP_CONFIG struct config *c = NULL;
	CLEANUP_FREE char *text = NULL;
	struct cargs args = { .n = 0 };
	struct err err = { 0 };

	ck_assert_int_gt(asprintf(&text, "output:\n  %s\n", wrong[_i].text), 0);
	c = parsed(text);
	ck_assert_int_lt(cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "w.yaml:"));
	ck_assert_str_eq(err.text + strlen("w.yaml:"), wrong[_i].expect);
	cargs_done(&args);
}
END_TEST

START_TEST(passwords_come_from_files_and_variables)
{
	char path[] = "/tmp/test_config_args_XXXXXX";
	CLEANUP_FD int fd = mkstemp(path);
	CLEANUP_CONFIG struct config *c = NULL;
	CLEANUP_FREE char *text = NULL;
	struct cargs args = { .n = 0 };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, "se cret\nmore\n", 13), 13);
	ck_assert_int_eq(setenv("WARDER_TEST_PASSWORD", "v", 1), 0);
	ck_assert_int_gt(asprintf(&text,
				  "output: {forward: {a: {host: h, user: u, password-file: %s},"
				  " b: {host: i, user: u, password-env: WARDER_TEST_PASSWORD}}}",
				  path),
			 0);
	c = parsed(text);
	ck_assert_int_eq(cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, NULL), 0);
	(void)unlink(path);
	check_args(&args, (const char *const[]){ "--output=forward:tcp://u:se%20cret@h:24224",
						 "--output=forward:tcp://u:v@i:24224", NULL });
	cargs_done(&args);
}
END_TEST

/* --- On top of it, the command line ------------------------------------------------------------
 */

static char config_path[64];

static void make_file(void)
{
	static const char text[] = "policy: [/file]\nlog: {level: debug, filters: {in: {msg: a}}}\n"
				   "metrics: true\noutput: {json: {files: /tmp/file}, options: "
				   "{exec-env: true}}\n";
	int fd;

	(void)snprintf(config_path, sizeof(config_path), "/tmp/test_config_args_XXXXXX");
	fd = mkstemp(config_path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)write(fd, text, sizeof(text) - 1), (int)sizeof(text) - 1);
	ck_assert_int_eq(close(fd), 0);
}

static void remove_file(void)
{
	(void)unlink(config_path);
}

static const struct {
	const char *argv[8]; /* behind --config FILE */
	const char *expect[12];
} merged[] = {
	{ { NULL },
	  { "--policy=/file", "--metrics", "--log=debug", "--log-filter=msg=a",
	    "--output=option:exec-env", "--output=json:/tmp/file" } },
	{ { "-l", "info", "-o", "json", "--log-filter", "msg=b" },
	  { "--policy=/file", "--metrics", "--log-filter=msg=a", "--output=option:exec-env",
	    "--log=info", "--output=json", "--log-filter=msg=b" } },
	{ { "-e", "open", "-o", "option:sort-events" },
	  { "--metrics", "--log=debug", "--log-filter=msg=a", "--output=option:exec-env",
	    "--output=json:/tmp/file", "--events=open", "--output=option:sort-events" } },
	{ { "-o", "log.level=error", "--set", "metrics=false", "-o", "gotemplate=/t" },
	  { "--policy=/file", "--log=error", "--log-filter=msg=a", "--output=option:exec-env",
	    "--set=log.level=error", "--set=metrics=false", "--output=gotemplate=/t" } },
	{ { "-o", "destinations.d.type=forward", "-o", "destinations.d.url=tcp://h" },
	  { "--policy=/file", "--metrics", "--log=debug", "--log-filter=msg=a",
	    "--output=option:exec-env", "--output=json:/tmp/file", "--output=forward:tcp://h",
	    "--set=destinations.d.type=forward", "--set=destinations.d.url=tcp://h" } },
};

START_TEST(the_command_line_is_on_top)
{
	char *argv[12] = { (char *)(uintptr_t) "--config", config_path };
	struct cargs_merged m;
	struct err err = { 0 };
	const char *config = NULL;
	int argc = 2;
	size_t n = 0;

	for (; merged[_i].argv[argc - 2]; argc++)
		argv[argc] = (char *)(uintptr_t)merged[_i].argv[argc - 2];
	ck_assert_msg(cargs_merge(&engine_options_program, argc, argv, NULL, &m, &err) == 0, "%s",
		      err.text);
	for (size_t i = 0; i < m.args.n; i++) {
		if (strncmp(m.args.v[i], "--config=", 9) == 0) {
			config = m.args.v[i] + 9;
			continue;
		}
		ck_assert_msg(merged[_i].expect[n] != NULL, "'%s' is more", m.args.v[i]);
		ck_assert_str_eq(m.args.v[i], merged[_i].expect[n++]);
	}
	ck_assert_ptr_null(merged[_i].expect[n]);
	ck_assert_str_eq(config, config_path);
	cargs_merged_done(&m);
}
END_TEST

START_TEST(a_replay_takes_no_configuration_by_itself)
{
	char *argv[] = { (char *)(uintptr_t) "--replay", (char *)(uintptr_t) "x.wring", NULL };
	struct cargs_merged m;

	ck_assert_int_eq(setenv("WARDER_METRICS", "true", 1), 0);
	ck_assert_int_eq(cargs_merge(&engine_options_program, 2, argv, NULL, &m, NULL), 0);
	check_args(&m.args, (const char *const[]){ "--replay=x.wring", NULL });
	cargs_merged_done(&m);
}
END_TEST

START_TEST(a_refused_configuration_is_told_from_wrong_usage)
{
	char *bad_set[] = { (char *)(uintptr_t) "--set=log.level=x", NULL };
	char *bad_use[] = { (char *)(uintptr_t) "--nothing", NULL };
	struct cargs_merged m;

	ck_assert_int_eq(cargs_merge(&engine_options_program, 1, bad_set, NULL, &m, NULL), -EINVAL);
	ck_assert(m.is_refused);
	cargs_merged_done(&m);
	ck_assert_int_eq(cargs_merge(&engine_options_program, 1, bad_use, NULL, &m, NULL), -EINVAL);
	ck_assert(!m.is_refused);
	cargs_merged_done(&m);
}
END_TEST

/* --- Printed ---------------------------------------------------------------------------------- */

static char *printed(const struct config *c)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	if (c)
		ck_assert_int_eq(cprint_config(out, c), 0);
	else
		cprint_example(out);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

START_TEST(what_is_printed_says_the_same)
{
	CLEANUP_CONFIG struct config *c = parsed(
		"policy: [/a, \"b c\", \"null\", \"-x\", \"q\\\"\\\\\", \"\\x01\\n\"]\n"
		"listen-addr: :80\nlog: {filters: {in: {msg: [\"#x\"]}}}\nuser: \"\"\n"
		"output: {forward: {a: {host: h, header: x}, b: {host: i}},\n"
		" webhook: {w: {url: \"http://h:1\", header: [a]}}, options: {exec-env: true}}\n"
		"cri: [{runtime: {name: n}}]\n");
	CLEANUP_FREE char *text = printed(c);
	CLEANUP_CONFIG struct config *again = parsed(text);

	for (size_t i = 0; i < c->n; i++) {
		size_t n_was, n_is;
		const struct config_value *was = config_find(c, c->values[i].path, &n_was);
		const struct config_value *is = config_find(again, c->values[i].path, &n_is);

		ck_assert_msg(n_was == n_is, "%s:\n%s", c->values[i].path, text);
		for (size_t k = 0; k < n_was && !strstr(was->path, "header"); k++)
			ck_assert_str_eq(was[k].text, is[k].text);
	}
	/* All others are there as they are by themselves. */
	for (size_t i = 0; i < again->n; i++)
		ck_assert_str_eq(again->values[i].text[0] ? again->values[i].text : "",
				 strstr(again->values[i].path, "header")
					 ? "***"
					 : (config_find(c, again->values[i].path, NULL)
						    ? again->values[i].text
						    : again->values[i].key->standard));
}
END_TEST

START_TEST(no_secret_is_printed)
{
	CLEANUP_CONFIG struct config *c =
		parsed("output:\n"
		       "  forward: {a: {host: h, user: u, password: s3cret}, b: {url: "
		       "\"tcp://u:s3c@ret@h:1?tag=t&sharedKey=s3cret&x=y|tcp://v:s3cret@i\"},\n"
		       "    c: {host: h, sharedKey: s3cret}}\n"
		       "  webhook: {w: {url: \"http://h:1\", header: \"Authorization: s3cret\"}}\n"
		       "  specs: [\"webhook:http://u:s3cret@h:1?header=A:s3cret\"]\n");
	CLEANUP_FREE char *text = printed(c);

	ck_assert_msg(!strstr(text, "s3c") && !strstr(text, "ret@"), "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "webhook:http://u:***@h:1?header=***"));
}
END_TEST

START_TEST(no_message_has_a_secret)
{
	static const char *const texts[] = {
		"output: {forward: {a: {host: \"h h\", user: u, password: s3cret}}}",
		"output: {forward: {a: {host: h, user: u, password: s3cret, requireAck: x}}}",
		"output: {specs: [\"forward:tcp://u:s3cret@h:x\"]}",
		"output: {specs: [\"forwrd:tcp://u:s3cret@h:x\"]}",
		"output: {forward: {a: {protocol: udp, host: h, user: u, password: s3cret}}}",
	};
	CLEANUP_CONFIG struct config *c = parsed(texts[_i]);
	struct cargs args = { .n = 0 };
	struct err err = { 0 };

	ck_assert_int_lt(cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, &err), 0);
	ck_assert_msg(!strstr(err.text, "s3cret"), "%s", err.text);
	cargs_done(&args);
}
END_TEST

/* RULES_DIR/warder.yaml is what the program prints. */
START_TEST(the_example_is_true_and_changes_nothing)
{
	CLEANUP_FREE char *text = printed(NULL), *file = calloc(1, 65536);
	CLEANUP_FILE FILE *in = fopen(RULES_DIR "/warder.yaml", "r");
	CLEANUP_CONFIG struct config *c = parsed(text);
	struct cargs args = { .n = 0 };
	const struct ckey *key;

	ck_assert_ptr_nonnull(in);
	ck_assert_uint_gt(fread(file, 1, 65535, in), 0);
	ck_assert_str_eq(file, text);
	for (size_t i = 0; i < c->n; i++)
		ck_assert_str_eq(c->values[i].text, c->values[i].key->standard);
	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (key->standard && !key->instead && !strpbrk(key->path, "*#&"))
			ck_assert_msg(config_find(c, key->path, NULL) != NULL, "%s", key->path);
	ck_assert_int_eq(cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, NULL), 0);
	for (size_t i = 0; i < args.n; i++)
		ck_assert_msg(strchr(args.v[i], '=') != NULL, "%s is on", args.v[i]);
	cargs_done(&args);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config_args");
	TCase *options = tcase_create("options");
	TCase *out = tcase_create("outputs");
	TCase *line = tcase_create("command_line");
	TCase *print = tcase_create("printed");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(options, keys_become_options, 0, (int)ARRAY_LEN(made));
	tcase_add_test(options, pages_for_each_cpu_become_lanes);
	tcase_add_test(options, too_few_pages_are_refused);
	tcase_add_test(options, the_later_of_two_sizes_is_right);
	suite_add_tcase(suite, options);
	tcase_add_loop_test(out, outputs_become_arguments, 0, (int)ARRAY_LEN(outputs));
	tcase_add_loop_test(out, a_wrong_output_is_refused_with_its_place, 0,
			    (int)ARRAY_LEN(wrong));
	tcase_add_test(out, passwords_come_from_files_and_variables);
	suite_add_tcase(suite, out);
	tcase_add_checked_fixture(line, make_file, remove_file);
	tcase_add_loop_test(line, the_command_line_is_on_top, 0, (int)ARRAY_LEN(merged));
	tcase_add_test(line, a_replay_takes_no_configuration_by_itself);
	tcase_add_test(line, a_refused_configuration_is_told_from_wrong_usage);
	suite_add_tcase(suite, line);
	tcase_add_test(print, what_is_printed_says_the_same);
	tcase_add_test(print, no_secret_is_printed);
	tcase_add_loop_test(print, no_message_has_a_secret, 0, 5);
	tcase_add_test(print, the_example_is_true_and_changes_nothing);
	suite_add_tcase(suite, print);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
