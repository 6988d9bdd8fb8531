/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crc32: zlib's CRC-32 at the speed of memory where the CPU multiplies without carry; elsewhere it
 * is zlib's. Half of the time of a replay went into it.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* As zlib's crc32_z(): begin with 0, go on with the result. Never fails. Any thread. */
uint32_t crc32_add(uint32_t crc, const void *bytes, size_t len);
