/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/sink/rotate_parts.h"

#define OPEN_FLAGS (O_WRONLY | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define MS_PER_S 1000
#define NS_PER_MS 1000000

/* --- Life. --- */

static int check_options(const struct rotate_options *opt, struct err *err)
{
	if (opt->bytes == 0 && opt->age_ms <= 0)
		return err_set(err, -EINVAL, "rotation: neither a size nor an age is given");
	if (opt->bytes > 0 && opt->bytes < ROTATE_BYTES_MIN)
		return err_set(err, -EINVAL, "rotation: size is less than %u bytes",
			       ROTATE_BYTES_MIN);
	if (opt->keep > ROTATE_KEEP_MAX)
		return err_set(err, -EINVAL, "rotation: more than %u files to be kept",
			       ROTATE_KEEP_MAX);
	return 0;
}

/* Splits the path, and opens its directory. */
static int set_path(struct rotate *r, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (!name[0] || strlen(name) > ROTATE_NAME_MAX)
		return err_set(err, -EINVAL,
			       "rotation: file '%s' has no name, or one of more than %u bytes",
			       path, ROTATE_NAME_MAX);
	memcpy(r->name, name, strlen(name) + 1);
	r->directory = !slash          ? strdup(".")
		       : slash == path ? strdup("/")
				       : strndup(path, (size_t)(slash - path));
	if (!r->directory)
		return err_set(err, -ENOMEM, "rotation: out of memory");
	r->dir_fd = open(r->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir_fd < 0)
		return err_set(err, -errno, "rotation: directory '%s' cannot be opened (%s)",
			       r->directory, err_name(errno));
	return 0;
}

struct rotate *rotate_new(const char *path, const struct rotate_options *opt, struct err *err)
{
	struct rotate *r = calloc(1, sizeof(*r));
	int rc;

	if (!r) {
		(void)err_set(err, -ENOMEM, "rotation: out of memory");
		return NULL;
	}
	r->dir_fd = -1;
	r->opt = *opt;
	if (r->opt.keep == 0)
		r->opt.keep = ROTATE_KEEP_DEFAULT;
	(void)pthread_mutex_init(&r->lock, NULL); /* without attributes they cannot fail */
	(void)pthread_cond_init(&r->cond, NULL);
	rc = check_options(opt, err);
	if (rc == 0)
		rc = set_path(r, path, err);
	if (rc == 0) {
		rc = rotate_scan(r);
		if (rc < 0)
			(void)err_set(err, rc, "rotation: directory '%s' cannot be read (%s)",
				      r->directory, err_name(rc));
	}
	if (rc < 0) {
		rotate_free(r);
		return NULL;
	}
	return r;
}

int rotate_start(struct rotate *r, struct err *err)
{
	sigset_t all, before;
	int rc;

	if (faccessat(r->dir_fd, ".", W_OK | X_OK, 0) < 0)
		return err_set(err, -errno,
			       "rotation: directory '%s' is not writable for uid %u (%s)",
			       r->directory, getuid(), err_name(errno));
	/* Signals are the loop's. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&r->thread, NULL, rotate_main, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	r->has_thread = rc == 0;
	return rc ? err_set(err, -rc, "rotation: no thread (%s)", err_name(rc)) : 0;
}

void rotate_free(struct rotate *r)
{
	if (!r)
		return;
	if (r->has_thread) {
		(void)pthread_mutex_lock(&r->lock);
		r->is_ending = true;
		(void)pthread_cond_signal(&r->cond);
		(void)pthread_mutex_unlock(&r->lock);
		(void)pthread_join(r->thread, NULL);
	}
	(void)pthread_cond_destroy(&r->cond);
	(void)pthread_mutex_destroy(&r->lock);
	if (r->dir_fd >= 0)
		(void)close(r->dir_fd);
	free(r->directory);
	free(r);
}

void rotate_stats_get(struct rotate *r, struct rotate_stats *ret_stats)
{
	(void)pthread_mutex_lock(&r->lock);
	*ret_stats = r->stats;
	(void)pthread_mutex_unlock(&r->lock);
}

/* --- When. --- */

/* A file system that does not know when a file was made: then it is as old as its last byte. */
static int64_t birth_ms(int fd)
{
	struct statx stx;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME, &stx) < 0)
		return INT64_MAX;
	if (stx.stx_mask & STATX_BTIME)
		return stx.stx_btime.tv_sec * MS_PER_S + stx.stx_btime.tv_nsec / NS_PER_MS;
	return stx.stx_mtime.tv_sec * MS_PER_S + stx.stx_mtime.tv_nsec / NS_PER_MS;
}

