/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/config.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
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

/* --- What is wrong, and where ----------------------------------------------------------------- */

static const struct {
	const char *text;
	const char *expect;
} bad[] = {
	{ "log:\n  levle: info\n",
	  "w.yaml:2:3: key 'levle' is not known in 'log'; did you mean 'level'?" },
	{ "lgo: {}\n", "w.yaml:1:1: key 'lgo' is not known; did you mean 'log'?" },
	{ "xyzzy: 1\n", "w.yaml:1:1: key 'xyzzy' is not known" },
	{ "log.level: info\n", "w.yaml:1:1: key 'log.level' is not known" },
	{ "log:\n  level: loud\n",
	  "w.yaml:2:10: 'log.level' expects one of error, warning, info, debug, not 'loud'" },
	{ "logging:\n  level: loud\n",
	  "w.yaml:2:10: 'logging.level' expects one of error, warning, info, debug, not 'loud'" },
	{ "metrics: yes\n", "w.yaml:1:10: 'metrics' expects true or false, not 'yes'" },
	{ "metrics:\n", "w.yaml:1:9: 'metrics' expects true or false, not nothing" },
	{ "metrics: [true]\n", "w.yaml:1:10: 'metrics' expects true or false, not a list" },
	{ "cpu-groups: 257\n", "w.yaml:1:13: 'cpu-groups' expects a number, 0 to 256, not '257'" },
	{ "cpu-groups: -1\n", "w.yaml:1:13: 'cpu-groups' expects a number, 0 to 256, not '-1'" },
	{ "cpu-groups: 99999999999999999999999\n",
	  "w.yaml:1:13: 'cpu-groups' expects a number, 0 to 256, not '99999999999999999999999'" },
	{ "lanes: 8T\n", "w.yaml:1:8: 'lanes' expects a size such as 512K, 64M or 1G, not '8T'" },
	{ "lanes: 65G\n", "w.yaml:1:8: 'lanes' expects a size such as 512K, 64M or 1G, not '65G'" },
	{ "log: {aggregate: {flush-interval: soon}}\n",
	  "w.yaml:1:35: 'log.aggregate.flush-interval' expects a duration such as 500ms, 10s or "
	  "5m, not 'soon'" },
	{ "log: {filters: {in: {level: [loud]}}}\n",
	  "w.yaml:1:30: 'log.filters.in.level' expects one of error, warning, info, debug, not "
	  "'loud'" },
	{ "log: info\n", "w.yaml:1:6: 'log' expects a mapping, not text" },
	{ "log: [info]\n", "w.yaml:1:6: 'log' expects a mapping, not a list" },
	{ "policy: {a: b}\n", "w.yaml:1:9: 'policy' expects a list, not a mapping" },
	{ "policy: [a, [b]]\n", "w.yaml:1:13: 'policy' expects a list of text, not a list" },
	{ "policy: [a, null]\n", "w.yaml:1:13: 'policy' expects a list of text, not nothing" },
	{ "metrics: true\nserver: {metrics: false}\n",
	  "w.yaml:2:19: 'metrics' is given again as 'server.metrics'; the first is at "
	  "w.yaml:1:10" },
	{ "metrics: true\nmetrics: true\n",
	  "w.yaml:2:1: key 'metrics' is there twice; the first is in line 1" },
	{ "output:\n  forward:\n    - a b: {host: h}\n",
	  "w.yaml:3:7: name 'a b' is none, expected letters, digits, '-' and '_', up to 63" },
	{ "output:\n  forward:\n    a.b: {host: h}\n",
	  "w.yaml:3:5: name 'a.b' is none, expected letters, digits, '-' and '_', up to 63" },
	{ "output:\n  forward: [x]\n",
	  "w.yaml:2:13: 'output.forward' expects a list of mappings, not text" },
	{ "output:\n  forward: x\n",
	  "w.yaml:2:12: 'output.forward' expects a mapping of names or a list, not text" },
	{ "output:\n  forward: [{a: {hots: h}}]\n",
	  "w.yaml:2:18: key 'hots' is not known in 'output.forward.a'; did you mean 'host'?" },
	{ "output:\n  forward: [{a: {requireAkc: true}}]\n",
	  "w.yaml:2:18: key 'requireAkc' is not known in 'output.forward.a'; did you mean "
	  "'requireAck'?" },
	{ "output:\n  forward: [{a: {password: [x]}}]\n",
	  "w.yaml:2:28: 'output.forward.a.password' expects text, not a list" },
	{ "output:\n  destinations: [{type: file, path: x}]\n",
	  "w.yaml:2:18: 'output.destinations' expects 'name' in each item, not a mapping" },
	{ "output:\n  destinations: [{name: d, type: fiel}]\n",
	  "w.yaml:2:34: 'output.destinations.d.type' expects one of file, webhook, forward, otlp, "
	  "syslog, kafka, not 'fiel'" },
	{ "cri: [{runtime: {nmae: x}}]\n",
	  "w.yaml:1:18: key 'nmae' is not known in 'cri.0.runtime'; did you mean 'name'?" },
	{ "a: &x b\n", "w.yaml:1:4: anchors are not allowed" },
	{ "- a\n", "w.yaml:1:1: configuration is a list, expected a mapping" },
	{ "text\n", "w.yaml:1:1: configuration is text, expected a mapping" },
	{ "metrics: true\n---\nmetrics: true\n", "w.yaml:3:1: a second document, expected one" },
	{ "metrics: [\n", "w.yaml:2:1: not valid YAML: did not find expected node content while "
			  "parsing a flow node" },
};

