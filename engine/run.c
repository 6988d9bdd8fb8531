/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/collector_link.h"
#include "engine/http.h"
#include "engine/lane_map.h"
#include "engine/live/server.h"
#include "engine/loop.h"
#include "engine/match/match.h"
#include "engine/merge.h"
#include "engine/now.h"
#include "engine/options.h"
#include "engine/pipeline.h"
#include "engine/run_outputs.h"
#include "engine/run_reload.h"
#include "engine/sink/outputs.h"
#include "engine/status.h"
#include "engine/status_server.h"

#define BATCH 2048 /* records between two flushes */
/*
 * After a batch that was not full the lanes are left alone for a moment, without asking writers to
 * ring: on a busy machine this makes batches of what would be a wake-up an event, and the wake-up
 * is paid by the traced program. Only the first event after silence rings, so it is not delayed.
 * The moment is twice as long each time that it brought something, up to a limit: under steady load
 * most of what an event costs is the wake-up, its share of it.
 */
#define NAP_NS (200 * NOW_NS_PER_US)
#define NAP_MAX_NS (1 * NOW_NS_PER_MS)
/* What wakes nobody (see "Sleep" in common/lane.h) is read with the next record that does, but not
 * later than this: the process tree stays near the present. */
#define SLEEP_NS (1 * NOW_NS_PER_S)
#define LOOK_NS (10 * NOW_NS_PER_MS) /* how often the descriptors are looked at while busy */
#define DRAIN_NS (2 * NOW_NS_PER_S)  /* how long the end may take */
#define ENDING_MS 1000               /* ... of it, for outputs whose readers are behind */
/* What a collector that is gone left is all there is. This only ends a wait for a blocked output.
 */
#define DRAIN_GONE_NS (60 * NOW_NS_PER_S)
#define PROGRESS_NS (500 * NOW_NS_PER_MS)
#define STATUS_WAIT_NS (250 * NOW_NS_PER_MS) /* for the collector's counters */
#define SINK_LOG_NS (10 * NOW_NS_PER_S)

struct state {
	struct run *run;
	uint64_t looked_ns, progress_at_ns, sink_logged_ns;
	uint64_t n_status;  /* clink_n_status() when the counters were asked for */
	uint64_t newest_ns; /* time of the last record of the latest batch */
	int64_t nap_ns;     /* the next one */
	bool is_asked;
	uint64_t stopped_ns; /* 0: it goes on */
	bool stop;           /* no more than what is there */
	bool is_over;        /* not even that */
	bool has_sighup;     /* and the outputs have not been told yet */
	enum exit_code code;
	struct run_reload reload;
	struct source_record batch[BATCH];
};

static void stop(struct state *s)
{
	s->stop = true;
	if (s->stopped_ns == 0)
		s->stopped_ns = now_boot_ns();
}

static void end(struct state *s, enum exit_code code)
{
	stop(s);
	s->is_over = s->is_over || code != EXIT_CODE_OK;
	if (s->code == EXIT_CODE_OK)
		s->code = code;
}

enum exit_code run_exit_code(int rc)
{
	switch (rc) {
	case 0:
		return EXIT_CODE_OK;
	case -EBUSY:
		return EXIT_CODE_BUSY;
	case -EACCES:
	case -EPERM:
		return EXIT_CODE_PRIVILEGES;
	case -EPROTONOSUPPORT:
		return EXIT_CODE_VERSION;
	default:
		return EXIT_CODE_FAILED;
	}
}

static void take_signal(void *arg, uint32_t events)
{
	struct state *s = arg;
	struct signalfd_siginfo info;

	(void)events;
	while (read(s->run->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP) {
			run_reload_hangup(&s->reload);
			s->has_sighup = true;
		} else {
			end(s, EXIT_CODE_OK);
		}
	}
}

static void check_duration(struct state *s, uint64_t now_ns)
{
	uint64_t limit_ns = s->run->opt->duration_ns;

	if (limit_ns > 0 && now_ns - s->run->started_ns >= limit_ns)
		end(s, EXIT_CODE_OK);
}

