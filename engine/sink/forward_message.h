/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_message: batches as messages of the Fluent Forward protocol v1 (prefix fmsg_). Thread:
 * one for each.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/sink/forward.h"
#include "engine/sink/transport.h"

#define FMSG_CHUNK_LEN 24 /* base64 of 128 bits, as the protocol proposes */

struct fmsg_form {
	const char *tag;
	enum forward_mode mode;
	bool is_tracee_form;
	bool has_integer_time;
	bool has_chunk;
};

struct fmsg;

struct fmsg *fmsg_new(const struct fmsg_form *form); /* borrows it; NULL: out of memory */
void fmsg_free(struct fmsg *m);                      /* NULL is fine */

/* All of the batch as what is to be written; *ret_data is valid until the next call. -ENOMEM,
 * -E2BIG (a message has 4 GiB at most). */
int fmsg_build(struct fmsg *m, const struct batch *batch, const uint8_t **ret_data,
	       size_t *ret_len);
/* How many acks the peer owes for a batch, and what it is to say in number `i` of them. */
size_t fmsg_n_chunks(const struct fmsg *m, const struct batch *batch);
void fmsg_chunk(const struct fmsg *m, size_t i, char ret_chunk[static FMSG_CHUNK_LEN + 1]);
