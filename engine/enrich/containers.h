/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containers: which container a cgroup belongs to (prefix containers_). Fed by what the collector
 * tells of control groups (those that existed, those that are made and removed), asked for every
 * event. The id comes from the cgroup's path; names, images and pods are empty until something
 * feeds them. Fixed capacity, least recently used ones are evicted, removed ones first; counters.
 * Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/container_path.h"

#define CONTAINERS_CAPACITY_DEFAULT 16384U /* control groups */
#define CONTAINERS_GRACE_NS 30000000000ULL /* how long a removed one is kept for late events */

struct container {
	uint64_t cgroup_id;
	uint64_t created_ns; /* CLOCK_BOOTTIME; 0: before the collector looked first */
	uint8_t runtime;     /* enum container_runtime, never NONE */
	bool is_root;        /* the id is the last part of the path */
	bool is_started;     /* past its runtime: see containers_started() */
	bool is_sandbox;     /* of a pod */
	char id[CONTAINER_ID_MAX + 1];
	/* never NULL; "" until something feeds them */
	const char *name, *image, *image_digest, *pod_name, *pod_namespace, *pod_uid;
};

struct containers;

struct containers_stats {
	uint64_t n_cgroups, n_containers, capacity;
	uint64_t n_hits, n_misses, n_evictions;
};

/* 0: the default. NULL: out of memory. */
struct containers *containers_new(size_t capacity);
void containers_free(struct containers *c);

/* A cgroup exists (created_ns 0) or was made. `path` need not be terminated. -ENOMEM. */
int containers_add(struct containers *c, uint64_t cgroup_id, const char *path, size_t len,
		   uint64_t created_ns);
void containers_remove(struct containers *c, uint64_t cgroup_id, uint64_t ts_ns);
/* A program was executed in the cgroup by a task whose mount namespace is not its parent's: the
 * first of these is the container's own, not its runtime's. */
void containers_started(struct containers *c, uint64_t cgroup_id);

/* NULL: the cgroup is the host's, or not known (a miss). Valid until the next call that changes
 * something. */
const struct container *containers_find(struct containers *c, uint64_t cgroup_id);
void containers_stats_get(const struct containers *c, struct containers_stats *ret_stats);
