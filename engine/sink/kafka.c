/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/kafka.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/utsname.h>

#include <librdkafka/rdkafka.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/now.h"
#include "engine/sink/kafka_conf.h"
#include "engine/sink/kafka_key.h"
#include "engine/sink/payload.h"
#include "engine/sink/wait.h"

#define BATCH_ITEMS 4096U
#define BATCH_BYTES (4U << 20)
#define LINGER_MS 20
#define CONNECT_MS 10000
#define SEND_MS 30000
#define ANSWER_MS 1000 /* for a broker that is far away, before it is asked again */
#define LOOK_MS 100    /* how often a wait is interrupted to see whether it is the end */

struct kafka {
	struct transport t; /* first */
	rd_kafka_conf_t *conf;
	rd_kafka_t *rk; /* NULL: not connected yet */
	rd_kafka_topic_t *topic;
	char where[300];
	char topic_name[256];
	char host[256];
	enum kafka_key key;
	enum profile profile;
	int64_t connect_timeout_ms, send_timeout_ms;
	bool is_connected;
	bool are_all_down; /* no broker is left, since the latest success */
	char trouble[160]; /* the latest of one broker, likewise */
	/* Of the batch that is on its way. */
	size_t n_waiting, n_refused;
	uint16_t todo[BATCH_ITEMS]; /* which of its events are to be sent, in this order */
	uint16_t back[BATCH_ITEMS]; /* which a broker did not take, whatever is wrong with them */
	size_t n_todo, n_back;
	rd_kafka_resp_err_t why_back;
	rd_kafka_resp_err_t failure; /* the first one */
	char refusal[160];
};

static struct kafka *kafka_of(struct transport *t)
{
	return (struct kafka *)t;
}

/* --- What the library tells, within rd_kafka_poll(). --- */

/* The event itself is at fault, or one that was in a message set with it. */
static bool is_refusal(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
	       code == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE ||
	       code == RD_KAFKA_RESP_ERR_INVALID_RECORD;
}

/* By us: not what is wrong. */
static bool is_given_up(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

static void refuse(struct kafka *k, rd_kafka_resp_err_t code)
{
	k->n_refused++;
	(void)snprintf(k->refusal, sizeof(k->refusal), "%s", rd_kafka_err2str(code));
}

static void note(struct kafka *k, rd_kafka_resp_err_t code)
{
	if (!is_given_up(code) && k->failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
		k->failure = code;
	}
}

static void reported(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
	struct kafka *k = opaque;

	(void)rk;
	k->n_waiting--;
	if (is_refusal(message->err)) {
		k->back[k->n_back++] = (uint16_t)(uintptr_t)message->_private;
		k->why_back = message->err;
	} else {
		note(k, message->err);
	}
}

static void troubled(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
	struct kafka *k = opaque;

	(void)rk;
	k->are_all_down |= code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
	/* That all are down does not say why. */
	if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		(void)snprintf(k->trouble, sizeof(k->trouble), "%s", reason); /* cut: for a log */
}

/* The library tells the same trouble once in a while only: what it told is true until then. */
static void forget_trouble(struct kafka *k)
{
	k->are_all_down = false;
	k->trouble[0] = '\0';
}

/* The worker says what matters; this is for who looks closer. Any thread. */
static void logged(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	log_debug("kafka: %s: %s", facility, text);
}

/* --- Connecting. --- */

static bool is_cancelled(const struct kafka *k)
{
	struct pollfd pfd = { .fd = k->t.cancel_fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

static int make(struct kafka *k, struct err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(k->conf);
	char why[256] = "";

	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_dr_msg_cb(conf, reported);
	rd_kafka_conf_set_error_cb(conf, troubled);
	rd_kafka_conf_set_log_cb(conf, logged);
	k->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why)); /* takes it */
	if (!k->rk) {
		rd_kafka_conf_destroy(conf);
		return err_set(err, -EIO, "'%s': %s", k->where, why);
	}
	k->topic = rd_kafka_topic_new(k->rk, k->topic_name, NULL);
	if (k->topic)
		return 0;
	(void)err_set(err, -EIO, "'%s': %s", k->where, rd_kafka_err2str(rd_kafka_last_error()));
	rd_kafka_destroy(k->rk);
	k->rk = NULL;
	return -EIO;
}

/* Whether a broker knows the topic. Those that make topics by themselves make it now, before there
 * is an event that would have to wait for it. */
static rd_kafka_resp_err_t ask_for_topic(struct kafka *k)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(k->rk, 0, k->topic, &metadata, ANSWER_MS);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return code;
	code = metadata->topic_cnt == 1 ? metadata->topics[0].err
					: RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	rd_kafka_metadata_destroy(metadata);
	return code;
}

