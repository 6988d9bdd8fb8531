/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_collector: the collector's end of the control socket, with fake_lanes to hand over (prefix
 * fc_). It does what the test says, when the test says it. Aborts when the engine does not do its
 * part within a few seconds. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/control.h"
#include "test/support/fake_lanes.h"

struct fake_collector {
	int listen_fd;
	int sock; /* of the engine; -1: none */
	struct control_plan plan;
	char path[100];
};

/* Listens at `path`, for everybody: the engine may have become another user. */
void fc_listen(struct fake_collector *fc, const char *path);
void fc_close(struct fake_collector *fc);

/* Waits for the engine to connect. */
void fc_accept(struct fake_collector *fc);
void fc_disconnect(struct fake_collector *fc);

/* A HELLO as it should be. */
struct control_hello fc_hello(const struct fake_lanes *fl);
/* Sends it with these descriptors. */
void fc_send_hello(struct fake_collector *fc, const struct control_hello *hello,
		   const int fds[CONTROL_FDS], unsigned int n_fds);
void fc_refuse(struct fake_collector *fc, int code, const char *text);
void fc_send(struct fake_collector *fc, const void *msg, size_t len);

/* Waits for the engine's next message, which must be of this type; it is in `buf`. STATUS_ASK,
 * which comes every now and then, is passed over where it is not waited for. */
void fc_receive(struct fake_collector *fc, int type, void *buf, size_t cap);
/* False: no plan has come. Does not wait; STATUS_ASK is passed over. */
bool fc_take_plan(struct fake_collector *fc);
/* All that leads to an engine at work: accept, HELLO, PLAN, PLAN_STATUS. */
void fc_serve(struct fake_collector *fc, const struct fake_lanes *fl);
/* PLAN_STATUS for the plan: everything attached but `unavailable` (an event id; 0: nothing). */
void fc_send_plan_status(struct fake_collector *fc, uint16_t unavailable);
