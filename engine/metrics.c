/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/collector_link.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/losses.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/reload.h"
#include "engine/sink/sink.h"
#include "engine/source.h"

#define SECOND 1e9

/* A family begins with its two comment lines, once. */
static void family(FILE *out, const char *name, const char *type, const char *help)
{
	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* A label's value, escaped as the format has it. */
static void put_label(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

/* name{label="value"} */
static void put_name(FILE *out, const char *name, const char *label, const char *value)
{
	fprintf(out, "%s{%s=\"", name, label);
	put_label(out, value);
	fputs("\"}", out);
}

static void counter(FILE *out, const char *name, const char *help, uint64_t value)
{
	family(out, name, "counter", help);
	fprintf(out, "%s %" PRIu64 "\n", name, value);
}

static void gauge(FILE *out, const char *name, const char *help, double value)
{
	family(out, name, "gauge", help);
	fprintf(out, "%s %.17g\n", name, value);
}

/* --- Tracee's ----------------------------------------------------------------------------------
 */

/* What Tracee counts and this build cannot do yet stays zero: dashboards that ask for it go on. */
static void put_tracee(FILE *out, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);

	counter(out, "tracee_ebpf_events_total", "events collected by tracee-ebpf",
		s->n_records - s->n_bad);
	counter(out, "tracee_ebpf_events_filtered", "events filtered by tracee-ebpf in userspace",
		s->n_unwanted + s->n_refused);
	counter(out, "tracee_ebpf_network_capture_events_total",
		"network capture events collected by tracee-ebpf", 0);
	counter(out, "tracee_ebpf_bpf_logs_total",
		"logs collected by tracee-ebpf during ebpf "
		"execution",
		0);
	counter(out, "tracee_ebpf_errors_total", "errors accumulated by tracee-ebpf", s->n_bad);
	counter(out, "tracee_ebpf_lostevents_total", "events lost in the submission buffer",
		s->n_lost);
	counter(out, "tracee_ebpf_write_lostevents_total", "events lost in the write buffer", 0);
	counter(out, "tracee_ebpf_network_capture_lostevents_total",
		"network capture lost events in network capture buffer", 0);
	counter(out, "tracee_rules_events_total", "events ingested by tracee-rules", 0);
	counter(out, "tracee_rules_detections_total", "detections made by tracee-rules", 0);
	gauge(out, "tracee_rules_signatures_total", "signatures loaded in tracee-rules", 0);
}

/* --- Events, policies, losses ------------------------------------------------------------------
 */

static void put_events(FILE *out, const struct pipeline_stats *s)
{
	static const char name[] = "warder_events_total";

	family(out, name, "counter", "events handed to the outputs");
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (s->delivered[slot]) {
			put_name(out, name, "event", event_defs[slot].name);
			fprintf(out, " %" PRIu64 "\n", s->delivered[slot]);
		}
	counter(out, "warder_records_total", "records taken from the lanes", s->n_records);
	counter(out, "warder_records_bad_total", "records that made no sense", s->n_bad);
	counter(out, "warder_records_unwanted_total",
		"records of events that no policy has a rule for", s->n_unwanted);
	counter(out, "warder_events_refused_total",
		"events that a policy has a rule for, and none wants with that content",
		s->n_refused);
}

static void put_losses(FILE *out, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);
	static const char name[] = "warder_lost_events_total";
	struct sink_stats sink;

	family(out, name, "counter", "events lost, by stage, event (lanes) or output (sinks)");
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (s->lost[slot])
			fprintf(out, "%s{stage=\"lane\",event=\"%s\",output=\"\"} %" PRIu64 "\n",
				name, event_defs[slot].name, s->lost[slot]);
	if (s->n_unknown_lost)
		fprintf(out, "%s{stage=\"lane\",event=\"unknown\",output=\"\"} %" PRIu64 "\n", name,
			s->n_unknown_lost);
	for (size_t i = 0; i < a->n_sinks; i++) {
		sink_stats_get(a->sinks[i], &sink);
		fprintf(out, "%s{stage=\"sink\",event=\"\",output=\"", name);
		put_label(out, sink_name(a->sinks[i]));
		fprintf(out, "\"} %" PRIu64 "\n", sink.n_lost_events);
	}
}

/* Sums of all rules of a policy. */
static void policy_hits(const struct match *match, size_t policy, size_t n_rules,
			struct match_hits *ret_sum)
{
	struct match_hits hits;

	*ret_sum = (struct match_hits){ 0 };
	for (size_t rule = 0; rule < n_rules; rule++) {
		match_rule_hits(match, policy, rule, &hits);
		ret_sum->n_matched += hits.n_matched;
		ret_sum->n_excepted += hits.n_excepted;
	}
}

