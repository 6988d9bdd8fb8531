/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/decode/decode.h"
#include "test/support/record_builder.h"

static struct record_builder b;
static struct event ev;

static int decode(void)
{
	return decode_record(&b.rec, b.rec.len, &ev);
}

static struct decode_value field(unsigned int event, const char *name)
{
	const struct event_def *def = event_def_find(event);
	int i = event_def_field(def, name);
	struct decode_value v;

	ck_assert_int_ge(i, 0);
	ck_assert(decode_field(&ev, (unsigned int)i, &v));
	return v;
}

/* Fields that the decoder reads without asking must lie within what it has checked. */
START_TEST(table_keeps_fixed_fields_within_the_fixed_part)
{
	static const uint8_t width[FK_KINDS] = {
		[FK_S32] = 4,  [FK_U32] = 4, [FK_S64] = 8, [FK_U64] = 8,
		[FK_U16] = 2,  [FK_U8] = 1,  [FK_PTR] = 8, [FK_COMM] = REC_COMM_LEN,
		[FK_BOOL] = 1,
	};

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		ck_assert_uint_eq(def->min_len % 8, 0);
		ck_assert_uint_ge(def->min_len, sizeof(struct rec_hdr));
		ck_assert_uint_le(def->n_fields, EVENT_FIELDS_MAX);
		for (unsigned int i = 0; i < def->n_fields; i++) {
			const struct event_field *f = &def->fields[i];
			unsigned int bytes = def->is_syscall ? 8 : width[f->kind];

			if (f->offset == EVENT_FIELD_VAR) {
				ck_assert(!def->is_syscall);
				ck_assert_uint_eq(width[f->kind], 0);
				continue;
			}
			ck_assert_msg(bytes > 0, "%s.%s", def->name, f->name);
			ck_assert_uint_ge(f->offset, sizeof(struct rec_hdr));
			ck_assert_uint_le(f->offset + bytes, def->min_len);
			if (f->kind != FK_COMM)
				ck_assert_uint_eq(f->offset % bytes, 0);
		}
	}
}
END_TEST

START_TEST(every_event_decodes)
{
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		rb_begin(&b, event_defs[slot].id);
		memset(&ev, 0xff, sizeof(ev));
		ck_assert_int_eq(decode(), 0);
		ck_assert_ptr_eq(ev.rec, &b.rec);
		ck_assert_ptr_eq(ev.def, &event_defs[slot]);
		for (size_t i = 0; i < ARRAY_LEN(ev.vars); i++)
			ck_assert_ptr_null(ev.vars[i]);
		ck_assert_ptr_null(ev.task);
		ck_assert_ptr_null(ev.policies);
		ck_assert_ptr_null(ev.matched);
		ck_assert_uint_eq(ev.n_matched, 0);
	}
}
END_TEST

START_TEST(every_event_decodes_with_random_contents)
{
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		for (uint64_t seed = 1; seed < 20; seed++) {
			rb_random(&b, event_defs[slot].id, seed);
			ck_assert_int_eq(decode(), 0);
		}
	}
}
END_TEST

START_TEST(no_length_before_the_end_is_enough)
{
	rb_begin(&b, EV_OPENAT);
	rb_str(&b, 1, "/etc/passwd");
	for (size_t cap = 0; cap < b.rec.len; cap++)
		ck_assert_int_eq(decode_record(&b.rec, cap, &ev), -EBADMSG);
	ck_assert_int_eq(decode_record(&b.rec, b.rec.len, &ev), 0);
	ck_assert_int_eq(decode_record(&b.rec, b.rec.len + 100, &ev), 0);
}
END_TEST

START_TEST(cut_records_are_refused)
{
	uint16_t whole;

	rb_begin(&b, EV_OPENAT);
	rb_str(&b, 1, "/etc/passwd");
	whole = b.rec.len;
	for (uint16_t len = 0; len < whole; len++) {
		/* Without its one field the record is whole again. */
		int expected = len == event_def_find(EV_OPENAT)->min_len ? 0 : -EBADMSG;

		b.rec.len = len;
		ck_assert_int_eq(decode_record(&b.rec, sizeof(b), &ev), expected);
	}
}
END_TEST

START_TEST(unknown_events_are_refused)
{
	rb_begin(&b, EV_GETPPID);
	for (uint32_t id = 0; id <= UINT16_MAX; id++) {
		b.rec.event = (uint16_t)id;
		if (!event_def_find(id))
			ck_assert_int_eq(decode(), -EBADMSG);
	}
}
END_TEST

START_TEST(length_beyond_the_longest_record_is_refused)
{
	static uint64_t big[65536 / 8];
	struct rec_hdr *rec = (void *)big;

	rb_begin(&b, EV_GETPPID);
	memcpy(big, &b, sizeof(b));
	rec->len = LANE_RECORD_MAX + 8;
	ck_assert_int_eq(decode_record(rec, sizeof(big), &ev), -EBADMSG);
}
END_TEST

