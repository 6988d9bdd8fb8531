/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names (prefix pol_name_): what a word in the place of an event means. Events come before sets: a
 * few words ("time", "ipc") are both, and Tracee reads them as events. "tag=time" is always the
 * set.
 *
 * Constant data after its first use; any thread.
 */
#pragma once

#include <stdint.h>

#include "common/err.h"
#include "common/event_def.h"

enum pol_name_kind {
	POL_NAME_UNKNOWN,
	POL_NAME_EVENT,    /* .event */
	POL_NAME_INTERNAL, /* .event; nobody may select it */
	POL_NAME_SET,      /* .set */
	POL_NAME_LATER,    /* .later: Tracee has it, this build has not */
};

/* Events by slot, a bit each. */
struct pol_events {
	uint64_t bits[LANE_SLOTS / 64];
};

static inline void pol_events_add(struct pol_events *events, unsigned int slot)
{
	events->bits[slot / 64] |= 1ULL << (slot % 64);
}

static inline int pol_events_has(const struct pol_events *events, unsigned int slot)
{
	return (int)(events->bits[slot / 64] >> (slot % 64) & 1);
}

static inline void pol_events_join(struct pol_events *to, const struct pol_events *from)
{
	for (unsigned int i = 0; i < LANE_SLOTS / 64; i++)
		to->bits[i] |= from->bits[i];
}

struct pol_name {
	enum pol_name_kind kind;
	const struct event_def *event;
	const struct pol_events *set; /* without internal events */
	const char *later;
};

#define POL_NAME_TAG "tag="

struct pol_name pol_name_find(const char *name);

/* -ENOENT: "event 'opnat' is not known; did you mean 'openat'?", for a name that is unknown, and a
 * sentence of its own for one that is internal. */
int pol_name_refuse(const char *name, struct err *err);
