/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/msgpack_write.h"

#include "engine/encode/utf8.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are turned round");

#define HIGH_BITS 0x8080808080808080ULL
#define FIXSTR_MAX 31
#define FIXARRAY_MAX 15

uint8_t *mpw_str_header(uint8_t *p, size_t len)
{
	if (len <= FIXSTR_MAX)
		return mpw_byte(p, MPW_FIXSTR | (unsigned int)len);
	if (len <= UINT8_MAX)
		return mpw_byte(mpw_byte(p, MPW_STR8), (unsigned int)len);
	if (len <= UINT16_MAX)
		return mpw_16(p, MPW_STR16, (uint16_t)len);
	return mpw_32(p, MPW_STR32, (uint32_t)len);
}

uint8_t *mpw_bin_header(uint8_t *p, size_t len)
{
	if (len <= UINT8_MAX)
		return mpw_byte(mpw_byte(p, MPW_BIN8), (unsigned int)len);
	if (len <= UINT16_MAX)
		return mpw_16(p, MPW_BIN16, (uint16_t)len);
	return mpw_32(p, MPW_BIN32, (uint32_t)len);
}

uint8_t *mpw_array_header(uint8_t *p, size_t n)
{
	if (n <= FIXARRAY_MAX)
		return mpw_byte(p, MPW_FIXARRAY | (unsigned int)n);
	if (n <= UINT16_MAX)
		return mpw_16(p, MPW_ARRAY16, (uint16_t)n);
	return mpw_32(p, MPW_ARRAY32, (uint32_t)n);
}

/* Copies ASCII up to the first other byte and returns how many. */
static size_t copy_ascii(uint8_t *p, const uint8_t *in, size_t len)
{
	uint64_t word, marks;
	size_t i = 0;

	for (; i + 8 <= len; i += 8) {
		memcpy(&word, in + i, 8);
		memcpy(p + i, &word, 8);
		marks = word & HIGH_BITS;
		if (marks)
			return i + (size_t)__builtin_ctzll(marks) / 8;
	}
	for (; i < len && in[i] < 0x80; i++)
		p[i] = in[i];
	return i;
}

uint8_t *mpw_text(uint8_t *p, const void *bytes, size_t len)
{
	const uint8_t *in = bytes;
	uint32_t code;
	size_t n;

	for (;;) {
		n = copy_ascii(p, in, len);
		p += n;
		in += n;
		len -= n;
		if (len == 0)
			return p;
		n = utf8_sequence(in, len, &code);
		if (code == UTF8_INVALID) {
			memcpy(p, UTF8_REPLACEMENT, sizeof(UTF8_REPLACEMENT) - 1);
			p += sizeof(UTF8_REPLACEMENT) - 1;
		} else {
			memcpy(p, in, n);
			p += n;
		}
		in += n;
		len -= n;
	}
}

uint8_t *mpw_str_end(uint8_t *begin, uint8_t *end)
{
	const uint8_t *text = begin + MPW_HEADER_MAX;
	size_t len = (size_t)(end - text);
	uint8_t *p = mpw_str_header(begin, len);

	if (p != text)
		memmove(p, text, len);
	return p + len;
}

uint8_t *mpw_str(uint8_t *p, const void *bytes, size_t len)
{
	/* Nearly all texts are ASCII, whose length is known beforehand. */
	uint8_t *at = mpw_str_header(p, len);
	size_t n = copy_ascii(at, bytes, len);

	if (n == len)
		return at + len;
	return mpw_str_end(p, mpw_text(mpw_str_begin(p), bytes, len));
}
