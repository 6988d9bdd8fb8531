/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: the collector's loop: takes an engine, hands over the lanes, applies its plans, answers
 * its questions, until told to stop. One thread; poll(2), because it wakes a few times a second at
 * most: records do not pass through here.
 */
#pragma once

#include <stdbool.h>

#include "collector/attach.h"
#include "collector/handoff.h"
#include "collector/lanes.h"

struct cgroups;

struct service_options {
	const struct cgroups *cgroups; /* borrowed */
	bool once;                     /* end when the engine that connected has gone */
};

/* `stop_fd` becomes readable when it is time to stop. Returns 0, or a negative errno with err set.
 */
int service_run(struct handoff *handoff, struct lanes *lanes, struct attach *attach, int stop_fd,
		const struct service_options *opt, struct err *err);
