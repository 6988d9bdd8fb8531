/* SPDX-License-Identifier: Apache-2.0 */
/* bench policies: what more policies cost. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "tools/bench_clock.h"
#include "tools/bench_records.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/command.h"

#define RULES 5 /* of each policy */
#define RECORDS 1000000U
#define BATCH 2048U /* as the engine's loop */

struct bench_policies_options {
	struct options_about about;
	uint64_t n_rounds;
	bool json;
};

/* clang-format off */
#define ST struct bench_policies_options
static const struct options_row rows[] = {
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "5", NULL, 1000, "Measurement",
	  "rounds over all records for each, of which the best and the median are told" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of a table" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const unsigned int sizes[] = { 5, 25, 500, 5000 };

static const struct bench_column columns[] = {
	{ ">Policies", "policies", BENCH_COUNT },
	{ ">ns/record", "ns_per_record_best", BENCH_REAL },
	{ ">median", "ns_per_record_median", BENCH_REAL },
	{ ">Records/s", "records_per_s_best", BENCH_RATE },
	{ ">Times 5", "ratio", BENCH_REAL },
	{ ">Read ms", "read_ms", BENCH_REAL },
	{ ">Compile ms", "compile_ms", BENCH_REAL },
	{ ">MiB", "memory_bytes", BENCH_BYTES },
	{ NULL, "set_bytes", BENCH_BYTES },
	{ NULL, "match_bytes", BENCH_BYTES },
	{ NULL, "rules", BENCH_COUNT },
	{ NULL, "events", BENCH_COUNT },
	{ NULL, "refused", BENCH_COUNT },
	{ NULL, "predicates", BENCH_COUNT },
	{ NULL, "records", BENCH_COUNT },
	{ NULL, "rounds", BENCH_COUNT },
};
/* clang-format on */

/* A policy set at work. */
struct setup {
	struct pol_set *set;
	struct pipeline *pipeline;
	double read_ns, compile_ns, set_bytes;
};

static void tear_down(struct setup *s)
{
	if (s->pipeline)
		match_free(pipeline_set_match(s->pipeline, NULL));
	pipeline_free(s->pipeline);
	pol_set_free(s->set);
}

/* Five rules that no two policies share. The first policies' ones match some of the made records;
 * then it is the same number of events, however many policies there are. */
static void print_policy(FILE *out, unsigned int i)
{
	fprintf(out,
		"type: policy\nname: bench-%u\nscope: [global]\nrules:\n"
		"- event: openat\n  filters: ['data.pathname=%s/app-%u/data/*']\n"
		"- event: connect\n  filters: [data.addr.sin_addr=10.%u.%u.%u]\n"
		"- event: sched_process_exec\n  filters: [data.pathname=/opt/tools/run-%u]\n"
		"- event: close\n  filters: [comm=job-%u, data.fd=7]\n"
		"- event: read\n  filters: [data.fd=%u, 'retval>=0']\n"
		"---\n",
		i, i < 5 ? "/usr/share" : "/srv", i, i < 5 ? 0 : 1 + i / 65536, i / 256 % 256,
		i % 256, i, i, i + 100);
}

static int read_policies(struct setup *s, unsigned int n, struct err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len, before = mallinfo2().uordblks;
	FILE *out = open_memstream(&text, &len);
	uint64_t start_ns;
	int rc = 0;

	for (unsigned int i = 0; out && i < n; i++)
		print_policy(out, i);
	if (!out || fclose(out) != 0)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	before += len;
	start_ns = bench_now_ns();
	s->set = pol_set_new();
	if (!s->set)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	/* As files are: one at a time, each below the limit for one. */
	for (char *at = text, *next; *at && rc >= 0; at = next) {
		next = strstr(at, "---\n");
		next = next ? next + 4 : at + strlen(at);
		rc = pol_set_parse(s->set, at, (size_t)(next - at), "bench", err);
	}
	if (rc >= 0)
		rc = pol_set_compile(s->set, err);
	s->read_ns = (double)(bench_now_ns() - start_ns);
	s->set_bytes = (double)mallinfo2().uordblks - (double)before;
	return rc < 0 ? rc : 0;
}

static int set_up(struct setup *s, unsigned int n, const struct brec *brec, struct err *err)
{
	const struct pipeline_options opt = { .json = { .epoch_offset_ns =
								brec->clock.epoch_offset_ns } };
	struct match_options match = { .generation = 1,
				       .start_ns = brec->clock.start_ns,
				       .epoch_offset_ns = brec->clock.epoch_offset_ns };
	struct match *m;
	uint64_t start_ns;
	int rc = read_policies(s, n, err);

	if (rc < 0)
		return rc;
	s->pipeline = pipeline_new(&opt);
	if (!s->pipeline)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	match.tree = pipeline_ptree(s->pipeline);
	start_ns = bench_now_ns();
	m = match_new(s->set, &match, NULL, err);
	s->compile_ns = (double)(bench_now_ns() - start_ns);
	(void)pipeline_set_match(s->pipeline, m); /* the first */
	return m ? 0 : err->code;
}

static double replay(struct setup *s, const struct brec *brec)
{
	uint64_t start_ns = bench_now_ns();

	for (size_t i = 0; i < brec->n; i += BATCH)
		pipeline_batch(s->pipeline, NULL, brec->items + i,
			       brec->n - i < BATCH ? brec->n - i : BATCH);
	return (double)(bench_now_ns() - start_ns) / (double)brec->n;
}

static void add_row(struct bench_table *table, const struct setup *s, unsigned int n_policies,
		    const struct brec *brec, struct bench_samples *ns, double few_ns)
{
	const struct pipeline_stats *stats = pipeline_stats(s->pipeline);
	double best = bsamples_at(ns, 0), rounds = (double)ns->n + 1; /* and the first */
	struct match_stats match;

	match_stats_get(pipeline_match(s->pipeline), &match);

	const struct bench_cell cells[] = {
		bench_number(n_policies),
		bench_number(best),
		bench_number(bsamples_at(ns, 0.5)),
		bench_number(BENCH_NS_PER_S / best),
		bench_number(best / few_ns),
		bench_number(s->read_ns / BENCH_NS_PER_MS),
		bench_number(s->compile_ns / BENCH_NS_PER_MS),
		bench_number(s->set_bytes + (double)match.memory_bytes),
		bench_number(s->set_bytes),
		bench_number((double)match.memory_bytes),
		bench_number((double)n_policies * RULES),
		bench_number((double)stats->n_events / rounds),
		bench_number((double)stats->n_refused / rounds),
		bench_number((double)match.n_predicates),
		bench_number((double)brec->n),
		bench_number((double)ns->n),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
}

/* All sizes in turn in each round, so that what else the machine does is shared by them. */
static int measure(const struct brec *brec, uint64_t n_rounds, struct bench_table *table,
		   struct err *err)
{
	struct bench_samples ns[ARRAY_LEN(sizes)] = { { .v = NULL } };
	struct setup setups[ARRAY_LEN(sizes)] = { { .set = NULL } };
	int rc = 0;

	for (size_t i = 0; i < ARRAY_LEN(sizes) && rc == 0; i++)
		rc = set_up(&setups[i], sizes[i], brec, err);
	for (uint64_t round = 0; round <= n_rounds && rc == 0; round++) {
		for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
			double took_ns = replay(&setups[i], brec);

			if (round > 0) /* the first is to warm up */
				bsamples_add(&ns[i], took_ns);
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		if (rc == 0)
			add_row(table, &setups[i], sizes[i], brec, &ns[i], bsamples_at(&ns[0], 0));
		tear_down(&setups[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		bsamples_done(&ns[i]);
	return rc;
}

static int bench_policies(const struct command_call *call)
{
	const struct bench_policies_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	CLEANUP_BREC struct brec brec = { .n = 0 };
	struct bench_table *table;
	struct err err = { 0 };
	int rc;

	if (opt->n_rounds == 0) {
		log_error("option '--rounds' expects at least 1");
		return EXIT_CODE_USAGE;
	}
	rc = call->n_args > 0 ? brec_read(&brec, call->args[0], &err)
			      : brec_make(&brec, RECORDS, &err);
	report = breport_new("policies");
	if (rc == 0 && !report)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0) {
		table = breport_table(report, "Records through policies", "policies", columns,
				      ARRAY_LEN(columns));
		rc = measure(&brec, opt->n_rounds, table, &err);
	}
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc < 0)
		log_error("%s", err.text);
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_bench_policies = {
	.program = {
		.name = COMMAND_PREFIX "bench policies",
		.synopsis = "[OPTION...] [FILE]",
		.summary = "measure what more policies cost",
		.description =
			"Takes the records of FILE, or a million made-up ones, through 5, 25, 500 "
			"and 5,000 policies of five rules each: decoded, enriched and matched, "
			"without an output. The filters are of the kind that an index finds (paths "
			"and their beginnings, addresses, names, numbers), so the number of "
			"policies should hardly matter.\n\n"
			"'Read' is YAML to policies, 'compile' is policies to what decides. It "
			"needs no privileges.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_policies_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 0,
	.max_args = 1,
	.main = bench_policies,
};