START_TEST(a_bad_file_is_refused_with_its_place)
{
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_int_lt(config_parse(bad[_i].text, strlen(bad[_i].text), "w.yaml", &c, &err), 0);
	ck_assert_str_eq(err.text, bad[_i].expect);
	ck_assert_ptr_null(c);
}
END_TEST

START_TEST(more_values_than_are_allowed_are_refused)
{
	char *text = malloc(8 * CONFIG_VALUES_MAX + 64);
	size_t len;
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_ptr_nonnull(text);
	len = (size_t)sprintf(text, "policy:\n");
	for (int i = 0; i <= CONFIG_VALUES_MAX; i++)
		len += (size_t)sprintf(text + len, " - a\n");
	ck_assert_int_eq(config_parse(text, len, "w.yaml", &c, &err), -E2BIG);
	ck_assert_str_eq(err.text, "w.yaml:4098:4: more than 4096 values");
	free(text);
}
END_TEST

/* --- What is accepted ------------------------------------------------------------------------- */

static const char v22[] =
	"blob-perf-buffer-size: 1024\n"
	"cache: {type: none, size: 1024}\n"
	"proctree:\n"
	"    source: none\n"
	"    cache: {process: 8192, thread: 4096}\n"
	"capabilities:\n"
	"    bypass: false\n"
	"    add: [cap_sys_admin, cap_syslog]\n"
	"    drop: [cap_chown]\n"
	"cri:\n"
	"    - runtime: {name: containerd, socket: /run/containerd.sock}\n"
	"    - runtime: {name: docker, socket: /run/docker.sock}\n"
	"dnscache: {enable: false, size: 5000}\n"
	"healthz: false\n"
	"install-path: /tmp/tracee\n"
	"listen-addr: :3366\n"
	"grpc-listen-addr: tcp:4466\n"
	"log:\n"
	"    level: warn\n"
	"    file: /var/log/x.log\n"
	"    aggregate: {enabled: true, flush-interval: \"5s\"}\n"
	"    filters:\n"
	"        libbpf: false\n"
	"        in:\n"
	"            msg: [one, two]\n"
	"            pkg: [package1]\n"
	"            file: [file1.go]\n"
	"            level: [warn, error]\n"
	"            regex: [^pattern1]\n"
	"        out: {msg: [three], level: [debug]}\n"
	"metrics: false\n"
	"output:\n"
	"    json: {files: [stdout]}\n"
	"    table: {files: [/tmp/1.out, /tmp/2.out]}\n"
	"    table-verbose: {files: [/tmp/3.out]}\n"
	"    gotemplate: {template: /tmp/a.tmpl, files: [/tmp/4.out]}\n"
	"    forward:\n"
	"        - forward1: {protocol: tcp, user: u, password: p, host: 127.0.0.1, "
	"port: 24224, tag: tracee1}\n"
	"    webhook:\n"
	"        - webhook1: {protocol: http, host: localhost, port: 8000, timeout: 5s, "
	"gotemplate: /tmp/a.tmpl, content-type: application/json}\n"
	"        - webhook2: {protocol: http, host: localhost, port: 9000}\n"
	"    options:\n"
	"        none: false\n"
	"        stack-addresses: true\n"
	"        exec-env: false\n"
	"        exec-hash: dev-inode\n"
	"        parse-arguments: true\n"
	"        sort-events: false\n"
	"perf-buffer-size: 1024\n"
	"pprof: false\n"
	"pyroscope: false\n"
	"rego: {partial-eval: false, aio: false}\n"
	"signatures-dir: \"\"\n";

