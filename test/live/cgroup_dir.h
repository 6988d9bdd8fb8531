/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cgroup_dir (cgdir_): folders of the cgroup hierarchy that the collector goes by, for tests. One
 * thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Where that hierarchy is mounted; NULL: nowhere, or it cannot be written to (a reason is printed).
 */
const char *cgdir_root(void);
/* 0: version 2; else its number in /proc/cgroups. */
uint32_t cgdir_hierarchy(void);
/* Makes the folder so that tasks can be moved there. Returns the cgroup's id, 0 on failure. */
uint64_t cgdir_make(const char *path);
/* Moves the calling process there. */
bool cgdir_enter(const char *path);
