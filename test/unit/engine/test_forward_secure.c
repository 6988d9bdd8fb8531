/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes and TLS. */
#include "test/unit/engine/forward_fixture.h"

/* --- Handshake. --- */

START_TEST(shared_key)
{
	peer.key = opt.shared_key = "sesame";
	if (_i & 1) {
		peer.user = opt.user = "warder";
		peer.password = opt.password = "p\xc3\xa4ss: word";
	}
	peer.no_keepalive = _i & 2;
	start();
	connect_ok();
	send_ok();
	ck_assert_int_eq(t->ops->idle(t), 0);
	send_ok();
	stop();
	check_events(2);
	ck_assert_uint_eq(peer.n_conns, _i & 2 ? 2 : 1);
}
END_TEST

START_TEST(key_from_a_file)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/key", dir);
	file = fopen(path, "we");
	ck_assert_int_gt(fputs("sesame\n", file), 0);
	ck_assert_int_eq(fclose(file), 0);
	peer.key = "sesame";
	opt.shared_key_file = path;
	start();
	connect_ok();
	stop();

	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_ptr_null(forward_new(&opt, &err));
	ck_assert_ptr_nonnull(strstr(err.text, "has no key, expected one line"));
	opt.shared_key_file = "/nowhere/key";
	ck_assert_ptr_null(forward_new(&opt, &err));
	ck_assert_int_eq(err.code, -ENOENT);
}
END_TEST

static void refused(int code, const char *text)
{
	start();
	connect_fails(code, text);
	connect_fails(code, text);
	stop();
	ck_assert_uint_eq(peer.n_messages, 0);
}

START_TEST(wrong_keys)
{
	opt.shared_key = "sesame";
	peer.key = _i == 0 ? "other" : "sesame";
	switch (_i) {
	case 0: /* what the peer says has bytes that a terminal would act upon */
		refused(-EACCES, "peer refuses us: 'shared key mismatch??[31m'");
		break;
	case 1:
		peer.pong_key = "other";
		refused(-EACCES, "peer does not know the shared key");
		break;
	case 2: /* our own digest sent back */
		peer.pong_host = "=";
		refused(-EACCES, "peer does not know the shared key");
		break;
	case 3:
		peer.user = "u";
		peer.password = "p";
		refused(-EACCES, "peer asks for a user, and none is given");
		break;
	case 4:
		peer.user = opt.user = "u";
		peer.password = "p";
		opt.password = "q";
		refused(-EACCES, "peer refuses us: 'username/password mismatch'");
		break;
	default:
		peer.key = NULL;
		peer.hello = _i == 5 ? "HTTP/1.1 400 Bad Request\r\n" : "";
		opt.connect_timeout_ms = 200;
		refused(_i == 5 ? -EPROTO : -ETIMEDOUT, _i == 5 ? "is no HELO" : "no HELO");
	}
}
END_TEST

START_TEST(peer_wants_a_key)
{
	peer.key = "sesame";
	start();
	connect_ok();
	(void)usleep(100000);
	send_fails(-EACCES, "peer asks for a shared key, and none is given");
	stop();
}
END_TEST

/* --- TLS. --- */

START_TEST(tls)
{
	with_tls(GOOD);
	opt.mode = (enum forward_mode)(_i & 3);
	if (_i & 4)
		opt.host = "localhost";
	if (_i & 8)
		peer.key = opt.shared_key = "sesame";
	start();
	connect_ok();
	send_ok();
	ck_assert_int_eq(t->ops->idle(t), 0);
	send_ok();
	stop();
	check_events(2);
}
END_TEST

