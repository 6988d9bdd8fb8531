/* SPDX-License-Identifier: Apache-2.0 */
/* bench sink: how fast events are encoded, and delivered. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/encode/encoder.h"
#include "engine/encode/template.h"
#include "tools/bench_clock.h"
#include "tools/bench_deliver.h"
#include "tools/bench_events.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/command.h"

enum what { WHAT_ALL, WHAT_ENCODERS, WHAT_SINKS };

struct bench_sink_options {
	struct options_about about;
	uint64_t n_rounds, duration_ns;
	unsigned int what;
	bool json;
};

/* clang-format off */
#define ST struct bench_sink_options
static const struct options_row rows[] = {
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "5", NULL, 1000, "Measurement",
	  "rounds for each encoder, of which the best and the median are told" },
	{ "duration", 'd', OPTIONS_DURATION(ST, duration_ns), "TIME", "200ms", NULL, 0, "Measurement",
	  "of a round; each output is fed for as long as all rounds take" },
	{ "what", 'w', OPTIONS_WORD(ST, what), "WHAT", "all", "all|encoders|sinks", 0, "Measurement",
	  "leave the other out" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const char template_text[] =
	"{{ .Timestamp }} {{ .ProcessName }} {{ .EventName }}{{ range .Args }} {{ .Name }}={{ .Value }}{{ end }}\n";

static const struct { const char *name; enum encoder_format format; enum profile profile; const char *budget; } encoders[] = {
	{ "json", ENCODER_JSON, PROFILE_NATIVE, ">= 700 k events/s" },
	{ "json, compact", ENCODER_JSON, PROFILE_COMPACT, NULL },
	{ "json, ecs", ENCODER_JSON, PROFILE_ECS, NULL },
	{ "json, ocsf", ENCODER_JSON, PROFILE_OCSF, NULL },
	{ "table", ENCODER_TABLE, PROFILE_NATIVE, NULL },
	{ "gotemplate", ENCODER_TEMPLATE, PROFILE_NATIVE, NULL },
	{ "msgpack", ENCODER_MSGPACK, PROFILE_NATIVE, NULL },
	{ "otlp", ENCODER_OTLP, PROFILE_NATIVE, NULL },
	{ "otlp-json", ENCODER_OTLP_JSON, PROFILE_NATIVE, NULL },
};

static const struct bench_column encoder_columns[] = {
	{ "Encoder", "encoder", BENCH_TEXT },
	{ "Of", "events", BENCH_TEXT },
	{ ">Events/s", "events_per_s_best", BENCH_RATE },
	{ ">ns/event", "ns_per_event_best", BENCH_REAL },
	{ ">median", "ns_per_event_median", BENCH_REAL },
	{ ">Bytes/event", "bytes_per_event", BENCH_REAL },
	{ ">Longest", "bytes_max", BENCH_COUNT },
	{ "Budget", "budget", BENCH_TEXT },
	{ NULL, "rounds", BENCH_COUNT },
};

/* clang-format on */

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts); /* cannot fail for these */
	return (uint64_t)ts.tv_sec * BENCH_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* --- Encoders. --- */

static struct encoder *make_encoder(size_t i, const struct bev *events, struct err *err)
{
	struct encoder_options opt = { .format = encoders[i].format,
				       .profile = encoders[i].profile,
				       .json = events->json };

	if (opt.format == ENCODER_TEMPLATE) {
		opt.template = tmpl_new("bench", template_text, sizeof(template_text) - 1, err);
		if (!opt.template)
			return NULL;
	}
	return encoder_new(&opt, err);
}

struct encoded {
	uint64_t n, n_bytes, max_bytes;
};

static void encode_all(struct encoder *e, const struct bev *events, struct encoded *sum)
{
	size_t len;

	for (size_t i = 0; i < events->n; i++) {
		(void)encoder_event(e, &events->items[i], &len);
		sum->n_bytes += len;
		sum->max_bytes = len > sum->max_bytes ? len : sum->max_bytes;
	}
	sum->n += events->n;
}

