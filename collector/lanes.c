/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/lanes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "collector/options.h"
#include "common/cleanup.h"

#define LANES_OWN_CAPACITY (1U << 20)
#define LANES_SLACK_BYTES (LANE_DATA_OFFSET + LANE_RECORD_MAX)

static uint64_t floor_power_of_two(uint64_t n)
{
	return n ? 1ULL << (63 - __builtin_clzll(n)) : 0;
}

static size_t round_to_pages(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

/* A quarter of a group's share is vital, the rest bulk; both are powers of two. */
static int plan_sizes(struct lanes *l, const struct lanes_options *opt, struct err *err)
{
	uint64_t budget = opt->budget_bytes, share;
	uint32_t n = opt->n_groups;
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return err_set(err, cpus, "cannot tell the number of CPUs (%s)", err_name(cpus));
	l->n_cpus = (uint32_t)cpus;
	if (n == 0)
		n = l->n_cpus < COLLECTOR_CPU_GROUPS_AUTO ? l->n_cpus : COLLECTOR_CPU_GROUPS_AUTO;
	l->n_groups = (uint32_t)floor_power_of_two(2 * (uint64_t)n - 1);
	if (budget == 0) {
		budget = COLLECTOR_LANES_PER_CPU * l->n_cpus;
		if (budget < COLLECTOR_LANES_MIN)
			budget = COLLECTOR_LANES_MIN;
		if (budget > COLLECTOR_LANES_MAX)
			budget = COLLECTOR_LANES_MAX;
	}
	share = budget / l->n_groups;
	l->vital_capacity = floor_power_of_two(share / 4);
	l->bulk_capacity = floor_power_of_two(share - share / 4);
	l->own_capacity = LANES_OWN_CAPACITY;
	if (l->vital_capacity < LANE_CAPACITY_MIN)
		return err_set(err, -EINVAL,
			       "lanes of %llu bytes are too small for %u CPU groups: at least %llu "
			       "are needed (--lanes, --cpu-groups)",
			       (unsigned long long)budget, l->n_groups,
			       4ULL * LANE_CAPACITY_MIN * l->n_groups);
	if (l->bulk_capacity > LANE_CAPACITY_MAX || l->vital_capacity > LANE_CAPACITY_MAX)
		return err_set(err, -EINVAL,
			       "lanes of %llu bytes are too large for %u CPU groups: at most %llu "
			       "can be used (--lanes, --cpu-groups)",
			       (unsigned long long)budget, l->n_groups,
			       2ULL * LANE_CAPACITY_MAX * l->n_groups);
	return 0;
}

static int map_create(enum bpf_map_type type, const char *name, size_t value_size, uint32_t n)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	uint32_t key_size = 4;

	if (type == BPF_MAP_TYPE_ARRAY)
		opts.map_flags = BPF_F_MMAPABLE;
	else
		key_size = 0;
	int fd = bpf_map_create(type, name, key_size, (__u32)value_size, n, &opts);
	return fd < 0 ? -errno : fd;
}

/* Formats every lane of a class through a mapping that is gone before the map is frozen. */
static int format_class(const struct lanes *l, int fd, uint32_t class, uint64_t capacity,
			struct err *err)
{
	size_t step = LANE_BYTES(capacity), bytes = round_to_pages(step * l->n_groups);
	uint8_t *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int rc = 0;

	if (map == MAP_FAILED)
		return err_set(err, -errno, "lanes cannot be mapped (%s)", err_name(errno));
	for (uint32_t g = 0; rc == 0 && g < l->n_groups; g++)
		rc = lane_format(map + g * step, capacity, class, g, l->key, err);
	(void)munmap(map, bytes);
	if (rc == 0 && bpf_map_freeze(fd) != 0)
		rc = err_set(err, -errno, "lanes cannot be frozen (%s)", err_name(errno));
	return rc;
}

/*
 * Some kernels limit one element of an array to 4 MiB. With the default budget the lanes are then
 * made smaller; a budget that somebody asked for is refused instead.
 */
static int create_class(struct lanes *l, uint32_t class, uint64_t *capacity, bool asked,
			struct err *err)
{
	const char *name = class == LANE_VITAL ? "vital_lanes" : "bulk_lanes";
	uint64_t wanted = *capacity;
	int fd = -E2BIG;

	for (; *capacity >= LANE_CAPACITY_MIN; *capacity /= 2) {
		fd = map_create(BPF_MAP_TYPE_ARRAY, name, LANE_BYTES(*capacity), l->n_groups);
		if (fd != -E2BIG && fd != -EINVAL)
			break;
	}
	if (fd == -ENOMEM)
		return err_set(err, fd, "%s of %llu bytes each: not enough memory (--lanes)", name,
			       (unsigned long long)wanted);
	if (fd < 0)
		return err_set(err, fd, "%s of %llu bytes each cannot be created (%s)", name,
			       (unsigned long long)wanted, err_name(fd));
	if (asked && *capacity < wanted) {
		(void)close(fd);
		return err_set(
			err, -E2BIG,
			"this kernel takes lanes of at most %llu bytes, and --lanes asks for "
			"%llu: use more --cpu-groups or a smaller budget",
			(unsigned long long)*capacity, (unsigned long long)wanted);
	}
	l->fds[class == LANE_VITAL ? CONTROL_FD_VITAL : CONTROL_FD_BULK] = fd;
	return format_class(l, fd, class, *capacity, err);
}

