/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/expiry.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define DAY_S 86400

/* Exactly `n` digits at *at, which moves behind them; from min to max. */
static bool take_number(const char **at, int n, int min, int max, int *ret_value)
{
	int value = 0;

	for (; n > 0; n--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (**at - '0');
	}
	*ret_value = value;
	return value >= min && value <= max;
}

static bool take_char(const char **at, const char *set)
{
	if (!**at || !strchr(set, **at))
		return false;
	(*at)++;
	return true;
}

static bool take_date(const char **at, struct tm *tm)
{
	static const int days[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day;
	bool is_leap;

	if (!take_number(at, 4, 1970, 9999, &year) || !take_char(at, "-") ||
	    !take_number(at, 2, 1, 12, &month) || !take_char(at, "-") ||
	    !take_number(at, 2, 1, days[month - 1], &day))
		return false;
	is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	*tm = (struct tm){ .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
	return month != 2 || day < 29 || is_leap;
}

static bool take_time(const char **at, struct tm *tm)
{
	if (!take_number(at, 2, 0, 23, &tm->tm_hour) || !take_char(at, ":") ||
	    !take_number(at, 2, 0, 59, &tm->tm_min) || !take_char(at, ":") ||
	    !take_number(at, 2, 0, 60, &tm->tm_sec))
		return false;
	if (**at != '.')
		return true;
	(*at)++;
	if (**at < '0' || **at > '9')
		return false;
	*at += strspn(*at, "0123456789");
	return true;
}

/* Seconds that local time is ahead of UTC. */
static bool take_zone(const char **at, int64_t *ret_ahead_s)
{
	int hours, minutes, sign = **at == '-' ? -1 : 1;

	*ret_ahead_s = 0;
	if (take_char(at, "Zz"))
		return true;
	if (!take_char(at, "+-") || !take_number(at, 2, 0, 23, &hours) || !take_char(at, ":") ||
	    !take_number(at, 2, 0, 59, &minutes))
		return false;
	*ret_ahead_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

int expiry_parse(const char *text, int64_t *ret_expires_s)
{
	int64_t ahead_s = 0;
	struct tm tm;

	if (!take_date(&text, &tm))
		return -EINVAL;
	if (!*text) {
		*ret_expires_s = timegm(&tm) + DAY_S;
		return 0;
	}
	if (!take_char(&text, "Tt ") || !take_time(&text, &tm) || !take_zone(&text, &ahead_s) ||
	    *text)
		return -EINVAL;
	*ret_expires_s = timegm(&tm) - ahead_s;
	return 0;
}
