/* SPDX-License-Identifier: Apache-2.0 */
/*
 * privileges (priv_): what the collector may still do once it has started.
 *
 * Three steps, in this order, from the process's only thread (capabilities belong to a thread):
 * priv_caps_missing() before anything is loaded, priv_drop() after the first attachment and after
 * handoff_listen(), priv_seccomp() before the loop. Nothing of it can be taken back.
 *
 * The published list, each with what fails without it:
 *   CAP_BPF, CAP_PERFMON  loading and attaching for later plans
 *   CAP_SYS_PTRACE        the host's cgroups through /proc/1/root, from inside a container
 *   CAP_DAC_READ_SEARCH   cgroups that were given to other users
 *
 * The uid stays 0. What root could do by owning files is closed by priv_seccomp(): files are
 * opened for reading only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct priv_options {
	bool keep_sys_admin;    /* this kernel asks for CAP_SYS_ADMIN where newer ones do not */
	bool keep_sys_resource; /* this kernel charges maps to RLIMIT_MEMLOCK */
};

/* What is in force, for status and logs. A set of capabilities has bit N for capability N. */
struct priv_state {
	uint64_t caps;     /* permitted and effective */
	uint64_t bounding; /* more than the list only without CAP_SETPCAP; see priv_drop() */
	bool no_new_privs;
	bool dumpable;
};

/*
 * 0 when the process has every capability of the list. Otherwise -EPERM, the set in *ret_missing
 * (may be NULL), and a sentence that names them.
 */
int priv_caps_missing(uint64_t *ret_missing, struct err *err);

/*
 * Cuts permitted, effective and bounding set to the list, as far as its members are there, and
 * empties the inheritable and the ambient set: the collector executes nothing. Sets no_new_privs
 * and makes the process undumpable (no ptrace, no /proc/PID/mem by its own uid).
 *
 * Needs no capability. Without CAP_SETPCAP the bounding set stays as it is: with no_new_privs it
 * grants nothing any more. Reads back what is in force; an error when that is not what was asked.
 */
int priv_drop(const struct priv_options *opt, struct priv_state *ret_state, struct err *err);

/*
 * Installs the system call filter, for all threads. Three answers:
 *
 * - Allowed is what the loop, attaching a new plan and reading /proc and cgroups need. ioctl is
 *   limited to perf events, openat to reading, tgkill to this process, prctl to names and
 *   questions, and memory cannot be made executable.
 * - Killed (SIGSYS, which the audit log records) is who does what only an intruder would try:
 *   executing, tracing or reaching into processes, loading modules and kernels, mounting, changing
 *   identity; and calls of a foreign architecture.
 * - Everything else (new sockets, processes and threads, io_uring, writing to files) is refused
 *   with EPERM, so that a library which probes for something falls back.
 */
int priv_seccomp(struct err *err);

/* "CAP_BPF, CAP_PERFMON" for a set, "none" for an empty one; cut to `cap` bytes. Returns buf. */
const char *priv_caps_text(uint64_t caps, char *buf, size_t cap);
