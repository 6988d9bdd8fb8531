/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_ground: a directory for a spool, and what tests do with one. Event number i is made of i,
 * so that each one that comes out can be checked and recognised.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/sink/spool.h"

#define GROUND_ITEMS 4096

extern char ground_dir[128]; /* of the spool */
extern struct batch_item ground_items[GROUND_ITEMS];

/* A checked fixture. */
void ground_setup(void);
void ground_teardown(void);

struct spool *ground_open(uint64_t bytes_max, bool drop_oldest); /* asserts */
/* Event i with `len` bytes. */
int ground_append(struct spool *s, uint64_t i, uint32_t len, bool urgent);
/* Events from..to-1, asserted; urgent when i % urgent_every is 0 (0: none). */
void ground_append_all(struct spool *s, uint64_t from, uint64_t to, uint32_t len,
		       uint64_t urgent_every);
bool ground_is_whole(const struct batch_item *item);
/* Takes and is done with all there is now; each is whole and later than the one before. Calls
 * on_item for each, unless NULL. Returns their number. */
uint64_t ground_drain(struct spool *s, void (*on_item)(const struct batch_item *item, void *arg),
		      void *arg);
/* The same, and asserts that they are from..to-1 in order. */
void ground_expect(struct spool *s, uint64_t from, uint64_t to);
struct spool_stats ground_stats(struct spool *s);

/* The segments in the directory, in order. Returns their number. */
size_t ground_list(char (*ret_paths)[160], size_t max);
/* Overwrites bytes of a file; beyond its end it grows. */
void ground_damage(const char *path, int64_t at, const void *data, size_t len);
int64_t ground_size(const char *path);