static int create_cursors(struct lanes *l, struct err *err)
{
	int fd = map_create(BPF_MAP_TYPE_ARRAY, "cursors", sizeof(struct cursor_page), 1);
	void *map;

	if (fd < 0)
		return err_set(err, fd, "the cursor page cannot be created (%s)", err_name(fd));
	l->fds[CONTROL_FD_CURSORS] = fd;
	map = mmap(NULL, round_to_pages(sizeof(*l->cursors)), PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	if (map == MAP_FAILED)
		return err_set(err, -errno, "the cursor page cannot be mapped (%s)",
			       err_name(errno));
	l->cursors = map;
	return 0;
}

/* The seal comes after our own writable mapping: later ones, anybody's, are refused. */
static int create_own(struct lanes *l, struct err *err)
{
	size_t bytes = round_to_pages(LANE_BYTES(l->own_capacity));
	int fd = memfd_create("warder-lane", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint64_t key;
	void *map;
	int rc;

	if (fd < 0)
		return err_set(err, -errno, "memfd_create failed (%s)", err_name(errno));
	l->fds[CONTROL_FD_COLLECTOR_LANE] = fd;
	if (ftruncate(fd, (off_t)bytes) != 0)
		return err_set(err, -errno, "the collector's lane cannot be sized (%s)",
			       err_name(errno));
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return err_set(err, -errno, "the collector's lane cannot be mapped (%s)",
			       err_name(errno));
	l->own_map = map;
	l->own_map_bytes = bytes;
	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key))
		return err_set(err, -errno, "getrandom failed (%s)", err_name(errno));
	rc = lane_format(map, l->own_capacity, LANE_COLLECTOR, 0, key, err);
	if (rc == 0 && fcntl(fd, F_ADD_SEALS,
			     F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		rc = err_set(err, -errno, "the collector's lane cannot be sealed (%s)",
			     err_name(errno));
	if (rc == 0)
		rc = lane_writer_init(&l->own, map, bytes,
				      &l->cursors->lane[2 * (size_t)l->n_groups], err);
	return rc;
}

int lanes_create(struct lanes *ret_lanes, const struct lanes_options *opt, struct err *err)
{
	struct lanes *l = ret_lanes;
	bool asked = opt->budget_bytes != 0;
	int rc;

	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < CONTROL_FDS; i++)
		l->fds[i] = -1;
	if (getrandom(&l->key, sizeof(l->key), 0) != (ssize_t)sizeof(l->key))
		return err_set(err, -errno, "getrandom failed (%s)", err_name(errno));
	rc = plan_sizes(l, opt, err);
	if (rc == 0)
		rc = create_class(l, LANE_VITAL, &l->vital_capacity, asked, err);
	if (rc == 0)
		rc = create_class(l, LANE_BULK, &l->bulk_capacity, asked, err);
	if (rc == 0)
		rc = create_cursors(l, err);
	if (rc == 0)
		rc = create_own(l, err);
	if (rc == 0) {
		l->fds[CONTROL_FD_BELL_BPF] = map_create(BPF_MAP_TYPE_RINGBUF, "bell", 0,
							 (uint32_t)sysconf(_SC_PAGESIZE));
		l->fds[CONTROL_FD_BELL_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (l->fds[CONTROL_FD_BELL_BPF] < 0 || l->fds[CONTROL_FD_BELL_EVENT] < 0)
			rc = err_set(err, -ENOMEM, "the doorbells cannot be created");
	}
	if (rc != 0)
		lanes_done(l);
	return rc;
}

void lanes_done(struct lanes *l)
{
	if (l->own_map)
		(void)munmap(l->own_map, l->own_map_bytes);
	if (l->cursors)
		(void)munmap(l->cursors, round_to_pages(sizeof(*l->cursors)));
	for (size_t i = 0; i < CONTROL_FDS; i++)
		if (l->fds[i] >= 0)
			(void)close(l->fds[i]);
	memset(l, 0, sizeof(*l));
	for (size_t i = 0; i < CONTROL_FDS; i++)
		l->fds[i] = -1;
}

bool lanes_have_room(const struct lanes *l, uint32_t bytes)
{
	const struct lane_writer *w = &l->own;
	/* CURSOR: the reservation that follows looks at it again; here it only decides to wait. */
	uint64_t pos = atomic_load_explicit(&w->cursor->pos, memory_order_relaxed);
	uint64_t prod = atomic_load_explicit(&w->hdr->prod, memory_order_relaxed);

	return prod - pos + bytes <= w->capacity;
}

void lanes_ring(struct lanes *l)
{
	uint64_t one = 1;

	if (lane_should_ring(&l->own, l->cursors, false))
		(void)!write(l->fds[CONTROL_FD_BELL_EVENT], &one, sizeof(one)); /* full: rung */
}
