/* SPDX-License-Identifier: Apache-2.0 */
/* bench filter: what the kernel's filters save where little is wanted of much. */
#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/bench_clock.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/bench_warder.h"
#include "tools/bench_workload.h"
#include "tools/command.h"

#define SETTLE_NS (20 * BENCH_NS_PER_MS) /* after attaching and detaching: the kernel cleans up */

struct bench_filter_options {
	struct options_about about;
	uint64_t n_rounds;
	uint64_t duration_ns; /* of a round */
	unsigned int hooks;   /* index in hook_names */
	bool json;
};

/* clang-format off */
#define ST struct bench_filter_options
static const struct options_row rows[] = {
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "5", NULL, 1000, "Measurement",
	  "rounds without Warder, with filters off and with filters on" },
	{ "duration", 'd', OPTIONS_DURATION(ST, duration_ns), "TIME", "300ms", NULL, 0, "Measurement",
	  "time of a round, about" },
	{ "hooks", 'k', OPTIONS_WORD(ST, hooks), "HOW", "auto", "auto|global|narrow", 0,
	  "Measurement", "as for 'warder run'" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const char *const hook_names[] = { "auto", "global", "narrow" }; /* the words of --hooks */
static const char *const switches[] = { "off", "on" };

static const struct bench_column cost_columns[] = {
	{ "Kernel filters", "kernel_filters", BENCH_TEXT },
	{ "Hook", "hook", BENCH_TEXT },
	{ ">ops/s without", "ops_per_s_without", BENCH_RATE },
	{ ">with", "ops_per_s_with", BENCH_RATE },
	{ ">added ns/op", "added_ns_per_op_best", BENCH_REAL },
	{ ">median", "added_ns_per_op_median", BENCH_REAL },
};

static const struct bench_column use_columns[] = {
	{ "Kernel filters", "kernel_filters", BENCH_TEXT },
	{ ">Operations", "operations", BENCH_COUNT },
	{ ">Records", "records", BENCH_COUNT },
	{ ">Wanted", "wanted", BENCH_COUNT },
	{ ">Events", "events", BENCH_COUNT },
	{ ">Lost", "lost", BENCH_COUNT },
	{ ">Engine ns/op", "engine_cpu_ns_per_op", BENCH_REAL },
};
/* clang-format on */

/* One of the two ways, over all rounds. */
struct way {
	const char *filters; /* of --kernel-filters */
	char hook[64];
	struct bench_samples with_ns;
	uint64_t n_ops, n_wanted, n_delivered, n_lost, n_records, engine_cpu_ns;
};

struct storm {
	const struct bench_filter_options *opt;
	uint64_t n_ops; /* of a round */
	struct bench_samples without_ns;
	struct way ways[2];
};

static double ns_per_op(const struct bwork_result *r)
{
	return (double)r->elapsed_ns / (double)r->n_timed;
}

static int attached_round(struct storm *s, struct way *way, struct bwarder *w, struct err *err)
{
	struct bwarder_counts before, after;
	struct bwork_result res;
	int rc = bwarder_look(w, &before, err);

	if (rc == 0)
		rc = bwork_round(bwork_rare, s->n_ops, &res, err);
	if (rc < 0)
		return rc;
	rc = bwarder_settle(w, &before, res.n_ops / BWORK_RARE_OPS, &after, err);
	if (rc < 0)
		return rc;
	bsamples_add(&way->with_ns, ns_per_op(&res));
	way->n_ops += res.n_ops;
	way->n_wanted += res.n_ops / BWORK_RARE_OPS;
	way->n_delivered += after.n_delivered - before.n_delivered;
	way->n_lost += after.n_lost - before.n_lost;
	way->n_records += after.n_records - before.n_records;
	way->engine_cpu_ns += after.engine_cpu_ns - before.engine_cpu_ns;
	return 0;
}

static int run_way(struct storm *s, struct way *way, struct bwarder *w, struct err *err)
{
	const struct bwarder_options opt = { .events = bwork_rare->events,
					     .output = "none",
					     .hooks = hook_names[s->opt->hooks],
					     .kernel_filters = way->filters };
	int rc = bwarder_start(w, &opt, err), stopped;

	if (rc == 0)
		rc = bwarder_wait(w, &opt, err);
	if (rc == 0) {
		bench_sleep_until(bench_now_ns() + SETTLE_NS);
		rc = attached_round(s, way, w, err);
	}
	memcpy(way->hook, w->hook, sizeof(way->hook));
	stopped = bwarder_stop(w, rc == 0 ? err : NULL);
	bench_sleep_until(bench_now_ns() + SETTLE_NS);
	return rc < 0 ? rc : stopped;
}

/* Without, off, on: one right after the other. */
static int run_round(struct storm *s, struct bwarder *w, struct err *err)
{
	struct bwork_result res;
	int rc = bwork_round(bwork_rare, s->n_ops, &res, err);

	if (rc == 0)
		bsamples_add(&s->without_ns, ns_per_op(&res));
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(s->ways); i++)
		rc = run_way(s, &s->ways[i], w, err);
	return rc;
}

