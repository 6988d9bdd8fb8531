/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pipeline.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/wring.h"
#include "engine/decode/decode.h"
#include "engine/encode/encoder.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/store_stats.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/policy/policy.h"
#include "engine/sink/route.h"

#define WAITING_MAX 2048U /* events whose delay is measured at one flush */

/* What is done with the records of an event, by event id. */
enum need {
	NEED_UNKNOWN = 0, /* no such event */
	NEED_NOTHING,     /* not even decoded */
	NEED_HEARTBEAT,   /* the engine's own: no stage sees it */
	NEED_LEARN,       /* for the process tree, the containers and trees in policies */
	NEED_DELIVER,     /* somebody wants it */
};

struct pipeline {
	struct pipeline_options opt;
	struct ptree *tree;            /* owned */
	struct containers *containers; /* owned */
	struct match *match;           /* NULL: nobody wants anything */
	struct encoder *encoder;       /* owned: JSON lines */
	bool has_viewer;
	struct pipeline_viewer viewer;
	int record_error; /* 0 or negative errno */
	int sink_error;   /* 0: none since it was asked for */
	int sink_failed;  /* index */
	struct pipeline_stats stats;
	struct pipeline_latency latency;
	uint64_t waiting_ns[WAITING_MAX]; /* times of events since the last flush */
	size_t n_waiting;
	size_t n_heartbeats;            /* of the batch */
	uint8_t need[EVENT_ID_MAX + 1]; /* enum need */
	bool seen[EVENT_ID_MAX + 1];    /* a record of it came */
};

static bool is_wanted(const struct pipeline *p, unsigned int slot)
{
	return p->match && match_policies(p->match)->n_wanted[slot] > 0;
}

static enum need need_of(const struct pipeline *p, const struct event_def *def)
{
	if (def->id == EV_LOST_EVENTS || is_wanted(p, def->slot))
		return NEED_DELIVER;
	switch (def->id) {
	case EV_HEARTBEAT:
		return NEED_HEARTBEAT;
	case EV_TASK:
	case EV_CGROUP:
	case EV_CGROUP_MKDIR:
	case EV_CGROUP_RMDIR:
	case EV_SCHED_PROCESS_FORK:
	case EV_SCHED_PROCESS_EXEC:
	case EV_SCHED_PROCESS_EXIT:
		return NEED_LEARN;
	default:
		return NEED_NOTHING;
	}
}

struct pipeline *pipeline_new(const struct pipeline_options *opt)
{
	const struct encoder_options encoder = { .format = ENCODER_JSON, .json = opt->json };
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->opt = *opt;
	p->tree = ptree_new(opt->proctree_tasks);
	p->containers = containers_new(0);
	p->encoder = encoder_new(&encoder, NULL);
	if (!p->tree || !p->containers || !p->encoder) {
		pipeline_free(p);
		return NULL;
	}
	(void)pipeline_set_match(p, NULL); /* there was none */
	return p;
}

struct match *pipeline_set_match(struct pipeline *p, struct match *match)
{
	struct match *former = p->match;

	p->match = match;
	for (size_t i = 0; match && i < p->opt.n_sinks; i++)
		if (p->opt.sinks[i]->route)
			sroute_policies(p->opt.sinks[i]->route, match_policies(match));
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		p->need[event_defs[i].id] = (uint8_t)need_of(p, &event_defs[i]);
	if (p->has_viewer)
		p->viewer.policies(p->viewer.arg, match ? match_policies(match) : NULL);
	return former;
}

void pipeline_view(struct pipeline *p, const struct pipeline_viewer *viewer)
{
	p->has_viewer = viewer != NULL;
	if (viewer)
		p->viewer = *viewer;
}

struct match *pipeline_match(const struct pipeline *p)
{
	return p->match;
}

struct ptree *pipeline_ptree(struct pipeline *p)
{
	return p->tree;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	encoder_free(p->encoder);
	containers_free(p->containers);
	ptree_free(p->tree);
	free(p);
}

static void set_bit(uint64_t events[LANE_SLOTS / 64], unsigned int slot)
{
	events[slot / 64] |= 1ULL << (slot % 64);
}

static void clear_bit(uint64_t events[LANE_SLOTS / 64], unsigned int slot)
{
	events[slot / 64] &= ~(1ULL << (slot % 64));
}

void pipeline_plan(const struct pipeline *p, uint64_t ret_events[LANE_SLOTS / 64],
		   uint64_t ret_rings[LANE_SLOTS / 64])
{
	memset(ret_rings, 0, LANE_SLOTS / 8);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (is_wanted(p, slot))
			set_bit(ret_rings, slot);
	/* These are not asked of a collector. */
	clear_bit(ret_rings, EV_LOST_EVENTS_slot);
	clear_bit(ret_rings, EV_TASK_slot);
	clear_bit(ret_rings, EV_CGROUP_slot);
	memcpy(ret_events, ret_rings, LANE_SLOTS / 8);
	/* Without them the tree would not know when a task began, changed or ended. */
	set_bit(ret_events, EV_SCHED_PROCESS_FORK_slot);
	set_bit(ret_events, EV_SCHED_PROCESS_EXEC_slot);
	set_bit(ret_events, EV_SCHED_PROCESS_EXIT_slot);
	/* Nor whose containers these are. */
	set_bit(ret_events, EV_CGROUP_MKDIR_slot);
	set_bit(ret_events, EV_CGROUP_RMDIR_slot);
}

