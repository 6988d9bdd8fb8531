/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_peer: what a Fluent Forward peer says, HELO, PONG and ack, read by msgpack-c, and what
 * shows both that they know the same key (prefix fpeer_). Nothing that it says is trusted. Pure;
 * any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define FPEER_MESSAGE_MAX 4096 /* bytes; the longest that makes sense has some hundred */
#define FPEER_BYTES_MAX 256    /* of a nonce, salt or host name */
#define FPEER_DIGEST_LEN 128   /* SHA-512, hexadecimal */
#define FPEER_PING_MAX 2048

/* Bytes of unknown meaning, as the peer gave them. */
struct fpeer_bytes {
	uint8_t data[FPEER_BYTES_MAX];
	size_t len;
};

struct fpeer_helo {
	struct fpeer_bytes nonce;
	struct fpeer_bytes auth; /* salt for the password; empty: no user is asked for */
	bool keepalive;          /* false: it wants a connection for each message */
};

struct fpeer_pong {
	bool is_ok;
	char reason[FPEER_BYTES_MAX]; /* why not; a text of unknown content */
	struct fpeer_bytes host;
	char digest[FPEER_DIGEST_LEN + 1];
};

/*
 * Length of the message that `buf` begins with; 0: it is not all there. -EBADMSG: that is no
 * msgpack, or has more values or bytes than any message of a peer: no more needs to be read.
 * The others take exactly such a message.
 */
ssize_t fpeer_length(const uint8_t *buf, size_t len);

/* 0; -EBADMSG: it is something else. */
int fpeer_helo(const uint8_t *message, size_t len, struct fpeer_helo *ret_helo);
int fpeer_pong(const uint8_t *message, size_t len, struct fpeer_pong *ret_pong);
/* -ESTALE: an ack, but of another chunk than `chunk`. */
int fpeer_ack(const uint8_t *message, size_t len, const char *chunk);

/* Who we are. */
struct fpeer_self {
	const char *host; /* up to FPEER_BYTES_MAX bytes, as the others */
	const char *key;  /* shared */
	const char *user; /* "": none */
	const char *password;
	uint8_t salt[16];
};

/* Writes the PING that answers the HELO into out[FPEER_PING_MAX]. Returns its length; -EIO: SHA-512
 * is not to be had. */
ssize_t fpeer_ping(uint8_t *out, const struct fpeer_self *self, const struct fpeer_helo *helo);
/* 0: the peer knows the key. -EACCES: it does not, or it only sends back what it got. */
int fpeer_check_pong(const struct fpeer_pong *pong, const struct fpeer_self *self,
		     const struct fpeer_helo *helo);
