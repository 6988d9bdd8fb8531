/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics/metrics_parts.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/match/match.h"
#include "engine/metrics/metrics_text.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/reload.h"
#include "engine/sink/sink.h"
#include "engine/status.h"

static double seconds_of(uint64_t ns)
{
	return (double)ns / (double)NOW_NS_PER_S;
}

static void put_latency(struct mtext *t, const struct pipeline *p)
{
	const struct pipeline_latency *latency = pipeline_latency(p);
	uint64_t n = 0;

	mtext_family(t, METRICS_LATENCY);
	for (unsigned int i = 0; i < PIPELINE_LATENCY_BUCKETS; i++) {
		n += latency->n[i];
		mtext_bucket(t, seconds_of(pipeline_latency_limit_ns(i)), n);
	}
	n += latency->n[PIPELINE_LATENCY_BUCKETS];
	mtext_histogram_end(t, n, seconds_of(latency->sum_ns));
}

void metrics_put_events(struct mtext *t, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);

	mtext_family(t, METRICS_EVENTS);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (s->delivered[slot])
			MTEXT_SAMPLE(t, s->delivered[slot], event_defs[slot].name);
	put_latency(t, a->pipeline);
	mtext_single(t, METRICS_RECORDS, (double)s->n_records);
	mtext_single(t, METRICS_RECORDS_BAD, (double)s->n_bad);
	mtext_single(t, METRICS_RECORDS_UNWANTED, (double)s->n_unwanted);
	mtext_single(t, METRICS_EVENTS_REFUSED, (double)s->n_refused);
}

/* Series that are there from the start: what counts from a first value on has no increase. Figures
 * that were lost are no events. Records that made no sense are counted among the losses of their
 * lane. */
static void put_causes(struct mtext *t, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);
	uint64_t lanes = s->lost_class[LANE_VITAL] + s->lost_class[LANE_BULK];
	uint64_t n_bad = s->n_bad < lanes ? s->n_bad : lanes, refused = 0, spool = 0, rest = 0;
	struct sink_stats sink;

	for (size_t i = 0; i < a->n_sinks; i++) {
		sink_stats_get(a->sinks[i], &sink);
		refused += sink.n_refused;
		spool += sink.n_spool_dropped;
		rest += sink.n_lost_events - sink.n_refused - sink.n_spool_dropped;
	}
	mtext_family(t, METRICS_LOST);
	MTEXT_SAMPLE(t, s->lost_class[LANE_COLLECTOR], "kernel", "not_run");
	MTEXT_SAMPLE(t, lanes - n_bad, "lane", "full");
	MTEXT_SAMPLE(t, n_bad, "lane", "bad_record");
	MTEXT_SAMPLE(t, refused, "output", "refused");
	MTEXT_SAMPLE(t, spool, "output", "spool_full");
	MTEXT_SAMPLE(t, rest, "output", "not_written");
}

void metrics_put_losses(struct mtext *t, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);

	put_causes(t, a);
	mtext_family(t, METRICS_LOST_EVENTS);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (s->lost[slot])
			MTEXT_SAMPLE(t, s->lost[slot], event_defs[slot].name);
	if (s->n_unknown_lost)
		MTEXT_SAMPLE(t, s->n_unknown_lost, "unknown");
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

static void put_hits(struct mtext *t, const struct match *match, const struct pol_set *set)
{
	struct match_hits hits;

	mtext_family(t, METRICS_POLICY_MATCHES);
	for (size_t i = 0; i < set->n_policies; i++) {
		policy_hits(match, i, set->policies[i].n_rules, &hits);
		MTEXT_SAMPLE(t, hits.n_matched, set->policies[i].name);
	}
	mtext_family(t, METRICS_POLICY_EXCEPTED);
	for (size_t i = 0; i < set->n_policies; i++) {
		policy_hits(match, i, set->policies[i].n_rules, &hits);
		MTEXT_SAMPLE(t, hits.n_excepted, set->policies[i].name);
	}
}

static void put_exceptions(struct mtext *t, const struct match *match, const struct pol_set *set)
{
	mtext_family(t, METRICS_EXCEPTION_HITS);
	for (size_t i = 0; i < set->n_policies; i++) {
		const struct pol_policy *policy = &set->policies[i];

		for (size_t k = 0; k < policy->n_rules; k++)
			for (size_t x = 0; x < policy->rules[k].n_exceptions; x++)
				MTEXT_SAMPLE(t, match_exception_hits(match, i, k, x), policy->name,
					     policy->rules[k].event_name,
					     policy->rules[k].exceptions[x].name);
	}
}

void metrics_put_policies(struct mtext *t, const struct status_about *a)
{
	struct reload_stats reload = { .generation = 1 };
	const struct match *match = pipeline_match(a->pipeline);
	struct match_stats stats;

	if (!match || !a->policies)
		return;
	if (a->reload)
		reload_stats_get(a->reload, &reload);
	match_stats_get(match, &stats);
	put_hits(t, match, a->policies);
	put_exceptions(t, match, a->policies);
	mtext_single(t, METRICS_POLICIES, (double)a->policies->n_policies);
	mtext_single(t, METRICS_POLICY_GENERATION, (double)reload.generation);
	mtext_single(t, METRICS_POLICY_RELOADS, (double)reload.n_reloads);
	mtext_single(t, METRICS_POLICY_RELOAD_ERRORS, (double)reload.n_reload_errors);
	mtext_single(t, METRICS_POLICY_MEMORY, (double)stats.memory_bytes);
	mtext_single(t, METRICS_PATTERN_LIMITS, (double)stats.n_pattern_limited);
}

