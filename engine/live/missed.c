/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/missed.h"

#define CLASS_NAME "stream"

void missed_add(struct missed *m, const struct event *ev)
{
	if (!m->is_any)
		m->first_ns = ev->rec->ts_ns;
	m->is_any = true;
	m->last_ns = ev->rec->ts_ns;
	m->total++;
	m->count[ev->def->slot]++;
}

int missed_next(struct missed *m, uint8_t out[static LOSSES_RECORD_BYTES], uint32_t client,
		uint64_t now_ns)
{
	struct rec_lost lost = {
		.hdr = { .ts_ns = now_ns, .event = EV_LOST_EVENTS },
		.first_ns = m->first_ns,
		.last_ns = m->last_ns,
		.lane = client,
	};

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (m->count[slot] == 0)
			continue;
		lost.count = m->count[slot];
		lost.lost_event = event_defs[slot].id;
		losses_write(out, &lost, event_defs[slot].name, CLASS_NAME);
		return (int)slot;
	}
	m->is_any = false;
	return -1;
}

void missed_told(struct missed *m, int slot)
{
	m->count[slot] = 0;
}
