/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The largest event that there can be, in every output that talks to a peer, between two small
 * ones: it arrives, or it is counted and said; in no case are those behind it held up. (Kafka:
 * test_kafka.c.)
 */
#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/encode/msgpack_write.h"
#include "engine/sink/forward.h"
#include "engine/sink/outputs.h"
#include "engine/sink/queue.h"
#include "engine/sink/syslog.h"
#include "engine/sink/worker.h"
#include "test/unit/engine/forward_ground.h"
#include "test/unit/engine/http_script.h"

#define LARGE SQUEUE_EVENT_MAX
#define LIMIT 200000U /* of peers that do not take it */
#define PATIENCE_MS 20000
#define GRPC "content-type: application/grpc\r\n"

static int log_fd;
static uint8_t small[64], large[LARGE];
static uint32_t small_len;

static void setup(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	log_fd = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(log_fd, 0);
	ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
	log_init("prog", LOG_INFO);
}

static bool is_logged(const char *text)
{
	static char log[65536];
	ssize_t n = pread(log_fd, log, sizeof(log) - 1, 0);

	log[n > 0 ? n : 0] = '\0';
	return strstr(log, text) != NULL;
}

/* Maps of msgpack, or lines of JSON. */
static void make_events(bool is_msgpack)
{
	static const char begin[] = "{\"n\":\"", end[] = "\"}\n";
	uint8_t *p;

	memset(large, 'x', sizeof(large));
	if (is_msgpack) {
		p = mpw_u64(MPW_LITERAL(mpw_byte(small, MPW_FIXMAP | 1), "n"), 1);
		small_len = (uint32_t)(p - small);
		p = MPW_LITERAL(mpw_byte(large, MPW_FIXMAP | 1), "n");
		/* Its header is as long for a few bytes less. */
		(void)mpw_bin_header(p, sizeof(large) - (size_t)(p - large) - 5);
		return;
	}
	small_len = (uint32_t)snprintf((char *)small, sizeof(small), "%s%s", begin, end);
	memcpy(large, begin, sizeof(begin) - 1);
	memcpy(large + sizeof(large) - (sizeof(end) - 1), end, sizeof(end) - 1);
}

static struct batch_item item_of(int i)
{
	return (struct batch_item){ .data = i == 1 ? large : small,
				    .len = i == 1 ? LARGE : small_len,
				    .time_ns = 1680000001000000000LL + i };
}

/* --- Through an output as it is asked for. --- */

static struct outspecs specs;
static struct outputs *outputs;

static struct sink *open_output(const char *spec)
{
	const struct outputs_options opt = { .specs = &specs };
	struct err err = { 0 };
	size_t n;

	ck_assert_msg(outspec_add(&specs, spec, &err) == 0, "%s", err.text);
	outputs = outputs_open(&opt, &err);
	ck_assert_msg(outputs != NULL, "%s", err.text);
	return outputs_sinks(outputs, &n)[0];
}

/* All before the output begins, so that they are one batch where it has room. */
static void deliver(struct sink *sink, uint64_t n_sent, uint64_t n_refused)
{
	struct sink_stats stats;
	struct err err = { 0 };

	for (int i = 0; i < 3; i++) {
		const struct batch_item item = item_of(i);

		ck_assert_int_eq(sink_put(sink, &item), 0);
	}
	ck_assert_int_eq(sink_flush(sink), 0);
	ck_assert_msg(outputs_start(outputs, &err) == 0, "%s", err.text);
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		sink_stats_get(sink, &stats);
		if (stats.n_sent + stats.n_refused == 3)
			break;
		(void)poll(NULL, 0, 1);
	}
	ck_assert_msg(stats.n_sent == n_sent && stats.n_refused == n_refused,
		      "%llu sent, %llu refused: %s", (unsigned long long)stats.n_sent,
		      (unsigned long long)stats.n_refused, stats.last_text);
	ck_assert_uint_eq(stats.n_lost_events, n_refused);
	outputs_close(outputs);
	outspec_done(&specs);
}

static const struct {
	const char *before, *behind; /* the port is between them */
	bool is_http2, has_plain;    /* what arrives is what was sent */
} http[] = {
	{ "webhook:http://127.0.0.1:", "/", false, true },
	{ "webhook:http://127.0.0.1:", "/?mode=array", false, true },
	{ "webhook:http://127.0.0.1:", "/?mode=lines", false, true },
	{ "webhook:http://127.0.0.1:", "/?mode=lines&gzip=true", false, false },
	{ "otlp:http://127.0.0.1:", "", false, true },
	{ "otlp:http://127.0.0.1:", "?gzip=true", false, false },
	{ "otlp:http://127.0.0.1:", "?protocol=http/json", false, true },
	{ "otlp:http://127.0.0.1:", "?protocol=grpc", true, true },
	{ "otlp:http://127.0.0.1:", "?protocol=grpc&gzip=true", true, false },
};

static struct sink *open_http(struct hs *server, size_t i)
{
	char spec[256];