/* Outputs of events, and behind them those of figures. */
static size_t n_outputs(const struct status_about *a)
{
	return a->n_sinks + a->n_figure_sinks;
}

static struct sink *output_at(const struct status_about *a, size_t i)
{
	return i < a->n_sinks ? a->sinks[i] : a->figure_sinks[i - a->n_sinks];
}

/* Two outputs may be of one name: series may not. */
static const char *output_label(const struct status_about *a, size_t i, char *buf, size_t cap)
{
	const char *name = sink_name(output_at(a, i));
	unsigned int n = 1;

	for (size_t k = 0; k < i; k++)
		n += strcmp(sink_name(output_at(a, k)), name) == 0;
	if (n == 1)
		return name;
	(void)snprintf(buf, cap, "#%u %s", n, name); /* what is cut would be cut anyway */
	return buf;
}

static double age_of(int64_t oldest_ns)
{
	int64_t now_ns = (int64_t)now_boot_ns() + now_epoch_offset_ns();

	return oldest_ns == 0 || oldest_ns > now_ns ? 0
						    : seconds_of((uint64_t)(now_ns - oldest_ns));
}

static void put_output_family(struct mtext *t, const struct status_about *a, enum metrics_id id,
			      double (*figure)(const struct sink_stats *s, size_t offset),
			      size_t offset)
{
	char label[MTEXT_VALUE_MAX + 1];
	struct sink_stats s;

	mtext_family(t, id);
	for (size_t i = 0; i < n_outputs(a); i++) {
		sink_stats_get(output_at(a, i), &s);
		MTEXT_SAMPLE(t, figure(&s, offset), output_label(a, i, label, sizeof(label)));
	}
}

static double word_of(const struct sink_stats *s, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)s + offset, sizeof(value));
	return (double)value;
}

static double connected_of(const struct sink_stats *s, size_t offset)
{
	(void)offset;
	return s->is_connected;
}

static double oldest_of(const struct sink_stats *s, size_t offset)
{
	(void)offset;
	return age_of(s->oldest_ns);
}

void metrics_put_outputs(struct mtext *t, const struct status_about *a)
{
	static const struct {
		enum metrics_id id;
		size_t offset;
	} families[] = {
		{ METRICS_OUTPUT_EVENTS, offsetof(struct sink_stats, n_events) },
		{ METRICS_OUTPUT_BYTES, offsetof(struct sink_stats, n_bytes) },
		{ METRICS_OUTPUT_SENT, offsetof(struct sink_stats, n_sent) },
		{ METRICS_OUTPUT_LOST, offsetof(struct sink_stats, n_lost_events) },
		{ METRICS_OUTPUT_REFUSED, offsetof(struct sink_stats, n_refused) },
		{ METRICS_OUTPUT_RETRIES, offsetof(struct sink_stats, n_retried) },
		{ METRICS_OUTPUT_CONNECTS, offsetof(struct sink_stats, n_connects) },
		{ METRICS_OUTPUT_FAILURES, offsetof(struct sink_stats, n_failures) },
		{ METRICS_OUTPUT_QUEUE_EVENTS, offsetof(struct sink_stats, queue_events) },
		{ METRICS_OUTPUT_QUEUE, offsetof(struct sink_stats, queue_bytes) },
		{ METRICS_OUTPUT_QUEUE_HIGH, offsetof(struct sink_stats, queue_high_bytes) },
		{ METRICS_OUTPUT_QUEUE_CAPACITY, offsetof(struct sink_stats, queue_capacity) },
		{ METRICS_OUTPUT_SPOOL_EVENTS, offsetof(struct sink_stats, spool_events) },
		{ METRICS_OUTPUT_SPOOL, offsetof(struct sink_stats, spool_bytes) },
		{ METRICS_OUTPUT_SPOOL_CAPACITY, offsetof(struct sink_stats, spool_capacity) },
		{ METRICS_OUTPUT_SPOOL_DROPPED, offsetof(struct sink_stats, n_spool_dropped) },
		{ METRICS_OUTPUT_SPOOL_DAMAGED, offsetof(struct sink_stats, n_spool_damaged) },
		{ METRICS_OUTPUT_PUT_AWAY, offsetof(struct sink_stats, n_put_away) },
		{ METRICS_OUTPUT_PUT_AWAY_FAILED, offsetof(struct sink_stats, n_put_away_failed) },
	};

	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		put_output_family(t, a, families[i].id, word_of, families[i].offset);
	put_output_family(t, a, METRICS_OUTPUT_CONNECTED, connected_of, 0);
	put_output_family(t, a, METRICS_OUTPUT_OLDEST, oldest_of, 0);
}
