/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/encode/otlp.h"
#include "engine/encode/otlp_write.h"
#include "engine/enrich/containers.h"
#include "engine/policy/policy.h"
#include "test/support/record_builder.h"
#include "test/unit/engine/otlp_read.h"

#define EPOCH_NS 1680000000000000000LL
#define OBSERVED_NS 1680000001500000000LL

static struct record_builder b;
static struct event ev;
static struct ptree_task task;
static struct json_options json;
static uint8_t proto[EOTLP_EVENT_MAX], text[EOTLP_EVENT_MAX];
static size_t proto_len, text_len;
static char policy_name[] = "demo";
static struct pol_policy policies[2];
static struct pol_set set;
static const uint32_t matched[] = { 0, 1 };

static void setup(void)
{
	ck_assert_int_eq(eotlp_init(), 0);
	ck_assert_int_eq(eotlp_init(), 0);
	rb_sample_task(&task);
	json = (struct json_options){ .parse_arguments = true, .epoch_offset_ns = EPOCH_NS };
	policies[0] = policies[1] = (struct pol_policy){ .name = policy_name };
	set = (struct pol_set){ .policies = policies, .n_policies = ARRAY_LEN(policies) };
	ev = (struct event){ 0 };
}

static void decode(void)
{
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.policies = &set;
	ev.matched = matched;
	ev.n_matched = 1;
}

/* Both forms of the event, which must say the same; the value. */
static json_t *encode_as(enum eotlp_severity (*severity)(const struct event *ev))
{
	struct eotlp_options opt = { .observed_ns = OBSERVED_NS, .severity = severity };
	json_t *from_proto, *from_text;
	json_error_t error;

	proto_len = eotlp_event(proto, sizeof(proto), &ev, &json, &opt);
	opt.is_json = true;
	text_len = eotlp_event(text, sizeof(text), &ev, &json, &opt);
	ck_assert_uint_gt(proto_len, 0);
	ck_assert_uint_gt(text_len, 0);
	from_proto = otr_record(proto, proto_len);
	from_text = json_loadb((const char *)text, text_len,
			       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
			       &error);
	ck_assert_msg(from_text != NULL, "%s at byte %d: %.*s", error.text, error.position,
		      (int)text_len, (const char *)text);
	ck_assert_msg(from_proto != NULL, "%s: no LogRecord", ev.def->name);
	if (!json_equal(from_proto, from_text)) {
		(void)json_dumpf(from_proto, stderr, JSON_COMPACT);
		(void)json_dumpf(from_text, stderr, JSON_COMPACT);
		ck_abort_msg("%s: the two forms differ", ev.def->name);
	}
	json_decref(from_proto);
	return from_text;
}

static json_t *encode(void)
{
	return encode_as(NULL);
}

#define STR(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define INT(key, value) "{\"key\":\"" key "\",\"value\":{\"intValue\":\"" value "\"}}"
#define TASK                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             \
	INT("process.pid", "100")                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
	"," INT("thread.id", "101") "," INT("cpu.logical_number",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
					    "1") "," INT("process.parent_pid", "50") "," INT("pro"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       \
											     "ces"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       \
											     "s."                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
											     "vpi"                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       \
											     "d",                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                        \
											     "7") "," STR("thread.name", "bash") "," STR("process.executable.path", "/usr/bin/bash") "," STR("process.executable.name", "bash") "," STR("user.id", "1000") "," INT("process.real_user.id", "1000") "," INT("process.user.id",                                                                                                                                                                                                                                                                                                                                                            \
																																					   "%u") "," STR("warder.uts_name", "node-1") "," INT("warder.cgroup.id",                                                                                                                                                                                                                                                                                                        \
																																											      "5247") "," INT("warder.mount_namespace", "4026532574") "," INT("warder.pid_namespace", "4026531836") "," INT("warder.thread.vpid", "8") "," INT("warder.process.parent_"                                                                                                                                                  \
																																																													       "vpid",                                                                                                                                                                   \
																																																													       "1") "," INT("warder.thread.start_time", "1680000000500000000") "," INT("warder.thread.entity_id", "1111111111") "," INT("warder.process.entity_id",                      \
																																																																													"2222222222") "," INT("warder.parent.entity_id", \
																																																																															      "3333333333")

