/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_fragment: pieces of JSON, or of msgpack, that are the same for each event of a kind, made
 * once at the start and copied ever after (prefix jfrag_). Thread: made by one, then constant.
 */
#pragma once

#include <stddef.h>
#include <string.h>

#include "common/err.h"

#define JFRAG_STEP 32U /* bytes are copied in steps of this; at most JW_SLACK */

struct jfrag {
	char *text; /* owned; a multiple of JFRAG_STEP bytes can be read */
	size_t len;
};

/* Copies the bytes. -ENOMEM. */
int jfrag_make(struct jfrag *ret_frag, const void *bytes, size_t len);
/* Formats the text. -ENOMEM. */
int jfrag_format(struct jfrag *ret_frag, const char *fmt, ...) PRINTF_LIKE(2, 3);
void jfrag_done(struct jfrag *frag);

/* Steps of a constant length become plain vector moves; a call to memcpy() costs more than these
 * few. */
static inline char *jfrag_copy(char *p, const struct jfrag *frag)
{
	for (size_t i = 0; i < frag->len; i += JFRAG_STEP)
		memcpy(p + i, frag->text + i, JFRAG_STEP);
	return p + frag->len;
}
