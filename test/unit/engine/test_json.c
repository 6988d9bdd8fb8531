/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/enrich/containers.h"
#include "test/unit/engine/json_fixture.h"

/* The line as a value. Fails the test when it is not JSON, or has a key twice. */
static json_t *parse(size_t len)
{
	json_error_t error;
	json_t *root = json_loadb(line, len - 1,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				  &error);

	ck_assert_msg(root != NULL, "%s at byte %d: %s", error.text, error.position, line);
	ck_assert(memchr(line, '\n', len - 1) == NULL);
	return root;
}

#define SAMPLE_TASK                                                                                \
	"\"processorId\":1,\"processId\":7,\"cgroupId\":5247,\"threadId\":8,"                      \
	"\"parentProcessId\":1,\"hostProcessId\":100,\"hostThreadId\":101,"                        \
	"\"hostParentProcessId\":50,\"userId\":1000,\"mountNamespace\":4026532574,"                \
	"\"pidNamespace\":4026531836,\"processName\":\"bash\","                                    \
	"\"executable\":{\"path\":\"/usr/bin/bash\"},\"hostName\":\"node-1\","                     \
	"\"containerId\":\"\",\"container\":{},\"kubernetes\":{},"
#define SAMPLE_IDS                                                                                 \
	"\"threadEntityId\":1111111111,\"processEntityId\":2222222222,"                            \
	"\"parentEntityId\":3333333333,"
#define NO_FLAGS                                                                                   \
	"\"stackAddresses\":null,"                                                                 \
	"\"contextFlags\":{\"containerStarted\":false,\"isCompat\":false},"

START_TEST(plain_system_call)
{
	rb_begin(&b, EV_GETPPID);
	b.rec.ret = 50;
	encode();
	ck_assert_str_eq(line, "{\"timestamp\":1680000001000000000,"
			       "\"threadStartTime\":1680000000500000000," SAMPLE_TASK
			       "\"eventId\":\"110\",\"eventName\":\"getppid\","
			       "\"matchedPolicies\":[\"demo\"],\"argsNum\":0,\"returnValue\":50,"
			       "\"syscall\":\"getppid\"," NO_FLAGS SAMPLE_IDS "\"args\":[]}");
}
END_TEST

static struct container sample_container(void)
{
	return (struct container){ .runtime = CONTAINER_DOCKER,
				   .id = "0123456789abcdef",
				   .name = "",
				   .image = "",
				   .image_digest = "",
				   .pod_name = "",
				   .pod_namespace = "",
				   .pod_uid = "" };
}

static void check_container(const struct container *c, const char *expect, const char *started)
{
	char flags[128];

	rb_begin(&b, EV_GETPPID);
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.container = c;
	line[json_event(line, sizeof(line), &ev, &opt) - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(line, expect));
	(void)snprintf(flags, sizeof(flags), "\"contextFlags\":{\"containerStarted\":%s,", started);
	ck_assert_ptr_nonnull(strstr(line, flags));
	json_decref(parse(strlen(line) + 1));
}

START_TEST(container_and_pod_without_what_is_empty)
{
	struct container c = sample_container();

	check_container(NULL,
			"\"hostName\":\"node-1\",\"containerId\":\"\",\"container\":{},"
			"\"kubernetes\":{},\"eventId\":\"110\"",
			"false");
	check_container(&c,
			"\"hostName\":\"node-1\",\"containerId\":\"0123456789abcdef\","
			"\"container\":{\"id\":\"0123456789abcdef\"},\"kubernetes\":{},"
			"\"eventId\":\"110\"",
			"false");
	c.is_started = true;
	c.image = "nginx:1.27";
	c.pod_namespace = "shop";
	c.is_sandbox = true;
	check_container(&c,
			"\"container\":{\"id\":\"0123456789abcdef\",\"image\":\"nginx:1.27\"},"
			"\"kubernetes\":{\"podNamespace\":\"shop\",\"podSandbox\":true},",
			"true");
	c.name = "front \"end\"";
	c.image_digest = "sha256:00";
	c.pod_name = "front-1";
	c.pod_uid = "8e3b7c1a";
	c.is_sandbox = false;
	check_container(&c,
			"\"container\":{\"id\":\"0123456789abcdef\",\"name\":\"front \\\"end\\\"\","
			"\"image\":\"nginx:1.27\",\"imageDigest\":\"sha256:00\"},"
			"\"kubernetes\":{\"podName\":\"front-1\",\"podNamespace\":\"shop\","
			"\"podUID\":\"8e3b7c1a\"},",
			"true");
}
END_TEST