START_TEST(system_call_as_a_whole)
{
	char expect[4096];

	rb_begin(&b, EV_GETPPID);
	b.rec.ret = -3;
	decode();
	json_decref(encode());
	(void)snprintf(
		expect, sizeof(expect),
		"{\"timeUnixNano\":\"1680000001000000000\","
		"\"observedTimeUnixNano\":\"1680000001500000000\",\"severityNumber\":9,"
		"\"severityText\":\"INFO\",\"eventName\":\"getppid\","
		"\"body\":{\"kvlistValue\":{\"values\":[]}},\"attributes\":[" STR(
			"event.name",
			"getppid") "," INT("warder.event.id",
					   "110") "," INT("warder.return_value",
							  "-3") "," STR("warder."
									"syscall",
									"getppid") "," TASK
										   ",{\"key\":"
										   "\"warder."
										   "matched_"
										   "policies\","
										   "\"value\":{"
										   "\"arrayValue\":"
										   "{\"values\":["
										   "{\"stringValue"
										   "\":\"demo\"}]}}"
										   "}]}",
		task.ctx.euid);
	ck_assert_uint_eq(text_len, strlen(expect));
	text[text_len] = '\0';
	ck_assert_str_eq((const char *)text, expect);
}
END_TEST

/* The value of an attribute, or of a member of the body. */
static const json_t *find(const json_t *list, const char *key)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (!strcmp(json_string_value(json_object_get(item, "key")), key))
			return json_object_get(item, "value");
	}
	return NULL;
}

static char *dump(const json_t *value)
{
	return value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : strdup("absent");
}

static void check_attribute(const json_t *root, const char *key, const char *expect)
{
	CLEANUP_FREE char *got = dump(find(json_object_get(root, "attributes"), key));

	ck_assert_msg(!strcmp(got, expect), "%s: got %s, expected %s", key, got, expect);
}

static void check_argument(const json_t *root, const char *key, const char *expect)
{
	const json_t *map = json_object_get(json_object_get(root, "body"), "kvlistValue");
	CLEANUP_FREE char *got = dump(find(json_object_get(map, "values"), key));

	ck_assert_msg(!strcmp(got, expect), "%s: got %s, expected %s", key, got, expect);
}

START_TEST(arguments_are_typed)
{
	json_t *root;

	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 1, 0x7ffd0ec9715b);
	rb_arg(&b, 2, 0100);
	rb_arg(&b, 3, 0644);
	rb_str(&b, 1, "/tmp/a\xff");
	decode();
	root = encode();
	check_argument(root, "dirfd", "{\"stringValue\":\"AT_FDCWD\"}");
	check_argument(root, "pathname", "{\"stringValue\":\"/tmp/a\xef\xbf\xbd\"}");
	check_argument(root, "flags", "{\"stringValue\":\"O_RDONLY|O_CREAT\"}");
	json_decref(root);
	json.parse_arguments = false;
	root = encode();
	check_argument(root, "dirfd", "{\"intValue\":\"-100\"}");
	check_argument(root, "flags", "{\"intValue\":\"64\"}");
	json_decref(root);
}
END_TEST

START_TEST(exec_has_its_command)
{
	static const char argv[] = "cat\0-n\0/etc/passwd";
	int field;
	json_t *root;

	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	field = event_def_field(event_def_find(EV_SCHED_PROCESS_EXEC), "argv");
	rb_var(&b, (unsigned int)field, argv, sizeof(argv), REC_VAR_TRUNC, 0);
	decode();
	root = encode();
	check_attribute(root, "process.command", "{\"stringValue\":\"cat\"}");
	check_argument(root, "argv",
		       "{\"arrayValue\":{\"values\":[{\"stringValue\":\"cat\"},"
		       "{\"stringValue\":\"-n\"},{\"stringValue\":\"/etc/passwd\"}]}}");
	check_attribute(root, "warder.marks.trunc",
			"{\"arrayValue\":{\"values\":[{\"stringValue\":\"argv\"}]}}");
	json_decref(root);
}
END_TEST

