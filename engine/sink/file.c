/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/now.h"
#include "engine/sink/file_parts.h"

#define SINK_STALL_MS 5000 /* how long a reader may take nothing */
#define SINK_LOOK_MS 250   /* how often a wait is interrupted to see whether the engine ends */

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

/* Time left to wait for the reader, which has taken nothing since `since_ms`. */
static int64_t left_ms(struct file *s, int64_t since_ms)
{
	int64_t ending_ms =
		s->sink.ending.left_ms ? s->sink.ending.left_ms(s->sink.ending.arg) : -1;

	if (ending_ms >= 0) {
		s->gave_up = ending_ms == 0;
		return ending_ms < SINK_LOOK_MS ? ending_ms : SINK_LOOK_MS;
	}
	if (s->is_patient || now_ms() - since_ms < SINK_STALL_MS)
		return SINK_LOOK_MS;
	return 0;
}

/* The reader is behind: waits for it. Not for ever if the descriptor does not block, because the
 * lanes fill up meanwhile. */
static int wait_for_reader(struct file *s)
{
	struct pollfd pfds[2] = { { .fd = s->fd, .events = POLLOUT },
				  { .fd = s->sink.ending.fd, .events = POLLIN } };
	int64_t since_ms, ms;

	if (poll(pfds, 1, 0) > 0)
		return 0;
	if (s->stalled)
		return -EAGAIN;
	since_ms = now_ms();
	while ((ms = left_ms(s, since_ms)) > 0)
		if (poll(pfds, ARRAY_LEN(pfds), (int)ms) > 0 && pfds[0].revents)
			return 0;
	s->stalled = true;
	return -EAGAIN;
}

