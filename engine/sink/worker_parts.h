/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker_parts: what worker.c (the thread and where its batches come from) shares with
 * worker_send.c (what becomes of a batch) and worker_link.c (which transport, when to try again,
 * what to say about it). All is the worker thread's, but for what is said to be under the lock.
 */
#pragma once

#include <pthread.h>

#include "engine/sink/worker.h"

#define SWORKER_NAME_CAP 64

/* A kind of line that is said at most once a minute, with how many were not said. */
struct sworker_limit {
	int64_t next_ms;
	uint64_t n_hidden;
};

/* The event that may be what the peer cannot take. */
struct sworker_suspect {
	uint32_t len;     /* of it; 0: there is none */
	uint32_t n_tries; /* that failed */
	int rc;           /* of the latest */
	int64_t time_ns;  /* the event's own */
	int64_t since_ms;
	bool was_early; /* the try that did not wait for the end of a pause has been made */
};

struct sworker {
	char name[SWORKER_NAME_CAP];
	struct transport *transports[SWORKER_TRANSPORTS_MAX];
	size_t n_transports;
	struct squeue *queue;
	struct spool *spool;
	int64_t backoff_first_ms, backoff_max_ms, failback_ms, suspect_after_ms;
	uint32_t n_tries_max;
	int cancel_fd; /* readable: the end; given to the transports */
	int stop_fd;   /* readable: the end is near */

	struct batch_item *items; /* n_items_max + 1 */
	size_t n_items_max, bytes_max;

	struct sworker_suspect suspect;
	uint32_t poison_len; /* of a long event that the peer cannot take; 0: none was found */
	int poison_rc;       /* what the peer says to an event that is forbidden; 0: likewise */

	/* The link. */
	size_t current; /* transport */
	size_t used;    /* the one that was connected last */
	bool is_connected;
	bool is_proven;      /* something got through since it was connected */
	int64_t backoff_ms;  /* the next one; 0: the first */
	int64_t next_try_ms; /* not before, when not connected */
	int64_t failback_at_ms;
	uint64_t random;
	bool is_lost; /* and has been said to be */
	int64_t lost_ms;
	uint64_t n_retried_before; /* it was lost */
	struct sworker_limit refused_limit, given_up_limit, wait_limit;
	int64_t idle_ms, sync_ms; /* when done last */
	bool is_stopping;         /* the worker has noticed */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t ended_cond;
	bool has_thread, has_ended, is_stop_asked;
	struct sworker_stats stats;
	pthread_t thread; /* the loop's */
};

/* worker.c */

bool sworker_is_cancelled(const struct sworker *w);
/* False: the end. The news that the end is near cuts a wait short, once. */
bool sworker_wait_until(struct sworker *w, int64_t end_ms);
/* The first n of what was taken are off the queue or the spool. */
void sworker_done(struct sworker *w, size_t n);

/* worker_send.c */

/* The first n of w->items. False: the end, and what is left was not sent. What it leaves otherwise
 * is to be taken again, with more behind it. */
bool sworker_deliver(struct sworker *w, size_t n);
void sworker_lose(struct sworker *w, size_t n, const char *why);

/* worker_link.c */

int64_t sworker_now_ms(void);
struct transport *sworker_transport(struct sworker *w);

/* Tries every transport once, beginning with the current one. 0: connected; else when to try again
 * is set, and the reason is the latest failure. */
int sworker_connect(struct sworker *w);
/* The connection does not work (any more). */
void sworker_break(struct sworker *w, int rc, const char *text);
/* Something got through. */
void sworker_prove(struct sworker *w);
/* Back to the first transport, when it is time for that and it can be connected. */
void sworker_fail_back(struct sworker *w);

/* How long to wait this time; the next time is longer. */
int64_t sworker_next_backoff(struct sworker *w);
void sworker_note_failure(struct sworker *w, int rc, const char *text);
/* The line is to be said; *ret_hidden is how many were not since the last one. */
bool sworker_may_say(struct sworker_limit *limit, uint64_t *ret_hidden);
