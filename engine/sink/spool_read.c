/* SPDX-License-Identifier: Apache-2.0 */
/* The reading thread: the oldest segment, or what the appender passes by memory. */
#include "engine/sink/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/spool_parts.h"

static void lock(struct spool *s)
{
	(void)pthread_mutex_lock(&s->lock); /* cannot fail: not recursive, always initialised */
}

static void unlock(struct spool *s)
{
	(void)pthread_mutex_unlock(&s->lock);
}

/* --- What is read now. --- */

/* With the lock: the segment that is read from may still grow. */
static bool can_grow(const struct spool *s)
{
	return s->reading == SPOOL_READS_SEGMENT && s->is_writing && s->n_segments == 1;
}

/* With the lock: how far what is read from goes now. */
static size_t end_of_source(const struct spool *s)
{
	uint64_t end;

	if (s->reading != SPOOL_READS_SEGMENT)
		return s->reading == SPOOL_READS_MEMORY ? s->mem.len : 0;
	end = s->segments[0].is.n_bytes;
	return end < s->bad_at ? (size_t)end : s->bad_at;
}

/* With the lock: off the list; its file is still there. */
static struct sfmt_segment leave_segment(struct spool *s)
{
	struct sfmt_segment seg = s->segments[0].is;
	uint64_t n_read = s->seq - seg.first_seq;

	if (seg.n_events > n_read)
		s->n_damaged_events += seg.n_events - n_read;
	s->disk_bytes -= seg.n_bytes;
	s->n_segments--;
	memmove(&s->segments[0], &s->segments[1], s->n_segments * sizeof(s->segments[0]));
	s->reading = SPOOL_READS_NOTHING;
	(void)pthread_cond_signal(&s->to_appender);
	return seg;
}

/* Is done with what has been read to its end. */
static void settle(struct spool *s)
{
	struct sfmt_segment seg;
	bool is_at_end;

	lock(s);
	is_at_end = s->at >= end_of_source(s);
	if (s->reading == SPOOL_READS_MEMORY && is_at_end) {
		s->mem.len = 0;
		s->mem.n_events = 0;
		s->reading = SPOOL_READS_NOTHING;
	}
	if (s->reading != SPOOL_READS_SEGMENT || !is_at_end || can_grow(s)) {
		unlock(s);
		return;
	}
	seg = leave_segment(s);
	unlock(s);
	cleanup_fd(&s->in_fd);
	s->in_fd = -1;
	spool_remove_file(s, seg.first_seq);
}

/* With the lock. What is passed by memory is older than every segment there is. */
static void choose(struct spool *s)
{
	if (s->reading != SPOOL_READS_NOTHING)
		return;
	if (s->mem.len > 0) {
		s->reading = SPOOL_READS_MEMORY;
		s->at = 0;
		s->seq = s->mem.first_seq;
		s->at_ns = s->mem.oldest_ns;
	} else if (s->n_segments > 0) {
		s->reading = SPOOL_READS_SEGMENT;
		s->at = SFMT_HEAD_BYTES;
		s->seq = s->segments[0].is.first_seq;
		s->at_ns = s->segments[0].is.oldest_ns;
		s->in_len = 0;
		s->bad_at = SIZE_MAX;
	}
}

/* What is behind `at` cannot be read: the rest of the segment is skipped. */
static void skip_rest(struct spool *s, size_t at)
{
	lock(s);
	s->bad_at = at;
	s->n_damaged++;
	s->is_roll_asked |= can_grow(s);
	unlock(s);
}

