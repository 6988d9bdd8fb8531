/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/file_worker.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/sink/file.h"

#define BATCH_ITEMS 1024U
#define BATCH_BYTES (1U << 20)

struct fworker {
	struct transport t; /* first */
	struct sink *file;  /* owned */
	bool is_started;
	atomic_bool wants_reopen;
};

/* The worker says when it is enough: its descriptor stays readable from then on. */
static int64_t left_ms(void *arg)
{
	const struct fworker *f = arg;
	struct pollfd pfd = { .fd = f->t.cancel_fd, .events = POLLIN };

	return poll(&pfd, 1, 0) > 0 ? 0 : -1;
}

static int fworker_connect(struct transport *t, struct err *err)
{
	struct fworker *f = (struct fworker *)t;
	const struct sink_ending ending = { t->cancel_fd, left_ms, f };
	int rc;

	if (f->is_started)
		return 0;
	sink_set_ending(f->file, &ending);
	rc = sink_start(f->file, err);
	f->is_started = rc == 0;
	return rc;
}

static void tend(struct fworker *f)
{
	if (atomic_exchange(&f->wants_reopen, false))
		sink_reopen(f->file);
	(void)sink_tend(f->file); /* it is called again soon */
}

static uint64_t n_lost(struct fworker *f)
{
	struct sink_stats stats;

	sink_stats_get(f->file, &stats);
	return stats.n_lost_events;
}

static int fworker_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct fworker *f = (struct fworker *)t;
	uint64_t before;
	int rc = 0, latest;

	*ret = (struct delivery){ .retry_after_ms = -1 };
	tend(f);
	before = n_lost(f);
	for (size_t i = 0; i < batch->n; i++) {
		latest = sink_put(f->file, &batch->items[i]);
		rc = latest < 0 ? latest : rc;
	}
	latest = sink_flush(f->file);
	rc = latest < 0 ? latest : rc;
	if (rc == -EPIPE)
		atomic_store(&t->is_gone, true);
	/* One that was cut by the batch before may be given up only now. */
	ret->n_refused = n_lost(f) - before < batch->n ? (size_t)(n_lost(f) - before) : batch->n;
	if (rc < 0)
		(void)snprintf(ret->text, sizeof(ret->text), "cannot be written (%s)",
			       err_name(rc));
	return 0;
}

static int fworker_idle(struct transport *t)
{
	tend((struct fworker *)t);
	return 0;
}

static void fworker_reopen(struct transport *t)
{
	atomic_store(&((struct fworker *)t)->wants_reopen, true);
}

static void fworker_stats(struct transport *t, struct sink_stats *stats)
{
	sink_file_put_away_stats(((struct fworker *)t)->file, stats);
}

static void fworker_disconnect(struct transport *t)
{
	(void)t; /* it stays open */
}

static void fworker_free(struct transport *t)
{
	if (!t)
		return;
	sink_close(((struct fworker *)t)->file);
	free(t);
}

static const struct transport_ops ops = {
	.connect = fworker_connect,
	.send = fworker_send,
	.idle = fworker_idle,
	.reopen = fworker_reopen,
	.stats = fworker_stats,
	.disconnect = fworker_disconnect,
	.free = fworker_free,
};

struct transport *fworker_new(struct sink *file, struct err *err)
{
	struct fworker *f = calloc(1, sizeof(*f));

	if (!f) {
		sink_close(file);
		(void)err_set(err, -ENOMEM, "output: out of memory");
		return NULL;
	}
	f->t = (struct transport){ .ops = &ops,
				   .kind = "file",
				   .batch_items_max = BATCH_ITEMS,
				   .batch_bytes_max = BATCH_BYTES,
				   .cancel_fd = -1 };
	f->file = file;
	return &f->t;
}
