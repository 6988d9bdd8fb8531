/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane: the lock-free ring that carries records from many writers to one reader.
 *
 * Layout. A lane is one contiguous mapping: a header (struct lane_hdr), a power-of-two ring of
 * bytes, and LANE_RECORD_MAX bytes of slack, so that a record which starts near the end of the ring
 * is still contiguous (its tail lies in the slack, never wrapped to the front). BPF lanes are the
 * elements of a BPF_F_MMAPABLE array that is frozen before anybody else sees it; the collector's
 * own lane is a memfd sealed against later writers. Either way the reader can map it read-only
 * and nothing else.
 *
 * The reader owns one thing, its struct cursor_page: a cursor per lane and the `asleep` word. The
 * writers do not trust it: a cursor that makes no sense reads as "full", so the worst that a broken
 * reader can do is to lose its own records.
 *
 * Positions are free-running byte counts (uint64_t), always a multiple of LANE_ALIGN; the place in
 * the ring is `position & (capacity - 1)`. They are compared only by unsigned difference.
 *
 * Protocol.
 *  Reserve   load the cursor, then `prod` = p; compare-and-swap `prod` from p to p + max when
 *            p - cursor <= capacity and p + max - cursor <= capacity; else count the loss by event
 *            slot. In this order, because then a sound cursor is never ahead of p: loaded the other
 *            way round it can be, and looks broken. (Where the two loads cannot be ordered: a
 *            cursor ahead of p means load both again.) A bounded number of tries; then it counts
 *            as lost too.
 *  Fill      write everything of the record but its first word.
 *  Give back compare-and-swap `prod` from p + max back to p + used. If somebody reserved behind us
 *            it fails: the record then spans max bytes, and what is behind `used` is padding.
 *  Commit    exchange the first word to lane_commit_word(key, p, span). The word carries the
 *            position, so what an earlier lap left behind is never taken for a record; and it is
 *            masked with the lane's random key, so that bytes which a traced program chose (a path,
 *            an argv) cannot be made to look like a committed record either.
 *  Read      walk committed records, stop at the first word that commits nothing, publish the
 *            cursor once per batch. `prod` may move backwards (give back); it is only ever an
 *            upper bound, and a record is compared with it only after its word was loaded: a
 *            `prod` from before may lie inside a record that was reserved since.
 *  Sleep     the reader sets `asleep` to LANE_SLEEP_LIGHT, looks at all lanes once more, and only
 *            then blocks; if nothing at all is reserved it may set LANE_SLEEP_DEEP first. A writer
 *            that finds `asleep` set after its commit swaps it to 0 and rings once: a light sleeper
 *            always, a deep one for a record that rings (the plan says of which events) or when a
 *            quarter of the lane is filled. What does not ring is read with the next that does;
 *            a reader that wants it sooner sleeps for a limited time.
 *            Light as long as a record is reserved, because that one may not ring, and one behind
 *            it or in another lane, which did, is then waited for in vain.
 *
 * Ordering edges, by label (test/model/lane.pml checks them):
 *  COMMIT    writer: commit exchange (full)     reader: load of the first word (acquire).
 *            Protects the record's bytes; and `prod`, loaded after it, is not below its end.
 *  CURSOR    reader: store of `pos` (release)   writer: load of `pos`, then stores that depend on
 *            the comparison. Protects bytes that are still being read from being overwritten. A
 *            control dependency orders a load before later stores on every architecture we run on;
 *            writers in C use acquire, which the language and its tools understand.
 *  GIVE      writer: give-back swap of `prod` (release)   next writer: reserve swap (acquire).
 *            What the first wrote behind `used` does not land on the second's record.
 *  SLEEP     reader: exchange `asleep` to 1 (full), load of first words (sequentially consistent);
 *            writer: commit exchange (full), load of `asleep` (likewise). One of the two sees the
 *            other: no lost wake-up. From light to deep nothing is ordered: both wake for a record
 *            that rings.
 *  LOSS      writer: adds to lost[].count, then to `lost_total` (full);  reader: load of
 *            `lost_total` (acquire), then of lost[].
 *
 * Invariants that follow. A committed record is never given back and lies below `prod` for ever, so
 * a sound cursor is never ahead of `prod`. `prod` never returns to a value that would let a give
 * back succeed over somebody else's record: whoever reserved behind keeps at least a header.
 *
 * A reader that gave up on an uncommitted record (lane_reader_skip_stalled) releases bytes which
 * that writer may still fill: if it wakes a whole lap later it spoils a record that is not its own.
 * Memory stays safe; give up late, after seconds, not milliseconds.
 *
 * The window between reserve and commit holds up the reader at that record: keep it short.
 */
#pragma once

#include "common/abi.h"

