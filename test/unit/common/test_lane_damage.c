/* SPDX-License-Identifier: Apache-2.0 */
/* The lane when one side misbehaves: cursors that lie, damaged lengths, writers that stall. */
#include "common/lane_reader.h"
#include "common/lane_writer.h"

#include <errno.h>

#include "common/cleanup.h"

#include "test/unit/common/lane_fixture.h"

static void commit_raw(uint64_t pos, uint32_t span)
{
	uint64_t word = lane_commit_word(KEY, pos, span);

	memcpy(writer.data + (pos & (CAP - 1)), &word, sizeof(word));
}

START_TEST(nonsense_cursor_reads_as_full)
{
	uint64_t at = 5 * CAP + 96;
	const uint64_t nonsense[] = {
		0,          1,        UINT64_MAX,   UINT64_MAX - 7, at + 1,
		at + 8,     at + CAP, at + 2 * CAP, at - CAP - 1,   at - CAP - 8,
		1ULL << 63, at - CAP, at - 2 * CAP,
	};
	struct lane_slot slot;

	advance_to(at);
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
		set_cursor(nonsense[i]);
		ck_assert_int_eq(lane_reserve(&writer, HDR, 9, 1, &slot), -ENOBUFS);
	}
	ck_assert_uint_eq(prod(), at);
	ck_assert_uint_eq(lane_reader_lost_total(&reader), ARRAY_LEN(nonsense));
	set_cursor(at - CAP + HDR); /* exactly enough */
	ck_assert_int_eq(lane_reserve(&writer, HDR, 9, 1, &slot), 0);
}
END_TEST

/* Whatever the cursor says, a reservation needs room as the cursor tells it, and all of it lies in
 * the mapping: reserve() writes all of it, next to guard pages. */
START_TEST(random_cursor_never_leads_outside)
{
	unsigned int seed = 1;
	uint64_t n_room = 0;

	advance_to(2 * CAP);
	for (int i = 0; i < 50000; i++) {
		uint64_t at = prod(), span = 1 + (uint64_t)rand_r(&seed) % (3 * CAP);
		uint64_t cursor = rand_r(&seed) % 8 == 0 ? (uint64_t)rand_r(&seed) << 40
							 : at + CAP / 2 - span;
		uint32_t max = HDR + (uint32_t)rand_r(&seed) % (LANE_RECORD_MAX - HDR + 1);
		uint32_t bytes = (max + 7) & ~7U;
		bool room = cursor <= at && at - cursor <= CAP && bytes <= CAP - (at - cursor);
		struct lane_slot slot;
		int rc;

		set_cursor(cursor);
		rc = lane_reserve(&writer, max, 1, 1, &slot);
		ck_assert_int_eq(rc, room ? 0 : -ENOBUFS);
		if (rc < 0)
			continue;
		n_room++;
		ck_assert_uint_eq(slot.pos, at);
		memset((uint8_t *)slot.rec + 8, i, slot.max - 8);
		lane_commit(&writer, &slot, (uint32_t)rand_r(&seed) % (max + 1));
	}
	ck_assert_uint_gt(n_room, 1000);
}
END_TEST

START_TEST(reader_resumes_at_its_cursor)
{
	struct lane_reader next;
	uint64_t released;

	advance_to(CAP - 128);
	for (uint64_t i = 0; i < 6; i++)
		put(64, 64, i);
	take();
	take();
	released = reader.pos;
	lane_reader_release(&reader);
	ck_assert_uint_eq(take()->ts_ns, 2); /* peeked, never released */
	ck_assert_int_eq(lane_reader_init(&next, map, MAP_BYTES, &page->lane[0], &err), 0);
	ck_assert_uint_eq(next.pos, released);
	reader = next;
	for (uint64_t i = 2; i < 6; i++)
		ck_assert_uint_eq(take()->ts_ns, i);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(reader.n_corrupt, 0);
}
END_TEST

START_TEST(reader_starts_anew_on_a_nonsense_cursor)
{
	uint64_t at = 2 * CAP + 640;
	const uint64_t nonsense[] = { 0,          at - CAP - 8, at + 8,  UINT64_MAX,
				      1ULL << 63, at - 4,       at - 641 };

	advance_to(at - 64);
	put(64, 64, 1); /* not read: nobody can know that */
	set_cursor(nonsense[_i]);
	ck_assert_int_eq(lane_reader_init(&reader, map, MAP_BYTES, &page->lane[0], &err), 0);
	ck_assert_uint_eq(reader.pos, at);
	ck_assert_uint_eq(reader.n_corrupt, 1);
	ck_assert_uint_eq(get_cursor(), at); /* the writers have room at once */
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	put(64, 64, 2);
	ck_assert_uint_eq(take()->ts_ns, 2);
}
END_TEST

