/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_args: an event's arguments as a map of OTLP values (prefix oarg_). Thread: the engine's
 * loop.
 */
#pragma once

#include "engine/encode/json_args.h"
#include "engine/encode/otlp_write.h"
#include "engine/event.h"

/* Resolves the decoders of all events. Once. -ENOMEM. */
int oarg_init(void);

/* As jarg_write(); a map at `place`. */
void oarg_write(struct ow *w, struct ow_place place, const struct event *ev, bool parse,
		int64_t base_ns, struct jarg_marks *ret_marks);
