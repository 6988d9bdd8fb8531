/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wring_build (wbuild_): records and recordings for tests, fuzzers and the seed generator.
 * Thread: any; no state.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/record.h"
#include "common/wring.h"

/* A record of `len` bytes (a multiple of 8) in `buf`, filled with a pattern that depends on `n`:
 * as in a lane, with a commit word. Returns it. */
struct rec_hdr *wbuild_record(void *buf, uint16_t event, uint16_t len, uint32_t n);

/*
 * Makes the checksums of a recording right, as far as its framing can be followed: what a fuzzer
 * changed is then judged by what it says and not by its checksum. Changes `file` in place.
 */
void wbuild_repair(uint8_t *file, size_t len);

/* Reads to the end or to the damage, every byte. Returns a number that depends on all that was read
 * and on how it ended. */
uint64_t wbuild_read_all(struct wring_reader *r);
