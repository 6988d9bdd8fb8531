/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a batch.
 *
 * Suspicion. A part of a batch that fails twice in a way that its events may be the cause of is
 * sent one by one, then two by two and so on, which finds the one it is. An event that fails alone
 * is under suspicion; one that the peer answers "later" to only when it is long, as peers do say
 * that when they are busy. Once it has been so for a while, and often enough, the next turn is that
 * of the one behind it, the probe; when that is taken, and the suspect fails again at once, it is
 * refused. So it takes a peer that takes other events to lose one.
 *
 * What a peer once could not take for its length is kept apart from the others afterwards, and has
 * to fail once only; the same holds for what is forbidden, as a firewall in front of the peer does
 * with events that tell of an attack. Whoever can make such events must not be able to make an
 * output slow.
 */
#include "engine/sink/worker_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "common/log.h"

#define RETRY_AFTER_MAX_MS (3600 * 1000)
#define FAILS_TOGETHER 2U /* before events are sent one by one */
#define FAILS_ALONE 3U    /* before the probe */
#define LONG_EVENT 65536U /* bytes: what a peer may not take for its length */

struct sending {
	size_t at, n; /* of w->items: what is left of the batch is at..n */
	size_t part;  /* how many at a time, if nothing speaks against it */
	size_t size;  /* of this turn */
	uint32_t n_tries;
	uint32_t n_failed; /* of this part, with what its events may be the cause of */
	bool grows;        /* the part was made smaller for that, and is made larger again */
	size_t n_ahead;    /* probes: so many behind the first have been sent before it */
	bool was_probe;    /* the latest turn, and it was taken: */
	bool is_proven;
};

static const struct batch_item *first_of(const struct sworker *w, const struct sending *s)
{
	return &w->items[s->at];
}

/* --- Counting. --- */

static void count_sent(struct sworker *w, const struct batch *batch, size_t n_refused)
{
	if (n_refused > batch->n)
		n_refused = batch->n;
	(void)pthread_mutex_lock(&w->lock);
	w->stats.n_sent += batch->n - n_refused;
	w->stats.n_sent_bytes += batch->n_bytes;
	w->stats.n_refused += n_refused;
	(void)pthread_mutex_unlock(&w->lock);
}

static void say_refused(struct sworker *w, size_t n, const char *text)
{
	uint64_t n_hidden;

	if (n > 0 && sworker_may_say(&w->refused_limit, &n_hidden))
		log_warning("sink '%s': %s: %zu events are refused: %s (%" PRIu64
			    " such answers since the last line)",
			    w->name, sworker_transport(w)->kind, n, text[0] ? text : "no reason",
			    n_hidden);
}

void sworker_lose(struct sworker *w, size_t n, const char *why)
{
	uint64_t n_hidden;

	(void)pthread_mutex_lock(&w->lock);
	w->stats.n_lost += n;
	(void)pthread_mutex_unlock(&w->lock);
	if (n > 0 && sworker_may_say(&w->given_up_limit, &n_hidden))
		log_warning("sink '%s': %zu events are lost: %s (%" PRIu64
			    " times more since the last line)",
			    w->name, n, why, n_hidden);
}

/* --- How many at a time. --- */

static bool is_poison(const struct sworker *w, const struct batch_item *item)
{
	return w->poison_len > 0 && item->len >= w->poison_len;
}

/* What is known to be too long goes alone. */
static size_t turn_size(const struct sworker *w, const struct sending *s)
{
	size_t n = s->n - s->at < s->part ? s->n - s->at : s->part;

	for (size_t i = 0; i < n && w->poison_len > 0; i++)
		if (is_poison(w, &w->items[s->at + i]))
			return i > 0 ? i : 1;
	return n;
}

static bool is_suspect(const struct sworker *w, const struct batch_item *item)
{
	return item->len > 0 && w->suspect.len == item->len && w->suspect.time_ns == item->time_ns;
}

/* The first of what is left are done with, and the probes behind them. */
static void pass(struct sworker *w, struct sending *s, size_t n)
{
	n += s->n_ahead;
	/* Others may come before it: those are no word on it. */
	for (size_t i = 0; i < n && w->suspect.len > 0; i++)
		if (is_suspect(w, &w->items[s->at + i]))
			w->suspect.len = 0;
	sworker_done(w, n);
	s->at += n;
	s->n_tries = s->n_failed = 0;
	s->n_ahead = 0;
	if (s->grows && s->part < s->n)
		s->part *= 2;
}

/* What was sent is done with, in one way or the other. */
static void settle(struct sworker *w, struct sending *s)
{
	if (!s->was_probe) {
		pass(w, s, s->size);
		return;
	}
	s->n_ahead++;
	s->is_proven = true;
}

