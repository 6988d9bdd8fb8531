/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value (prefix cvalue_): one value of the configuration against its row. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct ckey;

/* -EINVAL: err is "'log.level' expects one of error, warning, info, debug, not 'loud'"; a secret is
 * not in it. On success *ret_text is `text`, or what it is another word for. */
int cvalue_check(const struct ckey *key, const char *path, const char *text, const char **ret_text,
		 struct err *err);

/* Of what cvalue_check() has seen: bytes, ms, or the number. */
uint64_t cvalue_number(const struct ckey *key, const char *text);
bool cvalue_flag(const char *text);
/* "on" or "off", which are true and false to other readers of YAML. */
bool cvalue_is_switch(const struct ckey *key);
/* Is it, for a key that is not honoured, the same as saying nothing? */
bool cvalue_is_harmless(const struct ckey *key, const char *text);
/* Is `text` one of "a|b|c"? */
bool cvalue_is_word(const char *words, const char *text);
