/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/wring_build.h"

#include <errno.h>
#include <string.h>

#include <zlib.h>

struct rec_hdr *wbuild_record(void *buf, uint16_t event, uint16_t len, uint32_t n)
{
	struct rec_hdr *rec = buf;

	memset(buf, (int)(n & 0x7f) + 1, len);
	*rec = (struct rec_hdr){
		.commit = 0x5555555555555555ULL ^ n,
		.ts_ns = 1000000000ULL + n,
		.event = event,
		.len = len,
		.cpu = (uint16_t)(n % 2),
		.tid = 1000 + n,
		.tgid = 1000,
		.ret = -(int64_t)(n % 40),
	};
	return rec;
}

static size_t repair_block(uint8_t *at, size_t left)
{
	struct wring_block b;
	size_t whole;

	if (left < sizeof(b))
		return left;
	memcpy(&b, at, sizeof(b));
	if (b.len > left - sizeof(b))
		return left;
	whole = sizeof(b) + b.len;
	b.crc = 0;
	memcpy(at, &b, sizeof(b));
	b.crc = (uint32_t)crc32_z(0, at, whole);
	memcpy(at, &b, sizeof(b));
	return whole;
}

void wbuild_repair(uint8_t *file, size_t len)
{
	size_t at = sizeof(struct wring_hdr);
	uint32_t crc;

	if (len < sizeof(struct wring_hdr))
		return;
	crc = (uint32_t)crc32_z(0, file, offsetof(struct wring_hdr, crc));
	memcpy(file + offsetof(struct wring_hdr, crc), &crc, sizeof(crc));
	while (at < len)
		at += repair_block(file + at, len - at);
}

uint64_t wbuild_read_all(struct wring_reader *r)
{
	const struct rec_hdr *rec;
	uint64_t sum = 0;
	int rc;

	for (;;) {
		rc = wring_next(r, &rec, NULL);
		if (rc == -EAGAIN && wring_refill(r) == 0)
			continue;
		if (rc != 1)
			break;
		for (unsigned int i = 0; i < rec->len; i++)
			sum = sum * 31 + ((const uint8_t *)rec)[i];
	}
	return sum * 31 + (uint64_t)rc + wring_bytes_read(r) + wring_is_finished(r, NULL);
}
