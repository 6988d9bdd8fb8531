/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/forward_fixture.h"

START_TEST(modes)
{
	size_t n_messages;

	opt.mode = (enum forward_mode)(_i & 3);
	opt.is_tracee_form = _i & 4;
	opt.require_ack = _i & 8;
	opt.has_integer_time = _i & 16;
	make_batch(opt.is_tracee_form);
	start();
	connect_ok();
	send_ok();
	send_ok();
	ck_assert_int_eq(t->ops->idle(t), 0);
	if (!opt.require_ack)
		(void)usleep(100000); /* the peer is stopped wherever it is */
	stop();
	check_events(2);
	n_messages = opt.mode == FORWARD_MESSAGE ? 2 * N_ITEMS : 2;
	ck_assert_uint_eq(peer.n_messages, n_messages);
	ck_assert_uint_eq(peer.n_chunks, opt.require_ack ? n_messages : 0);
	ck_assert_uint_eq(peer.n_compressed, opt.mode == FORWARD_COMPRESSED ? 2 : 0);
	ck_assert_uint_eq(peer.size_sum, opt.mode == FORWARD_MESSAGE ? 0 : 2 * N_ITEMS);
	ck_assert_uint_eq(peer.n_conns, 1);
}
END_TEST

/* A batch of the largest kind: what does not compress, in one message and in many. */
START_TEST(large_batches)
{
	static uint8_t noise[40000];
	uint64_t state = 1;
	uint8_t *p = MPW_LITERAL(mpw_byte(noise, MPW_FIXMAP | 1), "noise");
	struct batch_item many[26];

	opt.mode = (enum forward_mode)_i;
	p = mpw_bin_header(p, sizeof(noise) - 10);
	for (; p + 8 <= noise + sizeof(noise); p++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		*p = (uint8_t)(state >> 56);
	}
	for (size_t i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct batch_item){ .data = noise, .len = sizeof(noise) };
	p = noise + 10 + 7;
	p = mpw_bin_header(MPW_LITERAL(mpw_byte(noise, MPW_FIXMAP | 1), "noise"),
			   sizeof(noise) - 10);
	ck_assert_int_eq(p - noise, 10);
	batch = (struct batch){ .items = many, .n = ARRAY_LEN(many), .n_bytes = sizeof(many) };
	start();
	send_ok();
	stop();
	ck_assert_uint_eq(peer.n_events, ARRAY_LEN(many));
	for (size_t i = 0; i < peer.n_events; i++) {
		ck_assert_uint_eq(peer.events[i].len, sizeof(noise));
		ck_assert_mem_eq(peer.events[i].record, noise, sizeof(noise));
	}
	fg_free(&peer);
}
END_TEST

START_TEST(unix_socket)
{
	peer.is_unix = true;
	opt.tag = "k\xc3\xa4se";
	start();
	connect_ok();
	send_ok();
	stop();
	check_events(1);
}
END_TEST

/* By a name, which is looked up in a thread of its own. */
START_TEST(host_name)
{
	opt.host = "localhost";
	start();
	connect_ok();
	send_ok();
	t->ops->disconnect(t);
	t->ops->disconnect(t);
	connect_ok();
	stop();
	check_events(1);
}
END_TEST

START_TEST(empty_batch_is_no_message)
{
	batch.n = 0;
	start();
	connect_ok();
	send_ok();
	stop();
	ck_assert_uint_eq(peer.n_messages, 0);
}
END_TEST

/* After each failure the same batch can be sent again over a new connection. */
START_TEST(wrong_acks)
{
	static const struct {
		enum fg_ack ack;
		int code;
		const char *text;
	} cases[] = {
		{ FG_ACK_WRONG, -EPROTO, "peer acknowledges what was not sent" },
		{ FG_ACK_GARBAGE, -EPROTO, "what the peer says is no ack" },
		{ FG_ACK_NEVER, -ETIMEDOUT, "no ack from the peer (ETIMEDOUT)" },
	};

	opt.ack_timeout_ms = 200;
	peer.ack = cases[_i].ack;
	start();
	connect_ok();
	send_fails(cases[_i].code, cases[_i].text);
	peer.ack = FG_ACK_RIGHT;
	connect_ok();
	send_ok();
	stop();
	check_events(2);
}
END_TEST

/* An ack too many is not taken for that of the next message. */
START_TEST(ack_too_many)
{
	peer.ack = FG_ACK_TWICE;
	start();
	connect_ok();
	send_ok();
	(void)usleep(50000);
	send_fails(-EPROTO, "peer speaks without being asked");
	stop();
	check_events(1);
}
END_TEST

START_TEST(peer_closes_in_a_message)
{
	peer.close_after = 20;
	start();
	connect_ok();
	ck_assert_int_lt(t->ops->send(t, &batch, &got), 0);
	ck_assert_ptr_nonnull(strstr(got.text, "no ack from the peer (E"));
	connect_ok();
	send_ok();
	stop();
	check_events(1);
	ck_assert_uint_eq(peer.n_conns, 2);
}
END_TEST

