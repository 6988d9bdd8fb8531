/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rotate: puts a log file away when it is large or old, and begins a new one of the same name.
 *
 * What is put away is called `name.N`, N counting up, eight digits, so that names sort by age and
 * nothing is ever renamed twice; with gzip it becomes `name.N.gz`. The newest `keep` of them stay.
 * Compressing and removing is a thread's work, at its leisure: rotating itself is a rename and an
 * open. What it could not finish before the engine ended it does at the next start; half a .gz is
 * never left under that name.
 *
 * All files lie in one directory, which is opened once and has to be writable to who the engine
 * will be (Landlock: sandbox_options.writable); theirs is mode 0600, no symbolic link is followed.
 * Does not write to the log: who does (the file sink) does as in
 *
 *     if (rotate_due(r, bytes, now_ms)) { ...write what is buffered, to a line's end...
 *             if (rotate_now(r, fd, now_ms, &new_fd) == 0) ...close the old one, go on with
 * new_fd... }
 *
 * Thread: all of it the engine's loop; the thread that compresses is its own.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define ROTATE_KEEP_DEFAULT 10U
#define ROTATE_KEEP_MAX 100000U
#define ROTATE_BYTES_MIN 4096U
#define ROTATE_RETRY_MS 10000 /* after a failure it is not due for so long */

struct rotate;

struct rotate_options {
	uint64_t bytes; /* due when the file has so many; 0: size does not matter */
	int64_t age_ms; /* due when it was begun so long ago, and is not empty; 0: likewise */
	uint32_t keep;  /* put away ones; 0: ROTATE_KEEP_DEFAULT */
	bool gzip;
};

/* Before the sandbox: opens the directory of `path`, counts what was put away before. NULL with err
 * set: -EINVAL (options), -ENOENT and the like of the directory, -ENOMEM. */
struct rotate *rotate_new(const char *path, const struct rotate_options *opt, struct err *err);
/* Inside the sandbox: from here on it has its thread. 0; negative errno with err: -EACCES and the
 * like when the directory is not ours to rename in. */
int rotate_start(struct rotate *r, struct err *err);
/* Ends the thread within moments, whatever it does. NULL is fine. */
void rotate_free(struct rotate *r);

/*
 * A file (regular, of `path`) was opened by whoever holds it: finds out how old it is. `bytes` is
 * what it has. Times are of CLOCK_REALTIME in ms; one that goes back makes a file young, not old.
 */
void rotate_opened(struct rotate *r, int fd, int64_t now_ms);
/* Cheap: to be asked before every write. */
bool rotate_due(struct rotate *r, uint64_t bytes, int64_t now_ms);
/* When it will be, if nothing is written; INT64_MAX: never. */
int64_t rotate_next_ms(const struct rotate *r);

/*
 * Puts the file away and makes a new one; `held_fd` is the one that is being written to. *ret_fd is
 * the caller's (O_APPEND). Where the name is another file's already, somebody else (logrotate) has
 * put ours away: then that one is gone on with. Negative errno: all is as it was, and it is not due
 * for ROTATE_RETRY_MS.
 */
int rotate_now(struct rotate *r, int held_fd, int64_t now_ms, int *ret_fd);
/* On SIGHUP: the file of that name as it is now, made if there is none. As above. */
int rotate_reopen(struct rotate *r, int64_t now_ms, int *ret_fd);

struct rotate_stats {
	uint64_t n_rotated, n_failed; /* files; attempts */
	uint64_t n_compressed, n_compress_failed;
	uint64_t n_removed;
	uint64_t bytes_in, bytes_out; /* of gzip */
	int last_errno;               /* of the latest failure; 0: none */
};
void rotate_stats_get(struct rotate *r, struct rotate_stats *ret_stats);
