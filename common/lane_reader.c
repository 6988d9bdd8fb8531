/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lane_reader.h"

#include <errno.h>
#include <stdatomic.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)

int lane_check(const void *map, size_t map_bytes, struct err *err)
{
	const struct lane_hdr *hdr = map;

	if (map_bytes < sizeof(*hdr))
		return err_set(err, -EPROTO, "lane: mapping of %zu bytes is shorter than a header",
			       map_bytes);
	if (hdr->magic != LANE_MAGIC)
		return err_set(err, -EPROTO, "lane: no lane header, magic is 0x%llx", hdr->magic);
	if (hdr->version != LANE_VERSION)
		return err_set(err, -EPROTO, "lane: version %u, expected %u", hdr->version,
			       LANE_VERSION);
	if (hdr->class >= LANE_CLASSES)
		return err_set(err, -EPROTO, "lane: class %u, expected less than %d", hdr->class,
			       LANE_CLASSES);
	if (hdr->capacity < LANE_CAPACITY_MIN || hdr->capacity > LANE_CAPACITY_MAX ||
	    (hdr->capacity & (hdr->capacity - 1)) != 0)
		return err_set(err, -EPROTO,
			       "lane: capacity %llu, expected a power of two from %u to %u",
			       hdr->capacity, LANE_CAPACITY_MIN, LANE_CAPACITY_MAX);
	if (map_bytes < LANE_BYTES(hdr->capacity))
		return err_set(err, -EPROTO, "lane: mapping of %zu bytes, expected %llu", map_bytes,
			       LANE_BYTES(hdr->capacity));
	return 0;
}

static inline uint64_t load_prod(const struct lane_reader *r)
{
	/* Acquire, and only so that no later load moves before it. What it must not be older than
	 * (a record's reservation, by lane_reserve(); its give back, by lane_commit()) comes
	 * through COMMIT: the callers that compare a record with it have loaded that record's word.
	 */
	return atomic_load_explicit(&r->hdr->prod, memory_order_acquire);
}

/* Span of the record that is committed at `pos`, 0 if none is. */
static inline uint32_t span_at(const struct lane_reader *r, uint64_t pos)
{
	const uint8_t *at = r->data + (pos & (r->capacity - 1));
	/* COMMIT: pairs with the exchange in lane_commit() (BPF: the same name in lane.bpf.h). Who
	 * sees the word sees the record's bytes. Of a record that is still being filled peek looks
	 * at this word alone; skip_stalled looks at all of them, and the key tells them apart. */
	__u64 word = atomic_load_explicit((const _Atomic __u64 *)at, memory_order_acquire);

	return lane_commit_span(r->key, pos, word);
}

/* The reservations that `prod` tells of, seen from `pos`: more than the capacity means that one of
 * the two is nonsense (overrun, or a position that was given back). */
static inline bool span_is_sane(const struct lane_reader *r, uint64_t pos, uint32_t span,
				uint64_t prod)
{
	uint64_t ahead = prod - pos;

	return span >= sizeof(struct rec_hdr) && span <= LANE_RECORD_MAX && ahead <= r->capacity &&
	       span <= ahead;
}

/* To the newest position. False: that is here. */
static bool resync(struct lane_reader *r)
{
	uint64_t pos = load_prod(r) & ~(uint64_t)(LANE_ALIGN - 1);
	bool has_moved = pos != r->pos;

	r->pos = pos;
	r->prod_seen = pos;
	r->n_corrupt += has_moved;
	return has_moved;
}

static void publish(struct lane_reader *r, uint64_t pos)
{
	/* CURSOR: pairs with the load in lane_reserve(). Our loads from the records before `pos`
	 * are done when a writer sees it, so it may overwrite them. */
	atomic_store_explicit(&r->cursor->pos, pos, memory_order_release);
	r->released = pos;
}

int lane_reader_init(struct lane_reader *r, const void *map, size_t map_bytes,
		     struct lane_cursor *cursor, struct err *err)
{
	const struct lane_hdr *hdr = map;
	int rc = lane_check(map, map_bytes, err);

	if (rc < 0)
		return rc;
	*r = (struct lane_reader){
		.hdr = hdr,
		.data = (const uint8_t *)map + LANE_DATA_OFFSET,
		.cursor = cursor,
		.capacity = hdr->capacity,
		.key = hdr->key,
		/* Relaxed: what an earlier reader of ours left here; it protects nothing, and is
		 * checked before it is used. */
		.pos = atomic_load_explicit(&cursor->pos, memory_order_relaxed),
	};
	r->released = r->pos;
	r->prod_seen = r->pos;
	if (load_prod(r) - r->pos > r->capacity || r->pos % LANE_ALIGN != 0) {
		(void)resync(r);    /* from here or there: it begins there */
		publish(r, r->pos); /* or the writers would go on reading "full" */
	}
	return 0;
}

/* Nothing is committed at `pos`. True when there is something to look at elsewhere. */
static bool moved_on(struct lane_reader *r, enum lane_peek *ret_peek)
{
	uint64_t ahead = load_prod(r) - r->pos;

	if (ahead > r->capacity && resync(r))
		return true;
	if (ahead == 0)
		r->stalled_since_ns = 0;
	*ret_peek = ahead == 0 ? LANE_PEEK_EMPTY : LANE_PEEK_BUSY;
	return false;
}

/* What waits, as the writers see it: about once per batch. */
static void note_fill(struct lane_reader *r)
{
	uint64_t fill = r->prod_seen - r->released;

	if (fill > r->high && fill <= r->capacity)
		r->high = fill;
}

