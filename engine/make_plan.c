/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/make_plan.h"

#include "engine/collector_link.h"
#include "engine/options.h"
#include "engine/pipeline.h"

void make_plan(const struct engine_options *opt, const struct pipeline *pipeline,
	       struct kfilter *filters, struct clink_plan *ret_plan)
{
	*ret_plan = (struct clink_plan){
		.options = (opt->exec_env ? CONTROL_PLAN_EXEC_ENV : 0) |
			   (opt->trace_self ? CONTROL_PLAN_TRACE_SELF : 0) | CONTROL_PLAN_HEARTBEAT,
		.filters = filters,
	};
	pipeline_plan(pipeline, ret_plan->events, ret_plan->rings);
}
