/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json_write.h"

#include <stdbool.h>

#include "engine/encode/utf8.h"

/* Words are taken apart lowest byte first. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "x86-64 and arm64 only");

#define EVERY_BYTE(b) (0x0101010101010101ULL * (b))

/*
 * The eight decimal digits of value < 10^8, one a byte, the first one lowest. All digits at once:
 * split in two fours, each in two pairs, each in two digits. 10486 / 2^20 divides numbers below
 * 10000 by 100, 103 / 2^10 divides numbers below 100 by 10, both exactly after rounding down.
 */
static uint64_t eight_digits(uint32_t value)
{
	uint64_t word = value / 10000 | (uint64_t)(value % 10000) << 32;
	uint64_t high = ((word * 10486) >> 20) & 0x0000007f0000007fULL;

	word = high | (word - high * 100) << 16;
	high = ((word * 103) >> 10) & 0x000f000f000f000fULL;
	return high | (word - high * 10) << 8;
}

static char *put_eight(char *p, uint32_t value)
{
	uint64_t text = eight_digits(value) | EVERY_BYTE('0');

	memcpy(p, &text, 8);
	return p + 8;
}

/* value < 10^8, without leading zeros. */
static char *put_short(char *p, uint32_t value)
{
	uint64_t digits = eight_digits(value), text;
	unsigned int skip = digits ? (unsigned int)__builtin_ctzll(digits) / 8 : 7;

	text = (digits | EVERY_BYTE('0')) >> (8 * skip);
	memcpy(p, &text, 8);
	return p + 8 - skip;
}

char *jw_u64(char *p, uint64_t value)
{
	const uint64_t e8 = 100000000;
	uint64_t high;

	if (value < e8)
		return put_short(p, (uint32_t)value);
	high = value / e8;
	if (high < e8) {
		p = put_short(p, (uint32_t)high);
	} else {
		p = put_short(p, (uint32_t)(high / e8));
		p = put_eight(p, (uint32_t)(high % e8));
	}
	return put_eight(p, (uint32_t)(value % e8));
}

static const char hex_digits[] = "0123456789abcdef";

char *jw_hex(char *p, uint64_t value)
{
	unsigned int n = value ? (67U - (unsigned int)__builtin_clzll(value)) / 4 : 1;

	p = JW_LITERAL(p, "0x");
	for (unsigned int i = n; i-- > 0; value >>= 4)
		p[i] = hex_digits[value & 0xf];
	return p + n;
}

/*
 * Nonzero in the high bit of each byte of the word that is not plain: below 0x20, '"', '\\', from
 * 0x7f on. A borrow may mark bytes above a marked one, never below: the lowest mark is right.
 */
static uint64_t not_plain(uint64_t word)
{
	uint64_t quote = word ^ EVERY_BYTE('"'), backslash = word ^ EVERY_BYTE('\\');

	return (word | (word - EVERY_BYTE(0x20)) | (word + EVERY_BYTE(1)) |
		(quote - EVERY_BYTE(1)) | (backslash - EVERY_BYTE(1))) &
	       EVERY_BYTE(0x80);
}

/* The last 1 to 7 bytes, in a word that is filled up with plain ones. */
static uint64_t load_rest(const uint8_t *in, size_t len)
{
	uint64_t word = EVERY_BYTE('.') << (8 * len);
	unsigned int shift = 0;
	uint32_t four;
	uint16_t two;

	if (len & 4) {
		memcpy(&four, in, 4);
		word |= four;
		shift = 32;
	}
	if (len & 2) {
		memcpy(&two, in + shift / 8, 2);
		word |= (uint64_t)two << shift;
		shift += 16;
	}
	if (len & 1)
		word |= (uint64_t)in[shift / 8] << shift;
	return word;
}

/* Copies plain bytes up to the first other one and returns how many. */
static size_t copy_plain(char *p, const uint8_t *in, size_t len)
{
	uint64_t word, marks;
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		memcpy(&word, in + i, 8);
		memcpy(p + i, &word, 8);
		marks = not_plain(word);
		if (marks)
			return i + (size_t)__builtin_ctzll(marks) / 8;
	}
	if (i == len)
		return len;
	word = load_rest(in + i, len - i);
	memcpy(p + i, &word, 8);
	marks = not_plain(word);
	return marks ? i + (size_t)__builtin_ctzll(marks) / 8 : len;
}

static char *put_escaped(char *p, uint32_t code)
{
	p = JW_LITERAL(p, "\\u");
	for (int shift = 12; shift >= 0; shift -= 4)
		*p++ = hex_digits[(code >> shift) & 0xf];
	return p;
}

static char *put_ascii(char *p, uint8_t byte)
{
	switch (byte) {
	case '"':
		return JW_LITERAL(p, "\\\"");
	case '\\':
		return JW_LITERAL(p, "\\\\");
	case '\n':
		return JW_LITERAL(p, "\\n");
	case '\r':
		return JW_LITERAL(p, "\\r");
	case '\t':
		return JW_LITERAL(p, "\\t");
	default:
		return put_escaped(p, byte);
	}
}

/* What a terminal or a log viewer acts upon although it is not ASCII. */
static bool is_acting(uint32_t code)
{
	return code <= 0x9f || code == 0x61c || (code >= 0x200e && code <= 0x200f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
	       code == 0xfeff;
}

/* One sequence that begins with a byte from 0x80 on; returns how many bytes of input it took. */
static size_t put_sequence(char **p, const uint8_t *in, size_t len)
{
	uint32_t code;
	size_t n = utf8_sequence(in, len, &code);

	if (code == UTF8_INVALID) {
		*p = JW_LITERAL(*p, UTF8_REPLACEMENT);
	} else if (is_acting(code)) {
		*p = put_escaped(*p, code);
	} else {
		memcpy(*p, in, n);
		*p += n;
	}
	return n;
}

char *jw_text(char *p, const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	size_t n;

	for (;;) {
		n = copy_plain(p, in, len);
		p += n;
		if (n == len)
			return p;
		in += n;
		len -= n;
		if (in[0] < 0x80) {
			p = put_ascii(p, in[0]);
			n = 1;
		} else {
			n = put_sequence(&p, in, len);
		}
		in += n;
		len -= n;
	}
}

char *jw_base64(char *p, const void *bytes, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *in = bytes;

	for (; len > 0; len -= len < 3 ? len : 3, in += 3) {
		uint32_t group = (uint32_t)in[0] << 16 | (len > 1 ? (uint32_t)in[1] << 8 : 0) |
				 (len > 2 ? in[2] : 0);

		p[0] = alphabet[group >> 18];
		p[1] = alphabet[group >> 12 & 0x3f];
		p[2] = len > 1 ? alphabet[group >> 6 & 0x3f] : '=';
		p[3] = len > 2 ? alphabet[group & 0x3f] : '=';
		p += 4;
	}
	return p;
}