enum lane_peek lane_reader_peek(struct lane_reader *r, const struct rec_hdr **ret_rec)
{
	enum lane_peek peek = LANE_PEEK_EMPTY;

	r->span = 0;
	for (;;) {
		uint32_t span = span_at(r, r->pos);
		const struct rec_hdr *rec;
		uint16_t len;

		if (span == 0) {
			if (moved_on(r, &peek))
				continue;
			return peek;
		}
		if (!LIKELY(span_is_sane(r, r->pos, span, r->prod_seen))) {
			r->prod_seen = load_prod(r); /* after the word: see "Read" in lane.h */
			if (!span_is_sane(r, r->pos, span, r->prod_seen)) {
				/* Committed, and not even reserved: not again and again. */
				if (!resync(r))
					return LANE_PEEK_EMPTY;
				continue;
			}
			note_fill(r);
		}
		rec = (const struct rec_hdr *)(r->data + (r->pos & (r->capacity - 1)));
		len = rec->len;
		if (LIKELY(len >= sizeof(*rec) && len <= span && len % LANE_ALIGN == 0)) {
			r->span = span;
			*ret_rec = rec;
			return LANE_PEEK_RECORD;
		}
		r->n_corrupt++;
		r->pos += span;
	}
}

void lane_reader_next(struct lane_reader *r)
{
	r->pos += r->span;
	r->span = 0;
}

void lane_reader_release(struct lane_reader *r)
{
	r->prod_seen = r->pos; /* the next batch loads it again */
	if (r->released != r->pos)
		publish(r, r->pos);
}

void lane_reader_release_to(struct lane_reader *r, uint64_t pos)
{
	if (r->pos - pos > r->capacity || pos == r->released)
		return;
	r->prod_seen = r->pos;
	publish(r, pos);
}

bool lane_reader_has_more(const struct lane_reader *r)
{
	const uint8_t *at = r->data + (r->pos & (r->capacity - 1));
	/* SLEEP: sequentially consistent, after the exchange in lane_sleep_begin(). Either this
	 * sees the commit of lane_commit(), or lane_should_ring() sees that we sleep. */
	__u64 word = atomic_load_explicit((const _Atomic __u64 *)at, memory_order_seq_cst);

	return lane_commit_span(r->key, r->pos, word) != 0 || load_prod(r) != r->pos;
}

uint64_t lane_reader_stalled(struct lane_reader *r, uint64_t now_ns)
{
	if (r->stalled_since_ns == 0 || r->stalled_pos != r->pos) {
		r->stalled_pos = r->pos;
		r->stalled_since_ns = now_ns;
	}
	return now_ns - r->stalled_since_ns;
}

bool lane_reader_skip_stalled(struct lane_reader *r)
{
	uint64_t reserved = load_prod(r) - r->pos;

	if (span_at(r, r->pos) != 0)
		return true;
	if (reserved > r->capacity)
		return false; /* the next peek sees to that */
	for (uint64_t off = LANE_ALIGN; off < reserved; off += LANE_ALIGN) {
		uint32_t span = span_at(r, r->pos + off);

		if (span == 0 || !span_is_sane(r, r->pos + off, span, load_prod(r)))
			continue;
		r->pos += off;
		r->span = 0;
		r->n_corrupt++;
		return true;
	}
	return false;
}

uint64_t lane_reader_fill(const struct lane_reader *r)
{
	uint64_t ahead = load_prod(r) - r->pos;

	if ((int64_t)ahead < 0)
		return 0;
	return ahead < r->capacity ? ahead : r->capacity;
}

uint64_t lane_reader_lost_total(const struct lane_reader *r)
{
	/* LOSS: pairs with the add in the writer's count_loss(); see lane_reader_loss(). */
	return atomic_load_explicit(&r->hdr->lost_total, memory_order_acquire);
}

void lane_reader_loss(const struct lane_reader *r, unsigned int slot, struct lane_loss_seen *ret)
{
	const struct lane_loss *loss;

	*ret = (struct lane_loss_seen){ 0 };
	if (slot >= LANE_SLOTS)
		return;
	loss = &r->hdr->lost[slot];
	/* LOSS: count_loss() writes the times, then the count (release), then the total: who has
	 * seen the total sees the count, and who sees the count sees times at least as new. Relaxed
	 * for the times: the acquire before them is enough, nothing hangs on them. */
	ret->count = atomic_load_explicit(&loss->count, memory_order_acquire);
	ret->burst_ns = atomic_load_explicit(&loss->burst_ns, memory_order_relaxed);
	ret->last_ns = atomic_load_explicit(&loss->last_ns, memory_order_relaxed);
}

void lane_sleep_begin(struct cursor_page *page)
{
	/* SLEEP: an exchange, not a store: it must come before the loads of lane_reader_has_more()
	 * on every architecture. Pairs with the load in lane_should_ring(). */
	(void)atomic_exchange_explicit(&page->asleep, LANE_SLEEP_LIGHT, memory_order_seq_cst);
}

void lane_sleep_deeper(struct cursor_page *page)
{
	__u32 asleep = LANE_SLEEP_LIGHT;

	/* Relaxed: a writer may see the one or the other. When the swap fails the bell was rung. */
	(void)atomic_compare_exchange_strong_explicit(&page->asleep, &asleep, LANE_SLEEP_DEEP,
						      memory_order_relaxed, memory_order_relaxed);
}

void lane_sleep_end(struct cursor_page *page)
{
	/* Relaxed: a writer that still sees us asleep rings once too often, nothing else. */
	atomic_store_explicit(&page->asleep, LANE_AWAKE, memory_order_relaxed);
}