START_TEST(resume_inside_a_record_finds_the_next)
{
	advance_to(CAP);
	put(256, 256, 1);
	put(64, 64, 2);
	set_cursor(CAP + 16);
	ck_assert_int_eq(lane_reader_init(&reader, map, MAP_BYTES, &page->lane[0], &err), 0);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert(lane_reader_skip_stalled(&reader));
	ck_assert_uint_eq(take()->ts_ns, 2);
}
END_TEST

START_TEST(overrun_reader_goes_to_the_newest_position)
{
	advance_to(CAP);
	put(64, 64, 1);
	for (int i = 0; i < 5; i++) { /* a liar moves the cursor: the writers pass the reader */
		set_cursor(prod());
		put(LANE_RECORD_MAX, LANE_RECORD_MAX, 2);
	}
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(reader.pos, prod());
	ck_assert_uint_eq(reader.n_corrupt, 1);
	lane_reader_release(&reader);
	put(64, 64, 3);
	ck_assert_uint_eq(take()->ts_ns, 3);
}
END_TEST

START_TEST(position_ahead_of_a_give_back_is_found)
{
	struct lane_slot slot = reserve(1024);
	uint64_t ahead;

	set_cursor(1ULL << 40);
	ck_assert_int_eq(lane_reader_init(&reader, map, MAP_BYTES, &page->lane[0], &err), 0);
	ahead = reader.pos;
	ck_assert_uint_eq(ahead, 1024);
	lane_commit(&writer, &slot, 64); /* prod moves back, to before the reader */
	ck_assert_uint_eq(prod(), 64);
	ck_assert_uint_eq(lane_reader_fill(&reader), 0);
	ck_assert(lane_reader_has_more(&reader));
	ck_assert(!lane_reader_skip_stalled(&reader));
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(reader.pos, 64);
	lane_reader_release(&reader);
	put(64, 64, 2);
	ck_assert_uint_eq(take()->ts_ns, 2);
}
END_TEST

/* A commit word where nothing is reserved leads nowhere, and not round in circles; nor does a
 * `prod` that is no place of a record. What is then written there is read. */
START_TEST(committed_and_not_reserved_is_nothing)
{
	advance_to(4096);
	commit_raw(4096, 64);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(reader.n_corrupt, 0);
	atomic_store_explicit(&writer.hdr->prod, 4096 + 3, memory_order_relaxed);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	atomic_store_explicit(&writer.hdr->prod, 8192 + 3, memory_order_relaxed);
	commit_raw(4096, 8192);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY); /* three bytes of something */
	ck_assert_uint_eq(reader.pos, 8192);
	ck_assert_uint_eq(reader.n_corrupt, 1);
	atomic_store_explicit(&writer.hdr->prod, 8192, memory_order_relaxed);
	lane_reader_release(&reader);
	put(64, 64, 7);
	ck_assert_uint_eq(take()->ts_ns, 7);
}
END_TEST

START_TEST(corrupt_length_is_skipped_by_its_span)
{
	static const uint16_t bad[] = { 0, 8, HDR - 8, HDR + 1, 63, 72, 32768, 65528, 65535 };
	struct lane_slot slot = put(64, 64, 1);

	put(64, 64, 2);
	slot.rec->len = bad[_i];
	ck_assert_uint_eq(take()->ts_ns, 2);
	ck_assert_uint_eq(reader.n_corrupt, 1);
	ck_assert_uint_eq(reader.pos, 128);
}
END_TEST

START_TEST(corrupt_span_resynchronises)
{
	/* The last two fit neither what is reserved nor a record. */
	static const uint32_t bad[] = { 8, HDR - 8, 192, LANE_RECORD_MAX + 8, 8 * 65535 };

	put(64, 64, 1);
	put(64, 64, 2);
	commit_raw(0, bad[_i]);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(reader.pos, 128);
	ck_assert_uint_eq(reader.n_corrupt, 1);
	lane_reader_release(&reader);
	put(64, 64, 3);
	ck_assert_uint_eq(take()->ts_ns, 3);
	ck_assert_uint_eq(reader.n_corrupt, 1);
}
END_TEST

START_TEST(span_of_nothing_commits_nothing)
{
	put(64, 64, 1);
	put(64, 64, 2);
	commit_raw(0, 0);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert(lane_reader_skip_stalled(&reader));
	ck_assert_uint_eq(take()->ts_ns, 2);
	ck_assert_uint_eq(reader.n_corrupt, 1);
}
END_TEST

