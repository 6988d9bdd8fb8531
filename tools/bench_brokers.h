/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_brokers (bbrok_): a Kafka cluster for a benchmark: that which librdkafka has for tests,
 * which speaks the protocol over TCP and keeps the latest messages in memory. A build without
 * librdkafka has none. Thread: of a process of its own.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BBROK_TOPIC "bench"

bool bbrok_exist(void);
/* Runs them until the process is killed. *port is set once they listen on 127.0.0.1; *n_messages,
 * how many they have been sent, is looked at now and then. Relaxed, both: the parent looks until
 * they are what it waits for. */
_Noreturn void bbrok_run(_Atomic uint32_t *port, _Atomic uint64_t *n_messages);