static void put_policy_family(FILE *out, const struct status_about *a, const char *name,
			      const char *help, bool excepted)
{
	const struct match *match = pipeline_match(a->pipeline);
	struct match_hits hits;
	uint64_t others = 0, n;

	family(out, name, "counter", help);
	for (size_t i = 0; i < a->policies->n_policies; i++) {
		policy_hits(match, i, a->policies->policies[i].n_rules, &hits);
		n = excepted ? hits.n_excepted : hits.n_matched;
		if (i >= METRICS_POLICIES_MAX) {
			others += n;
			continue;
		}
		put_name(out, name, "policy", a->policies->policies[i].name);
		fprintf(out, " %" PRIu64 "\n", n);
	}
	if (a->policies->n_policies > METRICS_POLICIES_MAX)
		fprintf(out, "%s{policy=\"_others\"} %" PRIu64 "\n", name, others);
}

static void put_exceptions(FILE *out, const struct status_about *a)
{
	const struct match *match = pipeline_match(a->pipeline);
	static const char name[] = "warder_exception_hits_total";
	size_t n = a->policies->n_policies;

	family(out, name, "counter", "events that an exception kept from being reported");
	if (n > METRICS_POLICIES_MAX)
		n = METRICS_POLICIES_MAX;
	for (size_t i = 0; i < n; i++) {
		const struct pol_policy *policy = &a->policies->policies[i];

		for (size_t k = 0; k < policy->n_rules; k++)
			for (size_t x = 0; x < policy->rules[k].n_exceptions; x++) {
				fprintf(out, "%s{policy=\"", name);
				put_label(out, policy->name);
				fputs("\",event=\"", out);
				put_label(out, policy->rules[k].event_name);
				fputs("\",exception=\"", out);
				put_label(out, policy->rules[k].exceptions[x].name);
				fprintf(out, "\"} %" PRIu64 "\n",
					match_exception_hits(match, i, k, x));
			}
	}
}

static void put_policies(FILE *out, const struct status_about *a)
{
	struct reload_stats reload = { .generation = 1 };
	struct match_stats match;

	if (!pipeline_match(a->pipeline) || !a->policies)
		return;
	if (a->reload)
		reload_stats_get(a->reload, &reload);
	match_stats_get(pipeline_match(a->pipeline), &match);
	put_policy_family(out, a, "warder_policy_matches_total",
			  "how often rules of the policy held", false);
	put_policy_family(out, a, "warder_policy_excepted_total",
			  "how often rules of the policy held and an exception did too", true);
	put_exceptions(out, a);
	gauge(out, "warder_policies", "policies in force", (double)a->policies->n_policies);
	gauge(out, "warder_policy_generation", "generation of the policies in force",
	      (double)reload.generation);
	counter(out, "warder_policy_reloads_total", "times that policies were loaded again",
		reload.n_reloads);
	counter(out, "warder_policy_reload_errors_total",
		"times that policies could not be loaded again, so the former ones stayed",
		reload.n_reload_errors);
	gauge(out, "warder_policy_memory_bytes", "memory of the compiled policies",
	      (double)match.memory_bytes);
	counter(out, "warder_pattern_limits_total",
		"patterns given up at their limit, taken as not matching", match.n_pattern_limited);
}

/* --- Lanes, hooks, stores ----------------------------------------------------------------------
 */

/* One figure of all lanes. */
#define LANE_FAMILIES(X)                                                                           \
	X("warder_lane_fill_bytes", "gauge", "bytes that wait in the lane", fill)                  \
	X("warder_lane_capacity_bytes", "gauge", "bytes that the lane holds", capacity)            \
	X("warder_lane_lost_total", "counter", "records that the lane could not take", n_lost)     \
	X("warder_lane_padded_total", "counter", "records whose unused room could not be reused",  \
	  n_padded)                                                                                \
	X("warder_lane_corrupt_total", "counter", "times that the lane made no sense", n_corrupt)  \
	X("warder_lane_stalls_total", "counter", "times that a record was awaited in vain",        \
	  n_stalls)

