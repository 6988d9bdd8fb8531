/* SPDX-License-Identifier: Apache-2.0 */
/*
 * missed: what one client of the stream could not be sent because it reads too slowly (prefix
 * missed_): counted by event, then told to it as lost_events of the class "stream". Thread: the
 * engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/event_def.h"
#include "engine/event.h"
#include "engine/losses.h"

/* Zero when it begins. */
struct missed {
	bool is_any;    /* there is something to be told */
	uint64_t total; /* ever */
	uint64_t first_ns, last_ns;
	uint64_t count[EVENT_SLOTS]; /* not told yet */
};

void missed_add(struct missed *m, const struct event *ev);
/*
 * Makes the record of the first event with a count, as lost by `client`. Returns its slot, for
 * missed_told() once it has got through; or -1: everything was told. `out` is aligned to 8.
 */
int missed_next(struct missed *m, uint8_t out[static LOSSES_RECORD_BYTES], uint32_t client,
		uint64_t now_ns);
void missed_told(struct missed *m, int slot);
