/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/text.h"

#include "engine/encode/json_write.h"

void text_u64(struct text *t, uint64_t value)
{
	char digits[JW_NUMBER_MAX + JW_SLACK];

	text_bytes(t, digits, (size_t)(jw_u64(digits, value) - digits));
}

void text_s64(struct text *t, int64_t value)
{
	char digits[JW_NUMBER_MAX + JW_SLACK];

	text_bytes(t, digits, (size_t)(jw_s64(digits, value) - digits));
}

void text_digits(struct text *t, uint64_t value, unsigned int n)
{
	char digits[JW_NUMBER_MAX + JW_SLACK];
	size_t len = (size_t)(jw_u64(digits, value) - digits);

	for (; n > len; n--)
		text_char(t, '0');
	text_bytes(t, digits, len);
}

size_t text_width(const char *bytes, size_t len)
{
	size_t width = 0;

	for (size_t i = 0; i < len; i++)
		width += ((uint8_t)bytes[i] & 0xc0) != 0x80; /* all but what goes on */
	return width;
}

void text_pad(struct text *t, size_t start, size_t width)
{
	size_t have = text_width(t->start + start, text_len(t) - start);

	for (; have < width; have++)
		text_char(t, ' ');
}
