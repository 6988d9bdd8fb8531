/* SPDX-License-Identifier: Apache-2.0 */
/* run_outputs: what the outputs are to be told between two batches (prefix run_outputs_). Thread:
 * the engine's loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct run;

/*
 * Files that are due are put away, who wants the engine's figures gets them, and after a SIGHUP
 * files are opened anew: not in the signal's handler, as an output that waits for its reader may be
 * its caller. How long until the next time, ns; -1: no need.
 */
int64_t run_outputs_tend(const struct run *run, bool has_sighup, uint64_t now_ns);
