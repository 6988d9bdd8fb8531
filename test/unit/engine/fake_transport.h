/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_transport: a destination whose answers are written down. Counts what it took by the events'
 * time_ns (their number).
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>

#include "engine/sink/transport.h"

#define FAKE_EVENTS 65536
#define FAKE_STEPS 64
#define FAKE_HANG 1 /* an answer: none, until it is told to give up */

struct fake_step {
	int rc;
	int64_t retry_after_ms; /* 0: not said */
	size_t n_refused;
};

struct fake {
	struct transport t;
	/* Written down before the start; after the last step comes `then`. */
	struct fake_step sends[FAKE_STEPS];
	size_t n_sends;
	struct fake_step then;
	int connects[FAKE_STEPS];
	size_t n_connects;
	int then_connect;
	int idle_rc;
	size_t items_limit;   /* of one message: more is too large; 0: none */
	uint32_t event_limit; /* bytes of one event */
	/* An event that is longer makes its whole batch fail, without a word about why. 0: none. */
	uint32_t event_limit_unsaid;
	int unsaid_rc;

	pthread_mutex_t lock;
	/* What happened. */
	bool is_connected, is_freed_wrong;
	uint64_t n_connect_calls, n_send_calls, n_idle_calls, n_disconnects;
	int64_t send_ms[FAKE_STEPS]; /* when */
	uint64_t n_events;
	uint8_t taken[FAKE_EVENTS]; /* how often */
	bool misused;
};

/* Heap; freed by the transport's free(). */
struct fake *fake_new(void);
uint64_t fake_n_events(struct fake *f); /* each once, however often it came */
bool fake_has_all(struct fake *f, uint64_t from, uint64_t to);
/* Waits until a number is reached, at most 20 s. */
bool fake_wait(struct fake *f, const uint64_t *number, uint64_t at_least);
