/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/sink/forward_peer.h"

static uint8_t buf[2 * FPEER_MESSAGE_MAX];

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}

struct text {
	const char *data;
	size_t len;
};

static const struct text whole[] = {
	BYTES("\xc0"),
	BYTES("\x7f"),
	BYTES("\xe0"),
	BYTES("\x80"),
	BYTES("\x90"),
	BYTES("\xa3"
	      "abc"),
	BYTES("\xc2"),
	BYTES("\xc4\x02"
	      "ab"),
	BYTES("\xc5\x00\x01"
	      "a"),
	BYTES("\xc6\x00\x00\x00\x01"
	      "a"),
	BYTES("\xc7\x01\x05"
	      "a"),
	BYTES("\xc8\x00\x01\x05"
	      "a"),
	BYTES("\xc9\x00\x00\x00\x01\x05"
	      "a"),
	BYTES("\xca\x01\x02\x03\x04"),
	BYTES("\xcb\x01\x02\x03\x04\x05\x06\x07\x08"),
	BYTES("\xcc\x01"),
	BYTES("\xcd\x01\x02"),
	BYTES("\xce\x01\x02\x03\x04"),
	BYTES("\xcf\x01\x02\x03\x04\x05\x06\x07\x08"),
	BYTES("\xd0\x01"),
	BYTES("\xd1\x01\x02"),
	BYTES("\xd2\x01\x02\x03\x04"),
	BYTES("\xd3\x01\x02\x03\x04\x05\x06\x07\x08"),
	BYTES("\xd4\x05"
	      "a"),
	BYTES("\xd5\x05"
	      "ab"),
	BYTES("\xd6\x05"
	      "abcd"),
	BYTES("\xd7\x05"
	      "abcdefgh"),
	BYTES("\xd8\x05"
	      "abcdefghabcdefgh"),
	BYTES("\xd9\x01"
	      "a"),
	BYTES("\xda\x00\x01"
	      "a"),
	BYTES("\xdb\x00\x00\x00\x01"
	      "a"),
	BYTES("\xdc\x00\x02\x01\x02"),
	BYTES("\xdd\x00\x00\x00\x02\x01\x02"),
	BYTES("\xde\x00\x01\x01\x02"),
	BYTES("\xdf\x00\x00\x00\x01\x01\x02"),
	BYTES("\x81\xa1"
	      "a\x92\x01\x93\x01\x02\x03"),
};

START_TEST(length_of_every_kind)
{
	for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
		size_t len = whole[i].len;

		memset(buf, 0xc1, sizeof(buf)); /* what follows does not count */
		memcpy(buf, whole[i].data, len);
		ck_assert_msg(fpeer_length(buf, sizeof(buf)) == (ssize_t)len, "case %zu", i);
		ck_assert_msg(fpeer_length(buf, len) == (ssize_t)len, "case %zu", i);
		for (size_t part = 0; part < len; part++)
			ck_assert_msg(fpeer_length(buf, part) == 0, "case %zu", i);
	}
}
END_TEST