/* Whose context was lost, its container is not known either. */
START_TEST(container_goes_with_the_context)
{
	struct container c = sample_container();

	c.is_started = true;
	rb_begin(&b, EV_GETPPID);
	b.rec.flags = REC_F_NOTASK;
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.container = &c;
	line[json_event(line, sizeof(line), &ev, &opt) - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(line, "\"containerId\":\"\",\"container\":{},"));
	ck_assert_ptr_nonnull(strstr(line, "\"containerStarted\":false,"));
}
END_TEST

/* Texts come from elsewhere: none makes the line longer than there is room for. */
START_TEST(long_texts_of_a_container_are_cut)
{
	struct container c = sample_container();
	static char text[100000];

	memset(text, 1, sizeof(text) - 1);
	c.name = c.image = c.image_digest = c.pod_name = c.pod_namespace = c.pod_uid = text;
	check_container(&c, "\\u0001\"},\"eventId\":", "false");
	ck_assert_uint_lt(strlen(line), 6 * 6 * 1024 + 4096);
}
END_TEST

static void build_openat(void)
{
	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 1, 0x7ffd0ec9715b);
	rb_arg(&b, 2, 0100);
	rb_arg(&b, 3, 0644);
	rb_str(&b, 1, "/etc/passwd");
	b.rec.ret = -2;
	b.rec.flags = REC_F_COMPAT;
}

#define OPENAT_BEFORE_ARGS                                                                         \
	"\"matchedPolicies\":[\"demo\"],\"argsNum\":4,\"returnValue\":-2,"                         \
	"\"syscall\":\"openat\",\"stackAddresses\":null,"                                          \
	"\"contextFlags\":{\"containerStarted\":false,\"isCompat\":true}," SAMPLE_IDS

START_TEST(arguments_parsed)
{
	build_openat();
	encode();
	ck_assert_ptr_nonnull(
		strstr(line, OPENAT_BEFORE_ARGS
		       "\"args\":[{\"name\":\"dirfd\",\"type\":\"string\",\"value\":\"AT_FDCWD\"},"
		       "{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"/etc/passwd\"},"
		       "{\"name\":\"flags\",\"type\":\"string\",\"value\":\"O_RDONLY|O_CREAT\"},"
		       "{\"name\":\"mode\",\"type\":\"mode_t\",\"value\":420}]}"));
}
END_TEST

START_TEST(arguments_not_parsed)
{
	build_openat();
	opt.parse_arguments = false;
	encode();
	ck_assert_ptr_nonnull(
		strstr(line, OPENAT_BEFORE_ARGS
		       "\"args\":[{\"name\":\"dirfd\",\"type\":\"int\",\"value\":-100},"
		       "{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"/etc/passwd\"},"
		       "{\"name\":\"flags\",\"type\":\"int\",\"value\":64},"
		       "{\"name\":\"mode\",\"type\":\"mode_t\",\"value\":420}]}"));
}
END_TEST

START_TEST(number_without_a_name_keeps_its_type)
{
	build_openat();
	rb_arg(&b, 0, 5);
	encode();
	ck_assert_ptr_nonnull(strstr(line, "[{\"name\":\"dirfd\",\"type\":\"int\",\"value\":5},{"));
}
END_TEST

