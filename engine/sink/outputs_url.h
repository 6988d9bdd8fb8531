/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs_url (prefix output_url_): what the URL of an output says, or the keys of a file
 * (output_keys.h), and the transports that it means. Pure but for the transports, which read the
 * files they name.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "engine/encode/encoder.h"
#include "engine/encode/profile.h"
#include "engine/sink/kafka_url.h"
#include "engine/sink/output_spec.h"
#include "engine/sink/rotate.h"
#include "engine/sink/transport.h"
#include "engine/sink/url.h"
#include "engine/sink/worker.h"

struct output_url {
	enum outspec_kind kind;
	struct surl url; /* of a file or kafka only its keys */
	struct kafka_target kafka;
	char name[256]; /* "forward:host:24224", for logs and metrics: no password in it; a file's
			   path */
	enum encoder_format format;
	enum profile profile;
	bool is_http, is_network;
	/* texts are the URL's; NULL: not said */
	const char *events, *policies, *template, *spool_dir;
	uint64_t queue_bytes, spool_bytes;
	uint32_t n_tries_max;
	bool blocks;        /* when it is full */
	int64_t metrics_ms; /* how often the engine's figures are sent; 0: never */
	bool has_no_events; /* but for them nothing is */
	bool is_rotated;
	struct rotate_options rotate; /* of a file */
};

/* To be freed. NULL with err: -EINVAL, -ENOMEM. */
struct output_url *output_url_parse(const struct outspec *spec, struct err *err);
void output_url_free(struct output_url *u);
/* What is wrong with it, as far as that can be known without opening anything. -EINVAL, -ENOENT
 * (an event's name) or -ENOMEM with err. */
int output_url_check(const struct outspec *spec, struct err *err);
/* For the engine's figures, with metrics_ms. NULL with err. */
struct transport *output_url_metrics(const struct output_url *u, struct err *err);
/* One for each URL between '|', the preferred one first; the caller's. Of what is no file. 0 or
 * negative errno with err. */
int output_url_transports(const struct outspec *spec, const struct output_url *u,
			  struct transport *ret_list[static SWORKER_TRANSPORTS_MAX], size_t *ret_n,
			  struct err *err);

static inline void output_url_freep(struct output_url **u)
{
	output_url_free(*u);
}
#define CLEANUP_OUTPUT_URL CLEANUP(output_url_freep)
