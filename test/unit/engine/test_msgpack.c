/* SPDX-License-Identifier: Apache-2.0 */
/* The msgpack of an event, read by msgpack-c, says what its JSON says, read by jansson. */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <msgpack.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"
#include "engine/encode/msgpack.h"
#include "engine/encode/msgpack_sockaddr.h"
#include "engine/encode/msgpack_write.h"
#include "engine/encode/json_sockaddr.h"
#include "engine/enrich/containers.h"
#include "test/unit/engine/json_fixture.h"

static uint8_t map[JSON_EVENT_MAX + 1];
static msgpack_unpacked unpacked;

static void setup_both(void)
{
	setup();
	ck_assert_int_eq(emp_init(), 0);
	ck_assert_int_eq(emp_init(), 0);
	msgpack_unpacked_init(&unpacked);
}

static void teardown(void)
{
	msgpack_unpacked_destroy(&unpacked);
}

/* All of the bytes as one value. */
static const msgpack_object *unpack(const uint8_t *bytes, size_t len)
{
	size_t offset = 0;

	ck_assert_int_eq(msgpack_unpack_next(&unpacked, (const char *)bytes, len, &offset),
			 MSGPACK_UNPACK_SUCCESS);
	ck_assert_uint_eq(offset, len);
	return &unpacked.data;
}

static void compare(const msgpack_object *a, json_t *want, const char *where);

static void compare_map(const msgpack_object_map *a, json_t *want, const char *where)
{
	size_t i = 0;
	const char *key;
	json_t *value;

	ck_assert_msg(json_is_object(want), "%s", where);
	ck_assert_uint_eq(a->size, json_object_size(want));
	json_object_foreach(want, key, value)
	{
		const msgpack_object *at = &a->ptr[i].key;

		ck_assert_int_eq(at->type, MSGPACK_OBJECT_STR);
		ck_assert_msg(at->via.str.size == strlen(key) &&
				      !memcmp(at->via.str.ptr, key, strlen(key)),
			      "%s: key %zu is not %s", where, i, key);
		compare(&a->ptr[i++].val, value, key);
	}
}

static void compare_bin(const msgpack_object_bin *a, json_t *want, const char *where)
{
	static char text[2 * LANE_RECORD_MAX + JW_SLACK];
	size_t len = (size_t)(jw_base64(text, a->ptr, a->size) - text);

	ck_assert_msg(json_is_string(want) && json_string_length(want) == len &&
			      !memcmp(json_string_value(want), text, len),
		      "%s: bytes differ", where);
}

static void compare_number(double a, json_t *want, const char *where)
{
	double expect = json_number_value(want);

	ck_assert_msg(json_is_number(want), "%s", where);
	ck_assert_msg(fabs(a - expect) <= 4e-16 * fabs(expect), "%s: %.17g is not %.17g", where, a,
		      expect);
}

