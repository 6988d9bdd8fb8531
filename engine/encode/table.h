/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table: an event as one line of columns, as Tracee 0.22 prints it: `table` and `table-verbose`.
 * Made from the event's JSON line. A line is a line whatever names are in it: see plain.h. Never
 * allocates. Thread: one for each struct table; the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_containers {
	TABLE_CONTAINERS_OFF,
	TABLE_CONTAINERS_ID,       /* their ids; process ids as in the container/as on the host */
	TABLE_CONTAINERS_ENRICHED, /* and the image */
};

struct table_options {
	bool is_verbose;
	enum table_containers containers;
	bool relative_time; /* as in json_options: times are counted from 00:00:00 */
};

/* Zero but for the options when it begins. */
struct table {
	struct table_options opt;
	int64_t second; /* that `clock` is of; 0 with clock "": none yet */
	char clock[16]; /* "15:04:05:" */
};

#define TABLE_LINE_MIN 1024U /* bytes that a buffer must have */

/* The time zone is read by the first call, so before the sandbox: table_header() does. */
/* The line with the names of the columns, with its '\n'. Returns its length; `cap` is at least
 * TABLE_LINE_MIN. */
size_t table_header(struct table *t, char *out, size_t cap);
/* The line of an event, with its '\n'; one that is longer than `cap` (at least TABLE_LINE_MIN) is
 * cut and ends with "...". 0: `line` is not an event's JSON. */
size_t table_event(struct table *t, char *out, size_t cap, const char *line, size_t len);
