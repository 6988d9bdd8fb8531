/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/url.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static const struct surl_key forward_keys[] = {
	{ .name = "tag", .type = SURL_TEXT },
	{ .name = "requireAck", .type = SURL_BOOL },
	{ .name = "connectionTimeout", .type = SURL_DURATION },
	{ .name = "sharedKeyFile", .type = SURL_TEXT, .is_ours = true },
	{ .name = "chunk", .type = SURL_NUMBER, .is_ours = true },
};
static const char *const forward_schemes[] = { "tcp", "tls", "unix", NULL };
static const struct surl_form forward = {
	.what = "forward",
	.schemes = forward_schemes,
	.default_scheme = "tcp",
	.keys = forward_keys,
	.n_keys = ARRAY_LEN(forward_keys),
};

static const struct surl_key file_keys[] = {
	{ .name = "room", .type = SURL_SIZE },
	{ .name = "way", .type = SURL_WORD, .words = "up|down" },
	{ .name = "many", .type = SURL_TEXT, .may_repeat = true },
};
static const struct surl_form file = {
	.what = "file",
	.keys = file_keys,
	.n_keys = ARRAY_LEN(file_keys),
};

static const struct surl_key webhook_keys[] = {
	{ .name = "timeout", .type = SURL_DURATION },
	{ .name = "contentType", .type = SURL_TEXT },
	{ .name = "tokenFile", .type = SURL_TEXT, .is_ours = true },
};
static const char *const webhook_schemes[] = { "http", "https", NULL };
static const struct surl_form webhook = {
	.what = "webhook",
	.schemes = webhook_schemes,
	.default_port = 80,
	.has_path = true,
	.keys = webhook_keys,
	.n_keys = ARRAY_LEN(webhook_keys),
	.keeps_unknown_keys = true,
};

static const struct {
	const struct surl_form *form;
	const char *text;
	const char *scheme, *user, *password, *host;
	uint16_t port;
	const char *path, *target;
} good[] = {
	{ &forward, "tcp://127.0.0.1:24224", "tcp", "", "", "127.0.0.1", 24224, "", "/" },
	{ &forward, "127.0.0.1:24224", "tcp", "", "", "127.0.0.1", 24224, "", "/" },
	{ &forward, "//h:1", "tcp", "", "", "h", 1, "", "/" },
	{ &forward, "://h:1", "tcp", "", "", "h", 1, "", "/" },
	{ &forward, "TLS://Log.Example:65535", "tls", "", "", "Log.Example", 65535, "", "/" },
	{ &forward, "tcp://u:p@h:1", "tcp", "u", "p", "h", 1, "", "/" },
	{ &forward, "u:p@h:1", "tcp", "u", "p", "h", 1, "", "/" },
	{ &forward, "tcp://u:@h:1", "tcp", "u", "", "h", 1, "", "/" },
	{ &forward, "tcp://u%40x:p%3A%2f%25+%C3%A9@h:1", "tcp", "u@x", "p:/%+\xc3\xa9", "h", 1, "",
	  "/" },
	{ &forward, "tcp://u:p:q@r@h:1", "tcp", "u", "p:q@r", "h", 1, "", "/" },
	{ &forward, "tcp://[::1]:24224", "tcp", "", "", "::1", 24224, "", "/" },
	{ &forward, "tcp://u:p@[fe80::1%25eth0]:2", "tcp", "u", "p", "fe80::1%eth0", 2, "", "/" },
	{ &forward, "tcp://h:1/", "tcp", "", "", "h", 1, "/", "/" },
	{ &forward, "tcp://h:1?tag=a%20b&chunk=5", "tcp", "", "", "h", 1, "", "/?tag=a%20b" },
	{ &forward, "h:1?tag=x://y", "tcp", "", "", "h", 1, "", "/?tag=x://y" },
	{ &forward, "unix:///run/fluent.sock", "unix", "", "", "", 0, "/run/fluent.sock",
	  "/run/fluent.sock" },
	{ &forward, "unix:///run/a%20b?tag=t", "unix", "", "", "", 0, "/run/a b",
	  "/run/a%20b?tag=t" },
	{ &webhook, "http://h", "http", "", "", "h", 80, "", "/" },
	{ &webhook, "http://h/", "http", "", "", "h", 80, "/", "/" },
	{ &webhook, "https://u:p@h:8443/a%2Fb/c?x=1&timeout=5s&tokenFile=/t&y=%26", "https", "u",
	  "p", "h", 8443, "/a/b/c", "/a%2Fb/c?x=1&timeout=5s&y=%26" },
	{ &webhook, "http://h:/x?tokenFile=/t&x", "http", "", "", "h", 80, "/x", "/x?x" },
	{ &webhook, "http://h?a&&b&", "http", "", "", "h", 80, "", "/?a&b" },
	{ &webhook, "http://h/in?to=a@b.c", "http", "", "", "h", 80, "/in", "/in?to=a@b.c" },
};

