/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `warder bench` that need no privileges. No time is asserted. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_arrivals.h"
#include "tools/bench_audit.h"
#include "tools/bench_clock.h"
#include "tools/bench_lane_round.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/bench_workload.h"

/* --- Samples. --------------------------------------------------------------------------------- */

static const struct {
	double values[8];
	size_t n;
	double share, expected;
} shares[] = {
	{ { 3, 1, 2 }, 3, 0, 1 },       { { 3, 1, 2 }, 3, 0.5, 2 },
	{ { 3, 1, 2 }, 3, 1, 3 },       { { 4, 1, 2, 3 }, 4, 0.5, 2.5 },
	{ { 4, 1, 2, 3 }, 4, 0.75, 3 }, { { 4, 1, 2, 3 }, 4, 0.76, 4 },
	{ { 7 }, 1, 0.99, 7 },          { { 7, 7, 1, 1 }, 4, 0.25, 1 },
};

START_TEST(samples_give_measured_values)
{
	struct bench_samples s = { .v = NULL };

	for (size_t i = 0; i < shares[_i].n; i++)
		bsamples_add(&s, shares[_i].values[i]);
	ck_assert_double_eq(bsamples_at(&s, shares[_i].share), shares[_i].expected);
	bsamples_done(&s);
}
END_TEST

START_TEST(samples_grow)
{
	CLEANUP_SAMPLES struct bench_samples s = { .v = NULL };

	ck_assert(isnan(bsamples_at(&s, 0.5)));
	for (int i = 1000; i > 0; i--)
		bsamples_add(&s, i);
	ck_assert_uint_eq(s.n, 1000);
	ck_assert_double_eq(bsamples_at(&s, 0), 1);
	ck_assert_double_eq(bsamples_at(&s, 0.5), 500.5);
	ck_assert_double_eq(bsamples_at(&s, 0.99), 990);
	ck_assert_double_eq(bsamples_at(&s, 1), 1000);
}
END_TEST

/* --- Report. ---------------------------------------------------------------------------------- */

static const struct bench_column columns[] = {
	{ "What", "what", BENCH_TEXT },     { ">Count", "count", BENCH_COUNT },
	{ ">ns", "ns", BENCH_REAL },        { ">per s", "per_s", BENCH_RATE },
	{ ">MiB", "bytes", BENCH_BYTES },   { NULL, "hidden", BENCH_COUNT },
	{ ">only here", NULL, BENCH_REAL },
};

static char *printed(struct bench_report *r, bool json)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(breport_print(r, out, json), 0);
	ck_assert_int_eq(fclose(out), 0);
	return text;
}

static struct bench_report *full_report(void)
{
	const struct bench_cell one[] = { bench_text("first"),   bench_number(1234567),
					  bench_number(1.234),   bench_number(2.5e6),
					  bench_number(3 << 20), bench_number(9),
					  bench_number(12345.6) };
	const struct bench_cell two[] = { bench_text(NULL),      bench_number(NAN),
					  bench_number(-70.25),  bench_number(20000),
					  bench_number(NAN),     bench_number(NAN),
					  bench_number(INFINITY) };
	struct bench_report *r = breport_new("test");
	struct bench_table *t;

	ck_assert_ptr_nonnull(r);
	t = breport_table(r, "A title", "things", columns, ARRAY_LEN(columns));
	breport_row(t, one);
	breport_row(t, two);
	breport_note(r, "note %d", 1);
	return r;
}

static const char *const lines[] = {
	"\nA title\n",
	"What     Count     ns   per s  MiB  only here\n",
	"first  1234567   1.23  2.50 M  3.0      12346\n",
	"             -  -70.2  20.0 k    -          -\n",
	"\nnote: note 1\n",
};

