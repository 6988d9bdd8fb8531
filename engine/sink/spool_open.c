/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier engine left: a directory in which anything may be. */
#include "engine/sink/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/sink/spool_parts.h"

#define DIR_MODE 0700
#define SEQ_FIRST 1
#define SEQ_RESERVE                                                                                \
	(1ULL << 60)    /* numbers that a start must have left: more than are ever used            \
			 */
#define SEGMENT_SHARE 8 /* of the limit: what is given up at once is small */

static void close_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

/* --- One segment. --- */

struct found {
	int fd;
	uint64_t file_bytes;
	bool is_newest;
	struct sfmt_segment seg;
};

static int read_whole(struct spool *s, const struct found *f, size_t *ret_len)
{
	size_t max =
		f->file_bytes < SPOOL_SEGMENT_BYTES ? (size_t)f->file_bytes : SPOOL_SEGMENT_BYTES;
	size_t len = 0;

	while (len < max) {
		ssize_t n = pread(f->fd, s->in + len, max - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

/* Walks the frames and sets the segment's numbers by them. Returns 0 when they end where the file
 * does, -EAGAIN when the last one is cut, -EBADMSG when one is damaged. */
static int64_t walk(const uint8_t *data, size_t len, struct sfmt_segment *seg)
{
	struct batch_item item;
	size_t at = SFMT_HEAD_BYTES;
	int64_t n = 0;

	seg->n_events = seg->n_urgent = 0;
	while (at < len) {
		n = sfmt_frame_parse(data + at, len - at, seg->first_seq + seg->n_events, &item);
		if (n < 0)
			break;
		if (seg->n_events++ == 0)
			seg->oldest_ns = item.time_ns;
		seg->n_urgent += item.is_urgent;
		at += (size_t)n;
	}
	seg->n_bytes = at;
	return n < 0 ? n : 0;
}

/* So that the next start finds its numbers, and no damage a second time. */
static void repair(const struct found *f)
{
	uint8_t head[SFMT_HEAD_BYTES];

	sfmt_head_put(head, &f->seg);
	if (ftruncate(f->fd, (off_t)f->seg.n_bytes) == 0)
		(void)spool_write_at(f->fd, head, sizeof(head), 0); /* or it finds it again */
}

/* A segment that says nothing of itself, or not the truth: it was being written when its engine
 * ended, or was damaged. */
static int look_inside(struct spool *s, struct found *f)
{
	uint64_t n_promised = f->seg.n_events;
	bool was_sealed = f->seg.n_bytes > 0;
	size_t len = 0;
	int64_t end;
	int rc;

	rc = read_whole(s, f, &len);
	if (rc < 0)
		return rc;
	end = walk(s->in, len, &f->seg);
	/* A cut frame at the very end is what the end of an engine leaves; it was not committed. */
	if (was_sealed || f->file_bytes > len || end == -EBADMSG ||
	    (end == -EAGAIN && !f->is_newest)) {
		s->n_damaged++;
		if (n_promised > f->seg.n_events)
			s->n_damaged_events += n_promised - f->seg.n_events;
	}
	repair(f);
	return 0;
}

/* 0: its numbers are in f->seg; -EBADMSG: it is no segment, or not this one. */
static int examine(struct spool *s, struct found *f, uint64_t first_seq)
{
	uint8_t head[SFMT_HEAD_BYTES];
	ssize_t n = pread(f->fd, head, sizeof(head), 0);

	if (n < 0)
		return -errno;
	if (sfmt_head_parse(head, (size_t)n, &f->seg) < 0 || f->seg.first_seq != first_seq)
		return -EBADMSG;
	if (f->seg.n_bytes > 0 && f->file_bytes >= f->seg.n_bytes)
		return 0;
	return look_inside(s, f);
}

static bool overlaps(const struct spool *s, uint64_t first_seq)
{
	const struct sfmt_segment *last;

	if (s->n_segments == 0)
		return false;
	last = &s->segments[s->n_segments - 1].is;
	return first_seq < last->first_seq + last->n_events;
}

/* Puts it on the list, or removes it. What is not a file is left alone. */
static void adopt(struct spool *s, uint64_t first_seq, bool is_newest)
{
	char name[SFMT_NAME_CAP];
	CLEANUP_FD int fd = -1;
	struct found f = { .is_newest = is_newest };
	struct stat st;
	int rc = -EBADMSG;

	sfmt_name(name, first_seq);
	fd = openat(s->dir_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		s->n_damaged++;
		return;
	}
	f.fd = fd;
	f.file_bytes = (uint64_t)st.st_size;
	if (!overlaps(s, first_seq))
		rc = examine(s, &f, first_seq);
	/* Nothing in the newest: its engine ended before it could write. */
	if (rc < 0 && !(is_newest && f.file_bytes == 0))
		s->n_damaged++;
	if (rc < 0 || f.seg.first_seq + f.seg.n_events <= s->acked || f.seg.n_events == 0) {
		spool_remove_file(s, first_seq);
		return;
	}
	s->segments[s->n_segments++].is = f.seg;
	s->disk_bytes += f.seg.n_bytes;
}

/* --- The directory. --- */

static int collect(struct spool *s, uint64_t *names, size_t *ret_n, struct err *err)
{
	int fd = openat(s->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_dir) DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	size_t n = 0;

	if (!dir) {
		cleanup_fd(&fd);
		return err_set(err, -EIO, "directory cannot be listed");
	}
	while ((e = readdir(dir))) {
		if (!sfmt_name_parse(e->d_name, &names[n]))
			continue;
		if (++n == SPOOL_SEGMENTS_MAX)
			return err_set(err, -EMFILE, "more than %u segments are in it",
				       SPOOL_SEGMENTS_MAX - 1);
	}
	*ret_n = n;
	return 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int adopt_all(struct spool *s, struct err *err)
{
	CLEANUP_FREE uint64_t *names = malloc(SPOOL_SEGMENTS_MAX * sizeof(*names));
	const struct sfmt_segment *last;
	size_t n = 0;
	int rc;

	if (!names)
		return err_set(err, -ENOMEM, "out of memory");
	rc = collect(s, names, &n, err);
	if (rc < 0)
		return rc;
	qsort(names, n, sizeof(*names), compare);
	for (size_t i = 0; i < n; i++)
		adopt(s, names[i], i + 1 == n);
	/* No number is used twice, not even one of what is damaged. */
	s->next_seq = n > 0 && names[n - 1] >= s->acked ? names[n - 1] + 1 : s->acked;
	last = s->n_segments > 0 ? &s->segments[s->n_segments - 1].is : NULL;
	if (last && last->first_seq + last->n_events > s->next_seq)
		s->next_seq = last->first_seq + last->n_events;
	if (s->next_seq > SFMT_SEQ_MAX - SEQ_RESERVE)
		return err_set(err, -EOVERFLOW,
			       "numbers up to %" PRIu64 " are used, expected an empty directory",
			       s->next_seq);
	return 0;
}

static int open_ack(struct spool *s, struct err *err)
{
	uint8_t buf[SFMT_ACK_BYTES + 1];
	struct stat st;
	ssize_t n;

	s->ack_fd = openat(s->dir_fd, "ack", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			   SPOOL_FILE_MODE);
	if (s->ack_fd < 0)
		return err_set(err, -errno, "file 'ack' cannot be written to (%s)",
			       err_name(errno));
	if (fstat(s->ack_fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "'ack' is not a file");
	n = pread(s->ack_fd, buf, sizeof(buf), 0);
	if (n < 0)
		return err_set(err, -errno, "file 'ack' cannot be read (%s)", err_name(errno));
	s->acked = SEQ_FIRST;
	if (sfmt_ack_parse(buf, (size_t)n, &s->acked) == 0)
		return 0;
	/* Without it, all that is there is sent. */
	if (ftruncate(s->ack_fd, 0) < 0)
		return err_set(err, -errno, "file 'ack' cannot be written to (%s)",
			       err_name(errno));
	(void)spool_write_ack(s, s->acked); /* noted; a full disk is no reason not to start */
	return 0;
}

static int open_dir(struct spool *s, const char *path, struct err *err)
{
	int fd;

	if (mkdir(path, DIR_MODE) < 0 && errno != EEXIST)
		return err_set(err, -errno, "directory cannot be made (%s)", err_name(errno));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(err, -errno, "directory cannot be opened (%s)", err_name(errno));
	s->dir_fd = fd;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			       ? err_set(err, -EBUSY, "another sink or engine uses it")
			       : err_set(err, -errno, "cannot be locked (%s)", err_name(errno));
	return 0;
}

/* A second link could lead to a file that is not the spool's. */
static int give_file(struct spool *s, const char *name, uint32_t uid, uint32_t gid)
{
	CLEANUP_FD int fd = openat(s->dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return -EINVAL;
	return fchown(fd, uid, gid) < 0 ? -errno : 0;
}

static int give_away(struct spool *s, uint32_t uid, uint32_t gid, struct err *err)
{
	char name[SFMT_NAME_CAP];
	int rc = fchown(s->dir_fd, uid, gid) < 0 ? -errno : give_file(s, "ack", uid, gid);

	for (size_t i = 0; i < s->n_segments && rc == 0; i++) {
		sfmt_name(name, s->segments[i].is.first_seq);
		rc = give_file(s, name, uid, gid);
	}
	if (rc < 0)
		return err_set(err, rc, "cannot be given to user %u (%s)", uid, err_name(rc));
	return 0;
}

static int allocate(struct spool *s)
{
	s->segments = calloc(SPOOL_SEGMENTS_MAX, sizeof(s->segments[0]));
	s->out.data = malloc(SPOOL_BUFFER_BYTES);
	s->mem.data = malloc(SPOOL_BUFFER_BYTES);
	s->in = malloc(SPOOL_SEGMENT_BYTES);
	return s->segments && s->out.data && s->mem.data && s->in ? 0 : -ENOMEM;
}

static int open_all(struct spool *s, const struct spool_options *opt, struct err *err)
{
	int rc;

	if (opt->bytes_max < SPOOL_BYTES_MIN)
		return err_set(err, -EINVAL, "limit is %" PRIu64 " bytes, expected at least %u",
			       opt->bytes_max, SPOOL_BYTES_MIN);
	if (allocate(s) < 0)
		return err_set(err, -ENOMEM, "out of memory");
	rc = open_dir(s, opt->dir, err);
	if (rc == 0)
		rc = open_ack(s, err);
	if (rc == 0)
		rc = adopt_all(s, err);
	if (rc == 0 && opt->uid != 0 && geteuid() == 0)
		rc = give_away(s, opt->uid, opt->gid, err);
	s->seq = s->acked;
	return rc;
}

static void init_locks(struct spool *s)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&s->lock, NULL); /* none of these can fail on Linux */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&s->to_reader, &attr);
	(void)pthread_cond_init(&s->to_appender, &attr);
	(void)pthread_condattr_destroy(&attr);
}

struct spool *spool_open(const struct spool_options *opt, struct err *err)
{
	struct spool *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_set(err, -ENOMEM, "spool '%s': out of memory", opt->dir);
		return NULL;
	}
	s->dir_fd = s->ack_fd = s->write_fd = s->in_fd = -1;
	s->bytes_max = opt->bytes_max;
	s->segment_max = opt->bytes_max / SEGMENT_SHARE;
	if (s->segment_max > SPOOL_SEGMENT_BYTES)
		s->segment_max = SPOOL_SEGMENT_BYTES;
	s->drop_oldest = opt->drop_oldest;
	s->bad_at = SIZE_MAX;
	init_locks(s);
	if (open_all(s, opt, err) < 0) {
		(void)err_wrap(err, "spool '%s'", opt->dir);
		cleanup_fd(&s->ack_fd);
		s->ack_fd = -1; /* so that it is not closed as a working one */
		spool_close(s);
		return NULL;
	}
	return s;
}
