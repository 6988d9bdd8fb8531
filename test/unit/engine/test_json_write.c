/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"
#include "test/support/record_builder.h"

static char out[8192];

static void check_u64(uint64_t value)
{
	char expected[32];
	int len = snprintf(expected, sizeof(expected), "%" PRIu64, value);

	ck_assert_int_eq(jw_u64(out, value) - out, len);
	ck_assert_mem_eq(out, expected, (size_t)len);
	len = snprintf(expected, sizeof(expected), "%" PRId64, (int64_t)value);
	ck_assert_int_eq(jw_s64(out, (int64_t)value) - out, len);
	ck_assert_mem_eq(out, expected, (size_t)len);
	len = snprintf(expected, sizeof(expected), "0x%" PRIx64, value);
	ck_assert_int_eq(jw_hex(out, value) - out, len);
	ck_assert_mem_eq(out, expected, (size_t)len);
}

START_TEST(numbers_are_as_printf_has_them)
{
	uint64_t state = 7, power = 1;

	for (uint64_t value = 0; value < 20000; value++)
		check_u64(value);
	for (int i = 0; i < 20; i++, power *= 10) {
		check_u64(power - 1);
		check_u64(power);
		check_u64(power + 1);
		check_u64(0 - power);
	}
	for (int bit = 0; bit < 64; bit++) {
		check_u64(1ULL << bit);
		check_u64((1ULL << bit) - 1);
	}
	check_u64(UINT64_MAX);
	for (int i = 0; i < 20000; i++) {
		uint64_t value = rb_next_random(&state);

		check_u64(value >> (value & 63));
	}
}
END_TEST

