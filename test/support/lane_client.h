/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_client (lclient_): what an engine is to a collector, and nothing more: connects, sends
 * plans, reads the lanes. For tests that need records as they come, without the engine. One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/control.h"
#include "common/err.h"
#include "common/lane_reader.h"

struct lane_client {
	int sock;
	struct control_hello hello;
	int fds[CONTROL_FDS]; /* as they came; enum control_fd */
	struct cursor_page *page;
	struct lane_reader
		*lanes; /* in the order of the cursor page: vital 0, bulk 0, vital 1, ... */
	size_t n_lanes; /* the last one is the collector's own */
	uint64_t generation;
	bool is_silent;                    /* set: nothing of the next plan rings */
	struct control_plan_status status; /* of the latest plan */
	struct lane_client_map {
		void *at;
		size_t bytes;
	} maps[4]; /* to be unmapped */
	size_t n_maps;
};

/* Connects to the collector that listens at `path`. NULL with err set otherwise; a collector that
 * refuses: its code and its sentence. */
struct lane_client *lclient_new(const char *path, struct err *err);
/* Closes the connection; the cursors stay where they are. */
void lclient_free(struct lane_client *c);

/* Asks for the named events (NULL-terminated; "*" for all system calls), which all ring
 * unless `is_silent`, with options
 * CONTROL_PLAN_*, and waits for the answer. -ENOENT: no such event; errors as lclient_new(). */
int lclient_plan(struct lane_client *c, const char *const *events, uint32_t options,
		 struct err *err);
/* The same with what the kernel may drop; NULL: nothing. */
struct kfilter;
int lclient_plan_filtered(struct lane_client *c, const char *const *events, uint32_t options,
			  const struct kfilter *filters, struct err *err);
/* State of an event in the latest answer; NULL when there is no such event. */
const struct control_event_state *lclient_state(const struct lane_client *c, const char *event);
/* Asks for the collector's counters. */
int lclient_ask_status(struct lane_client *c, struct control_status *ret_status, struct err *err);

/* Called for each record; it is valid until the call returns. `lane` indexes lane_client.lanes. */
typedef void (*lclient_fn)(void *arg, size_t lane, const struct rec_hdr *rec);
/* One pass over all lanes: of each what is in it when its turn comes, up to a record that is not
 * committed yet. What is written meanwhile is left: writers may be faster, and the caller has
 * something else to do. Returns the number of records. */
size_t lclient_read(struct lane_client *c, lclient_fn fn, void *arg);

/* Until everything that was committed before the call has been read. False: a writer held it up for
 * ten seconds. */
bool lclient_drain(struct lane_client *c, lclient_fn fn, void *arg);

/* Losses of an event slot since the collector started, all lanes together. */
uint64_t lclient_lost(const struct lane_client *c, unsigned int slot);
/* Records that made no sense to this reader. */
uint64_t lclient_corrupt(const struct lane_client *c);
