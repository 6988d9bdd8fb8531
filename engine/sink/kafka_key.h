/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_key: what chooses an event's partition (prefix kafka_). Pure; any thread. */
#pragma once

#include <stddef.h>

#include "engine/sink/kafka.h"

struct kafka_key_value {
	const char *at; /* in the event, or constant; NULL: none, any partition will do */
	size_t len;
};

/* `host` is this host's name. An event of no container has no key of that kind. */
struct kafka_key_value kafka_key_of(enum kafka_key key, enum profile profile, const char *host,
				    const struct batch_item *item);
