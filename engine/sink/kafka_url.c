/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/kafka_url.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"

#define ALNUM "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
#define KEY(name_, type_, words_, standard_, meaning_)                                             \
	{                                                                                          \
		.name = (name_), .type = (type_), .words = (words_), .standard = (standard_),      \
		.meaning = (meaning_)                                                              \
	}

const struct surl_key kafka_url_keys[] = {
	KEY("key", SURL_WORD, KAFKA_KEY_WORDS, "none",
	    "what chooses the partition: events of one host, kind, container or process keep "
	    "their order; none spreads them"),
	KEY("acks", SURL_WORD, "all|1|0", "all",
	    "who confirms: all replicas, their leader, nobody"),
	KEY("compression", SURL_WORD, "none|gzip|snappy|lz4|zstd", "none", "of what is sent"),
	KEY("clientId", SURL_TEXT, "NAME", "warder", "who we say we are"),
	KEY("tls", SURL_BOOL, NULL, "false", "connect with TLS"),
	KEY("caFile", SURL_TEXT, "FILE", "the system's", "with tls: whom to trust"),
	KEY("certFile", SURL_TEXT, "FILE", NULL, "with tls: the client's certificate"),
	KEY("keyFile", SURL_TEXT, "FILE", "in certFile", "with tls: its key"),
	KEY("insecure", SURL_BOOL, NULL, "false", "with tls: any certificate will do"),
	KEY("sasl", SURL_WORD, "PLAIN|SCRAM-SHA-256|SCRAM-SHA-512", NULL, "how the user logs in"),
	KEY("user", SURL_TEXT, "NAME", NULL, "with sasl: who"),
	KEY("password", SURL_TEXT, "TEXT", NULL, "with sasl: better in a file"),
	KEY("passwordFile", SURL_TEXT, "FILE", NULL, "with sasl: its first line is the password"),
	{ .name = "property",
	  .type = SURL_TEXT,
	  .may_repeat = true,
	  .words = "NAME=VALUE",
	  .meaning = "any other of librdkafka's properties; repeatable" },
	KEY("connectionTimeout", SURL_DURATION, NULL, "10s", "for one broker to answer"),
	KEY("sendTimeout", SURL_DURATION, NULL, "30s", "for a batch to be confirmed"),
	KEY("selfHostname", SURL_TEXT, "NAME", "the host's", "the key of key=host"),
};

static int fail(const char *text, size_t len, const char *expected, struct err *err)
{
	char part[QUOTE_MAX + 2] = "", quoted[QUOTE_CAP];

	memcpy(part, text, len < sizeof(part) - 1 ? len : sizeof(part) - 1);
	return err_set(err, -EINVAL, "kafka: '%s' is not right, expected %s",
		       quote_text(quoted, part), expected);
}

int kafka_target_parse(struct kafka_target *ret_target, const char *text, struct err *err)
{
	size_t len = strcspn(text, "/?"), topic_len;
	const char *topic = text + len + 1;

	if (text[len] != '/')
		return fail(text, len, "'broker:port[,broker:port]/topic'", err);
	topic_len = strcspn(topic, "?");
	if (len == 0 || len > KAFKA_BROKERS_MAX || strspn(text, ALNUM ".-_:[],") < len ||
	    *text == ',' || text[len - 1] == ',' || memmem(text, len, ",,", 2))
		return fail(text, len, "brokers as in 'host:9092,host'", err);
	if (topic_len == 0 || topic_len > KAFKA_TOPIC_MAX || strspn(topic, ALNUM "._-") < topic_len)
		return fail(topic, topic_len, "a topic of letters, digits, '.', '_' and '-'", err);
	memcpy(ret_target->brokers, text, len);
	ret_target->brokers[len] = '\0';
	memcpy(ret_target->topic, topic, topic_len);
	ret_target->topic[topic_len] = '\0';
	return 0;
}

void kafka_from_url(struct kafka_options *ret_options, const struct kafka_target *target,
		    const struct surl *keys, const char *ret_list[static SURL_PARAMS_MAX + 1])
{
	*ret_options = (struct kafka_options){
		.brokers = target->brokers,
		.topic = target->topic,
		.key = (enum kafka_key)surl_word(keys, "key", KAFKA_KEY_WORDS, KAFKA_KEY_NONE),
		.profile = (enum profile)surl_word(keys, "profile", PROFILE_WORDS, PROFILE_NATIVE),
		.host = surl_text(keys, "selfHostname", NULL),
		.acks = surl_text(keys, "acks", NULL),
		.compression = surl_text(keys, "compression", NULL),
		.client_id = surl_text(keys, "clientId", NULL),
		.is_tls = surl_bool(keys, "tls", false),
		.ca_file = surl_text(keys, "caFile", NULL),
		.cert_file = surl_text(keys, "certFile", NULL),
		.key_file = surl_text(keys, "keyFile", NULL),
		.insecure = surl_bool(keys, "insecure", false),
		.sasl = surl_text(keys, "sasl", NULL),
		.user = surl_text(keys, "user", NULL),
		.password = surl_text(keys, "password", NULL),
		.password_file = surl_text(keys, "passwordFile", NULL),
		.properties = surl_list(keys, "property", ret_list),
		.connect_timeout_ms = surl_duration_ms(keys, "connectionTimeout", 0),
		.send_timeout_ms = surl_duration_ms(keys, "sendTimeout", 0),
	};
}
