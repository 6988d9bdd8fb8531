/* SPDX-License-Identifier: Apache-2.0 */
/* What the collector takes as filters, and the values that programs and engine make alike. */
#include "common/filter.h"

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/control.h"

static struct control_filter_event item;
static struct filter_entry entries[2]; /* of a uid; of a text */

/* openat by uid, retval, flags and pathname. */
static void setup(void)
{
	item = (struct control_filter_event){
		.slot = EV_OPENAT_slot,
		.event = { .dims = 1U << FILTER_UID | 1U << FILTER_RETVAL | 1U << FILTER_INT1 |
				   1U << FILTER_TEXT0,
			   .int_field = { 0, 2 },
			   .int_kind = { 0, FK_S32 },
			   .groups = 3,
			   .open = { [FILTER_UID] = 2 },
			   .text = { { .field = 1,
				       .n_prefix = 2,
				       .n_suffix = 1,
				       .has_whole = 1,
				       .prefix_len = { 3, 5 },
				       .suffix_len = { 255 },
				       .seen = 2 } } },
	};
	entries[0] = (struct filter_entry){ .key = { .slot = EV_OPENAT_slot, .dim = FILTER_UID },
					    .value = { .deny = 2 } };
	entries[1] = (struct filter_entry){ .key = { .slot = EV_OPENAT_slot,
						     .dim = FILTER_TEXT0,
						     .part = FILTER_PREFIX,
						     .len = 5,
						     .value = 1ULL << 58 },
					    .value = { .allow = 1 } };
}

#define EVENT(member) &item.member, sizeof(item.member), #member
#define ENTRY(member) &entries[0].member, sizeof(entries[0].member), #member
#define TEXT_ENTRY(member) &entries[1].member, sizeof(entries[1].member), #member

/* One member of a sound filter is given another value. */
static const struct {
	void *at;
	size_t width;
	const char *name;
	uint64_t value;
	bool ok;
	const char *said; /* part of the sentence */
} members[] = {
	{ EVENT(slot), EVENT_SLOTS, false, "cannot be filtered" },
	{ EVENT(slot), EV_SCHED_PROCESS_EXEC_slot, false, "cannot be filtered" },
	{ EVENT(slot), EV_CGROUP_MKDIR_slot, false, "cannot be filtered" },
	{ EVENT(slot), EV_DO_EXIT_slot, false, "returns nothing" },
	{ EVENT(slot), EV_CLOSE_slot, false, "of event 'close'" },
	{ EVENT(event.dims), 0, false, "'dims'" },
	{ EVENT(event.dims), 1U << FILTER_DIMS, false, "'dims'" },
	{ EVENT(event.dims), 1U << FILTER_UID, false, "not in use" },
	{ EVENT(event.groups), 0, false, "no groups" },
	{ EVENT(event.groups), 1, false, "unknown groups" },
	{ EVENT(event.open[FILTER_COMM]), 1, false, "unknown groups" },
	{ EVENT(event.int_field[0]), 1, false, "number 0 is not in use" },
	{ EVENT(event.int_field[1]), 0, true, NULL },
	{ EVENT(event.int_field[1]), 1, false, "no number" },
	{ EVENT(event.int_field[1]), 4, false, "no number" },
	{ EVENT(event.int_kind[1]), FK_U32, false, "no number" },
	{ EVENT(event.text[0].field), 0, false, "is no text" },
	{ EVENT(event.text[0].field), 255, false, "is no text" },
	{ EVENT(event.text[0].n_prefix), 9, false, "ascending" },
	{ EVENT(event.text[0].n_prefix), 1, false, "ascending" },
	{ EVENT(event.text[0].n_prefix), 3, false, "ascending" },
	{ EVENT(event.text[0].prefix_len[0]), 5, false, "ascending" },
	{ EVENT(event.text[0].prefix_len[0]), 0, false, "ascending" },
	{ EVENT(event.text[0].suffix_len[0]), 0, false, "ascending" },
	{ EVENT(event.text[0].has_whole), 2, false, "reserved" },
	{ EVENT(event.text[0].reserved0), 1, false, "reserved" },
	{ EVENT(event.text[1].field), 1, false, "text 1 is not in use" },
	{ ENTRY(key.slot), EV_TASK_slot, false, "cannot be filtered" },
	{ ENTRY(key.slot), 65535, false, "cannot be filtered" },
	{ ENTRY(key.generation), 1, false, "reserved" },
	{ ENTRY(key.reserved0), 1, false, "reserved" },
	{ ENTRY(key.dim), FILTER_DIMS, false, "not known" },
	{ ENTRY(key.dim), FILTER_TASK, false, "denies" },
	{ ENTRY(key.dim), FILTER_TEXT1, false, "denies" },
	{ ENTRY(key.dim), FILTER_RETVAL, true, NULL },
	{ ENTRY(key.part), FILTER_PREFIX, false, "has no value" },
	{ ENTRY(key.len), 1, false, "has no value" },
	{ ENTRY(key.value), UINT32_MAX, true, NULL },
	{ ENTRY(key.value), 1ULL << 32, false, "has no value" },
	{ ENTRY(key.value2), 1, false, "has no value" },
	{ ENTRY(value.deny), 0, false, "for no group" },
	{ TEXT_ENTRY(key.part), FILTER_WHOLE, false, "has no value" },
	{ TEXT_ENTRY(key.part), FILTER_SUFFIX, true, NULL },
	{ TEXT_ENTRY(key.part), 3, false, "has no value" },
	{ TEXT_ENTRY(key.len), 0, false, "has no value" },
	{ TEXT_ENTRY(key.len), 255, true, NULL },
	{ TEXT_ENTRY(key.len), 256, false, "has no value" },
};