START_TEST(a_url_is_taken_apart)
{
	struct err err = { 0 };
	struct surl u;

	ck_assert_msg(surl_parse(&u, good[_i].text, good[_i].form, &err) == 0, "%s: %s",
		      good[_i].text, err.text);
	ck_assert_str_eq(u.scheme, good[_i].scheme);
	ck_assert_str_eq(u.user, good[_i].user);
	ck_assert_str_eq(u.password, good[_i].password);
	ck_assert_int_eq(u.has_user, good[_i].user[0] != '\0');
	ck_assert_str_eq(u.host, good[_i].host);
	ck_assert_uint_eq(u.port, good[_i].port);
	ck_assert_str_eq(u.path, good[_i].path);
	ck_assert_str_eq(u.target, good[_i].target);
	surl_done(&u);
}
END_TEST

static const struct {
	const struct surl_form *form;
	const char *text, *message;
} bad[] = {
	{ &forward, "", "forward url: no host, expected 'host:port'" },
	{ &forward, "tcp://", "forward url: no host, expected 'host:port'" },
	{ &forward, "udq://h:1",
	  "forward url: scheme 'udq' is not known, expected tcp or tls or unix" },
	{ &webhook, "h:1", "webhook url: no scheme, expected one as in 'http://'" },
	{ &forward, "tcp://h", "forward url: no port, expected 'host:port'" },
	{ &forward, "tcp://h:", "forward url: no port, expected 'host:port'" },
	{ &forward, "tcp://h:0", "forward url: port is not a number from 1 to 65535" },
	{ &forward, "tcp://h:65536", "forward url: port is not a number from 1 to 65535" },
	{ &forward, "tcp://h:+1", "forward url: port is not a number from 1 to 65535" },
	{ &forward, "tcp://h:x", "forward url: port is not a number from 1 to 65535" },
	{ &forward, "tcp://::1:5",
	  "forward url: more than one ':' behind the user, expected 'host:port' (an IPv6 address "
	  "stands in brackets)" },
	{ &forward, "tcp://[::1:5", "forward url: '[' without its ']' in the host" },
	{ &forward, "tcp://[::g]:5", "forward url: host '::g' is not an IPv6 address" },
	{ &forward, "tcp://[::1%25]:5", "forward url: host '::1%25' is not an IPv6 address" },
	{ &forward, "tcp://[::1]5",
	  "forward url: something between the ']' of the host and the port" },
	{ &forward, "tcp://h$:5", "forward url: host 'h$' is not a name or an address" },
	{ &forward, "tcp://h:5/x", "forward url: path '/x' is not expected" },
	{ &forward, "tcp://h:5#x",
	  "forward url: a '#' is not expected (in a user or a password it is written %23)" },
	{ &forward, "tcp://h:5?tagg=x", "forward url: key 'tagg' is not known, nearest is 'tag'" },
	{ &forward, "tcp://h:5?requireack=true",
	  "forward url: key 'requireack' is not known, nearest is 'requireAck'" },
	{ &forward, "tcp://h:5?zzz", "forward url: key 'zzz' is not known" },
	{ &forward, "tcp://h:5?tag=a&tag=b", "forward url: key 'tag' is there twice" },
	{ &forward, "tcp://h:5?requireAck=yes",
	  "forward url: value of 'requireAck' 'yes' is not right, expected true or false" },
	{ &forward, "tcp://h:5?connectionTimeout=10",
	  "forward url: value of 'connectionTimeout' '10' is not right, expected a duration as "
	  "in 10s or 500ms" },
	{ &forward, "tcp://h:5?chunk=-1",
	  "forward url: value of 'chunk' '-1' is not right, expected a number" },
	{ &forward, "tcp://h:5?tag=%zz",
	  "forward url: value '%zz' has a '%' without two hexadecimal digits, or a control "
	  "character" },
	{ &forward, "tcp://h:5?tag=%0a",
	  "forward url: value '%0a' has a '%' without two hexadecimal digits, or a control "
	  "character" },
	{ &forward, "tcp://h:5?tag=a b",
	  "forward url: has a space or a line's end in it: a space is written %20" },
	{ &forward, "unix://run/x",
	  "forward url: a unix socket has no host, expected "
	  "'unix:///path'" },
	{ &forward, "unix://", "forward url: no path, expected 'unix:///path'" },
	{ &forward, "unix:///", "forward url: no path, expected 'unix:///path'" },
	{ &webhook, "https://h/%4",
	  "webhook url: path '/%4' has a '%' without two hexadecimal "
	  "digits, or a control character" },
};

