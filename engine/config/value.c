/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/quote.h"
#include "engine/config/keys.h"
#include "engine/policy/filter_pattern.h"
#include "engine/sink/url.h"

bool cvalue_flag(const char *text)
{
	return strcmp(text, "true") == 0;
}

bool cvalue_is_word(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *word = words; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (strcspn(word, "|") == len && memcmp(word, text, len) == 0)
			return true;
	}
	return false;
}

/* Decimal, with `suffixes` for powers of 1024; UINT64_MAX: it is none. */
static uint64_t parse_number(const char *text, const char *suffixes)
{
	unsigned long long value;
	const char *suffix;
	unsigned int shift;
	char *end;

	if (*text < '0' || *text > '9')
		return UINT64_MAX;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno)
		return UINT64_MAX;
	if (!*end)
		return value;
	suffix = strchr(suffixes, *end);
	if (!suffix || end[1])
		return UINT64_MAX;
	shift = 10 * (unsigned int)(suffix - suffixes + 1);
	return value > UINT64_MAX >> shift ? UINT64_MAX : value << shift;
}

uint64_t cvalue_number(const struct ckey *key, const char *text)
{
	int64_t ms;

	if (key->kind == CKEY_DURATION)
		return surl_duration_parse(text, &ms) < 0 ? UINT64_MAX : (uint64_t)ms;
	return parse_number(text, key->kind == CKEY_SIZE ? "KMG" : "");
}

/* "one of a, b, c" */
static void list_words(const char *words, char *buf, size_t cap)
{
	size_t n = (size_t)snprintf(buf, cap, "one of "); /* fits */

	for (; *words && n + 3 < cap; words++) {
		buf[n++] = *words == '|' ? ',' : *words;
		if (*words == '|')
			buf[n++] = ' ';
	}
	buf[n] = '\0';
}

static void describe(const struct ckey *key, char *buf, size_t cap)
{
	char range[64] = "";

	if (key->max > 0)
		(void)snprintf(range, sizeof(range), ", %" PRIu64 " to %" PRIu64,
			       key->min, /* fits */
			       key->max);
	if (key->words)
		list_words(key->words, buf, cap);
	else
		(void)snprintf(buf, cap, "%s%s%s", ckey_kind_name(key->kind), /* short words */
			       key->kind == CKEY_SIZE       ? " such as 512K, 64M or 1G"
			       : key->kind == CKEY_DURATION ? " such as 500ms, 10s or 5m"
							    : "",
			       key->kind == CKEY_NUMBER ? range : "");
}

/* zap's levels, which Tracee's are. */
static const char *level_of(const char *text)
{
	if (strcmp(text, "warn") == 0)
		return "warning";
	if (cvalue_is_word("dpanic|panic|fatal", text))
		return "error";
	return text;
}

bool cvalue_is_harmless(const struct ckey *key, const char *text)
{
	if (key->kind == CKEY_LIST || key->kind == CKEY_ANY)
		return false;
	return key->standard && cvalue_is_word(key->standard, text);
}

bool cvalue_is_switch(const struct ckey *key)
{
	return key->words && strcmp(key->words, "on|off") == 0;
}

static bool is_levels(const char *path)
{
	return strncmp(path, "log.", 4) == 0 && strlen(path) > 6 &&
	       strcmp(path + strlen(path) - 6, ".level") == 0;
}

static bool is_right(const struct ckey *key, const char *text)
{
	uint64_t number;

	switch (key->kind) {
	case CKEY_FLAG:
		return cvalue_is_word("true|false", text);
	case CKEY_WORD:
		return cvalue_is_word(key->words, text);
	case CKEY_NUMBER:
	case CKEY_SIZE:
	case CKEY_DURATION:
		number = cvalue_number(key, text);
		return number != UINT64_MAX && number >= key->min &&
		       (key->max == 0 || number <= key->max);
	case CKEY_LIST:
		return !key->words || cvalue_is_word(key->words, text);
	case CKEY_TEXT:
	case CKEY_PARAM:
	case CKEY_ANY:
		return true;
	}
	return false;
}

int cvalue_check(const struct ckey *key, const char *path, const char *text, const char **ret_text,
		 struct err *err)
{
	char expected[256], shown[QUOTE_CAP];
	struct err why = { 0 };

	if ((key->flags & CKEY_PATTERN) && fpattern_check(text, strlen(text), &why) < 0)
		return err_set(err, why.code, "'%s': %s: '%s'", path, why.text,
			       quote_text(shown, text));
	if (is_levels(key->path))
		text = level_of(text);
	if (cvalue_is_switch(key) && cvalue_is_word("true|false", text))
		text = cvalue_flag(text) ? "on" : "off";
	if (is_right(key, text)) {
		*ret_text = text;
		return 0;
	}
	describe(key, expected, sizeof(expected));
	if (key->flags & CKEY_SECRET)
		return err_set(err, -EINVAL, "'%s' expects %s", path, expected);
	return err_set(err, -EINVAL, "'%s' expects %s, not '%s'", path, expected,
		       quote_text(shown, text));
}
