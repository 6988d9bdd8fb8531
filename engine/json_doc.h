/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_doc: a JSON document, written piece by piece into memory (prefix jdoc_), for what is asked
 * now and then; events have engine/encode/json. Commas come by themselves, texts are escaped and
 * made valid UTF-8. `key` is a plain word; NULL: an element of a list. Thread: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct jdoc {
	FILE *out;
	bool first; /* behind an opening bracket */
	bool failed;
	char *text;
	size_t len;
};

/* Begins with '{'. False: out of memory; there is nothing to finish then. */
bool jdoc_begin(struct jdoc *d);
/* Ends with "}\n". The text, NUL-terminated, to be freed; NULL: out of memory. */
char *jdoc_finish(struct jdoc *d, size_t *ret_len);

/* '{' or '[', '}' or ']' */
void jdoc_open(struct jdoc *d, const char *key, char bracket);
void jdoc_close(struct jdoc *d, char bracket);

void jdoc_string(struct jdoc *d, const char *key, const char *value);
void jdoc_bytes(struct jdoc *d, const char *key, const void *bytes, size_t len);
void jdoc_u64(struct jdoc *d, const char *key, uint64_t value);
void jdoc_bool(struct jdoc *d, const char *key, bool value);
void jdoc_null(struct jdoc *d, const char *key);
