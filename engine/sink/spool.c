/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

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

void spool_note_failure(struct spool *s, int rc)
{
	lock(s);
	s->last_errno = -rc;
	unlock(s);
}

void spool_remove_file(struct spool *s, uint64_t first_seq)
{
	char name[SFMT_NAME_CAP];

	sfmt_name(name, first_seq);
	if (unlinkat(s->dir_fd, name, 0) < 0 && errno != ENOENT)
		spool_note_failure(s,
				   -errno); /* what is acknowledged is removed at the next start */
}

int spool_write_at(int fd, const uint8_t *data, size_t len, uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		data += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

/* --- Room. --- */

static uint64_t n_waiting_in(const struct spool *s, size_t i)
{
	const struct sfmt_segment *seg = &s->segments[i].is;
	uint64_t done = i == 0 && s->seq > seg->first_seq ? s->seq - seg->first_seq : 0;

	return seg->n_events > done ? seg->n_events - done : 0;
}

/* Index of the segment to be given up, or n_segments: there is none. */
static size_t find_victim(const struct spool *s)
{
	size_t first = s->reading == SPOOL_READS_SEGMENT, end = s->n_segments - s->is_writing;

	if (s->n_segments == 0 || first >= end)
		return s->n_segments;
	for (size_t i = first; i < end; i++) {
		if (s->segments[i].is.n_urgent == 0)
			return i;
	}
	return first;
}

static bool give_up_one(struct spool *s)
{
	struct sfmt_segment seg;
	size_t i;

	lock(s);
	i = find_victim(s);
	if (i == s->n_segments) {
		unlock(s);
		return false;
	}
	seg = s->segments[i].is;
	s->n_dropped += n_waiting_in(s, i);
	s->disk_bytes -= seg.n_bytes;
	s->n_segments--;
	memmove(&s->segments[i], &s->segments[i + 1], (s->n_segments - i) * sizeof(s->segments[0]));
	unlock(s);
	spool_remove_file(s, seg.first_seq);
	return true;
}

static bool has_room(const struct spool *s, uint64_t n_bytes)
{
	return s->n_segments < SPOOL_SEGMENTS_MAX && s->disk_bytes + n_bytes <= s->bytes_max;
}

/* Room for one more segment, in which at least `len` bytes of frames fit. */
static int reserve(struct spool *s, size_t len)
{
	uint64_t n_bytes = SFMT_HEAD_BYTES + len;
	bool ok;

	if (n_bytes < s->segment_max)
		n_bytes = s->segment_max;
	do {
		lock(s);
		ok = has_room(s, n_bytes);
		if (ok)
			s->disk_bytes += n_bytes;
		unlock(s);
	} while (!ok && s->drop_oldest && give_up_one(s));
	if (!ok)
		return -ENOSPC;
	s->reserved = n_bytes;
	return 0;
}

bool spool_wait_room(struct spool *s, int64_t timeout_ms)
{
	int64_t end_ns = (int64_t)now_clock_ns(CLOCK_MONOTONIC) + timeout_ms * NOW_NS_PER_MS;
	struct timespec end = { .tv_sec = end_ns / NOW_NS_PER_S, .tv_nsec = end_ns % NOW_NS_PER_S };
	bool ok;

	lock(s);
	while (!(ok = has_room(s, s->segment_max)) &&
	       (int64_t)now_clock_ns(CLOCK_MONOTONIC) < end_ns)
		(void)pthread_cond_timedwait(&s->to_appender, &s->lock, &end); /* looked at again */
	unlock(s);
	return ok;
}

/* --- Segments. --- */

static struct sfmt_segment *last_segment(struct spool *s)
{
	return &s->segments[s->n_segments - 1].is;
}

/* Leaves the segment that is being written, if there is one: it gets its numbers. */
static void roll(struct spool *s)
{
	struct sfmt_segment seg = { 0 };
	uint8_t head[SFMT_HEAD_BYTES];
	char name[SFMT_NAME_CAP];
	bool was_writing;

	lock(s);
	was_writing = s->is_writing;
	if (was_writing)
		seg = *last_segment(s);
	s->disk_bytes -= s->reserved;
	s->disk_bytes += seg.n_bytes;
	s->is_writing = s->is_roll_asked = false;
	(void)pthread_cond_signal(&s->to_reader);
	(void)pthread_cond_signal(&s->to_appender);
	unlock(s);
	sfmt_head_put(head, &seg);
	/* Without its numbers the next start reads all of it to know them. */
	if (was_writing)
		(void)spool_write_at(s->write_fd, head, sizeof(head), 0);
	if (s->write_fd >= 0 && !was_writing) {
		/* Begun, but nothing that counts is in it. */
		sfmt_name(name, s->out.first_seq);
		(void)unlinkat(s->dir_fd, name, 0);
	}
	cleanup_fd(&s->write_fd);
	s->write_fd = -1;
	s->write_len = s->reserved = 0;
}

static int begin_segment(struct spool *s)
{
	const struct sfmt_segment seg = { .first_seq = s->out.first_seq };
	uint8_t head[SFMT_HEAD_BYTES];
	char name[SFMT_NAME_CAP];
	int rc;

	if (s->write_fd < 0) {
		sfmt_name(name, seg.first_seq);
		s->write_fd = openat(s->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				     SPOOL_FILE_MODE);
		if (s->write_fd < 0)
			return -errno;
	}
	sfmt_head_put(head, &seg);
	rc = spool_write_at(s->write_fd, head, sizeof(head), 0);
	if (rc == 0)
		s->write_len = sizeof(head);
	return rc;
}

static int write_out(struct spool *s)
{
	int rc = s->write_len == 0 ? begin_segment(s) : 0;

	return rc < 0 ? rc : spool_write_at(s->write_fd, s->out.data, s->out.len, s->write_len);
}

static void empty(struct spool_buffer *buf)
{
	buf->len = 0;
	buf->n_events = buf->n_urgent = 0;
}

/* What the reader is woken for; it starves no more, also while it has not woken yet: what is passed
 * by memory then would overtake this. With the lock. */
static void hand_to_reader(struct spool *s)
{
	s->is_starving = false;
	s->n_put_events += s->out.n_events;
	s->n_put_bytes += s->out.len;
	if (s->n_put_events >= s->wake_events || s->n_put_bytes >= s->wake_bytes)
		(void)pthread_cond_signal(&s->to_reader);
}

static void commit(struct spool *s)
{
	struct sfmt_segment *seg;

	lock(s);
	if (!s->is_writing) {
		s->segments[s->n_segments++].is = (struct sfmt_segment){
			.first_seq = s->out.first_seq,
			.n_bytes = SFMT_HEAD_BYTES,
			.oldest_ns = s->out.oldest_ns,
		};
		s->is_writing = true;
	}
	seg = last_segment(s);
	seg->n_bytes += s->out.len;
	seg->n_events += s->out.n_events;
	seg->n_urgent += s->out.n_urgent;
	s->segments[s->n_segments - 1].is_dirty = true;
	s->write_len = seg->n_bytes;
	s->last_errno = 0;
	hand_to_reader(s);
	unlock(s);
	empty(&s->out);
}

/* The disk takes nothing: when the reader has all that is on it, it gets the buffer. */
static void pass_by_memory(struct spool *s)
{
	uint8_t *spare;
	bool ok;

	lock(s);
	ok = s->is_starving && s->mem.len == 0;
	unlock(s);
	if (!ok)
		return;
	roll(s); /* the numbers that are passed by are missing in this segment */
	lock(s);
	spare = s->mem.data;
	s->mem = s->out;
	s->out.data = spare;
	hand_to_reader(s);
	unlock(s);
	empty(&s->out);
}

static bool is_roll_asked(struct spool *s)
{
	bool asked;

	lock(s);
	asked = s->is_roll_asked;
	unlock(s);
	return asked;
}

int spool_flush(struct spool *s)
{
	int rc = 0;

	if (s->out.len == 0)
		return 0;
	if (is_roll_asked(s))
		roll(s);
	if (s->reserved == 0)
		rc = reserve(s, s->out.len);
	if (rc == 0)
		rc = write_out(s);
	while ((rc == -ENOSPC || rc == -EDQUOT) && s->drop_oldest && s->reserved > 0 &&
	       give_up_one(s))
		rc = write_out(s);
	if (rc == 0) {
		commit(s);
		return 0;
	}
	spool_note_failure(s, rc);
	pass_by_memory(s);
	return rc;
}

/* With `size` more it would be longer than a segment is to be. One frame always fits. */
static bool is_segment_full(const struct spool *s, size_t size)
{
	uint64_t len = s->write_len ? s->write_len : SFMT_HEAD_BYTES;

	return (len > SFMT_HEAD_BYTES || s->out.len > 0) &&
	       len + s->out.len + size > s->segment_max;
}

static int make_place(struct spool *s, size_t size)
{
	int rc = 0;

	if (s->out.len + size > SPOOL_BUFFER_BYTES || is_segment_full(s, size))
		rc = spool_flush(s);
	if (s->out.len > 0 && rc < 0)
		return rc;
	if (is_segment_full(s, size))
		roll(s);
	return s->reserved == 0 ? reserve(s, size) : 0;
}

int spool_append(struct spool *s, const struct batch_item *item)
{
	size_t size = SFMT_FRAME_BYTES + (size_t)item->len;
	int rc;

	if (item->len > SPOOL_EVENT_MAX)
		return -EMSGSIZE;
	rc = make_place(s, size);
	if (rc < 0)
		return rc;
	if (s->out.len == 0) {
		s->out.first_seq = s->next_seq;
		s->out.oldest_ns = item->time_ns;
	}
	sfmt_frame_put(s->out.data + s->out.len, item, s->next_seq);
	s->out.len += size;
	s->out.n_events++;
	s->out.n_urgent += item->is_urgent != 0;
	s->next_seq++;
	return 0;
}

void spool_stats_get(struct spool *s, struct spool_stats *ret_stats)
{
	struct spool_stats st = {
		.capacity = s->bytes_max,
		.n_events = s->out.n_events,
		.n_in_memory = s->out.n_events,
	};
	uint64_t n_mem;

	lock(s);
	n_mem = s->mem.n_events;
	if (s->reading == SPOOL_READS_MEMORY)
		n_mem -= s->seq - s->mem.first_seq;
	st.n_in_memory += n_mem;
	st.n_events += n_mem;
	st.n_bytes = s->disk_bytes - s->reserved + s->write_len;
	for (size_t i = 0; i < s->n_segments; i++)
		st.n_events += n_waiting_in(s, i);
	if (s->reading != SPOOL_READS_NOTHING)
		st.oldest_ns = s->at_ns;
	else if (n_mem > 0 || s->n_segments > 0)
		st.oldest_ns = n_mem > 0 ? s->mem.oldest_ns : s->segments[0].is.oldest_ns;
	else
		st.oldest_ns = s->out.oldest_ns;
	st.n_dropped = s->n_dropped;
	st.n_damaged = s->n_damaged;
	st.n_damaged_events = s->n_damaged_events;
	st.last_errno = s->last_errno;
	unlock(s);
	if (st.n_events == 0)
		st.oldest_ns = 0;
	*ret_stats = st;
}

/* Delivered to the last event: nothing of it is of use to the next engine. */
static void remove_delivered(struct spool *s)
{
	while (s->n_segments > 0 && n_waiting_in(s, 0) == 0) {
		spool_remove_file(s, s->segments[0].is.first_seq);
		s->n_segments--;
		memmove(&s->segments[0], &s->segments[1], s->n_segments * sizeof(s->segments[0]));
	}
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->dir_fd >= 0 && s->ack_fd >= 0) {
		(void)spool_flush(s); /* nobody left to tell */
		roll(s);
		remove_delivered(s);
		(void)spool_sync(s);
	}
	cleanup_fd(&s->in_fd);
	cleanup_fd(&s->write_fd);
	cleanup_fd(&s->ack_fd);
	cleanup_fd(&s->dir_fd);
	free(s->in);
	free(s->mem.data);
	free(s->out.data);
	free(s->segments);
	(void)pthread_cond_destroy(&s->to_appender);
	(void)pthread_cond_destroy(&s->to_reader);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}
