/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lane_writer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "common/lane_reader.h" /* lane_check() */

/* Compare-and-swap attempts. More than this many collisions in a row are heavy contention; the
 * record then counts as lost, so that a writer is never held up without bound. */
#define RESERVE_TRIES 64

int lane_format(void *map, uint64_t capacity, uint32_t class, uint32_t group, uint64_t key,
		struct err *err)
{
	struct lane_hdr *hdr = map;

	if (capacity < LANE_CAPACITY_MIN || capacity > LANE_CAPACITY_MAX ||
	    (capacity & (capacity - 1)) != 0)
		return err_set(err, -EINVAL,
			       "lane: capacity %llu, expected a power of two from %u to %u",
			       (unsigned long long)capacity, LANE_CAPACITY_MIN, LANE_CAPACITY_MAX);
	if (class >= LANE_CLASSES)
		return err_set(err, -EINVAL, "lane: class %u, expected less than %d", class,
			       LANE_CLASSES);
	hdr->magic = LANE_MAGIC;
	hdr->version = LANE_VERSION;
	hdr->class = class;
	hdr->group = group;
	hdr->capacity = capacity;
	hdr->key = key;
	return 0;
}

int lane_writer_init(struct lane_writer *w, void *map, size_t map_bytes,
		     const struct lane_cursor *cursor, struct err *err)
{
	struct lane_hdr *hdr = map;
	int rc = lane_check(map, map_bytes, err);

	if (rc < 0)
		return rc;
	*w = (struct lane_writer){
		.hdr = hdr,
		.data = (uint8_t *)map + LANE_DATA_OFFSET,
		.cursor = cursor,
		.capacity = hdr->capacity,
		.key = hdr->key,
	};
	return 0;
}

static __attribute__((cold)) int count_loss(struct lane_hdr *hdr, uint32_t slot, uint64_t n,
					    uint64_t now_ns)
{
	struct lane_loss *loss = &hdr->lost[slot];
	/* Relaxed, here and for the stores: each value is whole, and writers that race may mix
	 * theirs (struct lane_loss says so). lane_reader_loss() gets them through `count`. */
	uint64_t last_ns = atomic_load_explicit(&loss->last_ns, memory_order_relaxed);

	if (last_ns == 0 || (now_ns > last_ns && now_ns - last_ns > LANE_BURST_NS))
		atomic_store_explicit(&loss->burst_ns, now_ns, memory_order_relaxed);
	if (now_ns > last_ns)
		atomic_store_explicit(&loss->last_ns, now_ns, memory_order_relaxed);
	/* LOSS: pairs with the acquire in lane_reader_loss(); protects the times above. */
	atomic_fetch_add_explicit(&loss->count, n, memory_order_release);
	/* LOSS: pairs with lane_reader_lost_total(); the total never tells of a loss that lost[]
	 * does not have yet. */
	atomic_fetch_add_explicit(&hdr->lost_total, n, memory_order_release);
	return -ENOBUFS;
}

int lane_count_lost(struct lane_writer *w, uint32_t slot, uint64_t n, uint64_t now_ns)
{
	if (slot >= LANE_SLOTS)
		return -EINVAL;
	(void)count_loss(w->hdr, slot, n, now_ns); /* always -ENOBUFS */
	return 0;
}

