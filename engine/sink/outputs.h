/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outputs: the sinks that were asked for, opened (prefix outputs_). Keys behind the '?' of a URL,
 * beside those of forward_url.h:
 *
 *     of all:   events=NAME,SET,...  policies=NAME,...   what is for it [everything]
 *               queueBytes=N [16 MiB]   onFull=drop|block [drop]
 *               spool=DIR  spoolBytes=N [256 MiB]        kept on disk until the peer has it
 *               tries=N                                  of a batch, without a spool [for ever]
 *     webhook:  timeout contentType gotemplate           as Tracee's
 *               mode=single|array|lines [single]  gzip  header=NAME:VALUE (repeatable)  tokenFile
 *               caFile certFile keyFile insecure
 *     otlp:     protocol=http/protobuf|http/json|grpc [http/protobuf]  resource=KEY=VALUE
 *               (repeatable)  timeout gzip header tokenFile caFile certFile keyFile insecure
 *
 * A webhook's other keys stay in its URL, as Tracee leaves them. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/encode/json.h"
#include "engine/sink/output_spec.h"
#include "engine/sink/sink.h"

#define OUTPUTS_SPOOL_BYTES (256U << 20)

struct outputs;

struct outputs_options {
	const struct outspecs *specs;
	struct json_options json;
	uint32_t uid, gid; /* who the engine will be: spools are given to them; 0: as it is */
};

/* Opens all, before the sandbox. NULL with err set. */
struct outputs *outputs_open(const struct outputs_options *opt, struct err *err);
/* Stops the workers: what waits is delivered within a few seconds, stays in its spool, or is lost
 * and counted. NULL is fine. */
void outputs_close(struct outputs *o);
/* In the sandbox: threads begin. */
int outputs_start(struct outputs *o, struct err *err);

/* Those of one encoder follow each other. */
struct sink *const *outputs_sinks(const struct outputs *o, size_t *ret_n);
/* For the sandbox: NULL-ended lists, valid until outputs_close(). */
const char *const *outputs_writable(const struct outputs *o);
const char *const *outputs_readable(const struct outputs *o);
bool outputs_need_network(const struct outputs *o);
