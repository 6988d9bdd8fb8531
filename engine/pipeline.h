/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pipeline: calls the stages in order, for each record: decode, enrich, match, encode, sinks. The
 * engine is this function from records to output; it knows no time, no lane and no descriptor.
 *
 * Owns the process tree and its buffer; policies, sinks and recorder are borrowed. Never allocates
 * after pipeline_new(). Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"
#include "engine/encode/json.h"
#include "engine/enrich/process_tree.h"
#include "engine/policy/policy.h"
#include "engine/sink/sink.h"
#include "engine/source.h"

struct wring_writer;

struct pipeline_options {
	const struct pol_set *policies; /* compiled */
	size_t proctree_tasks;          /* 0: the default */
	struct json_options json;
	struct sink *const *sinks;
	size_t n_sinks;
	struct wring_writer *recorder; /* gets every valid record; NULL: none */
};

struct pipeline_stats {
	uint64_t n_records;      /* all */
	uint64_t n_unwanted;     /* of an event that nobody wants: not decoded */
	uint64_t n_bad;          /* made no sense */
	uint64_t n_events;       /* handed to the sinks */
	uint64_t n_lost;         /* said by lost_events */
	uint64_t n_unknown_lost; /* of n_lost: of which event is not known */
	uint64_t lost[EVENT_SLOTS];
};

struct pipeline;

/* NULL: out of memory. */
struct pipeline *pipeline_new(const struct pipeline_options *opt);
void pipeline_free(struct pipeline *p);

/* Sets the bits of the events that the lanes must carry: what policies want, and what the process
 * tree needs. */
void pipeline_plan(const struct pipeline *p, uint64_t events[LANE_SLOTS / 64]);

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
void pipeline_ptree_stats(const struct pipeline *p, struct ptree_stats *ret_stats);
