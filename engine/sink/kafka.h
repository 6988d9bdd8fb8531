/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka: a transport for Apache Kafka through librdkafka (prefix kafka_). One message an event, its
 * value the event's JSON without the line's end, its timestamp the event's. A batch is sent when
 * the brokers have confirmed every message of it (with acks=0: when it is written); then, and not
 * before, its spool lets it go. One that comes back is sent again as a whole: at least once.
 * Brokers take a message set whole or not at all: what they call too large is sent again in smaller
 * parts, so that an event is lost, and counted, only when it is too large alone. Connected means
 * that a broker knows the topic; it may make it when it is asked for it.
 *
 * A build without librdkafka has kafka_none.c instead, where kafka_new() says so.
 *
 * Thread: a transport's; librdkafka has its own, made by the first connect(). Reports are taken
 * within send(): nothing of a batch is borrowed any longer when that returns.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/encode/profile.h"
#include "engine/sink/transport.h"

/* What chooses the partition. */
enum kafka_key {
	KAFKA_KEY_NONE,
	KAFKA_KEY_HOST,
	KAFKA_KEY_EVENT,
	KAFKA_KEY_CONTAINER,
	KAFKA_KEY_PROCESS
};
#define KAFKA_KEY_WORDS "none|host|event|container|process"

/* NULL and 0 mean what is said in brackets. */
struct kafka_options {
	const char *brokers; /* "host:port,host" */
	const char *topic;
	enum kafka_key key;
	enum profile profile;    /* of the lines: where the key is found */
	const char *host;        /* key of KAFKA_KEY_HOST [the host's name] */
	const char *acks;        /* "all", "1", "0" ["all"] */
	const char *compression; /* "none", "gzip", "snappy", "lz4", "zstd" ["none"] */
	const char *client_id;   /* ["warder"] */
	bool is_tls;
	const char *ca_file;   /* read by kafka_new() [whom the system trusts] */
	const char *cert_file; /* likewise; of the client [none] */
	const char *key_file;  /* likewise [in cert_file] */
	bool insecure;         /* any certificate will do */
	const char *sasl;      /* "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" [none] */
	const char *user, *password;
	const char *password_file;     /* its first line; read by kafka_new() */
	const char *const *properties; /* librdkafka's, "name=value", NULL-ended [none] */
	int64_t connect_timeout_ms;    /* for one broker to answer [10 s] */
	int64_t send_timeout_ms;       /* for a batch to be confirmed [30 s] */
};

/* NULL with err: -EINVAL (what librdkafka does not take), -ENOENT, -EACCES (files), -ENOMEM,
 * -EOPNOTSUPP (this build has none). Connects to nobody. */
struct transport *kafka_new(const struct kafka_options *opt, struct err *err);