/* As the main branch has it, in JSON. */
static const char main_branch[] =
	"{\"buffers\": {\"kernel\": {\"events\": 2048, \"artifacts\": 1024, \"control-plane\": "
	"1024},"
	" \"pipeline\": 1000},"
	" \"stores\": {\"process\": {\"enabled\": true, \"max-processes\": 10000, \"max-threads\": "
	"0},"
	" \"dns\": {\"enabled\": false, \"max-entries\": 5000}},"
	" \"server\": {\"http-address\": \"127.0.0.1:3366\", \"grpc-address\": \"\","
	" \"metrics\": true, \"healthz\": true, \"pprof\": false, \"pyroscope\": false},"
	" \"enrichment\": {\"container\": {\"enabled\": true, \"cgroupfs\": {\"path\": \"/cg\","
	" \"force\": false}, \"docker-socket\": \"/d\"}, \"fd-paths\": false,"
	" \"decoded-data\": true, \"environment\": true, \"user-stack\": false,"
	" \"executable-hash\": {\"enabled\": false, \"mode\": \"none\"}},"
	" \"artifacts\": {\"file-write\": {\"enabled\": true, \"filters\": [\"path=/x\"]}},"
	" \"detectors\": [\"/etc/tracee/detectors\"],"
	" \"logging\": {\"level\": \"info\", \"aggregate\": {\"enabled\": false},"
	" \"filters\": {\"include\": {\"msg\": [\"a\"]}, \"exclude\": {\"level\": [\"debug\"]}}},"
	" \"output\": {\"destinations\": [{\"name\": \"d1\", \"type\": \"file\", \"format\": "
	"\"json\","
	" \"path\": \"/tmp/x\"}, {\"name\": \"d2\", \"type\": \"webhook\", \"url\": "
	"\"http://h:1\"}],"
	" \"streams\": [{\"name\": \"s1\", \"destinations\": [\"d1\", \"d2\"], \"filters\":"
	" {\"events\": [\"open\"], \"policies\": [\"p\"]}, \"buffer\": {\"size\": 2048,"
	" \"mode\": \"drop\"}}], \"options\": {\"none\": false, \"sort-events\": true}}}";

/* What the article shows of the ConfigMap, as it stands there. */
static const char article[] = "options:\n"
			      "# none: false\n"
			      "# stack-addresses: true\n"
			      "# exec-env: false\n"
			      "# exec-hash: dev-inode\n"
			      "# parse-arguments: true\n"
			      "# sort-events: false\n";
static const char article_used[] = "options:\n"
				   "  none: false\n"
				   "  stack-addresses: true\n"
				   "  exec-env: false\n"
				   "  exec-hash: dev-inode\n"
				   "  parse-arguments: true\n"
				   "  sort-events: false\n";

struct lines {
	char text[8192];
	size_t n;
};

static void note_line(void *arg, const char *line)
{
	struct lines *lines = arg;

	ck_assert_uint_lt(strlen(lines->text) + strlen(line) + 2, sizeof(lines->text));
	strcat(strcat(lines->text, line), "\n");
	lines->n++;
}

