/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_args: an event's arguments as JSON: {"name","type","value"} of every field that its record
 * carries (prefix jarg_). Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/encode/symbols.h"
#include "engine/event.h"

/* What an argument takes at most: its frame, a number or a symbolic text. The content of strings
 * and the like takes up to JW_EXPANSION bytes for each byte of the record on top. */
#define JARG_FIXED_MAX 1536U

/* Fields whose value is not all that there was, as bits by field index. */
struct jarg_marks {
	uint32_t trunc;  /* cut */
	uint32_t unread; /* the memory could not be read: the value is empty */
};
_Static_assert(EVENT_FIELDS_MAX <= 32, "a bit for each field");

/* What the encoders have to know of a field before the first event. */
struct jarg_field {
	sym_fn decode;     /* NULL: its number speaks for itself */
	bool is_boot_time; /* a time on CLOCK_BOOTTIME */
	bool has_length;   /* a socket address, and the field after it is its length */
};

/* Of field `i` (< def->n_fields). Pure; any thread. */
struct jarg_field jarg_field(const struct event_def *def, unsigned int i);

/* Makes the constant pieces and resolves the decoders of all events. Once. -ENOMEM. */
int jarg_init(void);

/* How many fields the record carries. */
unsigned int jarg_count(const struct event *ev);

/* Writes the array. `parse`: symbolic values. `base_ns` is added to fields that are times on
 * CLOCK_BOOTTIME. */
char *jarg_write(char *p, const struct event *ev, bool parse, int64_t base_ns,
		 struct jarg_marks *ret_marks);
