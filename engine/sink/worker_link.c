/* SPDX-License-Identifier: Apache-2.0 */
/* Which transport, when to try again, and what to say about it. */
#include "engine/sink/worker_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "engine/now.h"

#define SAY_EVERY_MS 60000

int64_t sworker_now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

struct transport *sworker_transport(struct sworker *w)
{
	return w->transports[w->current];
}

bool sworker_may_say(struct sworker_limit *limit, uint64_t *ret_hidden)
{
	int64_t now_ms = sworker_now_ms();

	if (now_ms < limit->next_ms) {
		limit->n_hidden++;
		return false;
	}
	*ret_hidden = limit->n_hidden;
	limit->n_hidden = 0;
	limit->next_ms = now_ms + SAY_EVERY_MS;
	return true;
}

static uint64_t next_random(struct sworker *w)
{
	/* xorshift64 (Marsaglia): so that many agents do not come back in step. */
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

int64_t sworker_next_backoff(struct sworker *w)
{
	int64_t whole = w->backoff_ms ? w->backoff_ms : w->backoff_first_ms;

	w->backoff_ms = whole < w->backoff_max_ms / 2 ? whole * 2 : w->backoff_max_ms;
	if (whole > w->backoff_max_ms)
		whole = w->backoff_max_ms;
	return whole / 2 + (int64_t)(next_random(w) % (uint64_t)(whole - whole / 2 + 1));
}

static void show_link(struct sworker *w)
{
	(void)pthread_mutex_lock(&w->lock); /* cannot fail: not recursive, always initialised */
	w->stats.is_connected = w->is_connected;
	w->stats.transport = (uint32_t)w->current;
	(void)pthread_mutex_unlock(&w->lock);
}

void sworker_note_failure(struct sworker *w, int rc, const char *text)
{
	(void)pthread_mutex_lock(&w->lock);
	w->stats.n_failures++;
	w->stats.last_errno = -rc;
	(void)snprintf(w->stats.last_text, sizeof(w->stats.last_text), "%s",
		       text[0] ? text : err_name(rc));
	(void)pthread_mutex_unlock(&w->lock);
}

static void say_lost(struct sworker *w)
{
	if (w->is_lost)
		return;
	w->is_lost = true;
	w->lost_ms = sworker_now_ms();
	w->n_retried_before = w->stats.n_retried; /* its only writer is this thread */
	log_warning("sink '%s': %s: destination is lost: %s; trying again", w->name,
		    sworker_transport(w)->kind, w->stats.last_text);
}

static void say_back(struct sworker *w)
{
	if (!w->is_lost)
		return;
	w->is_lost = false;
	log_info("sink '%s': %s: destination is back after %.1f s, %" PRIu64 " batches sent again",
		 w->name, sworker_transport(w)->kind,
		 (double)(sworker_now_ms() - w->lost_ms) / 1000,
		 w->stats.n_retried - w->n_retried_before);
}

static int connect_one(struct sworker *w, size_t i)
{
	struct transport *t = w->transports[i];
	struct err err = { 0 };
	int rc = t->ops->connect(t, &err);

	if (rc < 0) {
		sworker_note_failure(w, rc, err.text);
		t->ops->disconnect(t);
	}
	return rc;
}

static void use(struct sworker *w, size_t i)
{
	if (i != w->used) {
		w->failback_at_ms = sworker_now_ms() + w->failback_ms;
		log_info("sink '%s': goes on with destination %zu of %zu", w->name, i + 1,
			 w->n_transports);
	}
	w->current = w->used = i;
	w->is_connected = true;
	w->is_proven = false;
	(void)pthread_mutex_lock(&w->lock);
	w->stats.n_connects++;
	(void)pthread_mutex_unlock(&w->lock);
	show_link(w);
}

int sworker_connect(struct sworker *w)
{
	int rc = 0;

	for (size_t n = 0; n < w->n_transports; n++) {
		size_t i = (w->current + n) % w->n_transports;

		rc = connect_one(w, i);
		if (rc == 0) {
			use(w, i);
			return 0;
		}
		if (rc == -ECANCELED)
			break;
	}
	if (rc != -ECANCELED)
		say_lost(w);
	w->next_try_ms = sworker_now_ms() + sworker_next_backoff(w);
	return rc;
}

void sworker_break(struct sworker *w, int rc, const char *text)
{
	struct transport *t = sworker_transport(w);
	bool was_proven = w->is_proven;

	sworker_note_failure(w, rc, text);
	t->ops->disconnect(t);
	w->is_connected = w->is_proven = false;
	if (was_proven) {
		w->next_try_ms = 0; /* it worked a moment ago: at once, the same */
	} else if (w->current + 1 < w->n_transports) {
		w->current++; /* it lets itself be connected, and no more: the next, at once */
		w->next_try_ms = 0;
	} else {
		say_lost(w);
		w->current = 0;
		w->next_try_ms = sworker_now_ms() + sworker_next_backoff(w);
	}
	show_link(w);
}

void sworker_prove(struct sworker *w)
{
	w->is_proven = true;
	w->backoff_ms = 0;
	say_back(w);
}

/* The one in use stays connected until the first is. */
void sworker_fail_back(struct sworker *w)
{
	struct transport *old = sworker_transport(w);

	if (w->current == 0 || sworker_now_ms() < w->failback_at_ms)
		return;
	w->failback_at_ms = sworker_now_ms() + w->failback_ms;
	if (connect_one(w, 0) < 0)
		return;
	old->ops->disconnect(old);
	use(w, 0);
}