START_TEST(what_is_wrong_is_said)
{
	struct err err = { 0 };
	struct surl u;

	ck_assert_int_eq(surl_parse(&u, bad[_i].text, bad[_i].form, &err), -EINVAL);
	ck_assert_str_eq(err.text, bad[_i].message);
	ck_assert_int_eq(err.code, -EINVAL);
}
END_TEST

/* Every way to get a password wrong. None of its pieces is in the message. */
static const char *const secrets[] = {
	"tcp://user:SECRET",
	"tcp://user:SECRET/SECRET@h:1",
	"tcp://user:SECRET?SECRET@h:1",
	"tcp://user:12?SECRET@h:1",
	"tcp://user:SECRET#SECRET@h:1",
	"tcp://user:12/SECRET@h:1",
	"tcp://user:12#SECRET@h:1",
	"tcp://user:%ZZSECRET@h:1",
	"tcp://SECRET@h:1",
	"tcp://:SECRET@h:1",
	"user:SECRET://SECRET@h:1",
	"tcp://user:SECRET@h",
	"tcp://user:SECRET@h:x",
	"tcp://user:SECRET@h$:1",
	"tcp://user:SECRET@h:1?zzz=1",
	"tcp://user:1?tag=%SECRET@h:2",
	"tcp://user:1?chunk=SECRET@h:2",
	"tcp://user:1?tagg=SECRET@h:2",
	"xyz://user:SECRET@h:1",
	"user:SECRET",
	"tcp://user:1?SECRET&tag=@h:1",
	"SECRET://x@h:1",
};

START_TEST(a_password_is_not_in_a_message)
{
	struct err err = { 0 };
	struct surl u;

	ck_assert_msg(surl_parse(&u, secrets[_i], &forward, &err) < 0, "%s", secrets[_i]);
	ck_assert_msg(strstr(err.text, "SECRET") == NULL, "%s", err.text);
	ck_assert_ptr_nonnull(strstr(err.text, "forward url: "));
}
END_TEST

