/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind a key's '='. */
#include "engine/sink/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/sink/url_parts.h"

#define YEAR_MS (365LL * 24 * 3600 * 1000)

/* In ns; 0: no unit. */
static int64_t take_unit(const char **at)
{
	static const struct {
		const char *name;
		int64_t ns;
	} units[] = { { "ns", 1 },           { "us", 1000 },      { "\xc2\xb5s", 1000 },
		      { "ms", 1000000 },     { "s", 1000000000 }, { "m", 60000000000 },
		      { "h", 3600000000000 } };

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		size_t len = strlen(units[i].name);

		if (strncmp(*at, units[i].name, len) == 0) {
			*at += len;
			return units[i].ns;
		}
	}
	return 0;
}

/* One "1.5h". Within a double's precision, which is more than anybody writes. */
static bool take_length(const char **at, double *sum_ns)
{
	double value = 0, scale = 1;
	bool has_digit = false;
	int64_t unit;

	for (; isdigit((unsigned char)**at); (*at)++, has_digit = true)
		value = value * 10 + (**at - '0');
	if (**at == '.') {
		for ((*at)++; isdigit((unsigned char)**at); (*at)++, has_digit = true) {
			scale /= 10;
			value += (**at - '0') * scale;
		}
	}
	unit = has_digit ? take_unit(at) : 0;
	*sum_ns += value * (double)unit;
	return unit > 0;
}

int surl_duration_parse(const char *text, int64_t *ret_ms)
{
	const char *at = text;
	double ns = 0;
	int64_t ms;

	if (strcmp(text, "0") == 0) {
		*ret_ms = 0;
		return 0;
	}
	do {
		if (!take_length(&at, &ns) || ns > (double)YEAR_MS * 1e6)
			return -EINVAL;
	} while (*at);
	ms = (int64_t)(ns / 1e6);
	*ret_ms = (double)ms * 1e6 < ns ? ms + 1 : ms;
	return 0;
}

int surl_bool_parse(const char *text, bool *ret_bool)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };

	for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
		if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
			continue;
		*ret_bool = strcmp(text, yes[i]) == 0;
		return 0;
	}
	return -EINVAL;
}

int surl_number_parse(const char *text, int64_t *ret_number)
{
	char *end;
	long long value;

	if (!isdigit((unsigned char)*text))
		return -EINVAL;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno != 0 || *end)
		return -EINVAL;
	*ret_number = value;
	return 0;
}

int surl_size_parse(const char *text, int64_t *ret_bytes)
{
	static const char units[] = "KMGT";
	const char *end = text + strspn(text, "0123456789"), *unit;
	char digits[20];
	size_t len = (size_t)(end - text);
	int64_t value, scale = 1;

	if (len >= sizeof(digits))
		return -EINVAL;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (surl_number_parse(digits, &value) < 0)
		return -EINVAL;
	if (*end) {
		unit = strchr(units, toupper((unsigned char)*end));
		if (!unit || (strcmp(end + 1, "") && strcmp(end + 1, "i") && strcmp(end + 1, "iB")))
			return -EINVAL;
		scale = 1LL << 10 * (unit - units + 1);
	}
	return __builtin_mul_overflow(value, scale, ret_bytes) ? -EINVAL : 0;
}

int surl_word_parse(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (int i = 0;; i++) {
		size_t n = strcspn(words, "|");

		if (n == len && memcmp(words, text, n) == 0)
			return i;
		if (!words[n])
			return -EINVAL;
		words += n + 1;
	}
}

const struct surl_param *surl_find_param(const struct surl *u, const char *key)
{
	for (size_t i = 0; i < u->n_params; i++)
		if (u->params[i].is_known && strcmp(u->params[i].key, key) == 0)
			return &u->params[i];
	return NULL;
}

const char *surl_text(const struct surl *u, const char *key, const char *standard)
{
	const struct surl_param *param = surl_find_param(u, key);

	return param ? param->value : standard;
}

bool surl_bool(const struct surl *u, const char *key, bool standard)
{
	const struct surl_param *param = surl_find_param(u, key);

	if (param)
		(void)surl_bool_parse(param->value, &standard); /* checked: cannot fail */
	return standard;
}

int64_t surl_duration_ms(const struct surl *u, const char *key, int64_t standard_ms)
{
	const struct surl_param *param = surl_find_param(u, key);

	if (param)
		(void)surl_duration_parse(param->value, &standard_ms); /* checked: cannot fail */
	return standard_ms;
}

int64_t surl_number(const struct surl *u, const char *key, int64_t standard)
{
	const struct surl_param *param = surl_find_param(u, key);

	if (param)
		(void)surl_number_parse(param->value, &standard); /* checked: cannot fail */
	return standard;
}

int64_t surl_size(const struct surl *u, const char *key, int64_t standard)
{
	const struct surl_param *param = surl_find_param(u, key);

	if (param)
		(void)surl_size_parse(param->value, &standard); /* checked: cannot fail */
	return standard;
}

unsigned int surl_word(const struct surl *u, const char *key, const char *words,
		       unsigned int standard)
{
	const struct surl_param *param = surl_find_param(u, key);
	int i = param ? surl_word_parse(words, param->value) : -EINVAL;

	return i < 0 ? standard : (unsigned int)i;
}

const char *const *surl_list(const struct surl *u, const char *key,
			     const char *ret_list[static SURL_PARAMS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < u->n_params; i++)
		if (u->params[i].is_known && strcmp(u->params[i].key, key) == 0)
			ret_list[n++] = u->params[i].value;
	ret_list[n] = NULL;
	return n > 0 ? ret_list : NULL;
}
