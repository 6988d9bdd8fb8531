/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/remote.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/queue.h"
#include "engine/sink/spool.h"

#define LOOK_MS 250 /* how often a wait for room is interrupted to see whether the engine ends */
#define SPOOL_AGAIN_NS NOW_NS_PER_S /* between two tries to write to a disk that refuses */

struct remote {
	struct sink sink;
	struct squeue *queue; /* one of the two */
	struct spool *spool;
	struct sworker *worker;
	struct transport *first; /* the worker's */
	bool blocks;
	bool gave_up;       /* the engine ends, and there is no room */
	bool has_new;       /* since the last flush */
	uint64_t failed_ns; /* of the spool's disk, CLOCK_BOOTTIME; 0: it works */
	uint64_t n_events, n_lost;
	int last_errno;
};

static struct remote *remote_of(struct sink *s)
{
	return (struct remote *)s;
}

static int try_put(struct remote *r, const struct batch_item *item)
{
	int rc = r->spool ? spool_append(r->spool, item) : squeue_put(r->queue, item);

	r->has_new = r->has_new || rc == 0;
	return rc;
}

static void hand_over(struct remote *r)
{
	int rc = 0;

	if (!r->spool)
		squeue_signal(r->queue);
	else
		rc = spool_flush(r->spool);
	r->has_new = false;
	r->failed_ns = rc < 0 ? now_boot_ns() : 0;
	if (rc < 0)
		r->last_errno = -rc;
}

/* False: the engine ends, and there has been time enough. */
static bool may_wait(struct remote *r)
{
	const struct sink_ending *ending = &r->sink.ending;

	if (ending->left_ms && ending->left_ms(ending->arg) == 0)
		r->gave_up = true;
	return !r->gave_up;
}

static bool wait_room(struct remote *r, const struct batch_item *item)
{
	hand_over(r);
	while (may_wait(r))
		if (r->spool ? spool_wait_room(r->spool, LOOK_MS)
			     : squeue_wait_room(r->queue, item->len, item->is_urgent, LOOK_MS))
			return true;
	return false;
}

static int remote_put(struct sink *s, const struct batch_item *item)
{
	struct remote *r = remote_of(s);
	int rc = try_put(r, item);

	r->n_events++;
	while (rc < 0 && rc != -EMSGSIZE && r->blocks && !r->gave_up && wait_room(r, item))
		rc = try_put(r, item);
	if (rc < 0) {
		r->n_lost++;
		r->last_errno = -rc;
	}
	return rc;
}

static int remote_flush(struct sink *s)
{
	struct remote *r = remote_of(s);

	if (r->has_new || (r->failed_ns && now_boot_ns() - r->failed_ns > (uint64_t)SPOOL_AGAIN_NS))
		hand_over(r);
	return atomic_load_explicit(&r->first->is_gone, memory_order_relaxed) ? -EPIPE : 0;
}

static void add_queue_stats(const struct remote *r, struct sink_stats *stats)
{
	struct squeue_stats q;

	squeue_stats_get(r->queue, &q);
	stats->queue_events = q.n_events;
	stats->queue_bytes = q.n_bytes;
	stats->queue_capacity = q.capacity;
	stats->queue_high_bytes = q.high_bytes;
	stats->oldest_ns = q.oldest_ns;
}

static void add_spool_stats(const struct remote *r, struct sink_stats *stats)
{
	struct spool_stats s;

	spool_stats_get(r->spool, &s);
	stats->spool_events = s.n_events;
	stats->spool_bytes = s.n_bytes;
	stats->spool_capacity = s.capacity;
	stats->n_spool_dropped = s.n_dropped;
	stats->n_spool_damaged = s.n_damaged;
	stats->n_lost_events += s.n_dropped;
	stats->oldest_ns = s.oldest_ns;
}

