/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/worker.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/now.h"
#include "engine/sink/worker_parts.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define FAILBACK_MS 60000
#define SUSPECT_MS 60000
#define CHORES_MS 1000

/* --- Source. --- */

static size_t take(struct sworker *w, int64_t timeout_ms, int64_t linger_ms)
{
	const struct transport *t = sworker_transport(w);
	size_t n_max = t->batch_items_max < w->n_items_max ? t->batch_items_max : w->n_items_max;
	size_t bytes_max = t->batch_bytes_max;

	if (w->suspect.len > 0) { /* another one is wanted behind it */
		n_max++;
		bytes_max += w->suspect.len;
	}
	return w->spool ? spool_take(w->spool, w->items, n_max, bytes_max, timeout_ms, linger_ms)
			: squeue_take(w->queue, w->items, n_max, bytes_max, timeout_ms, linger_ms);
}

void sworker_done(struct sworker *w, size_t n)
{
	if (w->spool)
		(void)spool_done(w->spool, n); /* shown in the spool's own statistics */
	else
		squeue_done(w->queue, n);
}

/* --- Waiting. --- */

static bool is_readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0;
}

bool sworker_is_cancelled(const struct sworker *w)
{
	return is_readable(w->cancel_fd);
}

/* What is due every second, whatever else happens. */
static void do_chores(struct sworker *w)
{
	int64_t now_ms = sworker_now_ms();

	if (!w->spool || now_ms - w->sync_ms < CHORES_MS)
		return;
	w->sync_ms = now_ms;
	(void)spool_sync(w->spool); /* shown in the spool's own statistics */
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool sworker_wait_until(struct sworker *w, int64_t end_ms)
{
	for (;;) {
		struct pollfd pfds[2] = { { .fd = w->cancel_fd, .events = POLLIN },
					  { .fd = w->stop_fd, .events = POLLIN } };
		int64_t left_ms = end_ms - sworker_now_ms();
		int n_ready;

		if (left_ms < 0)
			left_ms = 0;
		n_ready = poll(pfds, w->is_stopping ? 1 : 2, (int)least(left_ms, CHORES_MS));
		if (n_ready > 0 && pfds[0].revents)
			return false;
		do_chores(w);
		if (n_ready > 0 && pfds[1].revents) {
			w->is_stopping = true;
			return true;
		}
		if (sworker_now_ms() >= end_ms)
			return true;
	}
}

/* --- The thread. --- */

static void idle(struct sworker *w)
{
	struct transport *t = sworker_transport(w);
	int64_t now_ms = sworker_now_ms();
	int rc;

	if (w->is_connected && t->ops->idle && now_ms - w->idle_ms >= CHORES_MS) {
		w->idle_ms = now_ms;
		rc = t->ops->idle(t);
		if (rc < 0 && rc != -ECANCELED)
			sworker_break(w, rc, "");
	}
	if (!w->is_connected && !w->is_stopping && now_ms >= w->next_try_ms)
		(void)sworker_connect(w); /* noted and said there */
}

static bool is_stop_asked(struct sworker *w)
{
	bool asked;

	(void)pthread_mutex_lock(&w->lock);
	asked = w->is_stop_asked;
	(void)pthread_mutex_unlock(&w->lock);
	return asked;
}

/* Until a batch may be there, but not beyond what else is due. */
static int64_t idle_ms(const struct sworker *w)
{
	int64_t left_ms = w->next_try_ms - sworker_now_ms();

	if (w->is_stopping)
		return 0;
	if (w->is_connected || left_ms > CHORES_MS)
		return CHORES_MS;
	return left_ms > 1 ? left_ms : 1;
}

static void run(struct sworker *w)
{
	bool goes_on = true;
	size_t n;

	(void)sworker_connect(w); /* before there is anything to send: so that it is known early */
	while (goes_on && !sworker_is_cancelled(w)) {
		/* Before the look at the source: what was put in before is found. */
		w->is_stopping = is_stop_asked(w);
		n = take(w, idle_ms(w), w->is_stopping ? 0 : sworker_transport(w)->linger_ms);
		if (n > 0) {
			sworker_fail_back(w);
			goes_on = sworker_deliver(w, n);
		} else {
			idle(w);
			goes_on = !w->is_stopping;
		}
		do_chores(w);
	}
}

static void lose_rest(struct sworker *w)
{
	uint64_t n_all = 0;
	size_t n;

	if (w->spool)
		return;
	while ((n = squeue_take(w->queue, w->items, w->n_items_max, SIZE_MAX, 0, 0)) > 0) {
		squeue_done(w->queue, n);
		n_all += n;
	}
	w->given_up_limit.next_ms = 0; /* the last line */
	sworker_lose(w, n_all, "the destination did not take them before the end");
}

static void *worker_main(void *arg)
{
	struct sworker *w = arg;

	(void)prctl(PR_SET_NAME, "sink"); /* for top; a failure does no harm */
	run(w);
	lose_rest(w);
	for (size_t i = 0; i < w->n_transports; i++)
		w->transports[i]->ops->disconnect(w->transports[i]);
	(void)pthread_mutex_lock(&w->lock);
	w->stats.is_connected = false;
	w->has_ended = true;
	(void)pthread_cond_signal(&w->ended_cond);
	(void)pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* --- The loop's side. --- */

static void set_limits(struct sworker *w)
{
	for (size_t i = 0; i < w->n_transports; i++) {
		if (w->transports[i]->batch_items_max > w->n_items_max)
			w->n_items_max = w->transports[i]->batch_items_max;
	}
	if (w->n_items_max > SWORKER_BATCH_ITEMS_MAX)
		w->n_items_max = SWORKER_BATCH_ITEMS_MAX;
	if (w->n_items_max == 0)
		w->n_items_max = 1;
}

static int64_t or_default(int64_t value, int64_t standard)
{
	return value > 0 ? value : standard;
}

static void init_locks(struct sworker *w)
{
	pthread_condattr_t attr;

	(void)pthread_mutex_init(&w->lock, NULL); /* none of these can fail on Linux */
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&w->ended_cond, &attr);
	(void)pthread_condattr_destroy(&attr);
}

static void free_transports(struct transport *const *transports, size_t n)
{
	for (size_t i = 0; i < n; i++)
		transports[i]->ops->free(transports[i]);
}

static int prepare(struct sworker *w)
{
	set_limits(w);
	w->items = calloc(w->n_items_max + 1, sizeof(w->items[0]));
	if (!w->items)
		return -ENOMEM;
	w->cancel_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->cancel_fd >= 0)
		w->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (w->stop_fd < 0)
		return -errno;
	for (size_t i = 0; i < w->n_transports; i++)
		w->transports[i]->cancel_fd = w->cancel_fd;
	/* Without a random start: the clock is different enough. */
	if (getrandom(&w->random, sizeof(w->random), GRND_NONBLOCK) != sizeof(w->random))
		w->random = now_clock_ns(CLOCK_MONOTONIC);
	w->random |= 1; /* never 0, where it would stay */
	return 0;
}