static void refuse(struct sworker *w, struct sending *s, const char *why)
{
	const size_t n = s->was_probe ? 1 : s->size;

	(void)pthread_mutex_lock(&w->lock);
	w->stats.n_refused += n;
	(void)pthread_mutex_unlock(&w->lock);
	say_refused(w, n, why);
	settle(w, s);
}

/* --- Suspicion. --- */

/* An answer about the destination, which may be one about the event after all. */
static bool is_forbidden(int rc)
{
	return rc == -EACCES || rc == -ENOENT;
}

/* Not when nobody is there. */
static bool may_be_events(int rc, const struct delivery *ret)
{
	return rc == -ECONNRESET || rc == -EPIPE || rc == -ETIMEDOUT || rc == -EPROTO ||
	       is_forbidden(rc) || (rc == -EAGAIN && ret->retry_after_ms < 0);
}

static bool is_known(const struct sworker *w, const struct batch_item *suspect)
{
	return is_poison(w, suspect) || (w->suspect.rc == w->poison_rc && w->poison_rc < 0);
}

static bool is_alone(const struct sworker *w, const struct sending *s)
{
	return s->size == 1 && is_suspect(w, first_of(w, s));
}

/* Of the one that is alone: when it has been under suspicion for long enough. */
static int64_t ripe_ms(const struct sworker *w, const struct sending *s)
{
	return w->suspect.since_ms + (is_known(w, first_of(w, s)) ? 0 : w->suspect_after_ms);
}

static bool is_ripe(const struct sworker *w, const struct sending *s)
{
	return is_alone(w, s) &&
	       (w->suspect.n_tries >= FAILS_ALONE || is_known(w, first_of(w, s))) &&
	       sworker_now_ms() >= ripe_ms(w, s);
}

/* The end of a pause; pauses may be as long as all of that again, which is not waited for once. */
static int64_t pause_end_ms(const struct sworker *w, const struct sending *s, int64_t end_ms)
{
	if (is_alone(w, s) && !w->suspect.was_early && ripe_ms(w, s) < end_ms)
		return ripe_ms(w, s);
	return end_ms;
}

/* The part failed. With a limit to the tries nothing is held up for ever. */
static void suspect(struct sworker *w, struct sending *s, int rc, const struct delivery *ret)
{
	const struct batch_item *first = first_of(w, s);

	if ((w->n_tries_max > 0 && !w->spool) || !may_be_events(rc, ret))
		return;
	if (s->size > 1) {
		s->n_failed++;
		if (s->n_failed < FAILS_TOGETHER)
			return;
		s->n_failed = 0;
		s->part = 1;
		s->grows = true;
		return;
	}
	if (rc == -EAGAIN && first->len < LONG_EVENT)
		return;
	if (!is_suspect(w, first))
		w->suspect = (struct sworker_suspect){ .len = first->len,
						       .time_ns = first->time_ns,
						       .since_ms = sworker_now_ms() };
	w->suspect.n_tries++;
	w->suspect.rc = rc;
}

static void convict(struct sworker *w, struct sending *s, int rc, const struct delivery *ret)
{
	const uint32_t len = first_of(w, s)->len;
	char why[sizeof(ret->text)];

	if (is_forbidden(rc))
		w->poison_rc = rc;
	else if (len >= LONG_EVENT)
		w->poison_len = len;
	(void)snprintf(why, sizeof(why), "one of %u bytes fails always, others do not: %.90s", len,
		       ret->text);
	refuse(w, s, why);
}

/* --- Sending. --- */

/* True: it is to be tried (once more). */
static bool may_try(struct sworker *w, struct sending *s)
{
	if (w->spool || w->n_tries_max == 0 || s->n_tries < w->n_tries_max)
		return true;
	sworker_lose(w, s->size, "sent too often in vain");
	pass(w, s, s->size);
	return false;
}

static int64_t pause_ms(struct sworker *w, const struct delivery *ret)
{
	int64_t ms = ret->retry_after_ms;
	uint64_t n_hidden;

	if (ms > RETRY_AFTER_MAX_MS)
		ms = RETRY_AFTER_MAX_MS;
	else if (ms <= 0)
		ms = sworker_next_backoff(w);
	if (sworker_may_say(&w->wait_limit, &n_hidden))
		log_info("sink '%s': %s: peer takes nothing now: %s; again in %.1f s (%" PRIu64
			 " times more since the last line)",
			 w->name, sworker_transport(w)->kind, ret->text[0] ? ret->text : "busy",
			 (double)ms / 1000, n_hidden);
	return ms;
}