START_TEST(report_is_a_table_for_people)
{
	CLEANUP_BREPORT struct bench_report *r = full_report();
	CLEANUP_FREE char *text = printed(r, false);

	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		ck_assert_msg(strstr(text, lines[i]), "no '%s' in:\n%s", lines[i], text);
	ck_assert_msg(strncmp(text, "warder ", 7) == 0, "begins with: %s", text);
	ck_assert_ptr_null(strstr(text, "hidden"));
}
END_TEST

START_TEST(report_is_one_document)
{
	CLEANUP_BREPORT struct bench_report *r = full_report();
	CLEANUP_FREE char *text = printed(r, true);
	json_t *doc = json_loads(text, 0, NULL), *first, *second;

	ck_assert_msg(doc != NULL, "no JSON: %s", text);
	ck_assert_str_eq(json_string_value(json_object_get(doc, "bench")), "test");
	ck_assert(json_is_string(json_object_get(doc, "version")));
	ck_assert_int_gt(json_integer_value(json_object_get(doc, "n_cpus")), 0);
	ck_assert_ptr_nonnull(json_object_get(doc, "audit_enabled"));
	first = json_array_get(json_object_get(doc, "things"), 0);
	second = json_array_get(json_object_get(doc, "things"), 1);
	ck_assert_uint_eq(json_array_size(json_object_get(doc, "things")), 2);
	ck_assert_uint_eq(json_object_size(first), 6);
	ck_assert_str_eq(json_string_value(json_object_get(first, "what")), "first");
	ck_assert_int_eq(json_integer_value(json_object_get(first, "count")), 1234567);
	ck_assert_double_eq(json_real_value(json_object_get(first, "ns")), 1.234);
	ck_assert_int_eq(json_integer_value(json_object_get(first, "hidden")), 9);
	ck_assert(json_is_null(json_object_get(second, "what")));
	ck_assert(json_is_null(json_object_get(second, "count")));
	json_decref(doc);
}
END_TEST

START_TEST(report_without_memory_says_so)
{
	CLEANUP_BREPORT struct bench_report *r = breport_new("test");
	const struct bench_cell cell = bench_number(1);

	ck_assert_ptr_nonnull(r);
	/* More tables than there is room for stand for memory that runs short. */
	for (int i = 0; i < 8; i++)
		ck_assert_ptr_nonnull(breport_table(r, "title", "key", &columns[1], 1));
	ck_assert_ptr_null(breport_table(r, "title", "key", &columns[1], 1));
	breport_row(NULL, &cell);
	ck_assert_int_eq(breport_print(r, stderr, true), -ENOMEM);
}
END_TEST

START_TEST(audit_is_on_or_off_or_not_known)
{
	ck_assert_int_le(bench_audit_enabled(), 1);
}
END_TEST

/* --- Lane. ------------------------------------------------------------------------------------ */

static const struct blane_setup setups[] = {
	{ BLANE_SAME_THREAD, 1, 48 }, { BLANE_SAME_THREAD, 1, 32768 }, { BLANE_THREADS, 1, 64 },
	{ BLANE_THREADS, 3, 1024 },   { BLANE_PROCESSES, 1, 256 },     { BLANE_PROCESSES, 2, 64 },
};

START_TEST(lane_brings_all_records)
{
	const struct blane_setup *setup = &setups[_i];
	CLEANUP_BLANE struct blane *lane = NULL;
	struct blane_result res;
	struct err err = { 0 };

	lane = blane_new(&err);
	ck_assert_msg(lane != NULL, "%s", err.text);
	/* Several rounds: the lane goes on where it was, and wraps. */
	for (uint64_t n = 1; n < 100000; n *= 17) {
		uint64_t n_each = n * 64 / setup->record_bytes + 1;

		ck_assert_msg(blane_round(lane, setup, n_each, &res, &err) == 0, "%s", err.text);
		ck_assert_uint_eq(res.n_records, n_each * setup->n_writers);
		ck_assert_uint_gt(res.elapsed_ns, 0);
	}
}
END_TEST

