/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/sink.h"

#include "engine/now.h"

void sink_close(struct sink *s)
{
	if (s)
		s->ops->close(s);
}

int sink_start(struct sink *s, struct err *err)
{
	return s->ops->start ? s->ops->start(s, err) : 0;
}

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

void sink_end_all(struct sink *const *sinks, size_t n)
{
	int64_t until_ms = now_ms() + SINK_PATIENCE_MS, left_ms;

	for (size_t i = 0; i < n; i++)
		if (sinks[i]->ops->end)
			sinks[i]->ops->end(sinks[i]);
	for (size_t i = 0; i < n; i++) {
		left_ms = until_ms - now_ms();
		if (sinks[i]->ops->wait_end)
			sinks[i]->ops->wait_end(sinks[i], left_ms > 0 ? left_ms : 0);
	}
}

void sink_reopen(struct sink *s)
{
	if (s->ops->reopen)
		s->ops->reopen(s);
}

int64_t sink_tend(struct sink *s)
{
	return s->ops->tend ? s->ops->tend(s) : -1;
}

void sink_set_ending(struct sink *s, const struct sink_ending *ending)
{
	s->ending = *ending;
}

int sink_put(struct sink *s, const struct batch_item *item)
{
	return s->ops->put(s, item);
}

int sink_flush(struct sink *s)
{
	return s->ops->flush(s);
}

const char *sink_name(const struct sink *s)
{
	return s->name;
}

void sink_stats_get(struct sink *s, struct sink_stats *ret_stats)
{
	*ret_stats = (struct sink_stats){ 0 };
	s->ops->stats(s, ret_stats);
}
