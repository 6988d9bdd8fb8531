/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward: a transport for the Fluent Forward protocol v1 (prefix forward_): Fluentd, Fluent Bit
 * and whoever else takes it, over TCP, TLS or a unix socket. A batch is one message (in message
 * mode one for each event); with require_ack it counts as sent when the peer said so for each.
 * Without it, what the kernel took counts as sent: a peer that dies then loses it.
 *
 * Thread: a transport's (transport.h); everything else any.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

enum forward_mode {
	FORWARD_MESSAGE,    /* an event a message */
	FORWARD_FORWARD,    /* an array of events */
	FORWARD_PACKED,     /* the same as bytes, which the peer need not take apart */
	FORWARD_COMPRESSED, /* the same bytes as gzip */
	FORWARD_MODES,
};

/* NULL and 0 mean what is said in brackets. */
struct forward_options {
	const char *path; /* of a unix socket [none: host and port] */
	const char *host; /* a name, or an IPv4 or IPv6 address */
	uint16_t port;
	bool is_tls;
	const char *tag; /* ["tracee"] */
	enum forward_mode mode;
	bool is_tracee_form;   /* items are lines of JSON, sent as {"event": "<line>"}; else they
				  are msgpack maps and are sent as they are */
	bool has_integer_time; /* whole seconds, for peers older than EventTime */
	bool require_ack;

	/* With a key or a user, a handshake is expected of the peer, and both show that they know
	 * the key. */
	const char *shared_key;      /* [none, or empty with a user] */
	const char *shared_key_file; /* read by forward_new(): the key is its first line [none] */
	const char *user;            /* [none] */
	const char *password;        /* [""] */
	const char *self_hostname;   /* who we say we are; the peer has to have another name
					["warder." and the host's name] */

	/* With is_tls; read by forward_new(). */
	const char *ca_file;     /* [whom the system trusts] */
	const char *cert_file;   /* of the client [none] */
	const char *key_file;    /* [in cert_file] */
	const char *server_name; /* whose certificate is expected [host] */
	bool insecure;           /* any certificate will do */

	int64_t connect_timeout_ms; /* with the handshakes [10 s] */
	int64_t send_timeout_ms;    /* for a batch to be taken [30 s] */
	int64_t ack_timeout_ms;     /* then for its ack [60 s] */
};

/* -EINVAL with err: they contradict each other. */
int forward_check(const struct forward_options *opt, struct err *err);
/* Copies the options. NULL with err set: -EINVAL (they contradict each other, a file is not what it
 * should be), -ENOENT, -EACCES, -ENOMEM. Connects to nobody. */
struct transport *forward_new(const struct forward_options *opt, struct err *err);
