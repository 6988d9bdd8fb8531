/* SPDX-License-Identifier: Apache-2.0 */
/*
 * collector_link: keeps the engine linked to a collector (prefix clink_): connects, waits for
 * HELLO, sends the plan, connects again when the collector was gone. The lanes of a collector that
 * is gone are read on until the next one hands over its own: with --pin they are still being
 * written.
 *
 * Logs what the operator should know. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/control.h"
#include "common/err.h"

struct clink;
struct kfilter;
struct lane_map;
struct loop;

/* What is asked of the collector. */
struct clink_plan {
	uint32_t options; /* CONTROL_PLAN_* */
	uint64_t events[LANE_SLOTS / 64];
	uint64_t rings[LANE_SLOTS / 64]; /* those of them that wake us */
	struct kfilter *filters;         /* what the kernel may drop of them; NULL: nothing */
};

struct clink_options {
	const char *path;       /* of the socket; borrowed */
	const uint8_t *boot_id; /* 16 bytes, or NULL: not known; borrowed */
	struct loop *loop;      /* borrowed */
	bool wait;              /* for the first collector too */
	bool reconnect;
	struct clink_plan plan; /* as for clink_set_plan() */
};

/* Connects for the first time, as whoever the process is by now. Takes opt->plan.filters over, in
 * any case. NULL with err set when no collector is there and it is not to be waited for, or as
 * clink_failure(). */
struct clink *clink_new(const struct clink_options *opt, struct err *err);
void clink_free(struct clink *l);

/*
 * Another plan from now on, also for collectors that come later; takes plan->filters over. It is
 * sent as soon as there is a collector, and in force when clink_plan_status() has the generation
 * that is returned. Records of the former plan may come until then, and those that are in the
 * lanes.
 */
uint64_t clink_set_plan(struct clink *l, const struct clink_plan *plan);

/* Does what is due: connects, gives up on an answer. Returns how long until it wants to be called
 * again, ns; -1: not before something is received. */
int64_t clink_tick(struct clink *l, uint64_t now_ns);

/* The lanes of a new collector, once; NULL: none since the last call. The caller's: it reads the
 * former ones to their end and closes them before it looks into these: they may be the same. */
struct lane_map *clink_take_lanes(struct clink *l);
/* The engine must end: 0: no; else a negative errno and a sentence. -EBUSY: another engine is
 * connected; -EACCES: not allowed; -EPROTONOSUPPORT: another build; others. */
int clink_failure(const struct clink *l, struct err *err);
/* The collector went, and nobody waits for the next one. */
bool clink_is_over(const struct clink *l);

/* For status. */
bool clink_is_connected(const struct clink *l);
/* Asks the collector for its counters, unless it was asked a moment ago. False: nobody to ask. */
bool clink_ask_status(struct clink *l, uint64_t now_ns);
uint64_t clink_n_status(const struct clink *l); /* answers received */
uint64_t clink_generation(const struct clink *l);
bool clink_wants(const struct clink *l, unsigned int slot);
/* What the kernel may drop; NULL: nothing. */
const struct kfilter *clink_filters(const struct clink *l);
/* Of the latest connection, also when it is gone; NULL: none yet. */
const struct control_hello *clink_hello(const struct clink *l);
const struct control_status *clink_status(const struct clink *l);
const struct control_plan_status *clink_plan_status(const struct clink *l);
