/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane: the writing end of the lanes in BPF. Protocol, layout and labels: common/lane.h. The user
 * space twin is common/lane_writer.c.
 *
 * Between lane_reserve() and lane_commit() the reader waits for this record: keep it short, and
 * keep preemption off (compat_preempt_disable) so that nobody is scheduled away in between.
 */
#pragma once

#include "bpf/compat.bpf.h"
#include "bpf/maps.bpf.h"

#define LANE_TRIES 8 /* compare-and-swap attempts; more means heavy contention, counted as lost */

struct lane_slot_at {
	struct rec_hdr *rec; /* in the lane */
	struct lane_hdr *lane;
	u64 pos;
	u32 max;
	u32 index; /* of the lane, in the cursor page */
	u32 slot;  /* of the event */
};

static __always_inline void lane_count_loss(struct lane_hdr *lane, u32 slot)
{
	struct lane_loss *loss = &lane->lost[slot & (LANE_SLOTS - 1)];
	u64 now = bpf_ktime_get_boot_ns();

	if (now - loss->last_ns > LANE_BURST_NS)
		loss->burst_ns = now;
	loss->last_ns = now;
	__sync_fetch_and_add(&loss->count, 1);
	/* LOSS: after the count; pairs with the acquire in the engine's losses.c. */
	__sync_fetch_and_add(&lane->lost_total, 1);
}

/*
 * Reserves `max` bytes (a multiple of 8, at most LANE_RECORD_MAX) for a record of event slot
 * `slot`. False: there is no room, and that is counted.
 */
static __always_inline bool lane_reserve(struct lane_slot_at *at, u32 class, u32 slot, u32 max)
{
	u32 zero = 0, mask, group = bpf_get_smp_processor_id() & group_mask;
	struct cursor_page *page = bpf_map_lookup_elem(&cursors, &zero);
	struct lane_hdr *lane;
	u64 pos, cursor, used;

	/* One branch decides all three: the verifier must not see one class's lane with the other's
	 * mask. The empty asm keeps clang from merging the two calls into one. */
	if (class == LANE_VITAL) {
		lane = bpf_map_lookup_elem(&vital_lanes, &group);
		mask = vital_mask;
		at->index = 2 * group;
	} else {
		asm volatile("");
		lane = bpf_map_lookup_elem(&bulk_lanes, &group);
		mask = bulk_mask;
		at->index = 2 * group + 1;
	}
	if (!page || !lane || at->index >= LANES_MAX)
		return false;
	for (int i = 0; i < LANE_TRIES; i++) {
		/* CURSOR: the stores into the ring depend on this load. Before `prod`, so that a
		 * sound cursor is not ahead of it; where the CPU swaps the two loads, again. */
		cursor = page->lane[at->index].pos;
		pos = lane->prod;
		used = pos - cursor;
		if ((s64)used < 0)
			continue;
		if (used + max > mask + LANE_ALIGN)
			goto lost;
		if (__sync_val_compare_and_swap(&lane->prod, pos, pos + max) == pos) {
			at->lane = lane;
			at->pos = pos;
			at->max = max;
			at->slot = slot;
			at->rec = (void *)lane + LANE_DATA_OFFSET + (pos & mask);
			return true;
		}
	}
	count_up(KC_RESERVE_GAVE_UP);
lost:
	lane_count_loss(lane, slot);
	return false;
}

/* Is the record worth waking a deep sleeper for, or its lane? */
static __always_inline bool bell_is_due(const struct lane_slot_at *at,
					const struct cursor_page *page)
{
	const struct plan_state *plan = plan_get();
	u32 index = at->index;

	if (plan && plan->events[at->slot & (LANE_SLOTS - 1)].on & PLAN_RINGS)
		return true;
	return index < LANES_MAX &&
	       at->lane->prod - page->lane[index].pos >= LANE_FILLING(at->lane->capacity);
}

static __always_inline void bell_ring_once(struct cursor_page *page)
{
	u64 *ring;

	if (__sync_lock_test_and_set(&page->asleep, LANE_AWAKE) == LANE_AWAKE)
		return; /* somebody else rings */
	ring = bpf_ringbuf_reserve(&bell, sizeof(*ring), 0);
	if (!ring) {
		count_up(KC_BELL_FULL); /* it still has an unread ring: the reader wakes anyway */
		return;
	}
	*ring = 1;
	bpf_ringbuf_submit(ring, BPF_RB_FORCE_WAKEUP);
}

/* Gives back what is behind `used` bytes (a multiple of 8) and commits. */
static __always_inline void lane_commit(struct lane_slot_at *at, u32 used)
{
	struct cursor_page *page;
	u32 zero = 0, span = at->max, asleep;
	u64 end = at->pos + at->max;

	at->rec->len = used;
	if (used < span) {
		if (__sync_val_compare_and_swap(&at->lane->prod, end, at->pos + used) == end)
			span = used;
		else
			__sync_fetch_and_add(&at->lane->padded, 1);
	}
	/* COMMIT: a full barrier on every architecture; pairs with the acquire in
	 * lane_reader_peek(). Everything written into the record comes before it. */
	__sync_lock_test_and_set(&at->rec->commit, lane_commit_word(lane_key, at->pos, span));
	/* SLEEP: ordered behind the commit by the same barrier. */
	page = bpf_map_lookup_elem(&cursors, &zero);
	if (!page)
		return;
	asleep = page->asleep;
	if (asleep != LANE_AWAKE && (asleep != LANE_SLEEP_DEEP || bell_is_due(at, page)))
		bell_ring_once(page);
}