static int open_segment(struct spool *s)
{
	char name[SFMT_NAME_CAP];

	sfmt_name(name, s->seq); /* nothing of it is read yet: its first */
	s->in_fd = openat(s->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return s->in_fd < 0 ? -errno : 0;
}

static int read_until(struct spool *s, size_t end)
{
	while (s->in_len < end) {
		ssize_t n = pread(s->in_fd, s->in + s->in_len, end - s->in_len, (off_t)s->in_len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -ENODATA;
		s->in_len += (size_t)n;
	}
	return 0;
}

/* Moves on by n events that need not be sent (again). */
static void move_on(struct spool *s, size_t at, uint64_t n, int64_t time_ns)
{
	lock(s);
	s->at = at;
	s->seq += n;
	s->at_ns = time_ns;
	unlock(s);
}

static void skip_acked(struct spool *s, size_t end)
{
	struct batch_item item;
	int64_t n;

	while (s->seq < s->acked && s->at < end) {
		n = sfmt_frame_parse(s->in + s->at, end - s->at, s->seq, &item);
		if (n < 0)
			return; /* found again by gather() */
		move_on(s, s->at + (size_t)n, 1, item.time_ns);
	}
}

/* Brings the bytes up to `end` into memory; returns how far it got. */
static size_t load(struct spool *s, size_t end)
{
	int rc = s->in_fd < 0 ? open_segment(s) : 0;

	if (rc == 0)
		rc = read_until(s, end);
	if (rc < 0) {
		spool_note_failure(s, rc);
		end = s->in_len;
	}
	skip_acked(s, end);
	return end;
}

/* --- Taking. --- */

struct gathering {
	struct batch_item *items;
	size_t n_max, bytes_max;
	size_t n, n_bytes;
	size_t at; /* the first frame not gathered, when n > 0 */
	bool is_full;
};

static void gather(struct spool *s, struct gathering *g, size_t end, size_t loaded)
{
	const uint8_t *data = s->reading == SPOOL_READS_MEMORY ? s->mem.data : s->in;
	size_t at = g->n > 0 ? g->at : s->at;

	g->is_full = g->n >= g->n_max;
	while (at < end && !g->is_full) {
		struct batch_item item;
		int64_t n = at < loaded
				    ? sfmt_frame_parse(data + at, loaded - at, s->seq + g->n, &item)
				    : -ENODATA;

		if (n < 0) {
			skip_rest(s, at);
			break;
		}
		if (g->n > 0 && item.len > g->bytes_max - g->n_bytes) {
			g->is_full = true;
			break;
		}
		g->items[g->n++] = item;
		g->n_bytes += item.len;
		g->is_full = g->n == g->n_max || g->n_bytes >= g->bytes_max;
		at += (size_t)n;
	}
	g->at = at;
}

static bool is_worth_waking(const struct spool *s)
{
	if (s->n_put_events >= s->wake_events || s->n_put_bytes >= s->wake_bytes)
		return true;
	if (s->reading == SPOOL_READS_NOTHING)
		return s->mem.len > 0 || s->n_segments > 0;
	return !can_grow(s);
}

struct counts {
	uint64_t n_events, n_bytes;
};

/* Until there is more, and enough of it. False: timeout, or woken. */
static bool wait_for(struct spool *s, const struct gathering *g, struct counts seen, int64_t end_ns)
{
	struct timespec end = { .tv_sec = end_ns / NOW_NS_PER_S, .tv_nsec = end_ns % NOW_NS_PER_S };
	bool ready, in_time = true;

	lock(s);
	s->wake_events = seen.n_events + (g->n > 0 ? g->n_max - g->n : 1);
	s->wake_bytes = g->n > 0 ? seen.n_bytes + (g->bytes_max - g->n_bytes) : UINT64_MAX;
	if (s->wake_bytes < seen.n_bytes)
		s->wake_bytes = UINT64_MAX;
	while (!(ready = is_worth_waking(s)) && !s->is_woken && in_time) {
		s->is_starving = g->n == 0;
		(void)pthread_cond_timedwait(&s->to_reader, &s->lock, &end); /* looked at again */
		in_time = (int64_t)now_clock_ns(CLOCK_MONOTONIC) < end_ns;
	}
	s->is_starving = false;
	if (!ready)
		s->is_woken = false;
	unlock(s);
	return ready;
}

static int64_t end_in(int64_t ms)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) + ms * NOW_NS_PER_MS;
}