/* An output waits for its reader, and the loop for the output. */
static int64_t ending_left_ms(void *arg)
{
	struct state *s = arg;
	uint64_t now_ns = now_boot_ns();
	int64_t ms;

	take_signal(s, POLLIN);
	check_duration(s, now_ns);
	if (!s->stop)
		return -1;
	ms = ENDING_MS - (int64_t)(now_ns - s->stopped_ns) / NOW_NS_PER_MS;
	return ms > 0 ? ms : 0;
}

static void bell_rang(void *arg, uint32_t events)
{
	(void)events;
	lane_map_silence(arg);
}

static void progress_gone(void *arg, uint32_t events)
{
	struct state *s = arg;

	if (events & (POLLERR | POLLHUP))
		end(s, EXIT_CODE_OK);
	loop_remove(s->run->loop, (int)s->run->opt->progress_fd); /* said once is enough */
}

/* What was lost in a sink, or that there will be no more sinks. */
static void check_outputs(struct state *s)
{
	struct run *run = s->run;
	struct sink_stats stats;
	int rc = 0, i = pipeline_sink_error(run->pipeline, &rc);
	uint64_t now_ns;

	if (pipeline_record_error(run->pipeline) < 0) {
		log_error("recording '%s' cannot be written (%s)", run->opt->record,
			  err_name(pipeline_record_error(run->pipeline)));
		end(s, EXIT_CODE_OUTPUT);
	}
	if (i < 0)
		return;
	if (rc == -EPIPE && strcmp(sink_name(run->sinks[i]), "stdout") == 0) {
		log_error("output 'stdout': its reader is gone (EPIPE)");
		end(s, EXIT_CODE_OUTPUT);
		return;
	}
	now_ns = now_boot_ns();
	if (s->sink_logged_ns && now_ns - s->sink_logged_ns < (uint64_t)SINK_LOG_NS)
		return;
	s->sink_logged_ns = now_ns;
	sink_stats_get(run->sinks[i], &stats);
	log_error("output '%s': %" PRIu64 " events are lost so far (%s), continuing",
		  sink_name(run->sinks[i]), stats.n_lost_events, err_name(rc));
}

static void source_ended(struct state *s, int rc, const struct err *err)
{
	const char *name = s->run->opt->replay;

	if (rc == -ESTRPIPE)
		log_warning("recording '%s' was cut: it ends without its last block", name);
	else if (rc != -ENODATA)
		log_error("'%s': %s", name, err->text);
	end(s, rc == -ENODATA || rc == -ESTRPIPE ? EXIT_CODE_OK : EXIT_CODE_FAILED);
	s->is_over = true;
}

/* One batch, from the lanes to the outputs. Released last: a killed engine's successor delivers
 * again what may not have been delivered. Returns the number of records. */
static int step(struct state *s)
{
	struct run *run = s->run;
	struct err err = { 0 };
	int n = run->source ? source_next(run->source, s->batch, BATCH, &err) : 0;

	if (n < 0) {
		source_ended(s, n, &err);
		return 0;
	}
	if (n == 0) {
		if (run->source)
			source_release(run->source);
		return 0;
	}
	pipeline_batch(run->pipeline, run->source, s->batch, (size_t)n);
	pipeline_flush(run->pipeline);
	if (run->live)
		(void)live_server_tick(run->live, now_boot_ns()); /* asked again before a rest */
	s->newest_ns = s->batch[n - 1].rec->ts_ns;
	source_release(run->source);
	check_outputs(s);
	return n;
}

static int64_t sooner(int64_t a_ns, int64_t b_ns)
{
	if (a_ns < 0 || b_ns < 0)
		return a_ns < 0 ? b_ns : a_ns;
	return a_ns < b_ns ? a_ns : b_ns;
}

/* At the descriptors, for `ns` (-1: for ever) at most. */
static void look(struct state *s, int64_t ns)
{
	int rc = loop_wait(s->run->loop, ns);

	s->looked_ns = now_boot_ns();
	if (rc < 0) {
		log_error("waiting failed (%s)", err_name(rc));
		end(s, EXIT_CODE_FAILED);
	}
}