static void add_cost(struct bench_table *table, struct storm *s, struct way *way)
{
	double without = bsamples_at(&s->without_ns, 0), with = bsamples_at(&way->with_ns, 0);
	const struct bench_cell cells[] = {
		bench_text(way->filters),
		bench_text(way->hook),
		bench_number(BENCH_NS_PER_S / without),
		bench_number(BENCH_NS_PER_S / with),
		bench_number(with - without),
		bench_number(bsamples_at(&way->with_ns, 0.5) - bsamples_at(&s->without_ns, 0.5)),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(cost_columns), "one cell per column");
	breport_row(table, cells);
}

static void add_use(struct bench_table *table, const struct way *way)
{
	const struct bench_cell cells[] = {
		bench_text(way->filters),
		bench_number((double)way->n_ops),
		bench_number((double)way->n_records),
		bench_number((double)way->n_wanted),
		bench_number((double)way->n_delivered),
		bench_number((double)way->n_lost),
		bench_number((double)way->engine_cpu_ns / (double)way->n_ops),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(use_columns), "one cell per column");
	breport_row(table, cells);
}

static int measure(struct storm *s, struct bwarder *w, struct bench_report *report, struct err *err)
{
	struct bench_table *cost =
		breport_table(report, "An open storm of which one path in 4,096 is wanted", "cost",
			      cost_columns, ARRAY_LEN(cost_columns));
	struct bench_table *use = breport_table(report, "What goes through the lanes", "use",
						use_columns, ARRAY_LEN(use_columns));
	int rc = bwork_calibrate(bwork_rare, s->opt->duration_ns, &s->n_ops, err);

	for (uint64_t i = 0; rc == 0 && i < s->opt->n_rounds; i++)
		rc = run_round(s, w, err);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(s->ways); i++) {
		add_cost(cost, s, &s->ways[i]);
		add_use(use, &s->ways[i]);
	}
	breport_note(report, "an operation is openat and close; budget of the added time with "
			     "filters: <= 600 ns");
	return rc;
}

static int bench_filter(const struct command_call *call)
{
	const struct bench_filter_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	struct storm s = { .opt = opt };
	struct err err = { 0 };
	struct bwarder w;
	int rc = bwarder_check_root(call);

	if (rc != EXIT_CODE_OK)
		return rc;
	if (opt->n_rounds == 0 || opt->duration_ns == 0) {
		log_error("options '--rounds' and '--duration' expect more than nothing");
		return EXIT_CODE_USAGE;
	}
	for (size_t i = 0; i < ARRAY_LEN(s.ways); i++)
		s.ways[i].filters = switches[i];
	report = breport_new("filter");
	rc = bwarder_begin(&w, &err);
	if (!report)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0)
		rc = measure(&s, &w, report, &err);
	bwarder_end(&w);
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	bsamples_done(&s.without_ns);
	for (size_t i = 0; i < ARRAY_LEN(s.ways); i++)
		bsamples_done(&s.ways[i].with_ns);
	if (rc == 0)
		return EXIT_CODE_OK;
	log_error("%s", bwarder_is_interrupted() ? "interrupted" : err.text);
	return w.exit_code != EXIT_CODE_OK ? w.exit_code : EXIT_CODE_FAILED;
}

const struct command command_bench_filter = {
	.program = {
		.name = COMMAND_PREFIX "bench filter",
		.synopsis = "[OPTION...]",
		.summary = "measure what the kernel's filters save",
		.description =
			"Opens and closes a file as often as it can, and selects the opens of one "
			"path, which is one in 4,096. Rounds without Warder, with '--kernel-filters "
			"off' and with '--kernel-filters on' follow each other. The events delivered "
			"are the same both ways; the records that go through the lanes, and the time "
			"that each operation takes, are not.\n\n"
			"It needs root for the collector. Other load on the machine is part of what "
			"is measured. Budgets are for information: nothing fails because of them.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_filter_options),
	.main = bench_filter,
};