/* Not taken, the peer is there: later. False: the end. */
static bool send_later(struct sworker *w, const struct sending *s, const struct delivery *ret)
{
	int64_t end_ms = sworker_now_ms() + pause_ms(w, ret);

	sworker_note_failure(w, -EAGAIN, ret->text);
	w->is_proven = true;
	if (ret->retry_after_ms < 0)
		end_ms = pause_end_ms(w, s, end_ms);
	w->suspect.was_early = w->suspect.was_early || is_ripe(w, s);
	return sworker_wait_until(w, end_ms);
}

static int send_some(struct sworker *w, size_t first, size_t n, bool is_again, struct delivery *ret)
{
	struct transport *t = sworker_transport(w);
	struct batch batch = { .items = w->items + first, .n = n };
	int rc;

	for (size_t i = 0; i < batch.n; i++)
		batch.n_bytes += batch.items[i].len;
	*ret = (struct delivery){ .retry_after_ms = -1 };
	if (is_again) {
		(void)pthread_mutex_lock(&w->lock);
		w->stats.n_retried++;
		(void)pthread_mutex_unlock(&w->lock);
	}
	rc = t->ops->send(t, &batch, ret);
	ret->text[sizeof(ret->text) - 1] = '\0';
	if (rc == 0)
		count_sent(w, &batch, ret->n_refused);
	return rc;
}

/* Not sent. False: the end. */
static bool fail(struct sworker *w, struct sending *s, int rc, const struct delivery *ret)
{
	if (!s->was_probe) {
		s->n_tries++;
		suspect(w, s, rc, ret);
	}
	if (rc == -EAGAIN)
		return send_later(w, s, ret);
	sworker_break(w, rc, ret->text);
	return true;
}

/* Sends once, and does what the answer asks for. False: the end. */
static bool attempt(struct sworker *w, struct sending *s)
{
	const bool is_only_one = s->is_proven; /* that fails: the probe was taken a moment ago */
	struct delivery ret;
	int rc;

	s->was_probe = !s->was_probe && is_ripe(w, s) && s->at + 1 + s->n_ahead < s->n;
	s->is_proven = false;
	if (s->was_probe)
		rc = send_some(w, s->at + 1 + s->n_ahead, 1, false, &ret);
	else
		rc = send_some(w, s->at, s->size, s->n_tries > 0, &ret);
	if (rc == -ECANCELED && sworker_is_cancelled(w))
		return false;
	/* Any answer shows that the connection works. */
	if (rc == 0 || rc == -EBADMSG || rc == -E2BIG)
		sworker_prove(w);
	if (rc == 0) {
		if (ret.n_refused == 0 && !s->was_probe && is_poison(w, first_of(w, s)))
			w->poison_len = 0; /* it is taken now */
		say_refused(w, ret.n_refused, ret.text);
		settle(w, s);
	} else if ((rc == -E2BIG || rc == w->poison_rc) && !s->was_probe && s->size > 1) {
		s->part = s->size / 2;
		s->grows = s->grows || rc != -E2BIG;
	} else if (rc == -EBADMSG || rc == -E2BIG) {
		sworker_note_failure(w, rc, ret.text);
		refuse(w, s, ret.text);
	} else if (is_only_one && may_be_events(rc, &ret)) {
		if (rc == -EAGAIN)
			sworker_note_failure(w, rc, ret.text);
		else
			sworker_break(w, rc, ret.text);
		convict(w, s, rc, &ret);
	} else {
		return fail(w, s, rc, &ret);
	}
	return true;
}

/* What is under suspicion is the last one here: another is wanted behind it. */
static bool wants_probe(const struct sworker *w, const struct sending *s)
{
	return s->n_tries > 0 && !s->is_proven && s->n - s->at == 1 + s->n_ahead && is_ripe(w, s);
}

static bool deliver(struct sworker *w, struct sending *s)
{
	while (s->at < s->n) {
		s->size = turn_size(w, s);
		if (sworker_is_cancelled(w))
			return false;
		if (!may_try(w, s))
			continue;
		if (wants_probe(w, s))
			return true;
		if (!w->is_connected) {
			if (!sworker_wait_until(w, pause_end_ms(w, s, w->next_try_ms)))
				return false;
			if (wants_probe(w, s))
				return true;
			w->suspect.was_early = w->suspect.was_early || is_ripe(w, s);
			if (sworker_connect(w) < 0) {
				s->n_tries++;
				continue;
			}
		}
		if (!attempt(w, s))
			return false;
	}
	return true;
}

bool sworker_deliver(struct sworker *w, size_t n)
{
	struct sending s = { .n = n, .part = w->suspect.len > 0 ? 1 : n };

	s.grows = s.part < n;
	if (deliver(w, &s))
		return true;
	/* Probes that were taken are not to be counted as lost with the rest of the queue. */
	if (s.n_ahead > 0 && !w->spool) {
		sworker_lose(w, 1, "the destination did not take it before the end");
		pass(w, &s, 1);
	}
	return false;
}