START_TEST(socket_address_is_a_map)
{
	/* 127.0.0.1:443 */
	static const uint8_t in4[16] = { 2, 0, 1, 187, 127, 0, 0, 1 };
	static const uint8_t un[] = { 1, 0, '/', 'r', 'u', 'n', '/', 'x', 0 };
	json_t *root;

	rb_begin(&b, EV_CONNECT);
	rb_arg(&b, 1, 0x1000);
	rb_arg(&b, 2, sizeof(in4));
	rb_var(&b, 1, in4, sizeof(in4), 0, 0);
	decode();
	root = encode();
	check_argument(root, "addr",
		       "{\"kvlistValue\":{\"values\":["
		       "{\"key\":\"sa_family\",\"value\":{\"stringValue\":\"AF_INET\"}},"
		       "{\"key\":\"sin_port\",\"value\":{\"stringValue\":\"443\"}},"
		       "{\"key\":\"sin_addr\",\"value\":{\"stringValue\":\"127.0.0.1\"}}]}}");
	json_decref(root);
	rb_begin(&b, EV_CONNECT);
	rb_arg(&b, 1, 0x1000);
	rb_arg(&b, 2, sizeof(un));
	rb_var(&b, 1, un, sizeof(un), 0, 0);
	decode();
	root = encode();
	check_argument(root, "addr",
		       "{\"kvlistValue\":{\"values\":["
		       "{\"key\":\"sa_family\",\"value\":{\"stringValue\":\"AF_UNIX\"}},"
		       "{\"key\":\"sun_path\",\"value\":{\"stringValue\":\"/run/x\"}}]}}");
	json_decref(root);
}
END_TEST

static struct container sample_container(void)
{
	return (struct container){ .runtime = CONTAINER_DOCKER,
				   .id = "0123456789abcdef",
				   .is_started = true,
				   .name = "web",
				   .image = "nginx:1.27",
				   .image_digest = "sha256:00",
				   .pod_name = "front-1",
				   .pod_namespace = "shop",
				   .pod_uid = "8e3b7c1a" };
}

START_TEST(container_and_pod)
{
	struct container c = sample_container();
	json_t *root;

	rb_begin(&b, EV_GETPPID);
	decode();
	ev.container = &c;
	root = encode();
	check_attribute(root, "container.id", "{\"stringValue\":\"0123456789abcdef\"}");
	check_attribute(root, "container.name", "{\"stringValue\":\"web\"}");
	check_attribute(root, "container.runtime", "{\"stringValue\":\"docker\"}");
	check_attribute(root, "container.image.name", "{\"stringValue\":\"nginx:1.27\"}");
	check_attribute(root, "container.image.repo_digests",
			"{\"arrayValue\":{\"values\":[{\"stringValue\":\"sha256:00\"}]}}");
	check_attribute(root, "k8s.pod.name", "{\"stringValue\":\"front-1\"}");
	check_attribute(root, "k8s.pod.uid", "{\"stringValue\":\"8e3b7c1a\"}");
	check_attribute(root, "k8s.namespace.name", "{\"stringValue\":\"shop\"}");
	check_attribute(root, "warder.container.started", "{\"boolValue\":true}");
	json_decref(root);
	/* Whose context was lost, its container is not known either. */
	b.rec.flags = REC_F_NOTASK;
	decode();
	ev.container = &c;
	root = encode();
	check_attribute(root, "container.id", "absent");
	check_attribute(root, "process.executable.path", "absent");
	check_attribute(root, "process.pid", "{\"intValue\":\"100\"}");
	check_attribute(root, "warder.marks.context_lost", "{\"boolValue\":true}");
	json_decref(root);
}
END_TEST

static enum eotlp_severity always_error(const struct event *e)
{
	return e ? EOTLP_ERROR : EOTLP_INFO;
}

