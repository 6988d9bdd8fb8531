/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attach: loads the BPF programs and attaches what a plan asks for, and nothing else: the process
 * and cgroup events here, system calls in attach_calls.
 *
 * Thread: the collector's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "collector/filters.h"
#include "collector/kfeat.h"
#include "collector/lanes.h"
#include "collector/options.h"
#include "common/control.h"
#include "common/plan.h"

struct attach;

struct attach_options {
	enum collector_hooks hooks;
	uint32_t cgroup_hierarchy; /* struct cgroups */
	bool keep_run_stats;       /* of the programs, by the kernel */
};

/* Loads what every plan needs. `lanes` and `features` are borrowed until attach_free(). NULL with
 * err set: -EPERM, -EOPNOTSUPP, or what bpf(2) said about which program. */
struct attach *attach_new(struct lanes *lanes, const struct kfeat_set *features,
			  const struct attach_options *opt, struct err *err);
void attach_free(struct attach *a);

/* The plan in force as the programs read it; mapped, owned by `a`. */
struct plan_state *attach_plan_state(struct attach *a);

/* Where filters are kept until their plan comes; owned by `a`. */
struct filters *attach_filters(struct attach *a);
/* Puts the plan's filters in force; before the rest of the plan. As filters_apply(). */
int attach_apply_filters(struct attach *a, const struct control_plan *plan, struct err *err);

/* Of a plan that is to be applied only this: cgroups that are made and removed are reported. Those
 * that are there can then be told of (collector/cgroup_walk.h) before any other event comes. */
void attach_cgroups_first(struct attach *a, const struct control_plan *plan);

/* Applies the plan; what could not be attached is told per event in *ret_status, whose header is
 * filled in too. */
void attach_apply(struct attach *a, const struct control_plan *plan,
		  struct control_plan_status *ret_status);

/* The programs report nothing more: detaching all of them can take seconds. */
void attach_silence(struct attach *a);

/* Some hooks take the kernel long to detach: as long as it is not tidy, each attach_tidy() detaches
 * one that no plan needs. */
bool attach_is_tidy(const struct attach *a);
void attach_tidy(struct attach *a);

/* Every task must introduce itself again: there is a new reader. */
void attach_new_generation(struct attach *a);

/* The map of the cgroups' kinds (bpf/maps.bpf.h). */
int attach_cgroup_kinds_fd(const struct attach *a);
/* Readable when a lane could not take the record of a cgroup; -1: there is no such bell. Take it
 * then: true if it rang. */
int attach_cgroup_bell_fd(const struct attach *a);
bool attach_cgroup_bell_take(struct attach *a);

/* Starts a snapshot: a descriptor to read task records from, or a negative errno. */
int attach_snapshot_open(struct attach *a);
/* Process ids in the initial pid namespace: this process's; that of who connected `sock`. */
uint32_t attach_own_pid(struct attach *a);
uint32_t attach_peer_pid(struct attach *a, int sock);

/* Sums of the kernel-side counters, and of the programs' run statistics. */
void attach_counters(struct attach *a, struct control_status *status);
