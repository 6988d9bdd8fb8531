/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readiness: may the engine be relied on (prefix ready_)? Yes, if a collector is connected and
 * answers, has the plan in force, and heartbeats come back through its lanes. Says why not in one
 * sentence.
 *
 * Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/heartbeat.h"
#include "engine/now.h"

struct clink;

#define READY_ASK_NS (2 * NOW_NS_PER_S)    /* how often the collector is asked for its counters */
#define READY_SILENT_NS (5 * NOW_NS_PER_S) /* without an answer */
#define READY_TEXT_MAX 256

struct ready {
	struct hbeat beat;
	char name[16]; /* of this thread */
	bool is_connected;
	bool has_plan;     /* the one that was asked for is in force */
	uint64_t n_status; /* answers of the collector seen */
	uint64_t asked_ns; /* the question that has no answer yet; 0: none */
	uint64_t ask_at_ns;
};

/* In the loop's thread. */
void ready_init(struct ready *r);
/* Looks at the collector (NULL: a replay, which needs none), and lets the heart beat. Returns when
 * to be called again, ns; -1: when something came. */
int64_t ready_tend(struct ready *r, struct clink *link, uint64_t now_ns);
/* True: ready. `text` is why not, or what cannot be said for sure; "": all is well. */
bool ready_verdict(const struct ready *r, uint64_t now_ns, char text[READY_TEXT_MAX]);
