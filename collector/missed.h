/* SPDX-License-Identifier: Apache-2.0 */
/*
 * missed: counts the times that the kernel did not run a program (programs_missed()), as lost
 * events where it is known which event was missed.
 *
 * Thread: the collector's loop.
 */
#pragma once

#include <stdint.h>

struct lane_writer;

struct missed {
	struct lane_writer *own; /* borrowed: the collector's lane */
	uint64_t n;              /* all together */
};

/* Counts what is new of `now`, which is the sum since a program was loaded; *counted is what of it
 * is counted already. `slot` is the event's, or EVENT_SLOTS: not known, or wanted by nobody. */
void missed_count(struct missed *m, unsigned int slot, uint64_t now, uint64_t *counted);
