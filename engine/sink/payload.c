/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/payload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <zlib.h>

#define GZIP_BITS (15 + 16) /* zlib's word for a gzip header */
#define GZIP_LEVEL 4        /* events are alike: more takes twice the time for a few percent */

void spay_done(struct payload *p)
{
	free(p->bytes);
	*p = (struct payload){ 0 };
}

int spay_begin(struct payload *p, size_t cap)
{
	uint8_t *bytes;

	p->len = 0;
	if (cap <= p->cap && p->bytes)
		return 0;
	bytes = malloc(cap ? cap : 1);
	if (!bytes)
		return -ENOMEM;
	free(p->bytes);
	p->bytes = bytes;
	p->cap = cap;
	return 0;
}

void spay_put(struct payload *p, const void *bytes, size_t len)
{
	if (len == 0)
		return;
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

size_t spay_item_len(const struct batch_item *item)
{
	return item->len > 0 && item->data[item->len - 1] == '\n' ? item->len - 1 : item->len;
}

void spay_put_items(struct payload *p, const struct batch *batch, const char *between)
{
	for (size_t i = 0; i < batch->n; i++) {
		if (i > 0)
			spay_put(p, between, strlen(between));
		spay_put(p, batch->items[i].data, spay_item_len(&batch->items[i]));
	}
}

int spay_gzip(struct payload *p, const struct payload *from, size_t skip)
{
	z_stream z = { 0 };
	size_t len = from->len - skip;
	int r;

	if (len > UINT_MAX / 2)
		return -E2BIG;
	if (deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, GZIP_BITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return -ENOMEM;
	r = spay_begin(p, skip + deflateBound(&z, len));
	if (r == 0) {
		spay_put(p, from->bytes, skip);
		z.next_in = from->bytes + skip;
		z.avail_in = (unsigned int)len;
		z.next_out = p->bytes + skip;
		z.avail_out = (unsigned int)(p->cap - skip);
		/* All of it in one step: the room is what zlib said that it takes at most. */
		if (deflate(&z, Z_FINISH) != Z_STREAM_END)
			r = -E2BIG;
		p->len = skip + z.total_out;
	}
	(void)deflateEnd(&z);
	return r;
}
