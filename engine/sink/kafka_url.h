/* SPDX-License-Identifier: Apache-2.0 */
/* kafka_url: options of kafka from "broker[:port][,broker[:port]]/topic" and keys. Pure; any
 * thread. */
#pragma once

#include "common/err.h"
#include "engine/sink/kafka.h"
#include "engine/sink/url.h"

#define KAFKA_URL_KEYS 17
extern const struct surl_key kafka_url_keys[KAFKA_URL_KEYS];

#define KAFKA_BROKERS_MAX 1024 /* bytes */
#define KAFKA_TOPIC_MAX 249    /* likewise; Kafka's own limit */

struct kafka_target {
	char brokers[KAFKA_BROKERS_MAX + 1];
	char topic[KAFKA_TOPIC_MAX + 1];
};

/* What is before the '?'. 0 or -EINVAL with err. */
int kafka_target_parse(struct kafka_target *ret_target, const char *text, struct err *err);
/* The texts are the target's and the keys', which have to outlive them; so has the list. */
void kafka_from_url(struct kafka_options *ret_options, const struct kafka_target *target,
		    const struct surl *keys, const char *ret_list[static SURL_PARAMS_MAX + 1]);
