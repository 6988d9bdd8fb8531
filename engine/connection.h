/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection: the engine's end of the socket to the collector (prefix conn_): what it says is
 * checked, kept and asked for here. Never blocks. Thread: the engine's loop.
 */
#pragma once

#include <stdint.h>

#include "common/control.h"
#include "common/err.h"

struct conn;
struct lane_map;

/* Connects to the socket at `path`. NULL with err set: -ENOENT or -ECONNREFUSED when no collector
 * is there, -EACCES when it may not be used, other errno. `boot_id` (may be NULL: not known) is
 * this kernel's, to be compared with the collector's. */
struct conn *conn_open(const char *path, const uint8_t *boot_id, struct err *err);
void conn_close(struct conn *c);
int conn_fd(const struct conn *c);

/*
 * Takes the next message. Returns its type (enum control_type); 0: none waits. Otherwise the
 * connection is of no use any more, and err says why:
 *   -ECONNRESET       the collector is gone
 *   -EPROTONOSUPPORT  it is of another build
 *   -EPROTO           it does not keep to the protocol
 *   other             it refused us, with this code
 */
int conn_receive(struct conn *c, struct err *err);

/* After HELLO, once: the shared memory; the caller's. */
struct lane_map *conn_take_lanes(struct conn *c);
/* What was received latest; NULL: nothing yet. */
const struct control_hello *conn_hello(const struct conn *c);
const struct control_plan_status *conn_plan_status(const struct conn *c);
const struct control_status *conn_status(const struct conn *c);

/* Negative errno when it could not be sent; -ECONNRESET: the collector is gone; -EAGAIN: it has not
 * taken what was sent before. A plan's filters come first, of the same generation, and as many as
 * it says: up to CONTROL_FILTER_EVENTS_MAX and CONTROL_FILTER_ENTRIES_MAX at a time. */
int conn_send_filter_events(struct conn *c, uint64_t generation,
			    const struct control_filter_event *items, uint32_t n);
int conn_send_filter_entries(struct conn *c, uint64_t generation, const struct filter_entry *items,
			     uint32_t n);
/* Fills in the header. */
int conn_send_plan(struct conn *c, struct control_plan *plan);
int conn_ask_status(struct conn *c);
