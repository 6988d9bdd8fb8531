/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_rate.h"

#include <math.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_clock.h"
#include "tools/bench_report.h"
#include "tools/bench_warder.h"
#include "tools/bench_workload.h"

#define FLOODS_MAX 256
#define SEARCH_STEPS 6 /* each halves what is not known: under 2 % of the full rate at the end */

/* clang-format off */
static const struct { const char *name, *output; } outputs[] = {
	{ "none", "none" },
	{ "json", "json:/dev/null" },
};

static const struct bench_column columns[] = {
	{ "Output", "output", BENCH_TEXT },
	{ "Flood", "flood", BENCH_TEXT },
	{ NULL, "floods", BENCH_COUNT },
	{ NULL, "duration_ns", BENCH_COUNT },
	{ ">Events/s", "produced_per_s", BENCH_RATE },
	{ ">Delivered/s", "delivered_per_s", BENCH_RATE },
	{ NULL, "produced", BENCH_COUNT },
	{ NULL, "delivered", BENCH_COUNT },
	{ ">Lost", "lost", BENCH_COUNT },
	{ ">Lost %", "lost_percent", BENCH_REAL },
	{ "Budget", "budget", BENCH_TEXT },
};
/* clang-format on */

struct flood_result {
	uint64_t n_produced, n_delivered, n_lost;
	double flood_s,
		delivery_s; /* from the first operation to the last, and to the last event */
};

/* Ends those that were started, whatever happens. */
static int end_floods(struct bwork_flood *floods, unsigned int n, uint64_t *ret_n_ops,
		      struct err *err)
{
	int rc = 0;

	*ret_n_ops = 0;
	for (unsigned int i = 0; i < n; i++) {
		uint64_t n_ops = 0;
		int ended = bwork_flood_end(&floods[i], &n_ops, err);

		*ret_n_ops += n_ops;
		rc = rc < 0 ? rc : ended;
	}
	return rc;
}

static unsigned int n_floods(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > FLOODS_MAX ? FLOODS_MAX : (unsigned int)n;
}

/* `events_per_s` of all floods together; 0: as many as they can. */
static int flood(struct bwarder *w, double events_per_s, uint64_t duration_ns,
		 struct flood_result *ret_result, struct err *err)
{
	const struct bwork *work = bwork_storm;
	struct bwork_flood floods[FLOODS_MAX];
	struct bwarder_counts before, after;
	double ops_per_s = events_per_s / work->n_events_per_op;
	unsigned int n_wanted = n_floods(), n = 0;
	uint64_t start_ns, end_ns, n_ops;
	int rc = bwarder_look(w, &before, err), ended;

	if (rc < 0)
		return rc;
	start_ns = bench_now_ns();
	for (; n < n_wanted && rc == 0; n += rc == 0)
		rc = bwork_flood_start(&floods[n], work, (uint64_t)(ops_per_s / n_wanted),
				       duration_ns, err);
	ended = end_floods(floods, n, &n_ops, err);
	end_ns = bench_now_ns();
	rc = rc < 0 ? rc : ended;
	if (rc < 0)
		return rc;
	rc = bwarder_settle(w, &before, n_ops * work->n_events_per_op, &after, err);
	if (rc < 0)
		return rc;
	*ret_result = (struct flood_result){
		.n_produced = n_ops * work->n_events_per_op,
		.n_delivered = after.n_delivered - before.n_delivered,
		.n_lost = after.n_lost - before.n_lost,
		.flood_s = (double)(end_ns - start_ns) / BENCH_NS_PER_S,
		.delivery_s = (double)(bench_now_ns() - start_ns) / BENCH_NS_PER_S,
	};
	return 0;
}

static void add_row(struct bench_table *table, const char *output, const char *kind,
		    uint64_t duration_ns, const struct flood_result *r)
{
	double n_all = (double)(r->n_delivered + r->n_lost);
	const struct bench_cell cells[] = {
		bench_text(output),
		bench_text(kind),
		bench_number(n_floods()),
		bench_number((double)duration_ns),
		bench_number((double)r->n_produced / r->flood_s),
		bench_number((double)r->n_delivered / r->delivery_s),
		bench_number((double)r->n_produced),
		bench_number((double)r->n_delivered),
		bench_number((double)r->n_lost),
		bench_number(n_all > 0 ? 100 * (double)r->n_lost / n_all : NAN),
		bench_text(r->n_lost == 0 ? ">= 1 M/s without loss, on 2 CPUs" : ""),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
}

/* Between nothing and `full`, which loses. False in *ret_found: no pace was without loss. */
static int search(struct bwarder *w, double full, uint64_t duration_ns,
		  struct flood_result *ret_best, bool *ret_found, struct err *err)
{
	double low = 0, high = full;

	*ret_found = false;
	for (int i = 0; i < SEARCH_STEPS; i++) {
		double pace = (low + high) / 2;
		struct flood_result r;
		int rc = flood(w, pace, duration_ns, &r, err);

		if (rc < 0)
			return rc;
		if (r.n_lost > 0) {
			high = pace;
			continue;
		}
		low = pace;
		*ret_best = r;
		*ret_found = true;
	}
	return 0;
}

static int measure_output(struct bench_table *table, struct bwarder *w, const char *name,
			  uint64_t duration_ns, struct err *err)
{
	struct flood_result full, best;
	bool found = false;
	int rc = flood(w, 0, duration_ns, &full, err);

	if (rc < 0)
		return rc;
	add_row(table, name, "full speed", duration_ns, &full);
	if (full.n_lost == 0)
		return 0;
	rc = search(w, (double)full.n_produced / full.flood_s, duration_ns, &best, &found, err);
	if (rc == 0 && found)
		add_row(table, name, "paced", duration_ns, &best);
	return rc;
}

int brate_measure(struct bench_report *report, struct bwarder *w, const char *hooks,
		  uint64_t duration_ns, struct err *err)
{
	struct bench_table *table = breport_table(report, "Highest rate, openat+close on all CPUs",
						  "rate", columns, ARRAY_LEN(columns));

	for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
		const struct bwarder_options opt = { .events = bwork_storm->events,
						     .output = outputs[i].output,
						     .hooks = hooks };
		int rc = bwarder_start(w, &opt, err), stopped;

		if (rc == 0)
			rc = bwarder_wait(w, &opt, err);
		if (rc == 0)
			rc = measure_output(table, w, outputs[i].name, duration_ns, err);
		stopped = bwarder_stop(w, rc == 0 ? err : NULL);
		if (rc < 0 || stopped < 0)
			return rc < 0 ? rc : stopped;
	}
	return 0;
}
