/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run_outputs.h"

#include "common/cleanup.h"
#include "engine/collector_link.h"
#include "engine/metrics/metrics.h"
#include "engine/now.h"
#include "engine/run.h"
#include "engine/sink/outputs.h"
#include "engine/status.h"

static int64_t tend_sinks(const struct run *run, bool has_sighup)
{
	int64_t next_ms = -1, ms;

	for (size_t i = 0; i < run->n_sinks; i++) {
		if (has_sighup)
			sink_reopen(run->sinks[i]);
		ms = sink_tend(run->sinks[i]);
		if (ms >= 0 && (next_ms < 0 || ms < next_ms))
			next_ms = ms;
	}
	return next_ms < 0 ? -1 : next_ms * NOW_NS_PER_MS;
}

/* The collector's counters are those of the question before, as on /metrics. */
static int64_t tend_metrics(const struct run *run, uint64_t now_ns)
{
	CLEANUP_FREE char *text = NULL;
	struct status_about about;
	int64_t next_ns;
	size_t len;

	if (!outputs_want_metrics(run->outputs, now_ns, &next_ns))
		return next_ns;
	if (run->link)
		(void)clink_ask_status(run->link, now_ns);
	run_about(run, &about);
	text = metrics_document(&about, &len);
	outputs_put_metrics(run->outputs, now_ns, text ? text : "", text ? len : 0);
	(void)outputs_want_metrics(run->outputs, now_ns, &next_ns);
	return next_ns;
}

int64_t run_outputs_tend(const struct run *run, bool has_sighup, uint64_t now_ns)
{
	int64_t sinks_ns = tend_sinks(run, has_sighup), metrics_ns = tend_metrics(run, now_ns);

	if (sinks_ns < 0 || metrics_ns < 0)
		return sinks_ns < 0 ? metrics_ns : sinks_ns;
	return sinks_ns < metrics_ns ? sinks_ns : metrics_ns;
}
