/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack_document: an event that is JSON already, in whatever profile, as one msgpack map (prefix
 * emp_): texts without JSON's escapes, whole numbers as ints, others as doubles. Never allocates.
 * Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The map's length; 0: the line is no JSON object, or `cap` is not enough. */
size_t emp_document(uint8_t *out, size_t cap, const char *line, size_t len);
