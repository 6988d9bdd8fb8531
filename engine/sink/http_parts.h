/* SPDX-License-Identifier: Apache-2.0 */
/* http_parts: how an answer is taken in. Private to engine/sink/http_*.c. */
#pragma once

#include "engine/sink/http_client.h"

struct hclient_body {
	uint8_t bytes[HCLIENT_BODY_MAX];
	size_t len;
	bool is_cut;
};

/* libcurl's callbacks: `userp` is the reply, and the body. */
size_t hclient_on_header(char *line, size_t size, size_t n, void *userp);
size_t hclient_on_body(char *bytes, size_t size, size_t n, void *userp);
