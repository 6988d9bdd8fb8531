/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_def: the event list as a table that programs can ask. Constant data; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event_list.h"

#define EVENT_FIELDS_MAX 24
#define EVENT_HOOKS_MAX 4
#define EVENT_ID_MAX 10239 /* ids are smaller than or equal to this; tables by id are this long */

#define EVENT_FIELD_VAR 0xffff /* `offset` of a field that travels behind the fixed part */

struct event_field {
	uint8_t kind; /* enum field_kind */
	uint8_t reserved0;
	uint16_t offset;  /* in the record, from its start; or EVENT_FIELD_VAR */
	const char *type; /* Tracee's C type, as shown in the event's JSON */
	const char *name;
};

struct event_def {
	uint16_t id;
	uint16_t slot;
	uint8_t lane_class; /* LANE_VITAL or LANE_BULK */
	uint8_t n_fields;
	bool is_syscall;
	bool has_where;    /* struct rec_where is behind the header */
	bool is_internal;  /* not selectable by a policy */
	uint16_t min_len;  /* of a record, bytes */
	int16_t nr_native; /* system call number of this build's architecture, or -1 */
	int16_t nr_compat; /* ... of its 32-bit mode, or -1 */
	const char *name;
	const char *sets; /* comma-joined */
	const char *meaning;
	const struct event_field *fields;
	const char *const *hooks; /* NULL-terminated, in order of preference */
};

/* By slot: 0 .. EVENT_SLOTS - 1. */
extern const struct event_def event_defs[EVENT_SLOTS];

/* NULL when absent. O(1), also for an id that a record claims. */
const struct event_def *event_def_find(unsigned int id);
/* The event of a system call number, of the native ABI or of its 32-bit mode; NULL when absent. */
const struct event_def *event_def_find_nr(int nr, bool is_32bit);
/* NULL when absent. Binary search; not for the hot path. */
const struct event_def *event_def_find_name(const char *name);
/* The name nearest to `name` by edit distance, for error messages; NULL when nothing is near. */
const char *event_def_nearest(const char *name);
/* Index of the field, or -1. */
int event_def_field(const struct event_def *def, const char *name);
/* True if `set` (of `len` bytes) is one of the event's sets. */
bool event_def_in_set(const struct event_def *def, const char *set, size_t len);

/*
 * A number that two builds share exactly when their records and event table are the same: compared
 * at the handshake, written into recordings.
 */
uint64_t event_def_abi(void);
