/* SPDX-License-Identifier: Apache-2.0 */
/* What a Forward peer may say: messages one behind the other, each taken for every kind. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sink/forward_peer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct fpeer_self self = { "self", "key", "user", "password", { 7 } };
	ssize_t len;

	for (; size > 0 && (len = fpeer_length(data, size)) > 0; data += len, size -= (size_t)len) {
		uint8_t ping[FPEER_PING_MAX], *message = malloc((size_t)len);
		struct fpeer_helo helo;
		struct fpeer_pong pong;
		int kinds = 0;

		memcpy(message, data,
		       (size_t)len); /* of this size, so that a step behind it shows */
		if (fpeer_helo(message, (size_t)len, &helo) == 0)
			kinds += fpeer_ping(ping, &self, &helo) > 0;
		if (fpeer_pong(message, (size_t)len, &pong) == 0)
			kinds += fpeer_check_pong(&pong, &self, &helo) != 0; /* SHA-512 holds */
		kinds += fpeer_ack(message, (size_t)len, "chunk") != -EBADMSG;
		if (kinds > 1 || len > FPEER_MESSAGE_MAX || fpeer_length(data, (size_t)len - 1) > 0)
			abort();
		free(message);
	}
	return 0;
}
