/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_record_seeds DIR: writes the seeds of fuzz_record into DIR, which must be there. The seeds
 * are committed in test/fuzz/seeds/record; run this again when the layout of records changes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "test/support/record_builder.h"

/* One of each kind of record and of each kind of field. */
static const unsigned int events[] = {
	EV_GETPPID,
	EV_OPENAT,
	EV_EXECVE,
	EV_CONNECT,
	EV_SENDTO,
	EV_ACCEPT4,
	EV_NANOSLEEP,
	EV_PIPE2,
	EV_SETSOCKOPT,
	EV_SCHED_PROCESS_FORK,
	EV_SCHED_PROCESS_EXEC,
	EV_SCHED_PROCESS_EXIT,
	EV_TASK_RENAME,
	EV_LOST_EVENTS,
	EV_TASK,
	EV_CGROUP,
	EV_CGROUP_MKDIR,
	EV_CGROUP_ATTACH_TASK,
};

static int write_seed(const char *dir, const struct record_builder *b, unsigned int seed)
{
	CLEANUP_FILE FILE *file = NULL;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s-%u", dir, event_def_find(b->rec.event)->name,
		       seed); /* fopen() refuses a cut path */
	file = fopen(path, "wb");
	if (!file || fwrite(b, b->rec.len, 1, file) != 1 || fflush(file) != 0) {
		fprintf(stderr, "make_record_seeds: file '%s' cannot be written (%s)\n", path,
			strerror(errno));
		return -EIO;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct record_builder b;

	if (argc != 2) {
		fprintf(stderr, "usage: make_record_seeds DIR\n");
		return 2;
	}
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		for (unsigned int seed = 1; seed <= 2; seed++) {
			rb_random(&b, events[i], seed);
			if (write_seed(argv[1], &b, seed) < 0)
				return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
