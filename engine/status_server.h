/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_server: the socket at which the engine is asked (engine/status.h says what it answers).
 * Who connects sends one line, "status" or "reload", waits for the answer, is sent the document,
 * and is disconnected; who says nothing for a moment, or anything else, is told the status. A
 * client that does not read is given up after a while; more than a few at a time are turned away.
 * Who wants to look on ("stream", "top") is handed over to engine/live/server.h.
 * Never blocks. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct live_server;
struct loop;
struct status_server;

enum status_request { STATUS_REQUEST_STATUS, STATUS_REQUEST_RELOAD };
#define STATUS_LINE_STATUS "status\n"
#define STATUS_LINE_RELOAD "reload\n"

/* Listens at `path`, for its owner and group (0660; group "warder" where there is one). A socket
 * that nobody listens on any more is replaced. NULL with err set: -EADDRINUSE: another engine
 * answers there; other errno. Before the sandbox. */
struct status_server *status_server_open(const char *path, struct loop *loop, struct err *err);
void status_server_close(struct status_server *s);

/* Gets the clients that want to look on; NULL: they are told the status. */
void status_server_set_live(struct status_server *s, struct live_server *live);

/* Since when (CLOCK_BOOTTIME, ns) somebody waits for the answer to such a request; 0: nobody does.
 */
uint64_t status_server_waiting_since(const struct status_server *s, enum status_request request);
/* Sends `document` (copied) to all who have waited for it since `since_ns` or longer. */
void status_server_answer(struct status_server *s, enum status_request request, uint64_t since_ns,
			  const char *document, size_t len);
/* Reads requests, goes on with answers that did not fit the socket. Returns when to be called
 * again, ns; -1: there is nothing to do. */
int64_t status_server_tick(struct status_server *s, uint64_t now_ns);
