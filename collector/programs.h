/* SPDX-License-Identifier: Apache-2.0 */
/*
 * programs: loads the families of BPF programs so that they share one set of maps and know what the
 * kernel can do (prefix programs_). The only file that knows the skeletons.
 */
#pragma once

#include <stdbool.h>

#include "collector/kfeat.h"
#include "collector/lanes.h"
#include "common/control.h"

struct bpf_program;
struct programs;

enum programs_process {
	PROGRAMS_FORK,
	PROGRAMS_EXEC,
	PROGRAMS_EXIT,
	PROGRAMS_RENAME,
	PROGRAMS_CGROUP_MKDIR,
	PROGRAMS_CGROUP_RMDIR,
	PROGRAMS_CGROUP_ATTACH,
	PROGRAMS_PROCESS
};

/* Loads the process family, the snapshot and, where the kernel takes it, the cgroup family; NULL
 * with err set on failure. `cgroup_hierarchy`: struct cgroups. */
struct programs *programs_new(const struct lanes *lanes, const struct kfeat_set *features,
			      uint32_t cgroup_hierarchy, struct err *err);
void programs_free(struct programs *p);

/* The program that brings the event of the slot; PROGRAMS_PROCESS: none of these. */
enum programs_process programs_process_of(unsigned int slot);
/* NULL: the kernel refused the family. */
struct bpf_program *programs_process(const struct programs *p, enum programs_process which);
struct bpf_program *programs_snapshot(const struct programs *p);
int programs_whoami_fd(const struct programs *p);
int programs_who_connected_fd(const struct programs *p);
int programs_plan_fd(const struct programs *p);
int programs_counters_fd(const struct programs *p);
int programs_filters_fd(const struct programs *p);
int programs_filter_events_fd(const struct programs *p);
int programs_cgroup_kinds_fd(const struct programs *p);
int programs_cgroup_bell_fd(const struct programs *p); /* -1: no cgroup family */

/*
 * The system call programs of one kind of hook (CONTROL_HOOK_SYS_EXIT or _SYSCALL_TP), for exit or
 * entry; loaded when first asked for, because each costs a tenth of a second to verify.
 * NULL with err set when the kernel refused it.
 */
struct bpf_program *programs_syscall(struct programs *p, enum control_hook hook, bool at_exit,
				     struct err *err);
/*
 * ... of CONTROL_HOOK_FEXIT, for kernel functions of one type (fexit_type()), of which `function`
 * is any. `type` is the caller's number of the type, below PROGRAMS_FEXIT_TYPES.
 */
#define PROGRAMS_FEXIT_TYPES 4
struct bpf_program *programs_fexit(struct programs *p, unsigned int type, const char *function,
				   bool at_exit, struct err *err);

/* The kernel keeps run times and counts from now on; it costs every run of every program some 20
 * ns. Before the privileges go: it asks for CAP_SYS_ADMIN. A negative errno. */
int programs_keep_run_stats(struct programs *p);
/* Does it, at our or somebody else's wish (kernel.bpf_stats_enabled)? */
bool programs_has_run_stats(const struct programs *p);
/* What is counted of everything that is loaded, into status->progs; those of one name together. */
void programs_tell(const struct programs *p, struct control_status *status);
/* ... of one more, known by its descriptor. */
void programs_tell_one(const char *name, int prog_fd, struct control_status *status);
/* How often the kernel did not run a program since it was loaded: it does not while the same
 * program is not finished on that CPU, which happens where programs can be preempted (since 6.13).
 */
uint64_t programs_missed(int prog_fd);
