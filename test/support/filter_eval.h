/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_eval (feval_): what bpf/filter.bpf.h does, in user space and slowly, on an event instead
 * of a task in a system call. For tests of what the filters mean.
 */
#pragma once

#include <stdbool.h>

#include "engine/event.h"
#include "engine/match/kernel.h"

/* Would the kernel let this event through? `kind`: FILTER_IN_*, of the task's cgroup. */
bool feval_passes(const struct kfilter *k, const struct event *ev, unsigned int kind);
