/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32c: the checksum of Castagnoli (RFC 3720, appendix B.4), by the CPU's own instruction where
 * it has one. Owns nothing. Thread: any.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Of the bytes that `crc` is of, followed by these; 0 is of nothing. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);
/* The same without the instruction, for CPUs without it and to check the other. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len);
