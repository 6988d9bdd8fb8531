/* SPDX-License-Identifier: Apache-2.0 */
/* url_parts: what url.c (the text) and url_value.c (what stands behind a key's '=') share. */
#pragma once

#include "engine/sink/url.h"

int surl_number_parse(const char *text, int64_t *ret_number); /* 0 or -EINVAL */
/* "64K": with K, M, G, T (of 1024 each; Ki, KiB and so on are the same), or without. As above. */
int surl_size_parse(const char *text, int64_t *ret_bytes);
/* Its index in "a|b|c", or -EINVAL. */
int surl_word_parse(const char *words, const char *text);
/* NULL: not there, or not a key of the form's. */
const struct surl_param *surl_find_param(const struct surl *u, const char *key);
