/* SPDX-License-Identifier: Apache-2.0 */
/*
 * top_view (topv_): a document of engine/live/top.h as lines of a screen, or of a page. What names
 * are in it, no line is longer than the screen is wide and no terminal obeys it. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct json_t;

enum topv_what { TOPV_PROCESSES, TOPV_EXECUTABLES, TOPV_CONTAINERS, TOPV_EVENTS, TOPV_WHATS };
#define TOPV_WORDS "processes|executables|containers|events"

struct topv_size {
	unsigned int columns; /* 0: as wide as it is */
	unsigned int lines;   /* that may be written, the first two included; 0: all there are */
};

/* Two lines about the whole, then a heading and the rows, the busiest first. `is_screen`: for a
 * terminal: bold headings, and what was behind the lines' ends is cleared. -ENOMEM, -EBADMSG:
 * that is no such document. */
int topv_print(FILE *out, const struct json_t *document, enum topv_what what,
	       const struct topv_size *size, bool is_screen);
const char *topv_name(enum topv_what what);