void rotate_opened(struct rotate *r, int fd, int64_t now_ms)
{
	int64_t began_ms = birth_ms(fd);

	r->began_ms = began_ms < now_ms ? began_ms : now_ms;
}

bool rotate_due(struct rotate *r, uint64_t bytes, int64_t now_ms)
{
	/* A file begins with its first byte; nor is one older than the clock. */
	if (bytes == 0 || now_ms < r->began_ms)
		r->began_ms = now_ms;
	if (r->is_failing && now_ms < r->retry_ms && now_ms > r->retry_ms - 2 * ROTATE_RETRY_MS)
		return false;
	if (r->opt.bytes > 0 && bytes >= r->opt.bytes)
		return true;
	return r->opt.age_ms > 0 && bytes > 0 && now_ms - r->began_ms >= r->opt.age_ms;
}

int64_t rotate_next_ms(const struct rotate *r)
{
	int64_t next_ms;

	if (r->opt.age_ms <= 0 || __builtin_add_overflow(r->began_ms, r->opt.age_ms, &next_ms))
		return INT64_MAX;
	return r->is_failing && r->retry_ms > next_ms ? r->retry_ms : next_ms;
}

/* --- Rotating. --- */

static int fail(struct rotate *r, int64_t now_ms, int rc)
{
	r->is_failing = true;
	r->retry_ms = now_ms + ROTATE_RETRY_MS;
	(void)pthread_mutex_lock(&r->lock);
	r->stats.n_failed++;
	r->stats.last_errno = -rc;
	(void)pthread_mutex_unlock(&r->lock);
	return rc;
}

static int open_file(struct rotate *r, int64_t now_ms, int flags, int *ret_fd)
{
	CLEANUP_FD int fd = openat(r->dir_fd, r->name, OPEN_FLAGS | O_CREAT | flags, 0600);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	r->is_failing = false;
	rotate_opened(r, fd, now_ms);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* The name is still that of the file that is being written to. */
static bool is_held(const struct rotate *r, int held_fd)
{
	struct stat held, named;

	return fstat(held_fd, &held) == 0 &&
	       fstatat(r->dir_fd, r->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Never onto a file that is there. */
static int rename_new(struct rotate *r, const char *to)
{
	if (renameat2(r->dir_fd, r->name, r->dir_fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	/* A file system that cannot do it at once. */
	if (faccessat(r->dir_fd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	return renameat(r->dir_fd, r->name, r->dir_fd, to) < 0 ? -errno : 0;
}

/* The thread has one more to look after. */
static void announce(struct rotate *r, uint32_t number)
{
	(void)pthread_mutex_lock(&r->lock);
	r->next = number + 1;
	r->stats.n_rotated++;
	(void)pthread_cond_signal(&r->cond);
	(void)pthread_mutex_unlock(&r->lock);
}

int rotate_now(struct rotate *r, int held_fd, int64_t now_ms, int *ret_fd)
{
	uint32_t number = r->next; /* written by this thread only */
	char name[ROTATE_NAME_CAP], gzip[ROTATE_NAME_CAP];
	int rc = -EEXIST;

	if (!is_held(r, held_fd))
		return rotate_reopen(r, now_ms, ret_fd);
	for (; rc == -EEXIST && number < ROTATE_NUMBER_MAX; number++) {
		rotate_file_name(r, number, ROTATE_PLAIN, name);
		rotate_file_name(r, number, ROTATE_GZIP, gzip);
		if (faccessat(r->dir_fd, gzip, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		rc = rename_new(r, name);
		if (rc == 0)
			break;
	}
	if (rc < 0)
		return fail(r, now_ms, rc);
	rc = open_file(r, now_ms, O_EXCL, ret_fd);
	if (rc < 0) {
		/* Else the next attempt finds no file of that name, and makes one. */
		(void)renameat2(r->dir_fd, name, r->dir_fd, r->name, RENAME_NOREPLACE);
		return fail(r, now_ms, rc);
	}
	announce(r, number);
	return 0;
}

int rotate_reopen(struct rotate *r, int64_t now_ms, int *ret_fd)
{
	int rc = open_file(r, now_ms, 0, ret_fd);

	return rc < 0 ? fail(r, now_ms, rc) : 0;
}