struct sworker *sworker_new(const struct sworker_options *opt, struct err *err)
{
	struct sworker *w = calloc(1, sizeof(*w));
	int rc;

	if (!w) {
		free_transports(opt->transports, opt->n_transports);
		(void)err_set(err, -ENOMEM, "sink '%s': out of memory", opt->name);
		return NULL;
	}
	(void)snprintf(w->name, sizeof(w->name), "%s", opt->name); /* cut is fine for a log */
	memcpy(w->transports, opt->transports, sizeof(w->transports));
	w->n_transports = opt->n_transports;
	w->queue = opt->queue;
	w->spool = opt->spool;
	w->backoff_first_ms = or_default(opt->backoff_first_ms, BACKOFF_FIRST_MS);
	w->backoff_max_ms = or_default(opt->backoff_max_ms, BACKOFF_MAX_MS);
	w->failback_ms = or_default(opt->failback_ms, FAILBACK_MS);
	w->suspect_after_ms = or_default(opt->suspect_ms, SUSPECT_MS);
	w->n_tries_max = opt->n_tries_max;
	w->cancel_fd = w->stop_fd = -1;
	init_locks(w);
	rc = prepare(w);
	if (rc < 0) {
		(void)err_set(err, rc, "sink '%s': worker cannot be made (%s)", opt->name,
			      err_name(rc));
		sworker_free(w);
		return NULL;
	}
	return w;
}

int sworker_start(struct sworker *w)
{
	int rc = pthread_create(&w->thread, NULL, worker_main, w);

	w->has_thread = rc == 0;
	return -rc;
}

static void tell(int fd)
{
	const uint64_t one = 1;

	(void)!write(fd, &one, sizeof(one)); /* cannot be full after two */
}

static void wait_for_end(struct sworker *w, int64_t patience_ms)
{
	int64_t end_ns = (int64_t)now_clock_ns(CLOCK_MONOTONIC) + patience_ms * NOW_NS_PER_MS;
	struct timespec end = { .tv_sec = end_ns / NOW_NS_PER_S, .tv_nsec = end_ns % NOW_NS_PER_S };

	(void)pthread_mutex_lock(&w->lock);
	while (!w->has_ended && (int64_t)now_clock_ns(CLOCK_MONOTONIC) < end_ns)
		(void)pthread_cond_timedwait(&w->ended_cond, &w->lock, &end); /* looked at again */
	(void)pthread_mutex_unlock(&w->lock);
}

void sworker_ask_stop(struct sworker *w)
{
	if (w->queue)
		squeue_close(w->queue);
	(void)pthread_mutex_lock(&w->lock);
	w->is_stop_asked = true;
	(void)pthread_mutex_unlock(&w->lock);
	tell(w->stop_fd);
	if (w->spool)
		spool_wake(w->spool);
}

void sworker_stop(struct sworker *w, int64_t patience_ms)
{
	sworker_ask_stop(w);
	if (!w->has_thread) {
		lose_rest(w);
		return;
	}
	wait_for_end(w, patience_ms);
	tell(w->cancel_fd);
	(void)pthread_join(w->thread, NULL); /* it is there, and nobody else joins */
	w->has_thread = false;
}

void sworker_reopen(struct sworker *w)
{
	for (size_t i = 0; i < w->n_transports; i++)
		if (w->transports[i]->ops->reopen)
			w->transports[i]->ops->reopen(w->transports[i]);
}

void sworker_free(struct sworker *w)
{
	if (!w)
		return;
	free_transports(w->transports, w->n_transports);
	cleanup_fd(&w->stop_fd);
	cleanup_fd(&w->cancel_fd);
	free(w->items);
	(void)pthread_cond_destroy(&w->ended_cond);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}

void sworker_stats_get(struct sworker *w, struct sworker_stats *ret_stats)
{
	(void)pthread_mutex_lock(&w->lock);
	*ret_stats = w->stats;
	(void)pthread_mutex_unlock(&w->lock);
}
