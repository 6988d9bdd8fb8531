/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/event_def.h"
#include "common/lane.h"
#include "engine/collector_link.h"
#include "engine/config_reload.h"
#include "engine/enrich/containers.h"
#include "engine/losses.h"
#include "engine/now.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/readiness.h"
#include "engine/reload.h"
#include "engine/sandbox.h"

/* Writes commas where they belong: `first` is true behind an opening bracket. */
struct doc {
	FILE *out;
	bool first;
};

static void put_text(struct doc *d, const char *text)
{
	fputc('"', d->out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(d->out, "\\%c", c);
		else if (c < 0x20)
			fprintf(d->out, "\\u%04x", c);
		else
			fputc(c, d->out);
	}
	fputc('"', d->out);
}

static void put_comma(struct doc *d)
{
	if (!d->first)
		fputc(',', d->out);
	d->first = false;
}

/* `key` NULL: an element of a list. */
static void put_key(struct doc *d, const char *key)
{
	put_comma(d);
	if (key)
		fprintf(d->out, "\"%s\":", key);
}

static void open_in(struct doc *d, const char *key, char bracket)
{
	put_key(d, key);
	fputc(bracket, d->out);
	d->first = true;
}

static void close_in(struct doc *d, char bracket)
{
	fputc(bracket, d->out);
	d->first = false;
}

static void put_string(struct doc *d, const char *key, const char *value)
{
	put_key(d, key);
	put_text(d, value);
}

static void put_u64(struct doc *d, const char *key, uint64_t value)
{
	put_key(d, key);
	fprintf(d->out, "%" PRIu64, value);
}

static void put_bool(struct doc *d, const char *key, bool value)
{
	put_key(d, key);
	fputs(value ? "true" : "false", d->out);
}

static void put_null(struct doc *d, const char *key)
{
	put_key(d, key);
	fputs("null", d->out);
}

