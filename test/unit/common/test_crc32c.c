/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crc32c.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

/* RFC 3720, appendix B.4, and the usual check value of the nine digits. */
static void fill_zero(uint8_t *buf)
{
	memset(buf, 0, 32);
}

static void fill_ones(uint8_t *buf)
{
	memset(buf, 0xff, 32);
}

static void fill_up(uint8_t *buf)
{
	for (int i = 0; i < 32; i++)
		buf[i] = (uint8_t)i;
}

static void fill_down(uint8_t *buf)
{
	for (int i = 0; i < 32; i++)
		buf[i] = (uint8_t)(31 - i);
}

static void fill_digits(uint8_t *buf)
{
	memcpy(buf, "123456789", 9);
}

static const struct {
	void (*fill)(uint8_t *buf);
	size_t len;
	uint32_t crc;
} known[] = {
	{ fill_zero, 32, 0x8a9136aa }, { fill_ones, 32, 0x62a8ab43 },
	{ fill_up, 32, 0x46dd794e },   { fill_down, 32, 0x113fdb5c },
	{ fill_zero, 0, 0 },           { fill_digits, 9, 0xe3069283 },
};

START_TEST(published_values)
{
	uint8_t buf[32];

	known[_i].fill(buf);
	ck_assert_uint_eq(crc32c(0, buf, known[_i].len), known[_i].crc);
	ck_assert_uint_eq(crc32c_by_table(0, buf, known[_i].len), known[_i].crc);
}
END_TEST

START_TEST(instruction_and_table_agree_at_every_length_and_alignment)
{
	uint8_t buf[96];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 89 + 7);
	for (size_t from = 0; from < 16; from++)
		for (size_t len = 0; len <= sizeof(buf) - from; len++)
			ck_assert_uint_eq(crc32c(0x1234, buf + from, len),
					  crc32c_by_table(0x1234, buf + from, len));
}
END_TEST

START_TEST(pieces_give_what_the_whole_gives)
{
	uint8_t buf[64];

	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * 31);
	for (size_t cut = 0; cut <= sizeof(buf); cut++)
		ck_assert_uint_eq(crc32c(crc32c(0, buf, cut), buf + cut, sizeof(buf) - cut),
				  crc32c(0, buf, sizeof(buf)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crc32c");
	TCase *values = tcase_create("values");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(values, published_values, 0, (int)ARRAY_LEN(known));
	tcase_add_test(values, instruction_and_table_agree_at_every_length_and_alignment);
	tcase_add_test(values, pieces_give_what_the_whole_gives);
	suite_add_tcase(suite, values);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
