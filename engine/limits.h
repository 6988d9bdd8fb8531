/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: what the engine's control group allows it, for the alerts: memory and processor time. Of
 * this group alone and not of those above it. Read once at the start, before the sandbox; a limit
 * that is changed later is not noticed.
 */
#pragma once

#include <stdint.h>

struct limits {
	uint64_t memory_bytes; /* 0: none, or not known */
	double cpu_cores;      /* likewise */
};

/* `membership` is /proc/self/cgroup, `root` where cgroup v2, or the hierarchies of v1, are mounted;
 * what cannot be read is not known. */
void limits_read(const char *membership, const char *root, struct limits *ret_limits);
