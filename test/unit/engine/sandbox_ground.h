/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_ground: what the tests of the sandbox stand on. Every attempt runs in a process of its
 * own: it enters the sandbox, tries, and its exit status says what came of it.
 */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/loop.h"
#include "engine/sandbox.h"

#define LANE_BYTES 4096

/* What every attempt finds, made before the sandbox is entered. */
struct ground {
	char root[64], readable[96], writable[96], outside[96];
	char readable_file[128], outside_file[128];
	int lane_fd;   /* sealed against later writers, as the collector's own lane is */
	int frozen_fd; /* a frozen BPF array, as the other lanes are; -1: no right to make one */
	pid_t parent;
	int landlock_abi; /* of this kernel */
	/* once inside */
	struct loop *ring_loop; /* NULL: io_uring is refused here */
	struct loop *epoll_loop;
	struct sandbox_state state;
};
extern struct ground here;

/* A checked fixture. */
void ground_setup(void);
void ground_teardown(void);

/* Enters, or ends the process with status 99. */
void ground_enter(bool allow_fork);
/* Exit status of the child, or minus the signal that ended it. */
int run_inside(int (*attempt)(void), bool allow_fork);
int run_outside(int (*attempt)(void)); /* the attempt enters, if it wants to */
/* One call that is tried inside. */
int try_open(const char *path, int flags);
int try_bpf(void);

/* Runs the suite. `landlock_abi` is what the whole of it needs. Returns main's status. */
struct Suite;
int ground_main(struct Suite *suite, int need_landlock_abi, bool need_root);

/* In an attempt that must succeed. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)dprintf(STDERR_FILENO, "line %d: %s (%s)\n", __LINE__, #condition,   \
				      strerror(errno));                                            \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)
