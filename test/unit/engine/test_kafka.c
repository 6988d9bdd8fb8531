/* SPDX-License-Identifier: Apache-2.0 */
/* kafka against the brokers that librdkafka has for tests: they speak the protocol over TCP. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/wait.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/now.h"
#include "engine/sandbox.h"
#include "engine/sink/http_client.h"
#include "engine/sink/kafka.h"
#include "engine/sink/kafka_key.h"

#define TOPIC "events"
#define TIME_NS 1785579072123456789LL
#define API_PRODUCE 0

/* --- Brokers, and who reads from them. --- */

static rd_kafka_t *owner;
static rd_kafka_mock_cluster_t *cluster;
static const char *brokers;

static void quiet(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	(void)level;
	(void)facility;
	(void)text;
}

static void setup(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[256];

	signal(SIGPIPE, SIG_IGN);
	rd_kafka_conf_set_log_cb(conf, quiet);
	owner = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	ck_assert_msg(owner != NULL, "%s", why);
	cluster = rd_kafka_mock_cluster_new(owner, 2);
	ck_assert_ptr_nonnull(cluster);
	brokers = rd_kafka_mock_cluster_bootstraps(cluster);
	ck_assert_int_eq(rd_kafka_mock_topic_create(cluster, TOPIC, 4, 2), 0);
}

static void teardown(void)
{
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(owner);
}

static rd_kafka_t *reader_new(void)
{
	rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(4);
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *reader;
	char why[256];

	rd_kafka_conf_set_log_cb(conf, quiet);
	ck_assert_int_eq(rd_kafka_conf_set(conf, "bootstrap.servers", brokers, why, sizeof(why)),
			 RD_KAFKA_CONF_OK);
	ck_assert_int_eq(rd_kafka_conf_set(conf, "group.id", "test", why, sizeof(why)),
			 RD_KAFKA_CONF_OK);
	reader = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	ck_assert_msg(reader != NULL, "%s", why);
	for (int32_t i = 0; i < 4; i++)
		rd_kafka_topic_partition_list_add(all, TOPIC, i)->offset =
			RD_KAFKA_OFFSET_BEGINNING;
	ck_assert_int_eq(rd_kafka_assign(reader, all), RD_KAFKA_RESP_ERR_NO_ERROR);
	rd_kafka_topic_partition_list_destroy(all);
	return reader;
}

static rd_kafka_message_t *read_one(rd_kafka_t *reader)
{
	for (int i = 0; i < 100; i++) {
		rd_kafka_message_t *m = rd_kafka_consumer_poll(reader, 100);

		if (m && !m->err)
			return m;
		if (m)
			rd_kafka_message_destroy(m);
	}
	ck_abort_msg("no message");
	return NULL;
}

/* --- Who sends. --- */

static struct kafka_options standard(void)
{
	return (struct kafka_options){ .brokers = brokers,
				       .topic = TOPIC,
				       .connect_timeout_ms = 3000,
				       .send_timeout_ms = 5000 };
}

static struct transport *sender_new(const struct kafka_options *opt)
{
	struct err err = { 0 };
	struct transport *t = kafka_new(opt, &err);

	ck_assert_msg(t != NULL, "%s", err.text);
	return t;
}

static struct batch_item item_of(const char *line)
{
	return (struct batch_item){ .data = (const uint8_t *)line,
				    .len = (uint32_t)strlen(line),
				    .event = EV_OPENAT,
				    .time_ns = TIME_NS };
}

static int send_lines(struct transport *t, const char *const *lines, size_t n, struct delivery *ret)
{
	struct batch_item items[64];
	struct batch batch = { .items = items, .n = n };

	ck_assert_uint_le(n, ARRAY_LEN(items));
	for (size_t i = 0; i < n; i++) {
		items[i] = item_of(lines[i]);
		batch.n_bytes += items[i].len;
	}
	return t->ops->send(t, &batch, ret);
}

static const char *const lines[] = {
	"{\"containerId\":\"c1\",\"processEntityId\":7,\"n\":0}\n",
	"{\"containerId\":\"c2\",\"processEntityId\":8,\"n\":1}\n",
	"{\"containerId\":\"\",\"processEntityId\":9,\"n\":2}\n",
};

/* --- Tests. --- */

