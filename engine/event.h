/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event: what every stage of the engine reads and fills in. An event is a view: it points into the
 * lane (or the recording), the process tree and the policy set, and is valid until the record it
 * came from is released. Nothing in it is owned.
 */
#pragma once

#include <stdint.h>

#include "common/event_def.h"
#include "common/record.h"

struct container;
struct pol_set;
struct ptree_task;

struct event {
	/* decode */
	const struct rec_hdr *rec;
	const struct event_def *def;
	const struct rec_var *vars[EVENT_FIELDS_MAX]; /* by field index; NULL: not there */
	/* enrich */
	const struct ptree_task *task;     /* NULL: its context was lost */
	const struct container *container; /* NULL: in none, or its cgroup is not known */
	/* match: indices of the policies that want it, in load order */
	const struct pol_set *policies;
	const uint32_t *matched;
	uint32_t n_matched;
};
