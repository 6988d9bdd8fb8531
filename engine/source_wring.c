/* SPDX-License-Identifier: Apache-2.0 */
/* A recording as a source. */
#include "engine/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/wring.h"
#include "engine/now.h"

struct replay {
	struct source source;
	int fd;                      /* owned */
	struct wring_reader *reader; /* owned */
	bool real_pace;
	uint64_t began_ns;           /* CLOCK_BOOTTIME of the first record's delivery; 0: not yet */
	uint64_t first_ns;           /* ... and its recorded time */
	const struct rec_hdr *early; /* read, and not due yet */
};

static struct replay *replay_of(struct source *s)
{
	return (struct replay *)s;
}

/* How long until the record is due, at the recorded pace. */
static int64_t due_in_ns(struct replay *r, const struct rec_hdr *rec)
{
	uint64_t now_ns = now_boot_ns();

	if (!r->real_pace)
		return 0;
	if (r->began_ns == 0) {
		r->began_ns = now_ns;
		r->first_ns = rec->ts_ns;
	}
	if (rec->ts_ns < r->first_ns) /* late ones are out of order by a little */
		return 0;
	return (int64_t)(rec->ts_ns - r->first_ns) - (int64_t)(now_ns - r->began_ns);
}

static int end_of(const struct replay *r)
{
	return wring_is_finished(r->reader, NULL) ? -ENODATA : -ESTRPIPE;
}

/* The next record into r->early. -EAGAIN: not before those that this call gives out are released.
 */
static int read_next(struct replay *r, bool may_refill, struct err *err)
{
	int rc = wring_next(r->reader, &r->early, err);

	while (rc == -EAGAIN && may_refill) {
		rc = wring_refill(r->reader);
		if (rc < 0)
			return err_set(err, rc, "recording cannot be read on (%s)", err_name(rc));
		rc = wring_next(r->reader, &r->early, err);
	}
	return rc;
}

static int replay_next(struct source *s, struct source_record *ret, size_t cap, struct err *err)
{
	struct replay *r = replay_of(s);
	size_t n = 0;
	int rc = 1;

	while (n < cap) {
		if (!r->early) {
			rc = read_next(r, n == 0, n > 0 ? NULL : err);
			if (rc <= 0)
				break;
		}
		if (r->real_pace && due_in_ns(r, r->early) > 0)
			break;
		ret[n++] = (struct source_record){ .rec = r->early, .cap = r->early->len };
		r->early = NULL;
	}
	if (n > 0 || rc == 1)
		return (int)n;
	return rc == 0 ? end_of(r) : rc;
}

static void replay_release(struct source *s)
{
	(void)s; /* replay_next() reads on only when it has given out nothing yet */
}

static void replay_bad(struct source *s, uint32_t lane)
{
	(void)s; /* the pipeline counts them; there is no lane that lost them */
	(void)lane;
}

static int64_t replay_sleep_begin(struct source *s)
{
	struct replay *r = replay_of(s);
	int64_t ns = r->early ? due_in_ns(r, r->early) : 0;

	return ns > 0 ? ns : 0;
}

static void replay_sleep_end(struct source *s)
{
	(void)s;
}

static void replay_close(struct source *s)
{
	struct replay *r = replay_of(s);

	wring_reader_free(r->reader);
	cleanup_fd(&r->fd);
	free(r);
}

static const struct source_ops replay_ops = {
	.next = replay_next,
	.release = replay_release,
	.bad = replay_bad,
	.sleep_begin = replay_sleep_begin,
	.sleep_end = replay_sleep_end,
	.finish = replay_release,
	.close = replay_close,
};

static int open_file(struct replay *r, const char *path, struct err *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "recording '%s' cannot be read (%s)", path,
			       err_name(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "recording '%s' is no regular file", path);
	if (st.st_size == 0)
		return err_set(err, -EPROTO, "recording '%s' is empty", path);
	/* Only advice: a refusal costs nothing but speed. */
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	r->fd = TAKE_FD(fd);
	return 0;
}

struct source *source_wring_new(const char *path, bool real_pace, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	const struct wring_hdr *hdr;

	if (!r) {
		(void)err_set(err, -ENOMEM, "recording cannot be read: out of memory");
		return NULL;
	}
	r->source.ops = &replay_ops;
	r->fd = -1;
	r->real_pace = real_pace;
	if (open_file(r, path, err) == 0) {
		r->reader = wring_reader_open(r->fd, err);
		if (!r->reader)
			(void)err_wrap(err, "'%s'", path);
	}
	if (!r->reader) {
		replay_close(&r->source);
		return NULL;
	}
	hdr = wring_reader_hdr(r->reader);
	r->source.clock = (struct source_clock){ .epoch_offset_ns = hdr->epoch_offset_ns,
						 .start_ns = hdr->start_ns };
	return &r->source;
}

uint64_t source_wring_bytes_read(const struct source *s)
{
	return wring_bytes_read(((const struct replay *)s)->reader);
}

uint64_t source_wring_abi(const struct source *s)
{
	return wring_reader_hdr(((const struct replay *)s)->reader)->abi;
}
