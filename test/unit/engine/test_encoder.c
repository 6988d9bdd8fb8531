/* SPDX-License-Identifier: Apache-2.0 */
/* Every format and profile of hostile events: valid, whole, and never more than a sink takes. */
#include "engine/encode/encoder.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <msgpack.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/policy/policy.h"
#include "test/support/record_builder.h"
#include "test/unit/engine/otlp_read.h"

#define ROUNDS 20 /* of random records of each event */

static struct record_builder b;
static struct ptree_task task;
static struct event ev;

static const struct {
	enum encoder_format format;
	enum profile profile;
} forms[] = {
	{ ENCODER_JSON, PROFILE_NATIVE },  { ENCODER_JSON, PROFILE_ECS },
	{ ENCODER_JSON, PROFILE_OCSF },    { ENCODER_MSGPACK, PROFILE_NATIVE },
	{ ENCODER_MSGPACK, PROFILE_ECS },  { ENCODER_MSGPACK, PROFILE_OCSF },
	{ ENCODER_OTLP, PROFILE_NATIVE },  { ENCODER_OTLP_JSON, PROFILE_NATIVE },
	{ ENCODER_JSON, PROFILE_COMPACT }, { ENCODER_MSGPACK, PROFILE_COMPACT },
	{ ENCODER_TABLE, PROFILE_NATIVE }, { ENCODER_TABLE_VERBOSE, PROFILE_NATIVE },
};

static void setup(void)
{
	rb_sample_task(&task);
}

static struct encoder *encoder_of(int i)
{
	const struct encoder_options opt = { .format = forms[i].format,
					     .profile = forms[i].profile };
	struct encoder *e = encoder_new(&opt, NULL);
	size_t len;

	ck_assert_ptr_nonnull(e);
	(void)encoder_header(e, &len); /* reads the time zone */
	return e;
}

static bool is_json(const uint8_t *bytes, size_t len)
{
	json_error_t error;
	json_t *root = json_loadb((const char *)bytes, len,
				  JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
				  &error);
	bool is_object = json_is_object(root);

	if (!is_object)
		fprintf(stderr, "%s at %d\n", error.text, error.position);
	json_decref(root);
	return is_object;
}

static bool is_msgpack(const uint8_t *bytes, size_t len)
{
	msgpack_unpacked unpacked;
	size_t at = 0;
	bool is_map;

	msgpack_unpacked_init(&unpacked);
	is_map = msgpack_unpack_next(&unpacked, (const char *)bytes, len, &at) ==
			 MSGPACK_UNPACK_SUCCESS &&
		 at == len && unpacked.data.type == MSGPACK_OBJECT_MAP;
	msgpack_unpacked_destroy(&unpacked);
	return is_map;
}

static bool is_record(const uint8_t *bytes, size_t len)
{
	json_t *record = otr_record(bytes, len);
	bool is_there = record != NULL;

	json_decref(record);
	return is_there;
}

/* One line without anything that acts on a terminal. */
static bool is_line(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++)
		if (bytes[i] < ' ' || bytes[i] == 0x7f)
			return false;
	return len > 0 && bytes[len - 1] == '\n';
}

static bool is_right(enum encoder_format format, const uint8_t *bytes, size_t len)
{
	switch (format) {
	case ENCODER_JSON:
		return is_line(bytes, len) && is_json(bytes, len);
	case ENCODER_OTLP_JSON:
		return is_json(bytes, len);
	case ENCODER_MSGPACK:
		return is_msgpack(bytes, len);
	case ENCODER_OTLP:
		return is_record(bytes, len);
	default:
		return is_line(bytes, len);
	}
}

static void check_event(struct encoder *e, int i)
{
	const uint8_t *bytes;
	size_t len;

	rb_decode(&b, &ev);
	ev.task = &task;
	bytes = encoder_event(e, &ev, &len);
	ck_assert_msg(len > 0 && len <= JSON_EVENT_MAX, "%s: %zu bytes", ev.def->name, len);
	ck_assert_msg(is_right(forms[i].format, bytes, len), "%s: %.*s", ev.def->name,
		      (int)(len < 2000 ? len : 2000), bytes);
}

START_TEST(random_records_of_every_event)
{
	struct encoder *e = encoder_of(_i);

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (event_defs[slot].is_internal)
			continue;
		for (uint64_t seed = 0; seed < ROUNDS; seed++) {
			rb_random(&b, event_defs[slot].id, seed + slot * 1000);
			check_event(e, _i);
		}
	}
	encoder_free(e);
}
END_TEST

/* As much as a record can hold, of what grows most: each byte becomes six. */
static void fill(const char *byte)
{
	CLEANUP_FREE char *text = malloc(LANE_RECORD_MAX);
	const struct event_def *def = event_def_find(EV_SCHED_PROCESS_EXEC);
	int argv = event_def_field(def, "argv"), path = event_def_field(def, "pathname");

	ck_assert(argv >= 0 && path >= 0);
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	for (size_t i = 0; i < LANE_RECORD_MAX; i++)
		text[i] = byte[i % strlen(byte)];
	text[4096] = '\0';
	rb_str(&b, (unsigned int)path, text);
	text[4096] = byte[0];
	rb_var(&b, (unsigned int)argv, text, 24000, 0, 0);
}

START_TEST(the_largest_record_fits)
{
	static const char *const bytes[] = { "\x1b", "\xff",         "\n",       "\"",
					     "\\",   "\xe2\x80\xae", "\xf0\x9f", "a" };

	for (size_t i = 0; i < ARRAY_LEN(bytes); i++) {
		struct encoder *e = encoder_of(_i);

		fill(bytes[i]);
		check_event(e, _i);
		encoder_free(e);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("encoder");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_loop_test(tcase, random_records_of_every_event, 0, ARRAY_LEN(forms));
	tcase_add_loop_test(tcase, the_largest_record_fits, 0, ARRAY_LEN(forms));
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
