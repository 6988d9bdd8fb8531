/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: which of the events that the running policies want a client wants to see (prefix
 * live_filter_): by the same lists, scopes and filters as an engine without policies takes, and by
 * the names of policies. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/event.h"
#include "engine/live/request.h"
#include "engine/policy/names.h"

struct live_filter;
struct ptree;

struct live_filter_options {
	uint64_t start_ns; /* of the engine, CLOCK_BOOTTIME */
	int64_t epoch_offset_ns;
	struct ptree *tree;             /* borrowed */
	const struct pol_set *policies; /* that run; of this call only */
};

/* NULL with err: what is wrong with the request, or -ENOMEM. In the sandbox: patterns are
 * interpreted. */
struct live_filter *live_filter_new(const struct live_request *request,
				    const struct live_filter_options *opt, struct err *err);
void live_filter_free(struct live_filter *f);

/* `ev` was wanted by policies. lost_events is for all. */
bool live_filter_wants(struct live_filter *f, const struct event *ev);
/* As for match_learn() and match_forget(). */
void live_filter_learn(struct live_filter *f, const struct event *ev);
void live_filter_forget(struct live_filter *f, uint32_t tgid);
/* The running policies are others from now on. */
void live_filter_policies(struct live_filter *f, const struct pol_set *set);

/* Events that the request names, and of these, the ones that no policy of `set` wants. False: it
 * names none. */
bool live_filter_unselected(const struct live_filter *f, const struct pol_set *set,
			    struct pol_events *ret_named, struct pol_events *ret_unselected);
