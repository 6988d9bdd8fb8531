/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_builder: records for tests, as the kernel side writes them (prefix rb_). What the record
 * layout forbids can be written too: a test of the decoder needs it. Any thread, one builder each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event_def.h"
#include "common/lane.h"
#include "common/record.h"
#include "engine/enrich/process_tree.h"
#include "engine/event.h"

/* `rec` and the members of the union are the same bytes. */
struct record_builder {
	union {
		struct rec_hdr rec;
		struct rec_syscall syscall;
		struct rec_task task;
		struct rec_fork fork;
		struct rec_exec exec;
		struct rec_exit exit;
		struct rec_rename rename;
		struct rec_cgroup cgroup;
		struct rec_cgroup_attach cgroup_attach;
		struct rec_lost lost;
		uint8_t bytes[LANE_RECORD_MAX];
	};
};

/* A record of the event with its fixed part zero, at 1 s, CPU 1, task 101 of process 100. Aborts
 * when there is no such event. */
void rb_begin(struct record_builder *b, unsigned int event);
/* Word `i` of a system call. */
void rb_arg(struct record_builder *b, unsigned int i, uint64_t word);
/* Appends content for field `field`; aborts when it does not fit. */
void rb_var(struct record_builder *b, unsigned int field, const void *data, size_t len,
	    uint8_t flags, uint32_t total);
void rb_str(struct record_builder *b, unsigned int field, const char *str);

/* Fills the record with words and contents that depend on the seed only: a valid record. */
void rb_random(struct record_builder *b, unsigned int event, uint64_t seed);
/* xorshift64*; the state must not be zero. */
uint64_t rb_next_random(uint64_t *state);

/* Decodes it, aborts when it is refused. */
void rb_decode(const struct record_builder *b, struct event *ret_event);

/* A task as the process tree would know it: bash, pid 100, thread 101, in its own pid namespace. */
void rb_sample_task(struct ptree_task *ret_task);
