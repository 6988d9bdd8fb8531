/* SPDX-License-Identifier: Apache-2.0 */
/* The lane, one thread at a time: what goes in comes out, and what does not fit is counted. */
#include "common/lane_reader.h"
#include "common/lane_writer.h"

#include <errno.h>

#include "common/cleanup.h"

#include "test/unit/common/lane_fixture.h"

START_TEST(format_refuses_bad_arguments)
{
	static const struct {
		uint64_t capacity;
		uint32_t class;
	} bad[] = {
		{ 0, 0 },
		{ LANE_CAPACITY_MIN / 2, 0 },
		{ LANE_CAPACITY_MIN + 8, 0 },
		{ 3 * LANE_CAPACITY_MIN, 0 },
		{ 2ULL * LANE_CAPACITY_MAX, 0 },
		{ UINT64_MAX, 0 },
		{ LANE_CAPACITY_MIN, LANE_CLASSES },
	};
	struct lane_hdr *hdr = (struct lane_hdr *)map;

	hdr->magic = 0;
	ck_assert_int_eq(lane_format(map, bad[_i].capacity, bad[_i].class, 0, KEY, &err), -EINVAL);
	ck_assert_uint_ne(strlen(err.text), 0);
	ck_assert_uint_eq(hdr->magic, 0);
}
END_TEST

START_TEST(init_refuses_what_is_no_lane)
{
	struct lane_hdr *hdr = (struct lane_hdr *)map;
	size_t bytes = MAP_BYTES;
	struct lane_reader r;
	struct lane_writer w;

	switch (_i) {
	case 0:
		hdr->magic ^= 1;
		break;
	case 1:
		hdr->version = LANE_VERSION + 1;
		break;
	case 2:
		hdr->class = LANE_CLASSES;
		break;
	case 3:
		hdr->capacity = CAP * 2; /* longer than the mapping */
		break;
	case 4:
		hdr->capacity = CAP - 8;
		break;
	case 5:
		hdr->capacity = 0;
		break;
	case 6:
		hdr->capacity = 1ULL << 63;
		break;
	case 7:
		bytes = MAP_BYTES - 1;
		break;
	case 8:
		bytes = sizeof(*hdr) - 1;
		break;
	default:
		bytes = 0;
	}
	ck_assert_int_eq(lane_reader_init(&r, map, bytes, &page->lane[0], &err), -EPROTO);
	ck_assert_int_eq(err.code, -EPROTO);
	ck_assert_int_eq(lane_writer_init(&w, map, bytes, &page->lane[0], NULL), -EPROTO);
}
END_TEST