START_TEST(values_have_types_and_defaults)
{
	struct surl u;

	ck_assert_int_eq(surl_parse(&u,
				    "h:1?tag=a%2Bb+c&requireAck=T&connectionTimeout=1m30s"
				    "&chunk=123",
				    &forward, NULL),
			 0);
	ck_assert_uint_eq(u.n_params, 4);
	ck_assert_str_eq(surl_text(&u, "tag", "x"), "a+b c");
	ck_assert(surl_bool(&u, "requireAck", false));
	ck_assert_int_eq(surl_duration_ms(&u, "connectionTimeout", 1), 90000);
	ck_assert_int_eq(surl_number(&u, "chunk", 1), 123);
	ck_assert_ptr_null(surl_text(&u, "sharedKeyFile", NULL));
	ck_assert_int_eq(surl_parse(&u, "h:1", &forward, NULL), 0);
	ck_assert_str_eq(surl_text(&u, "tag", "tracee"), "tracee");
	ck_assert(!surl_bool(&u, "requireAck", false));
	ck_assert_int_eq(surl_duration_ms(&u, "connectionTimeout", 10000), 10000);
	ck_assert_int_eq(surl_number(&u, "chunk", 7), 7);
}
END_TEST

static const struct {
	const char *text;
	int rc;
	int64_t ms;
} durations[] = {
	{ "10s", 0, 10000 },
	{ "500ms", 0, 500 },
	{ "0", 0, 0 },
	{ "0s", 0, 0 },
	{ "1.5h", 0, 5400000 },
	{ ".5s", 0, 500 },
	{ "5.s", 0, 5000 },
	{ "1h1m1s1ms", 0, 3661001 },
	{ "1us", 0, 1 },
	{ "1\xc2\xb5s", 0, 1 },
	{ "1ns", 0, 1 },
	{ "1500us", 0, 2 },
	{ "8760h", 0, 31536000000 },
	{ "8761h", -EINVAL, -1 },
	{ "10", -EINVAL, -1 },
	{ "", -EINVAL, -1 },
	{ "s", -EINVAL, -1 },
	{ ".s", -EINVAL, -1 },
	{ "-1s", -EINVAL, -1 },
	{ "+1s", -EINVAL, -1 },
	{ "1s ", -EINVAL, -1 },
	{ "1 s", -EINVAL, -1 },
	{ "1d", -EINVAL, -1 },
	{ "99999999999999999999999999999999h", -EINVAL, -1 },
};

START_TEST(durations_are_parsed)
{
	int64_t ms = -1;

	ck_assert_int_eq(surl_duration_parse(durations[_i].text, &ms), durations[_i].rc);
	ck_assert_int_eq(ms, durations[_i].ms);
}
END_TEST

static const struct {
	const char *text;
	int64_t bytes; /* -1: none */
} sizes[] = {
	{ "0", 0 },
	{ "4096", 4096 },
	{ "64K", 64 << 10 },
	{ "64k", 64 << 10 },
	{ "10M", 10 << 20 },
	{ "10Mi", 10 << 20 },
	{ "10MiB", 10 << 20 },
	{ "2G", 2LL << 30 },
	{ "8388607T", 8388607LL << 40 },
	{ "8388608T", -1 },
	{ "9223372036854775807", INT64_MAX },
	{ "9223372036854775808", -1 },
	{ "", -1 },
	{ "M", -1 },
	{ "-1", -1 },
	{ "1.5M", -1 },
	{ "10MB", -1 },
	{ "10Mx", -1 },
	{ "10 M", -1 },
	{ "0x10", -1 },
};

START_TEST(sizes_are_parsed)
{
	struct err err = { 0 };
	char keys[64];
	struct surl u;
	int rc;

	(void)snprintf(keys, sizeof(keys), "room=%s", sizes[_i].text);
	rc = surl_parse_keys(&u, keys, &file, &err);
	if (sizes[_i].bytes < 0) {
		ck_assert_int_eq(rc, -EINVAL);
		return;
	}
	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_int_eq(surl_size(&u, "room", -5), sizes[_i].bytes);
}
END_TEST

