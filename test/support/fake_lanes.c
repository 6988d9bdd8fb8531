/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/fake_lanes.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/event_def.h"

#define KEY 0x5ad1c0f3e2b49786ULL

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void create(struct fake_lanes *fl, enum control_fd which, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	bytes = (bytes + page - 1) / page * page;
	fl->fds[which] = memfd_create("fake-lanes", MFD_CLOEXEC);
	require(fl->fds[which] >= 0 && ftruncate(fl->fds[which], (off_t)bytes) == 0);
	fl->map_bytes[which] = bytes;
	fl->maps[which] = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fl->fds[which], 0);
	require(fl->maps[which] != MAP_FAILED);
}

static size_t step_bytes(const struct fake_lanes *fl)
{
	return (size_t)LANE_BYTES(fl->capacity);
}

/* Where the lane lies, and of which class it is. */
static uint8_t *lane_at(const struct fake_lanes *fl, uint32_t index, uint32_t *ret_class)
{
	if (index == fl_own(fl)) {
		*ret_class = LANE_COLLECTOR;
		return fl->maps[CONTROL_FD_COLLECTOR_LANE];
	}
	*ret_class = index % 2 ? LANE_BULK : LANE_VITAL;
	return fl->maps[index % 2 ? CONTROL_FD_BULK : CONTROL_FD_VITAL] +
	       index / 2 * step_bytes(fl);
}

void fl_init(struct fake_lanes *fl, uint32_t n_groups, uint64_t capacity)
{
	memset(fl, 0, sizeof(*fl));
	require(n_groups <= FL_GROUPS_MAX);
	fl->n_groups = n_groups;
	fl->n_lanes = 2 * n_groups + 1;
	fl->capacity = capacity;
	create(fl, CONTROL_FD_VITAL, n_groups * step_bytes(fl));
	create(fl, CONTROL_FD_BULK, n_groups * step_bytes(fl));
	create(fl, CONTROL_FD_COLLECTOR_LANE, step_bytes(fl));
	create(fl, CONTROL_FD_CURSORS, sizeof(struct cursor_page));
	fl->page = (struct cursor_page *)(void *)fl->maps[CONTROL_FD_CURSORS];
	fl->fds[CONTROL_FD_BELL_BPF] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	fl->fds[CONTROL_FD_BELL_EVENT] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (uint32_t i = 0; i < fl->n_lanes; i++) {
		uint32_t lane_class;
		uint8_t *at = lane_at(fl, i, &lane_class);

		require(lane_format(at, capacity, lane_class, i == fl_own(fl) ? 0 : i / 2, KEY + i,
				    NULL) == 0);
		require(lane_writer_init(&fl->writers[i], at, step_bytes(fl), &fl->page->lane[i],
					 NULL) == 0);
	}
}

void fl_done(struct fake_lanes *fl)
{
	for (size_t i = 0; i < CONTROL_FDS; i++) {
		if (fl->maps[i])
			(void)munmap(fl->maps[i], fl->map_bytes[i]);
		(void)close(fl->fds[i]);
	}
	memset(fl, 0, sizeof(*fl));
}

void fl_readers(struct fake_lanes *fl, struct lane_reader readers[FL_LANES_MAX])
{
	size_t n = 0;
	uint32_t order[FL_LANES_MAX], lane_class;

	order[n++] = fl_own(fl);
	for (uint32_t g = 0; g < fl->n_groups; g++)
		order[n++] = fl_vital(g);
	for (uint32_t g = 0; g < fl->n_groups; g++)
		order[n++] = fl_bulk(g);
	for (size_t i = 0; i < n; i++)
		require(lane_reader_init(&readers[i], lane_at(fl, order[i], &lane_class),
					 step_bytes(fl), &fl->page->lane[order[i]], NULL) == 0);
}

bool fl_put(struct fake_lanes *fl, uint32_t index, const struct rec_hdr *rec)
{
	const struct event_def *def = event_def_find(rec->event);
	struct lane_slot slot;

	if (lane_reserve(&fl->writers[index], rec->len, def ? def->slot : 0, rec->ts_ns, &slot) < 0)
		return false;
	memcpy((uint8_t *)slot.rec + sizeof(rec->commit),
	       (const uint8_t *)rec + sizeof(rec->commit), rec->len - sizeof(rec->commit));
	lane_commit(&fl->writers[index], &slot, rec->len);
	return true;
}

void fl_ring(struct fake_lanes *fl)
{
	fl_ring_for(fl, 0, true);
}

void fl_ring_for(struct fake_lanes *fl, uint32_t index, bool rings)
{
	uint64_t one = 1;

	if (lane_should_ring(&fl->writers[index], fl->page, rings))
		require(write(fl->fds[CONTROL_FD_BELL_EVENT], &one, sizeof(one)) == sizeof(one));
}