/* The library has met nobody, and has told what it met instead. */
static bool is_unreached(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__TIMED_OUT ||
	       code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
}

static bool may_pass(rd_kafka_resp_err_t code)
{
	return is_unreached(code) || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	       code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

/* The library's own word for "nobody" says less than what it has met. */
static const char *why_not(const struct kafka *k, rd_kafka_resp_err_t code)
{
	return is_unreached(code) && k->trouble[0] ? k->trouble : rd_kafka_err2str(code);
}

/* Until one broker tells about the topic. The library reconnects by itself: what is made stays. */
static int kafka_connect(struct transport *t, struct err *err)
{
	struct kafka *k = kafka_of(t);
	struct swait wait = swait_for(t->cancel_fd, k->connect_timeout_ms);
	rd_kafka_resp_err_t code;

	if (k->is_connected)
		return 0;
	if (!k->rk && make(k, err) < 0)
		return -EIO;
	for (;;) {
		if (is_cancelled(k))
			return err_set(err, -ECANCELED, "'%s': not connected", k->where);
		code = ask_for_topic(k);
		if (!may_pass(code) || swait_left_ms(&wait) == 0)
			break;
		(void)rd_kafka_poll(k->rk, LOOK_MS);
	}
	(void)rd_kafka_poll(k->rk, 0);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return err_set(err, -ENOTCONN, "'%s': not connected (%s)", k->where,
			       why_not(k, code));
	forget_trouble(k);
	k->is_connected = true;
	return 0;
}

/* --- Sending. --- */

static rd_kafka_resp_err_t produce(struct kafka *k, const struct batch *batch, uint16_t which)
{
	const struct batch_item *item = &batch->items[which];
	const struct kafka_key_value key = kafka_key_of(k->key, k->profile, k->host, item);

	/* Not copied: it is reported before send() returns. */
	return rd_kafka_producev(
		k->rk, RD_KAFKA_V_RKT(k->topic),
		RD_KAFKA_V_VALUE((void *)(uintptr_t)item->data, spay_item_len(item)),
		RD_KAFKA_V_KEY((void *)(uintptr_t)key.at, key.len),
		RD_KAFKA_V_TIMESTAMP(item->time_ns / NOW_NS_PER_MS),
		RD_KAFKA_V_OPAQUE((void *)(uintptr_t)which), RD_KAFKA_V_END);
}

static void produce_all(struct kafka *k, const struct batch *batch, const uint16_t *which, size_t n,
			const struct swait *wait)
{
	for (size_t i = 0; i < n && k->failure == RD_KAFKA_RESP_ERR_NO_ERROR;) {
		rd_kafka_resp_err_t code = produce(k, batch, which[i]);

		if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL && swait_left_ms(wait) > 0 &&
		    !is_cancelled(k)) {
			(void)rd_kafka_poll(k->rk, LOOK_MS);
			continue;
		}
		k->n_waiting += code == RD_KAFKA_RESP_ERR_NO_ERROR;
		if (is_refusal(code))
			refuse(k, code);
		else
			note(k, code);
		i++;
	}
}

/* All of them, whatever it takes: what is given up is reported too. */
static int wait_reports(struct kafka *k, const struct swait *wait)
{
	int rc = 0;

	while (k->n_waiting > 0) {
		if (rc == 0 && (is_cancelled(k) || swait_left_ms(wait) == 0)) {
			rc = is_cancelled(k) ? -ECANCELED : -ETIMEDOUT;
			(void)rd_kafka_purge(k->rk,
					     RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
		}
		(void)rd_kafka_poll(k->rk, LOOK_MS);
	}
	return rc;
}

/* A broker takes a message set as a whole or not at all: what comes back is sent again in halves,
 * until the event is alone that it does not take; or none is, where its limit is less than ours. */
static int send_parts(struct kafka *k, const struct batch *batch, const struct swait *wait)
{
	size_t part = k->n_todo, n;
	int rc = 0;

	for (size_t at = 0; at < k->n_todo; at += n) {
		n = k->n_todo - at < part ? k->n_todo - at : part;
		k->n_back = 0;
		produce_all(k, batch, k->todo + at, n, wait);
		rc = wait_reports(k, wait);
		if (rc < 0 || k->failure != RD_KAFKA_RESP_ERR_NO_ERROR)
			break;
		if (k->n_back > 0 && n == 1) {
			refuse(k, k->why_back);
		} else if (k->n_back > 0) {
			n -= k->n_back;
			memcpy(k->todo + at + n, k->back, k->n_back * sizeof(k->back[0]));
			part = k->n_back > 1 ? k->n_back / 2 : 1;
		} else if (part < k->n_todo) {
			part *= 2;
		}
	}
	return rc;
}

static int judge(struct kafka *k, int rc, struct delivery *ret)
{
	/* Given up by us: as if the library had found the time too long. */
	rd_kafka_resp_err_t code = k->failure != RD_KAFKA_RESP_ERR_NO_ERROR
					   ? k->failure
					   : RD_KAFKA_RESP_ERR__MSG_TIMED_OUT;
	struct err err = { 0 };

	if (rc == 0 && k->failure == RD_KAFKA_RESP_ERR_NO_ERROR) {
		forget_trouble(k);
		ret->n_refused = k->n_refused;
		if (k->n_refused > 0)
			(void)snprintf(ret->text, sizeof(ret->text), "%s", k->refusal);
		return 0;
	}
	(void)err_set(&err, -EIO, "'%.100s': %s", k->where, why_not(k, code));
	(void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)sizeof(ret->text) - 1, err.text);
	/* So that the topic is asked for: what was wrong with it the library would believe for five
	 * minutes. */
	k->is_connected = false;
	if (rc == 0 && !is_unreached(code))
		return -EAGAIN; /* an answer: the connection is sound */
	return rc < 0 ? rc : -ETIMEDOUT;
}

