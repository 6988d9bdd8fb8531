/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys (prefix ckey_): the configuration's table. What a key is called, what it takes, what it is
 * without, what it means, whether it can change while the engine runs, and which option of which
 * program it is, is here and nowhere else: validation, `warder config print`, the JSON schema, the
 * example and the manual page are made from these rows. What may stand behind the '?' of an output
 * is in output_keys.h, and is a key of the configuration too ("&" below).
 *
 * A path is made of words with dots between. In a row's path three words stand for others:
 *
 *     *   a name that the user gives: output.forward.*.host
 *     #   a place in a list: cri.#.runtime.name
 *     &   a key of this kind of output: output.forward.*.&
 *
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CKEY_PATH_MAX 255 /* bytes */
#define CKEY_NAME_MAX 63  /* of what the user names */

enum ckey_kind {
	CKEY_FLAG,     /* true or false */
	CKEY_NUMBER,   /* min to max */
	CKEY_SIZE,     /* bytes; suffix K, M, G; min to max */
	CKEY_DURATION, /* as in Go: 500ms, 10s, 1m30s */
	CKEY_WORD,     /* one of `words` */
	CKEY_TEXT,
	CKEY_LIST,  /* of texts, or one */
	CKEY_PARAM, /* of an output: checked by it; a list is the same key several times */
	CKEY_ANY,   /* whatever stands there; never honoured */
};

enum ckey_level { CKEY_STABLE, CKEY_INCUBATING };

/* flags */
#define CKEY_ENGINE 1U    /* `option` is the engine's */
#define CKEY_COLLECTOR 2U /* `option` is the collector's */
#define CKEY_OUTPUT 4U    /* a part of an output, see sinks.h */
#define CKEY_LOG 8U       /* `option` is both's, and may change while the engine runs */
#define CKEY_LIVE 64U     /* with CKEY_ENGINE: it may as well */
#define CKEY_PATTERN 128U /* PCRE2 */
#define CKEY_SECRET 16U   /* never shown */
#define CKEY_SELECTS 32U  /* what is watched: --policy, --events and --scope replace all of it */

struct ckey {
	const char *path;
	enum ckey_kind kind;
	unsigned int flags;
	enum ckey_level level;
	/* The value that is the same as saying nothing; NULL: there is none. Of a key that is not
	 * honoured: those that are no loss, as "a|b". */
	const char *standard;
	const char *words; /* CKEY_WORD: "one|two" */
	uint64_t min, max; /* max 0: no limit */
	const char
		*option;  /* without dashes; "output=option:" and the like take the value behind */
	const char *help; /* one line: lower case, no full stop */
	/* Not NULL: Warder knows the key and cannot honour it; why, and what to use. */
	const char *instead;
};

/* Row by row; NULL behind the last. */
const struct ckey *ckey_at(size_t i);
/* The row of a path; NULL when there is none. */
const struct ckey *ckey_find(const char *path);

/* What may come next below a path: any of these bits. 0: nothing, there is no such section. */
#define CKEY_NEXT_WORDS 1U
#define CKEY_NEXT_NAME 2U
#define CKEY_NEXT_PLACE 4U
unsigned int ckey_next(const char *path);

/* The path that is meant: other versions of Tracee have other names for some. `buf` has room for
 * CKEY_PATH_MAX + 1 bytes; returns it, or `path`. */
const char *ckey_resolve(const char *path, char *buf);
/* One by one; false behind the last. */
bool ckey_alias_at(size_t i, const char **ret_name, const char **ret_path);

/* ": did you mean 'x'?" for a word that is not known below `section` ("" for the top), or "". */
const char *ckey_nearest(const char *section, const char *word, char *buf, size_t cap);

/* Can `text` name an output? */
bool ckey_is_name(const char *text, size_t len);

/* "WARDER_LOG_LEVEL"; false: the key cannot be set by the environment. */
bool ckey_env_name(const struct ckey *key, char *buf, size_t cap);

const char *ckey_kind_name(enum ckey_kind kind); /* "a number" */