START_TEST(keys_alone_are_parsed)
{
	struct err err = { 0 };
	struct surl u;

	ck_assert_int_eq(surl_parse_keys(&u, "way=down&many=a&many=b%26", &file, &err), 0);
	ck_assert_uint_eq(surl_word(&u, "way", "up|down", 0), 1);
	ck_assert_int_eq(surl_size(&u, "room", 5), 5);
	ck_assert_uint_eq(u.n_params, 3);
	ck_assert_str_eq(u.params[2].value, "b&");
	ck_assert_int_eq(surl_parse_keys(&u, "", &file, &err), 0);
	ck_assert_uint_eq(surl_word(&u, "way", "up|down", 0), 0);
	ck_assert_int_eq(surl_parse_keys(&u, "way=dow", &file, &err), -EINVAL);
	ck_assert_str_eq(err.text, "file: value of 'way' 'dow' is not right, expected up|down");
	ck_assert_int_eq(surl_parse_keys(&u, "way=up&way=up", &file, &err), -EINVAL);
	ck_assert_str_eq(err.text, "file: key 'way' is there twice");
	ck_assert_int_eq(surl_parse_keys(&u, "rom=1", &file, &err), -EINVAL);
	ck_assert_str_eq(err.text, "file: key 'rom' is not known, nearest is 'room'");
}
END_TEST

START_TEST(what_is_escaped_comes_back)
{
	static const char odd[] = "a/b?c#d@e:f%g h+i&j=k\xc3\xa9'\"\\";
	char escaped[256], text[1024], small[8];
	struct err err = { 0 };
	struct surl u;

	ck_assert(surl_escape(escaped, sizeof(escaped), odd));
	(void)snprintf(text, sizeof(text), "tcp://%s:%s@h:1?tag=%s", escaped, escaped, escaped);
	ck_assert_msg(surl_parse(&u, text, &forward, &err) == 0, "%s", err.text);
	ck_assert_str_eq(u.user, odd);
	ck_assert_str_eq(u.password, odd);
	ck_assert_str_eq(surl_text(&u, "tag", ""), odd);
	ck_assert(!surl_escape(small, sizeof(small), odd));
	ck_assert(surl_escape(small, 1, ""));
	ck_assert(!surl_escape(small, 0, ""));
}
END_TEST

START_TEST(what_is_too_long_is_refused)
{
	static char text[SURL_MAX + 1];
	struct err err = { 0 };
	struct surl u;

	memset(text, 'a', SURL_MAX);
	memcpy(text, "unix:///", 8);
	ck_assert_int_eq(surl_parse(&u, text, &forward, &err), -ENAMETOOLONG);
	text[8 + SURL_UNIX_PATH_MAX] = '\0';
	ck_assert_int_eq(surl_parse(&u, text, &forward, &err), -EINVAL);
	text[8 + SURL_UNIX_PATH_MAX - 1] = '\0';
	ck_assert_int_eq(surl_parse(&u, text, &forward, &err), 0);
	memcpy(text, "http://h?", 9);
	for (size_t i = 9; i < sizeof(text); i++)
		text[i] = i % 2 ? 'a' : '&';
	text[SURL_MAX - 1] = '\0';
	ck_assert_int_eq(surl_parse(&u, text, &webhook, &err), -E2BIG);
	text[9 + 2 * SURL_PARAMS_MAX] = '\0';
	ck_assert_int_eq(surl_parse(&u, text, &webhook, &err), 0);
	ck_assert_uint_eq(u.n_params, SURL_PARAMS_MAX);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sink_url");
	TCase *tc = tcase_create("url");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(tc, a_url_is_taken_apart, 0, (int)ARRAY_LEN(good));
	tcase_add_loop_test(tc, what_is_wrong_is_said, 0, (int)ARRAY_LEN(bad));
	tcase_add_loop_test(tc, a_password_is_not_in_a_message, 0, (int)ARRAY_LEN(secrets));
	tcase_add_test(tc, values_have_types_and_defaults);
	tcase_add_loop_test(tc, durations_are_parsed, 0, (int)ARRAY_LEN(durations));
	tcase_add_loop_test(tc, sizes_are_parsed, 0, (int)ARRAY_LEN(sizes));
	tcase_add_test(tc, keys_alone_are_parsed);
	tcase_add_test(tc, what_is_escaped_comes_back);
	tcase_add_test(tc, what_is_too_long_is_refused);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
