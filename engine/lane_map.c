/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/lane_map.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t round_to_pages(size_t bytes)
{
	return (bytes + page_bytes() - 1) / page_bytes() * page_bytes();
}

/* A file that is shorter than its mapping would end this process by SIGBUS. BPF maps have no size
 * here, and are refused by mmap(2) itself. */
static int check_size(int fd, size_t bytes)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && (uint64_t)st.st_size < bytes ? -EMSGSIZE : 0;
}

/* Maps, and remembers to unmap. */
static int map_part(struct lane_map *m, int fd, size_t bytes, int prot, size_t offset,
		    void **ret_at)
{
	int rc = check_size(fd, offset + bytes);
	void *at;

	if (rc < 0)
		return rc;
	at = mmap(NULL, round_to_pages(bytes), prot, MAP_SHARED, fd, (off_t)offset);
	if (at == MAP_FAILED)
		return -errno;
	m->parts[m->n_parts++] = (struct lane_map_part){ .at = at, .bytes = round_to_pages(bytes) };
	*ret_at = at;
	return 0;
}

static int map_lanes(struct lane_map *m, int fd, uint32_t lane_class, uint32_t n, uint64_t capacity,
		     uint32_t first_index, struct err *err)
{
	/* Elements of a BPF array are multiples of 8 bytes. */
	size_t step = (LANE_BYTES(capacity) + 7) & ~(size_t)7;
	void *at;
	int rc = map_part(m, fd, step * n, PROT_READ, 0, &at);

	if (rc < 0)
		return err_set(err, rc == -EMSGSIZE ? -EPROTO : rc,
			       "lanes of class %u cannot be mapped (%s)", lane_class, err_name(rc));
	for (uint32_t i = 0; i < n; i++)
		m->lanes[m->n_lanes++] = (struct lane_map_lane){
			.map = (const uint8_t *)at + i * step,
			.bytes = step,
			.index = first_index + 2 * i,
			.group = i,
			.lane_class = lane_class,
		};
	return 0;
}

static int map_bell(struct lane_map *m, size_t i, int fd)
{
	struct lane_map_bell *bell = &m->bells[i];
	void *consumer, *producer;
	int rc = map_part(m, fd, page_bytes(), PROT_READ | PROT_WRITE, 0, &consumer);

	bell->fd = fd;
	if (rc == -ENODEV) /* an eventfd cannot be mapped */
		return 0;
	if (rc == 0)
		rc = map_part(m, fd, page_bytes(), PROT_READ, page_bytes(), &producer);
	if (rc < 0)
		return rc;
	bell->consumer = consumer;
	bell->producer = producer;
	return 0;
}

static int map_all(struct lane_map *m, const struct control_hello *hello, int fds[CONTROL_FDS],
		   struct err *err)
{
	uint32_t n = hello->n_groups;
	void *page;
	int rc = map_lanes(m, fds[CONTROL_FD_COLLECTOR_LANE], LANE_COLLECTOR, 1,
			   hello->own_capacity, 2 * n, err);

	if (rc == 0)
		rc = map_lanes(m, fds[CONTROL_FD_VITAL], LANE_VITAL, n, hello->vital_capacity, 0,
			       err);
	if (rc == 0)
		rc = map_lanes(m, fds[CONTROL_FD_BULK], LANE_BULK, n, hello->bulk_capacity, 1, err);
	if (rc < 0)
		return rc;
	rc = map_part(m, fds[CONTROL_FD_CURSORS], sizeof(*m->page), PROT_READ | PROT_WRITE, 0,
		      &page);
	if (rc < 0)
		return err_set(err, rc == -EMSGSIZE ? -EPROTO : rc,
			       "cursor page cannot be mapped (%s)", err_name(rc));
	m->page = page;
	rc = map_bell(m, 0, TAKE_FD(fds[CONTROL_FD_BELL_BPF]));
	if (rc == 0)
		rc = map_bell(m, 1, TAKE_FD(fds[CONTROL_FD_BELL_EVENT]));
	if (rc < 0)
		return err_set(err, rc, "doorbell cannot be mapped (%s)", err_name(rc));
	return 0;
}

struct lane_map *lane_map_new(const struct control_hello *hello, int fds[CONTROL_FDS],
			      struct err *err)
{
	struct lane_map *m = calloc(1, sizeof(*m));
	int rc = -ENOMEM;

	if (m) {
		for (size_t i = 0; i < LANE_MAP_BELLS; i++)
			m->bells[i].fd = -1;
		rc = map_all(m, hello, fds, err);
	} else {
		(void)err_set(err, rc, "lanes cannot be mapped: out of memory");
	}
	for (size_t i = 0; i < CONTROL_FDS; i++) {
		cleanup_fd(&fds[i]); /* a mapping needs no descriptor */
		fds[i] = -1;
	}
	if (rc == 0)
		return m;
	lane_map_free(m);
	return NULL;
}

void lane_map_free(struct lane_map *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < LANE_MAP_BELLS; i++)
		cleanup_fd(&m->bells[i].fd);
	while (m->n_parts > 0) {
		m->n_parts--;
		(void)munmap(m->parts[m->n_parts].at, m->parts[m->n_parts].bytes);
	}
	free(m);
}

void lane_map_silence(struct lane_map *m)
{
	for (size_t i = 0; i < LANE_MAP_BELLS; i++) {
		const struct lane_map_bell *bell = &m->bells[i];
		uint64_t rings;

		if (bell->fd < 0)
			continue;
		if (!bell->consumer) {
			(void)!read(bell->fd, &rings, sizeof(rings)); /* EAGAIN: it was silent */
			continue;
		}
		/* The kernel's side of the ring buffer: it polls readable while the two differ.
		 * Acquire and release as its protocol wants; what was rung says nothing. */
		rings = atomic_load_explicit(bell->producer, memory_order_acquire);
		atomic_store_explicit(bell->consumer, rings, memory_order_release);
	}
}
