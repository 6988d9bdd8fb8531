/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroups: which cgroup hierarchy tells containers apart on this machine. Chosen once, at start,
 * while the privileges are there.
 *
 * Version 2 where it is mounted at the base folder itself; else version 1, the hierarchy with
 * cpuset, which every container runtime uses where there are several; else a version 2 beside
 * others (BASE/unified). What is in no such hierarchy is not covered: with version 1, containers
 * whose runtime was told to leave cpuset alone.
 *
 * In a container the base may show only a part of the hierarchy: then that of process 1 is tried
 * (/proc/1/root, the host's with hostPID). Without the whole, cgroups that were there before us are
 * not known, those made later are.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define CGROUPS_BASE "/sys/fs/cgroup"

struct cgroups {
	int fd;             /* of the root's folder, to read; -1: the whole is not seen. Owned. */
	uint32_t hierarchy; /* 0: version 2; else its number in /proc/cgroups */
};

/* `base`: where the hierarchies are mounted. 0, or -ENOENT, -EXDEV (only a part is seen) with err
 * set and what is known in *ret all the same: the collector can go on. */
int cgroups_open(struct cgroups *ret, const char *base, struct err *err);
void cgroups_close(struct cgroups *cgroups);
