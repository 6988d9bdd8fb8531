/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value: what the conditions of policies look at, taken out of an event: as a number, as the text
 * that Tracee prints raw, as its symbolic text, as an address. Each at most once an event; texts
 * that lie in the record are not copied. Allocates in value_subject() only. Thread: the engine's
 * loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/event.h"
#include "engine/policy/filter.h"

/* What an event does not say itself. */
struct value_world {
	uint64_t start_ns;
	int64_t epoch_offset_ns;
};

struct value {
	bool is_there;
	bool is_number;
	bool is_big;         /* .number is above INT64_MAX, unsigned */
	bool is_text;        /* .text is made: value_text() */
	bool is_symbol;      /* .symbol is made; empty: there is none */
	uint8_t address_len; /* 4, 16; 0: it is none, or VALUE_ADDRESS_UNKNOWN */
	uint8_t address[16];
	int64_t number;
	const char *text;
	const char *symbol;
	uint32_t len;
	uint32_t symbol_len;
	char digits[24]; /* a number's text */
};
#define VALUE_ADDRESS_UNKNOWN 255

struct values;

struct values *values_new(const struct value_world *world); /* NULL: out of memory */
void values_free(struct values *vs);
size_t values_bytes(const struct values *vs);

/* The number of what the filter looks at, the same for equal ones; `def` is its event (NULL: it
 * looks at none of its fields). -ENOMEM. */
int value_subject(struct values *vs, const struct pol_filter *filter, const struct event_def *def);

/* Forgets the values of the event before. `ev` must live until the next call. */
void values_begin(struct values *vs, const struct event *ev);
/* Valid until the next values_begin(). */
struct value *value_get(struct values *vs, unsigned int subject);
/* Makes .text and .len. */
void value_text(struct value *v);
/* Makes .symbol and .symbol_len. */
void value_symbol(struct values *vs, unsigned int subject, struct value *v);
/* Makes .address: of a text that is one, or of a socket address. Returns its length, or 0. */
unsigned int value_address(struct value *v);

/* Are the subject's values numbers first of all, or texts? */
bool value_is_number(const struct values *vs, unsigned int subject);
/* Has it numbers at all? */
bool value_has_number(const struct values *vs, unsigned int subject);
bool value_has_symbols(const struct values *vs, unsigned int subject);