static void tell_match(struct pipeline *p, const struct event *ev)
{
	if (p->match)
		match_learn(p->match, ev);
	if (p->has_viewer)
		p->viewer.learn(p->viewer.arg, ev);
}

static void learn_task(struct pipeline *p, const struct event *ev)
{
	const struct rec_var *path = ev->vars[0];

	/* Failure leaves the older context, or none: the event says contextLost then. */
	(void)ptree_update(p->tree, (const struct rec_task *)ev->rec,
			   path ? (const char *)(path + 1) : NULL, path ? path->len : 0,
			   path ? path->flags : 0);
	tell_match(p, ev);
}

/* Ids are those of one hierarchy: others have cgroups with the same numbers. */
static void learn_cgroup(struct pipeline *p, const struct event *ev)
{
	const struct rec_cgroup *rec = (const struct rec_cgroup *)ev->rec;
	const struct rec_var *path = ev->vars[1]; /* cgroup_path */

	if (!rec->is_tasks)
		return;
	if (ev->def->id == EV_CGROUP_RMDIR) {
		containers_remove(p->containers, rec->cgroup_id, rec->hdr.ts_ns);
		return;
	}
	if (!path || path->flags & (REC_VAR_UNREAD | REC_VAR_NULL))
		return;
	/* Failure, for lack of memory: the container is not known. */
	(void)containers_add(p->containers, rec->cgroup_id, (const char *)(path + 1), path->len,
			     ev->def->id == EV_CGROUP ? 0 : rec->hdr.ts_ns);
}

/* The first program of its own in a container: one in another mount namespace than whoever started
 * it. */
static void learn_start(struct pipeline *p, const struct event *ev)
{
	const struct ptree_task *task = ptree_find(p->tree, ev->rec->tid), *parent;
	const struct container *container;

	if (!task || ev->rec->flags & REC_F_NOTASK)
		return;
	container = containers_find(p->containers, task->ctx.cgroup_id);
	if (!container || container->is_started)
		return;
	parent = ptree_find(p->tree, task->ctx.ppid);
	if (parent && task->ctx.mnt_ns && parent->ctx.mnt_ns &&
	    task->ctx.mnt_ns != parent->ctx.mnt_ns)
		containers_started(p->containers, task->ctx.cgroup_id);
}

/* enrich, the part that learns: true when there is nothing more to the record. */
static bool learn(struct pipeline *p, const struct event *ev)
{
	switch (ev->def->id) {
	case EV_TASK:
		learn_task(p, ev);
		return true;
	case EV_CGROUP:
	case EV_CGROUP_MKDIR:
	case EV_CGROUP_RMDIR:
		learn_cgroup(p, ev);
		return ev->def->id == EV_CGROUP;
	case EV_SCHED_PROCESS_EXEC:
		learn_start(p, ev);
		return false;
	default:
		return false;
	}
}

static void count_losses(struct pipeline *p, const struct rec_lost *lost)
{
	const struct event_def *def = event_def_find(lost->lost_event);

	p->stats.n_lost += lost->count;
	if (lost->lane_class < LANE_CLASSES)
		p->stats.lost_class[lost->lane_class] += lost->count;
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
	if (ev->task && !(ev->rec->flags & REC_F_NOTASK))
		ev->container = containers_find(p->containers, ev->task->ctx.cgroup_id);
}

/* Findings, losses, and what processes and containers do themselves, go before the rest. */
static bool is_urgent(const struct event_def *def)
{
	return def->id == EV_LOST_EVENTS || def->lane_class == LANE_VITAL;
}