size_t spool_take(struct spool *s, struct batch_item *items, size_t n_max, size_t bytes_max,
		  int64_t timeout_ms, int64_t linger_ms)
{
	struct gathering g = { .items = items, .n_max = n_max, .bytes_max = bytes_max };
	int64_t end_ns = end_in(timeout_ms);
	bool lingers = false, grows;
	struct counts seen;
	size_t end, loaded;

	for (;;) {
		settle(s);
		lock(s);
		choose(s);
		end = end_of_source(s);
		grows = can_grow(s);
		seen = (struct counts){ s->n_put_events, s->n_put_bytes };
		unlock(s);
		loaded = s->reading == SPOOL_READS_SEGMENT ? load(s, end) : end;
		gather(s, &g, end, loaded);
		if (g.is_full || (g.n > 0 && !grows))
			break;
		if (g.n == 0 && !grows && s->reading != SPOOL_READS_NOTHING)
			continue; /* at its end: the next one */
		if (g.n > 0 && !lingers)
			end_ns = end_in(linger_ms);
		lingers = g.n > 0;
		if (!wait_for(s, &g, seen, end_ns))
			break;
	}
	s->n_taken = g.n;
	return g.n;
}

int spool_write_ack(struct spool *s, uint64_t seq)
{
	uint8_t ack[SFMT_ACK_BYTES];
	int rc;

	sfmt_ack_put(ack, seq);
	rc = spool_write_at(s->ack_fd, ack, sizeof(ack), 0);
	if (rc < 0)
		spool_note_failure(s, rc);
	return rc;
}

int spool_done(struct spool *s, size_t n)
{
	const uint8_t *data = s->reading == SPOOL_READS_MEMORY ? s->mem.data : s->in;
	size_t at = s->at;
	int64_t time_ns = 0;
	int rc;

	if (n > s->n_taken)
		n = s->n_taken;
	if (n == 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		time_ns = sfmt_frame_time(data + at);
		at += sfmt_frame_bytes(data + at);
	}
	move_on(s, at, n, time_ns);
	s->n_taken -= n;
	rc = spool_write_ack(s, s->seq); /* before its segment is removed */
	settle(s);
	return rc;
}

void spool_wake(struct spool *s)
{
	lock(s);
	s->is_woken = true;
	(void)pthread_cond_signal(&s->to_reader);
	unlock(s);
}

/* --- Power loss. --- */

/* The oldest segment that is not known to be on the disk. False: none. */
static bool take_dirty(struct spool *s, uint64_t *ret_first_seq)
{
	bool found = false;

	lock(s);
	for (size_t i = 0; i < s->n_segments && !found; i++) {
		found = s->segments[i].is_dirty;
		s->segments[i].is_dirty = false;
		if (found)
			*ret_first_seq = s->segments[i].is.first_seq;
	}
	unlock(s);
	return found;
}

static void put_dirty(struct spool *s, uint64_t first_seq)
{
	lock(s);
	for (size_t i = 0; i < s->n_segments; i++)
		s->segments[i].is_dirty |= s->segments[i].is.first_seq == first_seq;
	unlock(s);
}

static int sync_segment(struct spool *s, uint64_t first_seq)
{
	char name[SFMT_NAME_CAP];
	CLEANUP_FD int fd = -1;

	sfmt_name(name, first_seq);
	fd = openat(s->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 && errno == ENOENT)
		return 0; /* delivered or given up meanwhile */
	return fd < 0 || fdatasync(fd) < 0 ? -errno : 0;
}

int spool_sync(struct spool *s)
{
	bool has_new = false;
	uint64_t first_seq;
	int rc;

	while (take_dirty(s, &first_seq)) {
		has_new = true;
		rc = sync_segment(s, first_seq);
		if (rc < 0) {
			put_dirty(s, first_seq);
			spool_note_failure(s, rc);
			return rc;
		}
	}
	if ((has_new && fsync(s->dir_fd) < 0) || fdatasync(s->ack_fd) < 0) {
		rc = -errno;
		spool_note_failure(s, rc);
		return rc;
	}
	return 0;
}
