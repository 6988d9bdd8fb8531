/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/now.h"

#define SINK_BUFFER (256U << 10) /* bytes: written at the latest when there are so many */
#define SINK_LINE_MAX (1U << 20) /* bytes: what the encoders promise to stay below */
#define SINK_LINES_MAX 4096U     /* in the buffer */
#define SINK_STALL_MS 5000       /* how long a reader may take nothing */

struct sink {
	char *name;
	char *buf; /* SINK_BUFFER + SINK_LINE_MAX; what is never used is never resident */
	size_t len;
	uint32_t ends[SINK_LINES_MAX]; /* of the lines in buf: they may contain newlines */
	uint32_t n_lines;
	int fd;
	bool owns_fd;
	bool is_file; /* what is cut can be undone */
	bool cut;     /* the first line has begun to be written: it goes on, whatever comes */
	bool stalled; /* waited in vain once: not again before the reader takes something */
	bool broken;  /* the reader is gone */
	struct sink_stats stats;
};

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

/* The descriptor does not block, and its reader is behind: waits for it, but not for ever, because
 * the lanes fill up meanwhile. */
static int wait_for_reader(struct sink *s)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLOUT };
	int64_t end_ms = now_ms() + SINK_STALL_MS, left_ms;

	if (s->stalled)
		return -EAGAIN;
	for (;;) {
		left_ms = end_ms - now_ms();
		if (left_ms <= 0)
			break;
		if (poll(&pfd, 1, (int)left_ms) > 0)
			return 0;
	}
	s->stalled = true;
	return -EAGAIN;
}

/* Writes until all is out or an error; *ret_done is set in any case. */
static int write_out(struct sink *s, size_t *ret_done)
{
	size_t done = 0;
	ssize_t n;
	int r = 0;

	while (done < s->len && r == 0) {
		n = write(s->fd, s->buf + done, s->len - done);
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
static bool undo(const struct sink *s, size_t n)
{
	off_t end = lseek(s->fd, 0, SEEK_CUR), start = end - (off_t)n;
	struct stat st;

	return s->is_file && end >= (off_t)n && fstat(s->fd, &st) == 0 && st.st_size == end &&
	       ftruncate(s->fd, start) == 0 && lseek(s->fd, start, SEEK_SET) == start;
}

static void empty(struct sink *s)
{
	s->len = 0;
	s->n_lines = 0;
	s->cut = false;
}

/* After an error: `done` bytes are out. What was not begun is lost; what is begun is undone or kept
 * until it can go on. */
static void settle(struct sink *s, size_t done, int r)
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
	if (r == -EPIPE || (done == start && !old_cut)) {
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

int sink_flush(struct sink *s)
{
	uint64_t n_lost = s->stats.n_lost_events;
	size_t done;
	int r;

	if (s->len == 0)
		return 0;
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

static int refuse(struct sink *s, int r)
{
	s->stats.n_lost_events++;
	s->stats.last_errno = -r;
	return r;
}

int sink_write(struct sink *s, const char *line, size_t len)
{
	int r = 0, r2 = 0;

	s->stats.n_events++;
	if (s->broken)
		return refuse(s, -EPIPE);
	if (len > SINK_LINE_MAX)
		return refuse(s, -EMSGSIZE);
	if (s->len + len > SINK_BUFFER + SINK_LINE_MAX || s->n_lines == SINK_LINES_MAX)
		r = sink_flush(s);
	if (s->broken)
		return refuse(s, -EPIPE);
	if (s->len + len > SINK_BUFFER + SINK_LINE_MAX) /* behind a long line that is stuck */
		return refuse(s, -s->stats.last_errno);
	memcpy(s->buf + s->len, line, len);
	s->len += len;
	s->ends[s->n_lines++] = (uint32_t)s->len;
	if (s->len >= SINK_BUFFER)
		r2 = sink_flush(s);
	return r < 0 ? r : r2;
}

static struct sink *sink_new(int fd, const char *name, struct err *err)
{
	struct sink *s = calloc(1, sizeof(*s));
	struct stat st;

	if (s) {
		s->name = strdup(name);
		s->buf = malloc(SINK_BUFFER + SINK_LINE_MAX);
	}
	if (!s || !s->name || !s->buf) {
		(void)err_set(err, -ENOMEM, "output '%s' has no memory (ENOMEM)", name);
		sink_close(s);
		return NULL;
	}
	s->fd = fd;
	s->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	return s;
}

/* An engine that was killed may have left half a line: the next one must not be glued to it. The
 * newline is the end of a cut line, and treated so. Files that we may write but not read stay. */
static void end_last_line(struct sink *s, const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat ours, st;
	char last;

	if (!s->is_file || fd < 0 || fstat(fd, &st) < 0 || fstat(s->fd, &ours) < 0)
		return;
	if (st.st_ino != ours.st_ino || st.st_dev != ours.st_dev || st.st_size == 0)
		return;
	if (pread(fd, &last, 1, st.st_size - 1) != 1 || last == '\n')
		return;
	s->buf[0] = '\n';
	s->len = s->ends[0] = 1;
	s->n_lines = 1;
	s->cut = true;
}

static int open_error(const char *path, int code, struct err *err)
{
	if (code == -ELOOP)
		return err_set(err, code, "output '%s' is a symbolic link, expected a file", path);
	if (code == -ENXIO)
		return err_set(err, code, "output '%s' is a pipe that nobody reads", path);
	return err_set(err, code, "output '%s' cannot be opened (%s)", path, err_name(code));
}

struct sink *sink_file_open(const char *path, struct err *err)
{
	/* O_NONBLOCK: not to wait for the reader of a named pipe. Files do not care. */
	CLEANUP_FD int fd =
		open(path,
		     O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		     0600);
	struct sink *s;

	if (fd < 0) {
		(void)open_error(path, -errno, err);
		return NULL;
	}
	s = sink_new(fd, path, err);
	if (!s)
		return NULL;
	s->fd = TAKE_FD(fd);
	s->owns_fd = true;
	end_last_line(s, path);
	return s;
}

struct sink *sink_fd_open(int fd, const char *name, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		(void)err_set(err, -EBADF, "output '%s' is not open for writing (EBADF)", name);
		return NULL;
	}
	return sink_new(fd, name, err);
}

void sink_close(struct sink *s)
{
	if (!s)
		return;
	(void)sink_flush(s); /* who wants to know has flushed before */
	if (s->owns_fd)
		(void)close(s->fd);
	free(s->buf);
	free(s->name);
	free(s);
}

const char *sink_name(const struct sink *s)
{
	return s->name;
}

void sink_stats_get(const struct sink *s, struct sink_stats *ret_stats)
{
	*ret_stats = s->stats;
}