static const struct {
	const char *text;
	size_t n_values;
	size_t n_without_effect;
} accepted[] = {
	{ v22, 68, 17 },       { main_branch, 44, 8 },
	{ article, 0, 0 },     { article_used, 6, 2 },
	{ "", 0, 0 },          { "# nothing\n", 0, 0 },
	{ "output:\n", 0, 0 }, { "output: {forward: , json: {files: }}\n", 0, 0 },
	{ "{}", 0, 0 },
};

START_TEST(tracees_files_are_accepted)
{
	CLEANUP_CONFIG struct config *c = parsed(accepted[_i].text);
	struct lines lines = { .n = 0 };

	ck_assert_uint_eq(c->n, accepted[_i].n_values);
	config_tell_unhonoured(c, note_line, &lines);
	ck_assert_msg(lines.n == accepted[_i].n_without_effect, "%zu:\n%s", lines.n, lines.text);
}
END_TEST

START_TEST(what_has_no_effect_is_said_by_name)
{
	CLEANUP_CONFIG struct config *c =
		parsed("options:\n  stack-addresses: true\n  exec-hash: none\n"
		       "capabilities: {add: [a, b], drop: []}\nartifacts: {dir: {path: /x}}\n");
	struct lines lines = { .n = 0 };

	config_tell_unhonoured(c, note_line, &lines);
	ck_assert_str_eq(
		lines.text,
		"w.yaml:2:20: 'output.options.stack-addresses' has no effect: it is not available "
		"yet\n"
		"w.yaml:4:22: 'capabilities.add' has no effect: the collector keeps only what it "
		"needs and the engine nothing\n"
		"w.yaml:5:12: 'artifacts' has no effect: files, memory and packets are not "
		"captured\n");
}
END_TEST

START_TEST(other_names_mean_the_same)
{
	CLEANUP_CONFIG struct config *c = parsed(main_branch);

	ck_assert_str_eq(config_text(c, "perf-buffer-size"), "2048");
	ck_assert_str_eq(config_text(c, "proctree.cache.process"), "10000");
	ck_assert_str_eq(config_text(c, "metrics"), "true");
	ck_assert_str_eq(config_text(c, "log.filters.in.msg"), "a");
	ck_assert_str_eq(config_text(c, "log.filters.out.level"), "debug");
	ck_assert_str_eq(config_text(c, "output.options.exec-env"), "true");
	ck_assert_str_eq(config_text(c, "output.streams.s1.buffer.mode"), "drop");
}
END_TEST

/* --- Places ----------------------------------------------------------------------------------- */

static char dir[64];

