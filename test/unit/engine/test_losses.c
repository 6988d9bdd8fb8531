/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"
#include "engine/losses.h"
#include "test/support/fake_lanes.h"

#define S 1000000000ULL

static struct fake_lanes fl;
static struct lane_reader readers[FL_LANES_MAX];
static struct losses *losses;

static void open_losses(void)
{
	struct losses_lane lanes[FL_LANES_MAX];

	fl_readers(&fl, readers);
	for (uint32_t i = 0; i < fl.n_lanes; i++) {
		uint32_t index = i == 0             ? fl_own(&fl)
				 : i <= fl.n_groups ? fl_vital(i - 1)
						    : fl_bulk(i - 1 - fl.n_groups);

		lanes[i] = (struct losses_lane){ .reader = &readers[i],
						 .index = index,
						 .lane_class = (uint8_t)readers[i].hdr->class };
	}
	losses = losses_new(lanes, fl.n_lanes, fl.page);
	ck_assert_ptr_nonnull(losses);
}

static void setup(void)
{
	fl_init(&fl, 2, LANE_CAPACITY_MIN);
	open_losses();
}

static void teardown(void)
{
	losses_free(losses);
	fl_done(&fl);
}

/* Fills the lane when it is not full yet, and loses `n` records of the event at `ts_ns`. */
static void lose(uint32_t lane, uint16_t event, unsigned int n, uint64_t ts_ns)
{
	struct rec_plain filler = { .hdr = { .event = EV_READ, .len = sizeof(filler) } };
	struct rec_plain rec = { .hdr = { .event = event, .len = sizeof(rec), .ts_ns = ts_ns } };
	struct lane_writer *w = &fl.writers[lane];

	while (atomic_load(&w->hdr->prod) - atomic_load(&fl.page->lane[lane].pos) +
		       sizeof(filler) <=
	       fl.capacity)
		ck_assert(fl_put(&fl, lane, &filler.hdr));
	while (n-- > 0)
		ck_assert(!fl_put(&fl, lane, &rec.hdr));
}

static struct rec_lost report(size_t i)
{
	struct rec_lost lost;

	memcpy(&lost, losses_record(losses, i), sizeof(lost));
	return lost;
}

static void check_names(size_t i, const char *event, const char *lane_class)
{
	const struct rec_hdr *rec = losses_record(losses, i);
	struct decode_value value;
	struct event ev;

	ck_assert_int_eq(decode_record(rec, rec->len, &ev), 0);
	ck_assert(decode_field(&ev, (unsigned int)event_def_field(ev.def, "event"), &value));
	ck_assert_uint_eq(value.len, strlen(event));
	ck_assert_mem_eq(value.bytes, event, value.len);
	ck_assert(decode_field(&ev, (unsigned int)event_def_field(ev.def, "lane_class"), &value));
	ck_assert_uint_eq(value.len, strlen(lane_class));
	ck_assert_mem_eq(value.bytes, lane_class, value.len);
}

START_TEST(reports_nothing_when_nothing_is_lost)
{
	ck_assert(!losses_is_pending(losses));
	ck_assert_uint_eq(losses_scan(losses, 1), 0);
}
END_TEST

START_TEST(reports_event_lane_count_and_times)
{
	struct rec_lost lost;

	lose(fl_bulk(1), EV_OPENAT, 1, 10 * S);
	lose(fl_bulk(1), EV_OPENAT, 6, 10 * S + 7);
	ck_assert(losses_is_pending(losses));
	ck_assert_uint_eq(losses_scan(losses, 11 * S), 1);
	lost = report(0);
	ck_assert_uint_eq(lost.hdr.event, EV_LOST_EVENTS);
	ck_assert_uint_eq(lost.hdr.ts_ns, 11 * S);
	ck_assert_uint_eq(lost.hdr.commit, 0);
	ck_assert_uint_eq(lost.count, 7);
	ck_assert_uint_eq(lost.first_ns, 10 * S);
	ck_assert_uint_eq(lost.last_ns, 10 * S + 7);
	ck_assert_uint_eq(lost.lane, fl_bulk(1));
	ck_assert_uint_eq(lost.lost_event, EV_OPENAT);
	ck_assert_uint_eq(lost.lane_class, LANE_BULK);
	check_names(0, "openat", "bulk");
	ck_assert(!losses_is_pending(losses));
	ck_assert_uint_eq(losses_scan(losses, 12 * S), 0);
}
END_TEST

