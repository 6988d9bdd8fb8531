/* SPDX-License-Identifier: Apache-2.0 */
/* make_plan: what the policies in force ask of the collector. Thread: the engine's loop. */
#pragma once

struct clink_plan;
struct engine_options;
struct kfilter;
struct pipeline;

/* *ret_plan goes to clink_new() or clink_set_plan(), and `filters` (NULL: the kernel drops nothing)
 * with it. */
void make_plan(const struct engine_options *opt, const struct pipeline *pipeline,
	       struct kfilter *filters, struct clink_plan *ret_plan);
