/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stress_ops: what test_lane_stress.c asks of a ring. A ring that is to be tested brings a table.
 * Threads: reserve, commit and must_ring from the writers; the rest from the reader.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What was reserved: `cap` payload bytes at `at`. `pos` belongs to the ring. */
struct ticket {
	void *at;
	uint64_t pos;
	uint32_t cap;
};

/* The ring under test. `writer` is the number by which its losses are counted. */
struct stress_ops {
	const char *name;
	void *(*open)(void); /* between pages that nobody may touch */
	void (*close)(void *self);
	void (*format)(void *self, uint64_t seed); /* empty again; nobody else uses it meanwhile */
	bool (*is_intact)(void *self);             /* what is no record is as format() left it */

	bool (*reserve)(void *self, uint32_t cap, unsigned int writer, struct ticket *ret);
	void (*commit)(void *self, const struct ticket *ticket, uint32_t used);
	bool (*must_ring)(void *self);

	const void *(*peek)(void *self, uint32_t *ret_len); /* NULL: no record now */
	void (*next)(void *self);
	void (*release)(void *self);
	void (*restart)(void *self); /* a new reader goes on where the old one released */
	bool (*has_more)(void *self);
	void (*sleep_begin)(void *self);
	void (*sleep_end)(void *self);
	void (*lie)(void *self, uint64_t random, bool plausible); /* writes a nonsense cursor */

	uint64_t (*n_lost)(void *self, unsigned int writer);
	uint64_t (*n_padded)(void *self);
	uint64_t (*n_corrupt)(void *self);
	uint64_t (*n_laps)(void *self);
};

extern const struct stress_ops lane_stress_ops;
