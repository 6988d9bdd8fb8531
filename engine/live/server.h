/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server: those who look on while the engine works (prefix live_server_): `warder stream` and
 * `warder top`. Clients come from the status socket with their first line, "stream" or "top", and
 * send the rest of their request (engine/live/request.h).
 *
 * They are answered by one line of JSON: {"error":"..."}, and are disconnected; or else
 *
 *   "version"     of the engine
 *   "named"       how many different events the request names; null: it names none, or all
 *   "unselected"  those of them that the running policies do not want [names, 8 at most]
 *   "n_unselected"
 *
 * and then, for "stream", by events as lines of JSON; for "top" by a document (engine/live/top.h)
 * for each line "next" that it sends. What policies do not want nobody is shown.
 *
 * Each client has a queue of its own. Who reads too slowly misses events, and is told of them as
 * lost_events of the class "stream"; neither the engine nor other clients wait. Who asks nothing,
 * or nonsense, or sends what is not expected, is disconnected. Without clients an event costs
 * nothing. Never blocks. Thread: the engine's loop.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/encode/json.h"

#define LIVE_CLIENTS_MAX 16U
#define LIVE_QUEUE_BYTES (2U << 20) /* of each */

struct live_server;
struct loop;
struct pipeline;

struct live_server_options {
	struct loop *loop; /* borrowed; so is the next */
	struct pipeline *pipeline;
	struct json_options json;
};

struct live_server_stats {
	uint64_t n_streams, n_tops; /* clients that there are */
	uint64_t n_clients;         /* ever */
	uint64_t n_refused;         /* of them: too many, or a request that is wrong */
	uint64_t n_events;          /* queued, of all streams */
	uint64_t n_missed;          /* of all streams */
};

/* NULL: out of memory. */
struct live_server *live_server_new(const struct live_server_options *opt);
void live_server_free(struct live_server *s); /* NULL is fine */

/* `fd` is a stream socket that does not block, from which `bytes` were read; it is the server's
 * from here on. */
void live_server_take(struct live_server *s, int fd, const char *bytes, size_t len);
/* Sends what waits, gives up who asks nothing. Returns when to be called again, ns; -1: there is
 * nothing to do. */
int64_t live_server_tick(struct live_server *s, uint64_t now_ns);
void live_server_stats_get(const struct live_server *s, struct live_server_stats *ret_stats);
