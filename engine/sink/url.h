/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url: where a sink sends to, as one text (prefix surl_): Tracee's output URLs for forward and
 * webhook, and Warder's own keys behind the '?':
 *
 *     tcp://user:password@host:24224?tag=t&requireAck=true     tls://...    host:24224
 *     unix:///run/fluent.sock?tag=t
 *     https://host:8443/path?timeout=5s
 *
 * Pure, no I/O, allocates nothing. A password never gets into a message, also when its '/', '?',
 * '#' or '@' was not written as %2F, %3F, %23, %40, so that it looks like another part. Thread:
 * any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define SURL_MAX 4096 /* bytes, with the NUL */
#define SURL_PARAMS_MAX 32
#define SURL_UNIX_PATH_MAX 107 /* of sockaddr_un */

enum surl_type {
	SURL_TEXT,
	SURL_BOOL,     /* as Go's strconv.ParseBool has it: true, false, 1, 0, t, f, ... */
	SURL_DURATION, /* as Go's time.ParseDuration has it: 10s, 500ms, 1m30s; not negative */
	SURL_NUMBER,   /* decimal, up to INT64_MAX */
	SURL_SIZE,     /* bytes: 65536, 64K, 10M, 1G */
	SURL_WORD,     /* one of the key's words */
};

/* A key that may stand behind the '?'. The last three are for people: help is made from them. */
struct surl_key {
	const char *name;
	enum surl_type type;
	bool is_ours;         /* left out of the target: the peer does not see it */
	bool may_repeat;      /* else it is refused when it is there twice */
	const char *words;    /* what may be its value, "a|b", or what that is called; or NULL */
	const char *standard; /* without it; NULL: nothing */
	const char *meaning;
};

/* What the caller understands; borrowed for the time of the parse. */
struct surl_form {
	const char *what;           /* for messages: "forward" */
	const char *const *schemes; /* NULL-ended; "unix" has a path and no host */
	const char *default_scheme; /* for "host:port" and "//host:port"; NULL: one is needed */
	uint16_t default_port;      /* 0: one is needed */
	bool has_path;              /* one is allowed where there is a host */
	const struct surl_key *keys;
	size_t n_keys;
	bool keeps_unknown_keys; /* they are the peer's, in the target; else an error */
};

struct surl_param {
	const char *key, *value; /* decoded; value "": none */
	bool is_known;
};

/* All texts are in `text`, decoded: it is not to be copied. Parts that are not there are "". */
struct surl {
	const char *scheme, *user, *password, *host, *path;
	bool has_user;
	uint16_t port;
	struct surl_param params[SURL_PARAMS_MAX];
	size_t n_params;
	char target[SURL_MAX]; /* path and query as they were written, without keys that are ours;
				  "/" at least, where there is a host */
	char text[SURL_MAX + 2 * SURL_PARAMS_MAX];
	size_t text_len;
};

/* 0; -EINVAL, -ENAMETOOLONG or -E2BIG (too many keys) with err set; *ret_url may be half filled
 * then. */
int surl_parse(struct surl *ret_url, const char *text, const struct surl_form *form,
	       struct err *err);
/* Only what stands behind the '?' of something that is no URL. As above. */
int surl_parse_keys(struct surl *ret_url, const char *keys, const struct surl_form *form,
		    struct err *err);
/* Wipes it: it may hold a password. */
void surl_done(struct surl *u);

/* Of a key that is in the form; its value was checked by surl_parse(). */
const char *surl_text(const struct surl *u, const char *key, const char *standard);
bool surl_bool(const struct surl *u, const char *key, bool standard);
int64_t surl_duration_ms(const struct surl *u, const char *key, int64_t standard_ms);
int64_t surl_number(const struct surl *u, const char *key, int64_t standard);
int64_t surl_size(const struct surl *u, const char *key, int64_t standard);
/* The values of a key that may repeat, NULL-ended, in `ret_list`; NULL: none. */
const char *const *surl_list(const struct surl *u, const char *key,
			     const char *ret_list[static SURL_PARAMS_MAX + 1]);
/* Which one of the words that are given here as in the form, from 0 on. */
unsigned int surl_word(const struct surl *u, const char *key, const char *words,
		       unsigned int standard);

/* For the same values elsewhere. 0 or -EINVAL. A part of a millisecond counts as one; at most a
 * year. */
int surl_duration_parse(const char *text, int64_t *ret_ms);
int surl_bool_parse(const char *text, bool *ret_bool);

/* Writes `text` so that surl_parse() gives it back as a part of a URL: to make one from separate
 * settings. False: it does not fit. */
bool surl_escape(char *buf, size_t cap, const char *text);
