/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crc32.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "common/cleanup.h"

#define LEN_MAX 4200U

static uint8_t bytes[LEN_MAX + 16];

static void fill(unsigned int seed)
{
	srand(seed);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(rand() >> 7);
}

START_TEST(check_value_of_the_algorithm)
{
	/* as every catalogue of them has it */
	ck_assert_uint_eq(crc32_add(0, "123456789", 9), 0xcbf43926U);
	ck_assert_uint_eq(crc32_add(0, "", 0), 0);
	ck_assert_uint_eq(crc32_add(7, "", 0), 7);
}
END_TEST

/* Every length around what is folded, at every alignment, from several beginnings; in memory of its
 * own, so that a byte too many is noticed. */
START_TEST(agrees_with_zlib)
{
	static const uint32_t begin[] = { 0, 1, 0x80000000U, 0xffffffffU, 0x12345678U };

	fill((unsigned int)_i);
	for (size_t len = 0; len <= LEN_MAX; len += len < 400 ? 1 : 61) {
		size_t off = (len + (size_t)_i) % 16;
		CLEANUP_FREE uint8_t *own = malloc(off + len + 1);

		ck_assert_ptr_nonnull(own);
		memcpy(own + off, bytes, len);
		own = realloc(own, off + len ? off + len : 1);
		ck_assert_ptr_nonnull(own);
		for (size_t i = 0; i < ARRAY_LEN(begin); i++)
			ck_assert_uint_eq(crc32_add(begin[i], own + off, len),
					  crc32_z(begin[i], own + off, len));
	}
}
END_TEST

START_TEST(goes_on_where_it_stopped)
{
	fill(1);
	for (size_t at = 0; at <= 1000; at += 7)
		ck_assert_uint_eq(crc32_add(crc32_add(0, bytes, at), bytes + at, 1000 - at),
				  crc32_z(0, bytes, 1000));
}
END_TEST

START_TEST(all_zeros_and_all_ones)
{
	memset(bytes, _i ? 0xff : 0, sizeof(bytes));
	for (size_t len = 0; len < 600; len++)
		ck_assert_uint_eq(crc32_add(0, bytes, len), crc32_z(0, bytes, len));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("crc32");
	TCase *tc = tcase_create("crc32");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, check_value_of_the_algorithm);
	tcase_add_loop_test(tc, agrees_with_zlib, 0, 16);
	tcase_add_test(tc, goes_on_where_it_stopped);
	tcase_add_loop_test(tc, all_zeros_and_all_ones, 0, 2);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
