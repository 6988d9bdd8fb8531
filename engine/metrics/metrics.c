/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "engine/collector_link.h"
#include "engine/metrics/metrics_parts.h"
#include "engine/metrics/metrics_text.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/status.h"

static double seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static double resident_bytes(int statm_fd)
{
	char text[128] = "";
	unsigned long pages;

	/* A short or failed read does not scan. */
	if (statm_fd >= 0 && pread(statm_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%*u %lu", &pages) == 1)
		return (double)pages * (double)sysconf(_SC_PAGESIZE);
	return 0;
}

static void put_limits(struct mtext *t, const struct limits *limits)
{
	if (limits->memory_bytes) {
		mtext_family(t, METRICS_MEMORY_LIMIT);
		MTEXT_SAMPLE(t, limits->memory_bytes, "engine");
	}
	if (limits->cpu_cores > 0) {
		mtext_family(t, METRICS_CPU_LIMIT);
		MTEXT_SAMPLE(t, limits->cpu_cores, "engine");
	}
}

static void put_processes(struct mtext *t, const struct status_about *a)
{
	const struct control_status *c = a->link ? clink_status(a->link) : NULL;
	double cpu, resident = resident_bytes(a->statm_fd);
	double now_s = (double)((int64_t)now_boot_ns() + now_epoch_offset_ns()) / 1e9;
	struct rusage usage = { 0 };

	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail for this process */
	cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	mtext_single(t, METRICS_UPTIME, (double)a->uptime_ns / 1e9);
	mtext_family(t, METRICS_CPU);
	MTEXT_SAMPLE(t, cpu, "engine");
	if (c)
		MTEXT_SAMPLE(t, (double)c->cpu_ns / 1e9, "collector");
	mtext_family(t, METRICS_RESIDENT);
	MTEXT_SAMPLE(t, resident, "engine");
	if (c)
		MTEXT_SAMPLE(t, c->rss_bytes, "collector");
	put_limits(t, &a->limits);
	mtext_single(t, METRICS_PROCESS_CPU, cpu);
	mtext_single(t, METRICS_PROCESS_RESIDENT, resident);
	mtext_single(t, METRICS_PROCESS_START, now_s - (double)a->uptime_ns / 1e9);
}

/* What Tracee counts and this build cannot do yet stays zero: dashboards that ask for it go on. */
static void put_tracee(struct mtext *t, const struct status_about *a)
{
	const struct pipeline_stats *s = pipeline_stats(a->pipeline);

	mtext_single(t, METRICS_TRACEE_EVENTS, (double)(s->n_records - s->n_bad));
	mtext_single(t, METRICS_TRACEE_FILTERED, (double)(s->n_unwanted + s->n_refused));
	mtext_single(t, METRICS_TRACEE_NET_EVENTS, 0);
	mtext_single(t, METRICS_TRACEE_BPF_LOGS, 0);
	mtext_single(t, METRICS_TRACEE_ERRORS, (double)s->n_bad);
	mtext_single(t, METRICS_TRACEE_LOST, (double)s->n_lost);
	mtext_single(t, METRICS_TRACEE_WRITE_LOST, 0);
	mtext_single(t, METRICS_TRACEE_NET_LOST, 0);
	mtext_single(t, METRICS_TRACEE_RULES_EVENTS, 0);
	mtext_single(t, METRICS_TRACEE_DETECTIONS, 0);
	mtext_single(t, METRICS_TRACEE_SIGNATURES, 0);
}

char *metrics_document(const struct status_about *a, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);
	struct mtext t;
	bool failed;

	if (!out)
		return NULL;
	mtext_begin(&t, out);
	mtext_family(&t, METRICS_BUILD_INFO);
	MTEXT_SAMPLE(&t, 1, WARDER_VERSION);
	mtext_family(&t, METRICS_LOOP_INFO);
	MTEXT_SAMPLE(&t, 1, a->loop);
	put_processes(&t, a);
	put_tracee(&t, a);
	metrics_put_events(&t, a);
	metrics_put_losses(&t, a);
	metrics_put_policies(&t, a);
	metrics_put_lanes(&t, a);
	metrics_put_hooks(&t, a);
	metrics_put_readiness(&t, a);
	metrics_put_programs(&t, a);
	metrics_put_stores(&t, a);
	metrics_put_outputs(&t, a);
	mtext_end(&t);
	failed = ferror(out);
	if (fclose(out) == 0 && !failed)
		return text;
	free(text);
	return NULL;
}
