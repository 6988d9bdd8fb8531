/* SPDX-License-Identifier: Apache-2.0 */
/* rotate_parts: what rotate.c (the loop's side) shares with rotate_keep.c (the thread's). */
#pragma once

#include <pthread.h>

#include "engine/sink/rotate.h"

#define ROTATE_NAME_MAX 200 /* bytes of the file's own name: ".00000001.gz.tmp" goes behind it */
#define ROTATE_NAME_CAP (ROTATE_NAME_MAX + 32)
#define ROTATE_NUMBER_MAX 99999999U

enum rotate_form { ROTATE_PLAIN, ROTATE_GZIP, ROTATE_HALF };

struct rotate {
	struct rotate_options opt;
	char *directory;
	char name[ROTATE_NAME_MAX + 1];
	int dir_fd;
	int64_t began_ms, retry_ms;
	bool is_failing; /* until retry_ms */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t cond;
	bool has_thread, is_ending;
	uint32_t lowest;     /* number that may still be there */
	uint32_t next;       /* number of the next one to be put away */
	uint32_t compressed; /* all below are done */
	struct rotate_stats stats;
	pthread_t thread; /* the loop's */
};

/* "name.00000007", with ".gz" or ".gz.tmp". */
void rotate_file_name(const struct rotate *r, uint32_t number, enum rotate_form form,
		      char buf[static ROTATE_NAME_CAP]);
/* What was put away before: sets lowest and next. Half of a .gz is removed. */
int rotate_scan(struct rotate *r);
void *rotate_main(void *arg);

/* `in_fd` from its beginning as gzip into `out_fd`, until *is_ending (looked at under the lock).
 * 0, -ECANCELED, negative errno. */
int rotate_gzip(struct rotate *r, int in_fd, int out_fd, uint64_t *ret_in, uint64_t *ret_out);
