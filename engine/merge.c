/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/merge.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "engine/now.h"

#define ENTRIES_TOTAL 65536U /* over all lanes, so that many lanes do not cost more memory */
#define LANE_RECORDS_MIN 256U
#define MADE_RECORDS 1024U
#define RECENT 64U /* how many places out of order a record may be; a power of two */
/* A time further ahead than this is nonsense, and would hold its lane up until it comes. */
#define FUTURE_NS 1000000000ULL

struct entry {
	uint64_t ts_ns;
	uint64_t pos;
	const struct rec_hdr *rec;
};

struct lane {
	struct lane_reader *reader; /* borrowed; NULL: the made records */
	struct entry *entries;      /* a part of merge.entries; [head, tail) is in order */
	uint32_t head, tail, cap;
	uint32_t recent_at;
	uint64_t recent[RECENT]; /* times of the last records taken */
	uint64_t clean_ns;       /* T0 when it was last read to its end */
	uint64_t stalled_pos;    /* of the last stall that was counted */
	uint64_t n_stalls;
};

struct merge {
	struct merge_options opt;
	struct merge_stats stats;
	bool is_awaiting; /* of the latest merge_idle_ns() */
	size_t n_lanes;   /* the made one included: the last */
	struct entry *entries;
	uint32_t *heap; /* lanes with something to give, the one that is next on top */
	size_t n_heap;
	struct lane lanes[];
};

static uint64_t machine_clock(void *arg)
{
	(void)arg;
	return now_boot_ns();
}

static uint32_t records_per_lane(size_t n)
{
	size_t per_lane = ENTRIES_TOTAL / (n ? n : 1);

	if (per_lane < LANE_RECORDS_MIN)
		return LANE_RECORDS_MIN;
	return per_lane > MERGE_LANE_RECORDS ? MERGE_LANE_RECORDS : (uint32_t)per_lane;
}

static void lanes_init(struct merge *m, struct lane_reader *readers, size_t n)
{
	struct entry *at = m->entries;
	uint32_t cap = records_per_lane(n);

	for (size_t i = 0; i <= n; i++) {
		struct lane *l = &m->lanes[i];

		l->reader = i < n ? &readers[i] : NULL;
		l->cap = i < n ? cap : MADE_RECORDS;
		l->entries = at;
		l->stalled_pos = UINT64_MAX;
		at += l->cap;
	}
}

struct merge *merge_new(struct lane_reader *readers, size_t n, const struct merge_options *opt)
{
	struct merge *m = calloc(1, sizeof(*m) + (n + 1) * sizeof(m->lanes[0]));

	if (!m)
		return NULL;
	m->entries = calloc(n * records_per_lane(n) + MADE_RECORDS, sizeof(*m->entries));
	m->heap = calloc(n + 1, sizeof(*m->heap));
	if (!m->entries || !m->heap) {
		merge_free(m);
		return NULL;
	}
	m->opt = *opt;
	if (!m->opt.clock)
		m->opt.clock = machine_clock;
	if (!m->opt.wait_ns)
		m->opt.wait_ns = MERGE_WAIT_NS;
	if (!m->opt.give_up_ns)
		m->opt.give_up_ns = MERGE_GIVE_UP_NS;
	m->n_lanes = n + 1;
	lanes_init(m, readers, n);
	return m;
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	free(m->heap);
	free(m->entries);
	free(m);
}

/* Keeps the entries in order of time; those of equal time in order of place. Records are out of
 * order by few places, so this is short. */
static inline void put(struct lane *l, uint64_t ts_ns, uint64_t pos, const struct rec_hdr *rec)
{
	uint32_t at = l->tail++;

	for (; at > l->head && l->entries[at - 1].ts_ns > ts_ns; at--)
		l->entries[at] = l->entries[at - 1];
	l->entries[at] = (struct entry){ .ts_ns = ts_ns, .pos = pos, .rec = rec };
}

static void make_room(struct lane *l)
{
	if (l->head == 0)
		return;
	memmove(l->entries, l->entries + l->head, (l->tail - l->head) * sizeof(*l->entries));
	l->tail -= l->head;
	l->head = 0;
}

int merge_add(struct merge *m, const struct rec_hdr *rec)
{
	struct lane *l = &m->lanes[m->n_lanes - 1];

	if (l->tail == l->cap)
		make_room(l);
	if (l->tail == l->cap)
		return -ENOBUFS;
	put(l, rec->ts_ns, 0, rec);
	return 0;
}

size_t merge_n_added(const struct merge *m)
{
	const struct lane *l = &m->lanes[m->n_lanes - 1];

	return l->tail - l->head;
}

/* What is taken next from this lane is hardly older than this. */
static uint64_t recent_floor(const struct lane *l)
{
	uint64_t floor_ns = l->recent[0];

	for (size_t i = 1; i < RECENT; i++)
		floor_ns = l->recent[i] < floor_ns ? l->recent[i] : floor_ns;
	return floor_ns > l->clean_ns ? floor_ns : l->clean_ns;
}