static void put_lanes(FILE *out, const struct source *source)
{
	static const struct {
		const char *name, *type, *help;
		size_t offset;
	} families[] = {
#define LANE_FAMILY(name_, type_, help_, member_)                                                  \
	{ name_, type_, help_, offsetof(struct source_lane_stats, member_) },
		LANE_FAMILIES(LANE_FAMILY)
#undef LANE_FAMILY
	};
	size_t n = source ? source_live_n_lanes(source) : 0;
	struct source_lane_stats s;
	uint64_t value;

	for (size_t f = 0; f < ARRAY_LEN(families) && n > 0; f++) {
		family(out, families[f].name, families[f].type, families[f].help);
		for (size_t i = 0; i < n; i++) {
			source_live_lane_stats(source, i, &s);
			memcpy(&value, (const char *)&s + families[f].offset, sizeof(value));
			fprintf(out, "%s{lane=\"%u\",class=\"%s\",group=\"%u\"} %" PRIu64 "\n",
				families[f].name, s.index, losses_class_name(s.lane_class), s.group,
				value);
		}
	}
}

static void put_hooks(FILE *out, const struct clink *link)
{
	const struct control_plan_status *status = link ? clink_plan_status(link) : NULL;
	static const char name[] = "warder_hook_state";

	gauge(out, "warder_collector_connected", "1: the collector is there",
	      link && clink_is_connected(link));
	if (!status)
		return;
	gauge(out, "warder_plan_generation", "of the plan that the collector has in force",
	      (double)status->generation);
	family(out, name, "gauge",
	       "1: the event is seen through the hook; 0: it is not, for the reason");
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct control_event_state *state = &status->events[slot];

		if (!clink_wants(link, slot))
			continue;
		fprintf(out, "%s{event=\"%s\",hook=\"", name, event_defs[slot].name);
		put_label(out, control_hook_name(state->hook));
		fputs("\",reason=\"", out);
		if (state->state == CONTROL_STATE_UNAVAILABLE)
			put_label(out, control_reason_text(state->reason));
		fprintf(out, "\"} %d\n", state->state == CONTROL_STATE_ATTACHED);
	}
}

struct store {
	const char *name;
	uint64_t n, capacity, n_hits, n_misses, n_evictions;
};

static void put_store_family(FILE *out, const struct store *stores, size_t n, const char *name,
			     const char *type, const char *help, size_t offset)
{
	uint64_t value;

	family(out, name, type, help);
	for (size_t i = 0; i < n; i++) {
		memcpy(&value, (const char *)&stores[i] + offset, sizeof(value));
		fprintf(out, "%s{store=\"%s\"} %" PRIu64 "\n", name, stores[i].name, value);
	}
}

static void put_stores(FILE *out, const struct pipeline *p)
{
	struct containers_stats c;
	struct ptree_stats t;

	pipeline_ptree_stats(p, &t);
	pipeline_containers_stats(p, &c);

	const struct store stores[] = {
		{ "process_tree", t.n_tasks, t.capacity, t.n_hits, t.n_misses, t.n_evictions },
		{ "containers", c.n_cgroups, c.capacity, c.n_hits, c.n_misses, c.n_evictions },
	};
	size_t n = ARRAY_LEN(stores);

	put_store_family(out, stores, n, "warder_store_entries", "gauge", "entries in the store",
			 offsetof(struct store, n));
	put_store_family(out, stores, n, "warder_store_capacity", "gauge",
			 "entries that the store holds", offsetof(struct store, capacity));
	put_store_family(out, stores, n, "warder_store_hits_total", "counter",
			 "questions that were answered", offsetof(struct store, n_hits));
	put_store_family(out, stores, n, "warder_store_misses_total", "counter",
			 "questions that were not", offsetof(struct store, n_misses));
	put_store_family(out, stores, n, "warder_store_evictions_total", "counter",
			 "entries given up for new ones", offsetof(struct store, n_evictions));
}

/* --- Sinks, latency, the processes -------------------------------------------------------------
 */

static void put_sink_family(FILE *out, const struct status_about *a, const char *name,
			    const char *type, const char *help, size_t offset)
{
	struct sink_stats s;
	uint64_t value;

	family(out, name, type, help);
	for (size_t i = 0; i < a->n_sinks; i++) {
		sink_stats_get(a->sinks[i], &s);
		memcpy(&value, (const char *)&s + offset, sizeof(value));
		put_name(out, name, "output", sink_name(a->sinks[i]));
		fprintf(out, " %" PRIu64 "\n", value);
	}
}