	server->is_http2 = http[i].is_http2;
	hs_start(server);
	make_events(false);
	(void)snprintf(spec, sizeof(spec), "%s%u%s", http[i].before, server->port, http[i].behind);
	return open_output(spec);
}

START_TEST(http_takes_it)
{
	static const struct hs_answer yes[] = { { .headers = GRPC,
						  .trailers = "grpc-status: 0\r\n" } };
	static struct hs server;
	size_t n_bytes = 0;

	server = (struct hs){ .answers = yes, .n_answers = 1 };
	deliver(open_http(&server, (size_t)_i), 3, 0);
	hs_stop(&server);
	for (size_t i = 0; i < server.n_requests; i++)
		n_bytes += server.requests[i].body_len;
	if (http[_i].has_plain)
		ck_assert_uint_ge(n_bytes, LARGE - 1);
	else
		ck_assert_uint_lt(n_bytes, 20000);
	hs_free(&server);
}
END_TEST

/* Its answers in turn: to all three, or to each where they are not sent together. */
static const struct hs_answer too_large[] = { { .status = 413 }, { 0 }, { .status = 413 }, { 0 } };
static const struct hs_answer one_by_one[] = { { 0 }, { .status = 413 }, { 0 } };
static const struct hs_answer too_large_grpc[] = {
	{ .headers = GRPC,
	  .trailers =
		  "grpc-status: 8\r\ngrpc-message: grpc: received message larger than max\r\n" },
	{ .headers = GRPC, .trailers = "grpc-status: 0\r\n" },
	{ .headers = GRPC,
	  .trailers = "grpc-status: 8\r\ngrpc-message: message larger than max\r\n" },
	{ .headers = GRPC, .trailers = "grpc-status: 0\r\n" },
};

START_TEST(http_says_that_it_is_too_large)
{
	static struct hs server;
	bool is_apart = strstr(http[_i].before, "webhook") != NULL;

	server = (struct hs){ .answers = is_apart            ? one_by_one
					 : http[_i].is_http2 ? too_large_grpc
							     : too_large,
			      .n_answers = is_apart ? 3 : 4 };
	deliver(open_http(&server, (size_t)_i), 2, 1);
	hs_stop(&server);
	ck_assert_uint_eq(server.n_requests, server.n_answers);
	ck_assert(is_logged("1 events are refused: peer answered "));
	hs_free(&server);
}
END_TEST

static const char *const modes[] = { "message", "forward", "packed", "compressed" };

START_TEST(forward_takes_it)
{
	static struct fg_peer peer;
	bool is_tracee_form = _i & 4;
	char spec[256];

	peer = (struct fg_peer){ .listen_fd = -1 };
	fg_start(&peer);
	make_events(!is_tracee_form);
	(void)snprintf(spec, sizeof(spec), "forward:tcp://127.0.0.1:%u?requireAck=true&mode=%s%s",
		       peer.port, modes[_i & 3], is_tracee_form ? "&form=tracee" : "");
	deliver(open_output(spec), 3, 0);
	fg_stop(&peer);
	ck_assert_str_eq(peer.fault, "");
	ck_assert_uint_eq(peer.n_events, 3);
	ck_assert_uint_ge(peer.events[1].len, LARGE - 1);
	fg_free(&peer);
}
END_TEST

/* --- A reader of syslog: a stream, or datagrams. --- */

struct reader {
	int fd;       /* listens, or is it */
	size_t limit; /* bytes of a message: the connection is reset at a longer one */
	_Atomic size_t n_messages, n_bytes;
	pthread_t thread;
};

static void read_fully(int fd, size_t len, struct reader *r)
{
	static char buf[65536];

	while (len > 0) {
		ssize_t n = read(fd, buf, len < sizeof(buf) ? len : sizeof(buf));

		if (n <= 0)
			return;
		len -= (size_t)n;
		r->n_bytes += (size_t)n;
	}
	r->n_messages++;
}

/* "LEN MESSAGE" each, until the end or one that is too long. */
static void read_messages(int fd, struct reader *r)
{
	size_t len = 0;
	char c;

	while (read(fd, &c, 1) == 1) {
		if (c != ' ') {
			len = 10 * len + (size_t)(c - '0');
			continue;
		}
		if (r->limit > 0 && len > r->limit)
			return;
		read_fully(fd, len, r);
		len = 0;
	}
}

static void *serve(void *arg)
{
	const struct linger linger = { .l_onoff = 1 };
	struct reader *r = arg;
	int fd;

	while ((fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
		read_messages(fd, r);
		(void)close(fd);
	}
	return NULL;
}

static uint16_t reader_open(struct reader *r, int type)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(in);

	r->fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(r->fd, 0);
	ck_assert_int_eq(bind(r->fd, (struct sockaddr *)&in, sizeof(in)), 0);
	ck_assert_int_eq(getsockname(r->fd, (struct sockaddr *)&in, &len), 0);
	if (type == SOCK_STREAM) {
		ck_assert_int_eq(listen(r->fd, 4), 0);
		ck_assert_int_eq(pthread_create(&r->thread, NULL, serve, r), 0);
	}
	return ntohs(in.sin_port);
}