static ssize_t write_some(const struct file *s, size_t done)
{
	size_t n = s->len - done;

	if (s->way == WAY_SEND)
		return send(s->fd, s->buf + done, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	return write(s->fd, s->buf + done, s->way == WAY_SMALL && n > PIPE_BUF ? PIPE_BUF : n);
}

/* Writes until all is out or an error; *ret_done is set in any case. */
static int write_out(struct file *s, size_t *ret_done)
{
	size_t done = 0;
	ssize_t n;
	int r = 0;

	while (done < s->len && r == 0) {
		r = s->way == WAY_SMALL ? wait_for_reader(s) : 0;
		if (r < 0)
			break;
		n = write_some(s, done);
		if (n > 0) {
			done += (size_t)n;
			s->stalled = false;
		} else if (n < 0 && errno == EAGAIN) {
			r = wait_for_reader(s);
		} else if (n == 0 || errno != EINTR) {
			r = n == 0 ? -EIO : -errno;
		}
	}
	*ret_done = done;
	return r;
}

/* Takes the last `n` bytes back. Not when there is something behind them, which is not ours. */
static bool undo(const struct file *s, size_t n)
{
	off_t end = lseek(s->fd, 0, SEEK_CUR), start = end - (off_t)n;
	struct stat st;

	return s->is_file && end >= (off_t)n && fstat(s->fd, &st) == 0 && st.st_size == end &&
	       ftruncate(s->fd, start) == 0 && lseek(s->fd, start, SEEK_SET) == start;
}

static void empty(struct file *s)
{
	s->len = 0;
	s->n_lines = 0;
	s->cut = false;
}

/* After an error: `done` bytes are out. What was not begun is lost; what is begun is undone or kept
 * until it can go on. */
static void settle(struct file *s, size_t done, int r)
{
	uint32_t n_whole = 0;
	size_t start, rest;
	bool old_cut;

	while (n_whole < s->n_lines && s->ends[n_whole] <= done)
		n_whole++;
	start = n_whole ? s->ends[n_whole - 1] : 0;
	old_cut = s->cut && n_whole == 0; /* its beginning is too far back to be undone */
	if (done > start && !old_cut && undo(s, done - start)) {
		s->stats.n_bytes -= done - start;
		done = start;
	}
	if (r == -EPIPE || s->gave_up || (done == start && !old_cut)) {
		s->stats.n_lost_events += s->n_lines - n_whole;
		empty(s);
		return;
	}
	rest = s->ends[n_whole] - done;
	s->stats.n_lost_events += s->n_lines - n_whole - 1;
	memmove(s->buf, s->buf + done, rest);
	s->len = rest;
	s->ends[0] = (uint32_t)rest;
	s->n_lines = 1;
	s->cut = true;
}

static int write_buffer(struct file *s)
{
	uint64_t n_lost = s->stats.n_lost_events;
	size_t done;
	int r;

	r = write_out(s, &done);
	s->stats.n_bytes += done;
	if (r == 0) {
		empty(s);
		return 0;
	}
	s->stats.last_errno = -r;
	s->broken = r == -EPIPE;
	settle(s, done, r);
	return s->broken || s->stats.n_lost_events > n_lost ? r : 0;
}

/* There is room. */
void sink_file_append(struct file *s, const void *line, size_t len)
{
	memcpy(s->buf + s->len, line, len);
	s->len += len;
	s->ends[s->n_lines++] = (uint32_t)s->len;
}

/* --- Another file. ---------------------------------------------------------------------------- */

uint64_t sink_file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The buffer is empty. */
static void change_to(struct file *s, int fd)
{
	(void)close(s->fd);
	s->fd = fd;
	s->size = sink_file_size(fd);
	s->stalled = s->broken = false;
	if (s->header && s->size == 0)
		sink_file_append(s, s->header, s->header_len);
}

static void reopen(struct file *s)
{
	int fd = -1, r;

	s->wants_reopen = false;
	if (s->rotate) {
		r = rotate_reopen(s->rotate, s->now_ms, &fd);
	} else {
		fd = open(s->sink.name, SINK_FILE_FLAGS, 0600);
		r = fd < 0 ? -errno : 0;
	}
	if (r == 0)
		change_to(s, fd);
	else
		log_error("output '%s': cannot be opened anew (%s), continuing with the old file",
			  s->sink.name, err_name(r));
}

static void put_away(struct file *s)
{
	int fd = -1, r;

	r = rotate_now(s->rotate, s->fd, s->now_ms, &fd);
	if (r == 0)
		change_to(s, fd);
	else
		log_error("output '%s': cannot be put away (%s), continuing with the same file",
			  s->sink.name, err_name(r));
}

/* Between two lines only. */
static void change_file(struct file *s)
{
	if (s->rotate) {
		s->now_ms = (int64_t)now_clock_ns(CLOCK_REALTIME) / NOW_NS_PER_MS;
		s->size = sink_file_size(s->fd); /* somebody else may have cut it */
	}
	if (s->wants_reopen)
		reopen(s);
	else if (s->rotate && rotate_due(s->rotate, s->size, s->now_ms))
		put_away(s);
}

static int flush(struct file *s)
{
	int r = s->len > 0 ? write_buffer(s) : 0;

	if (s->len == 0 && (s->rotate || s->wants_reopen))
		change_file(s);
	return r;
}

/* --- The sink. -------------------------------------------------------------------------------- */

static bool is_full(struct file *s)
{
	return s->len >= SINK_BUFFER ||
	       (s->rotate && rotate_due(s->rotate, s->size + s->len, s->now_ms));
}

static int refuse(struct file *s, int r)
{
	s->stats.n_lost_events++;
	s->stats.last_errno = -r;
	return r;
}

static int put_line(struct file *s, const void *line, size_t len)
{
	int r = 0, r2 = 0;

	s->stats.n_events++;
	if (s->broken || s->gave_up)
		return refuse(s, s->broken ? -EPIPE : -EAGAIN);
	if (len > SINK_LINE_MAX)
		return refuse(s, -EMSGSIZE);
	if (s->len + len > SINK_BUFFER + SINK_LINE_MAX || s->n_lines == SINK_LINES_MAX)
		r = flush(s);
	if (s->broken || s->gave_up)
		return refuse(s, s->broken ? -EPIPE : -EAGAIN);
	if (s->len + len > SINK_BUFFER + SINK_LINE_MAX) /* behind a long line that is stuck */
		return refuse(s, -s->stats.last_errno);
	sink_file_append(s, line, len);
	if (is_full(s))
		r2 = flush(s);
	return r < 0 ? r : r2;
}

static struct file *file_of(struct sink *s)
{
	return (struct file *)s;
}

static int file_put(struct sink *s, const struct batch_item *item)
{
	return put_line(file_of(s), item->data, item->len);
}

static int file_flush(struct sink *s)
{
	return flush(file_of(s));
}

void sink_file_put_away_stats(const struct sink *s, struct sink_stats *stats)
{
	const struct file *file = (const struct file *)s;
	struct rotate_stats r;

	if (!file->rotate)
		return;
	rotate_stats_get(file->rotate, &r);
	stats->n_put_away = r.n_rotated;
	stats->n_put_away_failed = r.n_failed + r.n_compress_failed;
}

static void file_stats(struct sink *s, struct sink_stats *ret_stats)
{
	*ret_stats = file_of(s)->stats;
	sink_file_put_away_stats(s, ret_stats);
}

static void file_close(struct sink *sink)
{
	struct file *s = file_of(sink);

	(void)flush(s); /* who wants to know has flushed before */
	if (s->owns_fd)
		(void)close(s->fd);
	rotate_free(s->rotate);
	free(s->directory);
	free(s->header);
	free(s->buf);
	free(s->sink.name);
	free(s);
}

static int file_start(struct sink *sink, struct err *err)
{
	struct file *s = file_of(sink);

	return s->rotate ? rotate_start(s->rotate, err) : 0;
}

static void file_reopen(struct sink *sink)
{
	struct file *s = file_of(sink);

	s->wants_reopen = s->directory != NULL;
	(void)flush(s); /* what is lost by it is counted */
}

static int64_t file_tend(struct sink *sink)
{
	struct file *s = file_of(sink);
	int64_t next_ms;

	if (!s->rotate)
		return -1;
	(void)flush(s); /* nearly always empty here */
	next_ms = s->size > 0 ? rotate_next_ms(s->rotate) : INT64_MAX;
	if (next_ms == INT64_MAX)
		return -1;
	return next_ms > s->now_ms ? next_ms - s->now_ms : 0;
}

const struct sink_ops sink_file_ops = {
	.put = file_put,
	.flush = file_flush,
	.stats = file_stats,
	.close = file_close,
	.start = file_start,
	.reopen = file_reopen,
	.tend = file_tend,
};