static void put_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void make_dir(void)
{
	char path[128];

	(void)snprintf(dir, sizeof(dir), "/tmp/test_config_XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/conf.d", dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void remove_dir(void)
{
	static const char *const names[] = { "warder.yaml",
					     "conf.d/10-a.yaml",
					     "conf.d/20-b.yml",
					     "conf.d/c.txt",
					     "conf.d/.d.yaml",
					     "conf.d",
					     "." };
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (remove(path) != 0)
			(void)rmdir(dir);
	}
}

static struct config *loaded(const char *const *sets, size_t n, const char *const *environment)
{
	const struct config_source source = {
		.path = dir, .sets = sets, .n_sets = n, .environment = environment
	};
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_msg(config_load(&source, &c, &err) == 0, "%s", err.text);
	return c;
}

static void expect(const struct config *c, const char *path, const char *text, const char *where)
{
	const struct config_value *value = config_find(c, path, NULL);
	char buf[256];
	const char *from;

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(value->text, text);
	from = config_where(&value->from, buf, sizeof(buf));
	if (strncmp(from, dir, strlen(dir)) == 0)
		from += strlen(dir) + 1;
	ck_assert_str_eq(from, where);
}

START_TEST(later_places_take_the_place_of_earlier_ones)
{
	static const char *const sets[] = { "user=cli", "policy=/c", "policy=/d",
					    "output.forward.f.port=5", "destinations.d.type=file" };
	static const char *const environment[] = { "HOME=/", "WARDER_USER=env", "WARDER_GROUP=env",
						   "WARDER_LOG_LEVEL=debug", NULL };
	CLEANUP_CONFIG struct config *c = NULL;
	size_t n;

	put_file("warder.yaml", "user: main\ngroup: main\nhooks: global\nloop: epoll\n"
				"policy: [/a, /b]\nlanes: 1M\nevents: [x, y]\n"
				"output: {forward: {f: {host: h, port: 1, tag: t}}}\n");
	put_file("conf.d/10-a.yaml", "group: a\nhooks: narrow\nevents: []\n");
	put_file("conf.d/20-b.yml", "hooks: auto\noutput: {forward: [{f: {tag: u}}]}\n");
	put_file("conf.d/c.txt", "not YAML: [");
	put_file("conf.d/.d.yaml", "not YAML: [");
	c = loaded(sets, ARRAY_LEN(sets), environment);
	expect(c, "user", "cli", "command line");
	expect(c, "group", "env", "WARDER_GROUP");
	expect(c, "log.level", "debug", "WARDER_LOG_LEVEL");
	expect(c, "hooks", "auto", "conf.d/20-b.yml:1:8");
	expect(c, "loop", "epoll", "warder.yaml:4:7");
	expect(c, "output.forward.f.host", "h", "warder.yaml:8:30");
	expect(c, "output.forward.f.tag", "u", "conf.d/20-b.yml:2:30");
	expect(c, "output.forward.f.port", "5", "command line");
	expect(c, "output.destinations.d.type", "file", "command line");
	expect(c, "policy", "/c", "command line");
	(void)config_find(c, "policy", &n);
	ck_assert_uint_eq(n, 2);
	ck_assert_ptr_null(config_find(c, "events", NULL)); /* emptied by a drop-in */
}
END_TEST

static const struct {
	const char *set, *variable, *expect;
} bad_places[] = {
	{ "log.levle=info", NULL,
	  "command line: key 'levle' is not known in 'log'; did you mean 'level'?" },
	{ "log=info", NULL, "command line: key 'log' is a section, expected a key in it" },
	{ "log.level=loud", NULL,
	  "command line: 'log.level' expects one of error, warning, info, debug, not 'loud'" },
	{ "log.level", NULL, "command line: 'log.level' is no KEY=VALUE" },
	{ "=x", NULL, "command line: '=x' is no KEY=VALUE" },
	{ "xyzzy=1", NULL, "command line: key 'xyzzy' is not known" },
	{ "streams.s.bufer.size=1", NULL,
	  "command line: key 'bufer' is not known in 'streams.s'; did you mean 'buffer'?" },
	{ NULL, "WARDER_METRICS=maybe",
	  "WARDER_METRICS: 'metrics' expects true or false, not "
	  "'maybe'" },
};

START_TEST(other_places_are_named_too)
{
	const char *environment[] = { bad_places[_i].variable, NULL };
	const struct config_source source = { .path = "",
					      .sets = &bad_places[_i].set,
					      .n_sets = bad_places[_i].set != NULL,
					      .environment = environment };
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(config_load(&source, &c, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad_places[_i].expect);
}
END_TEST

START_TEST(a_second_value_of_the_command_line_is_refused)
{
	static const char *const sets[] = { "metrics=true", "server.metrics=false" };
	const struct config_source source = { .path = "", .sets = sets, .n_sets = 2 };
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(config_load(&source, &c, &err), -EINVAL);
	ck_assert_str_eq(err.text, "command line: 'metrics' is given again as 'server.metrics'; "
				   "the first is at command line");
}
END_TEST

START_TEST(variables_that_are_nearly_ours_are_told)
{
	static const char *const environment[] = {
		"WARDER_LOG_LEVLE=x",  "WARDER_SERVICE_HOST=1.2.3.4",
		"WARDER_PORT=tcp://x", "WARDER_ENGINE=/x",
		"WARDER_METRICS=true", "PATH=/bin",
		"WARDER_QQQQ=1",       NULL
	};
	struct lines lines = { .n = 0 };

	config_tell_strange(environment, note_line, &lines);
	ck_assert_str_eq(lines.text, "WARDER_LOG_LEVLE: no key has this name; did you mean "
				     "'WARDER_LOG_LEVEL'?\nWARDER_QQQQ: no key has this name\n");
}
END_TEST

START_TEST(a_file_that_is_not_there_is_said)
{
	const struct config_source source = { .path = "/nowhere/w.yaml" };
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(config_load(&source, &c, &err), -ENOENT);
	ck_assert_str_eq(err.text, "configuration '/nowhere/w.yaml' cannot be read (ENOENT)");
}
END_TEST

START_TEST(an_empty_directory_that_is_named_is_refused)
{
	const struct config_source source = { .path = dir };
	struct config *c = NULL;
	struct err err = { 0 };

	ck_assert_int_eq(config_load(&source, &c, &err), -ENOENT);
	ck_assert_ptr_nonnull(strstr(err.text, "has neither 'warder.yaml' nor files in 'conf.d'"));
}
END_TEST

/* --- What is and what is no key ----------------------------------------------------------------
 */

static const struct {
	const char *text;
	bool is_set;
} sets[] = {
	{ "log.level=debug", true },
	{ "log.levle=debug", true },
	{ "metrics=true", true },
	{ "destinations.d1.type=file", true },
	{ "streams.s1.destinations=d1", true },
	{ "output.forward.f.url=tcp://h", true },
	{ "gotemplate=/tmp/x.tmpl", false },
	{ "gotemplate=/tmp/x.tmpl:/tmp/out", false },
	{ "option:exec-hash=inode", false },
	{ "json:/tmp/a=b", false },
	{ "json:/tmp/log.level=x", false },
	{ "forward:tcp://h?tag=x", false },
	{ "webhook:http://log.level=x", false },
	{ "json", false },
	{ "none", false },
};

START_TEST(an_output_is_no_key)
{
	ck_assert_int_eq(config_is_set(sets[_i].text), sets[_i].is_set);
}
END_TEST

/* --- Differences ------------------------------------------------------------------------------ */

static void note_diff(void *arg, const struct ckey *key, const char *path)
{
	(void)key;
	note_line(arg, path);
}

START_TEST(differences_are_told_once_each)
{
	CLEANUP_CONFIG struct config *was = parsed("policy: [a, b]\nuser: x\nmetrics: true\n"
						   "group: g\noutput: {otlp: {o: {url: u}}}\n");
	CLEANUP_CONFIG struct config *is = parsed("policy: [a, c]\nuser: x\nhealthz: true\n"
						  "group: h\noutput: {otlp: {o: {url: u}}}\n");
	struct lines lines = { .n = 0 };

	config_diff(was, is, note_diff, &lines);
	ck_assert_str_eq(lines.text, "policy\nmetrics\ngroup\nhealthz\n");
	lines = (struct lines){ .n = 0 };
	config_diff(is, is, note_diff, &lines);
	ck_assert_uint_eq(lines.n, 0);
}
END_TEST

/* --- The table -------------------------------------------------------------------------------- */

START_TEST(the_table_is_sound)
{
	const struct ckey *key;
	const char *text;
	struct err err = { 0 };

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		char mine[CKEY_PATH_MAX], other[CKEY_PATH_MAX];
		bool has_mine = ckey_env_name(key, mine, sizeof(mine));

		ck_assert_msg(key->instead || key->help, "%s says nothing", key->path);
		ck_assert_msg((key->words != NULL) == (key->kind == CKEY_WORD ||
						       (key->words && key->kind == CKEY_LIST)),
			      "%s", key->path);
		if (key->standard && !key->instead)
			ck_assert_msg(cvalue_check(key, key->path, key->standard, &text, &err) == 0,
				      "%s", err.text);
		for (size_t k = 0; k < i; k++) {
			const struct ckey *before = ckey_at(k);

			ck_assert_str_ne(before->path, key->path);
			if (has_mine && ckey_env_name(before, other, sizeof(other)))
				ck_assert_str_ne(mine, other);
		}
	}
}
END_TEST

START_TEST(other_names_lead_to_keys)
{
	const char *name, *path;

	for (size_t i = 0; ckey_alias_at(i, &name, &path); i++) {
		ck_assert_msg(ckey_find(path) || ckey_next(path), "%s", name);
		ck_assert_msg(!ckey_find(name), "%s is a key", name);
	}
}
END_TEST

/* "true" of a flag; else as the option's own row has it. */
static const char *standard_of(const struct options_row *row)
{
	return row->kind == OPTIONS_KIND_FLAG ? "false" : row->standard ? row->standard : "";
}

START_TEST(keys_of_the_engine_agree_with_its_options)
{
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		const struct options_row *row;
		char name[64];

		if (!key->option || !(key->flags & (CKEY_ENGINE | CKEY_LOG)))
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(key->option, "="),
			       key->option);
		row = options_find(&engine_options_program, name);
		ck_assert_msg(row != NULL, "--%s of %s", name, key->path);
		if (strchr(key->option, '=') || strncmp(key->path, "log.aggregate", 13) == 0)
			continue; /* a part of its value */
		ck_assert_str_eq(key->standard ? key->standard : "", standard_of(row));
		ck_assert_str_eq(key->words ? key->words : "", row->words ? row->words : "");
		if (key->kind == CKEY_NUMBER || key->kind == CKEY_SIZE)
			ck_assert_uint_eq(key->max, row->max);
	}
}
END_TEST

