/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_records (brec_): records in memory, of a recording or made up, to be gone through again and
 * again without a file in between. Thread: main.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/source.h"

struct brec {
	uint8_t *bytes; /* owned */
	size_t len, cap;
	struct source_record *items; /* owned; into bytes, once it is complete */
	size_t n, items_cap;
	struct source_clock clock;
};

/* A recording. `brec` is zero before; brec_done() also after a failure. */
int brec_read(struct brec *brec, const char *path, struct err *err);
/* `n` records as a busy host has them: of 500 processes opens, closes, reads and connects, now and
 * then a program that starts and ends. The same ones each time. */
int brec_make(struct brec *brec, size_t n, struct err *err);
void brec_done(struct brec *brec);

static inline void brec_cleanup(struct brec *brec)
{
	brec_done(brec);
}
#define CLEANUP_BREC __attribute__((cleanup(brec_cleanup)))