static void remote_stats(struct sink *s, struct sink_stats *ret_stats)
{
	struct remote *r = remote_of(s);
	struct sworker_stats w;

	sworker_stats_get(r->worker, &w);
	*ret_stats = (struct sink_stats){
		.n_events = r->n_events,
		.n_bytes = w.n_sent_bytes,
		.n_lost_events = r->n_lost + w.n_lost + w.n_refused,
		.last_errno = w.last_errno ? w.last_errno : r->last_errno,
		.n_sent = w.n_sent,
		.n_refused = w.n_refused,
		.n_retried = w.n_retried,
		.n_connects = w.n_connects,
		.n_failures = w.n_failures,
		.is_connected = w.is_connected,
	};
	memcpy(ret_stats->last_text, w.last_text, sizeof(ret_stats->last_text));
	if (r->first->ops->stats)
		r->first->ops->stats(r->first, ret_stats);
	if (r->spool)
		add_spool_stats(r, ret_stats);
	else
		add_queue_stats(r, ret_stats);
}

static int remote_start(struct sink *s, struct err *err)
{
	int rc = sworker_start(remote_of(s)->worker);

	return rc < 0 ? err_set(err, rc, "no thread (%s)", err_name(rc)) : 0;
}

static void remote_reopen(struct sink *s)
{
	sworker_reopen(remote_of(s)->worker);
}

static void remote_end(struct sink *s)
{
	hand_over(remote_of(s));
	sworker_ask_stop(remote_of(s)->worker);
}

static void remote_wait_end(struct sink *s, int64_t patience_ms)
{
	sworker_stop(remote_of(s)->worker, patience_ms);
}

static void remote_close(struct sink *s)
{
	struct remote *r = remote_of(s);

	if (r->worker) {
		remote_end(s);
		remote_wait_end(s, SINK_PATIENCE_MS);
		sworker_free(r->worker);
	}
	squeue_free(r->queue);
	spool_close(r->spool);
	free(r->sink.name);
	free(r);
}

static const struct sink_ops remote_ops = {
	.put = remote_put,
	.flush = remote_flush,
	.stats = remote_stats,
	.close = remote_close,
	.end = remote_end,
	.wait_end = remote_wait_end,
	.start = remote_start,
	.reopen = remote_reopen,
};

static int open_store(struct remote *r, const struct remote_options *opt, struct err *err)
{
	const struct spool_options spool = { .dir = opt->spool_dir,
					     .bytes_max = opt->spool_bytes,
					     .drop_oldest = !opt->blocks,
					     .uid = opt->uid,
					     .gid = opt->gid };

	if (opt->spool_dir)
		r->spool = spool_open(&spool, err);
	else
		r->queue = squeue_new(opt->queue_bytes ? opt->queue_bytes : SQUEUE_BYTES_DEFAULT);
	if (!r->spool && !r->queue)
		return opt->spool_dir
			       ? err->code
			       : err_set(err, -ENOMEM, "output '%s': out of memory", opt->name);
	return 0;
}

static int open_worker(struct remote *r, const struct remote_options *opt, struct err *err)
{
	struct sworker_options worker = { .name = opt->name,
					  .n_transports = opt->n_transports,
					  .queue = r->queue,
					  .spool = r->spool,
					  .n_tries_max = opt->n_tries_max };

	memcpy(worker.transports, opt->transports, sizeof(worker.transports));
	r->worker = sworker_new(&worker, err); /* takes the transports in any case */
	return r->worker ? 0 : err->code;
}

struct sink *sink_remote_open(const struct remote_options *opt, struct err *err)
{
	struct remote *r = calloc(1, sizeof(*r));
	char *name = strdup(opt->name);
	int rc = r && name ? 0 : err_set(err, -ENOMEM, "output '%s': out of memory", opt->name);

	if (rc == 0) {
		r->sink = (struct sink){ .ops = &remote_ops, .name = name, .ending = { .fd = -1 } };
		r->blocks = opt->blocks;
		r->first = opt->transports[0];
		rc = open_store(r, opt, err);
	}
	if (rc < 0)
		for (size_t i = 0; i < opt->n_transports; i++)
			opt->transports[i]->ops->free(opt->transports[i]);
	else
		rc = open_worker(r, opt, err);
	if (rc == 0)
		return &r->sink;
	if (r && r->sink.ops) {
		remote_close(&r->sink);
	} else {
		free(r);
		free(name);
	}
	return NULL;
}