START_TEST(record_comes_out_as_it_went_in)
{
	struct lane_slot slot = reserve(100);
	const struct rec_hdr *rec;

	ck_assert_uint_eq(slot.max, 104);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	memset(slot.rec + 1, 'x', 30);
	slot.rec->event = 257;
	slot.rec->ret = -2;
	lane_commit(&writer, &slot, HDR + 30);

	ck_assert_uint_eq(lane_reader_fill(&reader), 72);
	ck_assert_int_eq(lane_reader_peek(&reader, &rec), LANE_PEEK_RECORD);
	ck_assert_int_eq(lane_reader_peek(&reader, &rec), LANE_PEEK_RECORD); /* not moved */
	ck_assert_uint_eq(rec->len, 72);
	ck_assert_uint_eq(rec->event, 257);
	ck_assert_int_eq(rec->ret, -2);
	ck_assert_int_eq(memcmp(rec + 1, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\0\0", 32), 0);
	lane_reader_next(&reader);
	lane_reader_next(&reader); /* nothing was peeked: stays */
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
	ck_assert_uint_eq(lane_reader_fill(&reader), 0);
	ck_assert_uint_eq(get_cursor(), 0);
	lane_reader_release(&reader);
	ck_assert_uint_eq(get_cursor(), 72);
}
END_TEST

START_TEST(record_at_the_end_lies_whole_in_the_slack)
{
	static const uint32_t at_end[] = { 8, 16, HDR, 64 }; /* bytes of the ring that are left */
	uint64_t pos = 3 * CAP - at_end[_i];
	struct lane_slot slot;
	const struct rec_hdr *rec;

	advance_to(pos);
	slot = put(LANE_RECORD_MAX, LANE_RECORD_MAX, 7);
	ck_assert_ptr_eq(slot.rec, writer.data + CAP - at_end[_i]);
	put(HDR, HDR, 8); /* the next one: at the front, behind as many bytes */
	rec = take();
	ck_assert_uint_eq(rec->ts_ns, 7);
	ck_assert_uint_eq(rec->len, LANE_RECORD_MAX);
	ck_assert_uint_eq(((const uint8_t *)rec)[LANE_RECORD_MAX - 1], 0xa5);
	rec = take();
	ck_assert_ptr_eq(rec, reader.data + LANE_RECORD_MAX - at_end[_i]);
	ck_assert_uint_eq(rec->ts_ns, 8);
	ck_assert_uint_eq(reader.n_corrupt, 0);
}
END_TEST

START_TEST(give_back_returns_the_tail)
{
	put(4096, 64, 1);
	ck_assert_uint_eq(prod(), 64);
	put(HDR, HDR, 2);
	ck_assert_uint_eq(take()->ts_ns, 1);
	ck_assert_uint_eq(take()->ts_ns, 2);
	ck_assert_uint_eq(writer.hdr->padded, 0);
}
END_TEST

START_TEST(give_back_fails_behind_a_reservation)
{
	struct lane_slot first = reserve(4096), second = reserve(128);

	first.rec->ts_ns = 1;
	lane_commit(&writer, &first, 64);
	ck_assert_uint_eq(prod(), 4096 + 128);
	ck_assert_uint_eq(writer.hdr->padded, 1);
	ck_assert_uint_eq(take()->len, 64);
	ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
	ck_assert_uint_eq(reader.pos, 4096);
	second.rec->ts_ns = 2;
	lane_commit(&writer, &second, 64); /* nobody behind this one */
	ck_assert_uint_eq(prod(), 4096 + 64);
	ck_assert_uint_eq(take()->ts_ns, 2);
	ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
}
END_TEST

START_TEST(commit_bounds_what_was_used)
{
	ck_assert_uint_eq(put(64, 0, 1).max, 64);
	ck_assert_uint_eq(take()->len, HDR);
	put(64, UINT32_MAX, 1);
	ck_assert_uint_eq(take()->len, 64);
	ck_assert_uint_eq(prod(), HDR + 64);
}
END_TEST

START_TEST(loss_is_counted_by_slot_and_burst)
{
	struct lane_loss_seen loss;
	struct lane_slot slot;

	while (lane_reserve(&writer, 4096, 7, 0, &slot) == 0)
		lane_commit(&writer, &slot, 4096);
	ck_assert_uint_eq(prod(), CAP);
	ck_assert_uint_eq(lane_reader_lost_total(&reader), 1); /* the one that ended the loop */
	ck_assert_int_eq(lane_reserve(&writer, HDR, 5, 1000, &slot), -ENOBUFS);
	ck_assert_int_eq(lane_reserve(&writer, HDR, 5, 1000 + LANE_BURST_NS, &slot), -ENOBUFS);
	lane_reader_loss(&reader, 5, &loss);
	ck_assert_uint_eq(loss.count, 2);
	ck_assert_uint_eq(loss.burst_ns, 1000);
	ck_assert_uint_eq(loss.last_ns, 1000 + LANE_BURST_NS);
	ck_assert_int_eq(lane_reserve(&writer, HDR, 5, 1001 + 2 * LANE_BURST_NS, &slot), -ENOBUFS);
	ck_assert_int_eq(lane_reserve(&writer, HDR, 5, 999, &slot), -ENOBUFS); /* an older clock */
	lane_reader_loss(&reader, 5, &loss);
	ck_assert_uint_eq(loss.count, 4);
	ck_assert_uint_eq(loss.burst_ns, 1001 + 2 * LANE_BURST_NS);
	ck_assert_uint_eq(loss.last_ns, 1001 + 2 * LANE_BURST_NS);
	ck_assert_uint_eq(lane_reader_lost_total(&reader), 5);
	lane_reader_loss(&reader, 6, &loss);
	ck_assert_uint_eq(loss.count, 0);
	lane_reader_loss(&reader, LANE_SLOTS, &loss);
	ck_assert_uint_eq(loss.count, 0);

	take(); /* room again, once it is published */
	ck_assert_int_eq(lane_reserve(&writer, 4096, 5, 1, &slot), -ENOBUFS);
	lane_reader_release(&reader);
	ck_assert_int_eq(lane_reserve(&writer, 4104, 5, 1, &slot), -ENOBUFS);
	ck_assert_int_eq(lane_reserve(&writer, 4096, 5, 1, &slot), 0);
}
END_TEST

START_TEST(reserve_refuses_what_no_lane_can_hold)
{
	struct lane_slot slot = { .max = 77 };

	ck_assert_int_eq(lane_reserve(&writer, LANE_RECORD_MAX + 1, 1, 1, &slot), -EMSGSIZE);
	ck_assert_int_eq(lane_reserve(&writer, UINT32_MAX, 1, 1, &slot), -EMSGSIZE);
	ck_assert_int_eq(lane_reserve(&writer, HDR - 1, 1, 1, &slot), -EINVAL);
	ck_assert_int_eq(lane_reserve(&writer, HDR, LANE_SLOTS, 1, &slot), -EINVAL);
	ck_assert_uint_eq(slot.max, 77);
	ck_assert_uint_eq(prod(), 0);
	ck_assert_uint_eq(lane_reader_lost_total(&reader), 0);
	ck_assert_int_eq(lane_reserve(&writer, LANE_RECORD_MAX, LANE_SLOTS - 1, 1, &slot), 0);
}
END_TEST

/* Every place of the ring held a committed record a lap ago. */
START_TEST(earlier_lap_is_never_read_again)
{
	uint64_t laps = 3, n = laps * CAP / 64;

	for (uint64_t i = 0; i < n; i++) {
		struct lane_slot slot;

		ck_assert_int_eq(peek(), LANE_PEEK_EMPTY);
		slot = reserve(64);
		ck_assert_int_eq(peek(), LANE_PEEK_BUSY);
		slot.rec->ts_ns = i;
		lane_commit(&writer, &slot, 64);
		ck_assert_uint_eq(take()->ts_ns, i);
		lane_reader_release(&reader);
	}
}
END_TEST

START_TEST(release_to_holds_back_what_follows)
{
	put(64, 64, 1);
	put(64, 64, 2);
	take();
	take();
	lane_reader_release_to(&reader, 64);
	ck_assert_uint_eq(get_cursor(), 64);
	lane_reader_release_to(&reader, 192); /* not peeked yet */
	ck_assert_uint_eq(get_cursor(), 64);
	lane_reader_release(&reader);
	ck_assert_uint_eq(get_cursor(), 128);
}
END_TEST

START_TEST(has_more_sees_commits_and_reservations)
{
	struct lane_slot slot;

	ck_assert(!lane_reader_has_more(&reader));
	slot = reserve(64);
	ck_assert(lane_reader_has_more(&reader));
	lane_commit(&writer, &slot, 64);
	ck_assert(lane_reader_has_more(&reader));
	take();
	ck_assert(!lane_reader_has_more(&reader)); /* released or not */
}
END_TEST

START_TEST(bell_is_rung_once_for_each_sleep)
{
	for (int rings = 0; rings <= 1; rings++) { /* a light sleeper does not care */
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 0);
		lane_sleep_begin(page);
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 1);
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 0);
		lane_sleep_begin(page);
		lane_sleep_end(page);
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 0);
		atomic_store_explicit(&page->asleep, 0xdeadU, memory_order_relaxed); /* a liar */
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 1);
		ck_assert_int_eq(lane_should_ring(&writer, page, rings), 0);
	}
}
END_TEST