static int kafka_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct kafka *k = kafka_of(t);
	struct swait wait = swait_for(t->cancel_fd, k->send_timeout_ms);
	struct err err = { 0 };
	int rc;

	*ret = (struct delivery){ .retry_after_ms = -1 };
	if (batch->n > BATCH_ITEMS)
		return -E2BIG;
	rc = kafka_connect(t, &err);
	if (rc < 0) {
		(void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)sizeof(ret->text) - 1,
			       err.text);
		return rc;
	}
	k->n_waiting = k->n_refused = 0;
	k->failure = RD_KAFKA_RESP_ERR_NO_ERROR;
	k->refusal[0] = '\0';
	k->n_todo = batch->n;
	for (size_t i = 0; i < batch->n; i++)
		k->todo[i] = (uint16_t)i;
	rc = send_parts(k, batch, &wait);
	return judge(k, rc, ret);
}

static int kafka_idle(struct transport *t)
{
	struct kafka *k = kafka_of(t);

	if (!k->rk || !k->is_connected)
		return -ENOTCONN;
	(void)rd_kafka_poll(k->rk, 0);
	if (k->are_all_down) /* one alone says nothing */
		k->is_connected = false;
	return k->is_connected ? 0 : -ENOTCONN;
}

static void kafka_disconnect(struct transport *t)
{
	kafka_of(t)->is_connected = false;
}

static void kafka_free(struct transport *t)
{
	struct kafka *k = kafka_of(t);

	if (!k)
		return;
	if (k->topic)
		rd_kafka_topic_destroy(k->topic);
	if (k->rk)
		rd_kafka_destroy(k->rk);
	if (k->conf)
		rd_kafka_conf_destroy(k->conf);
	free(k);
}

static const struct transport_ops kafka_ops = {
	.connect = kafka_connect,
	.send = kafka_send,
	.idle = kafka_idle,
	.disconnect = kafka_disconnect,
	.free = kafka_free,
};

struct transport *kafka_new(const struct kafka_options *opt, struct err *err)
{
	struct kafka_options conf = *opt;
	struct kafka *k = calloc(1, sizeof(*k));
	struct utsname uts = { .nodename = "" };

	if (!k) {
		(void)err_set(err, -ENOMEM, "kafka: out of memory");
		return NULL;
	}
	(void)uname(&uts); /* the name stays empty then */
	conf.connect_timeout_ms =
		opt->connect_timeout_ms > 0 ? opt->connect_timeout_ms : CONNECT_MS;
	conf.send_timeout_ms = opt->send_timeout_ms > 0 ? opt->send_timeout_ms : SEND_MS;
	k->t = (struct transport){ .ops = &kafka_ops,
				   .kind = "kafka",
				   .batch_items_max = BATCH_ITEMS,
				   .batch_bytes_max = BATCH_BYTES,
				   .linger_ms = LINGER_MS,
				   .cancel_fd = -1 };
	k->key = opt->key;
	k->profile = opt->profile;
	k->connect_timeout_ms = conf.connect_timeout_ms;
	k->send_timeout_ms = conf.send_timeout_ms;
	(void)snprintf(k->topic_name, sizeof(k->topic_name), "%s", opt->topic);
	(void)snprintf(k->host, sizeof(k->host), "%s", opt->host ? opt->host : uts.nodename);
	(void)snprintf(k->where, sizeof(k->where), "kafka:%.200s/%.80s", opt->brokers, opt->topic);
	k->conf = kconf_new(&conf, err);
	if (!k->conf) {
		kafka_free(&k->t);
		return NULL;
	}
	return &k->t;
}