START_TEST(exec_without_its_environment)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	b.exec.inode = 123456;
	b.exec.ctime_ns = 1680179107675006774;
	b.exec.dev = 0x800001;
	b.exec.inode_mode = 0100755;
	b.exec.interp_inode = 77;
	b.exec.stdin_type = 0020000;
	memcpy(b.exec.prev_comm, "bash", 4);
	rb_str(&b, 0, "./ls");
	rb_str(&b, 1, "/usr/bin/ls");
	rb_str(&b, 6, "/usr/lib/ld.so");
	rb_var(&b, 10, "ls\0-l\0", 7, 0, 7);
	rb_str(&b, 11, "./ls");
	rb_str(&b, 13, "/dev/pts/0");
	ck_assert_str_eq(
		args_text(),
		"[{\"name\":\"cmdpath\",\"type\":\"const char*\",\"value\":\"./ls\"},"
		"{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"/usr/bin/ls\"},"
		"{\"name\":\"dev\",\"type\":\"dev_t\",\"value\":8388609},"
		"{\"name\":\"inode\",\"type\":\"unsigned long\",\"value\":123456},"
		"{\"name\":\"ctime\",\"type\":\"unsigned long\",\"value\":1680179107675006774},"
		"{\"name\":\"inode_mode\",\"type\":\"umode_t\",\"value\":33261},"
		"{\"name\":\"interpreter_pathname\",\"type\":\"const char*\","
		"\"value\":\"/usr/lib/ld.so\"},"
		"{\"name\":\"interpreter_dev\",\"type\":\"dev_t\",\"value\":0},"
		"{\"name\":\"interpreter_inode\",\"type\":\"unsigned long\",\"value\":77},"
		"{\"name\":\"interpreter_ctime\",\"type\":\"unsigned long\",\"value\":0},"
		"{\"name\":\"argv\",\"type\":\"const char**\",\"value\":[\"ls\",\"-l\",\"\"]},"
		"{\"name\":\"interp\",\"type\":\"const char*\",\"value\":\"./ls\"},"
		"{\"name\":\"stdin_type\",\"type\":\"string\",\"value\":\"S_IFCHR\"},"
		"{\"name\":\"stdin_path\",\"type\":\"char*\",\"value\":\"/dev/pts/0\"},"
		"{\"name\":\"invoked_from_kernel\",\"type\":\"int\",\"value\":0},"
		"{\"name\":\"prev_comm\",\"type\":\"const char*\",\"value\":\"bash\"}]}");
	ck_assert_ptr_nonnull(strstr(line, "\"argsNum\":16,\"returnValue\":0,\"syscall\":\"\","));
}
END_TEST

START_TEST(kernel_event_names_the_system_call_it_happened_in)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.exit.where.syscall_nr = event_def_find(EV_EXIT_GROUP)->nr_native;
	encode();
	ck_assert_ptr_nonnull(strstr(line, "\"syscall\":\"exit_group\","));

	b.exit.where.syscall_nr = event_def_find(EV_EXECVE)->nr_compat;
	b.rec.flags |= REC_F_COMPAT;
	encode();
	ck_assert_ptr_nonnull(strstr(line, "\"syscall\":\"execve\","));
	ck_assert_ptr_nonnull(strstr(line, "\"isCompat\":true"));

	b.exit.where.syscall_nr = INT16_MAX; /* a number that nobody has */
	encode();
	ck_assert_ptr_nonnull(strstr(line, "\"syscall\":\"\","));
}
END_TEST

START_TEST(times_have_one_base)
{
	rb_begin(&b, EV_SCHED_PROCESS_FORK);
	b.fork.parent_start_ns = 5;
	b.fork.child_start_ns = 999999999;
	ck_assert_ptr_nonnull(strstr(args_text(),
				     "\"parent_start_time\",\"type\":\"unsigned long\","
				     "\"value\":1680000000000000005}"));
	ck_assert_ptr_nonnull(
		strstr(line, "\"start_time\",\"type\":\"unsigned long\",\"value\":16800000009999"));
	opt.relative_time = true;
	opt.start_ns = 600000000;
	encode();
	/* The task is older than the engine. */
	ck_assert_ptr_nonnull(
		strstr(line, "{\"timestamp\":400000000,\"threadStartTime\":-100000000,"));
	ck_assert_ptr_nonnull(
		strstr(line, "\"start_time\",\"type\":\"unsigned long\",\"value\":399999999}"));
}
END_TEST

