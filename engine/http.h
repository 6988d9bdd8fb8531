/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http: the engine's web server: a few pages that are made when they are asked for (metrics,
 * health, status). GET and HEAD only. libmicrohttpd, driven by the engine's loop: no thread of its
 * own, so pages may read whatever the loop owns, and a slow client holds nobody up.
 *
 * Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct loop;

#define HTTP_LISTEN_DEFAULT "127.0.0.1:3366"
#define HTTP_CLIENTS_MAX 32
#define HTTP_PATIENCE_S 10 /* for a client to send its question and take the answer */

struct http_page {
	unsigned int status;      /* 200 */
	const char *content_type; /* borrowed for ever: a constant */
	char *body;               /* malloc'd; the server's from then on */
	size_t len;
};

/* Fills *page; `body` NULL: out of memory, which is answered with 500. */
typedef void (*http_fn)(void *arg, struct http_page *page);

struct http_route {
	const char *path;
	http_fn fn;
	/* asked by machines that have no secret: answered without the token */
	unsigned int is_open;
};

struct http_options {
	const char *listen;    /* "host:port", ":port" (every address), "[::1]:port" */
	const char *cert_file; /* PEM; with key_file: HTTPS only. NULL: HTTP */
	const char *key_file;
	const char
		*token_file; /* its first line is what `Authorization: Bearer` must say; NULL: none
			      */
	const struct http_route *routes; /* borrowed */
	size_t n_routes;
	void *arg; /* of the routes' functions */
};

struct http;

/* -EINVAL with err: that is no address of the forms above. Whether it can be had is not known. */
int http_check_listen(const char *address, struct err *err);
/* Binds and listens; before the sandbox. NULL with err: -EINVAL (address, files), -EADDRINUSE, ...
 */
struct http *http_open(const struct http_options *opt, struct loop *loop, struct err *err);
void http_close(struct http *h);
/* What is due. Returns when to be called again, ns; -1: not before a descriptor says so. */
int64_t http_tick(struct http *h);
/* The port that it listens at (for ":0"). */
uint16_t http_port(const struct http *h);