START_TEST(events_arrive_as_messages)
{
	struct kafka_options opt = standard();
	struct transport *t;
	rd_kafka_t *reader;
	bool has[3] = { false };
	struct delivery ret;
	rd_kafka_timestamp_type_t type;

	opt.key = KAFKA_KEY_CONTAINER;
	t = sender_new(&opt);
	ck_assert_msg(send_lines(t, lines, 3, &ret) == 0, "%s", ret.text);
	ck_assert_uint_eq(ret.n_refused, 0);
	ck_assert_int_eq(t->ops->idle(t), 0);
	t->ops->free(t);
	reader = reader_new();
	for (int i = 0; i < 3; i++) {
		rd_kafka_message_t *m = read_one(reader);
		char n = ((const char *)m->payload)[m->len - 2];
		size_t at = (size_t)(n - '0');

		ck_assert_uint_lt(at, 3);
		has[at] = true;
		ck_assert_uint_eq(m->len, strlen(lines[at]) - 1);
		ck_assert_mem_eq(m->payload, lines[at], m->len);
		ck_assert_int_eq(rd_kafka_message_timestamp(m, &type), TIME_NS / 1000000);
		ck_assert_uint_eq(m->key_len, at == 2 ? 0 : 2);
		if (at < 2)
			ck_assert_mem_eq(m->key, at ? "c2" : "c1", 2);
		rd_kafka_message_destroy(m);
	}
	ck_assert(has[0] && has[1] && has[2]);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
}
END_TEST

/* Those of one key share a partition, so that they keep their order. */
START_TEST(a_key_chooses_the_partition)
{
	struct kafka_options opt = standard();
	struct transport *t;
	rd_kafka_t *reader;
	const char *many[32];
	struct delivery ret;
	int32_t partition = -1;

	opt.key = KAFKA_KEY_HOST;
	opt.host = "node-1";
	t = sender_new(&opt);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = lines[i % 3];
	ck_assert_int_eq(send_lines(t, many, ARRAY_LEN(many), &ret), 0);
	t->ops->free(t);
	reader = reader_new();
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		rd_kafka_message_t *m = read_one(reader);

		ck_assert(partition < 0 || partition == m->partition);
		partition = m->partition;
		ck_assert_mem_eq(m->payload, many[i], m->len);
		rd_kafka_message_destroy(m);
	}
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
}
END_TEST

START_TEST(what_is_too_large_is_refused_alone)
{
	struct kafka_options opt = standard();
	const char *const properties[] = { "message.max.bytes=20000", NULL };
	CLEANUP_FREE char *large = calloc(1, 30001);
	const char *const three[] = { lines[0], large, lines[2] };
	struct delivery ret;
	struct transport *t;

	memset(large, 'x', 30000);
	opt.properties = properties;
	t = sender_new(&opt);
	ck_assert_msg(send_lines(t, three, 3, &ret) == 0, "%s", ret.text);
	ck_assert_uint_eq(ret.n_refused, 1);
	ck_assert_int_ne(ret.text[0], '\0');
	t->ops->free(t);
}
END_TEST

