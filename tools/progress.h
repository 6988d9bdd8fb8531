/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress: the line that says how far a recording or a replay is. Reads what the engine writes to
 * --progress-fd ("records lost bytes elapsed_ns" a line). On a terminal one line is rewritten; else
 * only the final one is printed. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct progress {
	int in_fd;            /* owned: the reading end */
	bool terminal;        /* of stderr */
	bool quiet;           /* only drains: the pipe is there to tell the engine that we live */
	const char *what;     /* borrowed: "recorded" */
	uint64_t total_bytes; /* 0: not known */
	uint64_t n_records, n_lost, n_bytes, elapsed_ns; /* latest */
	bool seen;
	char buf[256];
	size_t len;
};

/* Makes the pipe; *ret_write_fd is for the engine (non-blocking, close-on-exec). */
int progress_open(struct progress *p, const char *what, bool quiet, int *ret_write_fd,
		  struct err *err);
/* A supervise_fn: reads what is there. False: the engine has closed its end. */
bool progress_read(void *arg);
/* One line into `out`: never cut when cap is at least 128. */
void progress_format(const struct progress *p, char *out, size_t cap);
/* The final line, and the end. */
void progress_close(struct progress *p);
