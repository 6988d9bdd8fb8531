/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics/metrics_parts.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/control.h"
#include "common/event_def.h"
#include "engine/collector_link.h"
#include "engine/enrich/store_stats.h"
#include "engine/losses.h"
#include "engine/metrics/metrics_text.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/readiness.h"
#include "engine/source.h"
#include "engine/status.h"

/* A 64-bit member of a struct. */
static double member_of(const void *base, size_t offset)
{
	uint64_t value;

	memcpy(&value, (const char *)base + offset, sizeof(value));
	return (double)value;
}

struct family {
	enum metrics_id id;
	size_t offset;
};

static void put_lane_family(struct mtext *t, const struct source *source,
			    const struct family *family)
{
	char lane[16], group[16];
	struct source_lane_stats s;

	mtext_family(t, family->id);
	for (size_t i = 0; i < source_live_n_lanes(source); i++) {
		source_live_lane_stats(source, i, &s);
		(void)snprintf(lane, sizeof(lane), "%u", s.index);
		(void)snprintf(group, sizeof(group), "%u", s.group);
		MTEXT_SAMPLE(t, member_of(&s, family->offset), lane,
			     losses_class_name(s.lane_class), group);
	}
}

void metrics_put_lanes(struct mtext *t, const struct status_about *a)
{
	static const struct family families[] = {
		{ METRICS_LANE_FILL, offsetof(struct source_lane_stats, fill) },
		{ METRICS_LANE_HIGH, offsetof(struct source_lane_stats, high) },
		{ METRICS_LANE_CAPACITY, offsetof(struct source_lane_stats, capacity) },
		{ METRICS_LANE_LOST, offsetof(struct source_lane_stats, n_lost) },
		{ METRICS_LANE_PADDED, offsetof(struct source_lane_stats, n_padded) },
		{ METRICS_LANE_CORRUPT, offsetof(struct source_lane_stats, n_corrupt) },
		{ METRICS_LANE_STALLS, offsetof(struct source_lane_stats, n_stalls) },
	};

	for (size_t i = 0; a->source && i < ARRAY_LEN(families); i++)
		put_lane_family(t, a->source, &families[i]);
}

static void put_hook_states(struct mtext *t, const struct clink *link,
			    const struct control_plan_status *status)
{
	mtext_family(t, METRICS_HOOK_STATE);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct control_event_state *s = &status->events[slot];

		if (clink_wants(link, slot))
			MTEXT_SAMPLE(t, s->state == CONTROL_STATE_ATTACHED, event_defs[slot].name,
				     control_hook_name(s->hook), control_state_name(s->state),
				     s->state == CONTROL_STATE_UNAVAILABLE
					     ? control_reason_text(s->reason)
					     : "");
	}
}

void metrics_put_hooks(struct mtext *t, const struct status_about *a)
{
	const struct control_plan_status *status = a->link ? clink_plan_status(a->link) : NULL;

	mtext_single(t, METRICS_COLLECTOR_CONNECTED, a->link && clink_is_connected(a->link));
	if (!status)
		return;
	mtext_family(t, METRICS_PLAN_GENERATION);
	MTEXT_SAMPLE(t, clink_generation(a->link), "asked");
	MTEXT_SAMPLE(t, status->generation, "confirmed");
	put_hook_states(t, a->link, status);
	mtext_family(t, METRICS_HOOK_SEEN);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (clink_wants(a->link, slot))
			MTEXT_SAMPLE(t, pipeline_has_seen(a->pipeline, slot), event_defs[slot].name,
				     control_hook_name(status->events[slot].hook));
}

static bool is_expected(const struct hbeat *beat, unsigned int hook)
{
	return beat->hooks[hook].state != HBEAT_NONE;
}

void metrics_put_readiness(struct mtext *t, const struct status_about *a)
{
	const struct hbeat *beat = a->ready ? &a->ready->beat : NULL;
	char text[READY_TEXT_MAX];

	if (!beat)
		return;
	mtext_single(t, METRICS_READY, ready_verdict(a->ready, now_boot_ns(), text));
	mtext_family(t, METRICS_HEARTBEAT_UP);
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++)
		if (is_expected(beat, i))
			MTEXT_SAMPLE(t, beat->hooks[i].state == HBEAT_FLOWING,
				     control_hook_name(i));
	mtext_family(t, METRICS_HEARTBEAT_SECONDS);
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++)
		if (is_expected(beat, i) && beat->hooks[i].n_back > 0)
			MTEXT_SAMPLE(t, (double)beat->hooks[i].took_ns / (double)NOW_NS_PER_S,
				     control_hook_name(i));
	mtext_family(t, METRICS_HEARTBEATS);
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++) {
		if (!is_expected(beat, i))
			continue;
		MTEXT_SAMPLE(t, beat->hooks[i].n_back, control_hook_name(i), "back");
		MTEXT_SAMPLE(t, beat->hooks[i].n_late, control_hook_name(i), "late");
	}
}

static void put_run_stats(struct mtext *t, const struct control_status *c)
{
	mtext_family(t, METRICS_BPF_RUN_SECONDS);
	for (unsigned int i = 0; i < c->n_progs; i++)
		MTEXT_SAMPLE(t, (double)c->progs[i].run_ns / (double)NOW_NS_PER_S,
			     c->progs[i].name);
	mtext_family(t, METRICS_BPF_RUNS);
	for (unsigned int i = 0; i < c->n_progs; i++)
		MTEXT_SAMPLE(t, c->progs[i].n_runs, c->progs[i].name);
}

void metrics_put_programs(struct mtext *t, const struct status_about *a)
{
	const struct control_status *c = a->link ? clink_status(a->link) : NULL;

	if (!c)
		return;
	mtext_single(t, METRICS_BPF_STATS, c->has_run_stats);
	if (c->has_run_stats)
		put_run_stats(t, c);
	mtext_family(t, METRICS_BPF_MISSED);
	for (unsigned int i = 0; i < c->n_progs; i++)
		MTEXT_SAMPLE(t, c->progs[i].n_missed, c->progs[i].name);
	mtext_family(t, METRICS_KERNEL_ERRORS);
	for (unsigned int i = 0; i < KC_COUNTERS; i++)
		MTEXT_SAMPLE(t, c->kernel[i], control_counter_name(i));
}

void metrics_put_stores(struct mtext *t, const struct status_about *a)
{
	static const struct family families[] = {
		{ METRICS_STORE_ENTRIES, offsetof(struct store_stats, n_entries) },
		{ METRICS_STORE_CAPACITY, offsetof(struct store_stats, capacity) },
		{ METRICS_STORE_HITS, offsetof(struct store_stats, n_hits) },
		{ METRICS_STORE_MISSES, offsetof(struct store_stats, n_misses) },
		{ METRICS_STORE_EVICTIONS, offsetof(struct store_stats, n_evictions) },
	};
	struct store_stats stores[STORE_STATS_MAX];
	size_t n = pipeline_stores(a->pipeline, stores);

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		mtext_family(t, families[i].id);
		for (size_t k = 0; k < n; k++)
			MTEXT_SAMPLE(t, member_of(&stores[k], families[i].offset), stores[k].name);
	}
}