#define LANE_MAGIC 0x454e414c52445257ULL /* "WRDRLANE", little endian */
#define LANE_VERSION 1U
#define LANE_ALIGN 8U
#define LANE_RECORD_MAX 32768U         /* longest record with its header, and the slack; bytes */
#define LANE_CAPACITY_MIN (128U << 10) /* bytes; at least four of the longest records */
#define LANE_CAPACITY_MAX (1U << 30)
#define LANE_SLOTS 1024U /* event slots that losses are counted by; see event_def.h */
#define LANES_MAX 513U   /* two classes for each of 256 CPU groups, and the collector's own */
#define LANE_FILLING(capacity) ((capacity) / 4) /* reserved bytes that wake every sleeper */
#define LANE_BURST_NS 1000000000ULL /* a loss after this long without one begins a new burst */

/* cursor_page.asleep */
#define LANE_AWAKE 0U
#define LANE_SLEEP_LIGHT 1U /* every commit rings; so does any number that is not one of these */
#define LANE_SLEEP_DEEP 2U  /* only a record that rings does, or a lane that fills */

/* A vital record must survive a flood of bulk ones: the classes never share a lane. */
#define LANE_VITAL 0
#define LANE_BULK 1
#define LANE_COLLECTOR 2
#define LANE_CLASSES 3

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

/* Losses of one event slot. The times are CLOCK_BOOTTIME, ns; written by racing writers, each
 * value is whole but the two need not belong together. */
struct lane_loss {
	ABI_ATOMIC(__u64) count;
	ABI_ATOMIC(__u64) burst_ns; /* first loss of the latest burst */
	ABI_ATOMIC(__u64) last_ns;
	__u64 reserved0;
};
ABI_SIZE(struct lane_loss, 32);

struct lane_hdr {
	__u64 magic;
	__u32 version;
	__u32 class; /* LANE_VITAL ... */
	__u32 group; /* CPU group; 0 in the collector's lane */
	__u32 reserved0;
	__u64 capacity; /* of the ring, bytes, a power of two */
	__u64 key;      /* random; see "Commit" */
	__u8 reserved1[24];
	ABI_ATOMIC(__u64) prod; /* next position to reserve; own cache line */
	__u8 reserved2[56];
	ABI_ATOMIC(__u64) lost_total; /* sum of lost[].count */
	ABI_ATOMIC(__u64) padded;     /* records whose tail could not be given back */
	__u8 reserved3[3952];
	struct lane_loss lost[LANE_SLOTS];
};
ABI_OFFSET(struct lane_hdr, prod, 64);
ABI_OFFSET(struct lane_hdr, lost_total, 128);
ABI_OFFSET(struct lane_hdr, lost, 4096);
ABI_SIZE(struct lane_hdr, 36864);

#define LANE_DATA_OFFSET 36864U
#define LANE_BYTES(capacity) ((__u64)LANE_DATA_OFFSET + (capacity) + LANE_RECORD_MAX)

/* The reader's page(s): a BPF array of one element, mapped read-write by the engine. */
struct lane_cursor {
	ABI_ATOMIC(__u64) pos; /* everything before this position has been read */
	__u8 reserved0[56];    /* own cache line */
};
ABI_SIZE(struct lane_cursor, 64);

struct cursor_page {
	ABI_ATOMIC(__u32) asleep; /* LANE_AWAKE ...: the reader is about to block */
	__u32 reserved0;
	ABI_ATOMIC(__u64) stalls; /* times the reader gave up waiting for a commit */
	__u8 reserved1[48];
	struct lane_cursor lane[LANES_MAX];
	/* By event slot, all lanes together: losses that a reader has reported. The reader after it
	 * goes on from there; writers do not look at it. */
	ABI_ATOMIC(__u64) reported[LANE_SLOTS];
};
ABI_OFFSET(struct cursor_page, lane, 64);
ABI_OFFSET(struct cursor_page, reported, 64 + 64 * LANES_MAX);
ABI_SIZE(struct cursor_page, 64 + 64 * LANES_MAX + 8 * LANE_SLOTS);

#pragma GCC diagnostic pop

/* The commit word: 48 bits of position and 16 bits of span, both in units of LANE_ALIGN, under the
 * lane's key. `span` is what the record occupies, padding included. */
static inline __attribute__((always_inline)) __u64 lane_commit_word(__u64 key, __u64 pos,
								    __u32 span)
{
	return key ^ (((pos / LANE_ALIGN) << 16) | (span / LANE_ALIGN));
}

/* Span of the record at `pos` in bytes, or 0 if `word` does not commit a record there. */
static inline __attribute__((always_inline)) __u32 lane_commit_span(__u64 key, __u64 pos,
								    __u64 word)
{
	__u64 plain = word ^ key;

	if (plain >> 16 != ((pos / LANE_ALIGN) & 0xffffffffffffULL))
		return 0;
	return (__u32)(plain & 0xffff) * LANE_ALIGN;
}
