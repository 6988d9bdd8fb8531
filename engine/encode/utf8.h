/* SPDX-License-Identifier: Apache-2.0 */
/* utf8: which bytes are UTF-8 (Unicode, table 3-7), for the encoders. Pure; any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX
#define UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Range of the second byte, by the first one (no overlong forms, no surrogates, nothing above
 * U+10FFFF); how many bytes must follow, 0: not a first byte. */
static inline unsigned int utf8_first_byte(uint8_t byte, uint8_t *ret_low, uint8_t *ret_high)
{
	*ret_low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
	*ret_high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
	if (byte < 0xc2 || byte > 0xf4)
		return 0;
	return byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
}

/* One sequence that begins with a byte from 0x80 on (len > 0). Returns how many bytes it takes;
 * *ret_code is its code, or UTF8_INVALID: these bytes are the longest that cannot go on. */
static inline size_t utf8_sequence(const uint8_t *in, size_t len, uint32_t *ret_code)
{
	uint8_t low, high;
	unsigned int more = utf8_first_byte(in[0], &low, &high);
	uint32_t code = in[0] & (0x3fU >> more);
	size_t n = 1;

	for (; n <= more && n < len && in[n] >= low && in[n] <= high; n++) {
		code = code << 6 | (in[n] & 0x3f);
		low = 0x80;
		high = 0xbf;
	}
	*ret_code = more == 0 || n <= more ? UTF8_INVALID : code;
	return n;
}
