/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a program, from lanes to output: what arrives, in which order, and after what. */
#include "test/unit/engine/engine_fixture.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

static void assert_each_once(size_t n)
{
	bool in_order;
	CLEANUP_FREE unsigned int *seen = marks_seen(n, &in_order);

	for (size_t i = 0; i < n; i++)
		ck_assert_msg(seen[i] == 1, "mark %zu was delivered %u times", i, seen[i]);
	ck_assert(in_order);
}

static const char *const loops[] = { "io_uring", "epoll" };

START_TEST(delivers_in_order_over_all_lanes)
{
	START("--events", "do_exit", "--loop", loops[_i]);
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 1000; i++)
		ck_assert(put_mark((uint32_t)(i * 7 % (int64_t)fl.n_lanes), i));
	wait_lines(out_path, 1000);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(1000);
}
END_TEST

/* One at a time, each after the engine has gone to sleep. */
START_TEST(wakes_up_for_each_record)
{
	START("--events", "do_exit", "--loop", loops[_i]);
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 50; i++) {
		uint64_t end_ns = now_boot_ns() + PATIENCE_NS;

		while (atomic_load(&fl.page->asleep) == 0)
			ck_assert_uint_lt(now_boot_ns(), end_ns);
		ck_assert(put_mark((uint32_t)i % 5, i));
		wait_lines(out_path, (size_t)i + 1);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(50);
}
END_TEST

static void await_sleep(uint32_t depth)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;

	while (atomic_load(&fl.page->asleep) != depth) {
		ck_assert_uint_lt(now_boot_ns(), end_ns);
		(void)usleep(100);
	}
}

/* A do_exit that nobody rings for. Returns true when the engine was to be woken after all. */
static bool put_silently(uint32_t lane, int64_t mark)
{
	struct rec_plain rec = { .hdr = { .ts_ns = now_boot_ns(),
					  .event = EV_DO_EXIT,
					  .len = sizeof(rec),
					  .ret = mark } };

	ck_assert(fl_put(&fl, lane, &rec.hdr));
	return lane_should_ring(&fl.writers[lane], fl.page, false) != 0;
}

/* ... comes with the next that rings, in its order, or else by itself. */
START_TEST(what_rings_nobody_comes_later)
{
	START("--events", "do_exit", "--loop", loops[_i]);
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 10; i += 2) {
		await_sleep(LANE_SLEEP_DEEP);
		ck_assert(!put_silently(fl_vital(0), i));
		ck_assert(put_mark(fl_bulk(1), i + 1));
		wait_lines(out_path, (size_t)i + 2);
	}
	await_sleep(LANE_SLEEP_DEEP);
	ck_assert(!put_silently(fl_vital(0), 10));
	wait_lines(out_path, 11);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(11);
}
END_TEST

/* As long as something is reserved every commit counts: that one may be what others wait for. */
START_TEST(sleeps_lightly_while_a_record_is_not_committed)
{
	struct lane_slot slot;

	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	await_sleep(LANE_SLEEP_DEEP);
	ck_assert_int_eq(lane_reserve(&fl.writers[fl_vital(0)], sizeof(struct rec_plain),
				      EV_DO_EXIT_slot, 1, &slot),
			 0);
	slot.rec->ts_ns = now_boot_ns();
	slot.rec->event = EV_DO_EXIT;
	slot.rec->ret = 0;
	ck_assert(put_mark(fl_bulk(1), 1)); /* wakes it; then it waits for the other */
	await_sleep(LANE_SLEEP_LIGHT);
	lane_commit(&fl.writers[fl_vital(0)], &slot, sizeof(struct rec_plain));
	fl_ring_for(&fl, fl_vital(0), false);
	wait_lines(out_path, 2);
	await_sleep(LANE_SLEEP_DEEP);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(out_path), 2);
}
END_TEST

