/* SPDX-License-Identifier: Apache-2.0 */
/*
 * supervise: starts programs as children, and ends when they have ended. Children are started in
 * the order in which they are to be stopped: the collector, then the engine.
 *
 * SIGHUP is handed on to the child that supervise_reloads() names, unless it says that our terminal
 * is gone; without such a child it stops like the others.
 *
 * Stopping (SIGINT, SIGTERM or SIGHUP, or because a child ended): the first child gets SIGTERM. A
 * later one is expected to end by itself when those before it have gone; after SUPERVISE_DRAIN_MS
 * it gets SIGTERM too. Who has not ended SUPERVISE_GRACE_MS after SIGTERM is killed. A second
 * signal sends SIGTERM to all at once, a third kills them.
 *
 * Children get a process group of their own, so that Ctrl-C in the terminal reaches us alone and
 * the order is kept, and the kernel's word that they die with us (PR_SET_PDEATHSIG).
 *
 * Thread: main. Blocks the signals it handles from init to done.
 */
#pragma once

#include <stdbool.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

#define SUPERVISE_CHILDREN_MAX 2
#define SUPERVISE_DRAIN_MS 10000
#define SUPERVISE_GRACE_MS 20000 /* 58 functions that fexit hangs on took the kernel 7 s (6.12) */

struct supervise_child {
	const char *name; /* borrowed, for messages */
	pid_t pid;        /* 0: has ended */
	bool asked;       /* SIGTERM has been sent */
	bool killed;      /* SIGKILL has been sent */
	bool reloads;     /* SIGHUP is for it */
	uint64_t next_ns; /* CLOCK_MONOTONIC: when the next step is due; 0: not set */
};

struct supervise {
	struct supervise_child children[SUPERVISE_CHILDREN_MAX];
	unsigned int n;
	int signal_fd;
	sigset_t old_mask;
	unsigned int n_stops; /* signals received */
	bool stopping;
	int code; /* exit code of the child that failed first; 0 while none has */
};

/* Called when `fd` is readable or its writer has gone; returning false ends the watch. */
typedef bool (*supervise_fn)(void *arg);

int supervise_init(struct supervise *s, struct err *err);
/* Starts argv[0] with argv (NULL-terminated). `pass_fd` (-1: none) keeps its number in the child;
 * everything else but stdout and stderr is closed by its O_CLOEXEC, stdin is /dev/null. A program
 * that cannot be executed is an error here, not a child that ended. */
int supervise_start(struct supervise *s, const char *name, char *const argv[], int pass_fd,
		    struct err *err);
/* The child that was started last takes SIGHUP as the wish to read its configuration again. */
void supervise_reloads(struct supervise *s);
/* Waits until `path` exists. -ECHILD: a child ended, -EINTR: asked to stop, -ETIMEDOUT. */
int supervise_wait_path(struct supervise *s, const char *path, int timeout_ms);
/* Stop as if by a signal. */
void supervise_stop(struct supervise *s);
/* Until every child has ended. `watch_fd` (-1: none) is the caller's. Returns the exit code of the
 * child that failed first, 0 when none did; EXIT_CODE_FAILED for one that a signal ended. */
int supervise_run(struct supervise *s, int watch_fd, supervise_fn fn, void *arg);
/* Kills what is left and waits for it. */
void supervise_done(struct supervise *s);