/* --- Workloads. ------------------------------------------------------------------------------- */

START_TEST(workloads_run)
{
	struct bwork_result res;
	struct err err = { 0 };
	uint64_t n = 0;

	for (const struct bwork *w = bwork_all; w->name; w++) {
		ck_assert_ptr_eq(bwork_find(w->name), w);
		ck_assert_uint_gt(w->n_events_per_op, 0);
		ck_assert_msg(bwork_round(w, 3, &res, &err) == 0, "%s", err.text);
		ck_assert_uint_eq(res.n_timed, 3);
		ck_assert_uint_gt(res.n_ops, res.n_timed);
		ck_assert_uint_gt(res.elapsed_ns, 0);
	}
	ck_assert_ptr_null(bwork_find("getppi"));
	ck_assert_ptr_null(bwork_find(""));
	ck_assert_int_eq(bwork_calibrate(bwork_find("getppid"), BENCH_NS_PER_MS, &n, &err), 0);
	ck_assert_uint_gt(n, 0);
}
END_TEST

static int open_nothing(struct bwork_state *s)
{
	(void)s;
	return 0;
}

static int fail_in_op(struct bwork_state *s)
{
	(void)s;
	return -EXDEV;
}

static int fail_in_open(struct bwork_state *s)
{
	(void)s;
	return -EMFILE;
}

static int die(struct bwork_state *s)
{
	(void)s;
	_exit(0);
}

static const struct {
	struct bwork work;
	int code;
	const char *text;
} failures[] = {
	{ { "a", "getppid", 1, open_nothing, fail_in_op }, -EXDEV, "workload 'a' failed (EXDEV)" },
	{ { "b", "getppid", 1, fail_in_open, fail_in_op },
	  -EMFILE,
	  "workload 'b' failed (EMFILE)" },
	{ { "c", "getppid", 1, open_nothing, die }, -EPIPE, "workload 'c' failed (EPIPE)" },
};

START_TEST(workload_that_fails_is_an_error)
{
	struct bwork_result res;
	struct err err = { 0 };
	uint64_t n;

	ck_assert_int_eq(bwork_round(&failures[_i].work, 10, &res, &err), failures[_i].code);
	ck_assert_str_eq(err.text, failures[_i].text);
	ck_assert_int_eq(bwork_calibrate(&failures[_i].work, 1000, &n, &err), failures[_i].code);
}
END_TEST

START_TEST(flood_counts_what_it_does)
{
	const struct bwork *getppid_loop = bwork_find("getppid");
	struct bwork_flood f;
	struct err err = { 0 };
	uint64_t n = 0;

	/* Until it is done, at a pace: never more than what was due. */
	ck_assert_int_eq(bwork_flood_start(&f, getppid_loop, 1000, 50 * BENCH_NS_PER_MS, &err), 0);
	ck_assert_int_eq(bwork_flood_end(&f, &n, &err), 0);
	ck_assert_uint_gt(n, 0);
	ck_assert_int_eq(f.pid, 0);
	/* Until it is ended, as fast as it goes. */
	ck_assert_int_eq(bwork_flood_start(&f, getppid_loop, 0, 0, &err), 0);
	bench_sleep_until(bench_now_ns() + 20 * BENCH_NS_PER_MS);
	ck_assert_int_eq(bwork_flood_end(&f, &n, &err), 0);
	/* Again, for one that does not run. */
	ck_assert_int_eq(bwork_flood_end(&f, NULL, NULL), 0);
	/* One that fails. */
	ck_assert_int_eq(bwork_flood_start(&f, &failures[0].work, 0, BENCH_NS_PER_S, &err), 0);
	ck_assert_int_eq(bwork_flood_end(&f, &n, &err), -EXDEV);
	ck_assert_uint_eq(n, 0);
}
END_TEST

/* --- Arrivals. -------------------------------------------------------------------------------- */