static void bad_field_past_the_end(void)
{
	struct rec_var *var = (void *)(b.bytes + b.rec.len);

	rb_str(&b, 1, "x");
	var->len = 9;
}

static void bad_field_longest(void)
{
	struct rec_var *var = (void *)(b.bytes + b.rec.len);

	rb_str(&b, 1, "x");
	var->len = UINT16_MAX;
}

static void bad_field_twice(void)
{
	rb_str(&b, 1, "a");
	rb_str(&b, 1, "b");
}

static void bad_field_of_a_number(void)
{
	rb_str(&b, 0, "dirfd is a number");
}

static void bad_field_unknown(void)
{
	rb_str(&b, 4, "openat has four");
}

static void bad_field_far(void)
{
	rb_str(&b, 255, "x");
}

static void bad_flags(void)
{
	rb_var(&b, 1, "x", 1, 0x08, 0);
}

static void bad_tail(void)
{
	rb_str(&b, 1, "x");
	b.rec.len += 8; /* zeros: field 0, which openat's record does not carry as content */
}

static void bad_length_odd(void)
{
	b.rec.len += 4;
}

static void (*const bad[])(void) = {
	bad_field_past_the_end, bad_field_longest, bad_field_twice, bad_field_of_a_number,
	bad_field_unknown,      bad_field_far,     bad_flags,       bad_tail,
	bad_length_odd,
};

START_TEST(nonsense_is_refused)
{
	rb_begin(&b, EV_OPENAT);
	ck_assert_int_eq(decode(), 0);
	bad[_i]();
	ck_assert_int_eq(decode_record(&b.rec, sizeof(b), &ev), -EBADMSG);
}
END_TEST

START_TEST(fixed_field_of_a_plain_event_takes_no_content)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	rb_str(&b, 0, "/bin/ls");
	ck_assert_int_eq(decode(), 0);
	rb_str(&b, 15, "prev_comm lies in the fixed part");
	ck_assert_int_eq(decode(), -EBADMSG);
}
END_TEST

START_TEST(task_context_has_one_path)
{
	rb_begin(&b, EV_TASK);
	rb_var(&b, 0, "/bin/sh", 7, REC_VAR_TRUNC, 0);
	ck_assert_int_eq(decode(), 0);
	ck_assert_ptr_nonnull(ev.vars[0]);
	ck_assert_uint_eq(ev.vars[0]->len, 7);
	rb_str(&b, 1, "more");
	ck_assert_int_eq(decode(), -EBADMSG);
}
END_TEST

START_TEST(system_call_words_are_extended_by_their_kind)
{
	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 0, 0xdeadbeefffffff9cULL);
	rb_arg(&b, 1, 0x7ffd0ec9715bULL);
	rb_arg(&b, 2, 0xffffffff00008000ULL);
	rb_arg(&b, 3, 0xfff1a4ULL);
	rb_str(&b, 1, "/x");
	ck_assert_int_eq(decode(), 0);
	ck_assert_int_eq(field(EV_OPENAT, "dirfd").s, -100);
	ck_assert_int_eq(field(EV_OPENAT, "flags").s, 0x8000);
	ck_assert_uint_eq(field(EV_OPENAT, "pathname").u, 0x7ffd0ec9715bULL);
	ck_assert_uint_eq(field(EV_OPENAT, "pathname").len, 2);
	ck_assert_mem_eq(field(EV_OPENAT, "pathname").bytes, "/x", 2);
	ck_assert_ptr_null(field(EV_OPENAT, "flags").bytes);
	ck_assert_uint_eq(field(EV_OPENAT, "mode").u, 0xfff1a4);
}
END_TEST

START_TEST(fixed_fields_of_a_plain_event)
{
	struct decode_value v;

	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	b.exec.dev = 0xfffffff0;
	b.exec.inode = UINT64_MAX;
	b.exec.inode_mode = 0xffff;
	b.exec.from_kernel = UINT32_MAX;
	memset(b.exec.prev_comm, 'x', sizeof(b.exec.prev_comm)); /* no NUL */
	ck_assert_int_eq(decode(), 0);
	ck_assert_uint_eq(field(EV_SCHED_PROCESS_EXEC, "dev").u, 0xfffffff0);
	ck_assert_uint_eq(field(EV_SCHED_PROCESS_EXEC, "inode").u, UINT64_MAX);
	ck_assert_uint_eq(field(EV_SCHED_PROCESS_EXEC, "inode_mode").u, 0xffff);
	ck_assert_int_eq(field(EV_SCHED_PROCESS_EXEC, "invoked_from_kernel").s, -1);
	v = field(EV_SCHED_PROCESS_EXEC, "prev_comm");
	ck_assert_uint_eq(v.len, REC_COMM_LEN);
	memcpy(b.exec.prev_comm, "bash", 5);
	ck_assert_uint_eq(field(EV_SCHED_PROCESS_EXEC, "prev_comm").len, 4);

	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.exit.exit_code = -5;
	b.exit.group_exit = 1;
	ck_assert_int_eq(decode(), 0);
	ck_assert_int_eq(field(EV_SCHED_PROCESS_EXIT, "exit_code").s, -5);
	ck_assert_uint_eq(field(EV_SCHED_PROCESS_EXIT, "process_group_exit").u, 1);
}
END_TEST

