/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_deliver.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/encode/encoder.h"
#include "engine/sink/file.h"
#include "engine/sink/outputs.h"
#include "tools/bench_brokers.h"
#include "tools/bench_clock.h"
#include "tools/bench_receiver.h"

#define BATCH 2048U        /* as the engine's loop */
#define EVENTS_MAX 300000U /* some 200 MB of a file */
#define PATIENCE_NS (30 * BENCH_NS_PER_S)
#define LOOK_NS (1 * BENCH_NS_PER_MS)
#define MESSAGES_NS (2 * BENCH_NS_PER_S) /* for brokers to be asked what they have */

enum target { TO_FILE, TO_PIPE, TO_STREAM, TO_HTTP, TO_KAFKA };

/* clang-format off */
/* The file or the port comes between the two. Nothing is dropped: who cannot follow is waited for. */
static const struct {
	const char *name;
	enum target target;
	const char *before, *behind;
} sinks[] = {
	{ "file", TO_FILE, "json:", "" },
	{ "stdout (pipe)", TO_PIPE, "", "" },
	{ "forward", TO_STREAM, "forward:tcp://127.0.0.1:", "?tag=bench&onFull=block" },
	{ "forward, gzip", TO_STREAM, "forward:tcp://127.0.0.1:", "?tag=bench&mode=compressed&onFull=block" },
	{ "syslog", TO_STREAM, "syslog:tcp://127.0.0.1:", "?onFull=block" },
	{ "webhook", TO_HTTP, "webhook:http://127.0.0.1:", "/?onFull=block" },
	{ "webhook, lines", TO_HTTP, "webhook:http://127.0.0.1:", "/?mode=lines&onFull=block" },
	{ "webhook, lines, gzip", TO_HTTP, "webhook:http://127.0.0.1:", "/?mode=lines&gzip=true&onFull=block" },
	{ "otlp, http/protobuf", TO_HTTP, "otlp:http://127.0.0.1:", "?onFull=block" },
	{ "otlp, http/json", TO_HTTP, "otlp:http://127.0.0.1:", "?protocol=http/json&onFull=block" },
	{ "kafka", TO_KAFKA, "kafka:127.0.0.1:", "/" BBROK_TOPIC "?onFull=block" },
};

static const struct bench_column columns[] = {
	{ "Output", "output", BENCH_TEXT },
	{ ">Events/s", "events_per_s", BENCH_RATE },
	{ ">CPU ns/event", "cpu_ns_per_event", BENCH_REAL },
	{ ">Bytes/event", "bytes_per_event", BENCH_REAL },
	{ ">MiB/s", "bytes_per_s", BENCH_BYTES },
	{ ">Lost", "lost", BENCH_COUNT },
	{ NULL, "events", BENCH_COUNT },
	{ NULL, "received_bytes", BENCH_COUNT },
	{ NULL, "received_lines", BENCH_COUNT },
	{ NULL, "requests", BENCH_COUNT },
	{ NULL, "elapsed_ns", BENCH_COUNT },
};
/* clang-format on */

struct feeding {
	enum target target;
	struct brecv receiver;
	char file[256]; /* "": none */
	struct outspecs specs;
	struct outputs *outputs;
	struct encoder *encoder; /* owned; of a pipe, which is no output of its own */
	struct sink *pipe;       /* likewise */
	uint64_t n_events, elapsed_ns, cpu_ns;
};

static void finish(struct feeding *d)
{
	outputs_close(d->outputs);
	outspec_done(&d->specs);
	sink_close(d->pipe);
	encoder_free(d->encoder);
	brecv_stop(&d->receiver);
	if (d->file[0])
		(void)unlink(d->file); /* what is not there need not be removed */
}

static int make_file(struct feeding *d, struct err *err)
{
	const char *dir = getenv("TMPDIR");
	CLEANUP_FD int fd = -1;

	if (snprintf(d->file, sizeof(d->file), "%s/warder-bench-XXXXXX", dir ? dir : "/tmp") >=
	    (int)sizeof(d->file)) {
		d->file[0] = '\0';
		return err_set(err, -ENAMETOOLONG, "TMPDIR is too long");
	}
	fd = mkstemp(d->file);
	if (fd >= 0)
		return 0;
	d->file[0] = '\0';
	return err_set(err, -errno, "file cannot be made in TMPDIR (%s)", err_name(errno));
}

static int open_pipe(struct feeding *d, const struct bev *events, struct err *err)
{
	const struct encoder_options opt = { .format = ENCODER_JSON, .json = events->json };

	d->encoder = encoder_new(&opt, err);
	if (!d->encoder)
		return err->code;
	d->pipe = sink_fd_open(d->receiver.pipe_fd, "stdout", NULL, err);
	if (!d->pipe)
		return err->code;
	d->pipe->encoder = d->encoder;
	return 0;
}

static int open_output(struct feeding *d, size_t i, const struct bev *events, struct err *err)
{
	const struct outputs_options opt = { .specs = &d->specs, .json = events->json };
	char spec[512];

	if (sinks[i].target == TO_FILE)
		(void)snprintf(spec, sizeof(spec), "%s%s", sinks[i].before, d->file); /* fits */
	else
		(void)snprintf(spec, sizeof(spec), "%s%u%s", sinks[i].before, /* fits */
			       d->receiver.port, sinks[i].behind);
	if (outspec_add(&d->specs, spec, err) < 0)
		return err->code;
	d->outputs = outputs_open(&opt, err);
	return d->outputs ? outputs_start(d->outputs, err) : err->code;
}

