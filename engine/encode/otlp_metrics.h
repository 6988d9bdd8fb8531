/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_metrics: the engine's own figures as OpenTelemetry metrics (opentelemetry.proto.metrics.v1;
 * prefix eotlpm_), made from what /metrics says, under the same names: both always say the same.
 * Counters become monotonic cumulative sums, gauges gauges, histograms (without labels) cumulative
 * histograms; units are taken from the names' ends (_seconds, _bytes). Thread: whose the caller is.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct eotlpm_options {
	bool is_json;
	uint64_t start_ns, time_ns; /* since the epoch: of the engine, and of the figures */
};

/* Gets one Metric, valid within the call. */
typedef void eotlpm_put_fn(void *arg, const uint8_t *bytes, size_t len);

/* Calls `put` for each family of a text exposition. -EBADMSG: it is none; -ENOMEM; -EMSGSIZE: a
 * family is longer than a sink takes. What was put before stays so. */
int eotlpm_document(const char *text, size_t len, const struct eotlpm_options *opt,
		    eotlpm_put_fn *put, void *arg);
