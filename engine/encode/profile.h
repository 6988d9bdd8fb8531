/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile: an event in the words of somebody else's schema, as one line of JSON. Made from the
 * event's own line. Never allocates. Pure; any thread.
 *
 * ECS 8 (Elastic Common Schema): @timestamp, event.*, process.* (ids of the host), user.id, host.*,
 * container.*, orchestrator.*, file.*, source.* and destination.*; of a finding rule.* and
 * threat.*. What the schema has no place for is in "warder": {"policies", "args" {name: value},
 * "return_value", "syscall", ...}; `warder.args` is best indexed as `flattened`, since the type of
 * a value depends on the event.
 *
 * OCSF 1.3 (Open Cybersecurity Schema Framework), by what the event is about:
 *   Process Activity 1007, Memory Activity 1004, Kernel Extension Activity 1002, File System
 *   Activity 1001, Network Activity 4001 (of internet addresses), Kernel Activity 1003 (every other
 *   system call), Detection Finding 2004 (what has `metadata`), Base Event 0 (the rest).
 * The rest is in "unmapped", in the same form as ECS's "warder". Times are milliseconds, as OCSF
 * has them; metadata.original_time has the nanoseconds.
 *
 * ECS and OCSF are about the time of day: not for lines with relative times. A numeric value is
 * what the line says; what is empty there is left out.
 *
 * Compact is no foreign schema: the native keys in their order, about half as long. "args" is
 * {name: value}; left out are argsNum, what is empty (flags that are false, the policy without a
 * name), ids in the host where they are those in the namespace, and the thread's where they are the
 * process's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/encode/json.h"

enum profile { PROFILE_NATIVE, PROFILE_ECS, PROFILE_OCSF, PROFILE_COMPACT, PROFILES };
#define PROFILE_WORDS "native|ecs|ocsf|compact"

const char *profile_name(enum profile profile); /* "native", ... */
/* Is it about the time of day? */
bool profile_needs_time(enum profile profile);

/* Room for what a line of `len` bytes becomes: no value is in it more than four times. */
#define PROFILE_EVENT_MAX(len) (4 * (len) + 4096)

/* Writes the line with its '\n' and returns its length; NATIVE is the line as it is. 0: `line` is
 * not an event's JSON, or `cap` is not enough. */
size_t profile_event(enum profile profile, char *out, size_t cap, const char *line, size_t len);
