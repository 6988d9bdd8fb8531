/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_walk (cgwalk_): the cgroups that are there, each into the kernel's map of kinds
 * (`cgroup_kinds`) and, when there is an engine, into the collector's own lane, as fast as the
 * engine takes them. To be begun when cgroups that are made are already reported: then none is
 * missed in between. Thread: the collector's loop.
 */
#pragma once

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/cgroups.h"
#include "collector/lanes.h"
#include "common/record.h"

#define CGWALK_DEPTH_MAX 64 /* deeper ones are left out, and counted */

struct cgwalk {
	const struct cgroups *cgroups; /* borrowed */
	int kinds_fd;                  /* borrowed; -1: none */
	struct lanes *lanes;           /* borrowed; NULL: nothing is told */
	DIR *dirs[CGWALK_DEPTH_MAX];   /* open folders, from the root down */
	size_t depth;                  /* 0: no walk is under way */
	size_t lens[CGWALK_DEPTH_MAX]; /* of the path at each depth */
	uint64_t id;                   /* found and not yet told; 0: none */
	uint64_t n_cgroups, n_too_deep;
	size_t path_len;
	char path[REC_PATH_MAX];
};

/* Begins anew. `lanes` NULL: only the map is filled. Nothing to do, and done, where the hierarchy
 * is not seen. */
void cgwalk_begin(struct cgwalk *w, const struct cgroups *cgroups, int kinds_fd,
		  struct lanes *lanes);
/* Goes on. 1: done; 0: the lane is full, come again; negative errno: it was given up. */
int cgwalk_pump(struct cgwalk *w);
void cgwalk_end(struct cgwalk *w);
