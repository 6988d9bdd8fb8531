/* SPDX-License-Identifier: Apache-2.0 */
/*
 * payload: the bytes of one request, made of a batch (prefix spay_). It grows to what the largest
 * batch needs and is used again. Thread: a worker.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/sink/transport.h"

struct payload {
	uint8_t *bytes; /* owned */
	size_t len, cap;
};

void spay_done(struct payload *p);
/* Empties it and makes room for `cap` bytes. -ENOMEM. */
int spay_begin(struct payload *p, size_t cap);
/* There must be room: spay_begin() got the sum. */
void spay_put(struct payload *p, const void *bytes, size_t len);
/* The item without the newline that ends a line. */
size_t spay_item_len(const struct batch_item *item);
/* The items, `between` two of them. There must be room for n_bytes and n times `between`. */
void spay_put_items(struct payload *p, const struct batch *batch, const char *between);
/* What is in `from` behind its first `skip` bytes, which are copied, as gzip. -ENOMEM, -E2BIG. */
int spay_gzip(struct payload *p, const struct payload *from, size_t skip);
