/* SPDX-License-Identifier: Apache-2.0 */
/*
 * columns: text in aligned columns with headings, for people. Colours only for a terminal, and not
 * when NO_COLOR is set. Owns copies of what is added. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/cleanup.h"

#define COLUMNS_MAX 12

struct columns;

/* One heading per column, up to COLUMNS_MAX, and kept: give literals. A heading that begins with
 * '>' is right-aligned, for numbers. NULL: out of memory. */
struct columns *columns_new(unsigned int n, const char *const headings[]);
/* One cell per column; NULL is an empty one. -ENOMEM. */
int columns_add(struct columns *c, const char *const cells[]);
void columns_print(const struct columns *c, FILE *out);
void columns_free(struct columns *c);

static inline void cleanup_columns(struct columns **c)
{
	columns_free(*c);
}
#define CLEANUP_COLUMNS CLEANUP(cleanup_columns)

/* True when `out` is a terminal and NO_COLOR is not set. */
bool columns_coloured(FILE *out);
/* A heading line of its own, bold where colours are shown. */
void columns_title(FILE *out, const char *text);
