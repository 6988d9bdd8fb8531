/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/make_plan.h"

#include "engine/collector_link.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/options.h"
#include "engine/pipeline.h"

int make_plan(const struct engine_options *opt, const struct pipeline *pipeline,
	      struct clink_plan *ret_plan, struct err *err)
{
	*ret_plan = (struct clink_plan){
		.options = (opt->exec_env ? CONTROL_PLAN_EXEC_ENV : 0) |
			   (opt->trace_self ? CONTROL_PLAN_TRACE_SELF : 0),
	};
	pipeline_plan(pipeline, ret_plan->events, ret_plan->rings);
	if (opt->kernel_filters == ENGINE_OPTIONS_OFF)
		return 0;
	ret_plan->filters = kfilter_compile(match_policies(pipeline_match(pipeline)), err);
	return ret_plan->filters ? 0 : err->code;
}
