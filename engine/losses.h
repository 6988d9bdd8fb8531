/* SPDX-License-Identifier: Apache-2.0 */
/*
 * losses: turns what the lanes count into lost_events records: one for each lane and event that
 * lost something since the last look, with how many, and when. Records that could be read but made
 * no sense count too, as event "unknown". Never allocates after losses_new().
 *
 * What was reported is kept in the cursor page, which outlives this process: the engine after us
 * reports what was lost in between, once. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lane_reader.h"
#include "common/record.h"

#define LOSSES_EVERY_NS 100000000ULL
#define LOSSES_EVENT_UNKNOWN 0xffffU /* rec_lost.lost_event: it could not be told */
#define LOSSES_RECORDS 256U          /* made by one scan; the rest is made by the next */

struct losses_lane {
	const struct lane_reader *reader; /* borrowed */
	uint32_t index;                   /* in the cursor page; what the event shows as `lane` */
	uint8_t lane_class;
};

struct losses;

/* `lanes` is copied, `page` borrowed. NULL: out of memory. */
struct losses *losses_new(const struct losses_lane *lanes, size_t n, struct cursor_page *page);
void losses_free(struct losses *l);

/* A record of lane `i` of those given to losses_new() made no sense. */
void losses_add_bad(struct losses *l, size_t i);
/* True if a scan would find something. Costs a load for each lane. */
bool losses_is_pending(const struct losses *l);
/* Makes records for what is new, with `now_ns` as their time; returns how many. The records of the
 * scan before must not be in use any more. */
size_t losses_scan(struct losses *l, uint64_t now_ns);
const struct rec_hdr *losses_record(const struct losses *l, size_t i);
/* The records of the latest scan were delivered: no later engine needs to report them. */
void losses_publish(struct losses *l);

/* The fixed part, and two fields of a name each. */
#define LOSSES_RECORD_BYTES (sizeof(struct rec_lost) + 2 * (sizeof(struct rec_var) + 64))
/* Such a record of anybody's losses; `out` is aligned to 8. The names have 64 bytes at most, and
 * the header's length is filled in. */
void losses_write(uint8_t out[static LOSSES_RECORD_BYTES], const struct rec_lost *lost,
		  const char *event, const char *class_name);

const char *losses_class_name(unsigned int lane_class); /* "vital", "bulk", "collector" */
