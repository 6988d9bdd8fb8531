/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_conf: librdkafka's properties from ours, with files read, so that nothing has to be opened
 * inside the sandbox (prefix kconf_). Thread: any.
 */
#pragma once

#include "common/err.h"
#include "engine/sink/kafka.h"

struct rd_kafka_conf_s;

/* NULL with err, as kafka_new(). */
struct rd_kafka_conf_s *kconf_new(const struct kafka_options *opt, struct err *err);
