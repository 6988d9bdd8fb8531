/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <sys/prctl.h>
#include <sys/stat.h>

#include <zlib.h>

#include "common/cleanup.h"
#include "engine/sink/rotate_parts.h"

#define GZIP_STEP (64U << 10) /* bytes between two looks at whether it is the end */
#define GZIP_LEVEL 4          /* half the time of the standard 6, for about 5 % more bytes */
#define GZIP_WINDOW (15 + 16) /* the largest, with gzip's header */

void rotate_file_name(const struct rotate *r, uint32_t number, enum rotate_form form,
		      char buf[static ROTATE_NAME_CAP])
{
	static const char *const suffixes[] = { "", ".gz", ".gz.tmp" };

	(void)snprintf(buf, ROTATE_NAME_CAP, "%s.%08u%s", r->name, number,
		       suffixes[form]); /* fits */
}

/* --- What is there already. --- */

/* The number of a file that is ours; false: it is none. */
static bool parse(const struct rotate *r, const char *name, uint32_t *ret_number,
		  enum rotate_form *ret_form)
{
	size_t len = strlen(r->name);
	uint32_t number = 0;
	const char *at;

	if (strncmp(name, r->name, len) != 0 || name[len] != '.')
		return false;
	at = name + len + 1;
	for (unsigned int i = 0; i < 8; i++, at++) {
		if (*at < '0' || *at > '9')
			return false;
		number = 10 * number + (uint32_t)(*at - '0');
	}
	*ret_form = !*at                     ? ROTATE_PLAIN
		    : !strcmp(at, ".gz")     ? ROTATE_GZIP
		    : !strcmp(at, ".gz.tmp") ? ROTATE_HALF
					     : 3;
	*ret_number = number;
	return *ret_form <= ROTATE_HALF;
}

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