/* `expected` is the inside of the JSON string. */
static const struct {
	const char *bytes;
	size_t len;
	const char *expected;
} texts[] = {
#define BYTES(literal) literal, sizeof(literal) - 1
	{ BYTES(""), "" },
	{ BYTES("a"), "a" },
	{ BYTES("/usr/bin/bash"), "/usr/bin/bash" },
	{ BYTES("exactly8"), "exactly8" },
	{ BYTES("a\"b\\c/d"), "a\\\"b\\\\c/d" },
	{ BYTES("\"\"\"\"\"\"\"\"\""), "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"" },
	{ BYTES("line\nfeed\rtab\t"), "line\\nfeed\\rtab\\t" },
	{ BYTES("\x1b[31mred\x07\x08\x0c"), "\\u001b[31mred\\u0007\\u0008\\u000c" },
	{ BYTES("a\0b"), "a\\u0000b" },
	{ BYTES("\x7f"), "\\u007f" },
	{ BYTES("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f" },
	{ BYTES("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"), "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" },
	{ BYTES("\xf0\x9f\x90\xa7"), "\xf0\x9f\x90\xa7" },
	{ BYTES("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf" },
	{ BYTES("\xed\x9f\xbf\xee\x80\x80"), "\xed\x9f\xbf\xee\x80\x80" },
	/* C1: U+009B is CSI, as good as ESC [ */
	{ BYTES("\xc2\x9b"), "\\u009b" },
	{ BYTES("\xc2\x80\xc2\xa0"), "\\u0080\xc2\xa0" },
	/* direction marks, line and paragraph separators, byte order mark */
	{ BYTES("exe\xe2\x80\xaegpj"), "exe\\u202egpj" },
	{ BYTES("\xe2\x81\xa6\xe2\x81\xa9"), "\\u2066\\u2069" },
	{ BYTES("\xe2\x80\xa8\xe2\x80\xa9"), "\\u2028\\u2029" },
	{ BYTES("\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c"), "\\u200e\\u200f\\u061c" },
	{ BYTES("\xef\xbb\xbf"), "\\ufeff" },
	{ BYTES("\xe2\x80\x90"), "\xe2\x80\x90" },
#define BAD "\xef\xbf\xbd"
	/* a continuation with nothing to continue, bytes that never occur */
	{ BYTES("\x80"), BAD },
	{ BYTES("a\xbf\x80z"), "a" BAD BAD "z" },
	{ BYTES("\xfe\xff\xf5\xf8"), BAD BAD BAD BAD },
	/* cut sequences are one each, whatever follows */
	{ BYTES("\xc3"), BAD },
	{ BYTES("\xe6\x97"), BAD },
	{ BYTES("\xf0\x9f\x90"), BAD },
	{ BYTES("\xf0\x9f\x90x"), BAD "x" },
	{ BYTES("\xe6\x97\xc3\xbc"), BAD "\xc3\xbc" },
	{ BYTES("\xf0\x9f\n"), BAD "\\n" },
	/* overlong forms: of '/', of NUL, of U+07FF, of U+FFFF */
	{ BYTES("\xc0\xaf"), BAD BAD },
	{ BYTES("\xc1\x81"), BAD BAD },
	{ BYTES("\xe0\x80\xaf"), BAD BAD BAD },
	{ BYTES("\xe0\x9f\xbf"), BAD BAD BAD },
	{ BYTES("\xf0\x8f\xbf\xbf"), BAD BAD BAD BAD },
	/* surrogates, alone and as a pair (CESU-8); above U+10FFFF */
	{ BYTES("\xed\xa0\x80"), BAD BAD BAD },
	{ BYTES("\xed\xa0\xbd\xed\xb0\xa7"), BAD BAD BAD BAD BAD BAD },
	{ BYTES("\xf4\x90\x80\x80"), BAD BAD BAD BAD },
	/* what the Unicode standard gives as its example (table 3-8) */
	{ BYTES("\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64"),
	  "a" BAD BAD BAD "b" BAD "c" BAD BAD "d" },
};

START_TEST(text_is_escaped)
{
	/* At every place in a word, and with every distance to the end. */
	for (size_t before = 0; before < 18; before++) {
		for (size_t after = 0; after < 18; after++) {
			char in[128], expected[256];
			size_t len = texts[_i].len, n = strlen(texts[_i].expected);
			char *end;

			memset(in, 'x', sizeof(in));
			memset(expected, 'x', sizeof(expected));
			memcpy(in + before, texts[_i].bytes, len);
			memcpy(expected + before, texts[_i].expected, n);
			end = jw_text(out, in, before + len + after);
			ck_assert_uint_eq((size_t)(end - out), before + n + after);
			ck_assert_mem_eq(out, expected, before + n + after);
		}
	}
}
END_TEST

/* Valid for jansson, which checks UTF-8, and not a byte that a terminal obeys. */
static void check_valid(const void *bytes, size_t len)
{
	char *end = jw_string(out, bytes, len);
	json_t *value =
		json_loadb(out, (size_t)(end - out), JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	unsigned int n_acting = 0;

	ck_assert_ptr_nonnull(value);
	ck_assert(json_is_string(value));
	json_decref(value);
	ck_assert_uint_le((size_t)(end - out), JW_EXPANSION * len + 2);
	for (char *p = out; p < end; p++)
		n_acting += (unsigned char)*p < 0x20 || *p == 0x7f;
	ck_assert_uint_eq(n_acting, 0);
}

START_TEST(any_bytes_become_valid_text)
{
	uint8_t bytes[1024];
	uint64_t state = 42;

	for (unsigned int i = 0; i < 65536; i += 256) {
		for (unsigned int k = 0; k < 256; k++) {
			bytes[4 * k] = (uint8_t)(i >> 8);
			bytes[4 * k + 1] = (uint8_t)k;
			bytes[4 * k + 2] = 'x';
			bytes[4 * k + 3] = (uint8_t)(i >> 8); /* before every letter, too */
		}
		check_valid(bytes, sizeof(bytes));
	}
	for (unsigned int round = 0; round < 500; round++) {
		size_t len = rb_next_random(&state) % sizeof(bytes);

		for (size_t i = 0; i < len; i++) {
			uint64_t word = rb_next_random(&state);

			bytes[i] = word & 0x100 ? (uint8_t)word
						: "\xc2\xe0\xed\xf0\xf4\x80\x9f\xbf"[word & 7];
		}
		check_valid(bytes, len);
	}
}
END_TEST

START_TEST(valid_text_survives)
{
	/* Every code point that is a character goes in and comes out. */
	for (uint32_t code = 1; code < 0x110000; code += code < 0x1000 ? 1 : 97) {
		char in[8] = { 0 };
		json_t *value;
		size_t len;
		char *end;

		if (code >= 0xd800 && code <= 0xdfff)
			continue;
		if (code < 0x80)
			len = (size_t)sprintf(in, "%c", (int)code);
		else if (code < 0x800)
			len = (size_t)sprintf(in, "%c%c", (int)(0xc0 | code >> 6),
					      (int)(0x80 | (code & 0x3f)));
		else if (code < 0x10000)
			len = (size_t)sprintf(in, "%c%c%c", (int)(0xe0 | code >> 12),
					      (int)(0x80 | (code >> 6 & 0x3f)),
					      (int)(0x80 | (code & 0x3f)));
		else
			len = (size_t)sprintf(in, "%c%c%c%c", (int)(0xf0 | code >> 18),
					      (int)(0x80 | (code >> 12 & 0x3f)),
					      (int)(0x80 | (code >> 6 & 0x3f)),
					      (int)(0x80 | (code & 0x3f)));
		end = jw_string(out, in, len);
		value = json_loadb(out, (size_t)(end - out), JSON_DECODE_ANY, NULL);
		ck_assert_ptr_nonnull(value);
		ck_assert_str_eq(json_string_value(value), in);
		json_decref(value);
	}
}
END_TEST

/* RFC 4648, section 10, and a byte with the high bits set. */
static const struct {
	const char *bytes;
	size_t len;
	const char *expected;
} base64s[] = {
	{ BYTES(""), "" },
	{ BYTES("f"), "Zg==" },
	{ BYTES("fo"), "Zm8=" },
	{ BYTES("foo"), "Zm9v" },
	{ BYTES("foob"), "Zm9vYg==" },
	{ BYTES("fooba"), "Zm9vYmE=" },
	{ BYTES("foobar"), "Zm9vYmFy" },
	{ BYTES("\xff\xfe\xfd\0"), "//79AA==" },
};

START_TEST(base64)
{
	char *end = jw_base64(out, base64s[_i].bytes, base64s[_i].len);

	ck_assert_uint_eq((size_t)(end - out), strlen(base64s[_i].expected));
	ck_assert_mem_eq(out, base64s[_i].expected, strlen(base64s[_i].expected));
}
END_TEST

static Suite *json_write_suite(void)
{
	Suite *s = suite_create("json_write");
	TCase *tc = tcase_create("values");

	tcase_add_test(tc, numbers_are_as_printf_has_them);
	tcase_add_loop_test(tc, text_is_escaped, 0, ARRAY_LEN(texts));
	tcase_add_test(tc, any_bytes_become_valid_text);
	tcase_add_test(tc, valid_text_survives);
	tcase_add_loop_test(tc, base64, 0, ARRAY_LEN(base64s));
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(json_write_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
