/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter_names (prefix fnames_): the words that scopes and filters are made of, as tables: names of
 * the context, parts of fields, Tracee's other spellings. Constant data; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/event_def.h"
#include "common/nearest.h"
#include "engine/policy/filter.h"

struct fnames_context {
	const char *name; /* the first of its names */
	uint8_t type;     /* enum pol_type */
	bool is_ordered;  /* NUMBER: < <= > >= make sense */
	uint8_t text_cap; /* TEXT: the kernel keeps so many bytes of it; 0: all */
	uint64_t max;     /* NUMBER: from 0 to this */
	const char *unfed;
};

const struct fnames_context *fnames_context(enum pol_context context);

/* The context of a name (`len` bytes) in that place, or -ENOENT; -EXDEV: the name is only known in
 * the other place. */
int fnames_find(const char *name, size_t len, enum pol_filter_place place);
/* Offers every name of that place. */
void fnames_offer(struct nearest *near, enum pol_filter_place place);

/* A field's index by its name, or by another spelling that Tracee has for it; -ENOENT. */
int fnames_field(const struct event_def *event, const char *name, size_t len);

/* A part of a socket address, as in the map that is printed. */
struct fnames_part {
	const char *name;
	bool is_number;
	bool is_address;
};
/* NULL: there is no such part. */
const struct fnames_part *fnames_sockaddr_part(const char *name);
void fnames_offer_sockaddr_parts(struct nearest *near);

/* Is this the name of a text that is an IP address, so that "10.0.0.0/8" is a network? */
bool fnames_is_address(const char *field);
