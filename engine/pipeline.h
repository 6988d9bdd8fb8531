/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline: calls the stages in order, for each record: decode, enrich, match, encode, sinks. The
 * engine is this function from records to output; it knows no lane and no descriptor, and the time
 * only to measure delays.
 *
 * Owns the process tree, the containers and its buffer; policies, sinks and recorder are borrowed.
 * Allocates in pipeline_new() and for what the tree, the containers and the policies' trees of
 * processes keep, never for an event. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"
#include "engine/encode/json.h"
#include "engine/enrich/process_tree.h"
#include "engine/sink/sink.h"
#include "engine/source.h"

struct containers_stats;
struct match;
struct pol_set;
struct store_stats;
struct wring_writer;

/* Gets every event that is no context, enriched and matched, whether somebody wants it or not;
 * valid during the call. For tools: events that nobody wants are then decoded, too. */
typedef void (*pipeline_tap_fn)(void *arg, const struct event *ev);

/* Somebody who looks on. All are called during pipeline_batch() but for `policies`, which is called
 * by pipeline_set_match(). */
struct pipeline_viewer {
	void (*event)(void *arg, const struct event *ev);       /* is delivered to the sinks */
	void (*learn)(void *arg, const struct event *ev);       /* as for match_learn() */
	void (*forget)(void *arg, uint32_t tgid);               /* as for match_forget() */
	void (*policies)(void *arg, const struct pol_set *set); /* in force now; NULL: none */
	void *arg;
};

/* Gets what comes back of the engine's own calls, which are no events: no stage sees them. */
typedef void (*pipeline_heartbeat_fn)(void *arg, const struct rec_heartbeat *rec);

struct pipeline_options {
	size_t proctree_tasks; /* 0: the default */
	struct json_options json;
	struct sink *const *sinks;
	size_t n_sinks;
	bool is_live;                    /* records are of now: how old they are is measured */
	struct wring_writer *recorder;   /* gets every valid record; NULL: none */
	pipeline_heartbeat_fn heartbeat; /* NULL: none */
	void *heartbeat_arg;
	pipeline_tap_fn tap; /* NULL: none */
	void *tap_arg;
};

struct pipeline_stats {
	uint64_t n_records;  /* all, heartbeats and their losses apart */
	uint64_t n_unwanted; /* of an event that nobody wants: not decoded */
	uint64_t n_refused;  /* of an event that is wanted, but not with this content: no policy */
	uint64_t n_bad;      /* made no sense */
	uint64_t n_events;   /* handed to the sinks */
	uint64_t n_lost;     /* said by lost_events */
	uint64_t n_unknown_lost; /* of n_lost: of which event is not known */
	uint64_t lost[EVENT_SLOTS];
	uint64_t lost_class[LANE_CLASSES]; /* by whose lane; the collector's: not run in the kernel
					    */
	uint64_t delivered[EVENT_SLOTS];
};

struct pipeline;

/* Without policies: nobody wants anything. NULL: out of memory. */
struct pipeline *pipeline_new(const struct pipeline_options *opt);
void pipeline_free(struct pipeline *p);

/* The tree of processes, for match_new(); owned by the pipeline. */
struct ptree *pipeline_ptree(struct pipeline *p);
/*
 * From the next record on these policies decide (NULL: none). Borrowed until they are replaced.
 * Returns the former ones, for the caller to free; what a sink was given does not refer to them.
 */
struct match *pipeline_set_match(struct pipeline *p, struct match *match);
struct match *pipeline_match(const struct pipeline *p);

/* Sets the bits of the events that the lanes must carry: what policies want, and what the process
 * tree and the containers need; and of those that somebody waits for: what policies want. */
void pipeline_plan(const struct pipeline *p, uint64_t ret_events[LANE_SLOTS / 64],
		   uint64_t ret_rings[LANE_SLOTS / 64]);

/* From now on; copied. NULL: nobody. */
void pipeline_view(struct pipeline *p, const struct pipeline_viewer *viewer);

/* Takes `n` records; those that make no sense are reported to `source` (NULL: only counted). */
void pipeline_batch(struct pipeline *p, struct source *source, const struct source_record *records,
		    size_t n);
/* What was taken reaches the sinks' destinations and the recording. */
void pipeline_flush(struct pipeline *p);

/* The first failure since the last call of each: index of a sink, or -1; *ret_rc is its errno. */
int pipeline_sink_error(struct pipeline *p, int *ret_rc);
/* 0, or why the recording cannot go on. */
int pipeline_record_error(const struct pipeline *p);

const struct pipeline_stats *pipeline_stats(const struct pipeline *p);
/*
 * From the time of an event's record to the flush that handed it to the outputs, of live sources
 * (pipeline_options.is_live). Buckets double from PIPELINE_LATENCY_FIRST_NS on; the one behind the
 * last has no limit.
 */
#define PIPELINE_LATENCY_BUCKETS 20U /* up to 26 s */
#define PIPELINE_LATENCY_FIRST_NS 50000U
struct pipeline_latency {
	uint64_t n[PIPELINE_LATENCY_BUCKETS + 1];
	uint64_t sum_ns;
};
const struct pipeline_latency *pipeline_latency(const struct pipeline *p);
uint64_t pipeline_latency_limit_ns(unsigned int bucket);

/* Has a record of the event come, wanted or not, since the last pipeline_forget_seen()? */
bool pipeline_has_seen(const struct pipeline *p, unsigned int slot);
/* There are new hooks, which have proven nothing yet. */
void pipeline_forget_seen(struct pipeline *p);

void pipeline_ptree_stats(const struct pipeline *p, struct ptree_stats *ret_stats);
void pipeline_containers_stats(const struct pipeline *p, struct containers_stats *ret_stats);
/* Of every store, a row each, up to STORE_STATS_MAX; returns how many. */
size_t pipeline_stores(const struct pipeline *p, struct store_stats *ret_stores);