START_TEST(losses)
{
	rb_begin(&b, EV_LOST_EVENTS);
	b.lost.count = 12345678901234567890ULL;
	b.lost.first_ns = 1;
	b.lost.last_ns = 2;
	b.lost.lane = 3;
	rb_str(&b, 0, "openat");
	rb_str(&b, 5, "bulk");
	ck_assert_str_eq(
		args_text(),
		"[{\"name\":\"event\",\"type\":\"const char*\",\"value\":\"openat\"},"
		"{\"name\":\"count\",\"type\":\"unsigned long\",\"value\":12345678901234567890},"
		"{\"name\":\"first_time\",\"type\":\"unsigned long\","
		"\"value\":1680000000000000001},"
		"{\"name\":\"last_time\",\"type\":\"unsigned long\",\"value\":1680000000000000002},"
		"{\"name\":\"lane\",\"type\":\"u32\",\"value\":3},"
		"{\"name\":\"lane_class\",\"type\":\"const char*\",\"value\":\"bulk\"}]}");
}
END_TEST

START_TEST(exit_has_a_truth_value)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.exit.exit_code = 256;
	b.exit.group_exit = 1;
	ck_assert_str_eq(args_text(),
			 "[{\"name\":\"exit_code\",\"type\":\"long\",\"value\":256},"
			 "{\"name\":\"process_group_exit\",\"type\":\"bool\",\"value\":true},"
			 "{\"name\":\"signal_code\",\"type\":\"int\",\"value\":0}]}");
}
END_TEST

#define LOST_TASK                                                                                  \
	"{\"timestamp\":1680000001000000000,\"threadStartTime\":0,\"processorId\":1,"              \
	"\"processId\":0,\"cgroupId\":0,\"threadId\":0,\"parentProcessId\":0,"                     \
	"\"hostProcessId\":100,\"hostThreadId\":101,\"hostParentProcessId\":0,\"userId\":0,"       \
	"\"mountNamespace\":0,\"pidNamespace\":0,\"processName\":\"\","                            \
	"\"executable\":{\"path\":\"\"},\"hostName\":\"\",\"containerId\":\"\","

START_TEST(lost_context_says_so)
{
	size_t len;

	rb_begin(&b, EV_GETPPID);
	b.rec.flags = REC_F_NOTASK;
	encode();
	ck_assert_int_eq(strncmp(line, LOST_TASK, strlen(LOST_TASK)), 0);
	ck_assert_ptr_nonnull(strstr(line, "\"threadEntityId\":0,\"processEntityId\":0,"
					   "\"parentEntityId\":0,\"args\":[],"
					   "\"marks\":{\"contextLost\":true}}"));
	b.rec.flags = REC_F_ENTER;
	ev.task = NULL;
	len = json_event(line, sizeof(line), &ev, &opt);
	line[len] = '\0';
	ck_assert_int_eq(strncmp(line, LOST_TASK, strlen(LOST_TASK)), 0);
	ck_assert_ptr_nonnull(
		strstr(line, ",\"args\":[],\"marks\":{\"contextLost\":true,\"enter\":true}}\n"));
}
END_TEST

START_TEST(unnamed_policy_is_an_empty_name)
{
	static char empty[] = "";

	rb_begin(&b, EV_GETPPID);
	encode();
	policies[0].name = empty;
	ev.n_matched = 2;
	line[json_event(line, sizeof(line), &ev, &opt)] = '\0';
	ck_assert_ptr_nonnull(strstr(line, "\"matchedPolicies\":[\"\",\"demo\"],"));
	ev.n_matched = 0;
	line[json_event(line, sizeof(line), &ev, &opt)] = '\0';
	ck_assert_ptr_nonnull(strstr(line, "\"matchedPolicies\":[],"));
	ev.policies = NULL;
	line[json_event(line, sizeof(line), &ev, &opt)] = '\0';
	ck_assert_ptr_nonnull(strstr(line, "\"matchedPolicies\":[],"));
}
END_TEST

