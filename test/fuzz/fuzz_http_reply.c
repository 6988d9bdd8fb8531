/* SPDX-License-Identifier: Apache-2.0 */
/* What an HTTP peer may answer: a status, header lines, and the rest in pieces of a body. */
#include <stdlib.h>
#include <string.h>

#include "engine/sink/http_parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In memory of its own size, as it came, so that a step behind it shows. */
static void give(size_t (*take)(char *, size_t, size_t, void *), const uint8_t *data, size_t len,
		 void *to)
{
	char *piece = malloc(len);

	if (len > 0 && piece) {
		memcpy(piece, data, len);
		if (take(piece, 1, len, to) > len)
			abort();
	}
	free(piece);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hclient_body body;
	struct hclient_reply reply = { 0 };
	struct delivery d = { 0 };
	const uint8_t *end;
	int rc;

	if (size < 2)
		return 0;
	reply.status = data[0] << 8 | data[1];
	data += 2;
	size -= 2;
	for (; size > 0 && *data != '\n'; data += end + 1 - data) {
		end = memchr(data, '\n', size);
		if (!end)
			end = data + size - 1;
		give(hclient_on_header, data, (size_t)(end + 1 - data), &reply);
		size -= (size_t)(end + 1 - data);
	}
	body.len = 0;
	body.is_cut = false;
	for (size_t len; size > 0; data += len, size -= len) {
		len = size < 64 ? size : 64;
		give(hclient_on_body, data, len, &body);
	}
	rc = hclient_judge(&reply, &d);
	if (body.len > sizeof(body.bytes) || (rc == 0) != (d.text[0] == '\0') ||
	    strlen(reply.content_type) >= sizeof(reply.content_type) ||
	    strlen(reply.grpc_status) >= sizeof(reply.grpc_status) ||
	    strlen(reply.grpc_message) >= sizeof(reply.grpc_message) ||
	    strlen(reply.grpc_details) >= sizeof(reply.grpc_details))
		abort();
	return 0;
}
