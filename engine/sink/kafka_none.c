/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "engine/sink/kafka.h"

struct transport *kafka_new(const struct kafka_options *opt, struct err *err)
{
	(void)err_set(err, -EOPNOTSUPP,
		      "kafka: this build has none, as librdkafka was not there; topic '%s' "
		      "expects one that has",
		      opt->topic);
	return NULL;
}
