/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request: what a client wants to see of a running engine (prefix live_request_), as it sends it:
 * lines of text, the first one "stream" or "top", an empty one at the end; between them, in any
 * order:
 *
 *     events LIST          as for --events of the engine; repeatable
 *     scope ITEM           as for --scope; repeatable
 *     policy NAME          events that this policy wants; repeatable: or that one
 *     parse-arguments      of "stream": numbers as names
 *     rows N               of "top": of each list, 1 to LIVE_ROWS_MAX
 *
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define LIVE_REQUEST_MAX 65536U /* bytes */
#define LIVE_ITEMS_MAX 64U      /* of each kind */
#define LIVE_ROWS_DEFAULT 64U
#define LIVE_ROWS_MAX 512U

#define LIVE_LINE_STREAM "stream\n"
#define LIVE_LINE_TOP "top\n"
/* What a client of "top" sends for each document. */
#define LIVE_LINE_NEXT "next\n"

enum live_kind { LIVE_STREAM, LIVE_TOP };

struct live_items {
	const char *items[LIVE_ITEMS_MAX];
	size_t n;
};

struct live_request {
	enum live_kind kind;
	bool parse_arguments;
	uint32_t rows;
	struct live_items events, scopes, policies;
	char *text; /* owned: what the items point into */
};

/* How long the request is that the bytes begin with, the empty line included; 0: it has not ended.
 */
size_t live_request_length(const char *text, size_t len);
/* Of a whole one. -EINVAL with a sentence, -E2BIG, -ENOMEM; in every case live_request_done(). */
int live_request_parse(struct live_request *ret_request, const char *text, size_t len,
		       struct err *err);
void live_request_done(struct live_request *r);
