/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/fake_transport.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/now.h"

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

static int hang(const struct transport *t)
{
	struct pollfd pfd = { .fd = t->cancel_fd, .events = POLLIN };

	return poll(&pfd, 1, 60000) > 0 ? -ECANCELED : -ETIMEDOUT;
}

static int fake_connect(struct transport *t, struct err *err)
{
	struct fake *f = (struct fake *)t;
	int rc;

	(void)pthread_mutex_lock(&f->lock);
	rc = f->n_connect_calls < f->n_connects ? f->connects[f->n_connect_calls] : f->then_connect;
	f->n_connect_calls++;
	f->is_connected = rc == 0;
	(void)pthread_mutex_unlock(&f->lock);
	if (rc == FAKE_HANG)
		rc = hang(t);
	return rc < 0 ? err_set(err, rc, "cannot be reached (%s)", err_name(rc)) : 0;
}

static bool has_longer(const struct batch *batch, uint32_t limit)
{
	for (size_t i = 0; limit > 0 && i < batch->n; i++)
		if (batch->items[i].len > limit)
			return true;
	return false;
}

static bool is_too_large(const struct fake *f, const struct batch *batch)
{
	return (f->items_limit > 0 && batch->n > f->items_limit) ||
	       has_longer(batch, f->event_limit);
}

static void take_batch(struct fake *f, const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		uint64_t at = (uint64_t)batch->items[i].time_ns % FAKE_EVENTS;

		f->n_events += f->taken[at] == 0;
		f->taken[at] += f->taken[at] < UINT8_MAX;
	}
}

static int fake_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct fake *f = (struct fake *)t;
	struct fake_step step;
	size_t n_bytes = 0;

	(void)pthread_mutex_lock(&f->lock);
	step = f->n_send_calls < f->n_sends ? f->sends[f->n_send_calls] : f->then;
	if (f->n_send_calls < FAKE_STEPS)
		f->send_ms[f->n_send_calls] = now_ms();
	f->n_send_calls++;
	for (size_t i = 0; i < batch->n; i++)
		n_bytes += batch->items[i].len;
	f->misused |= !f->is_connected || batch->n == 0 || batch->n > t->batch_items_max ||
		      n_bytes != batch->n_bytes;
	if (step.rc == 0 && is_too_large(f, batch))
		step.rc = -E2BIG;
	if (step.rc == 0 && has_longer(batch, f->event_limit_unsaid))
		step.rc = f->unsaid_rc;
	if (step.rc == 0)
		take_batch(f, batch);
	(void)pthread_mutex_unlock(&f->lock);
	if (step.rc == FAKE_HANG)
		step.rc = hang(t);
	if (step.retry_after_ms > 0)
		ret->retry_after_ms = step.retry_after_ms;
	ret->n_refused = step.n_refused;
	if (step.rc < 0 || step.n_refused > 0)
		(void)snprintf(ret->text, sizeof(ret->text), "says %s", err_name(step.rc));
	return step.rc;
}

static int fake_idle(struct transport *t)
{
	struct fake *f = (struct fake *)t;
	int rc;

	(void)pthread_mutex_lock(&f->lock);
	f->n_idle_calls++;
	rc = f->idle_rc;
	f->idle_rc = 0;
	(void)pthread_mutex_unlock(&f->lock);
	return rc;
}

static void fake_disconnect(struct transport *t)
{
	struct fake *f = (struct fake *)t;

	(void)pthread_mutex_lock(&f->lock);
	f->n_disconnects++;
	f->is_connected = false;
	(void)pthread_mutex_unlock(&f->lock);
}

static void fake_free(struct transport *t)
{
	struct fake *f = (struct fake *)t;

	if (!f)
		return;
	(void)pthread_mutex_destroy(&f->lock);
	free(f);
}

struct fake *fake_new(void)
{
	static const struct transport_ops ops = { .connect = fake_connect,
						  .send = fake_send,
						  .idle = fake_idle,
						  .disconnect = fake_disconnect,
						  .free = fake_free };
	struct fake *f = calloc(1, sizeof(*f));

	if (!f)
		abort();
	f->t = (struct transport){ .ops = &ops,
				   .kind = "fake",
				   .batch_items_max = 100,
				   .batch_bytes_max = 1U << 20,
				   .cancel_fd = -1 };
	(void)pthread_mutex_init(&f->lock, NULL);
	return f;
}

uint64_t fake_n_events(struct fake *f)
{
	uint64_t n;

	(void)pthread_mutex_lock(&f->lock);
	n = f->n_events;
	(void)pthread_mutex_unlock(&f->lock);
	return n;
}

bool fake_has_all(struct fake *f, uint64_t from, uint64_t to)
{
	bool all = true;

	(void)pthread_mutex_lock(&f->lock);
	for (uint64_t i = from; i < to; i++)
		all &= f->taken[i % FAKE_EVENTS] > 0;
	(void)pthread_mutex_unlock(&f->lock);
	return all;
}

bool fake_wait(struct fake *f, const uint64_t *number, uint64_t at_least)
{
	int64_t end_ms = now_ms() + 20000;
	bool reached;

	do {
		(void)pthread_mutex_lock(&f->lock);
		reached = *number >= at_least;
		(void)pthread_mutex_unlock(&f->lock);
		if (!reached)
			(void)poll(NULL, 0, 1);
	} while (!reached && now_ms() < end_ms);
	return reached;
}
