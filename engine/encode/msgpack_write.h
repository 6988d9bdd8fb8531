/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack_write: the primitives that msgpack is made of (prefix mpw_), the shortest form of each
 * but for mpw_open(). Each writes at `p` and returns the end of what it wrote. Nothing checks for
 * room: the caller knows the most that a piece can take, and keeps MPW_SLACK bytes behind it that
 * may be scribbled on. msgpack-c's packer would call back for every few bytes. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A writer copies in words, so up to this many bytes behind its result change. */
#define MPW_SLACK 32U
/* One byte of a text becomes at most this many (U+FFFD). */
#define MPW_EXPANSION 3U
#define MPW_HEADER_MAX 5U /* of a str, bin, array or map */
#define MPW_NUMBER_MAX 9U
#define MPW_OPEN_LEN 3U

enum mpw_type {
	MPW_NIL = 0xc0,
	MPW_FALSE = 0xc2,
	MPW_TRUE = 0xc3,
	MPW_FIXMAP = 0x80,   /* of up to 15 pairs */
	MPW_FIXARRAY = 0x90, /* of up to 15 */
	MPW_FIXSTR = 0xa0,   /* of up to 31 bytes */
	MPW_BIN8 = 0xc4,
	MPW_BIN16 = 0xc5,
	MPW_BIN32 = 0xc6,
	MPW_DOUBLE = 0xcb,
	MPW_U8 = 0xcc,
	MPW_U16 = 0xcd,
	MPW_U32 = 0xce,
	MPW_U64 = 0xcf,
	MPW_S8 = 0xd0,
	MPW_S16 = 0xd1,
	MPW_S32 = 0xd2,
	MPW_S64 = 0xd3,
	MPW_FIXEXT8 = 0xd7,
	MPW_STR8 = 0xd9,
	MPW_STR16 = 0xda,
	MPW_STR32 = 0xdb,
	MPW_ARRAY16 = 0xdc,
	MPW_ARRAY32 = 0xdd,
	MPW_MAP16 = 0xde,
};

static inline uint8_t *mpw_byte(uint8_t *p, unsigned int byte)
{
	*p = (uint8_t)byte;
	return p + 1;
}

/* A type and its big-endian number. */
static inline uint8_t *mpw_16(uint8_t *p, enum mpw_type type, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(mpw_byte(p, type), &value, sizeof(value));
	return p + 1 + sizeof(value);
}

static inline uint8_t *mpw_32(uint8_t *p, enum mpw_type type, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(mpw_byte(p, type), &value, sizeof(value));
	return p + 1 + sizeof(value);
}

static inline uint8_t *mpw_64(uint8_t *p, enum mpw_type type, uint64_t value)
{
	value = __builtin_bswap64(value);
	memcpy(mpw_byte(p, type), &value, sizeof(value));
	return p + 1 + sizeof(value);
}

static inline uint8_t *mpw_u64(uint8_t *p, uint64_t value)
{
	if (value < 0x80)
		return mpw_byte(p, (unsigned int)value);
	if (value > UINT32_MAX)
		return mpw_64(p, MPW_U64, value);
	if (value > UINT16_MAX)
		return mpw_32(p, MPW_U32, (uint32_t)value);
	if (value > UINT8_MAX)
		return mpw_16(p, MPW_U16, (uint16_t)value);
	return mpw_byte(mpw_byte(p, MPW_U8), (unsigned int)value);
}

/* Never a float, and never signed when it is not negative. */
static inline uint8_t *mpw_s64(uint8_t *p, int64_t value)
{
	if (value >= 0)
		return mpw_u64(p, (uint64_t)value);
	if (value >= -32)
		return mpw_byte(p, (uint8_t)value);
	if (value < INT32_MIN)
		return mpw_64(p, MPW_S64, (uint64_t)value);
	if (value < INT16_MIN)
		return mpw_32(p, MPW_S32, (uint32_t)value);
	if (value < INT8_MIN)
		return mpw_16(p, MPW_S16, (uint16_t)value);
	return mpw_byte(mpw_byte(p, MPW_S8), (uint8_t)value);
}

static inline uint8_t *mpw_double(uint8_t *p, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return mpw_64(p, MPW_DOUBLE, bits);
}

static inline uint8_t *mpw_bool(uint8_t *p, bool value)
{
	return mpw_byte(p, value ? MPW_TRUE : MPW_FALSE);
}

/* Up to 31 bytes that are UTF-8, without the NUL: a key. */
#define MPW_LITERAL(p, text)                                                                       \
	((uint8_t *)memcpy(mpw_byte(p, MPW_FIXSTR | (sizeof(text) - 1)), text, sizeof(text) - 1) + \
	 sizeof(text) - 1)

uint8_t *mpw_str_header(uint8_t *p, size_t len);
uint8_t *mpw_bin_header(uint8_t *p, size_t len);
uint8_t *mpw_array_header(uint8_t *p, size_t n);

/* The bytes as a str; what is not UTF-8 becomes U+FFFD, one for each maximal sequence that cannot
 * go on, as jw_text() has it. */
uint8_t *mpw_str(uint8_t *p, const void *bytes, size_t len);

/* A str of pieces: they are written from mpw_str_begin()'s result on, by mpw_text() or otherwise;
 * mpw_str_end() gets what mpw_str_begin() got and the end of the text. */
static inline uint8_t *mpw_str_begin(uint8_t *p)
{
	return p + MPW_HEADER_MAX;
}
uint8_t *mpw_text(uint8_t *p, const void *bytes, size_t len);
uint8_t *mpw_str_end(uint8_t *begin, uint8_t *end);

/* An array or map (MPW_ARRAY16, MPW_MAP16) whose size is told when it is known: mpw_close() gets
 * what mpw_open() got. At most 65535. */
static inline uint8_t *mpw_open(uint8_t *p)
{
	return p + MPW_OPEN_LEN;
}
static inline void mpw_close(uint8_t *at, enum mpw_type type, size_t n)
{
	(void)mpw_16(at, type, (uint16_t)n);
}
