/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream: a connection to a destination over TCP, TLS or a unix socket (prefix sstream_), that
 * never blocks longer than it may. Thread: a worker.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"
#include "engine/sink/wait.h"

struct slookup;
struct stls;
struct stls_context;

/* Where to; all is borrowed for the time of the call, but for `tls`. */
struct sstream_target {
	const char *path; /* of a unix socket; NULL: a host */
	const char *host; /* a name, or an IPv4 or IPv6 address */
	uint16_t port;
	struct stls_context *tls; /* NULL: not encrypted; outlives the stream */
	const char *server_name;  /* whose certificate; NULL: host */
};

/* Zero but for fd, which is -1, when it begins. */
struct sstream {
	int fd; /* -1: not connected */
	struct stls *tls;
	struct slookup *lookup; /* that goes on */
};

/* Tries each address of the host until one answers, TLS handshake included. The stream has to be
 * closed. 0, or negative errno with err set: -ETIMEDOUT, -ECANCELED, -ECONNREFUSED, ... */
int sstream_connect(struct sstream *s, const struct sstream_target *to, const struct swait *wait,
		    struct err *err);
/* All of it. Negative errno: so much or so little of it may have got through. */
int sstream_write(struct sstream *s, const void *data, size_t len, const struct swait *wait);
/* At least one byte; -ECONNRESET: the peer has closed. `wait` NULL: only what is there already,
 * -EAGAIN when nothing is. */
ssize_t sstream_read(struct sstream *s, void *buf, size_t cap, const struct swait *wait);
void sstream_close(struct sstream *s); /* closed already is fine */
void sstream_done(struct sstream *s);  /* closes it too */