/* A traced program wrote these 8 bytes where a later record begins. Only the word of this lane's
 * key, this position and a sane span commits it. */
START_TEST(forged_commit_word_is_refused)
{
	const uint64_t forged[] = {
		lane_commit_word(0, CAP, 64),
		lane_commit_word(KEY ^ (1ULL << 40), CAP, 64),
		lane_commit_word(~KEY, CAP, 64),
		lane_commit_word(KEY, CAP + 8, 64),
		lane_commit_word(KEY, 0, 64), /* what was right a lap ago */
		lane_commit_word(KEY, 2 * CAP, 64),
		0,
		UINT64_MAX,
		64,
		8,
	};
	struct lane_slot slot;

	advance_to(CAP);
	memcpy(writer.data, &forged[_i], 8);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	slot = reserve(64);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	slot.rec->ts_ns = 4;
	lane_commit(&writer, &slot, 64);
	ck_assert_uint_eq(take()->ts_ns, 4);
	ck_assert_uint_eq(reader.n_corrupt, 0);
}
END_TEST

START_TEST(stalled_record_is_skipped_when_there_is_one_behind)
{
	struct lane_slot stalled, other;
	uint64_t forged = lane_commit_word(0, 8, 64);

	advance_to(CAP - 128);
	stalled = reserve(256);
	memcpy(stalled.rec + 1, &forged, 8);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 1000), 0);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 1500), 500);
	ck_assert(!lane_reader_skip_stalled(&reader)); /* nothing behind it */
	other = reserve(64);
	ck_assert(!lane_reader_skip_stalled(&reader)); /* not committed either */
	put(72, 72, 3);
	ck_assert(lane_reader_skip_stalled(&reader)); /* over both */
	ck_assert_uint_eq(reader.n_corrupt, 1);
	ck_assert_uint_eq(take()->ts_ns, 3);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	lane_commit(&writer, &stalled, 64); /* too late: gives nothing back, is not read */
	lane_commit(&writer, &other, 64);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(prod(), reader.pos);
	ck_assert_uint_eq(writer.hdr->padded, 1);
}
END_TEST

START_TEST(record_that_came_after_all_is_not_skipped)
{
	struct lane_slot slot = reserve(64);

	put(64, 64, 2);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	slot.rec->ts_ns = 1;
	lane_commit(&writer, &slot, 64);
	ck_assert(lane_reader_skip_stalled(&reader));
	ck_assert_uint_eq(take()->ts_ns, 1);
	ck_assert_uint_eq(take()->ts_ns, 2);
	ck_assert_uint_eq(reader.n_corrupt, 0);
}
END_TEST

START_TEST(stall_is_measured_for_each_record)
{
	struct lane_slot slot = reserve(64);

	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 10), 0);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 30), 20);
	lane_commit(&writer, &slot, 64);
	take();
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	reserve(64);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 1000), 0);
	ck_assert_uint_eq(lane_reader_stalled(&reader, 1001), 1);
}
END_TEST

static Suite *lane_damage_suite(void)
{
	Suite *s = suite_create("lane_damage");
	TCase *tc = new_case(s, "cursor");

	tcase_add_test(tc, nonsense_cursor_reads_as_full);
	tcase_add_test(tc, random_cursor_never_leads_outside);
	tcase_add_test(tc, reader_resumes_at_its_cursor);
	tcase_add_loop_test(tc, reader_starts_anew_on_a_nonsense_cursor, 0, 7);
	tcase_add_test(tc, resume_inside_a_record_finds_the_next);
	tcase_add_test(tc, overrun_reader_goes_to_the_newest_position);
	tcase_add_test(tc, position_ahead_of_a_give_back_is_found);
	tc = new_case(s, "damage");
	tcase_add_test(tc, committed_and_not_reserved_is_nothing);
	tcase_add_loop_test(tc, corrupt_length_is_skipped_by_its_span, 0, 9);
	tcase_add_loop_test(tc, corrupt_span_resynchronises, 0, 5);
	tcase_add_test(tc, span_of_nothing_commits_nothing);
	tcase_add_loop_test(tc, forged_commit_word_is_refused, 0, 10);
	tc = new_case(s, "stall");
	tcase_add_test(tc, stalled_record_is_skipped_when_there_is_one_behind);
	tcase_add_test(tc, record_that_came_after_all_is_not_skipped);
	tcase_add_test(tc, stall_is_measured_for_each_record);
	return s;
}

int main(void)
{
	return run_suite(lane_damage_suite());
}
