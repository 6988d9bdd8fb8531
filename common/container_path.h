/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container_path: which container a cgroup belongs to, told by the path that the container's
 * runtime gave it. For the engine, which reports it, and for the collector, which lets the kernel
 * ask whether there is one. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define CONTAINER_ID_MAX 64 /* characters */

enum container_runtime {
	CONTAINER_NONE = 0, /* the cgroup is the host's */
	CONTAINER_UNKNOWN,  /* an id whose runtime cannot be told from the path */
	CONTAINER_DOCKER,
	CONTAINER_CONTAINERD,
	CONTAINER_CRIO,
	CONTAINER_PODMAN,
	CONTAINER_GARDEN,
	CONTAINER_RUNTIMES
};
const char *container_runtime_name(unsigned int runtime); /* "docker", ...; "" for NONE */

/*
 * The id in a cgroup's path, by the patterns of the runtimes: returns the runtime and, unless it is
 * CONTAINER_NONE, fills ret_id and ret_is_root (the id is in the last part). Of containers within
 * containers the innermost. `path` need not be terminated.
 *
 * Not covered: runtimes that name their cgroups otherwise (LXC, systemd-nspawn, an
 * `--cgroup-parent` or OCI cgroupsPath of one's own), and the helpers of CRI-O and Podman
 * (crio-conmon-, libpod-conmon-), which are the host's.
 */
enum container_runtime container_of_path(const char *path, size_t len,
					 char ret_id[CONTAINER_ID_MAX + 1], bool *ret_is_root);
