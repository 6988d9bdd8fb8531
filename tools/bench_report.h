/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_report (breport_): what a benchmark found, as tables for people or as one JSON document;
 * both come from the same columns. Every report begins with what it was measured on.
 *
 * The document: "bench" (its name), "version", "kernel", "n_cpus", "audit_enabled" (null: not
 * known), "notes" [strings], and per table an array of objects under the table's key.
 *
 * Owns all that is added, texts included. Memory that runs short is remembered and said by
 * breport_print(). Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "common/err.h"

enum bench_kind {
	BENCH_TEXT,
	BENCH_COUNT, /* whole number */
	BENCH_REAL,  /* as many digits as tell something */
	BENCH_RATE,  /* per second; for people with k or M */
	BENCH_BYTES, /* for people in MiB */
};

struct bench_column {
	const char *heading; /* for people; NULL: only in the document */
	const char *key;     /* in the document; NULL: only for people */
	enum bench_kind kind;
};

struct bench_cell {
	double number;    /* NAN: not known */
	const char *text; /* of BENCH_TEXT; copied; NULL: none */
};

static inline struct bench_cell bench_text(const char *text)
{
	return (struct bench_cell){ .text = text };
}

static inline struct bench_cell bench_number(double number)
{
	return (struct bench_cell){ .number = number };
}

struct bench_report;
struct bench_table;

/* `name` is kept: give a literal. NULL: out of memory. */
struct bench_report *breport_new(const char *name);
void breport_free(struct bench_report *r);
/* Title, key and columns are kept: give literals. NULL: out of memory, which the calls below take.
 */
struct bench_table *breport_table(struct bench_report *r, const char *title, const char *key,
				  const struct bench_column *columns, size_t n_columns);
/* One cell per column, in their order. */
void breport_row(struct bench_table *t, const struct bench_cell *cells);
/* A sentence for the reader: lower case, no full stop. */
void breport_note(struct bench_report *r, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Whoever owns `out` checks the stream. -ENOMEM: nothing, or not everything, was printed. */
int breport_print(struct bench_report *r, FILE *out, bool json);

static inline void cleanup_breport(struct bench_report **r)
{
	breport_free(*r);
}
#define CLEANUP_BREPORT __attribute__((cleanup(cleanup_breport)))