/* A lane that was not read to its end: entries below the result may go. At least the first of them
 * may, or a single record with an absurd time would stop the lane. */
static uint64_t full_bound(const struct lane *l)
{
	uint64_t bound = recent_floor(l) + 1;

	return l->entries[l->head].ts_ns < bound ? bound : l->entries[l->head].ts_ns + 1;
}

static void count_stall(struct merge *m, struct lane *l)
{
	if (l->stalled_pos == l->reader->pos)
		return;
	l->stalled_pos = l->reader->pos;
	l->n_stalls++;
	m->stats.n_stalls++;
	/* Relaxed: a counter for others to look at, nothing hangs on it. */
	if (m->opt.page)
		(void)atomic_fetch_add_explicit(&m->opt.page->stalls, 1, memory_order_relaxed);
}

/* The next record of the lane is not committed. True: it was skipped, go on. Else *ret_bound. */
static bool is_past_stall(struct merge *m, struct lane *l, uint64_t t0, uint64_t *ret_bound)
{
	uint64_t stalled_ns = lane_reader_stalled(l->reader, t0);

	*ret_bound = recent_floor(l);
	if (stalled_ns < m->opt.wait_ns)
		return false;
	count_stall(m, l);
	*ret_bound = t0;
	return stalled_ns >= m->opt.give_up_ns && lane_reader_skip_stalled(l->reader);
}

static inline void take(struct lane *l, const struct rec_hdr *rec, uint64_t t0)
{
	uint64_t ts_ns = rec->ts_ns;

	if (ts_ns > t0 && ts_ns - t0 > FUTURE_NS)
		ts_ns = t0;
	put(l, ts_ns, l->reader->pos, rec);
	l->recent[l->recent_at++ % RECENT] = ts_ns;
	lane_reader_next(l->reader);
}

/* Takes what is committed. Returns the bound that this lane sets. */
static uint64_t collect(struct merge *m, struct lane *l, uint64_t t0)
{
	const struct rec_hdr *rec;
	uint64_t bound;

	make_room(l);
	while (l->tail < l->cap) {
		switch (lane_reader_peek(l->reader, &rec)) {
		case LANE_PEEK_RECORD:
			take(l, rec, t0);
			break;
		case LANE_PEEK_EMPTY:
			l->clean_ns = t0;
			return t0;
		case LANE_PEEK_BUSY:
			if (!is_past_stall(m, l, t0, &bound))
				return bound;
			break;
		}
	}
	bound = full_bound(l);
	return bound < t0 ? bound : t0;
}

static inline bool is_before(const struct merge *m, uint32_t a, uint32_t b)
{
	const struct lane *x = &m->lanes[a], *y = &m->lanes[b];
	uint64_t x_ns = x->entries[x->head].ts_ns, y_ns = y->entries[y->head].ts_ns;

	return x_ns < y_ns || (x_ns == y_ns && a < b);
}

static void sift_down(struct merge *m, size_t at)
{
	uint32_t lane = m->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= m->n_heap)
			break;
		if (child + 1 < m->n_heap && is_before(m, m->heap[child + 1], m->heap[child]))
			child++;
		if (!is_before(m, m->heap[child], lane))
			break;
		m->heap[at] = m->heap[child];
		at = child;
	}
	m->heap[at] = lane;
}

static bool has_due(const struct lane *l, uint64_t bound)
{
	return l->head < l->tail && l->entries[l->head].ts_ns < bound;
}

static void heap_build(struct merge *m, uint64_t bound)
{
	m->n_heap = 0;
	for (uint32_t i = 0; i < m->n_lanes; i++)
		if (has_due(&m->lanes[i], bound))
			m->heap[m->n_heap++] = i;
	for (size_t at = m->n_heap / 2; at-- > 0;)
		sift_down(m, at);
}

/* The first entry of the second-best lane: up to there the best one can be read in one go. */
static uint64_t run_limit(const struct merge *m, uint64_t bound)
{
	uint32_t second;
	uint64_t limit;

	if (m->n_heap < 2)
		return bound;
	second = m->heap[1];
	if (m->n_heap > 2 && is_before(m, m->heap[2], second))
		second = m->heap[2];
	limit = m->lanes[second].entries[m->lanes[second].head].ts_ns;
	/* Equal times: the lane that comes first goes first. Both are below the bound. */
	return m->heap[0] < second ? limit + 1 : limit;
}

