/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_response: what an OTLP server answered (prefix oresp_): ExportLogsServiceResponse and
 * google.rpc.Status, as protobuf and as JSON. Not trusted: every length is checked. Texts come out
 * as they came in and are for hclient_say(). Pure; any thread; JSON allocates.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct oresp {
	uint64_t n_refused; /* partial success: log records or data points that it did not take */
	int64_t retry_after_ms; /* of a status: google.rpc.RetryInfo; -1: it did not say */
	char text[256];         /* why, cut; "": it did not say */
};

/* All: 0 or -EBADMSG; *ret_resp may be half filled then. */
int oresp_export(struct oresp *ret_resp, const uint8_t *bytes, size_t len);
int oresp_export_json(struct oresp *ret_resp, const uint8_t *bytes, size_t len);
int oresp_status(struct oresp *ret_resp, const uint8_t *bytes, size_t len);
int oresp_status_json(struct oresp *ret_resp, const uint8_t *bytes, size_t len);

/* The one message of a gRPC body, which is not compressed. 0 or -EBADMSG. */
int oresp_unframe(const uint8_t *bytes, size_t len, const uint8_t **ret_message, size_t *ret_len);
/* grpc-status-details-bin: base64, with or without padding. Returns the length, -EBADMSG, or
 * -EMSGSIZE. */
int oresp_unbase64(uint8_t *buf, size_t cap, const char *text);
/* grpc-message: %XX. `text` is changed in place. */
void oresp_unpercent(char *text);