/* Sleeps until something happens, `limit_ns` (-1: for ever) at most. */
static void rest(struct state *s, int64_t limit_ns)
{
	struct source *source = s->run->source;
	int64_t ns = source ? sooner(limit_ns, source_sleep_begin(source)) : limit_ns;

	if (source && s->run->link)
		ns = sooner(ns, SLEEP_NS);
	if (ns != 0)
		look(s, ns);
	if (source)
		source_sleep_end(source);
}

/* Without asking to be woken. */
static void nap(struct state *s, int64_t limit_ns)
{
	look(s, sooner(limit_ns, s->nap_ns));
	s->nap_ns = s->nap_ns < NAP_MAX_NS / 2 ? 2 * s->nap_ns : NAP_MAX_NS;
}

/* Delivers what is older than now. */
static void deliver(struct state *s, uint64_t end_ns)
{
	uint64_t until_ns = now_boot_ns(), now_ns = until_ns;
	int64_t idle_ns;

	while (!s->is_over && now_ns < end_ns) {
		if (step(s) > 0) {
			if (s->newest_ns > until_ns)
				return;
		} else {
			idle_ns = source_sleep_begin(s->run->source);
			source_sleep_end(s->run->source);
			if (idle_ns < 0)
				return;
			rest(s, sooner(idle_ns, (int64_t)(end_ns - now_ns)));
		}
		now_ns = now_boot_ns();
	}
}

/* ... and the losses up to now. `patience_ns`: how long it may take. */
static void drain(struct state *s, int64_t patience_ns)
{
	uint64_t end_ns = now_boot_ns() + (uint64_t)patience_ns;

	if (!s->run->source || s->is_over)
		return;
	deliver(s, end_ns);
	source_finish(s->run->source);
	deliver(s, end_ns);
	if (now_boot_ns() >= end_ns)
		log_warning("ending with records left in the lanes");
}

static void close_source(struct run *run)
{
	struct lane_map *map;

	if (!run->source)
		return;
	if (run->link) {
		map = source_live_map(run->source);
		for (size_t i = 0; i < LANE_MAP_BELLS; i++)
			loop_remove(run->loop, map->bells[i].fd);
	}
	source_close(run->source);
	run->source = NULL;
}

static int open_source(struct state *s, struct lane_map *map, struct err *err)
{
	struct run *run = s->run;
	uint64_t wait_ns = run->opt->sort_events ? MERGE_WAIT_SORTED_NS : MERGE_WAIT_NS;
	int rc = 0;

	run->source = source_live_new(map, &run->clock, wait_ns, err);
	if (!run->source)
		return err->code;
	for (size_t i = 0; rc == 0 && i < LANE_MAP_BELLS; i++)
		rc = loop_add(run->loop, map->bells[i].fd, bell_rang, map, err);
	return rc;
}

/* A new collector handed over its lanes. Those of the former one are read to their end. */
static void change_source(struct state *s, struct lane_map *map)
{
	struct err err = { 0 };

	drain(s, DRAIN_NS);
	close_source(s->run);
	pipeline_forget_seen(s->run->pipeline);
	if (open_source(s, map, &err) < 0) {
		log_error("%s", err.text);
		end(s, EXIT_CODE_FAILED);
	}
}

static int64_t tend_link(struct state *s, uint64_t now_ns)
{
	struct clink *link = s->run->link;
	struct lane_map *lanes;
	struct err err = { 0 };
	int64_t ns;
	int rc;

	if (!link)
		return -1;
	ns = clink_tick(link, now_ns);
	lanes = clink_take_lanes(link);
	if (lanes)
		change_source(s, lanes);
	rc = clink_failure(link, &err);
	if (rc < 0) {
		log_error("%s", err.text);
		stop(s); /* and what is in the lanes is delivered */
		s->code = run_exit_code(rc);
	}
	if (clink_is_over(link))
		end(s, EXIT_CODE_OK);
	return ns;
}

