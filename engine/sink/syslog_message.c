/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/syslog_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"
#include "common/event_def.h"

#define NS_PER_S 1000000000LL
#define FACILITIES 24
#define SEVERITIES 8

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
	n = snprintf(buf, SLOG_HEADER_MAX, "<%d>1 %s %s %s %s %.32s [meta sequenceId=\"%u\"] ",
		     form->facility * SEVERITIES + severity, time, form->host[0] ? form->host : "-",
		     form->app[0] ? form->app : "-", pid, def ? def->name : "-", sequence);
	return (size_t)n; /* all parts together are shorter than that */
}