static void compare(const msgpack_object *a, json_t *want, const char *where)
{
	switch (a->type) {
	case MSGPACK_OBJECT_NIL:
		ck_assert_msg(json_is_null(want), "%s", where);
		break;
	case MSGPACK_OBJECT_BOOLEAN:
		ck_assert_msg(json_is_boolean(want) && json_is_true(want) == a->via.boolean, "%s",
			      where);
		break;
	case MSGPACK_OBJECT_POSITIVE_INTEGER:
		/* jansson has no integers above INT64_MAX. */
		compare_number((double)a->via.u64, want, where);
		ck_assert(!json_is_integer(want) ||
			  (uint64_t)json_integer_value(want) == a->via.u64);
		break;
	case MSGPACK_OBJECT_NEGATIVE_INTEGER:
		compare_number((double)a->via.i64, want, where);
		ck_assert(!json_is_integer(want) || json_integer_value(want) == a->via.i64);
		break;
	case MSGPACK_OBJECT_FLOAT64:
		compare_number(a->via.f64, want, where);
		break;
	case MSGPACK_OBJECT_STR:
		ck_assert_msg(
			json_is_string(want) && json_string_length(want) == a->via.str.size &&
				!memcmp(json_string_value(want), a->via.str.ptr, a->via.str.size),
			"%s: '%.*s' is not '%s'", where, (int)a->via.str.size, a->via.str.ptr,
			json_string_value(want));
		break;
	case MSGPACK_OBJECT_BIN:
		compare_bin(&a->via.bin, want, where);
		break;
	case MSGPACK_OBJECT_ARRAY:
		ck_assert_msg(json_is_array(want), "%s", where);
		ck_assert_uint_eq(a->via.array.size, json_array_size(want));
		for (size_t i = 0; i < a->via.array.size; i++)
			compare(&a->via.array.ptr[i], json_array_get(want, i), where);
		break;
	case MSGPACK_OBJECT_MAP:
		compare_map(&a->via.map, want, where);
		break;
	case MSGPACK_OBJECT_FLOAT32:
	case MSGPACK_OBJECT_EXT:
		ck_abort_msg("%s: a type that no event has", where);
	}
}

static json_t *parse(const char *text, size_t len)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
	json_error_t error;
	json_t *root = json_loadb(text, len, flags, &error);

	/* A number that is more than INT64_MAX. */
	if (!root)
		root = json_loadb(text, len, flags | JSON_DECODE_INT_AS_REAL, &error);
	ck_assert_msg(root != NULL, "%s: %s", error.text, text);
	return root;
}

/* Encodes `ev` both ways; returns the map's length. */
static size_t check_both(void)
{
	size_t len, json_len = json_event(line, sizeof(line), &ev, &opt);
	json_t *root = parse(line, json_len);

	memset(map, 0xc1, sizeof(map)); /* a byte that msgpack does not have */
	len = emp_event(map, JSON_EVENT_MAX, &ev, &opt);
	ck_assert_uint_gt(len, 0);
	ck_assert_uint_le(len, json_len + 512);
	ck_assert_uint_eq(map[JSON_EVENT_MAX], 0xc1);
	compare(unpack(map, len), root, "event");
	json_decref(root);
	return len;
}

static size_t check_builder(void)
{
	encode();
	return check_both();
}

START_TEST(system_call)
{
	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 1, 0x7ffd0ec9715b);
	rb_arg(&b, 2, 0100);
	rb_str(&b, 1, "/etc/passwd");
	b.rec.ret = -2;
	ck_assert_uint_lt(check_builder(), 800);
	opt.parse_arguments = false;
	b.rec.flags = REC_F_COMPAT | REC_F_ENTER;
	check_builder();
}
END_TEST

START_TEST(container_and_pod)
{
	struct container c = { .runtime = CONTAINER_DOCKER,
			       .id = "0123456789abcdef",
			       .name = "",
			       .image = "nginx:1.27",
			       .image_digest = "",
			       .pod_name = "front-1",
			       .pod_namespace = "",
			       .pod_uid = "8e3b7c1a" };
	static char text[100000];

	rb_begin(&b, EV_GETPPID);
	encode();
	ev.container = &c;
	check_both();
	c.is_started = c.is_sandbox = true;
	c.id[0] = '\0';
	check_both();
	memset(text, 0xe2, sizeof(text) - 1);
	c.name = c.image = c.image_digest = c.pod_name = c.pod_namespace = c.pod_uid = text;
	check_both();
	b.rec.flags = REC_F_NOTASK;
	check_both();
}
END_TEST

