/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_script: an HTTP server that answers what a test tells it (prefix hs_): HTTP/1.1, or HTTP/2
 * without asking first; plain or TLS. A thread of its own, one connection at a time. It listens on
 * 127.0.0.1. What it got may be looked at once hs_stop() is done.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HS_REQUESTS_MAX 32
#define HS_HEAD_MAX 8192

enum hs_how {
	HS_ANSWER,
	HS_HANG,      /* never */
	HS_CLOSE,     /* closes instead of answering */
	HS_CLOSE_MID, /* says that there is more than there is, and closes */
	HS_FLOOD,     /* a body that does not end */
	HS_GARBAGE,   /* something that is no HTTP */
};

struct hs_answer {
	enum hs_how how;
	int status;          /* 0: 200 */
	const char *headers; /* "Name: value\r\n" each; NULL: none */
	const void *body;
	size_t body_len;
	const char *trailers; /* HTTP/2: as headers */
};

/* Name and value of each, HTTP/1.1's first line first, "\n" behind each. */
struct hs_request {
	char head[HS_HEAD_MAX];
	size_t head_len;
	uint8_t *body;
	size_t body_len;
	unsigned int connection; /* 1, ... */
};

struct hs {
	/* set by the test before hs_start(), or zero */
	const struct hs_answer *answers; /* in order; the last one again and again */
	size_t n_answers;
	bool is_http2;
	const char *cert;      /* with its key: TLS */
	const char *client_ca; /* a certificate of it is asked for */
	/* from hs_start() on */
	uint16_t port;
	int listen_fd, fd; /* fd: of the connection; -1: none */
	bool is_stopping;
	pthread_mutex_t lock;
	pthread_t thread;
	struct hs_request requests[HS_REQUESTS_MAX];
	size_t n_requests;
	unsigned int n_connections;
};

/* Aborts when it cannot be had. */
void hs_start(struct hs *s);
void hs_stop(struct hs *s);
void hs_free(struct hs *s);         /* the requests */
size_t hs_n_requests(struct hs *s); /* while it runs */
/* The value of a header of request `i`, "" when it was not there. Static. */
const char *hs_header(const struct hs *s, size_t i, const char *name);
/* "http://127.0.0.1:PORT/path"; static. */
const char *hs_url(const struct hs *s, const char *scheme, const char *host, const char *path);

/* Private to http_script*.c. */
struct hs_conn {
	int fd;
	struct ssl_st *tls; /* NULL: plain */
};
long hs_read(struct hs_conn *c, void *buf, size_t cap);
bool hs_write(struct hs_conn *c, const void *bytes, size_t len);
const struct hs_answer *hs_next(struct hs *s, struct hs_request **ret_request);
void hs_took(struct hs *s);
void hs_serve2(struct hs *s, struct hs_conn *c);
