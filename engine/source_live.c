/* SPDX-License-Identifier: Apache-2.0 */
/* The lanes of a collector as a source. */
#include "engine/source.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine/lane_map.h"
#include "engine/losses.h"
#include "engine/merge.h"
#include "engine/now.h"

struct live {
	struct source source;
	struct lane_map *map;        /* owned */
	struct lane_reader *readers; /* owned; in the order of map->lanes */
	struct merge *merge;         /* owned */
	struct losses *losses;       /* owned */
	uint64_t scan_at_ns;         /* next look at the losses */
	bool is_scanned;             /* its records are not all delivered */
};

static struct live *live_of(struct source *s)
{
	return (struct live *)s;
}

static const struct live *live_of_const(const struct source *s)
{
	return (const struct live *)s;
}

/* The records of the scan before are delivered by now: merge_n_added() says so, and what it gave
 * out was released. */
static void scan_losses(struct live *l, uint64_t now_ns)
{
	size_t n;

	if (l->is_scanned)
		return;
	l->scan_at_ns = now_ns + LOSSES_EVERY_NS;
	if (!losses_is_pending(l->losses))
		return;
	n = losses_scan(l->losses, now_ns);
	for (size_t i = 0; i < n; i++)
		(void)merge_add(l->merge, losses_record(l->losses, i)); /* it has room: is empty */
	l->is_scanned = n > 0;
}

static int live_next(struct source *s, struct source_record *ret, size_t cap, struct err *err)
{
	struct live *l = live_of(s);
	struct merge_stats stats;
	size_t n = merge_next(l->merge, ret, cap);

	(void)err;
	merge_stats_get(l->merge, &stats);
	if (stats.now_ns >= l->scan_at_ns)
		scan_losses(l, stats.now_ns);
	return (int)n;
}

static void live_release(struct source *s)
{
	struct live *l = live_of(s);

	merge_release(l->merge);
	if (l->is_scanned && merge_n_added(l->merge) == 0) {
		losses_publish(l->losses);
		l->is_scanned = false;
	}
}

static void live_bad(struct source *s, uint32_t lane)
{
	losses_add_bad(live_of(s)->losses, lane);
}

static int64_t live_sleep_begin(struct source *s)
{
	struct live *l = live_of(s);
	int64_t idle_ns, scan_ns;

	lane_sleep_begin(l->map->page);
	idle_ns = merge_idle_ns(l->merge);
	if (idle_ns != 0 && !merge_is_awaiting(l->merge))
		lane_sleep_deeper(l->map->page);
	if (idle_ns == 0 || !losses_is_pending(l->losses))
		return idle_ns;
	scan_ns = (int64_t)(l->scan_at_ns - now_boot_ns());
	if (scan_ns <= 0)
		return 0;
	return idle_ns < 0 || scan_ns < idle_ns ? scan_ns : idle_ns;
}

static void live_sleep_end(struct source *s)
{
	lane_sleep_end(live_of(s)->map->page);
}

static void live_finish(struct source *s)
{
	struct live *l = live_of(s);
	struct merge_stats stats;

	merge_stats_get(l->merge, &stats);
	scan_losses(l, stats.now_ns);
}

static void live_close(struct source *s)
{
	struct live *l = live_of(s);

	losses_free(l->losses);
	merge_free(l->merge);
	free(l->readers);
	lane_map_free(l->map);
	free(l);
}

static const struct source_ops live_ops = {
	.next = live_next,
	.release = live_release,
	.bad = live_bad,
	.sleep_begin = live_sleep_begin,
	.sleep_end = live_sleep_end,
	.finish = live_finish,
	.close = live_close,
};

static int readers_init(struct live *l, struct losses_lane *about, struct err *err)
{
	const struct lane_map *map = l->map;

	for (size_t i = 0; i < map->n_lanes; i++) {
		const struct lane_map_lane *lane = &map->lanes[i];
		const struct lane_hdr *hdr = lane->map;
		int rc = lane_reader_init(&l->readers[i], lane->map, lane->bytes,
					  &map->page->lane[lane->index], err);

		if (rc < 0)
			return err_wrap(err, "lane %u", lane->index);
		if (hdr->class != lane->lane_class || hdr->group != lane->group)
			return err_set(err, -EPROTO,
				       "lane %u is of class %u and group %u, expected %u and %u",
				       lane->index, hdr->class, hdr->group, lane->lane_class,
				       lane->group);
		about[i] = (struct losses_lane){ .reader = &l->readers[i],
						 .index = lane->index,
						 .lane_class = (uint8_t)lane->lane_class };
	}
	return 0;
}

static int live_init(struct live *l, uint64_t wait_ns, struct err *err)
{
	struct merge_options opt = { .wait_ns = wait_ns, .page = l->map->page };
	struct losses_lane *about = calloc(l->map->n_lanes, sizeof(*about));
	int rc = -ENOMEM;

	l->readers = calloc(l->map->n_lanes, sizeof(*l->readers));
	if (about && l->readers)
		rc = readers_init(l, about, err);
	if (rc == 0) {
		l->merge = merge_new(l->readers, l->map->n_lanes, &opt);
		l->losses = losses_new(about, l->map->n_lanes, l->map->page);
		rc = l->merge && l->losses ? 0 : -ENOMEM;
	}
	if (rc == -ENOMEM)
		(void)err_set(err, rc, "lanes cannot be read: out of memory");
	free(about);
	return rc;
}

struct source *source_live_new(struct lane_map *map, const struct source_clock *clock,
			       uint64_t wait_ns, struct err *err)
{
	struct live *l = calloc(1, sizeof(*l));

	if (!l) {
		(void)err_set(err, -ENOMEM, "lanes cannot be read: out of memory");
		lane_map_free(map);
		return NULL;
	}
	l->source = (struct source){ .ops = &live_ops, .clock = *clock };
	l->map = map;
	if (live_init(l, wait_ns, err) < 0) {
		live_close(&l->source);
		return NULL;
	}
	return &l->source;
}

struct lane_map *source_live_map(struct source *s)
{
	return live_of(s)->map;
}

size_t source_live_n_lanes(const struct source *s)
{
	return live_of_const(s)->map->n_lanes;
}

void source_live_lane_stats(const struct source *s, size_t i, struct source_lane_stats *ret_stats)
{
	const struct live *l = live_of_const(s);
	const struct lane_map_lane *lane = &l->map->lanes[i];
	const struct lane_reader *reader = &l->readers[i];

	*ret_stats = (struct source_lane_stats){
		.index = lane->index,
		.lane_class = lane->lane_class,
		.group = lane->group,
		.capacity = reader->capacity,
		.fill = lane_reader_fill(reader),
		.high = reader->high,
		.n_lost = lane_reader_lost_total(reader),
		/* Relaxed: a counter to look at. */
		.n_padded = atomic_load_explicit(&reader->hdr->padded, memory_order_relaxed),
		.n_corrupt = reader->n_corrupt,
		.n_stalls = merge_lane_stalls(l->merge, i),
	};
}