START_TEST(severity_is_the_events)
{
	json_t *root;

	rb_begin(&b, EV_LOST_EVENTS);
	decode();
	ev.task = NULL;
	root = encode();
	ck_assert(json_number_value(json_object_get(root, "severityNumber")) == 13);
	ck_assert_str_eq(json_string_value(json_object_get(root, "severityText")), "WARN");
	check_attribute(root, "warder.marks.context_lost", "absent");
	json_decref(root);
	root = encode_as(always_error);
	ck_assert(json_number_value(json_object_get(root, "severityNumber")) == 17);
	ck_assert_str_eq(json_string_value(json_object_get(root, "severityText")), "ERROR");
	json_decref(root);
}
END_TEST

/* Whatever is in a record: both forms are valid, and say the same. */
START_TEST(random_records_of_each_event)
{
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		if (event_defs[slot].id == EV_TASK)
			continue;
		for (uint64_t seed = 1; seed <= 8; seed++) {
			rb_random(&b, event_defs[slot].id, seed);
			decode();
			json.parse_arguments = seed & 1;
			json_decref(encode());
		}
	}
}
END_TEST

START_TEST(too_many_policies_are_counted)
{
	static struct pol_policy many[60000];
	static uint32_t all[ARRAY_LEN(many)];
	struct pol_set big = { .policies = many, .n_policies = ARRAY_LEN(many) };
	json_t *root;

	for (uint32_t i = 0; i < ARRAY_LEN(many); i++) {
		many[i].name = policy_name;
		all[i] = i;
	}
	rb_begin(&b, EV_GETPPID);
	decode();
	ev.policies = &big;
	ev.matched = all;
	ev.n_matched = ARRAY_LEN(all);
	root = encode();
	/* 512 KiB / (6 * 4 + 32) */
	check_attribute(root, "warder.marks.policies_omitted", "{\"intValue\":\"50638\"}");
	json_decref(root);
}
END_TEST

START_TEST(needs_the_room_that_it_says)
{
	const struct eotlp_options opt = { 0 };

	rb_begin(&b, EV_GETPPID);
	decode();
	ck_assert_uint_eq(eotlp_event(proto, EOTLP_EVENT_MAX - 1, &ev, &json, &opt), 0);
}
END_TEST

/* With any room: in its bounds, and whole or full. */
START_TEST(writer_stays_within_its_room)
{
	const char *const long_text = "0123456789012345678901234567890123456789";

	for (size_t cap = 0; cap < 2048; cap++) {
		for (int is_json = 0; is_json < 2; is_json++) {
			uint8_t *buf = malloc(cap ? cap : 1); /* where a sanitizer sees its ends */
			struct ow_nest nest;
			struct ow w;

			ow_init(&w, buf, cap, is_json);
			ow_begin(&w);
			nest = ow_any_map(&w, (struct ow_place){ 5, "body" });
			for (int i = 0; i < 20; i++)
				ow_pair_text(&w, OW_ITEM, "key", long_text, (size_t)(2 * i));
			ow_pair_int(&w, OW_ITEM, "n", INT64_MIN);
			ow_any_close(&w, nest);
			ow_end(&w);
			ck_assert_uint_le(ow_len(&w), cap);
			if (!w.is_full && !is_json)
				json_decref(otr_record(buf, ow_len(&w)));
			ck_assert(w.is_full || cap > 600);
			free(buf);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encode/otlp");
	TCase *tc = tcase_create("record");
	SRunner *runner;
	int n_failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, system_call_as_a_whole);
	tcase_add_test(tc, arguments_are_typed);
	tcase_add_test(tc, exec_has_its_command);
	tcase_add_test(tc, socket_address_is_a_map);
	tcase_add_test(tc, container_and_pod);
	tcase_add_test(tc, severity_is_the_events);
	tcase_add_test(tc, random_records_of_each_event);
	tcase_add_test(tc, too_many_policies_are_counted);
	tcase_add_test(tc, needs_the_room_that_it_says);
	tcase_add_test(tc, writer_stays_within_its_room);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