void run_about(const struct run *run, struct status_about *ret_about)
{
	*ret_about = (struct status_about){
		.loop = loop_backend_name(run->loop),
		.loop_reason = run->loop_reason,
		.sandbox = &run->sandbox,
		.policies = match_policies(pipeline_match(run->pipeline)),
		.reload = run->reload,
		.is_watched = run->watch != NULL,
		.pipeline = run->pipeline,
		.link = run->link,
		.source = run->link ? run->source : NULL,
		.sinks = run->sinks,
		.n_sinks = run->n_sinks,
		.live = run->live,
		.uptime_ns = now_boot_ns() - run->started_ns,
		.statm_fd = run->statm_fd,
		.limits = run->limits,
		.ready = run->link ? &run->ready : NULL,
	};
	ret_about->figure_sinks = outputs_figure_sinks(run->outputs, &ret_about->n_figure_sinks);
}

static void answer_status(struct state *s, uint64_t since_ns)
{
	struct status_about about;
	size_t len;
	CLEANUP_FREE char *document = NULL;

	run_about(s->run, &about);
	document = status_document(&about, &len);
	status_server_answer(s->run->status, STATUS_REQUEST_STATUS, since_ns,
			     document ? document : "", document ? len : 0);
}

/* Who asks is told the collector's counters of now, if it gives them in time. */
static int64_t tend_status(struct state *s, uint64_t now_ns)
{
	struct run *run = s->run;
	uint64_t since_ns;
	int64_t ns;

	if (!run->status)
		return -1;
	ns = status_server_tick(run->status, now_ns);
	since_ns = status_server_waiting_since(run->status, STATUS_REQUEST_STATUS);
	if (since_ns == 0)
		return ns;
	if (!s->is_asked && run->link && clink_ask_status(run->link, now_ns)) {
		s->is_asked = true;
		s->n_status = clink_n_status(run->link);
	}
	if (s->is_asked && clink_n_status(run->link) == s->n_status &&
	    now_ns - since_ns < (uint64_t)STATUS_WAIT_NS)
		return sooner(ns, (int64_t)(since_ns + (uint64_t)STATUS_WAIT_NS - now_ns));
	s->is_asked = false;
	answer_status(s, now_ns);
	return sooner(ns, 0);
}

static uint64_t bytes_done(const struct run *run)
{
	struct sink_stats stats;
	struct stat st;
	uint64_t n_bytes = 0;

	if (!run->link)
		return run->source ? source_wring_bytes_read(run->source) : 0;
	if (run->record_fd >= 0)
		return fstat(run->record_fd, &st) == 0 ? (uint64_t)st.st_size : 0;
	for (size_t i = 0; i < run->n_sinks; i++) {
		sink_stats_get(run->sinks[i], &stats);
		n_bytes += stats.n_bytes;
	}
	return n_bytes;
}

static void write_progress(const struct state *s, uint64_t now_ns)
{
	const struct pipeline_stats *stats = pipeline_stats(s->run->pipeline);
	char line[128];
	int n = snprintf(line, sizeof(line), "%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
			 stats->n_records, stats->n_lost, bytes_done(s->run),
			 now_ns - s->run->started_ns);

	(void)!write((int)s->run->opt->progress_fd, line, (size_t)n); /* nobody reads: skipped */
}

static int64_t tend_progress(struct state *s, uint64_t now_ns)
{
	if (s->run->opt->progress_fd == OPTIONS_NONE)
		return -1;
	if (now_ns >= s->progress_at_ns) {
		write_progress(s, now_ns);
		s->progress_at_ns = now_ns + (uint64_t)PROGRESS_NS;
	}
	return (int64_t)(s->progress_at_ns - now_ns);
}

static int64_t tend_duration(struct state *s, uint64_t now_ns)
{
	uint64_t limit_ns = s->run->opt->duration_ns, age_ns = now_ns - s->run->started_ns;

	if (limit_ns == 0)
		return -1;
	check_duration(s, now_ns);
	return age_ns < limit_ns ? (int64_t)(limit_ns - age_ns) : 0;
}

/* What comes of a SIGHUP is told in the new file. */
static void reopen_log(void)
{
	struct err err = { 0 };

	if (log_reopen(&err) < 0)
		log_error("%s, continuing with the old file", err.text);
}

