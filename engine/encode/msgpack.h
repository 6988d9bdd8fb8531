/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack: an event as one msgpack map (prefix emp_), with json.h's keys in json.h's order and with
 * the same values: a str is what the JSON string says, and always valid UTF-8; numbers are ints,
 * but for a timespec with a fraction, which is a double; null is nil. What differs: content of
 * FK_BYTES is a bin, not base64. Never allocates once it is initialised. Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/encode/json.h"
#include "engine/event.h"

/* Writes one map to `out`; `cap` must be at least JSON_EVENT_MAX. Returns its length; 0 when cap is
 * less. */
size_t emp_event(uint8_t *out, size_t cap, const struct event *ev, const struct json_options *opt);

/* Once, before the first event. -ENOMEM: no event may be encoded. */
int emp_init(void);
