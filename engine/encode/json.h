/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json: an event as one line of JSON, keys in the order of Tracee 0.22's trace.Event. Always valid
 * JSON in valid UTF-8: bytes that are not become U+FFFD, control characters are escaped. Never
 * allocates once it is initialised. Thread: the engine's loop.
 *
 * Behind Tracee's keys, and only when it has something to say, comes Warder's own:
 *   "marks":{"trunc":[names],"unread":[names],"contextLost":true,"enter":true,"policiesOmitted":n}
 * trunc and unread name the arguments (or "executable") that were cut, or could not be read and are
 * therefore empty; contextLost: who the task was is not known, its keys are zero or empty; enter: a
 * system call that had not returned yet; policiesOmitted: so many matched policies had no room.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

struct json_options {
	bool parse_arguments;    /* symbolic values; the argument's type becomes "string" */
	bool relative_time;      /* timestamps since the engine's start */
	int64_t epoch_offset_ns; /* add to CLOCK_BOOTTIME for the time since the epoch */
	uint64_t start_ns;       /* CLOCK_BOOTTIME of the start, for relative_time */
};

#define JSON_EVENT_MAX (1U << 20) /* bytes; no event needs more (records are <= 32 KiB) */

#define JSON_CONTAINER_TEXT_MAX 1024U /* bytes of a container's or pod's name and the like */

/* Writes one line with its '\n' to `out`; `cap` must be at least JSON_EVENT_MAX. Returns its
 * length; 0 when cap is less. */
size_t json_event(char *out, size_t cap, const struct event *ev, const struct json_options *opt);

/* Once, before the first event: resolves the argument decoders and makes what is constant. -ENOMEM:
 * no event may be encoded. */
int json_init(void);