START_TEST(what_is_too_much)
{
	static const struct text bad[] = {
		BYTES("\xc1"),
		BYTES("\x91\xc1"),
		BYTES("\xdd\xff\xff\xff\xff"), /* 4 G values, 96 GiB in msgpack-c */
		BYTES("\xdf\xff\xff\xff\xff"),
		BYTES("\xdf\x80\x00\x00\x00"),
		BYTES("\xdc\x00\x41"),
		BYTES("\xde\x00\x21"),
		BYTES("\xdb\xff\xff\xff\xff"),
		BYTES("\xda\x10\x01"),
		BYTES("\xc9\xff\xff\xff\xff"),
		BYTES("\x9f\x9f\x9f\x9f\x9f"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		memcpy(buf, bad[i].data, bad[i].len);
		ck_assert_msg(fpeer_length(buf, bad[i].len) == -EBADMSG, "case %zu", i);
	}
	/* More than a message may have, that never ends. */
	memset(buf, 0, sizeof(buf));
	memcpy(buf, "\x92\xda\x0f\xff\xda\x0f\xff", 4);
	ck_assert_int_eq(fpeer_length(buf, FPEER_MESSAGE_MAX - 1), 0);
	buf[4 + 0xfff] = 0xda;
	ck_assert_int_eq(fpeer_length(buf, FPEER_MESSAGE_MAX), -EBADMSG);
	ck_assert_int_eq(fpeer_length(buf, sizeof(buf)), -EBADMSG);
	/* Arrays in arrays: deeper than msgpack-c goes. */
	memset(buf, 0x91, 63);
	buf[63] = 0;
	ck_assert_int_eq(fpeer_length(buf, 64), 64);
	ck_assert_int_eq(fpeer_ack(buf, 64, "x"), -EBADMSG);
}
END_TEST

static int helo(const struct text *message, struct fpeer_helo *ret)
{
	return fpeer_helo((const uint8_t *)message->data, message->len, ret);
}

START_TEST(helo_messages)
{
	static const struct text good = BYTES("\x92\xa4HELO\x83\xa5nonce\xc4\x02n\0\xa4"
					      "auth\xa1s\xa9keepalive\xc2");
	static const struct text plain = BYTES("\x92\xc4\x04HELO\x82\xa5nonce\xa2no\xa4"
					       "auth\xc0");
	static const struct text bad[] = {
		BYTES("\x92\xa4HELO\x80"),
		BYTES("\x92\xa4HELO\x81\xa5nonce\xa0"),
		BYTES("\x92\xa4HELO\x81\xa5nonce\x01"),
		BYTES("\x92\xa4HELO\xc0"),
		BYTES("\x92\xa4PING\x81\xa5nonce\xa1n"),
		BYTES("\x91\xa4HELO"),
		BYTES("\x93\xa4HELO\x81\xa5nonce\xa1n\xc0"),
		BYTES("\x92\xa4HELO\x82\xa5nonce\xa1n\xa9keepalive\x01"),
		BYTES("\x92\xa4HELO\x82\xa5nonce\xa1n\xa4"
		      "auth\x90"),
		BYTES("\x92\xa4HELO\x81\xa5nonce\xa1n\xc0"), /* a rest */
		BYTES("\xa4HELO"),
	};
	struct fpeer_helo got;

	ck_assert_int_eq(helo(&good, &got), 0);
	ck_assert_uint_eq(got.nonce.len, 2);
	ck_assert_mem_eq(got.nonce.data, "n\0", 2);
	ck_assert_uint_eq(got.auth.len, 1);
	ck_assert(!got.keepalive);
	ck_assert_int_eq(helo(&plain, &got), 0);
	ck_assert_uint_eq(got.auth.len, 0);
	ck_assert(got.keepalive);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(helo(&bad[i], &got) == -EBADMSG, "case %zu", i);
	/* A nonce that is longer than there is room for. */
	memset(buf, 'n', sizeof(buf));
	memcpy(buf, "\x92\xa4HELO\x81\xa5nonce\xc5\x01\x01", 16);
	ck_assert_int_eq(fpeer_helo(buf, 16 + 257, &got), -EBADMSG);
	buf[15] = 0;
	ck_assert_int_eq(fpeer_helo(buf, 16 + 256, &got), 0);
	ck_assert_uint_eq(got.nonce.len, 256);
}
END_TEST

START_TEST(pong_messages)
{
	static const struct text refused = BYTES("\x95\xa4PONG\xc2\xa3why\xa0\xa0");
	static const struct text nil = BYTES("\x95\xa4PONG\xc2\xa3why\xc0\xc0");
	static const struct text good = BYTES("\x95\xa4PONG\xc3\xa0\xa4host\xa2"
					      "ab");
	static const struct text bad[] = {
		BYTES("\x95\xa4PONG\x01\xa0\xa4host\xa2"
		      "ab"),
		BYTES("\x95\xa4PONG\xc3\xa0\xc0\xa2"
		      "ab"),
		BYTES("\x95\xa4PONG\xc3\xa0\xa4host\xc0"),
		BYTES("\x94\xa4PONG\xc3\xa0\xa4host"),
		BYTES("\x80"),
	};
	const struct fpeer_self self = { "me", "key", "", "", { 1 } };
	const struct fpeer_helo hello = { .nonce = { "n", 1 } };
	struct fpeer_pong got;

	ck_assert_int_eq(fpeer_pong((const uint8_t *)refused.data, refused.len, &got), 0);
	ck_assert(!got.is_ok);
	ck_assert_str_eq(got.reason, "why");
	ck_assert_int_eq(fpeer_check_pong(&got, &self, &hello), -EACCES);
	ck_assert_int_eq(fpeer_pong((const uint8_t *)nil.data, nil.len, &got), 0);
	ck_assert_int_eq(fpeer_pong((const uint8_t *)good.data, good.len, &got), 0);
	ck_assert(got.is_ok);
	ck_assert_int_eq(fpeer_check_pong(&got, &self, &hello), -EACCES);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_msg(fpeer_pong((const uint8_t *)bad[i].data, bad[i].len, &got) ==
				      -EBADMSG,
			      "case %zu", i);
}
END_TEST

START_TEST(ack_messages)
{
	static const struct {
		struct text message;
		int rc;
	} cases[] = {
		{ BYTES("\x81\xa3"
			"ack\xa3one"),
		  0 },
		{ BYTES("\x82\xa1x\x90\xa3"
			"ack\xc4\x03one"),
		  0 },
		{ BYTES("\x81\xa3"
			"ack\xa3two"),
		  -ESTALE },
		{ BYTES("\x81\xa3"
			"ack\xa2on"),
		  -ESTALE },
		{ BYTES("\x81\xa3"
			"ack\xc0"),
		  -ESTALE },
		{ BYTES("\x81\xa3"
			"nak\xa3one"),
		  -EBADMSG },
		{ BYTES("\xa3one"), -EBADMSG },
		{ BYTES(""), -EBADMSG },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		ck_assert_msg(fpeer_ack((const uint8_t *)cases[i].message.data,
					cases[i].message.len, "one") == cases[i].rc,
			      "case %zu", i);
}
END_TEST

/* By sha512sum(1): of "0123456789abcdefmenoncekey" and of "saltuserpass". */
#define KEY_DIGEST                                                                                 \
	"99df101840c9f4b65db3c6da188b7c35b6753bf6f727b70a812e3126d1d67b4e"                         \
	"1a7a8b2c9e8f4788365fc4265a1a852e31cb6a53f15135994e578ad543e67f11"
#define PASSWORD_DIGEST                                                                            \
	"8745f1ad578128ffb6b9d2b60697937095a43efbb4b3249928aa59b746966c6a"                         \
	"e6fe96794f65c1b0fb781f14f039cec336c99a3edc7abfa0f01814c89304eb08"

START_TEST(ping_bytes)
{
	const struct fpeer_self self = { "me", "key", "user", "pass", "0123456789abcdef" };
	struct fpeer_helo hello = { .nonce = { "nonce", 5 }, .auth = { "salt", 4 } };
	struct fpeer_self long_self = self;
	static char long_host[FPEER_BYTES_MAX + 2];
	ssize_t len = fpeer_ping(buf, &self, &hello);

	ck_assert_int_eq(len, 1 + 5 + 3 + 18 + 130 + 5 + 130);
	ck_assert_mem_eq(buf,
			 "\x96\xa4PING\xa2me\xc4\x10"
			 "0123456789abcdef\xd9\x80" KEY_DIGEST "\xa4user\xd9\x80" PASSWORD_DIGEST,
			 (size_t)len);
	/* Nobody is told a user who does not ask for one. */
	hello.auth.len = 0;
	len = fpeer_ping(buf, &self, &hello);
	ck_assert_mem_eq(buf + len - 2, "\xa0\xa0", 2);

	/* As long as they may be, and bytes that grow. */
	memset(long_host, 0xff, FPEER_BYTES_MAX);
	long_self.host = long_self.user = long_host;
	hello.auth.len = 4;
	ck_assert_int_gt(fpeer_ping(buf, &long_self, &hello), 6 * FPEER_BYTES_MAX);
	ck_assert_int_lt(fpeer_ping(buf, &long_self, &hello), FPEER_PING_MAX - 32);
	long_host[FPEER_BYTES_MAX] = 'x';
	ck_assert_int_eq(fpeer_ping(buf, &long_self, &hello), -E2BIG);
}
END_TEST

static Suite *forward_peer_suite(void)
{
	Suite *s = suite_create("forward_peer");
	TCase *tc = tcase_create("messages");

	tcase_add_test(tc, length_of_every_kind);
	tcase_add_test(tc, what_is_too_much);
	tcase_add_test(tc, helo_messages);
	tcase_add_test(tc, pong_messages);
	tcase_add_test(tc, ack_messages);
	tcase_add_test(tc, ping_bytes);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(forward_peer_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
