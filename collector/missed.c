/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/missed.h"

#include <time.h>

#include "common/event_def.h"
#include "common/lane_writer.h"

void missed_count(struct missed *m, unsigned int slot, uint64_t now, uint64_t *counted)
{
	struct timespec ts = { 0 };

	if (now == *counted)
		return;
	m->n += now - *counted;
	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail */
	if (slot < EVENT_SLOTS) /* a loss like one of a full lane, in the lane that we can write */
		(void)lane_count_lost(m->own, slot, now - *counted,
				      (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec);
	*counted = now;
}
