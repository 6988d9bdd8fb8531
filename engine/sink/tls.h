/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls: a client's TLS over a non-blocking socket, by OpenSSL (prefix stls_). TLS 1.2 or newer. What
 * would block returns -EAGAIN, and stls_wants() tells what to poll for. The process has to ignore
 * SIGPIPE. Thread: a context and its connections belong to one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"

struct stls_options {
	const char *ca_file; /* PEM, whom to trust; NULL: whom the system trusts */
	const char
		*cert_file; /* PEM, the client's certificate and what leads to its CA; NULL: none */
	const char *key_file; /* PEM, its key; NULL: in cert_file */
	bool insecure;        /* any certificate will do */
};

struct stls_context;

/* Reads the files: later none is opened. NULL with err set; -EINVAL: a file is not what it should
 * be. */
struct stls_context *stls_context_new(const struct stls_options *opt, struct err *err);
void stls_context_free(struct stls_context *context); /* after its connections; NULL is fine */

struct stls;

/* A connection over `fd`, which is borrowed. The certificate has to be for `server_name`: a host
 * name or an address. NULL with err set. */
struct stls *stls_new(struct stls_context *context, int fd, const char *server_name,
		      struct err *err);
/* Until it returns 0. -EAGAIN; -EACCES: the certificate is not to be trusted, or is not for this
 * name, or the peer does not take ours; -EPROTO, -ECONNRESET. */
int stls_handshake(struct stls *s, struct err *err);
/* Bytes, 0: the peer has closed; -EAGAIN, -EPROTO, -ECONNRESET. */
ssize_t stls_read(struct stls *s, void *buf, size_t cap);
ssize_t stls_write(struct stls *s, const void *buf, size_t len);
short stls_wants(const struct stls *s); /* POLLIN or POLLOUT, after -EAGAIN */
/* Says goodbye when that does not block. */
void stls_free(struct stls *s); /* NULL is fine */