/* Without acks that is the only way to notice before something is lost. */
START_TEST(closed_connection_is_noticed)
{
	opt.require_ack = false;
	peer.close_conns = 1;
	start();
	connect_ok();
	send_ok();
	(void)usleep(100000);
	if (_i == 0) {
		ck_assert_int_eq(t->ops->idle(t), -ECONNRESET);
		ck_assert_int_eq(t->ops->idle(t), -ENOTCONN);
	} else {
		send_fails(-ECONNRESET, "connection is gone");
	}
	connect_ok();
	send_ok();
	(void)usleep(100000);
	stop();
	check_events(2);
}
END_TEST

/* --- Time. --- */

static void make_large(void)
{
	static uint8_t large[8 << 20];
	static struct batch_item item = { .data = large, .len = sizeof(large) };

	(void)mpw_32(MPW_LITERAL(mpw_byte(large, MPW_FIXMAP | 1), "zeros"), MPW_BIN32,
		     sizeof(large) - 12);
	batch = (struct batch){ .items = &item, .n = 1, .n_bytes = sizeof(large) };
}

static void *cancel_soon(void *fd)
{
	(void)usleep(100000);
	ck_assert_int_eq(eventfd_write(*(int *)fd, 1), 0);
	return NULL;
}

/* While it writes, while it waits for an ack, for a HELO, for a TLS handshake. */
START_TEST(cancelled)
{
	int cancel_fd = eventfd(0, EFD_CLOEXEC);
	uint64_t begin_ns = now_clock_ns(CLOCK_MONOTONIC);
	pthread_t thread;

	if (_i == 0)
		make_large();
	if (_i == 1)
		peer.ack = FG_ACK_NEVER;
	else
		peer.never_reads = true;
	if (_i == 2)
		opt.shared_key = "sesame";
	if (_i == 3)
		opt.is_tls = opt.insecure = true;
	start();
	t->cancel_fd = cancel_fd;
	ck_assert_int_eq(pthread_create(&thread, NULL, cancel_soon, &cancel_fd), 0);
	if (_i < 2)
		send_fails(-ECANCELED, "ECANCELED");
	else
		connect_fails(-ECANCELED, "ECANCELED");
	ck_assert_uint_lt(now_clock_ns(CLOCK_MONOTONIC) - begin_ns, 2 * NOW_NS_PER_S);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	stop();
	fg_free(&peer);
	ck_assert_int_eq(close(cancel_fd), 0);
}
END_TEST

START_TEST(slow_peer)
{
	peer.never_reads = true;
	opt.send_timeout_ms = 200;
	if (_i) {
		with_tls(GOOD);
		opt.connect_timeout_ms = 300;
	}
	make_large();
	start();
	connect_ok();
	send_fails(-ETIMEDOUT, "message is not taken (ETIMEDOUT)");
	stop();
}
END_TEST

START_TEST(nobody_there)
{
	fg_start(&peer);
	opt.port = peer.port;
	fg_stop(&peer);
	t = forward_new(&opt, &err);
	ck_assert_ptr_nonnull(t);
	connect_fails(-ECONNREFUSED, "not connected (ECONNREFUSED)");
	send_fails(-ECONNREFUSED, "tcp://127.0.0.1:");
	t->ops->free(t);

	opt = (struct forward_options){ .path = "/nowhere/socket" };
	t = forward_new(&opt, &err);
	connect_fails(-ENOENT, "'unix:///nowhere/socket': not connected (ENOENT)");
	t->ops->free(t);

	opt = (struct forward_options){ .host = "no host", .port = 1, .connect_timeout_ms = 5000 };
	t = forward_new(&opt, &err);
	connect_fails(-EHOSTUNREACH, "host 'no host' is not known");
	t->ops->free(t);
	t = NULL;
}
END_TEST

/* --- Options. --- */

