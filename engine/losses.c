/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/losses.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "common/event_def.h"

#define FIELD_EVENT 0
#define FIELD_CLASS 5

struct lane {
	struct losses_lane about;
	uint64_t total;     /* lost_total when the slots were last looked at */
	uint64_t n_bad;     /* said with losses_add_bad() */
	uint64_t n_unknown; /* of n_bad and n_corrupt, reported */
	uint64_t count[EVENT_SLOTS];
};

struct made {
	_Alignas(8) uint8_t bytes[LOSSES_RECORD_BYTES];
};

struct losses {
	struct cursor_page *page; /* borrowed */
	uint64_t scanned_ns;      /* of the latest scan */
	size_t n_made;
	size_t resume; /* lane at which the next scan begins */
	uint64_t unpublished[EVENT_SLOTS];
	struct made made[LOSSES_RECORDS];
	size_t n_lanes;
	struct lane lanes[];
};

const char *losses_class_name(unsigned int lane_class)
{
	static const char *const names[LANE_CLASSES] = {
		[LANE_VITAL] = "vital",
		[LANE_BULK] = "bulk",
		[LANE_COLLECTOR] = "collector",
	};

	return lane_class < LANE_CLASSES ? names[lane_class] : "unknown";
}

/* An engine before us reported `reported` losses of this event over all lanes, but not of which
 * lane. The sum must be right, so that nothing counts twice; that a lane may be taken for another
 * one after a restart is the price of a page that does not grow with the lanes. */
static void resume_slot(struct losses *l, unsigned int slot)
{
	/* Relaxed: written by an engine that is gone. */
	uint64_t reported = atomic_load_explicit(&l->page->reported[slot], memory_order_relaxed);
	uint64_t sum = 0;
	struct lane_loss_seen seen;

	for (size_t i = 0; i < l->n_lanes; i++) {
		lane_reader_loss(l->lanes[i].about.reader, slot, &seen);
		l->lanes[i].count[slot] = seen.count;
		sum += seen.count;
	}
	if (reported > sum) /* nonsense: report it again, rather than not at all */
		reported = 0;
	atomic_store_explicit(&l->page->reported[slot], reported, memory_order_relaxed);
	for (size_t i = 0; i < l->n_lanes; i++) {
		uint64_t *count = &l->lanes[i].count[slot];

		*count = *count < reported ? *count : reported;
		reported -= *count;
	}
}

struct losses *losses_new(const struct losses_lane *lanes, size_t n, struct cursor_page *page)
{
	struct losses *l = calloc(1, sizeof(*l) + n * sizeof(l->lanes[0]));

	if (!l)
		return NULL;
	l->page = page;
	l->n_lanes = n;
	for (size_t i = 0; i < n; i++)
		l->lanes[i].about = lanes[i];
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		resume_slot(l, slot);
	for (size_t i = 0; i < n; i++)
		for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
			l->lanes[i].total += l->lanes[i].count[slot];
	return l;
}

void losses_free(struct losses *l)
{
	free(l);
}

void losses_add_bad(struct losses *l, size_t i)
{
	if (i < l->n_lanes)
		l->lanes[i].n_bad++;
}

static uint64_t n_unknown(const struct lane *lane)
{
	return lane->n_bad + lane->about.reader->n_corrupt;
}

static bool is_changed(const struct lane *lane)
{
	return lane_reader_lost_total(lane->about.reader) != lane->total ||
	       n_unknown(lane) != lane->n_unknown;
}

bool losses_is_pending(const struct losses *l)
{
	for (size_t i = 0; i < l->n_lanes; i++)
		if (is_changed(&l->lanes[i]))
			return true;
	return false;
}

static uint8_t *put_name(uint8_t *at, uint8_t field, const char *name)
{
	struct rec_var var = { .len = (__u16)strlen(name), .field = field };

	memcpy(at, &var, sizeof(var));
	memset(at + sizeof(var), 0, (var.len + 7U) & ~7U);
	memcpy(at + sizeof(var), name, var.len);
	return at + sizeof(var) + ((var.len + 7U) & ~7U);
}

