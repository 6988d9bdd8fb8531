/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/output_keys.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/sink/outputs_url.h"

static int add(struct outspecs *specs, const char *text, struct err *err)
{
	memset(specs, 0, sizeof(*specs));
	return outspec_add(specs, text, err);
}

static const struct {
	const char *text;
	size_t n;
	const char *target, *template, *keys; /* of the last one; NULL: none */
} specs_of[] = {
	{ "json", 1, "-", NULL, NULL },
	{ "json:stdout", 1, "-", NULL, NULL },
	{ "json?profile=ecs", 1, "-", NULL, "profile=ecs" },
	{ "json:stdout?profile=ecs", 1, "-", NULL, "profile=ecs" },
	{ "table:/a/b", 1, "/a/b", NULL, NULL },
	{ "json:/a,/b?events=open,openat&keep=2", 2, "/b", NULL, "events=open,openat&keep=2" },
	{ "gotemplate=/t?onFull=drop", 1, "-", "/t", "onFull=drop" },
	{ "gotemplate=/t:/a?", 1, "/a", "/t", "" },
	{ "forward:tcp://h:1?tag=a|tcp://i:2", 1, "tcp://h:1?tag=a|tcp://i:2", NULL, NULL },
	{ "syslog:unix:///dev/log", 1, "unix:///dev/log", NULL, NULL },
};

static void same(const char *is, const char *expected)
{
	ck_assert_str_eq(is ? is : "(null)", expected ? expected : "(null)");
}

START_TEST(an_argument_is_taken_apart)
{
	struct outspecs specs;
	struct err err = { 0 };
	const struct outspec *last;

	ck_assert_msg(add(&specs, specs_of[_i].text, &err) == 0, "%s", err.text);
	ck_assert_uint_eq(specs.n, specs_of[_i].n);
	last = &specs.items[specs.n - 1];
	same(last->target, specs_of[_i].target);
	same(last->template, specs_of[_i].template);
	same(last->keys, specs_of[_i].keys);
	outspec_done(&specs);
}
END_TEST

START_TEST(an_argument_that_says_nothing_is_refused)
{
	static const char *const texts[][2] = {
		{ "jsno", "output 'jsno' is not known; did you mean 'json'?" },
		{ "jsno?a=b", "output 'jsno' is not known; did you mean 'json'?" },
		{ "json:", "output: a file or URL is expected after ':' and ','" },
		{ "json:?keep=1", "output: a file or URL is expected after ':' and ','" },
		{ "json:/a,?keep=1", "output: a file or URL is expected after ':' and ','" },
		{ "syslog", "output 'syslog' expects a URL behind it: 'syslog:URL'" },
		{ "forward?tag=a", "output 'forward' expects a URL behind it: 'forward:URL'" },
		{ "gotemplate=", "output 'gotemplate=' expects a template's file" },
		{ "gotemplate=?a", "output 'gotemplate=' expects a template's file" },
		{ "json,stdout", "output 'json,stdout' is not known" },
		{ "json:/a,/a", "output '/a' is given twice, expected once" },
	};
	struct outspecs specs;
	struct err err = { 0 };

	ck_assert_int_eq(add(&specs, texts[_i][0], &err), -EINVAL);
	ck_assert_msg(strncmp(err.text, texts[_i][1], strlen(texts[_i][1])) == 0, "%s", err.text);
	outspec_done(&specs);
}
END_TEST

static struct output_url *parse(const char *text, struct err *err)
{
	struct outspecs specs;
	struct output_url *u;

	ck_assert_int_eq(add(&specs, text, err), 0);
	u = output_url_parse(&specs.items[0], err);
	/* What it says is its own, but for the template's path. */
	outspec_done(&specs);
	return u;
}

START_TEST(a_file_is_rotated_as_its_keys_say)
{
	struct err err = { 0 };
	CLEANUP_OUTPUT_URL struct output_url *u =
		parse("json:/a?rotateBytes=10M&rotateAge=24h&keep=5&gzip=true&profile=ocsf", &err);

	ck_assert_msg(u != NULL, "%s", err.text);
	ck_assert(u->is_rotated);
	ck_assert_uint_eq(u->rotate.bytes, 10U << 20);
	ck_assert_int_eq(u->rotate.age_ms, 24 * 3600 * 1000);
	ck_assert_uint_eq(u->rotate.keep, 5);
	ck_assert(u->rotate.gzip);
	ck_assert_int_eq(u->profile, PROFILE_OCSF);
	ck_assert_int_eq(u->format, ENCODER_JSON);
	ck_assert(u->blocks);
	ck_assert(!u->is_network);
	ck_assert_str_eq(u->name, "/a");
}
END_TEST

