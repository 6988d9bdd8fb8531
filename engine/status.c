/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/status.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/event_def.h"
#include "common/lane.h"
#include "engine/collector_link.h"
#include "engine/config_reload.h"
#include "engine/enrich/containers.h"
#include "engine/json_doc.h"
#include "engine/live/server.h"
#include "engine/losses.h"
#include "engine/now.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/readiness.h"
#include "engine/reload.h"
#include "engine/sandbox.h"

static void put_rss(struct jdoc *d, int statm_fd)
{
	char text[128] = "";
	unsigned long pages;

	/* A short or failed read does not scan. */
	if (statm_fd >= 0 && pread(statm_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%*u %lu", &pages) == 1)
		jdoc_u64(d, "rss_bytes", pages * (uint64_t)sysconf(_SC_PAGESIZE));
	else
		jdoc_null(d, "rss_bytes");
}

static uint64_t timeval_ns(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * NOW_NS_PER_S + (uint64_t)tv.tv_usec * 1000;
}

static void put_engine(struct jdoc *d, const struct status_about *a)
{
	const struct pipeline_stats *stats = pipeline_stats(a->pipeline);
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for this process */
	jdoc_open(d, "engine", '{');
	jdoc_u64(d, "pid", (uint64_t)getpid());
	jdoc_u64(d, "uptime_ns", a->uptime_ns);
	jdoc_string(d, "loop", a->loop);
	jdoc_string(d, "loop_reason", a->loop_reason);
	jdoc_open(d, "sandbox", '{');
	jdoc_u64(d, "uid", a->sandbox->uid);
	jdoc_u64(d, "gid", a->sandbox->gid);
	jdoc_bool(d, "no_new_privs", a->sandbox->no_new_privs);
	jdoc_bool(d, "seccomp", a->sandbox->seccomp);
	jdoc_u64(d, "landlock_abi", (uint64_t)a->sandbox->landlock_abi);
	jdoc_close(d, '}');
	jdoc_open(d, "policies", '[');
	for (size_t i = 0; i < a->policies->n_policies; i++)
		jdoc_string(d, NULL, a->policies->policies[i].name);
	jdoc_close(d, ']');
	jdoc_u64(d, "events_delivered", stats->n_events);
	jdoc_u64(d, "events_refused", stats->n_refused);
	jdoc_u64(d, "records_decoded", stats->n_records - stats->n_bad);
	jdoc_u64(d, "records_bad", stats->n_bad);
	put_rss(d, a->statm_fd);
	jdoc_u64(d, "cpu_ns", timeval_ns(usage.ru_utime) + timeval_ns(usage.ru_stime));
	jdoc_close(d, '}');
}

static void put_policies(struct jdoc *d, const struct status_about *a)
{
	struct reload_stats s = { .generation = 1, .last_error = "" };

	if (a->reload)
		reload_stats_get(a->reload, &s);
	jdoc_open(d, "policies", '{');
	jdoc_u64(d, "generation", s.generation);
	jdoc_u64(d, "loaded_ns", a->reload ? now_boot_ns() - s.loaded_ns : a->uptime_ns);
	jdoc_u64(d, "reloads", s.n_reloads);
	jdoc_u64(d, "reload_errors", s.n_reload_errors);
	jdoc_string(d, "last_error", s.last_error);
	jdoc_bool(d, "watched", a->is_watched);
	jdoc_bool(d, "reloadable", s.is_possible);
	jdoc_close(d, '}');
}

static void put_program(struct jdoc *d, const struct control_prog *prog)
{
	jdoc_open(d, NULL, '{');
	jdoc_string(d, "name", prog->name);
	jdoc_u64(d, "run_ns", prog->run_ns);
	jdoc_u64(d, "runs", prog->n_runs);
	jdoc_u64(d, "missed", prog->n_missed);
	jdoc_close(d, '}');
}

static void put_collector_status(struct jdoc *d, const struct control_status *status)
{
	jdoc_u64(d, "uptime_ns", status->uptime_ns);
	jdoc_u64(d, "cpu_ns", status->cpu_ns);
	jdoc_u64(d, "rss_bytes", status->rss_bytes);
	jdoc_u64(d, "snapshot_tasks", status->n_snapshot_tasks);
	jdoc_u64(d, "prog_run_ns", status->prog_run_ns);
	jdoc_u64(d, "prog_run_cnt", status->prog_run_cnt);
	jdoc_open(d, "counters", '{');
	for (unsigned int i = 0; i < KC_COUNTERS; i++)
		jdoc_u64(d, control_counter_name(i), status->kernel[i]);
	jdoc_close(d, '}');
	jdoc_bool(d, "run_stats", status->has_run_stats);
	jdoc_open(d, "programs", '[');
	for (unsigned int i = 0; i < status->n_progs; i++)
		put_program(d, &status->progs[i]);
	jdoc_close(d, ']');
}

static void put_collector(struct jdoc *d, const struct clink *link)
{
	const struct control_hello *hello = link ? clink_hello(link) : NULL;
	const struct control_status *status = link ? clink_status(link) : NULL;

	jdoc_open(d, "collector", '{');
	jdoc_bool(d, "connected", link && clink_is_connected(link));
	if (hello)
		jdoc_u64(d, "pid", hello->collector_pid);
	else
		jdoc_null(d, "pid");
	if (status)
		put_collector_status(d, status);
	jdoc_close(d, '}');
}

static void put_hook(struct jdoc *d, unsigned int slot, const struct control_plan_status *status,
		     const struct pipeline *pipeline)
{
	static const struct control_event_state none;
	const struct control_event_state *state = status ? &status->events[slot] : &none;
	bool is_unavailable = state->state == CONTROL_STATE_UNAVAILABLE;

	jdoc_open(d, NULL, '{');
	jdoc_string(d, "event", event_defs[slot].name);
	jdoc_u64(d, "id", event_defs[slot].id);
	jdoc_string(d, "state", control_state_name(state->state));
	jdoc_string(d, "hook", control_hook_name(state->hook));
	jdoc_string(d, "reason", is_unavailable ? control_reason_text(state->reason) : "");
	jdoc_string(d, "code", state->code ? err_name(state->code) : "");
	jdoc_bool(d, "seen", pipeline_has_seen(pipeline, slot));
	jdoc_close(d, '}');
}

static void put_plan(struct jdoc *d, const struct clink *link, const struct pipeline *pipeline)
{
	const struct control_plan_status *status = link ? clink_plan_status(link) : NULL;
	const struct kfilter *filters = link ? clink_filters(link) : NULL;

	jdoc_open(d, "plan", '{');
	jdoc_u64(d, "generation", link ? clink_generation(link) : 0);
	jdoc_bool(d, "kernel_filters", filters != NULL);
	jdoc_u64(d, "filtered_events", filters ? kfilter_n_events(filters) : 0);
	jdoc_u64(d, "filter_entries", filters ? filters->n_entries : 0);
	jdoc_close(d, '}');
	jdoc_open(d, "hooks", '[');
	for (unsigned int slot = 0; link && slot < EVENT_SLOTS; slot++)
		if (clink_wants(link, slot))
			put_hook(d, slot, status, pipeline);
	jdoc_close(d, ']');
}

static void put_heartbeat(struct jdoc *d, unsigned int hook, const struct hbeat_hook *h)
{
	jdoc_open(d, NULL, '{');
	jdoc_string(d, "hook", control_hook_name(hook));
	jdoc_string(d, "state", hbeat_state_name(h->state));
	jdoc_u64(d, "back", h->n_back);
	jdoc_u64(d, "late", h->n_late);
	jdoc_u64(d, "took_ns", h->took_ns);
	jdoc_close(d, '}');
}

static void put_ready(struct jdoc *d, const struct ready *ready)
{
	char text[READY_TEXT_MAX] = "";
	bool ok = ready && ready_verdict(ready, now_boot_ns(), text);

	jdoc_open(d, "ready", '{');
	jdoc_bool(d, "ok", ok);
	jdoc_string(d, "text", text);
	jdoc_open(d, "heartbeats", '[');
	for (unsigned int i = 0; ready && i < CONTROL_HOOK_KINDS; i++)
		if (ready->beat.hooks[i].state != HBEAT_NONE)
			put_heartbeat(d, i, &ready->beat.hooks[i]);
	jdoc_close(d, ']');
	jdoc_close(d, '}');
}

static void put_lanes(struct jdoc *d, const struct source *source)
{
	size_t n = source ? source_live_n_lanes(source) : 0;
	struct source_lane_stats s;

	jdoc_open(d, "lanes", '[');
	for (size_t i = 0; i < n; i++) {
		source_live_lane_stats(source, i, &s);
		jdoc_open(d, NULL, '{');
		jdoc_u64(d, "index", s.index);
		jdoc_string(d, "class", losses_class_name(s.lane_class));
		jdoc_u64(d, "group", s.group);
		jdoc_u64(d, "capacity", s.capacity);
		jdoc_u64(d, "fill", s.fill);
		jdoc_u64(d, "high", s.high);
		jdoc_u64(d, "lost", s.n_lost);
		jdoc_u64(d, "padded", s.n_padded);
		jdoc_u64(d, "corrupt", s.n_corrupt);
		jdoc_u64(d, "stalls", s.n_stalls);
		jdoc_close(d, '}');
	}
	jdoc_close(d, ']');
}

static void put_lost_one(struct jdoc *d, const char *event, uint64_t count)
{
	if (count == 0)
		return;
	jdoc_open(d, NULL, '{');
	jdoc_string(d, "event", event);
	jdoc_u64(d, "count", count);
	jdoc_close(d, '}');
}

static void put_lost(struct jdoc *d, const struct pipeline_stats *stats)
{
	jdoc_open(d, "lost", '[');
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		put_lost_one(d, event_defs[slot].name, stats->lost[slot]);
	put_lost_one(d, "unknown", stats->n_unknown_lost);
	jdoc_close(d, ']');
}

/* What waits for somebody else. */
static void put_waiting(struct jdoc *d, const struct sink_stats *s)
{
	int64_t now_ns = (int64_t)now_clock_ns(CLOCK_REALTIME);

	jdoc_open(d, "queue", '{');
	jdoc_u64(d, "events", s->queue_events);
	jdoc_u64(d, "bytes", s->queue_bytes);
	jdoc_u64(d, "capacity", s->queue_capacity);
	jdoc_u64(d, "high", s->queue_high_bytes);
	jdoc_close(d, '}');
	jdoc_open(d, "spool", '{');
	jdoc_u64(d, "events", s->spool_events);
	jdoc_u64(d, "bytes", s->spool_bytes);
	jdoc_u64(d, "capacity", s->spool_capacity);
	jdoc_u64(d, "dropped", s->n_spool_dropped);
	jdoc_u64(d, "damaged", s->n_spool_damaged);
	jdoc_close(d, '}');
	jdoc_u64(d, "oldest_ns",
		 s->oldest_ns > 0 && now_ns > s->oldest_ns ? (uint64_t)(now_ns - s->oldest_ns) : 0);
}

static void put_sink(struct jdoc *d, struct sink *sink)
{
	struct sink_stats s;

	sink_stats_get(sink, &s);
	jdoc_open(d, NULL, '{');
	jdoc_string(d, "name", sink_name(sink));
	jdoc_u64(d, "events", s.n_events);
	jdoc_u64(d, "bytes", s.n_bytes);
	jdoc_u64(d, "lost", s.n_lost_events);
	jdoc_u64(d, "sent", s.n_sent);
	jdoc_u64(d, "refused", s.n_refused);
	jdoc_u64(d, "retries", s.n_retried);
	jdoc_u64(d, "failures", s.n_failures);
	jdoc_bool(d, "connected", s.is_connected);
	jdoc_u64(d, "connects", s.n_connects);
	put_waiting(d, &s);
	jdoc_string(d, "errno", s.last_errno ? err_name(s.last_errno) : "");
	jdoc_string(d, "why", s.last_text);
	jdoc_close(d, '}');
}

static void put_sinks(struct jdoc *d, const struct status_about *a)
{
	jdoc_open(d, "sinks", '[');
	for (size_t i = 0; i < a->n_sinks; i++)
		put_sink(d, a->sinks[i]);
	for (size_t i = 0; i < a->n_figure_sinks; i++)
		put_sink(d, a->figure_sinks[i]);
	jdoc_close(d, ']');
}

static void put_live(struct jdoc *d, const struct live_server *live)
{
	struct live_server_stats s = { 0 };

	if (live)
		live_server_stats_get(live, &s);
	jdoc_open(d, "live", '{');
	jdoc_u64(d, "streams", s.n_streams);
	jdoc_u64(d, "tops", s.n_tops);
	jdoc_u64(d, "clients", s.n_clients);
	jdoc_u64(d, "refused", s.n_refused);
	jdoc_u64(d, "events", s.n_events);
	jdoc_u64(d, "missed", s.n_missed);
	jdoc_close(d, '}');
}

static void put_process_tree(struct jdoc *d, const struct pipeline *pipeline)
{
	struct ptree_stats s;

	pipeline_ptree_stats(pipeline, &s);
	jdoc_open(d, "process_tree", '{');
	jdoc_u64(d, "tasks", s.n_tasks);
	jdoc_u64(d, "capacity", s.capacity);
	jdoc_u64(d, "hits", s.n_hits);
	jdoc_u64(d, "misses", s.n_misses);
	jdoc_u64(d, "evictions", s.n_evictions);
	jdoc_close(d, '}');
}

static void put_containers(struct jdoc *d, const struct pipeline *pipeline)
{
	struct containers_stats s;

	pipeline_containers_stats(pipeline, &s);
	jdoc_open(d, "containers", '{');
	jdoc_u64(d, "containers", s.n_containers);
	jdoc_u64(d, "cgroups", s.n_cgroups);
	jdoc_u64(d, "capacity", s.capacity);
	jdoc_u64(d, "hits", s.n_hits);
	jdoc_u64(d, "misses", s.n_misses);
	jdoc_u64(d, "evictions", s.n_evictions);
	jdoc_close(d, '}');
}

static void put_match(struct jdoc *d, const struct match *match)
{
	struct match_stats s = { 0 };

	if (match)
		match_stats_get(match, &s);
	jdoc_open(d, "match", '{');
	jdoc_u64(d, "generation", match ? match_generation(match) : 0);
	jdoc_u64(d, "predicates", s.n_predicates);
	jdoc_u64(d, "patterns", s.n_patterns);
	jdoc_u64(d, "patterns_jit", s.n_patterns_jit);
	jdoc_u64(d, "patterns_limited", s.n_pattern_limited);
	jdoc_u64(d, "marked_processes", s.n_marked);
	jdoc_u64(d, "memory_bytes", s.memory_bytes);
	jdoc_close(d, '}');
}

char *status_document(const struct status_about *a, size_t *ret_len)
{
	struct jdoc d;

	if (!jdoc_begin(&d))
		return NULL;
	jdoc_string(&d, "version", WARDER_VERSION);
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
	put_live(&d, a->live);
	return jdoc_finish(&d, ret_len);
}

static void put_some(struct jdoc *d, const char *key, char *const *items, size_t n_items, size_t n)
{
	jdoc_open(d, key, '{');
	jdoc_u64(d, "count", n);
	jdoc_open(d, "names", '[');
	for (size_t i = 0; i < n_items; i++)
		jdoc_string(d, NULL, items[i]);
	jdoc_close(d, ']');
	jdoc_close(d, '}');
}

static void put_names(struct jdoc *d, const char *key, const struct reload_names *names)
{
	put_some(d, key, names->items, names->n_items, names->n);
}

static void put_config(struct jdoc *d, const struct creload_report *config)
{
	const struct creload_names *applied = &config->applied, *waiting = &config->waiting;

	jdoc_open(d, "config", '{');
	put_some(d, "applied", applied->items, applied->n_items, applied->n);
	put_some(d, "waiting", waiting->items, waiting->n_items, waiting->n);
	jdoc_string(d, "error", config->err.text);
	jdoc_close(d, '}');
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
	struct jdoc d;

	if (!jdoc_begin(&d))
		return NULL;
	jdoc_string(&d, "outcome", outcomes[report->outcome]);
	jdoc_u64(&d, "generation", report->generation);
	put_names(&d, "added", &report->added);
	put_names(&d, "removed", &report->removed);
	put_names(&d, "changed", &report->changed);
	jdoc_u64(&d, "kept", report->n_kept);
	jdoc_u64(&d, "took_ns", report->took_ns);
	jdoc_u64(&d, "held_ns", report->held_ns);
	jdoc_string(&d, "error", report->err.text);
	if (config)
		put_config(&d, config);
	jdoc_string(&d, "plan", plans[plan]);
	return jdoc_finish(&d, ret_len);
}
