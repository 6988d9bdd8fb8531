/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp: transports that export by the OpenTelemetry protocol: HTTP with protobuf or JSON, and gRPC.
 * The items are LogRecords as engine/encode/otlp.h makes them, or Metrics as otlp_metrics.h does:
 * their JSON form for OTLP_HTTP_JSON, protobuf for the other two. One request a batch, with the
 * resource and the scope around them.
 *
 * Acknowledged is what the peer answered 200 (and grpc-status 0) to. Partial success: what it
 * rejected is n_refused, with its reason as text. gRPC's codes: CANCELLED, DEADLINE_EXCEEDED,
 * ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS and RESOURCE_EXHAUSTED are -EAGAIN, with the delay
 * of RetryInfo; RESOURCE_EXHAUSTED or OUT_OF_RANGE for a message that is too large is -E2BIG;
 * UNAUTHENTICATED, PERMISSION_DENIED and UNIMPLEMENTED speak of the destination: -EACCES,
 * -EOPNOTSUPP; all others are -EBADMSG. HTTP's: hclient_judge().
 */
#pragma once

#include "common/err.h"
#include "engine/sink/http_client.h"
#include "engine/sink/transport.h"

enum otlp_signal { OTLP_LOGS, OTLP_METRICS };

enum otlp_protocol {
	OTLP_HTTP_PROTOBUF,
	OTLP_HTTP_JSON,
	OTLP_GRPC,
};

#define OTLP_BATCH_ITEMS 1000
#define OTLP_BATCH_BYTES (2U * 1024 * 1024) /* gRPC servers take 4 MiB unless told otherwise */
#define OTLP_LINGER_MS 1000

/* Borrowed for the time of the call. */
struct otlp_options {
	/* url: http://host:4318, https://host:4317, ...; where it has no path, the protocol's own
	 * is added. content_type, default_path and is_http2 are set here. */
	struct hclient_options http;
	enum otlp_protocol protocol;
	enum otlp_signal signal;
	bool gzip;
	/* More attributes of the resource: "key=value", NULL-ended; or NULL. One that is there
	 * already is replaced. There are service.name, service.version, host.name, host.id (the
	 * machine id, where it can be read), host.arch, os.type and os.version. */
	const char *const *resource;
	/* Of a batch; 0: as above. linger_ms -1: do not wait. */
	size_t batch_items_max, batch_bytes_max;
	int64_t linger_ms;
};

/* After hclient_prepare(), before the sandbox. Freed by its ops->free. NULL with err set: as
 * hclient_new(), or an attribute that is none. */
struct transport *otlp_new(const struct otlp_options *opt, struct err *err);