START_TEST(names_of_policies)
{
	static char long_name[JSON_EVENT_MAX / 24];
	static uint32_t many[100000];

	rb_begin(&b, EV_GETPPID);
	encode();
	ev.n_matched = 2;
	check_both();
	ev.n_matched = 0;
	check_both();
	ev.policies = NULL;
	check_both();

	/* Those that have no room are counted, the room is not left. */
	memset(long_name, 2, sizeof(long_name) - 1);
	policies[0].name = long_name;
	ev.policies = &set;
	ev.matched = many;
	ev.n_matched = ARRAY_LEN(many);
	ck_assert_uint_gt(emp_event(map, JSON_EVENT_MAX, &ev, &opt), sizeof(long_name));
	policy_name[0] = '\0';
	policies[0].name = policy_name;
	ck_assert_uint_eq(unpack(map, emp_event(map, JSON_EVENT_MAX, &ev, &opt))->type,
			  MSGPACK_OBJECT_MAP);
}
END_TEST

START_TEST(every_event_says_the_same)
{
	opt.parse_arguments = _i & 1;
	opt.relative_time = _i & 2;
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		for (uint64_t seed = 1; seed <= 6; seed++) {
			rb_random(&b, event_defs[slot].id, seed + 100 * (uint64_t)_i);
			check_builder();
			ev.task = NULL;
			check_both();
		}
	}
}
END_TEST

START_TEST(hostile_names)
{
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
		check_builder();
	}
}
END_TEST

/* A record full of bytes that grow, a path of the same kind. */
START_TEST(longest_event_fits)
{
	static char content[LANE_RECORD_MAX];
	const struct event_def *def = event_def_find(EV_SCHED_PROCESS_EXEC);
	size_t len = LANE_RECORD_MAX - def->min_len - sizeof(struct rec_var);

	memset(content, _i ? 0xff : 0, sizeof(content));
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	memset(b.bytes + sizeof(struct rec_hdr), 0xff, def->min_len - sizeof(struct rec_hdr));
	/* argv: of empty strings, or of one. */
	rb_var(&b, 10, content, len & ~(size_t)7, REC_VAR_TRUNC | REC_VAR_UNREAD, 0);
	ck_assert_uint_eq(b.rec.len, LANE_RECORD_MAX);
	memset(&task, 0xff, sizeof(task));
	task.exe = content;
	task.exe_len = sizeof(content);
	check_builder();
}
END_TEST

START_TEST(small_buffer_is_refused)
{
	rb_begin(&b, EV_GETPPID);
	encode();
	ck_assert_uint_eq(emp_event(map, JSON_EVENT_MAX - 1, &ev, &opt), 0);
}
END_TEST

START_TEST(numbers_take_the_shortest_form)
{
	static const struct {
		int64_t value;
		size_t len;
	} cases[] = {
		{ 0, 1 },
		{ 127, 1 },
		{ 128, 2 },
		{ 255, 2 },
		{ 256, 3 },
		{ 65535, 3 },
		{ 65536, 5 },
		{ UINT32_MAX, 5 },
		{ UINT32_MAX + 1LL, 9 },
		{ INT64_MAX, 9 },
		{ -1, 1 },
		{ -32, 1 },
		{ -33, 2 },
		{ INT8_MIN, 2 },
		{ INT8_MIN - 1, 3 },
		{ INT16_MIN, 3 },
		{ INT16_MIN - 1, 5 },
		{ INT32_MIN, 5 },
		{ INT32_MIN - 1LL, 9 },
		{ INT64_MIN, 9 },
	};
	const msgpack_object *o;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t value = cases[i].value;

		ck_assert_uint_eq((size_t)(mpw_s64(map, value) - map), cases[i].len);
		o = unpack(map, cases[i].len);
		ck_assert_int_eq(o->type, value < 0 ? MSGPACK_OBJECT_NEGATIVE_INTEGER
						    : MSGPACK_OBJECT_POSITIVE_INTEGER);
		ck_assert_int_eq(o->via.i64, value);
	}
	o = unpack(map, (size_t)(mpw_u64(map, UINT64_MAX) - map));
	ck_assert_uint_eq(o->via.u64, UINT64_MAX);
	o = unpack(map, (size_t)(mpw_double(map, -1.5) - map));
	ck_assert_double_eq(o->via.f64, -1.5);
}
END_TEST