static size_t give_run(struct merge *m, uint64_t limit, struct source_record *ret, size_t cap)
{
	uint32_t index = m->heap[0];
	struct lane *l = &m->lanes[index];
	size_t n = 0;

	do {
		const struct entry *e = &l->entries[l->head++];

		if (e->ts_ns < m->stats.newest_ns)
			m->stats.n_late++;
		else
			m->stats.newest_ns = e->ts_ns;
		/* A lane has so many bytes behind every record, see "slack" in common/lane.h. */
		ret[n].rec = e->rec;
		ret[n].cap = l->reader ? LANE_RECORD_MAX : e->rec->len;
		ret[n].lane = index;
		n++;
	} while (n < cap && l->head < l->tail && l->entries[l->head].ts_ns < limit);
	return n;
}

size_t merge_next(struct merge *m, struct source_record *ret, size_t cap)
{
	uint64_t t0 = m->opt.clock(m->opt.clock_arg), bound = t0, lane_bound;
	size_t n = 0;

	m->stats.now_ns = t0;
	for (size_t i = 0; i + 1 < m->n_lanes; i++) {
		lane_bound = collect(m, &m->lanes[i], t0);
		bound = lane_bound < bound ? lane_bound : bound;
	}
	heap_build(m, bound);
	while (n < cap && m->n_heap > 0) {
		struct lane *l = &m->lanes[m->heap[0]];

		n += give_run(m, run_limit(m, bound), ret + n, cap - n);
		if (!has_due(l, bound))
			m->heap[0] = m->heap[--m->n_heap];
		if (m->n_heap > 0)
			sift_down(m, 0);
	}
	m->stats.n_records += n;
	return n;
}

/* The lowest place among the entries that were not given out. */
static uint64_t first_kept(const struct lane *l)
{
	uint64_t first = l->entries[l->head].pos;

	for (uint32_t i = l->head + 1; i < l->tail; i++)
		if (l->reader->pos - l->entries[i].pos > l->reader->pos - first)
			first = l->entries[i].pos;
	return first;
}

void merge_release(struct merge *m)
{
	for (size_t i = 0; i + 1 < m->n_lanes; i++) {
		struct lane *l = &m->lanes[i];

		if (l->head == l->tail)
			lane_reader_release(l->reader);
		else
			lane_reader_release_to(l->reader, first_kept(l));
	}
}

static int64_t sooner(int64_t a_ns, int64_t b_ns)
{
	if (a_ns < 0 || b_ns < 0)
		return a_ns < 0 ? b_ns : a_ns;
	return a_ns < b_ns ? a_ns : b_ns;
}

/* How long the lane's uncommitted record will still be waited for; then it is to be looked at. */
static int64_t busy_ns(const struct merge *m, struct lane *l, uint64_t now_ns)
{
	uint64_t stalled_ns = lane_reader_stalled(l->reader, now_ns);
	uint64_t limit_ns = stalled_ns < m->opt.wait_ns ? m->opt.wait_ns : m->opt.give_up_ns;

	/* Given up on, and nothing behind it: there is nothing to do until somebody commits. */
	return stalled_ns < limit_ns ? (int64_t)(limit_ns - stalled_ns) : -1;
}

int64_t merge_idle_ns(struct merge *m)
{
	uint64_t now_ns = m->opt.clock(m->opt.clock_arg), oldest_ns = UINT64_MAX;
	const struct rec_hdr *rec;
	bool is_held_up = false;
	int64_t idle_ns = -1;

	m->is_awaiting = false;
	/* SLEEP: the exchange in lane_sleep_begin() comes before the loads of the first words
	 * below. Pairs with lane_commit(): one of the two sees the other. */
	atomic_thread_fence(memory_order_seq_cst);
	for (size_t i = 0; i < m->n_lanes; i++) {
		struct lane *l = &m->lanes[i];
		enum lane_peek peek =
			l->reader ? lane_reader_peek(l->reader, &rec) : LANE_PEEK_EMPTY;

		if (peek == LANE_PEEK_RECORD)
			return 0;
		if (peek == LANE_PEEK_BUSY) {
			int64_t busy = busy_ns(m, l, now_ns);

			m->is_awaiting = true;
			idle_ns = sooner(idle_ns, busy);
			is_held_up |= lane_reader_stalled(l->reader, now_ns) < m->opt.wait_ns;
		}
		if (l->head < l->tail && l->entries[l->head].ts_ns < oldest_ns)
			oldest_ns = l->entries[l->head].ts_ns;
	}
	if (oldest_ns == UINT64_MAX || is_held_up)
		return idle_ns;
	return oldest_ns < now_ns ? 0 : sooner(idle_ns, (int64_t)(oldest_ns - now_ns) + 1);
}

bool merge_is_awaiting(const struct merge *m)
{
	return m->is_awaiting;
}

void merge_stats_get(const struct merge *m, struct merge_stats *ret_stats)
{
	*ret_stats = m->stats;
}

uint64_t merge_lane_stalls(const struct merge *m, size_t i)
{
	return m->lanes[i].n_stalls;
}