START_TEST(reports_each_lane_and_event_apart)
{
	lose(fl_vital(0), EV_EXECVE, 2, S);
	lose(fl_bulk(0), EV_OPENAT, 3, S);
	lose(fl_bulk(0), EV_CLOSE, 4, S);
	lose(fl_own(&fl), EV_TASK, 5, S);
	ck_assert_uint_eq(losses_scan(losses, 2 * S), 4);
	check_names(0, "task", "collector");
	ck_assert_uint_eq(report(0).count, 5);
	check_names(1, "execve", "vital");
	ck_assert_uint_eq(report(1).count, 2);
	ck_assert_uint_eq(report(2).count + report(3).count, 7);
}
END_TEST

START_TEST(reports_what_came_since)
{
	lose(fl_bulk(0), EV_OPENAT, 3, 10 * S);
	ck_assert_uint_eq(losses_scan(losses, 10 * S + 100), 1);
	lose(fl_bulk(0), EV_OPENAT, 2, 10 * S + 200); /* the same burst */
	ck_assert_uint_eq(losses_scan(losses, 10 * S + 300), 1);
	ck_assert_uint_eq(report(0).count, 2);
	ck_assert_uint_eq(report(0).first_ns, 10 * S + 100); /* not what was told before */
	ck_assert_uint_eq(report(0).last_ns, 10 * S + 200);
}
END_TEST

START_TEST(times_stay_in_order_when_writers_raced)
{
	struct rec_lost lost;

	lose(fl_bulk(0), EV_OPENAT, 1, 10 * S);
	lose(fl_bulk(0), EV_OPENAT, 1, 9 * S);
	ck_assert_uint_eq(losses_scan(losses, 5 * S), 1);
	lost = report(0);
	ck_assert_uint_le(lost.first_ns, lost.last_ns);
	ck_assert_uint_le(lost.last_ns, 5 * S);
}
END_TEST

START_TEST(reports_records_that_made_no_sense)
{
	losses_add_bad(losses, 1);
	losses_add_bad(losses, 1);
	readers[3].n_corrupt += 3;
	losses_add_bad(losses, 9999); /* no such lane */
	ck_assert(losses_is_pending(losses));
	ck_assert_uint_eq(losses_scan(losses, S), 2);
	ck_assert_uint_eq(report(0).count, 2);
	ck_assert_uint_eq(report(0).lost_event, LOSSES_EVENT_UNKNOWN);
	check_names(0, "unknown", "vital");
	ck_assert_uint_eq(report(1).count, 3);
	check_names(1, "unknown", "bulk");
	ck_assert_uint_eq(losses_scan(losses, 2 * S), 0);
}
END_TEST

/* More than one scan has room for: nothing is reported twice or forgotten. */
START_TEST(goes_on_where_the_room_ended)
{
	uint64_t sum = 0, n_events = 0;
	size_t n, n_scans = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		lose(fl_bulk(0), event_defs[slot].id, slot % 3 + 1, S);
		sum += slot % 3 + 1;
	}
	while ((n = losses_scan(losses, 2 * S)) > 0) {
		ck_assert_uint_le(n, LOSSES_RECORDS);
		for (size_t i = 0; i < n; i++)
			sum -= report(i).count;
		n_events += n;
		n_scans++;
	}
	ck_assert_uint_eq(sum, 0);
	ck_assert_uint_eq(n_events, EVENT_SLOTS);
	ck_assert_uint_ge(n_scans, 2);
	ck_assert(!losses_is_pending(losses));
}
END_TEST