static void send_text(int fd, const char *text)
{
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(arrivals_are_whole_lines)
{
	struct bench_arrivals *a;
	char mark[BARRIVALS_MARK_MAX], other[BARRIVALS_MARK_MAX];
	uint64_t start_ns = bench_now_ns(), soon_ns;
	struct err err = { 0 };
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	a = barrivals_new(fds[0], 3, &err);
	ck_assert_ptr_nonnull(a);
	barrivals_mark(a, 1, mark);
	barrivals_mark(a, 12, other); /* not one of ours, and begins like number 1 */
	ck_assert_uint_eq(barrivals_first_ns(a), 0);
	send_text(fds[1], "{\"first\"}\n{\"path\":\"");
	send_text(fds[1], other);
	send_text(fds[1], "\"}\n{\"path\":\"");
	send_text(fds[1], mark);
	barrivals_await(a, 3, bench_now_ns() + BENCH_NS_PER_S);
	ck_assert_uint_ge(barrivals_first_ns(a), start_ns);
	soon_ns = bench_now_ns() + 30 * BENCH_NS_PER_MS;
	barrivals_await(a, 1, soon_ns); /* its line has not ended */
	ck_assert_uint_ge(bench_now_ns(), soon_ns);
	ck_assert_uint_eq(barrivals_at_ns(a, 1), 0);
	send_text(fds[1], "\"}\n");
	barrivals_await(a, 1, bench_now_ns() + BENCH_NS_PER_S);
	ck_assert_uint_ge(barrivals_at_ns(a, 1), soon_ns);
	ck_assert_uint_eq(barrivals_at_ns(a, 0), 0);
	ck_assert_uint_eq(barrivals_at_ns(a, 12), 0);
	(void)close(fds[1]);
	barrivals_await(a, 0, UINT64_MAX); /* will not come: the pipe has ended */
	barrivals_free(a);
}
END_TEST

START_TEST(arrivals_survive_a_line_without_end)
{
	static char junk[1 << 20];
	struct bench_arrivals *a;
	char mark[BARRIVALS_MARK_MAX];
	struct err err = { 0 };
	int fds[2];

	memset(junk, 'x', sizeof(junk) - 1);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	a = barrivals_new(fds[0], 1, &err);
	ck_assert_ptr_nonnull(a);
	for (int i = 0; i < 5; i++)
		send_text(fds[1], junk);
	barrivals_mark(a, 0, mark);
	send_text(fds[1], "\n");
	send_text(fds[1], mark);
	send_text(fds[1], "\n");
	(void)close(fds[1]);
	barrivals_await(a, 0, UINT64_MAX);
	ck_assert_uint_ne(barrivals_at_ns(a, 0), 0);
	barrivals_free(a);
}
END_TEST

static Suite *bench_suite(void)
{
	Suite *s = suite_create("bench");
	TCase *values = tcase_create("values"), *moving = tcase_create("moving");

	tcase_add_loop_test(values, samples_give_measured_values, 0, ARRAY_LEN(shares));
	tcase_add_test(values, samples_grow);
	tcase_add_test(values, report_is_a_table_for_people);
	tcase_add_test(values, report_is_one_document);
	tcase_add_test(values, report_without_memory_says_so);
	tcase_add_test(values, audit_is_on_or_off_or_not_known);
	tcase_set_timeout(moving, 60);
	tcase_add_loop_test(moving, lane_brings_all_records, 0, ARRAY_LEN(setups));
	tcase_add_test(moving, workloads_run);
	tcase_add_loop_test(moving, workload_that_fails_is_an_error, 0, ARRAY_LEN(failures));
	tcase_add_test(moving, flood_counts_what_it_does);
	tcase_add_test(moving, arrivals_are_whole_lines);
	tcase_add_test(moving, arrivals_survive_a_line_without_end);
	suite_add_tcase(s, values);
	suite_add_tcase(s, moving);
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(bench_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
