/* SPDX-License-Identifier: Apache-2.0 */
/* bench lane: what it costs to bring a record through a lane. */
#include <errno.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/bench_clock.h"
#include "tools/bench_lane_round.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/command.h"

#define CALIBRATE_RECORDS 4096U
#define ROUND_RECORDS_MIN 1024U

struct bench_lane_options {
	struct options_about about;
	uint64_t duration_ns; /* of all rounds together, about */
	uint64_t n_rounds;
	bool json;
};

/* clang-format off */
#define ST struct bench_lane_options
static const struct options_row rows[] = {
	{ "duration", 'd', OPTIONS_DURATION(ST, duration_ns), "TIME", "5s", NULL, 0, "Measurement",
	  "time that all rounds take together, about" },
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "5", NULL, 1000, "Measurement",
	  "rounds of each, of which the best and the median are told" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of a table" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const struct { const char *name; enum blane_where where; unsigned int n_writers; } setups[] = {
	{ "one thread", BLANE_SAME_THREAD, 1 },
	{ "threads", BLANE_THREADS, 1 },
	{ "threads", BLANE_THREADS, 2 },
	{ "processes", BLANE_PROCESSES, 1 },
	{ "processes", BLANE_PROCESSES, 2 },
};

/* A compact system call record, one with a short path, a task context, a long command line. */
static const uint32_t sizes[] = { 64, 128, 256, 1024 };

static const struct bench_column columns[] = {
	{ "Between", "between", BENCH_TEXT },
	{ ">Writers", "writers", BENCH_COUNT },
	{ ">Bytes", "record_bytes", BENCH_COUNT },
	{ ">ns/record", "ns_per_record_best", BENCH_REAL },
	{ ">median", "ns_per_record_median", BENCH_REAL },
	{ ">records/s", "records_per_s_best", BENCH_RATE },
	{ NULL, "records_per_s_median", BENCH_RATE },
	{ ">MiB/s", "bytes_per_s_best", BENCH_BYTES },
	{ ">rings/1000", "rings_per_1000", BENCH_REAL },
	{ NULL, "full_per_1000", BENCH_REAL },
	{ NULL, "rounds", BENCH_COUNT },
	{ NULL, "records", BENCH_COUNT },
};
/* clang-format on */

/* Sums over the rounds of one row. */
struct sums {
	uint64_t n_records, n_rings, n_full;
};

static int measure(struct blane *lane, const struct blane_setup *setup, uint64_t round_ns,
		   uint64_t n_rounds, struct bench_samples *ns, struct sums *sums, struct err *err)
{
	struct blane_result res;
	uint64_t n_each;
	int rc = blane_round(lane, setup, CALIBRATE_RECORDS, &res, err);

	if (rc < 0)
		return rc;
	n_each = (uint64_t)((double)CALIBRATE_RECORDS * (double)round_ns / (double)res.elapsed_ns);
	n_each = n_each < ROUND_RECORDS_MIN ? ROUND_RECORDS_MIN : n_each;
	for (uint64_t i = 0; i < n_rounds && rc == 0; i++) {
		rc = blane_round(lane, setup, n_each, &res, err);
		if (rc < 0)
			return rc;
		bsamples_add(ns, (double)res.elapsed_ns / (double)res.n_records);
		sums->n_records += res.n_records;
		sums->n_rings += res.n_rings;
		sums->n_full += res.n_full;
	}
	return 0;
}

static void add_row(struct bench_table *table, const char *name, const struct blane_setup *setup,
		    struct bench_samples *ns, const struct sums *sums)
{
	double best = bsamples_at(ns, 0), median = bsamples_at(ns, 0.5);
	double n_thousand = (double)sums->n_records / 1000;
	const struct bench_cell cells[] = {
		bench_text(name),
		bench_number(setup->n_writers),
		bench_number(setup->record_bytes),
		bench_number(best),
		bench_number(median),
		bench_number(BENCH_NS_PER_S / best),
		bench_number(BENCH_NS_PER_S / median),
		bench_number(BENCH_NS_PER_S / best * setup->record_bytes),
		bench_number((double)sums->n_rings / n_thousand),
		bench_number((double)sums->n_full / n_thousand),
		bench_number((double)ns->n),
		bench_number((double)sums->n_records),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
}

static int measure_all(struct blane *lane, const struct bench_lane_options *opt,
		       struct bench_table *table, struct err *err)
{
	uint64_t round_ns = opt->duration_ns / opt->n_rounds / ARRAY_LEN(setups) / ARRAY_LEN(sizes);

	for (size_t i = 0; i < ARRAY_LEN(setups); i++) {
		for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
			CLEANUP_SAMPLES struct bench_samples ns = { .v = NULL };
			const struct blane_setup setup = { .where = setups[i].where,
							   .n_writers = setups[i].n_writers,
							   .record_bytes = sizes[k] };
			struct sums sums = { 0 };
			int rc = measure(lane, &setup, round_ns, opt->n_rounds, &ns, &sums, err);

			if (rc < 0)
				return rc;
			add_row(table, setups[i].name, &setup, &ns, &sums);
		}
	}
	return 0;
}

static int bench_lane(const struct command_call *call)
{
	const struct bench_lane_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	CLEANUP_BLANE struct blane *lane = NULL;
	struct bench_table *table;
	struct err err = { 0 };
	int rc;

	if (opt->n_rounds == 0) {
		log_error("option '--rounds' expects at least 1");
		return EXIT_CODE_USAGE;
	}
	report = breport_new("lane");
	lane = blane_new(&err);
	if (!report || !lane) {
		log_error("%s", report ? err.text : "memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	table = breport_table(report, "Records through a lane", "lane", columns,
			      ARRAY_LEN(columns));
	rc = measure_all(lane, opt, table, &err);
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc < 0)
		log_error("%s", err.text);
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_bench_lane = {
	.program = {
		.name = COMMAND_PREFIX "bench lane",
		.synopsis = "[OPTION...]",
		.summary = "measure what a record costs on its way through a lane",
		.description =
			"Sends records of several sizes through a lane like the collector's own, "
			"from this thread, from other threads and from other processes, and checks "
			"every one as it comes out. 'one thread' is writing and reading together; "
			"with other writers it is the time between two records that arrive. It "
			"needs no privileges.\n\n"
			"The reader sleeps whenever there is nothing to read, as the engine does: "
			"rings/1000 says how often a writer had to wake it for a thousand "
			"records. A reader that is faster than its writers is woken often, and the "
			"time per record is then that of the bell.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_lane_options),
	.main = bench_lane,
};