/* All are in one message set, which the broker does not take: its limit is less than ours. */
START_TEST(what_a_broker_does_not_take_together_it_gets_in_parts)
{
	struct kafka_options opt = standard();
	struct transport *t;
	rd_kafka_t *reader;
	const char *many[32];
	unsigned int counts[3] = { 0 };
	struct delivery ret;

	opt.key = KAFKA_KEY_HOST;
	opt.host = "node-1";
	t = sender_new(&opt);
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = lines[i % 3];
	rd_kafka_mock_push_request_errors(
		cluster, API_PRODUCE, 3, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
		RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	ck_assert_msg(send_lines(t, many, ARRAY_LEN(many), &ret) == 0, "%s", ret.text);
	ck_assert_uint_eq(ret.n_refused, 0);
	t->ops->free(t);
	reader = reader_new();
	for (size_t i = 0; i < ARRAY_LEN(many); i++) {
		rd_kafka_message_t *m = read_one(reader);

		counts[((const char *)m->payload)[m->len - 2] - '0']++;
		rd_kafka_message_destroy(m);
	}
	ck_assert_ptr_null(rd_kafka_consumer_poll(reader, 300)); /* and none twice */
	ck_assert_uint_eq(counts[0], 11);
	ck_assert_uint_eq(counts[1], 11);
	ck_assert_uint_eq(counts[2], 10);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
}
END_TEST

/* 1 MiB, of which the library by itself would take 1,000,000 bytes. */
START_TEST(the_largest_event)
{
	static const char *const limits[] = { "message.max.bytes=2000000",
					      "message.max.bytes=900000" };
	const char *const properties[] = { limits[_i], NULL };
	const size_t len = (1U << 20) - 1;
	struct kafka_options opt = standard();
	CLEANUP_FREE char *large = calloc(1, len + 1);
	const char *const three[] = { lines[0], large, lines[2] };
	struct delivery ret;
	struct transport *t;
	rd_kafka_t *reader;
	size_t n_large = 0;

	memset(large, 'x', len);
	opt.properties = properties;
	t = sender_new(&opt);
	ck_assert_msg(send_lines(t, three, 3, &ret) == 0, "%s", ret.text);
	ck_assert_uint_eq(ret.n_refused, (size_t)_i);
	ck_assert_msg(_i == 0 || strstr(ret.text, "Message size too large"), "%s", ret.text);
	ck_assert_int_eq(send_lines(t, lines, 1, &ret), 0); /* and goes on */
	t->ops->free(t);
	reader = reader_new();
	for (int i = 0; i < 4 - _i; i++) {
		rd_kafka_message_t *m = read_one(reader);

		n_large += m->len == len;
		rd_kafka_message_destroy(m);
	}
	ck_assert_uint_eq(n_large, _i == 0);
	rd_kafka_consumer_close(reader);
	rd_kafka_destroy(reader);
}
END_TEST

START_TEST(what_a_broker_does_not_take_alone_is_refused)
{
	struct kafka_options opt = standard();
	struct transport *t = sender_new(&opt);
	struct delivery ret;

	rd_kafka_mock_push_request_errors(cluster, API_PRODUCE, 1,
					  RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	ck_assert_msg(send_lines(t, lines, 1, &ret) == 0, "%s", ret.text);
	ck_assert_uint_eq(ret.n_refused, 1);
	ck_assert_ptr_nonnull(strstr(ret.text, "too large"));
	ck_assert_int_eq(send_lines(t, lines, 1, &ret), 0);
	ck_assert_uint_eq(ret.n_refused, 0);
	t->ops->free(t);
}
END_TEST

/* An answer that passes is repeated by the library, within the time of a batch. */
START_TEST(a_passing_error_is_overcome)
{
	struct kafka_options opt = standard();
	struct transport *t = sender_new(&opt);
	struct delivery ret;

	rd_kafka_mock_push_request_errors(cluster, API_PRODUCE, 2,
					  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
					  RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE);
	ck_assert_msg(send_lines(t, lines, 3, &ret) == 0, "%s", ret.text);
	t->ops->free(t);
}
END_TEST

START_TEST(an_error_that_stays_is_to_be_tried_again)
{
	struct kafka_options opt = standard();
	struct transport *t = sender_new(&opt);
	struct delivery ret;

	/* One for each partition. */
	rd_kafka_mock_push_request_errors(cluster, API_PRODUCE, 4,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
					  RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	ck_assert_int_eq(send_lines(t, lines, 3, &ret), -EAGAIN);
	ck_assert_ptr_nonnull(strstr(ret.text, "Topic authorization failed"));
	t->ops->free(t);
}
END_TEST

START_TEST(brokers_that_are_gone_are_noticed_and_come_back)
{
	struct kafka_options opt = standard();
	struct transport *t;
	struct err err = { 0 };
	struct delivery ret;
	int rc = 0;

	opt.send_timeout_ms = 1000;
	t = sender_new(&opt);
	ck_assert_int_eq(send_lines(t, lines, 3, &ret), 0);
	for (int32_t i = 1; i <= 2; i++)
		ck_assert_int_eq(rd_kafka_mock_broker_set_down(cluster, i), 0);
	rc = send_lines(t, lines, 3, &ret);
	ck_assert_int_lt(rc, 0);
	ck_assert_int_ne(rc, -EBADMSG);
	ck_assert_int_ne(ret.text[0], '\0');
	t->ops->disconnect(t);
	for (int32_t i = 1; i <= 2; i++)
		ck_assert_int_eq(rd_kafka_mock_broker_set_up(cluster, i), 0);
	for (int i = 0; i < 10; i++) {
		rc = t->ops->connect(t, &err);
		if (rc == 0)
			break;
	}
	ck_assert_msg(rc == 0, "%s", err.text);
	for (int i = 0; i < 10; i++) {
		rc = send_lines(t, lines, 3, &ret);
		if (rc == 0)
			break;
	}
	ck_assert_msg(rc == 0, "%s", ret.text);
	t->ops->free(t);
}
END_TEST

START_TEST(nobody_there_is_said)
{
	struct kafka_options opt = standard();
	struct transport *t;
	struct err err = { 0 };

	opt.brokers = "127.0.0.1:1";
	opt.connect_timeout_ms = 500;
	t = sender_new(&opt);
	ck_assert_int_eq(t->ops->connect(t, &err), -ENOTCONN);
	ck_assert_ptr_nonnull(strstr(err.text, "'kafka:127.0.0.1:1/events': not connected ("));
	ck_assert_int_lt(t->ops->idle(t), 0);
	t->ops->free(t);
}
END_TEST

START_TEST(the_end_interrupts_a_wait)
{
	struct kafka_options opt = standard();
	uint64_t begin_ns;
	struct transport *t;
	struct delivery ret;
	CLEANUP_FD int fd = eventfd(0, EFD_CLOEXEC);

	opt.send_timeout_ms = 60000;
	t = sender_new(&opt);
	ck_assert_int_eq(send_lines(t, lines, 1, &ret), 0);
	for (int32_t i = 1; i <= 2; i++)
		ck_assert_int_eq(rd_kafka_mock_broker_set_rtt(cluster, i, 20000), 0);
	t->cancel_fd = fd;
	ck_assert_int_eq(eventfd_write(fd, 1), 0);
	begin_ns = now_boot_ns();
	ck_assert_int_eq(send_lines(t, lines, 3, &ret), -ECANCELED);
	ck_assert_uint_lt(now_boot_ns() - begin_ns, 5ULL * NOW_NS_PER_S);
	t->ops->free(t);
}
END_TEST

/* --- In the sandbox. --- */

static int send_confined(void)
{
	struct kafka_options opt = standard();
	struct err err = { 0 };
	struct transport *t = hclient_prepare(&err) < 0 ? NULL : kafka_new(&opt, &err);
	const struct sandbox_options sandbox = { .readable = hclient_readable(),
						 .allow_connect = true };
	struct sandbox_state state;
	struct delivery ret;
	int rc;

	if (!t || sandbox_enter(&sandbox, &state, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	rc = send_lines(t, lines, 3, &ret);
	if (rc < 0)
		fprintf(stderr, "%s\n", ret.text);
	t->ops->free(t);
	return rc == 0 ? 0 : 2;
}

/* The library's threads stay behind in a fork: the child has only ours. */
START_TEST(it_works_in_the_sandbox)
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(send_confined());
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

/* --- Options. --- */

START_TEST(options_that_do_not_fit_are_refused)
{
	static const char *const bad_property[] = { "no.such.thing=1", NULL };
	static const char *const no_value[] = { "linger.ms", NULL };
	const struct {
		struct kafka_options opt;
		const char *text;
	} bad[] = {
		{ { .ca_file = "/x" }, "kafka: settings of TLS without 'tls=true'" },
		{ { .is_tls = true, .key_file = "/x" }, "kafka: 'keyFile' without 'certFile'" },
		{ { .user = "u" }, "kafka: a user or password without 'sasl'" },
		{ { .sasl = "PLAIN", .user = "u" }, "kafka: 'sasl' expects 'user', and one of" },
		{ { .sasl = "PLAIN", .user = "u", .password = "p", .password_file = "/x" },
		  "kafka: 'sasl' expects 'user', and one of" },
		{ { .sasl = "PLAIN", .user = "u", .password_file = "/no/such" },
		  "kafka: file '/no/such' cannot be read (ENOENT)" },
		{ { .is_tls = true, .ca_file = "/no/such" },
		  "kafka: file '/no/such' cannot be read (ENOENT)" },
		{ { .properties = bad_property }, "kafka: No such configuration property" },
		{ { .properties = no_value }, "kafka: property is not right" },
	};
	struct kafka_options opt = bad[_i].opt;
	struct err err = { 0 };

	opt.brokers = "h:1";
	opt.topic = TOPIC;
	ck_assert_ptr_null(kafka_new(&opt, &err));
	ck_assert_msg(strncmp(err.text, bad[_i].text, strlen(bad[_i].text)) == 0, "%s", err.text);
}
END_TEST

/* What the keys offer, this librdkafka takes. */
START_TEST(every_word_of_the_keys_is_taken)
{
	static const char *const sasl[] = { "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512" };
	static const char *const codecs[] = { "none", "gzip", "snappy", "lz4", "zstd" };
	static const char *const acks[] = { "all", "1", "0" };
	struct kafka_options opt = { .brokers = "h:1", .topic = TOPIC };
	struct transport *t;

	for (size_t i = 0; i < ARRAY_LEN(codecs); i++) {
		opt.compression = codecs[i];
		opt.acks = acks[i % ARRAY_LEN(acks)];
		opt.sasl = sasl[i % ARRAY_LEN(sasl)];
		opt.user = "u";
		opt.password = "p";
		opt.is_tls = i & 1;
		opt.insecure = opt.is_tls;
		t = sender_new(&opt);
		t->ops->free(t);
	}
}
END_TEST

START_TEST(a_key_is_found_in_every_profile)
{
	static const struct {
		enum profile profile;
		const char *line, *container, *process;
	} forms[] = {
		{ PROFILE_NATIVE, "{\"containerId\":\"c\",\"processEntityId\":7}", "c", "7" },
		{ PROFILE_ECS, "{\"process\":{\"entity_id\":\"7\"},\"container\":{\"id\":\"c\"}}",
		  "c", "7" },
		{ PROFILE_OCSF,
		  "{\"actor\":{\"process\":{\"uid\":\"7\",\"container\":{\"uid\":\"c\"}}}}", "c",
		  "7" },
		{ PROFILE_NATIVE, "{}", "", "" },
		{ PROFILE_ECS, "{\"process\":[]}", "", "" },
		{ PROFILE_OCSF, "no JSON", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		struct batch_item item = item_of(forms[i].line);
		struct kafka_key_value v =
			kafka_key_of(KAFKA_KEY_CONTAINER, forms[i].profile, "h", &item);

		ck_assert_uint_eq(v.len, strlen(forms[i].container));
		ck_assert_int_eq(v.at == NULL, v.len == 0);
		if (v.at)
			ck_assert_mem_eq(v.at, forms[i].container, v.len);
		v = kafka_key_of(KAFKA_KEY_PROCESS, forms[i].profile, "h", &item);
		ck_assert_uint_eq(v.len, strlen(forms[i].process));
		if (v.at)
			ck_assert_mem_eq(v.at, forms[i].process, v.len);
		v = kafka_key_of(KAFKA_KEY_EVENT, forms[i].profile, "h", &item);
		ck_assert_str_eq(v.at, "openat");
		ck_assert_ptr_null(kafka_key_of(KAFKA_KEY_NONE, forms[i].profile, "h", &item).at);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kafka");
	TCase *tcase = tcase_create("brokers"), *options = tcase_create("options");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	suite_add_tcase(suite, options);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, events_arrive_as_messages);
	tcase_add_test(tcase, a_key_chooses_the_partition);
	tcase_add_test(tcase, what_is_too_large_is_refused_alone);
	tcase_add_test(tcase, what_a_broker_does_not_take_together_it_gets_in_parts);
	tcase_add_test(tcase, what_a_broker_does_not_take_alone_is_refused);
	tcase_add_loop_test(tcase, the_largest_event, 0, 2);
	tcase_add_test(tcase, a_passing_error_is_overcome);
	tcase_add_test(tcase, an_error_that_stays_is_to_be_tried_again);
	tcase_add_test(tcase, brokers_that_are_gone_are_noticed_and_come_back);
	tcase_add_test(tcase, nobody_there_is_said);
	tcase_add_test(tcase, the_end_interrupts_a_wait);
	tcase_add_test(tcase, it_works_in_the_sandbox);
	tcase_add_loop_test(options, options_that_do_not_fit_are_refused, 0, 9);
	tcase_add_test(options, every_word_of_the_keys_is_taken);
	tcase_add_test(options, a_key_is_found_in_every_profile);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