START_TEST(without_keys_all_is_as_it_was)
{
	struct err err = { 0 };
	CLEANUP_OUTPUT_URL struct output_url *file = parse("table:stdout", &err);
	CLEANUP_OUTPUT_URL struct output_url *remote = parse("forward:h:1", &err);

	ck_assert(file && remote);
	ck_assert(!file->is_rotated && file->blocks && !file->events && !file->policies);
	ck_assert_int_eq(file->format, ENCODER_TABLE);
	ck_assert_str_eq(file->name, "stdout");
	ck_assert(!remote->blocks && !remote->spool_dir);
	ck_assert_int_eq(remote->profile, PROFILE_NATIVE);
	ck_assert_int_eq(remote->format, ENCODER_MSGPACK);
	ck_assert_str_eq(remote->name, "forward:h:1");
}
END_TEST

static const struct {
	const char *text, *message;
} refused[] = {
	{ "json:/a?rotateByte=1", "json: key 'rotateByte' is not known, nearest is 'rotateBytes'" },
	{ "table:/a?profile=ecs", "table: key 'profile' is not known" },
	{ "gotemplate=/t?profile=ecs", "gotemplate: key 'profile' is not known" },
	{ "json:/a?spool=/s", "json: key 'spool' is not known" },
	{ "json:/a?profile=esc",
	  "json: value of 'profile' 'esc' is not right, expected native|ecs|ocsf|compact" },
	{ "json:/a?rotateBytes=10X",
	  "json: value of 'rotateBytes' '10X' is not right, expected bytes as in 65536, 64K or "
	  "10M" },
	{ "json:/a?keep=1&keep=2", "json: key 'keep' is there twice" },
	{ "json:/a?keep=1",
	  "output '/a': key 'keep' expects 'rotateBytes' or 'rotateAge' with it" },
	{ "json:/a?rotateAge=1h&keep=0", "output '/a': key 'keep' expects 1 to 100000" },
	{ "json:/a?queueBytes=1M", "output '/a': key 'queueBytes' expects 'onFull=drop' with it" },
	{ "json?rotateAge=1h",
	  "output 'stdout': keys 'rotateBytes' and 'rotateAge' are for files" },
	{ "forward:h:1?profil=ecs",
	  "forward url: key 'profil' is not known, nearest is 'profile'" },
	{ "forward:h:1?spoolBytes=10M",
	  "output 'forward:h:1': key 'spoolBytes' expects 'spool' with it" },
	{ "forward:h:1?queueBytes=1", "output: key 'queueBytes' expects 65536 to 4294967296" },
	{ "otlp:http://h:1?profile=ecs", "otlp url: key 'profile' is not known" },
	{ "otlp:http://h:1?protocol=grcp", "otlp url: value of 'protocol' 'grcp' is not right, "
					   "expected http/protobuf|http/json|grpc" },
	{ "webhook:http://h:1?gotemplate=/t&profile=ecs",
	  "output 'webhook:h:1': key 'profile' is not for templates" },
	{ "kafka:h", "kafka: 'h' is not right, expected 'broker:port[,broker:port]/topic'" },
	{ "kafka:/t", "kafka: '' is not right, expected brokers as in 'host:9092,host'" },
	{ "kafka:h,,i/t", "kafka: 'h,,i' is not right, expected brokers as in 'host:9092,host'" },
	{ "kafka:h/",
	  "kafka: '' is not right, expected a topic of letters, digits, '.', '_' and '-'" },
	{ "kafka:h/a/b",
	  "kafka: 'a/b' is not right, expected a topic of letters, digits, '.', '_' and '-'" },
	{ "kafka:h/t?keys=host", "kafka: key 'keys' is not known, nearest is 'key'" },
	{ "kafka:h/t?key=hosts", "kafka: value of 'key' 'hosts' is not right, expected "
				 "none|host|event|container|process" },
	{ "syslog:tcp://h:1?facilty=daemon",
	  "syslog url: key 'facilty' is not known, nearest is 'facility'" },
};