void losses_write(uint8_t out[static LOSSES_RECORD_BYTES], const struct rec_lost *lost,
		  const char *event, const char *class_name)
{
	struct rec_hdr hdr = lost->hdr;
	uint8_t *at = out + sizeof(*lost);

	memcpy(out, lost, sizeof(*lost));
	at = put_name(at, FIELD_EVENT, event);
	at = put_name(at, FIELD_CLASS, class_name);
	hdr.len = (__u16)(at - out);
	memcpy(out, &hdr, sizeof(hdr));
}

/* `seen` is what the counter says, `count` how much of it is new. */
static void make(struct losses *l, const struct lane *lane, uint16_t event, const char *name,
		 uint64_t count, const struct lane_loss_seen *seen, uint64_t now_ns)
{
	struct made *made = &l->made[l->n_made++];
	struct rec_lost lost = {
		.hdr = { .ts_ns = now_ns, .event = EV_LOST_EVENTS },
		.count = count,
		/* What the previous report has told of is not told again. */
		.first_ns = seen->burst_ns > l->scanned_ns ? seen->burst_ns : l->scanned_ns,
		.last_ns = seen->last_ns,
		.lane = lane->about.index,
		.lost_event = event,
		.lane_class = lane->about.lane_class,
	};

	if (lost.last_ns > now_ns || lost.last_ns == 0)
		lost.last_ns = now_ns; /* racing writers: see struct lane_loss */
	if (lost.first_ns > lost.last_ns || lost.first_ns == 0)
		lost.first_ns = lost.last_ns;
	losses_write(made->bytes, &lost, name, losses_class_name(lane->about.lane_class));
}

/* False: no room for more. */
static bool scan_slots(struct losses *l, struct lane *lane, uint64_t now_ns)
{
	/* The total first: what it counts, the slots that are read after it have counted too. */
	uint64_t total = lane_reader_lost_total(lane->about.reader);
	struct lane_loss_seen seen;

	if (total == lane->total)
		return true;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		uint64_t count;

		lane_reader_loss(lane->about.reader, slot, &seen);
		count = seen.count - lane->count[slot];
		if (count == 0)
			continue;
		if (l->n_made == LOSSES_RECORDS)
			return false;
		make(l, lane, event_defs[slot].id, event_defs[slot].name, count, &seen, now_ns);
		lane->count[slot] = seen.count;
		l->unpublished[slot] += count;
		lane->total += count;
	}
	return true;
}

static bool scan_unknown(struct losses *l, struct lane *lane, uint64_t now_ns)
{
	const struct lane_loss_seen now = { .burst_ns = now_ns, .last_ns = now_ns };
	uint64_t n = n_unknown(lane);

	if (n == lane->n_unknown)
		return true;
	if (l->n_made == LOSSES_RECORDS)
		return false;
	make(l, lane, LOSSES_EVENT_UNKNOWN, "unknown", n - lane->n_unknown, &now, now_ns);
	lane->n_unknown = n;
	return true;
}

size_t losses_scan(struct losses *l, uint64_t now_ns)
{
	l->n_made = 0;
	for (size_t n = 0; n < l->n_lanes; n++) {
		struct lane *lane = &l->lanes[l->resume];

		if (!scan_slots(l, lane, now_ns) || !scan_unknown(l, lane, now_ns))
			return l->n_made;
		l->resume = (l->resume + 1) % l->n_lanes;
	}
	l->scanned_ns = now_ns;
	return l->n_made;
}

const struct rec_hdr *losses_record(const struct losses *l, size_t i)
{
	return (const struct rec_hdr *)(const void *)l->made[i].bytes;
}

void losses_publish(struct losses *l)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (l->unpublished[slot] == 0)
			continue;
		/* Relaxed: only the engine after this one reads it. */
		(void)atomic_fetch_add_explicit(&l->page->reported[slot], l->unpublished[slot],
						memory_order_relaxed);
		l->unpublished[slot] = 0;
	}
}
