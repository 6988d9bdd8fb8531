/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/spool_ground.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"

char ground_dir[128];
struct batch_item ground_items[GROUND_ITEMS];
static uint8_t body[SPOOL_EVENT_MAX + 1];

void ground_setup(void)
{
	/* In memory where that is possible: a disk takes long to sync. */
	(void)snprintf(ground_dir, sizeof(ground_dir), "%s/test_spool.XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(ground_dir));
}

void ground_teardown(void)
{
	DIR *dir = opendir(ground_dir);
	const struct dirent *e;

	while (dir && (e = readdir(dir))) {
		if (unlinkat(dirfd(dir), e->d_name, 0) < 0)
			(void)unlinkat(dirfd(dir), e->d_name, AT_REMOVEDIR);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(ground_dir);
}

struct spool *ground_open(uint64_t bytes_max, bool drop_oldest)
{
	const struct spool_options opt = { .dir = ground_dir,
					   .bytes_max = bytes_max,
					   .drop_oldest = drop_oldest };
	struct err err = { 0 };
	struct spool *s = spool_open(&opt, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	return s;
}

int ground_append(struct spool *s, uint64_t i, uint32_t len, bool urgent)
{
	const struct batch_item item = { .data = body,
					 .len = len,
					 .event = (uint16_t)i,
					 .is_urgent = urgent,
					 .time_ns = (int64_t)i };

	memset(body, (int)(i * 37 & 0xff), len);
	return spool_append(s, &item);
}

void ground_append_all(struct spool *s, uint64_t from, uint64_t to, uint32_t len,
		       uint64_t urgent_every)
{
	for (uint64_t i = from; i < to; i++)
		ck_assert_int_eq(
			ground_append(s, i, len, urgent_every > 0 && i % urgent_every == 0), 0);
}

bool ground_is_whole(const struct batch_item *item)
{
	uint64_t i = (uint64_t)item->time_ns;

	for (uint32_t at = 0; at < item->len; at++)
		if (item->data[at] != (uint8_t)(i * 37 & 0xff))
			return false;
	return item->event == (uint16_t)i;
}

uint64_t ground_drain(struct spool *s, void (*on_item)(const struct batch_item *item, void *arg),
		      void *arg)
{
	int64_t last = INT64_MIN;
	uint64_t n_all = 0;
	size_t n;

	while ((n = spool_take(s, ground_items, 1000, 256U << 10, 0, 0)) > 0) {
		for (size_t i = 0; i < n; i++) {
			ck_assert(ground_is_whole(&ground_items[i]));
			ck_assert_int_gt(ground_items[i].time_ns, last);
			last = ground_items[i].time_ns;
			if (on_item)
				on_item(&ground_items[i], arg);
		}
		ck_assert_int_eq(spool_done(s, n), 0);
		n_all += n;
	}
	return n_all;
}

static void expect_next(const struct batch_item *item, void *arg)
{
	uint64_t *next = arg;

	ck_assert_uint_eq((uint64_t)item->time_ns, *next);
	(*next)++;
}

void ground_expect(struct spool *s, uint64_t from, uint64_t to)
{
	uint64_t next = from;

	(void)ground_drain(s, expect_next, &next);
	ck_assert_uint_eq(next, to);
}

struct spool_stats ground_stats(struct spool *s)
{
	struct spool_stats st;

	spool_stats_get(s, &st);
	return st;
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

size_t ground_list(char (*ret_paths)[160], size_t max)
{
	DIR *dir = opendir(ground_dir);
	const struct dirent *e;
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)) && n < max) {
		if (strstr(e->d_name, ".spool"))
			(void)snprintf(ret_paths[n++], sizeof(ret_paths[0]), "%s/%.24s", ground_dir,
				       e->d_name);
	}
	(void)closedir(dir);
	qsort(ret_paths, n, sizeof(ret_paths[0]), compare);
	return n;
}

void ground_damage(const char *path, int64_t at, const void *data, size_t len)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, data, len, at), (ssize_t)len);
}

int64_t ground_size(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? -1 : st.st_size;
}
