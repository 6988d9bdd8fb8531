/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack_args: an event's arguments as msgpack: an array of {"name","type","value"} of every field
 * that its record carries (prefix mparg_). Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/encode/json_args.h"
#include "engine/event.h"

/* Makes the constant pieces and resolves the decoders of all events. Once. -ENOMEM. */
int mparg_init(void);

/* As jarg_write(). */
uint8_t *mparg_write(uint8_t *p, const struct event *ev, bool parse, int64_t base_ns,
		     struct jarg_marks *ret_marks);