START_TEST(wrong_certificates)
{
	with_tls(_i == 1 || _i == 2 ? OTHER : GOOD);
	switch (_i) {
	case 0:
		opt.ca_file = paths[STRANGE];
		refused(-EACCES, "certificate is not to be trusted (unable to get local issuer");
		break;
	case 1:
		refused(-EACCES, "certificate is not to be trusted (IP address mismatch)");
		break;
	case 2:
		opt.host = "localhost";
		refused(-EACCES, "certificate is not to be trusted (hostname mismatch)");
		break;
	case 3: /* no TLS at all */
		peer.cert = NULL;
		peer.hello = "hello";
		refused(-EPROTO, "TLS handshake failed (wrong version number)");
		break;
	default: /* it never answers */
		peer.cert = NULL;
		peer.never_reads = true;
		opt.connect_timeout_ms = 200;
		start();
		connect_fails(-ETIMEDOUT, "no TLS handshake");
		stop();
	}
}
END_TEST

START_TEST(another_name_or_none)
{
	with_tls(OTHER);
	if (_i == 0) {
		opt.server_name = "other.example";
	} else {
		opt.insecure = true;
		opt.ca_file = NULL;
	}
	start();
	connect_ok();
	send_ok();
	stop();
	check_events(1);
}
END_TEST

START_TEST(client_certificate)
{
	with_tls(GOOD);
	peer.client_ca = paths[CA];
	opt.cert_file = paths[CLIENT];
	opt.key_file = _i ? paths[CLIENT] : NULL;
	start();
	connect_ok();
	send_ok();
	stop();
	check_events(1);
}
END_TEST

/* In TLS 1.3 it is after the handshake that the peer says that it wants one. */
START_TEST(client_certificate_is_missing)
{
	with_tls(GOOD);
	peer.client_ca = paths[CA];
	start();
	connect_ok();
	ck_assert_int_lt(t->ops->send(t, &batch, &got), 0);
	ck_assert_ptr_nonnull(strstr(got.text, "127.0.0.1"));
	stop();
	ck_assert_uint_eq(peer.n_events, 0);
}
END_TEST

START_TEST(wrong_files)
{
	static const struct {
		int ca, cert, key; /* -1: none; 9: one that is not there */
		const char *text;
	} cases[] = {
		{ 9, -1, -1, "CA file '/nowhere/file' cannot be used" },
		{ CA, 9, -1, "certificate '/nowhere/file' cannot be used" },
		{ CA, CLIENT, 9, "key '/nowhere/file' cannot be used" },
		{ CA, CLIENT, GOOD, "cannot be used (key values mismatch)" },
		{ CA, -1, CLIENT, "has no certificate, expected both" },
	};

	opt.is_tls = true;
	opt.port = 1;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const int files[] = { cases[i].ca, cases[i].cert, cases[i].key };
		const char **options[] = { &opt.ca_file, &opt.cert_file, &opt.key_file };

		for (size_t k = 0; k < ARRAY_LEN(files); k++)
			*options[k] = files[k] < 0    ? NULL
				      : files[k] == 9 ? "/nowhere/file"
						      : paths[files[k]];
		ck_assert_ptr_null(forward_new(&opt, &err));
		ck_assert_int_eq(err.code, -EINVAL);
		ck_assert_msg(strstr(err.text, cases[i].text) != NULL, "%s", err.text);
	}
}
END_TEST

static void add_cases(Suite *s)
{
	TCase *tc = tcase_create("handshake");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, shared_key, 0, 4);
	tcase_add_test(tc, key_from_a_file);
	tcase_add_loop_test(tc, wrong_keys, 0, 7);
	tcase_add_test(tc, peer_wants_a_key);
	suite_add_tcase(s, tc);

	tc = tcase_create("tls");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, tls, 0, 16);
	tcase_add_loop_test(tc, wrong_certificates, 0, 5);
	tcase_add_loop_test(tc, another_name_or_none, 0, 2);
	tcase_add_loop_test(tc, client_certificate, 0, 2);
	tcase_add_test(tc, client_certificate_is_missing);
	tcase_add_test(tc, wrong_files);
	suite_add_tcase(s, tc);
}

int main(void)
{
	Suite *s = suite_create("forward_secure");
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