/* Worst of all: a record full of bytes that take six each, a path of the same kind, long names. */
static size_t encode_longest(uint32_t n_matched)
{
	static uint32_t all[2000];
	static char exe[LANE_RECORD_MAX];
	static char name[1024];
	static char content[LANE_RECORD_MAX];
	const struct event_def *def = event_def_find(EV_SCHED_PROCESS_EXEC);
	size_t len = LANE_RECORD_MAX - def->min_len - sizeof(struct rec_var);

	memset(exe, 1, sizeof(exe));
	memset(name, 2, sizeof(name) - 1);
	memset(content, 3, sizeof(content));
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	memset(b.bytes + sizeof(struct rec_hdr), 0xff, def->min_len - sizeof(struct rec_hdr));
	rb_var(&b, 0, content, len & ~(size_t)7, REC_VAR_TRUNC | REC_VAR_UNREAD, 0);
	ck_assert_uint_eq(b.rec.len, LANE_RECORD_MAX);
	memset(&task, 0xff, sizeof(task));
	memset(task.ctx.comm, 4, sizeof(task.ctx.comm));
	task.exe = exe;
	task.exe_len = sizeof(exe);
	policies[0].name = name;
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.policies = &set;
	ev.matched = all;
	ev.n_matched = n_matched;
	return json_event(line, sizeof(line), &ev, &opt);
}

START_TEST(longest_event_fits)
{
	size_t len = encode_longest(1);
	json_t *root = parse(len);

	ck_assert_uint_gt(len, 6 * (LANE_RECORD_MAX - 200) * 2);
	ck_assert_uint_lt(len, JSON_EVENT_MAX / 2);
	json_decref(root);
}
END_TEST

START_TEST(policies_without_room_are_counted)
{
	size_t len = encode_longest(2000);
	json_t *root = parse(len), *names = json_object_get(root, "matchedPolicies");
	double n = json_number_value(
		json_object_get(json_object_get(root, "marks"), "policiesOmitted"));

	ck_assert_uint_lt(len, JSON_EVENT_MAX);
	ck_assert_uint_gt(json_array_size(names), 50);
	ck_assert_double_eq(n + (double)json_array_size(names), 2000);
	json_decref(root);
}
END_TEST

START_TEST(small_buffer_is_refused)
{
	rb_begin(&b, EV_GETPPID);
	encode();
	ck_assert_uint_eq(json_event(line, JSON_EVENT_MAX - 1, &ev, &opt), 0);
}
END_TEST

static const char *const keys[] = {
	"timestamp",
	"threadStartTime",
	"processorId",
	"processId",
	"cgroupId",
	"threadId",
	"parentProcessId",
	"hostProcessId",
	"hostThreadId",
	"hostParentProcessId",
	"userId",
	"mountNamespace",
	"pidNamespace",
	"processName",
	"executable",
	"hostName",
	"containerId",
	"container",
	"kubernetes",
	"eventId",
	"eventName",
	"matchedPolicies",
	"argsNum",
	"returnValue",
	"syscall",
	"stackAddresses",
	"contextFlags",
	"threadEntityId",
	"processEntityId",
	"parentEntityId",
	"args",
};

/* All of Tracee's keys in its order, then nothing but marks; as many arguments as announced, named
 * and typed by the table, in its order. */