static void put_sinks(FILE *out, const struct status_about *a)
{
	static const struct {
		const char *name, *type, *help;
		size_t offset;
	} families[] = {
#define S(name_, type_, member_, help_)                                                            \
	{ "warder_output_" name_, type_, help_, offsetof(struct sink_stats, member_) }
		S("events_total", "counter", n_events, "events handed to the output"),
		S("bytes_total", "counter", n_bytes, "bytes written, or taken by the peer"),
		S("sent_total", "counter", n_sent, "events that the peer has"),
		S("refused_total", "counter", n_refused, "events that the peer will never take"),
		S("retries_total", "counter", n_retried, "batches sent again"),
		S("connects_total", "counter", n_connects, "connections made"),
		S("failures_total", "counter", n_failures, "connections that failed"),
		S("queue_bytes", "gauge", queue_bytes, "bytes that wait in memory"),
		S("queue_high_bytes", "gauge", queue_high_bytes, "most bytes that ever waited"),
		S("queue_capacity_bytes", "gauge", queue_capacity, "bytes that may wait"),
		S("spool_bytes", "gauge", spool_bytes, "bytes that wait on disk"),
		S("spool_capacity_bytes", "gauge", spool_capacity, "bytes that may wait on disk"),
		S("spool_dropped_total", "counter", n_spool_dropped,
		  "events given up because the spool was full"),
		S("spool_damaged_total", "counter", n_spool_damaged,
		  "segments of which a part was skipped"),
#undef S
	};

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_sink_family(out, a, families[i].name, families[i].type, families[i].help,
				families[i].offset);
}

static void put_latency(FILE *out, const struct pipeline *p)
{
	static const char name[] = "warder_event_latency_seconds";
	const struct pipeline_latency *latency = pipeline_latency(p);
	uint64_t n = 0;

	family(out, name, "histogram", "from what happened to its handing over to the outputs");
	for (unsigned int i = 0; i < PIPELINE_LATENCY_BUCKETS; i++) {
		n += latency->n[i];
		fprintf(out, "%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", name,
			(double)pipeline_latency_limit_ns(i) / SECOND, n);
	}
	n += latency->n[PIPELINE_LATENCY_BUCKETS];
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.9f\n%s_count %" PRIu64 "\n",
		name, n, name, (double)latency->sum_ns / SECOND, name, n);
}

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static uint64_t resident_bytes(int statm_fd)
{
	char text[128] = "";
	unsigned long pages;

	/* A short or failed read does not scan. */
	if (statm_fd >= 0 && pread(statm_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%*u %lu", &pages) == 1)
		return pages * (uint64_t)sysconf(_SC_PAGESIZE);
	return 0;
}

static void put_processes(FILE *out, const struct status_about *a)
{
	const struct control_status *c = a->link ? clink_status(a->link) : NULL;
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for this process */
	family(out, "warder_cpu_seconds_total", "counter", "processor time used");
	fprintf(out, "warder_cpu_seconds_total{process=\"engine\"} %.6f\n",
		seconds(usage.ru_utime) + seconds(usage.ru_stime));
	if (c)
		fprintf(out, "warder_cpu_seconds_total{process=\"collector\"} %.6f\n",
			(double)c->cpu_ns / SECOND);
	family(out, "warder_resident_memory_bytes", "gauge", "resident memory");
	fprintf(out, "warder_resident_memory_bytes{process=\"engine\"} %" PRIu64 "\n",
		resident_bytes(a->statm_fd));
	if (!c)
		return;
	fprintf(out, "warder_resident_memory_bytes{process=\"collector\"} %" PRIu64 "\n",
		(uint64_t)c->rss_bytes);
	family(out, "warder_bpf_run_seconds_total", "counter",
	       "time in BPF programs; 0 unless kernel.bpf_stats_enabled");
	fprintf(out, "warder_bpf_run_seconds_total %.9f\n", (double)c->prog_run_ns / SECOND);
	counter(out, "warder_bpf_runs_total", "runs of BPF programs; likewise", c->prog_run_cnt);
	family(out, "warder_kernel_errors_total", "counter",
	       "what went wrong in the kernel's part");
	for (unsigned int i = 0; i < KC_COUNTERS; i++)
		fprintf(out, "warder_kernel_errors_total{kind=\"%s\"} %" PRIu64 "\n",
			control_counter_name(i), (uint64_t)c->kernel[i]);
}

char *metrics_document(const struct status_about *a, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	bool failed;

	if (!out)
		return NULL;
	family(out, "warder_build_info", "gauge", "1");
	fprintf(out, "warder_build_info{version=\"%s\"} 1\n", WARDER_VERSION);
	gauge(out, "warder_uptime_seconds", "since the engine began",
	      (double)a->uptime_ns / SECOND);
	put_tracee(out, a);
	put_events(out, pipeline_stats(a->pipeline));
	put_losses(out, a);
	put_policies(out, a);
	put_lanes(out, a->source);
	put_hooks(out, a->link);
	put_stores(out, a->pipeline);
	put_sinks(out, a);
	put_latency(out, a->pipeline);
	put_processes(out, a);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
