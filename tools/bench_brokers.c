/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_brokers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "tools/bench_clock.h"

#define PARTITIONS 4
#define LOOK_NS (20 * BENCH_NS_PER_MS)
#define ANSWER_MS 1000

bool bbrok_exist(void)
{
	return true;
}

/* Nothing is to disturb the tables. */
static void logged(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)text;
}

/* NULL: it cannot be made. `brokers` NULL: it has nobody to talk to. */
static rd_kafka_t *client_new(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *client = NULL;
	char why[256];

	rd_kafka_conf_set_log_cb(conf, logged);
	if (!brokers || rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why)) ==
				RD_KAFKA_CONF_OK)
		client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (!client)
		rd_kafka_conf_destroy(conf); /* else it is taken */
	return client;
}

static uint64_t messages(rd_kafka_t *client, int32_t partition)
{
	int64_t low, high;

	return rd_kafka_query_watermark_offsets(client, BBROK_TOPIC, partition, &low, &high,
						ANSWER_MS) == RD_KAFKA_RESP_ERR_NO_ERROR &&
			       high > 0
		       ? (uint64_t)high
		       : 0;
}

_Noreturn void bbrok_run(_Atomic uint32_t *port, _Atomic uint64_t *n_messages)
{
	rd_kafka_t *owner = client_new(NULL), *client;
	rd_kafka_mock_cluster_t *cluster = owner ? rd_kafka_mock_cluster_new(owner, 1) : NULL;
	const char *where = cluster ? rd_kafka_mock_cluster_bootstraps(cluster) : NULL;
	const char *colon = where ? strrchr(where, ':') : NULL;
	uint64_t n;

	client = colon ? client_new(where) : NULL;
	if (!client || rd_kafka_mock_topic_create(cluster, BBROK_TOPIC, PARTITIONS, 1))
		_exit(1);
	atomic_store_explicit(port, (uint32_t)strtoul(colon + 1, NULL, 10), memory_order_relaxed);
	for (;;) {
		n = 0;
		for (int32_t i = 0; i < PARTITIONS; i++)
			n += messages(client, i);
		atomic_store_explicit(n_messages, n, memory_order_relaxed);
		bench_sleep_until(bench_now_ns() + LOOK_NS);
	}
}
