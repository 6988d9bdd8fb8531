/* SPDX-License-Identifier: Apache-2.0 */
/*
 * live_client: a connection to what a running engine shows (prefix lclient_; the other end is
 * engine/live/server.h). Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/options.h"
#include "engine/live/request.h"

/* What to look at; the first members of the options of `warder stream` and `warder top`. */
struct lclient_options {
	const char *socket;
	struct options_list events, scopes, policies;
};

/* Rows of these options; `st` has a struct lclient_options `live`. */
#define LCLIENT_ROWS(st)                                                                           \
	{                                                                                          \
		"events",                                                                          \
		'e',                                                                               \
		OPTIONS_LIST(st, live.events),                                                     \
		"LIST",                                                                            \
		NULL,                                                                              \
		NULL,                                                                              \
		0,                                                                                 \
		"Selection",                                                                       \
		"names, 'prefix*', set names, '-name', 'name.FILTER'; repeatable"                  \
	},                                                                                         \
		{ "scope",                                                                         \
		  's',                                                                             \
		  OPTIONS_LIST(st, live.scopes),                                                   \
		  "ITEM",                                                                          \
		  NULL,                                                                            \
		  NULL,                                                                            \
		  0,                                                                               \
		  "Selection",                                                                     \
		  "where to look: 'uid=0', 'container', 'comm=a,b'; repeatable" },                 \
		{ "policy", 'p',         OPTIONS_LIST(st, live.policies),                          \
		  "NAME",   NULL,        NULL,                                                     \
		  0,        "Selection", "what this running policy wants; repeatable" },           \
	{                                                                                          \
		"socket", 0, OPTIONS_STRING(st, live.socket), "PATH",                              \
			ENGINE_OPTIONS_STATUS_SOCKET, NULL, 0, "Connection",                       \
			"status socket of the engine"                                              \
	}

struct lclient {
	int fd;
	char *buf;           /* owned */
	size_t at, len, cap; /* from `at` on, to `len`: not taken yet */
	size_t seen;         /* up to here there is no end of a line */
};

/*
 * Connects, asks, and reads what the engine answers; `more` are further lines of the request. What
 * the engine's policies will not show of it is said as a warning. The connection does not block.
 * -EINVAL: the options make no request, or the engine refuses it (err says why); others: there is
 * no engine.
 */
int lclient_open(struct lclient *c, enum live_kind kind, const struct lclient_options *opt,
		 const char *more, struct err *err);
void lclient_close(struct lclient *c);

/* Reads what there is: its size; 0: nothing at the moment; -ECONNRESET: the engine has ended; other
 * errno. */
long lclient_read(struct lclient *c);
/* The next whole line with its '\n', valid until the next call of lclient_read(). NULL: none yet.
 */
const char *lclient_line(struct lclient *c, size_t *ret_len);
/* Asks for the next document of "top". -ECONNRESET as above. */
int lclient_next(struct lclient *c);
/* What was written to stdout goes out. -EPIPE: it takes no more, whatever the reason, which is said
 * unless it is a reader that has gone. */
int lclient_flush(void);
/* How a command ends that had `rc` of it, 0 or negative errno; says why, but for -EPIPE. */
int lclient_exit_code(int rc, const struct err *err);