/* Encodes once for all sinks of one encoder that follow each other. */
static void deliver(struct pipeline *p, const struct event *ev)
{
	struct batch_item item = {
		.event = ev->def->id,
		.is_urgent = is_urgent(ev->def),
		.time_ns = (int64_t)ev->rec->ts_ns + p->opt.json.epoch_offset_ns,
	};
	struct encoder *encoder = NULL;
	size_t len;

	p->stats.n_events++;
	p->stats.delivered[ev->def->slot]++;
	if (p->opt.is_live && p->n_waiting < WAITING_MAX)
		p->waiting_ns[p->n_waiting++] = ev->rec->ts_ns;
	if (p->has_viewer)
		p->viewer.event(p->viewer.arg, ev);
	for (size_t i = 0; i < p->opt.n_sinks; i++) {
		struct sink *sink = p->opt.sinks[i];
		struct encoder *wanted = sink->encoder ? sink->encoder : p->encoder;
		int rc;

		if (sink->route && !sroute_wants(sink->route, ev))
			continue;
		if (wanted != encoder) {
			encoder = wanted;
			item.data = encoder_event(encoder, ev, &len);
			item.len = (uint32_t)len;
		}
		if (item.len == 0)
			continue;
		rc = sink_put(sink, &item);
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

/* To the sinks, if a policy wants it. Losses are everybody's. */
static void decide(struct pipeline *p, struct event *ev)
{
	if ((p->match && match_event(p->match, ev) > 0) || ev->def->id == EV_LOST_EVENTS)
		deliver(p, ev);
	else
		p->stats.n_refused++;
}

static void forget(struct pipeline *p, const struct rec_exit *rec)
{
	ptree_exit(p->tree, rec->hdr.tid, rec->hdr.ts_ns);
	if (!rec->group_exit)
		return;
	if (p->match)
		match_forget(p->match, rec->hdr.tgid);
	if (p->has_viewer)
		p->viewer.forget(p->viewer.arg, rec->hdr.tgid);
}

/* A heartbeat, or one that a lane could not take. */
static bool take_heartbeat(struct pipeline *p, const struct event *ev)
{
	if (ev->def->id == EV_LOST_EVENTS &&
	    ((const struct rec_lost *)ev->rec)->lost_event != EV_HEARTBEAT)
		return false;
	if (ev->def->id == EV_HEARTBEAT && p->opt.heartbeat)
		p->opt.heartbeat(p->opt.heartbeat_arg, (const struct rec_heartbeat *)ev->rec);
	p->n_heartbeats++;
	return true;
}

/* False: the record makes no sense. */
static inline bool take(struct pipeline *p, const struct source_record *r)
{
	uint16_t id = r->rec->event;
	enum need need = id <= EVENT_ID_MAX ? p->need[id] : NEED_UNKNOWN;
	struct event ev;

	if (need == NEED_NOTHING && !p->opt.recorder && !p->opt.tap) {
		p->stats.n_unwanted++;
		return true;
	}
	if (decode_record(r->rec, r->cap, &ev) < 0)
		return false;
	p->seen[id] = true;
	if ((need == NEED_HEARTBEAT || id == EV_LOST_EVENTS) && take_heartbeat(p, &ev))
		return true;
	record(p, r->rec);
	if (learn(p, &ev))
		return true;
	if (need >= NEED_LEARN || p->opt.tap)
		enrich(p, &ev);
	if (need >= NEED_LEARN)
		tell_match(p, &ev);
	if (need == NEED_DELIVER)
		decide(p, &ev);
	else
		p->stats.n_unwanted++;
	if (p->opt.tap)
		p->opt.tap(p->opt.tap_arg, &ev);
	/* Last, as the event itself is still the task's. */
	if (id == EV_SCHED_PROCESS_EXIT)
		forget(p, (const struct rec_exit *)ev.rec);
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
	p->stats.n_records += n - p->n_heartbeats;
	p->n_heartbeats = 0;
}

uint64_t pipeline_latency_limit_ns(unsigned int bucket)
{
	return (uint64_t)PIPELINE_LATENCY_FIRST_NS << bucket;
}

static void measure(struct pipeline *p)
{
	uint64_t now_ns = p->n_waiting > 0 ? now_boot_ns() : 0, age_ns;
	unsigned int bucket;

	for (size_t i = 0; i < p->n_waiting; i++) {
		age_ns = now_ns > p->waiting_ns[i] ? now_ns - p->waiting_ns[i] : 0;
		bucket = 0;
		while (bucket < PIPELINE_LATENCY_BUCKETS &&
		       age_ns > pipeline_latency_limit_ns(bucket))
			bucket++;
		p->latency.n[bucket]++;
		p->latency.sum_ns += age_ns;
	}
	p->n_waiting = 0;
}

const struct pipeline_latency *pipeline_latency(const struct pipeline *p)
{
	return &p->latency;
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
	measure(p);
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

void pipeline_containers_stats(const struct pipeline *p, struct containers_stats *ret_stats)
{
	containers_stats_get(p->containers, ret_stats);
}

size_t pipeline_stores(const struct pipeline *p, struct store_stats *ret_stores)
{
	struct containers_stats c;
	struct ptree_stats t;

	ptree_stats_get(p->tree, &t);
	containers_stats_get(p->containers, &c);

	const struct store_stats stores[] = {
		{ "process_tree", t.n_tasks, t.capacity, t.n_hits, t.n_misses, t.n_evictions },
		{ "containers", c.n_cgroups, c.capacity, c.n_hits, c.n_misses, c.n_evictions },
	};
	_Static_assert(ARRAY_LEN(stores) <= STORE_STATS_MAX, "stores");

	memcpy(ret_stores, stores, sizeof(stores));
	return ARRAY_LEN(stores);
}

bool pipeline_has_seen(const struct pipeline *p, unsigned int slot)
{
	return p->seen[event_defs[slot].id];
}

void pipeline_forget_seen(struct pipeline *p)
{
	memset(p->seen, 0, sizeof(p->seen));
}
