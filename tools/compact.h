/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compact: an event as one line for people: when, which process, where it runs, what it did, and
 * how that ended. Made from the event's JSON line; a line is a line and a terminal stays as it is
 * whatever names are in it (engine/encode/plain.h).
 *
 *   15:04:05.123456 /usr/bin/cat[1234] default/web -> openat pathname=/etc/shadow = -13 EACCES
 *
 * Pure but for the time zone; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define COMPACT_LINE_MIN 256U

/* Writes the line with its '\n'; `cap` is at least COMPACT_LINE_MIN, what is longer is cut. 0:
 * `line` is not an event's JSON. */
size_t compact_event(char *out, size_t cap, const char *line, size_t len, bool is_coloured);