int rotate_scan(struct rotate *r)
{
	int fd = openat(r->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(cleanup_dir) DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	uint32_t lowest = ROTATE_NUMBER_MAX, highest = 0, number;
	const struct dirent *entry;
	enum rotate_form form;

	if (!dir) {
		int r2 = -errno;

		if (fd >= 0)
			(void)close(fd);
		return r2;
	}
	while ((entry = readdir(dir))) {
		if (!parse(r, entry->d_name, &number, &form))
			continue;
		if (form == ROTATE_HALF)
			(void)unlinkat(r->dir_fd, entry->d_name, 0); /* else it is written over */
		lowest = number < lowest ? number : lowest;
		highest = number > highest ? number : highest;
	}
	r->next = highest < ROTATE_NUMBER_MAX ? highest + 1 : ROTATE_NUMBER_MAX;
	r->lowest = lowest < r->next ? lowest : r->next;
	r->compressed = r->lowest;
	return 0;
}

/* --- Compressing. --- */

static bool is_ending(struct rotate *r)
{
	bool ending;

	(void)pthread_mutex_lock(&r->lock);
	ending = r->is_ending;
	(void)pthread_mutex_unlock(&r->lock);
	return ending;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(fd, data, len);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

struct gzip {
	z_stream z;
	uint8_t in[GZIP_STEP], out[GZIP_STEP];
};

/* What is in gz->in. */
static int squeeze(struct gzip *gz, int out_fd, int flush, uint64_t *out_bytes)
{
	size_t len;
	int r = 0;

	do {
		gz->z.next_out = gz->out;
		gz->z.avail_out = sizeof(gz->out);
		(void)deflate(&gz->z, flush); /* with room and a sound state it cannot fail */
		len = sizeof(gz->out) - gz->z.avail_out;
		*out_bytes += len;
		r = write_all(out_fd, gz->out, len);
	} while (r == 0 && gz->z.avail_out == 0);
	return r;
}

int rotate_gzip(struct rotate *r, int in_fd, int out_fd, uint64_t *ret_in, uint64_t *ret_out)
{
	CLEANUP_FREE struct gzip *gz = calloc(1, sizeof(*gz));
	ssize_t n = 1;
	int rc = 0;

	*ret_in = *ret_out = 0;
	if (!gz || deflateInit2(&gz->z, GZIP_LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
				Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	while (n > 0 && rc == 0) {
		n = read(in_fd, gz->in, sizeof(gz->in));
		if (n < 0) {
			rc = -errno;
			break;
		}
		*ret_in += (uint64_t)n;
		gz->z.next_in = gz->in;
		gz->z.avail_in = (uInt)n;
		rc = squeeze(gz, out_fd, n == 0 ? Z_FINISH : Z_NO_FLUSH, ret_out);
		if (rc == 0 && n > 0 && is_ending(r))
			rc = -ECANCELED;
	}
	(void)deflateEnd(&gz->z); /* complains about what was not finished */
	return rc;
}

/* On disk before the plain one goes. */
static int compress_to(struct rotate *r, int in_fd, const char *half, const char *name)
{
	CLEANUP_FD int fd = openat(r->dir_fd, half,
				   O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	uint64_t bytes_in, bytes_out;
	int rc;

	if (fd < 0)
		return -errno;
	rc = rotate_gzip(r, in_fd, fd, &bytes_in, &bytes_out);
	if (rc == 0 && fsync(fd) < 0)
		rc = -errno;
	if (rc == 0 && (renameat(r->dir_fd, half, r->dir_fd, name) < 0 || fsync(r->dir_fd) < 0))
		rc = -errno;
	if (rc < 0) {
		(void)unlinkat(r->dir_fd, half, 0); /* removed at the next start */
		return rc;
	}
	(void)pthread_mutex_lock(&r->lock);
	r->stats.bytes_in += bytes_in;
	r->stats.bytes_out += bytes_out;
	(void)pthread_mutex_unlock(&r->lock);
	return 0;
}

/* 1: done, 0: there is nothing of that number to be compressed. */
static int compress_one(struct rotate *r, uint32_t number)
{
	char plain[ROTATE_NAME_CAP], half[ROTATE_NAME_CAP], name[ROTATE_NAME_CAP];
	CLEANUP_FD int fd = -1;
	struct stat st;
	int rc;

	rotate_file_name(r, number, ROTATE_PLAIN, plain);
	rotate_file_name(r, number, ROTATE_HALF, half);
	rotate_file_name(r, number, ROTATE_GZIP, name);
	fd = openat(r->dir_fd, plain, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -EINVAL;
	rc = compress_to(r, fd, half, name);
	if (rc < 0)
		return rc;
	return unlinkat(r->dir_fd, plain, 0) < 0 ? -errno : 1;
}

/* --- The thread. --- */

/* What is wrong is counted; a file that cannot be compressed stays as it is. */
static void count(struct rotate *r, uint64_t *what, int rc)
{
	(void)pthread_mutex_lock(&r->lock);
	if (rc > 0)
		(*what)++;
	if (rc < 0 && rc != -ECANCELED) {
		r->stats.n_compress_failed++;
		r->stats.last_errno = -rc;
	}
	(void)pthread_mutex_unlock(&r->lock);
}

static void remove_one(struct rotate *r, uint32_t number)
{
	static const enum rotate_form forms[] = { ROTATE_PLAIN, ROTATE_GZIP };
	char name[ROTATE_NAME_CAP];

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		rotate_file_name(r, number, forms[i], name);
		count(r, &r->stats.n_removed, unlinkat(r->dir_fd, name, 0) == 0);
	}
}

/* What there is to do, or false: the end. Removing comes first: it may make room. */
static bool next_job(struct rotate *r, uint32_t *ret_number, bool *ret_removes)
{
	bool goes_on;

	(void)pthread_mutex_lock(&r->lock);
	while (!r->is_ending && r->next - r->lowest <= r->opt.keep &&
	       (!r->opt.gzip || r->compressed >= r->next))
		(void)pthread_cond_wait(&r->cond, &r->lock);
	*ret_removes = r->next - r->lowest > r->opt.keep;
	*ret_number = *ret_removes ? r->lowest++ : r->compressed++;
	if (r->compressed < r->lowest)
		r->compressed = r->lowest;
	goes_on = !r->is_ending;
	(void)pthread_mutex_unlock(&r->lock);
	return goes_on;
}

void *rotate_main(void *arg)
{
	struct rotate *r = arg;
	uint32_t number;
	bool removes;

	(void)prctl(PR_SET_NAME, "warder-rotate"); /* for people who look */
	while (next_job(r, &number, &removes)) {
		if (removes)
			remove_one(r, number);
		else
			count(r, &r->stats.n_compressed, compress_one(r, number));
	}
	return NULL;
}