/* Everything that is due by time. Returns when something will be next, ns. */
static int64_t tend(struct state *s)
{
	uint64_t now_ns = now_boot_ns();
	int64_t ns = tend_duration(s, now_ns);

	if (s->has_sighup)
		reopen_log();
	ns = sooner(ns, tend_progress(s, now_ns));
	ns = sooner(ns, tend_status(s, now_ns));
	ns = sooner(ns, log_tick());
	if (s->run->live)
		ns = sooner(ns, live_server_tick(s->run->live, now_ns));
	if (s->run->http)
		ns = sooner(ns, http_tick(s->run->http));
	ns = sooner(ns, run_outputs_tend(s->run, s->has_sighup, now_ns));
	s->has_sighup = false;
	ns = sooner(ns, run_reload_tend(&s->reload, s->run, now_ns));
	ns = sooner(ns, tend_link(s, now_ns));
	return s->run->link ? sooner(ns, ready_tend(&s->run->ready, s->run->link, now_ns)) : ns;
}

static int watch(struct state *s, struct err *err)
{
	struct run *run = s->run;
	const struct sink_ending ending = { run->signal_fd, ending_left_ms, s };
	int rc = loop_add(run->loop, run->signal_fd, take_signal, s, err);

	for (size_t i = 0; i < run->n_sinks; i++)
		sink_set_ending(run->sinks[i], &ending);

	if (rc == 0 && run->opt->progress_fd != OPTIONS_NONE)
		rc = loop_add(run->loop, (int)run->opt->progress_fd, progress_gone, s, err);
	if (rc == -EPERM)
		rc = 0; /* a file has no reader that could go */
	return rc < 0 ? rc : run_reload_begin(run, err);
}

/* What is missing in the output, at the end. A replay can be repeated: then it is a failure. */
static void tell_losses(struct state *s)
{
	const struct run *run = s->run;
	uint64_t n_bad = pipeline_stats(run->pipeline)->n_bad;
	struct sink_stats stats;

	if (n_bad > 0)
		log_warning("%" PRIu64 " records made no sense and are not in the output", n_bad);
	for (size_t i = 0; i < run->n_sinks; i++) {
		sink_stats_get(run->sinks[i], &stats);
		if (stats.n_lost_events == 0)
			continue;
		log_warning("output '%s': %" PRIu64 " of %" PRIu64 " events were lost (%s)",
			    sink_name(run->sinks[i]), stats.n_lost_events, stats.n_events,
			    stats.last_errno ? err_name(stats.last_errno)
					     : "still waiting at the end");
		if (!run->link && s->code == EXIT_CODE_OK)
			s->code = EXIT_CODE_OUTPUT;
	}
}

enum exit_code run_loop(struct run *run)
{
	CLEANUP_FREE struct state *s = calloc(1, sizeof(*s));
	struct err err = { 0 };
	int64_t due_ns;
	int n;

	if (!s)
		return EXIT_CODE_FAILED;
	s->run = run;
	s->nap_ns = NAP_NS;
	s->run->started_ns = now_boot_ns();
	s->progress_at_ns = s->run->started_ns + (uint64_t)PROGRESS_NS;
	if (watch(s, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_FAILED;
	}
	while (!s->stop) {
		due_ns = tend(s);
		if (s->stop)
			break;
		n = step(s);
		if (n == 0) {
			s->nap_ns = NAP_NS;
			rest(s, s->stop ? 0 : due_ns);
		} else if (n < BATCH && run->link) {
			nap(s, s->stop ? 0 : due_ns);
		} else if (now_boot_ns() - s->looked_ns > (uint64_t)LOOK_NS) {
			look(s, 0);
		}
	}
	if (run->link)
		drain(s, clink_is_over(run->link) ? DRAIN_GONE_NS : DRAIN_NS);
	if (run->opt->progress_fd != OPTIONS_NONE)
		write_progress(s, now_boot_ns());
	sink_end_all(run->sinks, run->n_sinks);
	tell_losses(s);
	close_source(run);
	return s->code;
}
