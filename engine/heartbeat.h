/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heartbeat: proves that events flow (prefix hbeat_). A hook that was attached without an error may
 * still never run, so every few seconds the engine does something that each kind of hook must see
 * (bpf/heartbeat.bpf.h), and waits for its records to come back through the lanes. They are no
 * events: they reach no output and no counter but those here.
 *
 * Knows neither collector nor lanes; the caller tells what is expected and what came.
 * Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/control.h"
#include "common/record.h"
#include "engine/now.h"

#define HBEAT_EVERY_NS (2 * NOW_NS_PER_S)
#define HBEAT_LATE_NS (2 * NOW_NS_PER_S) /* not later than the next one */

enum hbeat_state {
	HBEAT_NONE,    /* not expected: nothing is attached, or it cannot see the engine's call */
	HBEAT_WAITING, /* for the first to come back, since it is expected */
	HBEAT_FLOWING, /* the latest came back in time */
	HBEAT_LATE,    /* it did not */
};
const char *hbeat_state_name(enum hbeat_state state);

/* Makes the call that the programs see; `arg` is as given. */
typedef void (*hbeat_act_fn)(void *arg, uint64_t number);

struct hbeat {
	hbeat_act_fn act;
	void *arg;
	uint32_t expected; /* bit by enum control_hook */
	uint32_t missing;  /* of the latest one: those who have not seen it */
	uint64_t number;   /* of the latest */
	uint64_t sent_ns;  /* likewise; 0: none yet */
	uint64_t n_sent;
	struct hbeat_hook {
		enum hbeat_state state;
		uint64_t n_back, n_late;
		uint64_t took_ns; /* the latest that came back */
	} hooks[CONTROL_HOOK_KINDS];
};

/* Numbers go on from `number`: an earlier engine's heartbeats are not taken for ours. */
void hbeat_init(struct hbeat *h, hbeat_act_fn act, void *arg, uint64_t number);
/* Which kinds of hooks must see it from now on (control_plan_status.beats); 0: none. */
void hbeat_expect(struct hbeat *h, uint32_t kinds);
/* Acts when it is time to. Returns when to be called again, ns; -1: not before something else is
 * expected. */
int64_t hbeat_tick(struct hbeat *h, uint64_t now_ns);
/* A record came back. One that belongs to no heartbeat that is waited for changes nothing. */
void hbeat_take(struct hbeat *h, const struct rec_heartbeat *rec, uint64_t now_ns);

/* All that is expected has come back in time. */
bool hbeat_is_flowing(const struct hbeat *h);

/* The real call, for hbeat_init(); `arg` is the name of this thread (prctl(2), PR_GET_NAME). */
void hbeat_rename(void *arg, uint64_t number);