/* The sum is right; which of the lanes it was may be taken for another. */
START_TEST(the_next_engine_reports_the_rest)
{
	uint64_t n_openat = 0;
	size_t n;

	lose(fl_bulk(0), EV_OPENAT, 3, S);
	lose(fl_bulk(1), EV_OPENAT, 4, S);
	ck_assert_uint_eq(losses_scan(losses, 2 * S), 2);
	losses_publish(losses);
	lose(fl_bulk(0), EV_OPENAT, 10, 3 * S);
	lose(fl_vital(0), EV_EXECVE, 5, 3 * S);
	losses_free(losses);
	open_losses();
	ck_assert(losses_is_pending(losses));
	n = losses_scan(losses, 4 * S);
	ck_assert_uint_ge(n, 2);
	ck_assert_uint_eq(report(0).lost_event, EV_EXECVE);
	ck_assert_uint_eq(report(0).count, 5);
	for (size_t i = 1; i < n; i++) {
		ck_assert_uint_eq(report(i).lost_event, EV_OPENAT);
		n_openat += report(i).count;
	}
	ck_assert_uint_eq(n_openat, 10);
	losses_publish(losses);
	losses_free(losses);
	open_losses();
	ck_assert(!losses_is_pending(losses));
	ck_assert_uint_eq(losses_scan(losses, 5 * S), 0);
}
END_TEST

/* Scanned, and killed before it was delivered. */
START_TEST(the_next_engine_reports_again_what_was_not_published)
{
	lose(fl_bulk(0), EV_OPENAT, 3, S);
	ck_assert_uint_eq(losses_scan(losses, 2 * S), 1);
	losses_free(losses);
	open_losses();
	ck_assert_uint_eq(losses_scan(losses, 3 * S), 1);
	ck_assert_uint_eq(report(0).count, 3);
}
END_TEST

START_TEST(nonsense_in_the_cursor_page_means_again)
{
	lose(fl_bulk(0), EV_OPENAT, 3, S);
	atomic_store(&fl.page->reported[EV_OPENAT_slot], UINT64_MAX);
	losses_free(losses);
	open_losses();
	ck_assert_uint_eq(losses_scan(losses, 2 * S), 1);
	ck_assert_uint_eq(report(0).count, 3);
	losses_publish(losses);
	ck_assert_uint_eq(atomic_load(&fl.page->reported[EV_OPENAT_slot]), 3);
}
END_TEST

START_TEST(class_names)
{
	ck_assert_str_eq(losses_class_name(LANE_VITAL), "vital");
	ck_assert_str_eq(losses_class_name(LANE_BULK), "bulk");
	ck_assert_str_eq(losses_class_name(LANE_COLLECTOR), "collector");
	ck_assert_str_eq(losses_class_name(LANE_CLASSES), "unknown");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("losses");
	TCase *tc = tcase_create("report"), *again = tcase_create("restart");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, reports_nothing_when_nothing_is_lost);
	tcase_add_test(tc, reports_event_lane_count_and_times);
	tcase_add_test(tc, reports_each_lane_and_event_apart);
	tcase_add_test(tc, reports_what_came_since);
	tcase_add_test(tc, times_stay_in_order_when_writers_raced);
	tcase_add_test(tc, reports_records_that_made_no_sense);
	tcase_add_test(tc, goes_on_where_the_room_ended);
	tcase_add_test(tc, class_names);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(again, setup, teardown);
	tcase_add_test(again, the_next_engine_reports_the_rest);
	tcase_add_test(again, the_next_engine_reports_again_what_was_not_published);
	tcase_add_test(again, nonsense_in_the_cursor_page_means_again);
	suite_add_tcase(s, again);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
