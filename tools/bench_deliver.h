/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_deliver (bdeliver_): events through each output, to a receiver that counts. Thread: main.
 */
#pragma once

#include <stdint.h>

#include "common/err.h"
#include "tools/bench_events.h"
#include "tools/bench_report.h"

/* Adds a table to the report. Each output is fed for `feed_ns`, or with a file's worth of events,
 * whichever comes first. */
int bdeliver_measure(const struct bev *events, uint64_t feed_ns, struct bench_report *report,
		     struct err *err);
