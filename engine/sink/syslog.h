/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog: a transport for syslog (RFC 5424; prefix slog_): one message an event, over UDP
 * (RFC 5426), TCP with octet counting (RFC 6587), TLS (RFC 5425) or a local datagram socket such as
 * /dev/log.
 *
 * The protocol has no acknowledgement. Over TCP and TLS a batch counts as sent when the peer's
 * kernel has confirmed every byte and the connection still stands; what a peer had taken and not
 * read when it died is lost. Over UDP it counts as sent when nobody objected: that a peer's port is
 * closed is noticed, that a datagram was dropped is not. Each message has a number (sequenceId), so
 * that the peer can tell; what is sent again has another one. An event that is larger than a
 * datagram can be is refused.
 *
 * Thread: a transport's (transport.h); everything else any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

enum slog_protocol { SLOG_UDP, SLOG_TCP, SLOG_TLS, SLOG_UNIX };

/* NULL and 0 mean what is said in brackets. */
struct slog_options {
	enum slog_protocol protocol;
	const char *path; /* of SLOG_UNIX: the datagram socket */
	const char *host; /* of the others: a name, or an IPv4 or IPv6 address */
	uint16_t port;
	uint8_t facility;                  /* 0-23; 0 is the kernel's: give one */
	uint8_t severity, urgent_severity; /* 0-7 */
	const char *app;                   /* ["warder"] */
	const char *hostname;              /* who we say we are [the host's name] */
	const char *sd_id;                 /* of one more element of structured data [none] */
	const char *const *sd_params;      /* in it, "name=value", NULL-ended [none] */

	/* With TLS; read by slog_new(). */
	const char *ca_file;     /* [whom the system trusts] */
	const char *cert_file;   /* of the client [none] */
	const char *key_file;    /* [in cert_file] */
	const char *server_name; /* whose certificate is expected [host] */
	bool insecure;           /* any certificate will do */

	int64_t connect_timeout_ms; /* with the handshake [10 s] */
	int64_t send_timeout_ms;    /* for a batch to be taken [30 s] */
};

/* Copies the options. NULL with err set: -EINVAL, -ENOENT, -EACCES (files), -ENOMEM. Connects to
 * nobody. */
struct transport *slog_new(const struct slog_options *opt, struct err *err);
