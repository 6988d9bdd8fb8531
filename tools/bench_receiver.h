/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_receiver (brecv_): a process that takes whatever an output sends, and counts it: the other
 * end of a benchmark, on another core where there is one. Thread: main.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

enum brecv_kind {
	BRECV_PIPE,   /* reads a pipe */
	BRECV_STREAM, /* takes TCP connections, and answers nothing */
	BRECV_HTTP,   /* answers each request with 200 */
	BRECV_KAFKA,  /* brokers (bench_brokers.h) */
};

struct brecv_counts {
	uint64_t n_bytes;    /* of HTTP: of bodies; of Kafka: 0, not known */
	uint64_t n_lines;    /* '\n' in them; of Kafka: messages */
	uint64_t n_requests; /* of HTTP */
};

struct brecv {
	pid_t pid;
	int pipe_fd;   /* BRECV_PIPE: to be written to; owned */
	uint16_t port; /* of 127.0.0.1, of the others */
	struct brecv_shared *shared;
};

/* Before the process has threads. -EOPNOTSUPP: this build has no such receiver. */
int brecv_start(struct brecv *r, enum brecv_kind kind, struct err *err);
/* So far; complete once what was sent has been read. */
void brecv_counts(const struct brecv *r, struct brecv_counts *ret_counts);
void brecv_stop(struct brecv *r);
