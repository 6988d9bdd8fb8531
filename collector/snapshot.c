/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/snapshot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/event_def.h"
#include "common/record.h"

void snapshot_begin(struct snapshot *s, int fd)
{
	snapshot_end(s);
	s->fd = fd;
	s->begin = 0;
	s->end = 0;
	s->n_tasks = 0;
}

void snapshot_end(struct snapshot *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

/* The next record in the buffer, or NULL when it is not all there. */
static const struct rec_hdr *next_record(const struct snapshot *s)
{
	const struct rec_hdr *rec = (const void *)(s->buf + s->begin);
	size_t left = s->end - s->begin;

	if (left < sizeof(*rec) || left < rec->len)
		return NULL;
	return rec;
}

static int refill(struct snapshot *s)
{
	ssize_t n;

	memmove(s->buf, s->buf + s->begin, s->end - s->begin);
	s->end -= s->begin;
	s->begin = 0;
	do {
		n = read(s->fd, s->buf + s->end, sizeof(s->buf) - s->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 1 : -errno;
	s->end += (size_t)n;
	return n > 0;
}

int snapshot_pump(struct snapshot *s, struct lanes *lanes)
{
	const struct rec_hdr *rec;
	struct lane_slot slot;
	int rc;

	for (;;) {
		rec = next_record(s);
		if (!rec) {
			rc = refill(s);
			if (rc <= 0)
				break;
			continue;
		}
		if (!lanes_have_room(lanes, rec->len)) {
			lanes_ring(lanes);
			return 0;
		}
		rc = lane_reserve(&lanes->own, rec->len, EV_TASK_slot, rec->ts_ns, &slot);
		if (rc < 0)
			break;
		memcpy((uint8_t *)slot.rec + sizeof(rec->commit),
		       (const uint8_t *)rec + sizeof(rec->commit), rec->len - sizeof(rec->commit));
		lane_commit(&lanes->own, &slot, rec->len);
		s->begin += rec->len;
		s->n_tasks++;
	}
	lanes_ring(lanes);
	snapshot_end(s);
	return rc < 0 ? rc : 1;
}