static void put_rss(struct doc *d, int statm_fd)
{
	char text[128] = "";
	unsigned long pages;

	/* A short or failed read does not scan. */
	if (statm_fd >= 0 && pread(statm_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%*u %lu", &pages) == 1)
		put_u64(d, "rss_bytes", pages * (uint64_t)sysconf(_SC_PAGESIZE));
	else
		put_null(d, "rss_bytes");
}

static uint64_t timeval_ns(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * NOW_NS_PER_S + (uint64_t)tv.tv_usec * 1000;
}

static void put_engine(struct doc *d, const struct status_about *a)
{
	const struct pipeline_stats *stats = pipeline_stats(a->pipeline);
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for this process */
	open_in(d, "engine", '{');
	put_u64(d, "pid", (uint64_t)getpid());
	put_u64(d, "uptime_ns", a->uptime_ns);
	put_string(d, "loop", a->loop);
	put_string(d, "loop_reason", a->loop_reason);
	open_in(d, "sandbox", '{');
	put_u64(d, "uid", a->sandbox->uid);
	put_u64(d, "gid", a->sandbox->gid);
	put_bool(d, "no_new_privs", a->sandbox->no_new_privs);
	put_bool(d, "seccomp", a->sandbox->seccomp);
	put_u64(d, "landlock_abi", (uint64_t)a->sandbox->landlock_abi);
	close_in(d, '}');
	open_in(d, "policies", '[');
	for (size_t i = 0; i < a->policies->n_policies; i++)
		put_string(d, NULL, a->policies->policies[i].name);
	close_in(d, ']');
	put_u64(d, "events_delivered", stats->n_events);
	put_u64(d, "events_refused", stats->n_refused);
	put_u64(d, "records_decoded", stats->n_records - stats->n_bad);
	put_u64(d, "records_bad", stats->n_bad);
	put_rss(d, a->statm_fd);
	put_u64(d, "cpu_ns", timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime));
	close_in(d, '}');
}

static void put_policies(struct doc *d, const struct status_about *a)
{
	struct reload_stats s = { .generation = 1, .last_error = "" };

	if (a->reload)
		reload_stats_get(a->reload, &s);
	open_in(d, "policies", '{');
	put_u64(d, "generation", s.generation);
	put_u64(d, "loaded_ns", a->reload ? now_boot_ns() - s.loaded_ns : a->uptime_ns);
	put_u64(d, "reloads", s.n_reloads);
	put_u64(d, "reload_errors", s.n_reload_errors);
	put_string(d, "last_error", s.last_error);
	put_bool(d, "watched", a->is_watched);
	put_bool(d, "reloadable", s.is_possible);
	close_in(d, '}');
}

static void put_program(struct doc *d, const struct control_prog *prog)
{
	open_in(d, NULL, '{');
	put_string(d, "name", prog->name);
	put_u64(d, "run_ns", prog->run_ns);
	put_u64(d, "runs", prog->n_runs);
	put_u64(d, "missed", prog->n_missed);
	close_in(d, '}');
}

static void put_collector_status(struct doc *d, const struct control_status *status)
{
	put_u64(d, "uptime_ns", status->uptime_ns);
	put_u64(d, "cpu_ns", status->cpu_ns);
	put_u64(d, "rss_bytes", status->rss_bytes);
	put_u64(d, "snapshot_tasks", status->n_snapshot_tasks);
	put_u64(d, "prog_run_ns", status->prog_run_ns);
	put_u64(d, "prog_run_cnt", status->prog_run_cnt);
	open_in(d, "counters", '{');
	for (unsigned int i = 0; i < KC_COUNTERS; i++)
		put_u64(d, control_counter_name(i), status->kernel[i]);
	close_in(d, '}');
	put_bool(d, "run_stats", status->has_run_stats);
	open_in(d, "programs", '[');
	for (unsigned int i = 0; i < status->n_progs; i++)
		put_program(d, &status->progs[i]);
	close_in(d, ']');
}

static void put_collector(struct doc *d, const struct clink *link)
{
	const struct control_hello *hello = link ? clink_hello(link) : NULL;
	const struct control_status *status = link ? clink_status(link) : NULL;

	open_in(d, "collector", '{');
	put_bool(d, "connected", link && clink_is_connected(link));
	if (hello)
		put_u64(d, "pid", hello->collector_pid);
	else
		put_null(d, "pid");
	if (status)
		put_collector_status(d, status);
	close_in(d, '}');
}

static void put_hook(struct doc *d, unsigned int slot, const struct control_plan_status *status,
		     const struct pipeline *pipeline)
{
	static const struct control_event_state none;
	const struct control_event_state *state = status ? &status->events[slot] : &none;
	bool is_unavailable = state->state == CONTROL_STATE_UNAVAILABLE;

	open_in(d, NULL, '{');
	put_string(d, "event", event_defs[slot].name);
	put_u64(d, "id", event_defs[slot].id);
	put_string(d, "state", control_state_name(state->state));
	put_string(d, "hook", control_hook_name(state->hook));
	put_string(d, "reason", is_unavailable ? control_reason_text(state->reason) : "");
	put_string(d, "code", state->code ? err_name(state->code) : "");
	put_bool(d, "seen", pipeline_has_seen(pipeline, slot));
	close_in(d, '}');
}

static void put_plan(struct doc *d, const struct clink *link, const struct pipeline *pipeline)
{
	const struct control_plan_status *status = link ? clink_plan_status(link) : NULL;
	const struct kfilter *filters = link ? clink_filters(link) : NULL;

	open_in(d, "plan", '{');
	put_u64(d, "generation", link ? clink_generation(link) : 0);
	put_bool(d, "kernel_filters", filters != NULL);
	put_u64(d, "filtered_events", filters ? kfilter_n_events(filters) : 0);
	put_u64(d, "filter_entries", filters ? filters->n_entries : 0);
	close_in(d, '}');
	open_in(d, "hooks", '[');
	for (unsigned int slot = 0; link && slot < EVENT_SLOTS; slot++)
		if (clink_wants(link, slot))
			put_hook(d, slot, status, pipeline);
	close_in(d, ']');
}

static void put_heartbeat(struct doc *d, unsigned int hook, const struct hbeat_hook *h)
{
	open_in(d, NULL, '{');
	put_string(d, "hook", control_hook_name(hook));
	put_string(d, "state", hbeat_state_name(h->state));
	put_u64(d, "back", h->n_back);
	put_u64(d, "late", h->n_late);
	put_u64(d, "took_ns", h->took_ns);
	close_in(d, '}');
}

static void put_ready(struct doc *d, const struct ready *ready)
{
	char text[READY_TEXT_MAX] = "";
	bool ok = ready && ready_verdict(ready, now_boot_ns(), text);

	open_in(d, "ready", '{');
	put_bool(d, "ok", ok);
	put_string(d, "text", text);
	open_in(d, "heartbeats", '[');
	for (unsigned int i = 0; ready && i < CONTROL_HOOK_KINDS; i++)
		if (ready->beat.hooks[i].state != HBEAT_NONE)
			put_heartbeat(d, i, &ready->beat.hooks[i]);
	close_in(d, ']');
	close_in(d, '}');
}

static void put_lanes(struct doc *d, const struct source *source)
{
	size_t n = source ? source_live_n_lanes(source) : 0;
	struct source_lane_stats s;

	open_in(d, "lanes", '[');
	for (size_t i = 0; i < n; i++) {
		source_live_lane_stats(source, i, &s);
		open_in(d, NULL, '{');
		put_u64(d, "index", s.index);
		put_string(d, "class", losses_class_name(s.lane_class));
		put_u64(d, "group", s.group);
		put_u64(d, "capacity", s.capacity);
		put_u64(d, "fill", s.fill);
		put_u64(d, "lost", s.n_lost);
		put_u64(d, "padded", s.n_padded);
		put_u64(d, "corrupt", s.n_corrupt);
		put_u64(d, "stalls", s.n_stalls);
		close_in(d, '}');
	}
	close_in(d, ']');
}

static void put_lost_one(struct doc *d, const char *event, uint64_t count)
{
	if (count == 0)
		return;
	open_in(d, NULL, '{');
	put_string(d, "event", event);
	put_u64(d, "count", count);
	close_in(d, '}');
}

static void put_lost(struct doc *d, const struct pipeline_stats *stats)
{
	open_in(d, "lost", '[');
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		put_lost_one(d, event_defs[slot].name, stats->lost[slot]);
	put_lost_one(d, "unknown", stats->n_unknown_lost);
	close_in(d, ']');
}

static void put_sinks(struct doc *d, const struct status_about *a)
{
	struct sink_stats s;

	open_in(d, "sinks", '[');
	for (size_t i = 0; i < a->n_sinks; i++) {
		sink_stats_get(a->sinks[i], &s);
		open_in(d, NULL, '{');
		put_string(d, "name", sink_name(a->sinks[i]));
		put_u64(d, "events", s.n_events);
		put_u64(d, "bytes", s.n_bytes);
		put_u64(d, "lost", s.n_lost_events);
		put_u64(d, "sent", s.n_sent);
		put_u64(d, "refused", s.n_refused);
		put_u64(d, "retries", s.n_retried);
		put_u64(d, "failures", s.n_failures);
		put_string(d, "errno", s.last_errno ? err_name(s.last_errno) : "");
		put_string(d, "why", s.last_text);
		close_in(d, '}');
	}
	close_in(d, ']');
}

static void put_process_tree(struct doc *d, const struct pipeline *pipeline)
{
	struct ptree_stats s;

	pipeline_ptree_stats(pipeline, &s);
	open_in(d, "process_tree", '{');
	put_u64(d, "tasks", s.n_tasks);
	put_u64(d, "capacity", s.capacity);
	put_u64(d, "hits", s.n_hits);
	put_u64(d, "misses", s.n_misses);
	put_u64(d, "evictions", s.n_evictions);
	close_in(d, '}');
}

static void put_containers(struct doc *d, const struct pipeline *pipeline)
{
	struct containers_stats s;

	pipeline_containers_stats(pipeline, &s);
	open_in(d, "containers", '{');
	put_u64(d, "containers", s.n_containers);
	put_u64(d, "cgroups", s.n_cgroups);
	put_u64(d, "capacity", s.capacity);
	put_u64(d, "hits", s.n_hits);
	put_u64(d, "misses", s.n_misses);
	put_u64(d, "evictions", s.n_evictions);
	close_in(d, '}');
}

static void put_match(struct doc *d, const struct match *match)
{
	struct match_stats s = { 0 };

	if (match)
		match_stats_get(match, &s);
	open_in(d, "match", '{');
	put_u64(d, "generation", match ? match_generation(match) : 0);
	put_u64(d, "predicates", s.n_predicates);
	put_u64(d, "patterns", s.n_patterns);
	put_u64(d, "patterns_jit", s.n_patterns_jit);
	put_u64(d, "patterns_limited", s.n_pattern_limited);
	put_u64(d, "marked_processes", s.n_marked);
	put_u64(d, "memory_bytes", s.memory_bytes);
	close_in(d, '}');
}

/* What has been written, or NULL when not all of it could be. */
static char *finish(struct doc *d, char **text)
{
	bool failed = ferror(d->out);

	if (fclose(d->out) == 0 && !failed)
		return *text;
	free(*text);
	return NULL;
}

char *status_document(const struct status_about *a, size_t *ret_len)
{
	char *text = NULL;
	struct doc d = { .out = open_memstream(&text, ret_len), .first = true };

	if (!d.out)
		return NULL;
	fputc('{', d.out);
	put_string(&d, "version", WARDER_VERSION);
	put_engine(&d, a);
	put_policies(&d, a);
	put_collector(&d, a->link);
	put_plan(&d, a->link, a->pipeline);
	put_ready(&d, a->ready);
	put_lanes(&d, a->source);
	put_lost(&d, pipeline_stats(a->pipeline));
	put_sinks(&d, a);
	put_process_tree(&d, a->pipeline);
	put_match(&d, pipeline_match(a->pipeline));
	put_containers(&d, a->pipeline);
	fputs("}\n", d.out);
	return finish(&d, &text);
}

static void put_some(struct doc *d, const char *key, char *const *items, size_t n_items, size_t n)
{
	open_in(d, key, '{');
	put_u64(d, "count", n);
	open_in(d, "names", '[');
	for (size_t i = 0; i < n_items; i++)
		put_string(d, NULL, items[i]);
	close_in(d, ']');
	close_in(d, '}');
}

static void put_names(struct doc *d, const char *key, const struct reload_names *names)
{
	put_some(d, key, names->items, names->n_items, names->n);
}

static void put_config(struct doc *d, const struct creload_report *config)
{
	const struct creload_names *applied = &config->applied, *waiting = &config->waiting;

	open_in(d, "config", '{');
	put_some(d, "applied", applied->items, applied->n_items, applied->n);
	put_some(d, "waiting", waiting->items, waiting->n_items, waiting->n);
	put_string(d, "error", config->err.text);
	close_in(d, '}');
}

char *status_reload_document(const struct reload_report *report,
			     const struct creload_report *config, enum status_plan plan,
			     size_t *ret_len)
{
	static const char *const outcomes[] = { [RELOAD_NOTHING] = "nothing",
						[RELOAD_DONE] = "reloaded",
						[RELOAD_REFUSED] = "refused" };
	static const char *const plans[] = { [STATUS_PLAN_CONFIRMED] = "confirmed",
					     [STATUS_PLAN_WAITING] = "waiting",
					     [STATUS_PLAN_NO_COLLECTOR] = "no collector" };
	char *text = NULL;
	struct doc d = { .out = open_memstream(&text, ret_len), .first = true };

	if (!d.out)
		return NULL;
	fputc('{', d.out);
	put_string(&d, "outcome", outcomes[report->outcome]);
	put_u64(&d, "generation", report->generation);
	put_names(&d, "added", &report->added);
	put_names(&d, "removed", &report->removed);
	put_names(&d, "changed", &report->changed);
	put_u64(&d, "kept", report->n_kept);
	put_u64(&d, "took_ns", report->took_ns);
	put_u64(&d, "held_ns", report->held_ns);
	put_string(&d, "error", report->err.text);
	if (config)
		put_config(&d, config);
	put_string(&d, "plan", plans[plan]);
	fputs("}\n", d.out);
	return finish(&d, &text);
}
