/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_term (prefix fterm_): the text behind a filter's operator to terms: a list of values, each
 * a text or a part of one, a number, a network; or one pattern. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/policy/filter.h"

/* What the values of a subject may be. */
struct fterm_rules {
	bool is_text;    /* texts, parts of them, patterns */
	bool is_number;  /* numbers; beside `is_text` a text that is one is marked so */
	bool is_ordered; /* < <= > >= with numbers */
	bool is_signed;
	bool is_address;    /* an address with a length behind it is a network */
	bool is_syscall;    /* exact texts are names of system calls, or their numbers */
	bool is_executable; /* paths, exact ones with a mount namespace before them perhaps */
	uint8_t text_cap;   /* the value has no more bytes; 0: no limit */
	uint64_t max;       /* of numbers; 0: 64 bits */
};

struct fterm_list {
	struct pol_term *items; /* owned */
	size_t n;
};

/* The operators that go with these values, for messages. */
const char *fterm_operators(const struct fterm_rules *rules);

/*
 * Reads `value` into an empty list: comma-separated values, or with `is_pattern` one pattern.
 * -EINVAL, -ENOENT (an unknown system call), -E2BIG, -ENOMEM: a sentence about the value; the list
 * is still to be given to fterm_done().
 */
int fterm_read(struct fterm_list *list, const struct fterm_rules *rules, enum pol_op op,
	       bool is_pattern, const char *value, struct err *err);
void fterm_done(struct fterm_list *list);