START_TEST(delivers_what_was_there_before_it)
{
	for (int64_t i = 0; i < 100; i++)
		ck_assert(put_mark(fl_bulk(i % 2), i));
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	wait_lines(out_path, 100);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(100);
}
END_TEST

START_TEST(delivers_the_rest_when_it_is_stopped)
{
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(kill(engine, SIGSTOP), 0);
	for (int64_t i = 1; i < 5000; i++)
		ck_assert(put_mark(fl_bulk(i % 2), i));
	ck_assert_int_eq(kill(engine, SIGTERM), 0);
	ck_assert_int_eq(kill(engine, SIGCONT), 0);
	ck_assert_int_eq(wait_end(), EXIT_CODE_OK);
	assert_each_once(5000);
	for (uint32_t i = 0; i < fl.n_lanes; i++) /* and says so to the next one */
		ck_assert_uint_eq(atomic_load(&fl.page->lane[i].pos),
				  atomic_load(&fl.writers[i].hdr->prod));
}
END_TEST

START_TEST(asks_for_what_it_needs)
{
	START("--events", "openat", "--output", "option:exec-env", "--trace-self");
	fc_serve(&fc, &fl);
	ck_assert_uint_eq(fc.plan.generation, 1);
	ck_assert_uint_eq(fc.plan.options,
			  CONTROL_PLAN_EXEC_ENV | CONTROL_PLAN_TRACE_SELF | CONTROL_PLAN_HEARTBEAT);
	ck_assert(fc.plan.events[EV_OPENAT_slot / 64] & 1ULL << (EV_OPENAT_slot % 64));
	ck_assert(fc.plan.rings[EV_OPENAT_slot / 64] & 1ULL << (EV_OPENAT_slot % 64));
	ck_assert(fc.plan.events[EV_SCHED_PROCESS_EXIT_slot / 64] &
		  1ULL << (EV_SCHED_PROCESS_EXIT_slot % 64));
	ck_assert(!(fc.plan.rings[EV_SCHED_PROCESS_EXIT_slot / 64] &
		    1ULL << (EV_SCHED_PROCESS_EXIT_slot % 64)));
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(says_once_which_event_is_not_available)
{
	struct control_hello hello = fc_hello(&fl);

	START("--events", "do_exit");
	for (int i = 0; i < 2; i++) {
		fc_accept(&fc);
		fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
		fc_receive(&fc, CONTROL_PLAN, &fc.plan, sizeof(fc.plan));
		ck_assert_uint_eq(fc.plan.generation, (uint64_t)i + 1);
		fc_send_plan_status(&fc, EV_DO_EXIT);
		if (i == 0)
			fc_disconnect(&fc);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_SAID("event 'do_exit' is not available: the kernel refused the program (EACCES)");
	ck_assert_ptr_null(strstr(strstr(read_text, "not available") + 1, "not available"));
}
END_TEST

/* A killed engine's successor goes on at the cursor: twice is allowed, never is not. */
START_TEST(killed_engine_loses_nothing)
{
	const int64_t n = 20000;
	CLEANUP_FREE unsigned int *seen = NULL;
	bool in_order;

	for (int64_t i = 0; i < n; i++) {
		if (i % 4000 == 0) {
			if (engine > 0) {
				ck_assert_int_eq(kill(engine, SIGKILL), 0);
				(void)waitpid(engine, NULL, 0);
				fc_disconnect(&fc);
			}
			START("--events", "do_exit");
			fc_serve(&fc, &fl);
		}
		ck_assert(put_mark((uint32_t)i % 5, i));
		if (i % 100 == 0)
			(void)usleep(200);
	}
	wait_text(out_path, "\"returnValue\":19999,");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_ptr_null(strstr(contents(out_path), "lost_events"));
	seen = marks_seen((size_t)n, &in_order);
	for (int64_t i = 0; i < n; i++)
		ck_assert_msg(seen[i] >= 1, "mark %d was lost", (int)i);
}
END_TEST

START_TEST(waits_for_a_collector_that_was_gone)
{
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	fc_close(&fc);
	wait_text(err_path, "collector is gone: waiting for it");
	ck_assert(put_mark(1, 1)); /* pinned programs would go on: so does the engine */
	wait_lines(out_path, 2);
	fl_done(&fl);
	fl_init(&fl, 2, 1U << 20);
	fc_listen(&fc, sock_path);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(2, 2));
	wait_lines(out_path, 3);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(3);
}
END_TEST

/* The same lanes from a new collector, as with pinned maps. */
START_TEST(goes_on_in_the_same_lanes)
{
	START("--events", "do_exit");
	for (int64_t i = 0; i < 10; i++) {
		fc_serve(&fc, &fl);
		ck_assert(put_mark(1, 2 * i));
		fc_disconnect(&fc);
		ck_assert(put_mark(1, 2 * i + 1));
	}
	wait_lines(out_path, 20);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(20);
}
END_TEST

START_TEST(ends_with_its_collector)
{
	START("--events", "do_exit", "--exit-with-collector");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(kill(engine, SIGSTOP), 0);
	for (int64_t i = 1; i < 5000; i++)
		ck_assert(put_mark(fl_bulk(0), i));
	fc_disconnect(&fc);
	ck_assert_int_eq(kill(engine, SIGCONT), 0);
	ck_assert_int_eq(wait_end(), EXIT_CODE_OK);
	assert_each_once(5000);
}
END_TEST

START_TEST(waits_for_its_first_collector)
{
	fc_close(&fc);
	START("--events", "do_exit", "--wait");
	wait_text(err_path, "waiting for it");
	fc_listen(&fc, sock_path);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* What came out: events of the kind that was put, and how many were reported as lost. */
static void count_output(size_t *ret_n_events, uint64_t *ret_n_lost)
{
	static const char key[] = "\"name\":\"count\",\"type\":\"unsigned long\",\"value\":";
	const char *line;
	size_t at = 0;

	*ret_n_events = 0;
	*ret_n_lost = 0;
	(void)contents(out_path);
	while ((line = next_line(&at)) != NULL) {
		const char *count = strstr(line, key);

		*ret_n_events += strstr(line, "\"eventName\":\"do_exit\"") != NULL;
		if (count)
			*ret_n_lost += strtoull(count + sizeof(key) - 1, NULL, 10);
	}
}

static void assert_accounted(uint64_t n_put, uint64_t n_full)
{
	size_t n_events;
	uint64_t n_lost;

	count_output(&n_events, &n_lost);
	ck_assert_uint_eq(n_lost, n_full);
	ck_assert_uint_eq(n_events + n_lost, n_put);
}

/* Lanes that are full soon. */
static void use_small_lanes(void)
{
	fl_done(&fl);
	fl_init(&fl, 2, LANE_CAPACITY_MIN);
}

START_TEST(accounts_for_every_record_of_a_flood)
{
	uint64_t n_put = 0, n_full = 0;

	use_small_lanes();
	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	for (int round = 0; round < 3; round++) {
		ck_assert_int_eq(kill(engine, SIGSTOP), 0);
		for (int64_t i = 0; i < 8000; i++, n_put++)
			n_full += !put_mark(fl_bulk(i % 2), 1);
		ck_assert_int_eq(kill(engine, SIGCONT), 0);
		(void)usleep(50000);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_uint_gt(n_full, 0);
	assert_accounted(n_put, n_full);
}
END_TEST

/* What was lost while no engine was there is told by the next one, once. */
START_TEST(accounts_across_a_restart)
{
	uint64_t n_put = 0, n_full = 0;

	use_small_lanes();
	for (int round = 0; round < 2; round++) {
		for (int64_t i = 0; i < 8000; i++, n_put++)
			n_full += !put_mark(fl_bulk(i % 2), 1);
		START("--events", "do_exit");
		fc_serve(&fc, &fl);
		ck_assert_int_eq(stop(), EXIT_CODE_OK);
		fc_disconnect(&fc);
	}
	ck_assert_uint_gt(n_full, 0);
	assert_accounted(n_put, n_full);
}
END_TEST

START_TEST(goes_on_past_a_record_that_is_not_committed)
{
	struct lane_slot slot;

	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(
		lane_reserve(&fl.writers[2], sizeof(struct rec_plain), EV_DO_EXIT_slot, 1, &slot),
		0);
	slot.rec->ts_ns = now_boot_ns();
	for (int64_t i = 1; i < 10; i++)
		ck_assert(put_mark(1, i));
	wait_lines(out_path, 10);
	ck_assert_uint_eq(atomic_load(&fl.page->stalls), 1);
	slot.rec->event = EV_DO_EXIT;
	slot.rec->ret = 10;
	lane_commit(&fl.writers[2], &slot, sizeof(struct rec_plain));
	fl_ring(&fl);
	wait_lines(out_path, 11);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_each_once(11); /* the late one last, though it is older */
}
END_TEST

START_TEST(counts_records_without_sense_as_lost)
{
	struct rec_plain rec = { .hdr = { .ts_ns = 1, .event = 9999, .len = sizeof(rec) } };

	START("--events", "do_exit");
	fc_serve(&fc, &fl);
	ck_assert(fl_put(&fl, fl_vital(1), &rec.hdr));
	fl_ring(&fl);
	wait_text(out_path, "\"value\":\"unknown\"");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	assert_accounted(1, 1);
}
END_TEST

START_TEST(ends_after_its_duration)
{
	uint64_t began_ns = now_boot_ns();

	START("--events", "do_exit", "--duration", "300ms");
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	ck_assert_int_eq(wait_end(), EXIT_CODE_OK);
	ck_assert_uint_ge(now_boot_ns() - began_ns, 300000000);
	assert_each_once(1);
}
END_TEST

START_TEST(replays_what_it_recorded)
{
	char recording[64], live[64];
	CLEANUP_FREE char *expected = NULL;

	path_of(recording, sizeof(recording), "r.wring");
	path_of(live, sizeof(live), "live");
	START("--events", "do_exit", "--record", recording, "--output", "json");
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 40000; i++)
		(void)put_mark((uint32_t)i % 5, i);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	expected = strdup(contents(out_path));
	ck_assert_ptr_nonnull(expected);
	ck_assert_int_eq(rename(out_path, live), 0);
	ck_assert_int_eq(chmod(recording, 0644), 0);
	START("--events", "do_exit", "--replay", recording);
	ck_assert_int_eq(wait_end(), EXIT_CODE_OK);
	ck_assert_str_eq(contents(out_path), expected);
}
END_TEST

START_TEST(records_without_printing)
{
	char recording[64];
	struct stat st;

	path_of(recording, sizeof(recording), "r.wring");
	START("--events", "do_exit", "--record", recording);
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 100; i++)
		ck_assert(put_mark(0, i));
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_str_eq(contents(out_path), "");
	ck_assert_int_eq(stat(recording, &st), 0);
	ck_assert_int_gt(st.st_size, 100 * (int)sizeof(struct rec_plain));
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

/* The document, in calloc'ed memory. */
static char *ask_status(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM, 0);
	struct control_status status = { .uptime_ns = 4711 };
	struct control_status_ask ask;
	const size_t cap = 1U << 20;
	char *text = calloc(1, cap);
	size_t len = 0;
	ssize_t n;

	ck_assert_ptr_nonnull(text);
	memcpy(addr.sun_path, path, strlen(path));
	ck_assert_int_eq(connect(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	fc_receive(&fc, CONTROL_STATUS_ASK, &ask, sizeof(ask));
	control_hdr_init(&status.hdr, CONTROL_STATUS, sizeof(status));
	fc_send(&fc, &status, sizeof(status));
	while ((n = read(sock, text + len, cap - len - 1)) > 0)
		len += (size_t)n;
	return text;
}

START_TEST(tells_how_it_is)
{
	char path[64];
	CLEANUP_FREE char *text = NULL;

	path_of(path, sizeof(path), "status");
	start_with(-1,
		   (const char *const[]){ "--events", "do_exit", "--status-socket", path, NULL });
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	text = ask_status(path);
	ck_assert_ptr_nonnull(strstr(text, "\"events_delivered\":1,"));
	ck_assert_ptr_nonnull(strstr(text, "\"connected\":true,"));
	ck_assert_ptr_nonnull(strstr(text, "\"uptime_ns\":4711,"));
	ck_assert_ptr_nonnull(
		strstr(text, "\"event\":\"do_exit\",\"id\":718,\"state\":\"attached\""));
	ck_assert_ptr_nonnull(strstr(text, "\"class\":\"collector\""));
	ck_assert_ptr_nonnull(strstr(text, "\"name\":\"stdout\",\"events\":1,"));
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(reports_progress_and_ends_with_its_reader)
{
	int ends[2];
	char number[16], line[128] = "";
	unsigned long records, lost, bytes, elapsed;

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
	(void)snprintf(number, sizeof(number), "%d", ends[1]); /* short */
	START("--events", "do_exit", "--progress-fd", number);
	ck_assert_int_eq(close(ends[1]), 0);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = ends[0], .events = POLLIN }, 1, 20000), 1);
	ck_assert_int_gt(read(ends[0], line, sizeof(line) - 1), 0);
	ck_assert_int_eq(sscanf(line, "%lu %lu %lu %lu\n", &records, &lost, &bytes, &elapsed), 4);
	ck_assert_uint_le(records, 1);
	ck_assert_uint_ge(elapsed, 500000000);
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(wait_end(), EXIT_CODE_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine");
	TCase *deliver = tcase_create("deliver"), *restart = tcase_create("restart"),
	      *account = tcase_create("account"), *other = tcase_create("other");
	TCase *all[] = { deliver, restart, account, other };
	SRunner *sr = srunner_create(s);
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		tcase_add_checked_fixture(all[i], setup, teardown);
		tcase_set_timeout(all[i], 60);
		suite_add_tcase(s, all[i]);
	}
	tcase_add_loop_test(deliver, delivers_in_order_over_all_lanes, 0, ARRAY_LEN(loops));
	tcase_add_loop_test(deliver, wakes_up_for_each_record, 0, ARRAY_LEN(loops));
	tcase_add_loop_test(deliver, what_rings_nobody_comes_later, 0, ARRAY_LEN(loops));
	tcase_add_test(deliver, sleeps_lightly_while_a_record_is_not_committed);
	tcase_add_test(deliver, delivers_what_was_there_before_it);
	tcase_add_test(deliver, delivers_the_rest_when_it_is_stopped);
	tcase_add_test(deliver, asks_for_what_it_needs);
	tcase_add_test(deliver, says_once_which_event_is_not_available);
	tcase_add_test(restart, killed_engine_loses_nothing);
	tcase_add_test(restart, waits_for_a_collector_that_was_gone);
	tcase_add_test(restart, goes_on_in_the_same_lanes);
	tcase_add_test(restart, ends_with_its_collector);
	tcase_add_test(restart, waits_for_its_first_collector);
	tcase_add_test(account, accounts_for_every_record_of_a_flood);
	tcase_add_test(account, accounts_across_a_restart);
	tcase_add_test(account, goes_on_past_a_record_that_is_not_committed);
	tcase_add_test(account, counts_records_without_sense_as_lost);
	tcase_add_test(other, ends_after_its_duration);
	tcase_add_test(other, replays_what_it_recorded);
	tcase_add_test(other, records_without_printing);
	tcase_add_test(other, tells_how_it_is);
	tcase_add_test(other, reports_progress_and_ends_with_its_reader);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