START_TEST(keys_that_are_not_right_are_refused)
{
	struct err err = { 0 };

	ck_assert_ptr_null(parse(refused[_i].text, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_str_eq(err.text, refused[_i].message);
}
END_TEST

START_TEST(kafka_has_brokers_and_a_topic)
{
	struct err err = { 0 };
	CLEANUP_OUTPUT_URL struct output_url *u = parse(
		"kafka:a:9092,[::1]:1,b/t.x_y-z?profile=ecs&spool=/s&key=event&property=a=b", &err);

	ck_assert_msg(u != NULL, "%s", err.text);
	ck_assert_str_eq(u->kafka.brokers, "a:9092,[::1]:1,b");
	ck_assert_str_eq(u->kafka.topic, "t.x_y-z");
	ck_assert_str_eq(u->name, "kafka:a:9092/t.x_y-z");
	ck_assert_str_eq(u->spool_dir, "/s");
	ck_assert_int_eq(u->profile, PROFILE_ECS);
	ck_assert(u->is_network && !u->is_http);
}
END_TEST

START_TEST(a_webhook_keeps_the_keys_of_its_server)
{
	struct err err = { 0 };
	CLEANUP_OUTPUT_URL struct output_url *u = parse(
		"webhook:http://h:1/p?tokn=a&events=open&header=A:b&header=C:d&timeout=3s", &err);

	ck_assert_msg(u != NULL, "%s", err.text);
	ck_assert_str_eq(u->url.target, "/p?tokn=a&timeout=3s");
	ck_assert_str_eq(u->events, "open");
}
END_TEST

static int transports(const char *text, size_t *ret_n, struct err *err)
{
	struct transport *list[SWORKER_TRANSPORTS_MAX];
	CLEANUP_OUTPUT_URL struct output_url *u = NULL;
	struct outspecs specs;
	int rc;

	ck_assert_int_eq(add(&specs, text, err), 0);
	u = output_url_parse(&specs.items[0], err);
	ck_assert_msg(u != NULL, "%s", err->text);
	rc = output_url_transports(&specs.items[0], u, list, ret_n, err);
	for (size_t i = 0; rc == 0 && i < *ret_n; i++)
		list[i]->ops->free(list[i]);
	outspec_done(&specs);
	return rc;
}

START_TEST(urls_are_tried_one_after_the_other)
{
	struct err err = { 0 };
	size_t n;

	ck_assert_int_eq(transports("forward:h:1?spool=/s|tls://i:2?tag=t|unix:///u", &n, &err), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_int_eq(transports("syslog:h|tcp://i:2", &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(transports("webhook:http://h:1", &n, &err), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(what_is_the_sinks_is_said_once)
{
	static const char *const texts[][2] = {
		{ "forward:h:1|h:2?spool=/s",
		  "forward url: key 'spool' is in a URL behind '|', expected in the first" },
		{ "forward:h:1|h:2?events=open",
		  "forward url: key 'events' is in a URL behind '|', expected in the first" },
		{ "forward:h:1|h:2?form=tracee",
		  "output 'forward:h:1': URLs between '|' expect events in different forms" },
		{ "forward:h:1|", "forward url: no host, expected 'host:port'" },
		{ "forward:a:1|b:1|c:1|d:1|e:1|f:1|g:1|h:1|i:1",
		  "output 'forward:a:1': more than 8 URLs between '|'" },
	};
	struct err err = { 0 };
	size_t n;

	ck_assert_int_lt(transports(texts[_i][0], &n, &err), 0);
	ck_assert_str_eq(err.text, texts[_i][1]);
}
END_TEST

/* Help is made from it. */
START_TEST(every_key_is_named_once_and_explained)
{
	for (int kind = 0; kind < OUTSPEC_KINDS; kind++) {
		struct okeys keys;

		okeys_of(&keys, (enum outspec_kind)kind, OUTSPEC_JSON);
		ck_assert_uint_gt(keys.n, 0);
		ck_assert_uint_lt(keys.n, OKEYS_MAX);
		for (size_t i = 0; i < keys.n; i++) {
			ck_assert_msg(keys.items[i].meaning && keys.items[i].meaning[0], "%s",
				      keys.items[i].name);
			ck_assert_ptr_nonnull(okeys_value(&keys.items[i]));
			for (size_t j = 0; j < i; j++)
				ck_assert_str_ne(keys.items[i].name, keys.items[j].name);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("output_keys");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, an_argument_is_taken_apart, 0, ARRAY_LEN(specs_of));
	tcase_add_loop_test(tcase, an_argument_that_says_nothing_is_refused, 0, 11);
	tcase_add_test(tcase, a_file_is_rotated_as_its_keys_say);
	tcase_add_test(tcase, without_keys_all_is_as_it_was);
	tcase_add_loop_test(tcase, keys_that_are_not_right_are_refused, 0, ARRAY_LEN(refused));
	tcase_add_test(tcase, kafka_has_brokers_and_a_topic);
	tcase_add_test(tcase, a_webhook_keeps_the_keys_of_its_server);
	tcase_add_test(tcase, urls_are_tried_one_after_the_other);
	tcase_add_loop_test(tcase, what_is_the_sinks_is_said_once, 0, 5);
	tcase_add_test(tcase, every_key_is_named_once_and_explained);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