static int check_all(struct err *err)
{
	int rc = filter_check_event(item.slot, &item.event, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(entries); i++)
		rc = filter_check_entry(&entries[i], err);
	return rc;
}

START_TEST(judges_each_member)
{
	struct err err = { 0 };
	int rc;

	ck_assert_int_eq(check_all(&err), 0);
	memcpy(members[_i].at, &members[_i].value, members[_i].width);
	rc = check_all(&err);
	if (members[_i].ok) {
		ck_assert_msg(rc == 0, "%s: %s", members[_i].name, err.text);
		return;
	}
	ck_assert_msg(rc == -EPROTO, "%s = %#lx was taken", members[_i].name, members[_i].value);
	ck_assert_msg(strstr(err.text, members[_i].said) != NULL, "%s", err.text);
}
END_TEST

START_TEST(an_entry_belongs_to_its_event)
{
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		ck_assert_int_eq(filter_check_match(&item.event, &entries[i], &err), 0);
	entries[0].value.allow = 4;
	ck_assert_int_eq(filter_check_match(&item.event, &entries[0], &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "no such group"));
	entries[0].key.dim = FILTER_COMM;
	ck_assert_int_eq(filter_check_match(&item.event, &entries[0], &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "does not use"));
	entries[1].key.len = 4;
	ck_assert_int_eq(filter_check_match(&item.event, &entries[1], &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "does not look at"));
	entries[1].key.len = 3;
	entries[1].key.value = 0;
	ck_assert_int_eq(filter_check_match(&item.event, &entries[1], &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "no such text"));
}
END_TEST

START_TEST(numbers_are_as_the_engine_reads_them)
{
	const uint64_t word = 0xfffffffffffffff0ULL;

	ck_assert_uint_eq(filter_number(FK_S32, word), word);
	ck_assert_uint_eq(filter_number(FK_S32, 0xfffffff0ULL), word);
	ck_assert_uint_eq(filter_number(FK_S32, 0x5000000001ULL), 1);
	ck_assert_uint_eq(filter_number(FK_U32, word), 0xfffffff0ULL);
	ck_assert_uint_eq(filter_number(FK_U16, word), 0xfff0);
	ck_assert_uint_eq(filter_number(FK_U8, word), 0xf0);
	ck_assert_uint_eq(filter_number(FK_S64, word), word);
	ck_assert_uint_eq(filter_number(FK_U64, word), word);
}
END_TEST

/* Whatever is behind the NUL. */
START_TEST(names_are_cut_at_their_end)
{
	static const char *const rubbish[] = { "\x00\x01\x80\xff", "\xff\x01\x00\x7f" };

	for (size_t len = 0; len < 16; len++) {
		for (size_t r = 0; r < ARRAY_LEN(rubbish); r++) {
			char clean[16] = "", dirty[16];
			__u64 words[2], expected[2];

			memset(clean, len % 2 ? 'x' : '\x80', len);
			for (size_t i = 0; i < 16; i++)
				dirty[i] = i < len ? clean[i] : i == len ? '\0' : rubbish[r][i % 4];
			memcpy(words, dirty, sizeof(words));
			memcpy(expected, clean, sizeof(expected));
			filter_cut_name(words);
			ck_assert_msg(words[0] == expected[0] && words[1] == expected[1],
				      "length %zu: %llx %llx", len, words[0], words[1]);
		}
	}
}
END_TEST

START_TEST(only_some_events_can_be_filtered)
{
	unsigned int n = 0;

	for (unsigned int slot = 0; slot < LANE_SLOTS; slot++)
		n += filter_is_possible(slot) != 0;
	ck_assert_uint_eq(n, EVENT_SLOTS - FILTER_FIRST_SYSCALL + 2);
	ck_assert(filter_is_possible(EV_OPENAT_slot));
	ck_assert(filter_is_possible(EV_READ_slot)); /* the first of the list */
	ck_assert(!filter_is_possible(EV_TASK_slot));
	ck_assert(!filter_is_possible(EV_SCHED_PROCESS_FORK_slot));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("filter");
	TCase *tc = tcase_create("filter");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, judges_each_member, 0, (int)ARRAY_LEN(members));
	tcase_add_test(tc, an_entry_belongs_to_its_event);
	tcase_add_test(tc, numbers_are_as_the_engine_reads_them);
	tcase_add_test(tc, names_are_cut_at_their_end);
	tcase_add_test(tc, only_some_events_can_be_filtered);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(make_suite());
	int n_failed;

	srunner_run_all(r, CK_ENV);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? 0 : 1;
}
