/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_rate (brate_): how many events a second come through without loss. A flood of openat+close
 * on every CPU, first as fast as it goes; when that loses events, paced, to find the highest pace
 * that loses none. The flood and Warder share the machine's CPUs, as they do in earnest.
 * Thread: main.
 */
#pragma once

#include <stdint.h>

#include "common/err.h"

struct bench_report;
struct bwarder;

/* Adds a table to the report. `w` was begun and is not started; `hooks` as in bwarder_options. The
 * time is one flood's. */
int brate_measure(struct bench_report *report, struct bwarder *w, const char *hooks,
		  uint64_t duration_ns, struct err *err);
