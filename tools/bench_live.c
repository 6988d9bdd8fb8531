/* SPDX-License-Identifier: Apache-2.0 */
/* bench live: what a workload pays while Warder is attached, and what Warder pays for it. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/bench_clock.h"
#include "tools/bench_rate.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/bench_warder.h"
#include "tools/bench_workload.h"
#include "tools/command.h"

#define RATE_NS (2 * BENCH_NS_PER_S)     /* of a flood, unless --duration says otherwise */
#define SETTLE_NS (20 * BENCH_NS_PER_MS) /* after attaching and detaching: the kernel cleans up */
#define UNSELECTED_EVENT "quotactl"      /* a system call that nobody makes */

struct bench_live_options {
	struct options_about about;
	struct options_list workloads;
	uint64_t n_rounds;
	uint64_t duration_ns; /* of a round; 0: the usual */
	unsigned int hooks;   /* index in hook_names */
	bool rate, json;
};

/* clang-format off */
#define ST struct bench_live_options
static const struct options_row rows[] = {
	{ "workload", 'w', OPTIONS_LIST(ST, workloads), "NAME", NULL, NULL, 0, "Measurement",
	  "only getppid, openat+close, read+write, fork+exec or connect; repeatable" },
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "5", NULL, 1000, "Measurement",
	  "pairs of rounds, one without and one with Warder attached" },
	{ "duration", 'd', OPTIONS_DURATION(ST, duration_ns), "TIME", "0", NULL, 0, "Measurement",
	  "time of a round, about; 0: 300ms, and 2s for --rate" },
	{ "rate", 0, OPTIONS_FLAG(ST, rate), NULL, NULL, NULL, 0, "Measurement",
	  "instead: the highest rate of events without loss" },
	{ "hooks", 'k', OPTIONS_WORD(ST, hooks), "HOW", "auto", "auto|global|narrow", 0,
	  "Measurement", "as for 'warder run'" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const char *const hook_names[] = { "auto", "global", "narrow" }; /* the words of --hooks */

enum selection { UNSELECTED, DELIVERED, REPORTED, SELECTIONS };

static const struct { const char *name, *output; } selections[SELECTIONS] = {
	[UNSELECTED] = { "another event", "none" },
	[DELIVERED] = { "selected, output none", "none" },
	[REPORTED] = { "selected, json", "json:/dev/null" },
};

static const struct { const char *workload; enum selection selection; const char *budget; } budgets[] = {
	{ "getppid", UNSELECTED, "<= 40 ns, <= 5 ns with fentry" },
	{ "openat+close", DELIVERED, "<= 900 ns" },
	{ "openat+close", REPORTED, "<= 900 ns" },
};

static const struct bench_column cost_columns[] = {
	{ "Workload", "workload", BENCH_TEXT },
	{ "Selection", "selection", BENCH_TEXT },
	{ "Hook", "hook", BENCH_TEXT },
	{ ">ops/s without", "ops_per_s_without", BENCH_RATE },
	{ ">with", "ops_per_s_with", BENCH_RATE },
	{ ">added ns/op", "added_ns_per_op_best", BENCH_REAL },
	{ ">median", "added_ns_per_op_median", BENCH_REAL },
	{ ">CPU", "added_cpu_ns_per_op_median", BENCH_REAL },
	{ "Budget", "budget", BENCH_TEXT },
	{ NULL, "ns_per_op_without_best", BENCH_REAL },
	{ NULL, "ns_per_op_with_best", BENCH_REAL },
	{ NULL, "ns_per_op_without_median", BENCH_REAL },
	{ NULL, "ns_per_op_with_median", BENCH_REAL },
	{ NULL, "cpu_ns_per_op_without_median", BENCH_REAL },
	{ NULL, "cpu_ns_per_op_with_median", BENCH_REAL },
	{ NULL, "rounds", BENCH_COUNT },
};

static const struct bench_column use_columns[] = {
	{ "Workload", "workload", BENCH_TEXT },
	{ "Selection", "selection", BENCH_TEXT },
	{ NULL, "operations", BENCH_COUNT },
	{ ">Events", "events", BENCH_COUNT },
	{ ">Lost", "lost", BENCH_COUNT },
	{ ">Engine ns/op", "engine_cpu_ns_per_op", BENCH_REAL },
	{ ">Collector", "collector_cpu_ns_per_op", BENCH_REAL },
	{ ">Engine MiB", "engine_anon_bytes", BENCH_BYTES },
	{ ">Collector", "collector_anon_bytes", BENCH_BYTES },
};
/* clang-format on */

/* One workload under one selection, over all rounds. */
struct live {
	const struct bwork *work;
	enum selection selection;
	const char *hook; /* borrowed from the bwarder; of the latest round */
	/* per operation: time, and CPU time of who does it */
	struct bench_samples without_ns, with_ns, without_cpu_ns, with_cpu_ns;
	uint64_t n_ops, n_delivered, n_lost;
	uint64_t engine_cpu_ns, collector_cpu_ns;
	uint64_t engine_anon_bytes, collector_anon_bytes; /* the most there was */
};

static void live_done(struct live *l)
{
	bsamples_done(&l->without_ns);
	bsamples_done(&l->with_ns);
	bsamples_done(&l->without_cpu_ns);
	bsamples_done(&l->with_cpu_ns);
}

static void add_times(struct bench_samples *ns, struct bench_samples *cpu_ns,
		      const struct bwork_result *r)
{
	bsamples_add(ns, (double)r->elapsed_ns / (double)r->n_timed);
	bsamples_add(cpu_ns, (double)r->cpu_ns / (double)r->n_timed);
}

static void keep_most(uint64_t *most, uint64_t value)
{
	if (value > *most)
		*most = value;
}

static void add_use(struct live *l, uint64_t n_ops, const struct bwarder_counts *before,
		    const struct bwarder_counts *after)
{
	l->n_ops += n_ops;
	l->n_delivered += after->n_delivered - before->n_delivered;
	l->n_lost += after->n_lost - before->n_lost;
	l->engine_cpu_ns += after->engine_cpu_ns - before->engine_cpu_ns;
	l->collector_cpu_ns += after->collector_cpu_ns - before->collector_cpu_ns;
	keep_most(&l->engine_anon_bytes, after->engine_anon_bytes);
	keep_most(&l->collector_anon_bytes, after->collector_anon_bytes);
}

/* A round while `w` is attached. */
static int attached_round(struct live *l, struct bwarder *w, uint64_t n_ops, struct err *err)
{
	struct bwarder_counts before, after;
	struct bwork_result res;
	uint64_t n_events;
	int rc = bwarder_look(w, &before, err);

	if (rc == 0)
		rc = bwork_round(l->work, n_ops, &res, err);
	if (rc < 0)
		return rc;
	add_times(&l->with_ns, &l->with_cpu_ns, &res);
	n_events = l->selection == UNSELECTED ? 0 : res.n_ops * l->work->n_events_per_op;
	rc = bwarder_settle(w, &before, n_events, &after, err);
	if (rc == 0)
		add_use(l, res.n_ops, &before, &after);
	return rc;
}

/* Without and with, one right after the other. */
static int pair(struct live *l, struct bwarder *w, const char *hooks, uint64_t n_ops,
		struct err *err)
{
	const struct bwarder_options opt = {
		.events = l->selection == UNSELECTED ? UNSELECTED_EVENT : l->work->events,
		.output = selections[l->selection].output,
		.hooks = hooks,
	};
	struct bwork_result res;
	int rc = bwork_round(l->work, n_ops, &res, err), stopped;

	if (rc < 0)
		return rc;
	add_times(&l->without_ns, &l->without_cpu_ns, &res);
	rc = bwarder_start(w, &opt, err);
	if (rc == 0)
		rc = bwarder_wait(w, &opt, err);
	if (rc == 0) {
		bench_sleep_until(bench_now_ns() + SETTLE_NS);
		rc = attached_round(l, w, n_ops, err);
	}
	stopped = bwarder_stop(w, rc == 0 ? err : NULL);
	bench_sleep_until(bench_now_ns() + SETTLE_NS);
	l->hook = w->hook;
	return rc < 0 ? rc : stopped;
}

static const char *budget_of(const struct live *l)
{
	for (size_t i = 0; i < ARRAY_LEN(budgets); i++)
		if (budgets[i].selection == l->selection &&
		    strcmp(budgets[i].workload, l->work->name) == 0)
			return budgets[i].budget;
	return NULL;
}

static void add_cost(struct bench_table *table, struct live *l)
{
	double without = bsamples_at(&l->without_ns, 0), with = bsamples_at(&l->with_ns, 0);
	double without_median = bsamples_at(&l->without_ns, 0.5);
	double with_median = bsamples_at(&l->with_ns, 0.5);
	double without_cpu = bsamples_at(&l->without_cpu_ns, 0.5);
	double with_cpu = bsamples_at(&l->with_cpu_ns, 0.5);
	const struct bench_cell cells[] = {
		bench_text(l->work->name),
		bench_text(selections[l->selection].name),
		bench_text(l->hook),
		bench_number(BENCH_NS_PER_S / without),
		bench_number(BENCH_NS_PER_S / with),
		bench_number(with - without),
		bench_number(with_median - without_median),
		bench_number(with_cpu - without_cpu),
		bench_text(budget_of(l)),
		bench_number(without),
		bench_number(with),
		bench_number(without_median),
		bench_number(with_median),
		bench_number(without_cpu),
		bench_number(with_cpu),
		bench_number((double)l->with_ns.n),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(cost_columns), "one cell per column");
	breport_row(table, cells);
}

static void add_use_row(struct bench_table *table, const struct live *l)
{
	double n_ops = (double)l->n_ops;
	const struct bench_cell cells[] = {
		bench_text(l->work->name),
		bench_text(selections[l->selection].name),
		bench_number(n_ops),
		bench_number((double)l->n_delivered),
		bench_number((double)l->n_lost),
		bench_number((double)l->engine_cpu_ns / n_ops),
		bench_number((double)l->collector_cpu_ns / n_ops),
		bench_number((double)l->engine_anon_bytes),
		bench_number((double)l->collector_anon_bytes),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(use_columns), "one cell per column");
	breport_row(table, cells);
}

struct tables {
	struct bench_table *cost, *use;
};

static int measure(const struct bench_live_options *opt, const struct bwork *work,
		   struct bwarder *w, const struct tables *tables, struct err *err)
{
	uint64_t round_ns = opt->duration_ns ? opt->duration_ns : 300 * BENCH_NS_PER_MS, n_ops;
	int rc = bwork_calibrate(work, round_ns, &n_ops, err);

	for (unsigned int s = 0; s < SELECTIONS && rc == 0; s++) {
		struct live l = { .work = work, .selection = (enum selection)s };

		for (uint64_t i = 0; i < opt->n_rounds && rc == 0; i++)
			rc = pair(&l, w, hook_names[opt->hooks], n_ops, err);
		if (rc == 0) {
			add_cost(tables->cost, &l);
			add_use_row(tables->use, &l);
		}
		live_done(&l);
	}
	return rc;
}

static int measure_all(const struct bench_live_options *opt, struct bwarder *w,
		       struct bench_report *report, struct err *err)
{
	const struct tables tables = {
		.cost = breport_table(report, "What a workload pays", "cost", cost_columns,
				      ARRAY_LEN(cost_columns)),
		.use = breport_table(report, "What Warder pays", "use", use_columns,
				     ARRAY_LEN(use_columns)),
	};
	int rc = 0;

	for (size_t i = 0; i < opt->workloads.n && rc == 0; i++)
		rc = measure(opt, bwork_find(opt->workloads.items[i]), w, &tables, err);
	for (size_t i = 0; opt->workloads.n == 0 && bwork_all[i].name && rc == 0; i++)
		rc = measure(opt, &bwork_all[i], w, &tables, err);
	breport_note(report, "memory is what is the processes' own, lanes apart; budget of both "
			     "together: <= 40 MiB");
	return rc;
}

static int check(const struct command_call *call, const struct bench_live_options *opt)
{
	for (size_t i = 0; i < opt->workloads.n; i++) {
		if (!bwork_find(opt->workloads.items[i])) {
			log_error("workload '%s' is not known, expected getppid, openat+close, "
				  "read+write, fork+exec or connect",
				  opt->workloads.items[i]);
			return EXIT_CODE_USAGE;
		}
	}
	if (opt->n_rounds == 0) {
		log_error("option '--rounds' expects at least 1");
		return EXIT_CODE_USAGE;
	}
	if (opt->rate && opt->workloads.n > 0) {
		log_error("option '--workload' is given with '--rate', which has its own");
		return EXIT_CODE_USAGE;
	}
	return bwarder_check_root(call);
}

static int bench_live(const struct command_call *call)
{
	const struct bench_live_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	struct err err = { 0 };
	struct bwarder w;
	int rc = check(call, opt);

	if (rc != EXIT_CODE_OK)
		return rc;
	report = breport_new(opt->rate ? "rate" : "live");
	rc = bwarder_begin(&w, &err);
	if (!report)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0 && opt->rate)
		rc = brate_measure(report, &w, hook_names[opt->hooks],
				   opt->duration_ns ? opt->duration_ns : RATE_NS, &err);
	else if (rc == 0)
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

const struct command command_bench_live = {
	.program = {
		.name = COMMAND_PREFIX "bench live",
		.synopsis = "[OPTION...]",
		.summary = "measure what workloads pay while Warder is attached",
		.description =
			"Runs loops of system calls without and with Warder attached, one round "
			"right after the other, and tells what is added to each operation: the "
			"difference of the best rounds and of the median ones, and that of the "
			"CPU time of the median ones, which other load on the machine disturbs "
			"least. Each workload is "
			"measured while an event that it does not cause is selected, while its "
			"events are selected and dropped by the engine ('--output none'), and while "
			"they are written as JSON to /dev/null.\n\n"
			"The second table has the events of all rounds, those lost, the CPU time "
			"that engine and collector used per operation, and their memory. Events of "
			"the rest of the machine are counted too. With --rate, every CPU makes as "
			"many events as it can; if some are lost, lower and lower paces find the "
			"highest one that loses none.\n\n"
			"It needs root for the collector. Other load on the machine, and other "
			"users of BPF on the same hooks, are part of what is measured. Budgets are "
			"for information: nothing fails because of them.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_live_options),
	.main = bench_live,
};
