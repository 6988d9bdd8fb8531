/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spec (prefix cspec_): one argument of --output, made word by word, and where in a configuration
 * its words are. For sinks.c. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/config/config.h"
#include "engine/config/sinks.h"
#include "engine/sink/url.h"

#define CSPEC_CAP (2 * SURL_MAX)

/* An argument that is being made. */
struct cspec {
	const struct config *config;
	struct config_origin from; /* of what messages are about */
	struct err *err;
	char text[CSPEC_CAP];
	size_t len;
	bool is_cut;
	bool has_keys; /* a '?' is there */
};

/* A new one. What is wrong with it is at the value's place. */
void cspec_begin(struct cspec *s, const struct config_value *value);
/* What does not fit is told by cspec_finish(). */
void cspec_add(struct cspec *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
void cspec_add_escaped(struct cspec *s, const char *text);
/* "?key=" or "&key=", and its value. */
void cspec_add_key(struct cspec *s, const char *key);
void cspec_add_pair(struct cspec *s, const char *key, const char *value);
/* A URL that the user wrote: returns what comes behind the keys that follow, which belong to the
 * first of several. */
const char *cspec_add_url(struct cspec *s, const char *url);
/* What stands in the section by the name it has behind the '?'. */
void cspec_add_params(struct cspec *s, const char *section);
/* Checks it as the engine will, so that a mistake is told with its place, and hands it over. */
int cspec_finish(struct cspec *s, csink_fn fn, void *arg);
int cspec_refuse(const struct cspec *s, const char *what);

/* "output.forward.main" and "host" to a value; NULL: not given. */
const struct config_value *cspec_value_at(const struct config *c, const char *section,
					  const char *word, size_t *ret_n);
/* Its text, or what the key is by itself, or NULL. */
const char *cspec_text_at(const struct config *c, const char *section, const char *word);
/* First value below a section; NULL: it is empty. */
const struct config_value *cspec_first_below(const struct config *c, const char *section);
/* The next name in a section such as "output.forward", as its path; false: there is no more. `i`
 * begins at 0. */
bool cspec_next_name(const struct config *c, const char *section, size_t *i,
		     char path[static CKEY_PATH_MAX + 1]);
