/* SPDX-License-Identifier: Apache-2.0 */
/* syscall_tp: the tracepoints of single system calls (syscalls/sys_exit_X), found in tracefs. */
#pragma once

#include "common/event_def.h"

/* The kernel's name of the call where it is not the event's: "newstat" for stat. */
const char *syscall_kernel_name(const struct event_def *def);

/* A perf event of the call's exit (or entry) tracepoint, or a negative errno. `tracefs_fd` is the
 * root of a tracefs mount. */
int syscall_tp_open(int tracefs_fd, const struct event_def *def, bool at_exit);
