/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_log (rlog_): records kept for a test to look at: copied out of the lanes, put in order of
 * time, found by process and event. What a test asserts about a record goes through the engine's
 * decoder, so no record that is looked at can be malformed. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/record.h"
#include "engine/decode/decode.h"

struct record_log {
	uint8_t *bytes;
	size_t len, cap;
	size_t *at; /* offsets of the records */
	size_t n, n_cap;
};

void rlog_done(struct record_log *log);
void rlog_add(struct record_log *log, const struct rec_hdr *rec);
/* By time; of the same time: contexts first, else as they were added. */
void rlog_sort(struct record_log *log);
const struct rec_hdr *rlog_get(const struct record_log *log, size_t i);

/* The next record of the process and event after `prev` (NULL: the first); NULL: no more. `tgid` 0
 * is any. */
const struct rec_hdr *rlog_next(const struct record_log *log, pid_t tgid, unsigned int event,
				const struct rec_hdr *prev);
size_t rlog_count(const struct record_log *log, pid_t tgid, unsigned int event);
/* The only one; the test fails when there is none or more than one. */
const struct rec_hdr *rlog_only(const struct record_log *log, pid_t tgid, unsigned int event);
/* What was last said about the thread before `rec`; NULL: nothing. */
const struct rec_task *rlog_context(const struct record_log *log, const struct rec_hdr *rec);

/* A field by name; the test fails when the record is malformed or has no such field. A field that
 * the record does not carry is all zeros. */
struct decode_value rlog_field(const struct rec_hdr *rec, const char *name);
/* Its bytes as a string; NULL when the record carries no content. Valid until the fourth call after
 * this one. */
const char *rlog_string(const struct rec_hdr *rec, const char *name);
/* The path of the executable in a context; valid as rlog_string(). */
const char *rlog_exe(const struct rec_task *task);
/* Strings of an argv or array field: how many there are, and string `i` (NULL: no such). */
size_t rlog_strings(const struct rec_hdr *rec, const char *name);
const char *rlog_string_at(const struct rec_hdr *rec, const char *name, size_t i);