int lane_reserve(struct lane_writer *w, uint32_t max, uint32_t slot, uint64_t now_ns,
		 struct lane_slot *ret_slot)
{
	if (max > LANE_RECORD_MAX)
		return -EMSGSIZE;
	if (max < sizeof(struct rec_hdr) || slot >= LANE_SLOTS)
		return -EINVAL;
	max = (max + LANE_ALIGN - 1) & ~(LANE_ALIGN - 1);
	for (int i = 0; i < RESERVE_TRIES; i++) {
		/* CURSOR: pairs with publish() in lane_reader.c. What lies before it is not being
		 * read any more when we write there. Before `prod`: see "Reserve" in lane.h. */
		uint64_t read = atomic_load_explicit(&w->cursor->pos, memory_order_acquire);
		/* Relaxed: the swap below decides whether it still holds. */
		__u64 prod = atomic_load_explicit(&w->hdr->prod, memory_order_relaxed);
		uint64_t used = prod - read;

		if (used > w->capacity || max > w->capacity - used)
			break;
		/* GIVE: acquire pairs with the release in give_back(): what its writer wrote behind
		 * its record is older than what we write there. On failure nothing was learnt. */
		if (atomic_compare_exchange_strong_explicit(&w->hdr->prod, &prod, prod + max,
							    memory_order_acquire,
							    memory_order_relaxed)) {
			ret_slot->rec = (struct rec_hdr *)(w->data + (prod & (w->capacity - 1)));
			ret_slot->pos = prod;
			ret_slot->max = max;
			return 0;
		}
	}
	return count_loss(w->hdr, slot, 1, now_ns);
}

static inline bool give_back(struct lane_writer *w, const struct lane_slot *slot, uint32_t len)
{
	__u64 end = slot->pos + slot->max;

	/* GIVE: release pairs with the acquire in lane_reserve(). Relaxed on failure: somebody is
	 * behind us, and the bytes stay ours as padding. */
	return atomic_compare_exchange_strong_explicit(&w->hdr->prod, &end, slot->pos + len,
						       memory_order_release, memory_order_relaxed);
}

void lane_commit(struct lane_writer *w, const struct lane_slot *slot, uint32_t used)
{
	struct rec_hdr *rec = slot->rec;
	uint32_t len, span = slot->max;

	if (used < sizeof(*rec))
		used = sizeof(*rec);
	if (used > slot->max)
		used = slot->max;
	len = (used + LANE_ALIGN - 1) & ~(LANE_ALIGN - 1);
	memset((uint8_t *)rec + used, 0, len - used); /* what an earlier lap held stays here */
	rec->len = (uint16_t)len;
	if (len < span) {
		if (give_back(w, slot, len))
			span = len;
		else /* Relaxed: a counter, and nothing is read through it. */
			atomic_fetch_add_explicit(&w->hdr->padded, 1, memory_order_relaxed);
	}
	/* COMMIT: pairs with span_at() in lane_reader.c: the record's bytes come before it.
	 * SLEEP: sequentially consistent, so that it also comes before lane_should_ring()'s load.
	 */
	(void)atomic_exchange_explicit((_Atomic __u64 *)&rec->commit,
				       lane_commit_word(w->key, slot->pos, span),
				       memory_order_seq_cst);
}

/* Relaxed: the last writer to commit sees all of what there is, the reader's position is older than
 * its sleep (SLEEP), and who rings too often harms nobody. */
static bool is_filling(const struct lane_writer *w)
{
	uint64_t read = atomic_load_explicit(&w->cursor->pos, memory_order_relaxed);
	uint64_t prod = atomic_load_explicit(&w->hdr->prod, memory_order_relaxed);

	return prod - read >= LANE_FILLING(w->capacity);
}

int lane_should_ring(const struct lane_writer *w, struct cursor_page *page, bool rings)
{
	/* SLEEP: sequentially consistent, after the exchange in lane_commit(); pairs with the one
	 * in lane_sleep_begin(): if that reader missed our commit, we see it asleep here. */
	uint32_t asleep = atomic_load_explicit(&page->asleep, memory_order_seq_cst);

	if (asleep == LANE_AWAKE || (asleep == LANE_SLEEP_DEEP && !rings && !is_filling(w)))
		return 0;
	/* Relaxed: only which of several writers gets it matters, and one place has one order. */
	return atomic_exchange_explicit(&page->asleep, LANE_AWAKE, memory_order_relaxed) !=
	       LANE_AWAKE;
}
