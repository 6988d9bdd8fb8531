/* SPDX-License-Identifier: Apache-2.0 */
/* expiry: until when an exception holds. Pure; any thread. */
#pragma once

#include <stdint.h>

/*
 * RFC 3339: "2026-12-31T18:00:00Z" (or +02:00, or with a fraction, which is dropped) is that
 * moment; "2026-12-31" is the end of that day in UTC, as the last day on which it still holds. Sets
 * seconds since the epoch. -EINVAL: neither.
 */
int expiry_parse(const char *text, int64_t *ret_expires_s);
