/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs_url (prefix output_url_): what the URL of an output says (outputs.h), and the transport
 * that it means. Pure but for the transport, which reads the files it names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "engine/encode/encoder.h"
#include "engine/sink/output_spec.h"
#include "engine/sink/transport.h"
#include "engine/sink/url.h"

struct output_url {
	enum outspec_kind kind;
	struct surl url;
	char name[256]; /* "forward:host:24224", for logs and metrics: no password in it */
	enum encoder_format format;
	bool is_http, is_network;
	/* texts are the URL's; NULL: not said */
	const char *events, *policies, *template, *spool_dir;
	uint64_t queue_bytes, spool_bytes;
	uint32_t n_tries_max;
	bool blocks;
};

/* To be freed. NULL with err: -EINVAL, -ENOMEM. */
struct output_url *output_url_parse(const struct outspec *spec, struct err *err);
void output_url_free(struct output_url *u);
/* NULL with err. */
struct transport *output_url_transport(const struct output_url *u, struct err *err);

static inline void output_url_freep(struct output_url **u)
{
	output_url_free(*u);
}
#define CLEANUP_OUTPUT_URL CLEANUP(output_url_freep)