START_TEST(deep_sleep_is_for_what_does_not_ring)
{
	lane_sleep_begin(page);
	lane_sleep_deeper(page);
	ck_assert_int_eq(lane_should_ring(&writer, page, false), 0);
	ck_assert_int_eq(lane_should_ring(&writer, page, false), 0);
	ck_assert_int_eq(lane_should_ring(&writer, page, true), 1);
	ck_assert_int_eq(lane_should_ring(&writer, page, true), 0);
	lane_sleep_deeper(page); /* rung already: it stays awake */
	ck_assert_int_eq(lane_should_ring(&writer, page, true), 0);
	lane_sleep_begin(page);
	lane_sleep_deeper(page);
	lane_sleep_begin(page); /* light again */
	ck_assert_int_eq(lane_should_ring(&writer, page, false), 1);
}
END_TEST

/* What does not ring is not lost for want of a reader: a quarter of the lane wakes it. */
START_TEST(a_lane_that_fills_wakes_a_deep_sleeper)
{
	struct lane_slot slot;
	uint64_t filled = 0;
	bool rang = false;

	lane_sleep_begin(page);
	lane_sleep_deeper(page);
	while (!rang) {
		slot = reserve(1024);
		lane_commit(&writer, &slot, 1024);
		filled += 1024;
		rang = lane_should_ring(&writer, page, false) != 0;
		ck_assert_uint_le(filled, LANE_FILLING(writer.capacity));
	}
	ck_assert_uint_eq(filled, LANE_FILLING(writer.capacity));
}
END_TEST

static Suite *lane_suite(void)
{
	Suite *s = suite_create("lane");
	TCase *tc = new_case(s, "init");

	tcase_add_loop_test(tc, format_refuses_bad_arguments, 0, 7);
	tcase_add_loop_test(tc, init_refuses_what_is_no_lane, 0, 10);
	tc = new_case(s, "round trip");
	tcase_add_test(tc, record_comes_out_as_it_went_in);
	tcase_add_loop_test(tc, record_at_the_end_lies_whole_in_the_slack, 0, 4);
	tcase_add_test(tc, give_back_returns_the_tail);
	tcase_add_test(tc, give_back_fails_behind_a_reservation);
	tcase_add_test(tc, commit_bounds_what_was_used);
	tcase_add_test(tc, release_to_holds_back_what_follows);
	tcase_add_test(tc, earlier_lap_is_never_read_again);
	tc = new_case(s, "full");
	tcase_add_test(tc, loss_is_counted_by_slot_and_burst);
	tcase_add_test(tc, reserve_refuses_what_no_lane_can_hold);
	tc = new_case(s, "sleep");
	tcase_add_test(tc, has_more_sees_commits_and_reservations);
	tcase_add_test(tc, bell_is_rung_once_for_each_sleep);
	tcase_add_test(tc, deep_sleep_is_for_what_does_not_ring);
	tcase_add_test(tc, a_lane_that_fills_wakes_a_deep_sleeper);
	return s;
}

int main(void)
{
	return run_suite(lane_suite());
}