static int open_all(struct feeding *d, size_t i, const struct bev *events, struct err *err)
{
	static const enum brecv_kind kinds[] = {
		[TO_PIPE] = BRECV_PIPE,
		[TO_STREAM] = BRECV_STREAM,
		[TO_HTTP] = BRECV_HTTP,
		[TO_KAFKA] = BRECV_KAFKA,
	};
	int rc = sinks[i].target == TO_FILE
			 ? make_file(d, err)
			 : brecv_start(&d->receiver, kinds[sinks[i].target], err);

	if (rc == 0)
		rc = sinks[i].target == TO_PIPE ? open_pipe(d, events, err)
						: open_output(d, i, events, err);
	return rc;
}

/* What waits in the output has arrived, or is lost. */
static void drain(struct sink *sink)
{
	uint64_t end_ns = bench_now_ns() + PATIENCE_NS;
	struct sink_stats stats;

	do {
		(void)sink_flush(sink); /* losses are in the statistics */
		sink_stats_get(sink, &stats);
		if (stats.queue_events == 0)
			return;
		bench_sleep_until(bench_now_ns() + LOOK_NS);
	} while (bench_now_ns() < end_ns);
}

static uint64_t process_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * BENCH_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void put(struct sink *sink, const struct event *ev, int64_t epoch_offset_ns)
{
	struct batch_item item = { .event = ev->def->id,
				   .time_ns = (int64_t)ev->rec->ts_ns + epoch_offset_ns };
	size_t len;

	item.data = encoder_event(sink->encoder, ev, &len);
	item.len = (uint32_t)len;
	(void)sink_put(sink, &item); /* losses are in the statistics */
}

static void feed(struct feeding *d, struct sink *sink, const struct bev *events, uint64_t feed_ns)
{
	uint64_t start_ns = bench_now_ns(), used_ns = process_ns();

	do {
		for (size_t i = 0; i < BATCH; i++, d->n_events++)
			put(sink, &events->items[d->n_events % events->n],
			    events->json.epoch_offset_ns);
		(void)sink_flush(sink); /* likewise */
	} while (d->n_events < EVENTS_MAX && bench_now_ns() - start_ns < feed_ns);
	drain(sink);
	d->elapsed_ns = bench_now_ns() - start_ns;
	d->cpu_ns = process_ns() - used_ns;
}

/* Brokers do not tell bytes: those of the events that they took. */
static void await_messages(const struct feeding *d, const struct sink_stats *stats,
			   struct brecv_counts *ret_counts)
{
	uint64_t end_ns = bench_now_ns() + MESSAGES_NS;

	do {
		bench_sleep_until(bench_now_ns() + LOOK_NS);
		brecv_counts(&d->receiver, ret_counts);
	} while (ret_counts->n_lines < stats->n_sent && bench_now_ns() < end_ns);
	ret_counts->n_bytes = stats->n_bytes;
}

/* Until the receiver has read what was sent. */
static void await_counts(const struct feeding *d, const struct sink_stats *stats,
			 struct brecv_counts *ret_counts)
{
	struct brecv_counts before;
	struct stat st;

	*ret_counts = (struct brecv_counts){ 0 };
	if (d->file[0]) {
		ret_counts->n_bytes = stat(d->file, &st) == 0 ? (uint64_t)st.st_size : 0;
		return;
	}
	if (d->target == TO_KAFKA) {
		await_messages(d, stats, ret_counts);
		return;
	}
	do {
		brecv_counts(&d->receiver, &before);
		bench_sleep_until(bench_now_ns() + 20 * LOOK_NS);
		brecv_counts(&d->receiver, ret_counts);
	} while (before.n_bytes != ret_counts->n_bytes);
}

static void add_row(const struct feeding *d, size_t i, struct sink *sink, struct bench_table *table)
{
	struct brecv_counts counts;
	struct sink_stats stats;
	double n = (double)d->n_events;

	sink_stats_get(sink, &stats);
	await_counts(d, &stats, &counts);

	const struct bench_cell cells[] = {
		bench_text(sinks[i].name),
		bench_number(n * BENCH_NS_PER_S / (double)d->elapsed_ns),
		bench_number((double)d->cpu_ns / n),
		bench_number((double)counts.n_bytes / n),
		bench_number((double)counts.n_bytes * BENCH_NS_PER_S / (double)d->elapsed_ns),
		bench_number((double)stats.n_lost_events),
		bench_number(n),
		bench_number((double)counts.n_bytes),
		bench_number((double)counts.n_lines),
		bench_number((double)counts.n_requests),
		bench_number((double)d->elapsed_ns),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
}

int bdeliver_measure(const struct bev *events, uint64_t feed_ns, struct bench_report *report,
		     struct err *err)
{
	struct bench_table *table =
		breport_table(report, "Outputs", "outputs", columns, ARRAY_LEN(columns));
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(sinks); i++) {
		struct feeding d = { .target = sinks[i].target, .receiver = { .pipe_fd = -1 } };
		struct sink *sink;
		size_t n;

		rc = open_all(&d, i, events, err);
		if (rc == 0) {
			sink = d.pipe ? d.pipe : outputs_sinks(d.outputs, &n)[0];
			feed(&d, sink, events, feed_ns);
			add_row(&d, i, sink, table);
		} else if (rc == -EOPNOTSUPP) {
			breport_note(report, "%s is left out: %s", sinks[i].name, err->text);
			rc = 0;
		}
		finish(&d);
	}
	return rc;
}
