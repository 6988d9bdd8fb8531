/* SPDX-License-Identifier: Apache-2.0 */
/*
 * webhook: a transport that POSTs events to an HTTP server. The items are what is sent: JSON lines,
 * or texts that a template made; the newline that ends an item is not part of it. Any 2xx is an
 * acknowledgement; for all other answers see hclient_judge(), which honours Retry-After.
 */
#pragma once

#include "common/err.h"
#include "engine/sink/http_client.h"
#include "engine/sink/transport.h"

enum webhook_mode {
	WEBHOOK_SINGLE, /* one event a request, as Tracee does it */
	WEBHOOK_ARRAY,  /* a JSON array of them */
	WEBHOOK_LINES,  /* a line each (NDJSON) */
};

#define WEBHOOK_BATCH_ITEMS 500
#define WEBHOOK_BATCH_BYTES (1024 * 1024)
#define WEBHOOK_LINGER_MS 1000

/* Borrowed for the time of the call. */
struct webhook_options {
	/* content_type NULL: "application/json", or "application/x-ndjson" for lines. */
	struct hclient_options http;
	enum webhook_mode mode;
	bool gzip; /* Content-Encoding: gzip */
	/* Of a batch, not in single mode; 0: as above. linger_ms -1: do not wait. */
	size_t batch_items_max, batch_bytes_max;
	int64_t linger_ms;
};

/* After hclient_prepare(), before the sandbox. Freed by its ops->free. NULL with err set, as
 * hclient_new(). */
struct transport *webhook_new(const struct webhook_options *opt, struct err *err);
