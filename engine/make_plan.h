/* SPDX-License-Identifier: Apache-2.0 */
/* make_plan: what the policies in force ask of the collector. Thread: the engine's loop. */
#pragma once

#include "common/err.h"

struct clink_plan;
struct engine_options;
struct pipeline;

/* *ret_plan goes to clink_new() or clink_set_plan(). -ENOMEM: it has no filters, and is good all
 * the same: the kernel drops nothing then. */
int make_plan(const struct engine_options *opt, const struct pipeline *pipeline,
	      struct clink_plan *ret_plan, struct err *err);