static void reader_close(struct reader *r, int type)
{
	(void)shutdown(r->fd, SHUT_RDWR);
	if (type == SOCK_STREAM)
		(void)pthread_join(r->thread, NULL);
	(void)close(r->fd);
}

START_TEST(syslog_takes_it)
{
	static struct reader reader;
	char spec[256];

	make_events(false);
	(void)snprintf(spec, sizeof(spec), "syslog:tcp://127.0.0.1:%u",
		       reader_open(&reader, SOCK_STREAM));
	deliver(open_output(spec), 3, 0);
	reader_close(&reader, SOCK_STREAM);
	ck_assert_uint_eq(reader.n_messages, 3);
	ck_assert_uint_gt(reader.n_bytes, LARGE);
}
END_TEST

START_TEST(no_datagram_takes_it)
{
	static struct reader reader;
	char spec[256];

	make_events(false);
	(void)snprintf(spec, sizeof(spec), "syslog:udp://127.0.0.1:%u",
		       reader_open(&reader, SOCK_DGRAM));
	deliver(open_output(spec), 2, 1);
	reader_close(&reader, SOCK_DGRAM);
	ck_assert(is_logged("1 events are refused: event of 1048576 bytes is too large for a "
			    "datagram"));
}
END_TEST

/* --- Peers that reset the connection instead of an answer. A worker of our own: it need not wait
 * for a minute. --- */

static void deliver_to_closer(struct transport *t)
{
	struct squeue *queue = squeue_new(SQUEUE_BYTES_DEFAULT);
	const struct sworker_options opt = { .name = "out",
					     .transports = { t },
					     .n_transports = 1,
					     .queue = queue,
					     .backoff_first_ms = 1,
					     .backoff_max_ms = 10,
					     .suspect_ms = 50 };
	struct err err = { 0 };
	struct sworker *worker = sworker_new(&opt, &err);
	struct sworker_stats stats;

	ck_assert_msg(worker != NULL, "%s", err.text);
	for (int i = 0; i < 3; i++) {
		const struct batch_item item = item_of(i);

		ck_assert_int_eq(squeue_put(queue, &item), 0);
	}
	ck_assert_int_eq(sworker_start(worker), 0);
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		sworker_stats_get(worker, &stats);
		if (stats.n_sent + stats.n_refused == 3)
			break;
		(void)poll(NULL, 0, 1);
	}
	sworker_stop(worker, PATIENCE_MS);
	sworker_free(worker);
	squeue_free(queue);
	ck_assert_uint_eq(stats.n_sent, 2);
	ck_assert_uint_eq(stats.n_refused, 1);
	ck_assert(is_logged("1 events are refused: one of 1048576 bytes fails always, others do "
			    "not: '"));
}

START_TEST(syslog_resets_the_connection)
{
	static struct reader reader = { .limit = LIMIT };
	struct slog_options opt = { .protocol = SLOG_TCP, .host = "127.0.0.1", .severity = 6 };
	struct err err = { 0 };
	struct transport *t;

	opt.port = reader_open(&reader, SOCK_STREAM);
	make_events(false);
	t = slog_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
	deliver_to_closer(t);
	reader_close(&reader, SOCK_STREAM);
	ck_assert_uint_ge(reader.n_messages, 2);
}
END_TEST

START_TEST(forward_resets_the_connection)
{
	struct forward_options opt = { .host = "127.0.0.1", .require_ack = true };
	static struct fg_peer peer;
	struct err err = { 0 };
	struct transport *t;

	peer = (struct fg_peer){ .listen_fd = -1, .close_after = LIMIT, .closes_always = true };
	fg_start(&peer);
	opt.port = peer.port;
	opt.mode = (enum forward_mode)_i;
	make_events(true);
	t = forward_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
	deliver_to_closer(t);
	fg_stop(&peer);
	ck_assert_str_eq(peer.fault, "");
	ck_assert_uint_ge(peer.n_events, 2);
	fg_free(&peer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_large");
	TCase *tcase = tcase_create("all");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	if (srunner_fork_status(runner) == CK_NOFORK) {
		printf("test_sink_large needs Check to fork: CK_FORK=no is set\n");
		srunner_free(runner);
		return 77;
	}
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, http_takes_it, 0, ARRAY_LEN(http));
	tcase_add_loop_test(tcase, http_says_that_it_is_too_large, 0, ARRAY_LEN(http));
	tcase_add_loop_test(tcase, forward_takes_it, 0, 8);
	tcase_add_test(tcase, syslog_takes_it);
	tcase_add_test(tcase, no_datagram_takes_it);
	tcase_add_test(tcase, syslog_resets_the_connection);
	/* Compressed, it is short. */
	tcase_add_loop_test(tcase, forward_resets_the_connection, 0, FORWARD_COMPRESSED);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
