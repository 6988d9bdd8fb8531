/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_ground: a Forward peer in a thread, that does what is written down, on 127.0.0.1 or a
 * unix socket, and certificates for it. What it got is there once fg_stop() is done.
 */
#pragma once

#include <stdatomic.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FG_EVENTS_MAX 64

enum fg_ack {
	FG_ACK_RIGHT, /* when a chunk is asked for */
	FG_ACK_WRONG,
	FG_ACK_TWICE,
	FG_ACK_GARBAGE,
	FG_ACK_NEVER,
};

struct fg_event {
	char tag[32];
	int64_t time_ns;
	bool has_integer_time;
	void *record; /* msgpack */
	size_t len;
};

struct fg_peer {
	/* Written down. */
	bool is_unix;
	_Atomic enum fg_ack ack; /* may be changed while it runs */
	const char *key;         /* of the handshake; NULL: none */
	const char *user, *password;
	const char *pong_key;  /* what PONG is made with; NULL: key */
	const char *pong_host; /* NULL: "peer"; "=": what PING says */
	const char *hello;     /* said instead of HELO, and nothing after it; NULL: nothing */
	bool no_keepalive;
	size_t close_after; /* bytes; 0: never */
	bool closes_always; /* ... and on every connection, not only once */
	int close_conns;    /* so many connections are closed after one message each */
	bool never_reads;
	const char *cert, *cert_key; /* files of TLS; NULL: none */
	const char *client_ca;       /* a certificate of it is asked for; NULL: none is */

	/* Where. */
	uint16_t port;
	char path[108];

	/* What came. */
	struct fg_event events[FG_EVENTS_MAX];
	size_t n_events, n_messages, n_conns, n_chunks, n_compressed, size_sum;
	char fault[160]; /* what a message had that it must not have */

	int listen_fd, stop_fd;
	pthread_t thread;
	void *ssl;
};

/* Aborts when it cannot. */
void fg_start(struct fg_peer *p);
void fg_stop(struct fg_peer *p);
void fg_free(struct fg_peer *p); /* what it got */

/* A CA ("ca.pem"), certificates by it for localhost and 127.0.0.1 ("good.pem"), for another host
 * ("other.pem") and for a client ("client.pem"), each with its key in the same file, and a CA that
 * signed none ("strange.pem"). */
void fg_make_certs(const char *dir);
