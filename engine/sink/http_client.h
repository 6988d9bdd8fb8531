/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_client: POST to one place over one connection that is kept, by libcurl (prefix hclient_).
 * HTTP/1.1, or HTTP/2 without asking first (gRPC). Proxies, .netrc and whatever else comes out of
 * the environment do not count; redirects are not followed; of an answer no more than
 * HCLIENT_BODY_MAX is read.
 *
 * The process has to ignore SIGPIPE. Thread: hclient_prepare() and hclient_readable() from main,
 * alone; a client belongs to one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/transport.h"

#define HCLIENT_BODY_MAX (64U * 1024) /* of an answer, bytes */
#define HCLIENT_HEADER_MAX 1024U      /* of a header's value, bytes */
#define HCLIENT_TOKEN_MAX 16384U      /* of the bearer token's file, bytes */
#define HCLIENT_TIMEOUT_MS 10000

/*
 * Once, before the sandbox and before the first thread: afterwards nothing that is executable can
 * be loaded, so that libcurl, its TLS library and the modules that look up names
 * (/etc/nsswitch.conf) are loaded here. -EIO with err set.
 */
int hclient_prepare(struct err *err);
/* The files and directories that are read later: for sandbox_options.readable. Those that exist;
 * NULL-ended, static, valid until the next call. The sandbox has to let TCP out, too. */
const char *const *hclient_readable(void);

/* Everything is copied. Files but for the token are read by hclient_new() alone, so that a key may
 * be one that the engine in its sandbox has no right to. */
struct hclient_options {
	const char *url;            /* http(s)://[user:password@]host[:port][/path][?query] */
	const char *default_path;   /* of a URL without one; NULL: "/" */
	const char *content_type;   /* NULL: none is sent */
	const char *const *headers; /* "Name: value", NULL-ended; or NULL */
	/* Its content is sent as bearer token. Read at once, and again after a 401: what cannot be
	 * read then stays as it was. NULL: none. */
	const char *token_file;
	const char *ca_file;   /* PEM, whom to trust; NULL: whom the system trusts */
	const char *cert_file; /* PEM, the client's certificate; NULL: none */
	const char *key_file;  /* PEM, its key; NULL: in cert_file */
	bool insecure;         /* any certificate will do */
	bool is_http2;
	int64_t timeout_ms; /* of a request, connecting included; 0: HCLIENT_TIMEOUT_MS */
};

struct hclient;

/* Connects to nobody. NULL with err set: -EINVAL, -ENOMEM, or why a file cannot be read. Neither a
 * password nor a token gets into a message. */
struct hclient *hclient_new(const struct hclient_options *opt, struct err *err);
void hclient_free(struct hclient *c); /* NULL is fine */

/* What the peer said. Everything in it is its own: not to be trusted. */
struct hclient_reply {
	int status; /* 200, ... */
	const uint8_t *body;
	size_t body_len;
	bool is_cut;            /* there was more of it, or it ended early */
	int64_t retry_after_ms; /* -1: it did not say */
	/* texts, "" when not there, cut at HCLIENT_HEADER_MAX; trailers count as headers */
	char content_type[128];
	char grpc_status[16];
	char grpc_message[HCLIENT_HEADER_MAX];
	char grpc_details[HCLIENT_HEADER_MAX]; /* grpc-status-details-bin, base64 */
};

/*
 * Sends `body` and waits for the answer; `encoding` is a header line ("Content-Encoding: gzip") or
 * NULL. 0: there is an answer, valid until the next call. Else no answer: -ETIMEDOUT, -ECANCELED
 * (cancel_fd is readable; -1: never), -EHOSTUNREACH (no such host), -ECONNREFUSED and what
 * connect(2) says, -EACCES (a certificate is not to be trusted), -EPROTO (TLS or HTTP that cannot
 * be understood), -ECONNRESET; and `err` is set. The connection may be gone then, the next call
 * makes another.
 */
int hclient_post(struct hclient *c, const void *body, size_t len, const char *encoding,
		 int cancel_fd, const struct hclient_reply **ret_reply, struct err *err);
void hclient_disconnect(struct hclient *c);

/*
 * What an answer's status means to transport.h's send(): 2xx: 0; 408, 429 and 5xx: -EAGAIN; 413:
 * -E2BIG; 3xx, 401, 403, 404, 405 and 407 speak of the destination, as a rule (worker.h), and not
 * of the events, which stay: -EACCES, -ENOENT or -EPROTO; all others: -EBADMSG. Fills `ret` (a text
 * that says what came instead of "2xx").
 */
int hclient_judge(const struct hclient_reply *reply, struct delivery *ret);
/* Sets ret->text: one line of printable ASCII, whoever wrote `why`. */
void hclient_say(struct delivery *ret, const char *what, const char *why);
