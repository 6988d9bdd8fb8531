/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/file_parts.h"

static int set_header(struct file *s, const struct sink_file_options *opt)
{
	if (!opt || opt->header_len == 0)
		return 0;
	s->header = malloc(opt->header_len);
	if (!s->header)
		return -ENOMEM;
	memcpy(s->header, opt->header, opt->header_len);
	s->header_len = opt->header_len;
	return 0;
}

static struct file *file_new(int fd, const char *name, const struct sink_file_options *opt,
			     struct err *err)
{
	struct file *s = calloc(1, sizeof(*s));
	struct stat st;

	if (s) {
		s->sink = (struct sink){ .ops = &sink_file_ops,
					 .name = strdup(name),
					 .ending = { .fd = -1 } };
		s->buf = malloc(SINK_BUFFER + SINK_LINE_MAX);
	}
	if (!s || !s->sink.name || !s->buf || set_header(s, opt) < 0) {
		(void)err_set(err, -ENOMEM, "output '%s' has no memory (ENOMEM)", name);
		sink_close(s ? &s->sink : NULL);
		return NULL;
	}
	s->fd = fd;
	s->is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	return s;
}

/* The pipe or terminal behind a descriptor that blocks, once more: O_NONBLOCK is then ours alone.
 * -1: not allowed, or there is no /proc. */
static int open_again(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd); /* fits */
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Of a descriptor that blocks: from now on no write does, and the reader is waited for. */
static void make_patient(struct file *s)
{
	struct stat st;
	int again = -1;

	if (fstat(s->fd, &st) < 0)
		return;
	if (S_ISSOCK(st.st_mode))
		s->way = WAY_SEND;
	else if (S_ISFIFO(st.st_mode) || isatty(s->fd))
		again = open_again(s->fd);
	else
		return;
	s->is_patient = true;
	if (again >= 0) {
		s->fd = again;
		s->owns_fd = true;
	} else if (s->way == WAY_WRITE) {
		s->way = WAY_SMALL;
	}
}

/* An engine that was killed may have left half a line: the next one must not be glued to it. The
 * newline is the end of a cut line, and treated so. Files that we may write but not read stay. */
static void end_last_line(struct file *s, const char *path)
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

/* A file that we make is theirs who will write to it. */
static int open_path(const char *path, const struct sink_file_options *opt, struct err *err)
{
	bool is_new = access(path, F_OK) < 0;
	CLEANUP_FD int fd = open(path, SINK_FILE_FLAGS, 0600);

	if (fd < 0)
		return open_error(path, -errno, err);
	if (is_new && opt && opt->uid && fchown(fd, opt->uid, opt->gid) < 0)
		return err_set(err, -errno, "output '%s' cannot be given to uid %u (%s)", path,
			       opt->uid, err_name(errno));
	return TAKE_FD(fd);
}

/* A regular file may be changed for another one of its name. */
static int follow_name(struct file *s, const char *path, const struct sink_file_options *opt,
		       struct err *err)
{
	const char *slash = strrchr(path, '/');

	if (opt && opt->rotate && !s->is_file)
		return err_set(err, -EINVAL, "output '%s' is not a file that can be put away",
			       path);
	if (!s->is_file)
		return 0;
	s->directory = !slash          ? strdup(".")
		       : slash == path ? strdup("/")
				       : strndup(path, (size_t)(slash - path));
	if (!s->directory)
		return err_set(err, -ENOMEM, "output '%s' has no memory (ENOMEM)", path);
	if (!opt || !opt->rotate)
		return 0;
	s->rotate = rotate_new(path, opt->rotate, err);
	if (!s->rotate)
		return err_wrap(err, "output '%s'", path);
	s->now_ms = (int64_t)now_clock_ns(CLOCK_REALTIME) / NOW_NS_PER_MS;
	s->size = sink_file_size(s->fd);
	rotate_opened(s->rotate, s->fd, s->now_ms);
	return 0;
}

struct sink *sink_file_open(const char *path, const struct sink_file_options *opt, struct err *err)
{
	int fd = open_path(path, opt, err);
	struct file *s = fd < 0 ? NULL : file_new(fd, path, opt, err);

	if (!s) {
		if (fd >= 0)
			(void)close(fd);
		return NULL;
	}
	s->owns_fd = true;
	if (follow_name(s, path, opt, err) < 0) {
		sink_close(&s->sink);
		return NULL;
	}
	end_last_line(s, path);
	if (s->header)
		sink_file_append(s, s->header, s->header_len);
	return &s->sink;
}

struct sink *sink_fd_open(int fd, const char *name, const struct sink_file_options *opt,
			  struct err *err)
{
	int flags = fcntl(fd, F_GETFL);
	struct file *s;

	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) {
		(void)err_set(err, -EBADF, "output '%s' is not open for writing (EBADF)", name);
		return NULL;
	}
	s = file_new(fd, name, opt, err);
	if (!s)
		return NULL;
	if (!(flags & O_NONBLOCK))
		make_patient(s);
	if (s->header)
		sink_file_append(s, s->header, s->header_len);
	return &s->sink;
}

const char *sink_file_directory(const struct sink *s)
{
	return s->ops == &sink_file_ops ? ((const struct file *)s)->directory : NULL;
}
