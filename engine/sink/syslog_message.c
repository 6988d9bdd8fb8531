/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/syslog_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/quote.h"
#include "engine/encode/text.h"
#include "engine/encode/utf8.h"

#define NS_PER_S 1000000000LL
#define FACILITIES 24
#define SEVERITIES 8
#define SD_NAME_MAX 32 /* bytes, RFC 5424 section 6 */

static const struct {
	const char *name;
	int number;
} facilities[] = {
	{ "kern", 0 },	  { "user", 1 },    { "mail", 2 },    { "daemon", 3 },	 { "auth", 4 },
	{ "security", 4 }, { "syslog", 5 },  { "lpr", 6 },     { "news", 7 },	 { "uucp", 8 },
	{ "cron", 9 },	  { "authpriv", 10 }, { "ftp", 11 },   { "ntp", 12 },	 { "audit", 13 },
	{ "alert", 14 },  { "clock", 15 },  { "local0", 16 }, { "local1", 17 }, { "local2", 18 },
	{ "local3", 19 }, { "local4", 20 }, { "local5", 21 }, { "local6", 22 }, { "local7", 23 },
}, severities[] = {
	{ "emerg", 0 },	  { "alert", 1 },  { "crit", 2 }, { "err", 3 },	  { "error", 3 },
	{ "warning", 4 }, { "warn", 4 },   { "notice", 5 }, { "info", 6 }, { "debug", 7 },
};

/* A decimal below `n`. */
static int number(const char *text, int n)
{
	int value = 0;

	if (!*text || strlen(text) > 2)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return -EINVAL;
		value = 10 * value + *text - '0';
	}
	return value < n ? value : -EINVAL;
}

int slog_facility(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(facilities); i++)
		if (!strcmp(facilities[i].name, text))
			return facilities[i].number;
	return number(text, FACILITIES);
}

int slog_severity(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(severities); i++)
		if (!strcmp(severities[i].name, text))
			return severities[i].number;
	return number(text, SEVERITIES);
}

void slog_name(char *buf, size_t cap, const char *text)
{
	size_t n = 0;

	for (; n + 1 < cap && text[n]; n++)
		buf[n] = text[n] > ' ' && text[n] <= '~' ? text[n] : '?';
	buf[n] = '\0';
}

/* SD-NAME: printable, and none of what ends it. */
static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~' || strchr("=]\"", text[i]))
			return false;
	return len > 0 && len <= SD_NAME_MAX;
}

static void put_param(struct text *t, const char *name, size_t len, const char *value)
{
	text_char(t, ' ');
	text_bytes(t, name, len);
	TEXT_LITERAL(t, "=\"");
	for (; *value; value++) {
		if (strchr("\"\\]", *value))
			text_char(t, '\\');
		text_char(t, *value);
	}
	text_char(t, '"');
}

/* UTF-8 without control characters. */
static bool is_text(const char *value)
{
	const uint8_t *at = (const uint8_t *)value, *end = at + strlen(value);
	uint32_t code;

	while (at < end) {
		code = *at;
		at += *at < 0x80 ? 1 : utf8_sequence(at, (size_t)(end - at), &code);
		if (code < ' ' || code == 0x7f || code == UTF8_INVALID)
			return false;
	}
	return true;
}

int slog_sd(char buf[static SLOG_SD_MAX + 1], const char *id, const char *const *params,
	    struct err *err)
{
	const char *const *first = params;
	struct text t = text_over(buf, SLOG_SD_MAX);
	char quoted[QUOTE_CAP];

	if (!is_name(id, strlen(id)) || !strcmp(id, "meta"))
		return err_set(err, -EINVAL,
			       "syslog: structured data's id '%s' is not right, expected a name as "
			       "in 'node@32473'",
			       quote_text(quoted, id));
	text_char(&t, '[');
	text_bytes(&t, id, strlen(id));
	for (; params && *params; params++) {
		size_t len = strcspn(*params, "=");

		if (!(*params)[len] || !is_name(*params, len) || !is_text(*params + len + 1))
			return err_set(err, -EINVAL,
				       "syslog: number %d of the structured data is not "
				       "'name=value' in UTF-8",
				       (int)(params - first) + 1);
		put_param(&t, *params, len, *params + len + 1);
	}
	text_char(&t, ']');
	if (t.is_cut)
		return err_set(err, -EINVAL, "syslog: structured data has more than %d bytes",
			       SLOG_SD_MAX);
	*t.at = '\0';
	return 0;
}

/* With microseconds: the RFC allows no more. */
static void put_time(char *buf, size_t cap, int64_t ns)
{
	time_t second = (time_t)(ns / NS_PER_S);
	struct tm tm;
	size_t n;

	if (ns <= 0 || !gmtime_r(&second, &tm)) {
		(void)snprintf(buf, cap, "-");
		return;
	}
	n = strftime(buf, cap, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(buf + n, cap - n, ".%06dZ", (int)(ns % NS_PER_S / 1000)); /* fits */
}

size_t slog_header(char *buf, const struct slog_form *form, const struct batch_item *item,
		   uint32_t sequence)
{
	const struct event_def *def = event_def_find(item->event);
	int severity = item->is_urgent ? form->urgent_severity : form->severity;
	char time[40], pid[16] = "-";
	int n;

	put_time(time, sizeof(time), item->time_ns);
	if (form->pid)
		(void)snprintf(pid, sizeof(pid), "%u", form->pid);
	/* The names of events are short: MSGID has at most 32 bytes. */
	n = snprintf(buf, SLOG_HEADER_MAX, "<%d>1 %s %s %s %s %.32s [meta sequenceId=\"%u\"]%s ",
		     form->facility * SEVERITIES + severity, time, form->host[0] ? form->host : "-",
		     form->app[0] ? form->app : "-", pid, def ? def->name : "-", sequence,
		     form->sd);
	return (size_t)n; /* all parts together are shorter than that */
}