START_TEST(options_that_contradict)
{
	static const struct {
		struct forward_options opt;
		const char *text;
	} cases[] = {
		{ { .port = 1 }, "expected a host or a unix socket" },
		{ { .host = "h", .path = "/s", .port = 1 }, "expected a host or a unix socket" },
		{ { .host = "h" }, "host 'h' has no port" },
		{ { .host = "h", .port = 1, .tag = "" }, "tag is empty" },
		{ { .host = "h", .port = 1, .mode = FORWARD_MODES }, "mode 4 is not known" },
		{ { .path = "/s", .is_tls = true }, "needs a server name" },
		{ { .host = "h", .port = 1, .insecure = true }, "certificates need TLS" },
		{ { .host = "h", .port = 1, .shared_key = "k", .shared_key_file = "/k" },
		  "not both" },
		{ { .host = "h", .port = 1, .password = "p" }, "password has no user" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		ck_assert_ptr_null(forward_new(&cases[i].opt, &err));
		ck_assert_int_eq(err.code, -EINVAL);
		ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%zu: %s", i, err.text);
	}
}
END_TEST

static int from_url(const char *text)
{
	static struct surl url;
	int rc = surl_parse(&url, text, &forward_url_form, &err);

	return rc < 0 ? rc : forward_from_url(&opt, &url, &err);
}

START_TEST(urls)
{
	ck_assert_int_eq(from_url("tcp://fluent:24224"), 0);
	ck_assert_str_eq(opt.host, "fluent");
	ck_assert_uint_eq(opt.port, 24224);
	ck_assert_ptr_null(opt.path);
	ck_assert_ptr_null(opt.tag);
	ck_assert_ptr_null(opt.user);
	ck_assert_int_eq(opt.mode, FORWARD_PACKED);
	ck_assert(!opt.is_tls && !opt.require_ack && !opt.is_tracee_form);

	ck_assert_int_eq(from_url("fluent:1?form=tracee"), 0);
	ck_assert_int_eq(opt.mode, FORWARD_MESSAGE);
	ck_assert(opt.is_tracee_form);
	ck_assert_int_eq(from_url("tls://u:p%40@[::1]:24225?tag=t&requireAck=true&"
				  "connectionTimeout=3s&sendTimeout=4s&ackTimeout=5s&"
				  "mode=compressed&form=map&integerTime=1&sharedKey=k%26&"
				  "selfHostname=me&caFile=/ca&certFile=/cert&keyFile=/key&"
				  "serverName=other&insecure=false"),
			 0);
	ck_assert(opt.is_tls && opt.require_ack && opt.has_integer_time && !opt.insecure);
	ck_assert_str_eq(opt.user, "u");
	ck_assert_str_eq(opt.password, "p@");
	ck_assert_str_eq(opt.host, "::1");
	ck_assert_str_eq(opt.tag, "t");
	ck_assert_int_eq(opt.connect_timeout_ms, 3000);
	ck_assert_int_eq(opt.send_timeout_ms, 4000);
	ck_assert_int_eq(opt.ack_timeout_ms, 5000);
	ck_assert_int_eq(opt.mode, FORWARD_COMPRESSED);
	ck_assert_str_eq(opt.shared_key, "k&");
	ck_assert_str_eq(opt.self_hostname, "me");
	ck_assert_str_eq(opt.ca_file, "/ca");
	ck_assert_str_eq(opt.cert_file, "/cert");
	ck_assert_str_eq(opt.key_file, "/key");
	ck_assert_str_eq(opt.server_name, "other");

	ck_assert_int_eq(from_url("unix:///run/f.sock?sharedKeyFile=/k&mode=forward"), 0);
	ck_assert_str_eq(opt.path, "/run/f.sock");
	ck_assert_ptr_null(opt.host);
	ck_assert_str_eq(opt.shared_key_file, "/k");

	ck_assert_int_eq(from_url("udp://fluent:24224"), -EINVAL);
	ck_assert_int_eq(from_url("tcp://f:1?mode=bulk"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "mode 'bulk' is not known, expected message"));
	ck_assert_int_eq(from_url("tcp://f:1?form=xml"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "form 'xml' is not known, expected map or"));
	ck_assert_int_eq(from_url("tcp://f:1?requireAcks=true"), -EINVAL);
}
END_TEST

/* An address that has colons is shown in brackets. */
START_TEST(message_names_the_destination)
{
	opt.host = "::1";
	opt.port = 1;
	t = forward_new(&opt, &err);
	ck_assert_int_lt(t->ops->connect(t, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "'tcp://[::1]:1': not connected"));
	ck_assert_str_eq(t->kind, "forward");
	ck_assert_uint_gt(t->batch_items_max, 1);
	t->ops->free(NULL);
	t->ops->free(t);
}
END_TEST

static void add_cases(Suite *s)
{
	TCase *tc = tcase_create("messages");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, modes, 0, 32);
	tcase_add_loop_test(tc, large_batches, 0, 4);
	tcase_add_test(tc, unix_socket);
	tcase_add_test(tc, host_name);
	tcase_add_test(tc, empty_batch_is_no_message);
	tcase_add_loop_test(tc, wrong_acks, 0, 3);
	tcase_add_test(tc, ack_too_many);
	tcase_add_test(tc, peer_closes_in_a_message);
	tcase_add_loop_test(tc, closed_connection_is_noticed, 0, 2);
	suite_add_tcase(s, tc);

	tc = tcase_create("time");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_set_timeout(tc, 20);
	tcase_add_loop_test(tc, cancelled, 0, 4);
	tcase_add_loop_test(tc, slow_peer, 0, 2);
	tcase_add_test(tc, nobody_there);
	suite_add_tcase(s, tc);

	tc = tcase_create("options");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, options_that_contradict);
	tcase_add_test(tc, urls);
	tcase_add_test(tc, message_names_the_destination);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("forward");
	SRunner *sr = srunner_create(s);
	int n_failed;

	(void)signal(SIGPIPE, SIG_IGN); /* as the engine does */
	make_files();
	add_cases(s);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	remove_files();
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
