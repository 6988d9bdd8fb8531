/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json_sockaddr.h"

#define BYTES(literal) literal, sizeof(literal) - 1
#define BUFFER false /* may be longer than the address */
#define EXACT true

static const struct {
	const char *addr;
	size_t len;
	bool is_exact;
	const char *expected;
	bool is_cut;
} cases[] = {
	{ BYTES("\x02\0\x01\xbb\x01\x02\x03\x04\0\0\0\0\0\0\0\0"), BUFFER,
	  "{\"sa_family\":\"AF_INET\",\"sin_port\":\"443\",\"sin_addr\":\"1.2.3.4\"}", false },
	{ BYTES("\x02\0\xff\xff\xff\xff\xff\xff"), EXACT,
	  "{\"sa_family\":\"AF_INET\",\"sin_port\":\"65535\",\"sin_addr\":\"255.255.255.255\"}",
	  false },
	{ BYTES("\x02\0\x01\xbb\x01\x02\x03"), EXACT, "{\"sa_family\":\"AF_INET\"}", true },
	{ BYTES("\x0a\0\0\x35\0\0\0\x07"
		"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
		"\x02\0\0\0"),
	  BUFFER,
	  "{\"sa_family\":\"AF_INET6\",\"sin6_port\":\"53\",\"sin6_flowinfo\":\"7\","
	  "\"sin6_addr\":\"2001:db8::1\",\"sin6_scopeid\":\"2\"}",
	  false },
	{ BYTES("\x0a\0\0\x35\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\x01\0\0\0\0"), BUFFER,
	  "{\"sa_family\":\"AF_INET6\",\"sin6_port\":\"53\",\"sin6_flowinfo\":\"0\","
	  "\"sin6_addr\":\"127.0.0.1\",\"sin6_scopeid\":\"0\"}",
	  false },
	/* without the scope, as RFC 2133 had it */
	{ BYTES("\x0a\0\0\x35\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"), EXACT,
	  "{\"sa_family\":\"AF_INET6\",\"sin6_port\":\"53\",\"sin6_flowinfo\":\"0\","
	  "\"sin6_addr\":\"::1\",\"sin6_scopeid\":\"0\"}",
	  false },
	{ BYTES("\x0a\0\0\x35\0\0\0\0"), EXACT, "{\"sa_family\":\"AF_INET6\"}", true },
	{ BYTES("\x01\0/run/x.sock\0garbage"), BUFFER,
	  "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"/run/x.sock\"}", false },
	{ BYTES("\x01\0/run/x.sock"), EXACT,
	  "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"/run/x.sock\"}", false },
	{ BYTES("\x01\0\"\n\xff"), EXACT,
	  "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"\\\"\\n\xef\xbf\xbd\"}", false },
	/* abstract: what is behind the name is part of it only when the length is known */
	{ BYTES("\x01\0\0name\0\0"), BUFFER, "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"@name\"}",
	  false },
	{ BYTES("\x01\0\0name\0rest"), BUFFER, "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"@name\"}",
	  false },
	{ BYTES("\x01\0\0name\0rest\0\0"), EXACT,
	  "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"@name@rest\"}", false },
	{ BYTES("\x01\0\0\0\0x"), EXACT, "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"@@@x\"}",
	  false },
	/* unnamed */
	{ BYTES("\x01\0"), EXACT, "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"\"}", false },
	{ BYTES("\x01\0\0\0\0\0"), BUFFER, "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"\"}", false },
	{ BYTES("\x10\0\0\0\x01\0\0\0\0\0\0\0"), BUFFER, "{\"sa_family\":\"AF_NETLINK\"}", false },
	{ BYTES("\0\0"), BUFFER, "{\"sa_family\":\"AF_UNSPEC\"}", false },
	{ BYTES("\xff\xff\xff"), BUFFER, "{\"sa_family\":\"65535\"}", false },
	{ BYTES("\x02"), EXACT, "{}", true },
	{ BYTES(""), EXACT, "{}", false },
};

START_TEST(address_is_a_map_of_strings)
{
	/* In memory of exactly its size: a read beyond it is an error under the sanitizer. */
	size_t len = cases[_i].len;
	uint8_t *addr = malloc(len ? len : 1);
	bool is_cut = !cases[_i].is_cut;
	char out[512] = { 0 };
	char *end;

	ck_assert_ptr_nonnull(addr);
	memcpy(addr, cases[_i].addr, len);
	end = jsock_write(out, addr, len, cases[_i].is_exact, &is_cut);
	*end = '\0';
	ck_assert_str_eq(out, cases[_i].expected);
	ck_assert(is_cut == cases[_i].is_cut);
	ck_assert_uint_le((size_t)(end - out), JSOCK_FIXED_MAX);
	free(addr);
}
END_TEST

static Suite *json_sockaddr_suite(void)
{
	Suite *s = suite_create("json_sockaddr");
	TCase *tc = tcase_create("families");

	tcase_add_loop_test(tc, address_is_a_map_of_strings, 0, ARRAY_LEN(cases));
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(json_sockaddr_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