START_TEST(texts_of_every_length)
{
	static const size_t lens[] = { 0, 1, 7, 8, 9, 31, 32, 33, 255, 256, 65535, 65536, 100000 };
	static char text[100000];
	const msgpack_object *o;

	for (size_t i = 0; i < 2 * ARRAY_LEN(lens); i++) {
		size_t len = lens[i / 2], len_ret = 3 * len;

		/* ASCII, or all of it replaced. */
		memset(text, i % 2 ? 0xff : 'x', sizeof(text));
		o = unpack(map, (size_t)(mpw_str(map, text, len) - map));
		ck_assert_int_eq(o->type, MSGPACK_OBJECT_STR);
		ck_assert_uint_eq(o->via.str.size, i % 2 ? len_ret : len);
		ck_assert(len == 0 || !memcmp(o->via.str.ptr, i % 2 ? "\xef\xbf\xbd" : "xxx",
					      i % 2     ? 3
					      : len < 3 ? len
							: 3));
		o = unpack(map, (size_t)(mpw_bin_header(map, len) - map) + len);
		ck_assert_int_eq(o->type, MSGPACK_OBJECT_BIN);
		ck_assert_uint_eq(o->via.bin.size, len);
	}
}
END_TEST

START_TEST(arrays_of_every_length)
{
	static const size_t ns[] = { 0, 15, 16, 65535, 65536 };

	for (size_t i = 0; i < ARRAY_LEN(ns); i++) {
		uint8_t *p;

		memset(map, MPW_NIL, sizeof(map));
		p = mpw_array_header(map, ns[i]);
		ck_assert_uint_eq(unpack(map, (size_t)(p - map) + ns[i])->via.array.size, ns[i]);
	}
}
END_TEST

/* Every length that the kernel takes of every family, and of none. */
START_TEST(socket_addresses_say_the_same)
{
	static const uint16_t families[] = { 0, 1, 2, 10, 16, 17, 40, 0xffff };
	static char json[4096];
	uint8_t addr[128], out[4096];
	uint64_t state = 7;

	for (size_t i = 0; i < ARRAY_LEN(families) * 4 * sizeof(addr); i++) {
		size_t len = i / 4 % sizeof(addr);
		bool is_cut = false, is_cut_json = false;
		json_t *root;

		for (size_t k = 0; k < sizeof(addr); k++)
			addr[k] = i & 1 ? (uint8_t)rb_next_random(&state) : 0;
		memcpy(addr, &families[i / 4 / sizeof(addr)], 2);
		if (i % 8 == 1)
			memcpy(addr + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
		root = parse(json,
			     (size_t)(jsock_write(json, addr, len, i & 2, &is_cut_json) - json));
		compare(unpack(out, (size_t)(mpsock_write(out, addr, len, i & 2, &is_cut) - out)),
			root, "address");
		ck_assert_int_eq(is_cut, is_cut_json);
		json_decref(root);
	}
}
END_TEST

static Suite *msgpack_suite(void)
{
	Suite *s = suite_create("msgpack");
	TCase *tc = tcase_create("events");

	tcase_add_checked_fixture(tc, setup_both, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, system_call);
	tcase_add_test(tc, container_and_pod);
	tcase_add_test(tc, names_of_policies);
	tcase_add_loop_test(tc, every_event_says_the_same, 0, 4);
	tcase_add_test(tc, hostile_names);
	tcase_add_loop_test(tc, longest_event_fits, 0, 2);
	tcase_add_test(tc, small_buffer_is_refused);
	suite_add_tcase(s, tc);

	tc = tcase_create("pieces");
	tcase_add_checked_fixture(tc, setup_both, teardown);
	tcase_add_test(tc, numbers_take_the_shortest_form);
	tcase_add_test(tc, texts_of_every_length);
	tcase_add_test(tc, arrays_of_every_length);
	tcase_add_test(tc, socket_addresses_say_the_same);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(msgpack_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