static void measure_encoder(size_t i, struct encoder *e, const struct bev *events, const char *of,
			    const struct bench_sink_options *opt, struct bench_table *table)
{
	CLEANUP_SAMPLES struct bench_samples ns = { .v = NULL };
	struct encoded sum = { 0 }, warm = { 0 };
	double best;

	encode_all(e, events, &warm);
	for (uint64_t round = 0; round < opt->n_rounds; round++) {
		uint64_t start_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID), used_ns, n = sum.n;

		do {
			encode_all(e, events, &sum);
			used_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - start_ns;
		} while (used_ns < opt->duration_ns);
		bsamples_add(&ns, (double)used_ns / (double)(sum.n - n));
	}
	best = bsamples_at(&ns, 0);

	const struct bench_cell cells[] = {
		bench_text(encoders[i].name),
		bench_text(of),
		bench_number(BENCH_NS_PER_S / best),
		bench_number(best),
		bench_number(bsamples_at(&ns, 0.5)),
		bench_number((double)sum.n_bytes / (double)sum.n),
		bench_number((double)sum.max_bytes),
		bench_text(encoders[i].budget),
		bench_number((double)ns.n),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(encoder_columns), "one cell per column");
	breport_row(table, cells);
}

static int measure_encoders(const struct bench_sink_options *opt, const struct bev *events,
			    struct bench_report *report, struct err *err)
{
	struct bench_table *table = breport_table(report, "Encoders, on one core", "encoders",
						  encoder_columns, ARRAY_LEN(encoder_columns));
	CLEANUP_BEV struct bev execs = { .n = 0 };
	int rc = bev_only(&execs, events, EV_SCHED_PROCESS_EXEC, err);

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(encoders); i++) {
		struct encoder *e = make_encoder(i, events, err);

		if (!e)
			return err->code;
		measure_encoder(i, e, events, "all", opt, table);
		if (execs.n > 0)
			measure_encoder(i, e, &execs, "execs", opt, table);
		encoder_free(e);
	}
	return rc;
}

static int measure(const struct bench_sink_options *opt, const char *path,
		   struct bench_report *report, struct err *err)
{
	CLEANUP_BEV struct bev events = { .n = 0 };
	int rc = bev_make(&events, path, err);

	/* Outputs first: their receivers are forked, from a process that is still small. */
	if (rc == 0 && opt->what != WHAT_ENCODERS)
		rc = bdeliver_measure(&events, opt->n_rounds * opt->duration_ns, report, err);
	if (rc == 0 && opt->what != WHAT_SINKS)
		rc = measure_encoders(opt, &events, report, err);
	return rc;
}

static int bench_sink(const struct command_call *call)
{
	const struct bench_sink_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	struct err err = { 0 };
	int rc;

	if (opt->n_rounds == 0 || opt->duration_ns == 0) {
		log_error("option '--%s' expects at least %s",
			  opt->n_rounds ? "duration" : "rounds", opt->n_rounds ? "1ms" : "1");
		return EXIT_CODE_USAGE;
	}
	report = breport_new("sink");
	rc = report ? measure(opt, call->n_args > 0 ? call->args[0] : NULL, report, &err)
		    : err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc < 0)
		log_error("%s", err.text);
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_bench_sink = {
	.program = {
		.name = COMMAND_PREFIX "bench sink",
		.synopsis = "[OPTION...] [FILE]",
		.summary = "measure how fast events are encoded and delivered",
		.description =
			"Encodes the events of a recording, or else some that it makes up as a "
			"busy host has them, again and again in each format: 'all' of them, and "
			"'execs' only, which are the longest. Times are CPU time of the one thread "
			"that does it.\n\n"
			"Then it delivers them through each output, JSON unless the output says "
			"otherwise, to a receiver on this machine that takes everything: a file in "
			"TMPDIR, a pipe, TCP and HTTP without TLS, and the Kafka broker that "
			"librdkafka has for tests. Nothing is dropped: who cannot follow is waited "
			"for, so the rate is that of the slower one of output and receiver. CPU is "
			"that of the encoder and the output with its threads, not the receiver's; "
			"bytes are what arrived, of Kafka only the events. A build without "
			"librdkafka leaves Kafka out, and says so.\n\n"
			"It needs no privileges. Budgets are for information: nothing fails because "
			"of them.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct bench_sink_options),
	.arg = COMMAND_ARG_FILE,
	.max_args = 1,
	.main = bench_sink,
};
