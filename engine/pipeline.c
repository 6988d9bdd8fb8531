/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "common/wring.h"
#include "engine/decode/decode.h"

/* What is done with the records of an event, by event id. */
enum need {
	NEED_UNKNOWN = 0, /* no such event */
	NEED_NOTHING,     /* not even decoded */
	NEED_TREE,        /* for the process tree */
	NEED_DELIVER,     /* somebody wants it */
};

struct pipeline {
	struct pipeline_options opt;
	struct ptree *tree; /* owned */
	char *line;         /* owned: JSON_EVENT_MAX bytes */
	int record_error;   /* 0 or negative errno */
	int sink_error;     /* 0: none since it was asked for */
	int sink_failed;    /* index */
	struct pipeline_stats stats;
	uint8_t need[EVENT_ID_MAX + 1]; /* enum need */
};

static enum need need_of(const struct pol_set *policies, const struct event_def *def)
{
	if (def->id == EV_LOST_EVENTS || policies->n_wanted[def->slot] > 0)
		return NEED_DELIVER;
	if (def->id == EV_TASK || def->id == EV_SCHED_PROCESS_EXIT)
		return NEED_TREE;
	return NEED_NOTHING;
}

struct pipeline *pipeline_new(const struct pipeline_options *opt)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->opt = *opt;
	p->tree = ptree_new(opt->proctree_tasks);
	p->line = malloc(JSON_EVENT_MAX);
	if (!p->tree || !p->line || json_init() < 0) {
		pipeline_free(p);
		return NULL;
	}
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		p->need[event_defs[i].id] = (uint8_t)need_of(opt->policies, &event_defs[i]);
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	free(p->line);
	ptree_free(p->tree);
	free(p);
}

static void set_bit(uint64_t events[LANE_SLOTS / 64], unsigned int slot)
{
	events[slot / 64] |= 1ULL << (slot % 64);
}

void pipeline_plan(const struct pipeline *p, uint64_t events[LANE_SLOTS / 64])
{
	memset(events, 0, LANE_SLOTS / 8);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (p->opt.policies->n_wanted[slot] > 0)
			set_bit(events, slot);
	/* Without them the tree would not know when a task began, changed or ended. */
	set_bit(events, EV_SCHED_PROCESS_FORK_slot);
	set_bit(events, EV_SCHED_PROCESS_EXEC_slot);
	set_bit(events, EV_SCHED_PROCESS_EXIT_slot);
	/* These are not asked of a collector. */
	events[EV_LOST_EVENTS_slot / 64] &= ~(1ULL << (EV_LOST_EVENTS_slot % 64));
	events[EV_TASK_slot / 64] &= ~(1ULL << (EV_TASK_slot % 64));
}

/* enrich, the part that learns: true when there is nothing more to the record. */
static bool is_context(struct pipeline *p, const struct event *ev)
{
	const struct rec_var *path = ev->vars[0];

	if (ev->def->id != EV_TASK)
		return false;
	/* Failure leaves the older context, or none: the event says contextLost then. */
	(void)ptree_update(p->tree, (const struct rec_task *)ev->rec,
			   path ? (const char *)(path + 1) : NULL, path ? path->len : 0,
			   path ? path->flags : 0);
	return true;
}

static void count_losses(struct pipeline *p, const struct rec_lost *lost)
{
	const struct event_def *def = event_def_find(lost->lost_event);

	p->stats.n_lost += lost->count;
	if (def)
		p->stats.lost[def->slot] += lost->count;
	else
		p->stats.n_unknown_lost += lost->count;
}

/* enrich, the part that tells. */
static void enrich(struct pipeline *p, struct event *ev)
{
	if (ev->def->id == EV_LOST_EVENTS)
		count_losses(p, (const struct rec_lost *)ev->rec);
	else
		ev->task = ptree_find(p->tree, ev->rec->tid);
}

static void match(const struct pipeline *p, struct event *ev)
{
	const struct pol_set *policies = p->opt.policies;

	ev->policies = policies;
	ev->matched = policies->wanted[ev->def->slot];
	ev->n_matched = policies->n_wanted[ev->def->slot];
}

static void deliver(struct pipeline *p, const struct event *ev)
{
	size_t len;

	p->stats.n_events++;
	if (p->opt.n_sinks == 0)
		return;
	len = json_event(p->line, JSON_EVENT_MAX, ev, &p->opt.json);
	for (size_t i = 0; i < p->opt.n_sinks; i++) {
		int rc = sink_write(p->opt.sinks[i], p->line, len);

		if (rc < 0 && p->sink_error == 0) {
			p->sink_error = rc;
			p->sink_failed = (int)i;
		}
	}
}

static void record(struct pipeline *p, const struct rec_hdr *rec)
{
	if (p->opt.recorder && p->record_error == 0)
		p->record_error = wring_write(p->opt.recorder, rec);
}

/* False: the record makes no sense. */
static inline bool take(struct pipeline *p, const struct source_record *r)
{
	uint16_t id = r->rec->event;
	enum need need = id <= EVENT_ID_MAX ? p->need[id] : NEED_UNKNOWN;
	struct event ev;

	if (need == NEED_NOTHING && !p->opt.recorder) {
		p->stats.n_unwanted++;
		return true;
	}
	if (decode_record(r->rec, r->cap, &ev) < 0)
		return false;
	record(p, r->rec);
	if (is_context(p, &ev))
		return true;
	if (need == NEED_DELIVER) {
		enrich(p, &ev);
		match(p, &ev);
		deliver(p, &ev);
	} else {
		p->stats.n_unwanted++;
	}
	/* Last, as the event itself is still the task's. */
	if (id == EV_SCHED_PROCESS_EXIT)
		ptree_exit(p->tree, ev.rec->tid, ev.rec->ts_ns);
	return true;
}

void pipeline_batch(struct pipeline *p, struct source *source, const struct source_record *records,
		    size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (take(p, &records[i]))
			continue;
		p->stats.n_bad++;
		if (source)
			source_bad(source, records[i].lane);
	}
	p->stats.n_records += n;
}

void pipeline_flush(struct pipeline *p)
{
	for (size_t i = 0; i < p->opt.n_sinks; i++) {
		int rc = sink_flush(p->opt.sinks[i]);

		if (rc < 0 && p->sink_error == 0) {
			p->sink_error = rc;
			p->sink_failed = (int)i;
		}
	}
	if (p->opt.recorder && p->record_error == 0)
		p->record_error = wring_flush(p->opt.recorder);
}

int pipeline_sink_error(struct pipeline *p, int *ret_rc)
{
	if (p->sink_error == 0)
		return -1;
	*ret_rc = p->sink_error;
	p->sink_error = 0;
	return p->sink_failed;
}

int pipeline_record_error(const struct pipeline *p)
{
	return p->record_error;
}

const struct pipeline_stats *pipeline_stats(const struct pipeline *p)
{
	return &p->stats;
}

void pipeline_ptree_stats(const struct pipeline *p, struct ptree_stats *ret_stats)
{
	ptree_stats_get(p->tree, ret_stats);
}
