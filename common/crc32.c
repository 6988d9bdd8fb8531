/* SPDX-License-Identifier: Apache-2.0 */
#include "common/crc32.h"

#include <zlib.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define FOLD_MIN 64U /* bytes: what is folded at a time */

/*
 * Remainders for the polynomial of CRC-32, bits reversed: x^n mod P as V. Gopal et al., "Fast CRC
 * Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), derive them. The
 * test compares with zlib, so a wrong one cannot stay.
 */
#define X_512_64 0x0154442bd4LL /* across four registers */
#define X_512 0x01c6e41596LL
#define X_128_64 0x01751997d0LL /* across one */
#define X_128 0x00ccaa009eLL
#define X_64 0x0163cd6124LL
#define P_WHOLE 0x01db710641LL
#define P_INVERSE 0x01f7011641LL /* for Barrett's reduction */

#define WITH_CLMUL __attribute__((target("pclmul,sse4.1")))

static inline WITH_CLMUL __m128i load(const uint8_t *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* What `x` amounts to further on, as far as `k` says, added to `next`, which is there. */
static inline WITH_CLMUL __m128i fold(__m128i x, __m128i k, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(x, k, 0x00), high = _mm_clmulepi64_si128(x, k, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* 128 bits to the 32 of the remainder. */
static inline WITH_CLMUL uint32_t reduce(__m128i x)
{
	const __m128i mask = _mm_setr_epi32(-1, 0, -1, 0);
	const __m128i p = _mm_set_epi64x(P_INVERSE, P_WHOLE);
	__m128i t;

	t = _mm_clmulepi64_si128(x, _mm_set_epi64x(X_128, X_128_64), 0x10);
	x = _mm_xor_si128(_mm_srli_si128(x, 8), t);
	t = _mm_clmulepi64_si128(_mm_and_si128(x, mask), _mm_set_epi64x(0, X_64), 0x00);
	x = _mm_xor_si128(_mm_srli_si128(x, 4), t);
	t = _mm_clmulepi64_si128(_mm_and_si128(x, mask), p, 0x10);
	t = _mm_clmulepi64_si128(_mm_and_si128(t, mask), p, 0x00);
	return (uint32_t)_mm_extract_epi32(_mm_xor_si128(x, t), 1);
}

/* Of a multiple of 16 bytes, at least FOLD_MIN. */
static WITH_CLMUL uint32_t fold_all(uint32_t crc, const uint8_t *at, size_t len)
{
	const __m128i far = _mm_set_epi64x(X_512, X_512_64);
	const __m128i near = _mm_set_epi64x(X_128, X_128_64);
	__m128i x[4];

	for (size_t i = 0; i < 4; i++)
		x[i] = load(at + 16 * i);
	x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
	for (at += FOLD_MIN, len -= FOLD_MIN; len >= FOLD_MIN; at += FOLD_MIN, len -= FOLD_MIN)
		for (size_t i = 0; i < 4; i++)
			x[i] = fold(x[i], far, load(at + 16 * i));
	for (size_t i = 1; i < 4; i++)
		x[0] = fold(x[0], near, x[i]);
	for (; len > 0; at += 16, len -= 16)
		x[0] = fold(x[0], near, load(at));
	return ~reduce(x[0]);
}

static size_t fold_some(uint32_t *crc, const uint8_t *at, size_t len)
{
	size_t n = len & ~(size_t)15;

	if (n < FOLD_MIN || !__builtin_cpu_supports("pclmul") || !__builtin_cpu_supports("sse4.1"))
		return 0;
	*crc = fold_all(*crc, at, n);
	return n;
}
#else
static size_t fold_some(uint32_t *crc, const uint8_t *at, size_t len)
{
	(void)crc;
	(void)at;
	(void)len;
	return 0;
}
#endif

uint32_t crc32_add(uint32_t crc, const void *bytes, size_t len)
{
	size_t n = fold_some(&crc, bytes, len);

	return (uint32_t)crc32_z(crc, (const uint8_t *)bytes + n, len - n);
}