static void check_shape(json_t *root, const struct event_def *def)
{
	json_t *args = json_object_get(root, "args"), *arg, *value;
	size_t i = 0, n_expected = 0;
	const char *key;

	json_object_foreach(root, key, value)
	{
		ck_assert_str_eq(key, i < ARRAY_LEN(keys) ? keys[i] : "marks");
		i++;
	}
	ck_assert_uint_ge(i, ARRAY_LEN(keys));
	for (unsigned int f = 0; f < def->n_fields; f++) {
		const char *type;

		if (!def->is_syscall && def->fields[f].offset == EVENT_FIELD_VAR && !ev.vars[f])
			continue;
		arg = json_array_get(args, n_expected++);
		ck_assert_str_eq(json_string_value(json_object_get(arg, "name")),
				 def->fields[f].name);
		type = json_string_value(json_object_get(arg, "type"));
		if (strcmp(type, "string") != 0 || !opt.parse_arguments)
			ck_assert_str_eq(type, def->fields[f].type);
		else
			ck_assert(json_is_string(json_object_get(arg, "value")));
		ck_assert_ptr_nonnull(json_object_get(arg, "value"));
		ck_assert_uint_eq(json_object_size(arg), 3);
	}
	ck_assert_uint_eq(json_array_size(args), n_expected);
	ck_assert_double_eq(json_number_value(json_object_get(root, "argsNum")),
			    (double)n_expected);
	ck_assert_str_eq(json_string_value(json_object_get(root, "eventName")), def->name);
}

START_TEST(every_event_is_valid_json)
{
	opt.parse_arguments = _i & 1;
	opt.relative_time = _i & 2;
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		for (uint64_t seed = 1; seed <= 6; seed++) {
			size_t len;
			json_t *root;

			rb_random(&b, event_defs[slot].id, seed + 100 * (uint64_t)_i);
			len = encode();
			root = parse(len);
			check_shape(root, &event_defs[slot]);
			json_decref(root);
		}
	}
}
END_TEST

START_TEST(hostile_names_stay_inside_their_strings)
{
	json_t *root;
	size_t len;

	for (unsigned int first = 0; first < 256; first += 15) {
		char bytes[260];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (char)(first + i);
		rb_begin(&b, EV_OPENAT);
		rb_arg(&b, 1, 1);
		rb_var(&b, 1, bytes, sizeof(bytes), 0, 0);
		memcpy(task.ctx.comm, bytes, sizeof(task.ctx.comm));
		memcpy(task.ctx.uts_name, bytes + 16, sizeof(task.ctx.uts_name));
		task.exe = bytes;
		task.exe_len = sizeof(bytes);
		policies[0].name = policy_name;
		len = encode();
		for (size_t i = 0; i + 1 < len; i++)
			ck_assert((unsigned char)line[i] >= 0x20 && line[i] != 0x7f);
		root = parse(len);
		check_shape(root, event_def_find(EV_OPENAT));
		json_decref(root);
	}
}
END_TEST

static Suite *json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("lines");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, plain_system_call);
	tcase_add_test(tc, container_and_pod_without_what_is_empty);
	tcase_add_test(tc, container_goes_with_the_context);
	tcase_add_test(tc, long_texts_of_a_container_are_cut);
	tcase_add_test(tc, arguments_parsed);
	tcase_add_test(tc, arguments_not_parsed);
	tcase_add_test(tc, number_without_a_name_keeps_its_type);
	tcase_add_test(tc, exec_without_its_environment);
	tcase_add_test(tc, kernel_event_names_the_system_call_it_happened_in);
	tcase_add_test(tc, times_have_one_base);
	tcase_add_test(tc, losses);
	tcase_add_test(tc, exit_has_a_truth_value);
	tcase_add_test(tc, lost_context_says_so);
	tcase_add_test(tc, unnamed_policy_is_an_empty_name);
	suite_add_tcase(s, tc);

	tc = tcase_create("bounds");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, longest_event_fits);
	tcase_add_test(tc, policies_without_room_are_counted);
	tcase_add_test(tc, small_buffer_is_refused);
	tcase_add_loop_test(tc, every_event_is_valid_json, 0, 4);
	tcase_add_test(tc, hostile_names_stay_inside_their_strings);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(json_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