/* Not ours to decide: what one run is about. */
static bool is_command_line_only(const char *name)
{
	static const char *const names[] = { "config",
					     "set",
					     "print-config",
					     "duration",
					     "record",
					     "replay",
					     "speed",
					     "progress-fd",
					     "output",
					     "version",
					     "exit-with-collector",
					     "help",
					     "man" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

START_TEST(every_option_of_the_engine_has_a_key)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(&engine_options_program, i, NULL)) != NULL; i++) {
		const struct ckey *key;
		bool has = is_command_line_only(row->name);

		for (size_t k = 0; (key = ckey_at(k)) != NULL; k++)
			has = has || (key->option && (key->flags & (CKEY_ENGINE | CKEY_LOG)) &&
				      strcspn(key->option, "=") == strlen(row->name) &&
				      strncmp(key->option, row->name, strlen(row->name)) == 0);
		ck_assert_msg(has, "--%s", row->name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *refused = tcase_create("refused");
	TCase *right = tcase_create("accepted");
	TCase *places = tcase_create("places");
	TCase *table = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(refused, a_bad_file_is_refused_with_its_place, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(refused, more_values_than_are_allowed_are_refused);
	suite_add_tcase(suite, refused);
	tcase_add_loop_test(right, tracees_files_are_accepted, 0, (int)ARRAY_LEN(accepted));
	tcase_add_test(right, what_has_no_effect_is_said_by_name);
	tcase_add_test(right, other_names_mean_the_same);
	suite_add_tcase(suite, right);
	tcase_add_checked_fixture(places, make_dir, remove_dir);
	tcase_add_test(places, later_places_take_the_place_of_earlier_ones);
	tcase_add_loop_test(places, other_places_are_named_too, 0, (int)ARRAY_LEN(bad_places));
	tcase_add_test(places, a_second_value_of_the_command_line_is_refused);
	tcase_add_test(places, variables_that_are_nearly_ours_are_told);
	tcase_add_test(places, a_file_that_is_not_there_is_said);
	tcase_add_test(places, an_empty_directory_that_is_named_is_refused);
	tcase_add_loop_test(places, an_output_is_no_key, 0, (int)ARRAY_LEN(sets));
	tcase_add_test(places, differences_are_told_once_each);
	suite_add_tcase(suite, places);
	tcase_add_test(table, the_table_is_sound);
	tcase_add_test(table, other_names_lead_to_keys);
	tcase_add_test(table, keys_of_the_engine_agree_with_its_options);
	tcase_add_test(table, every_option_of_the_engine_has_a_key);
	suite_add_tcase(suite, table);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