START_TEST(optional_field_is_absent)
{
	struct decode_value v;

	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	rb_str(&b, 1, "");
	ck_assert_int_eq(decode(), 0);
	ck_assert(!decode_field(&ev, 0, &v));
	ck_assert(decode_field(&ev, 1, &v));
	ck_assert_ptr_nonnull(v.bytes);
	ck_assert_uint_eq(v.len, 0);
}
END_TEST

START_TEST(system_call_without_content_still_has_the_pointer)
{
	struct decode_value v;

	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 1, 0x1000);
	ck_assert_int_eq(decode(), 0);
	v = field(EV_OPENAT, "pathname");
	ck_assert_ptr_null(v.bytes);
	ck_assert_uint_eq(v.u, 0x1000);
	ck_assert_uint_eq(v.var_flags, 0);
}
END_TEST

START_TEST(marks_and_totals_come_through)
{
	struct decode_value v;

	rb_begin(&b, EV_EXECVE);
	rb_var(&b, 0, NULL, 0, REC_VAR_UNREAD, 0);
	rb_var(&b, 1, "a\0b", 4, REC_VAR_TRUNC, 40);
	rb_var(&b, 2, NULL, 0, REC_VAR_NULL, 0);
	ck_assert_int_eq(decode(), 0);
	v = field(EV_EXECVE, "pathname");
	ck_assert_uint_eq(v.var_flags, REC_VAR_UNREAD);
	v = field(EV_EXECVE, "argv");
	ck_assert_uint_eq(v.var_flags, REC_VAR_TRUNC);
	ck_assert_uint_eq(v.total, 40);
	ck_assert_uint_eq(field(EV_EXECVE, "envp").var_flags, REC_VAR_NULL);
}
END_TEST

static const struct {
	const char *bytes;
	uint16_t len;
	const char *strings[4]; /* NULL-ended */
} lists[] = {
	{ "", 0, { NULL } },
	{ "", 1, { "", NULL } },
	{ "a", 2, { "a", NULL } },
	{ "a", 1, { "a", NULL } },
	{ "ls\0-l", 6, { "ls", "-l", NULL } },
	{ "ls\0-l", 5, { "ls", "-l", NULL } },
	{ "\0\0x", 4, { "", "", "x", NULL } },
};

START_TEST(strings_are_walked)
{
	struct decode_value v = { .kind = FK_ARGV,
				  .bytes = (const uint8_t *)lists[_i].bytes,
				  .len = lists[_i].len };
	size_t offset = 0;
	const char *str;

	for (const char *const *expected = lists[_i].strings; *expected; expected++) {
		ck_assert_int_eq(decode_next_string(&v, &offset, &str), (int)strlen(*expected));
		ck_assert_mem_eq(str, *expected, strlen(*expected));
	}
	ck_assert_int_eq(decode_next_string(&v, &offset, &str), -1);
	ck_assert_int_eq(decode_next_string(&v, &offset, &str), -1);
}
END_TEST

START_TEST(absent_list_has_no_strings)
{
	struct decode_value v = { .kind = FK_STRV, .len = 8 };
	size_t offset = 0;
	const char *str;

	ck_assert_int_eq(decode_next_string(&v, &offset, &str), -1);
}
END_TEST

static Suite *decode_suite(void)
{
	Suite *s = suite_create("decode");
	TCase *tc = tcase_create("records");

	tcase_add_test(tc, table_keeps_fixed_fields_within_the_fixed_part);
	tcase_add_test(tc, every_event_decodes);
	tcase_add_test(tc, every_event_decodes_with_random_contents);
	tcase_add_test(tc, no_length_before_the_end_is_enough);
	tcase_add_test(tc, cut_records_are_refused);
	tcase_add_test(tc, unknown_events_are_refused);
	tcase_add_test(tc, length_beyond_the_longest_record_is_refused);
	tcase_add_loop_test(tc, nonsense_is_refused, 0, ARRAY_LEN(bad));
	tcase_add_test(tc, fixed_field_of_a_plain_event_takes_no_content);
	tcase_add_test(tc, task_context_has_one_path);
	suite_add_tcase(s, tc);

	tc = tcase_create("fields");
	tcase_add_test(tc, system_call_words_are_extended_by_their_kind);
	tcase_add_test(tc, fixed_fields_of_a_plain_event);
	tcase_add_test(tc, optional_field_is_absent);
	tcase_add_test(tc, system_call_without_content_still_has_the_pointer);
	tcase_add_test(tc, marks_and_totals_come_through);
	tcase_add_loop_test(tc, strings_are_walked, 0, ARRAY_LEN(lists));
	tcase_add_test(tc, absent_list_has_no_strings);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(decode_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
