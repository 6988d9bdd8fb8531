/* SPDX-License-Identifier: Apache-2.0 */
/* bench latency: how long it takes from a system call to its line, and from start to first line. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/bench_arrivals.h"
#include "tools/bench_clock.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/bench_warder.h"
#include "tools/bench_workload.h"
#include "tools/command.h"

#define INTERVAL_NS (20 * BENCH_NS_PER_MS) /* between two samples: long enough to fall asleep */
#define PATIENCE_NS (2 * BENCH_NS_PER_S)   /* for the last lines */
#define FIRST_NS (30 * BENCH_NS_PER_S)     /* for the first line after a start */
#define START_PER_S 2000U /* events that there are while it starts: one each half millisecond */
#define SAMPLES_MAX 100000U

struct bench_latency_options {
	struct options_about about;
	uint64_t n_samples, n_starts;
	uint64_t load_per_s; /* opens */
	unsigned int hooks;
	bool json;
};

/* clang-format off */
#define ST struct bench_latency_options
static const struct options_row rows[] = {
	{ "samples", 'n', OPTIONS_NUMBER(ST, n_samples), "N", "200", NULL, SAMPLES_MAX, "Measurement",
	  "system calls that are timed for each row, one every 20 ms" },
	{ "starts", 0, OPTIONS_NUMBER(ST, n_starts), "N", "5", NULL, 1000, "Measurement",
	  "times that Warder is started to see its first event; 0: not at all" },
	{ "load", 0, OPTIONS_NUMBER(ST, load_per_s), "N", "20000", NULL, 10000000, "Measurement",
	  "events a second that another process makes in the loaded rows" },
	{ "hooks", 'k', OPTIONS_WORD(ST, hooks), "HOW", "auto", "auto|global|narrow", 0,
	  "Measurement", "as for 'warder run'" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const char *const hook_names[] = { "auto", "global", "narrow" }; /* the words of --hooks */
static const char *const loops[] = { "io_uring", "epoll" };

static const struct bench_column columns[] = {
	{ "Loop", "loop", BENCH_TEXT },
	{ "Load", "load", BENCH_TEXT },
	{ ">Samples", "samples", BENCH_COUNT },
	{ NULL, "missing", BENCH_COUNT },
	{ ">p50 us", NULL, BENCH_REAL },
	{ ">p90 us", NULL, BENCH_REAL },
	{ ">p99 us", NULL, BENCH_REAL },
	{ ">max us", NULL, BENCH_REAL },
	{ NULL, "min_ns", BENCH_COUNT },
	{ NULL, "p50_ns", BENCH_COUNT },
	{ NULL, "p90_ns", BENCH_COUNT },
	{ NULL, "p99_ns", BENCH_COUNT },
	{ NULL, "max_ns", BENCH_COUNT },
	{ "Budget", "budget", BENCH_TEXT },
};

static const struct bench_column start_columns[] = {
	{ ">Starts", "starts", BENCH_COUNT },
	{ ">Best ms", NULL, BENCH_REAL },
	{ ">Median ms", NULL, BENCH_REAL },
	{ ">Worst ms", NULL, BENCH_REAL },
	{ NULL, "best_ns", BENCH_COUNT },
	{ NULL, "median_ns", BENCH_COUNT },
	{ NULL, "worst_ns", BENCH_COUNT },
	{ "Budget", "budget", BENCH_TEXT },
};
/* clang-format on */

static struct bwarder_options run_options(const struct bench_latency_options *opt, const char *loop)
{
	return (struct bwarder_options){ .events = "openat",
					 .output = "json",
					 .hooks = hook_names[opt->hooks],
					 .loop = loop,
					 .take_stdout = true };
}

/* Starts it with a reader at its stdout; both are to be ended with end_run(). */
static int start_run(struct bwarder *w, const struct bwarder_options *run, size_t n_marks,
		     struct bench_arrivals **ret_arrivals, struct err *err)
{
	int rc = bwarder_start(w, run, err);

	*ret_arrivals = NULL;
	if (rc < 0)
		return rc;
	*ret_arrivals = barrivals_new(TAKE_FD(w->out_fd), n_marks, err);
	return *ret_arrivals ? 0 : err->code;
}

static int end_run(struct bwarder *w, struct bench_arrivals *arrivals, struct err *err)
{
	int rc = bwarder_stop(w, err);

	barrivals_free(arrivals); /* its pipe has no writer any more */
	return rc;
}

/* The system call whose line is waited for: an open of a path that is not there. */
static void make_sample(const struct bench_arrivals *arrivals, size_t i, uint64_t *ret_at_ns)
{
	char path[BARRIVALS_MARK_MAX];
	int fd;

	barrivals_mark(arrivals, i, path);
	*ret_at_ns = bench_now_ns();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		(void)close(fd); /* somebody has put a file there: as good */
}

static int take_samples(const struct bench_arrivals *arrivals, size_t first, size_t n,
			struct bench_samples *ret_ns, size_t *ret_missing, struct err *err)
{
	CLEANUP_FREE uint64_t *sent_ns = calloc(n, sizeof(*sent_ns));
	uint64_t at_ns = bench_now_ns();

	if (!sent_ns)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	for (size_t i = 0; i < n; i++) {
		at_ns += INTERVAL_NS;
		bench_sleep_until(at_ns);
		if (bwarder_is_interrupted())
			return err_set(err, -EINTR, "interrupted");
		make_sample(arrivals, first + i, &sent_ns[i]);
	}
	barrivals_await(arrivals, first + n - 1, bench_now_ns() + PATIENCE_NS);
	*ret_missing = 0;
	for (size_t i = 0; i < n; i++) {
		uint64_t came_ns = barrivals_at_ns(arrivals, first + i);

		if (came_ns == 0)
			(*ret_missing)++;
		else
			bsamples_add(ret_ns, (double)(came_ns - sent_ns[i]));
	}
	return 0;
}

static void add_row(struct bench_table *table, const char *loop, uint64_t load_per_s,
		    struct bench_samples *ns, size_t n_missing)
{
	const double shares[] = { 0.5, 0.9, 0.99, 1 };
	double at[ARRAY_LEN(shares)];
	char load[64] = "idle";

	for (size_t i = 0; i < ARRAY_LEN(shares); i++)
		at[i] = bsamples_at(ns, shares[i]);
	if (load_per_s > 0)
		(void)snprintf(load, sizeof(load), "%llu events/s", /* fits */
			       (unsigned long long)load_per_s);

	const struct bench_cell cells[] = {
		bench_text(loop),
		bench_text(load),
		bench_number((double)ns->n),
		bench_number((double)n_missing),
		bench_number(at[0] / 1000),
		bench_number(at[1] / 1000),
		bench_number(at[2] / 1000),
		bench_number(at[3] / 1000),
		bench_number(bsamples_at(ns, 0)),
		bench_number(at[0]),
		bench_number(at[1]),
		bench_number(at[2]),
		bench_number(at[3]),
		bench_text(load_per_s == 0 ? "p50 <= 300, p99 <= 2000" : NULL),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
}

/* One row: `load_per_s` 0 is an idle machine, as far as we are concerned. */
static int measure_row(const struct bench_latency_options *opt, const char *loop,
		       uint64_t load_per_s, const struct bench_arrivals *arrivals, size_t first,
		       struct bench_table *table, struct err *err)
{
	CLEANUP_SAMPLES struct bench_samples ns = { .v = NULL };
	struct bwork_flood flood = { .pid = 0 };
	size_t n_missing = 0;
	int rc = 0, ended;

	if (load_per_s > 0)
		rc = bwork_flood_start(&flood, bwork_storm, load_per_s, 0, err);
	if (rc == 0)
		rc = take_samples(arrivals, first, opt->n_samples, &ns, &n_missing, err);
	ended = bwork_flood_end(&flood, NULL, rc == 0 ? err : NULL);
	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	add_row(table, loop, load_per_s, &ns, n_missing);
	return 0;
}

static int measure_loop(const struct bench_latency_options *opt, const char *loop,
			struct bwarder *w, struct bench_table *table, struct err *err)
{
	const struct bwarder_options run = run_options(opt, loop);
	const uint64_t loads[] = { 0, opt->load_per_s };
	struct bench_arrivals *arrivals;
	int rc = start_run(w, &run, opt->n_samples * ARRAY_LEN(loads), &arrivals, err), ended;

	if (rc == 0)
		rc = bwarder_wait(w, &run, err);
	for (size_t i = 0; i < ARRAY_LEN(loads) && rc == 0; i++)
		if (i == 0 || loads[i] > 0)
			rc = measure_row(opt, loop, loads[i], arrivals, i * opt->n_samples, table,
					 err);
	ended = end_run(w, arrivals, rc == 0 ? err : NULL);
	return rc < 0 ? rc : ended;
}

static int measure_start(const struct bench_latency_options *opt, struct bwarder *w,
			 struct bench_samples *ns, struct err *err)
{
	const struct bwarder_options run = run_options(opt, NULL);
	struct bench_arrivals *arrivals;
	uint64_t start_ns = bench_now_ns(), first_ns = 0;
	int rc = start_run(w, &run, 0, &arrivals, err), ended;

	if (rc == 0) {
		barrivals_await(arrivals, 0, start_ns + FIRST_NS);
		first_ns = barrivals_first_ns(arrivals);
	}
	ended = end_run(w, arrivals, rc == 0 ? err : NULL);
	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	if (first_ns == 0)
		return err_set(err, -ETIMEDOUT, "'warder run' wrote no event");
	bsamples_add(ns, (double)(first_ns - start_ns));
	return 0;
}

static void add_start_row(struct bench_table *table, struct bench_samples *ns)
{
	double best = bsamples_at(ns, 0), median = bsamples_at(ns, 0.5), worst = bsamples_at(ns, 1);
	const struct bench_cell cells[] = {
		bench_number((double)ns->n),
		bench_number(best / BENCH_NS_PER_MS),
		bench_number(median / BENCH_NS_PER_MS),
		bench_number(worst / BENCH_NS_PER_MS),
		bench_number(best),
		bench_number(median),
		bench_number(worst),
		bench_text("<= 500 ms"),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(start_columns), "one cell per column");
	breport_row(table, cells);
}

/* With something to report all the time, or the first event would be waited for and not Warder. */
static int measure_starts(const struct bench_latency_options *opt, struct bwarder *w,
			  struct bench_report *report, struct err *err)
{
	CLEANUP_SAMPLES struct bench_samples ns = { .v = NULL };
	struct bwork_flood flood;
	int rc = bwork_flood_start(&flood, bwork_storm, START_PER_S, 0, err), ended;

	for (uint64_t i = 0; i < opt->n_starts && rc == 0; i++)
		rc = measure_start(opt, w, &ns, err);
	ended = bwork_flood_end(&flood, NULL, rc == 0 ? err : NULL);
	if (rc < 0 || ended < 0)
		return rc < 0 ? rc : ended;
	add_start_row(breport_table(report, "From start to the first event", "start", start_columns,
				    ARRAY_LEN(start_columns)),
		      &ns);
	return 0;
}

static int measure_all(const struct bench_latency_options *opt, struct bwarder *w,
		       struct bench_report *report, struct err *err)
{
	struct bench_table *table = breport_table(report, "From a system call to its line",
						  "latency", columns, ARRAY_LEN(columns));
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(loops) && rc == 0; i++)
		rc = measure_loop(opt, loops[i], w, table, err);
	if (rc == 0 && opt->n_starts > 0)
		rc = measure_starts(opt, w, report, err);
	return rc;
}

static int bench_latency(const struct command_call *call)
{
	const struct bench_latency_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	struct err err = { 0 };
	struct bwarder w;
	int rc;

	if (opt->n_samples == 0) {
		log_error("option '--samples' expects at least 1");
		return EXIT_CODE_USAGE;
	}
	rc = bwarder_check_root(call);
	if (rc != EXIT_CODE_OK)
		return rc;
	report = breport_new("latency");
	rc = bwarder_begin(&w, &err);
	if (!report)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0)
		rc = measure_all(opt, &w, report, &err);
	bwarder_end(&w);
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0)
		return EXIT_CODE_OK;
	/* Ctrl-C ends the workload too, which is then no failure of its own. */
	log_error("%s", bwarder_is_interrupted() ? "interrupted" : err.text);
	return w.exit_code != EXIT_CODE_OK ? w.exit_code : EXIT_CODE_FAILED;
}

const struct command command_bench_latency = {
	.program = {
		.name = COMMAND_PREFIX "bench latency",
		.synopsis = "[OPTION...]",
		.summary = "measure the time from a system call to its line",
		.description =
			"Opens files that are not there, one every 20 ms, and reads Warder's "
			"standard output: the time is from right before the call until the whole "
			"line has been read from the pipe. Once with nothing else to report, and "
			"once while another process opens files; with io_uring and with epoll.\n\n"
			"Then it starts Warder several times, and takes the time from the start of "
			"'warder run' to its first line.\n\n"
			"It needs root for the collector. Budgets are for information: nothing "
			"fails because of them.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_latency_options),
	.main = bench_latency,
};
