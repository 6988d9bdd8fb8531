/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

/* Written by log_init(), read by every thread that logs. Relaxed throughout: a line at the moment
 * of a change may still go by the old one, and nothing else depends on them. */
static const char *_Atomic log_program = "warder";
static _Atomic enum log_level log_limit = LOG_INFO;

static const char *const level_names[LOG_LEVELS] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

void log_init(const char *program, enum log_level level)
{
	atomic_store_explicit(&log_program, program, memory_order_relaxed);
	atomic_store_explicit(&log_limit, level, memory_order_relaxed);
}

int log_level_parse(const char *name, enum log_level *ret_level)
{
	if (strcmp(name, "warn") == 0)
		name = "warning";
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Control characters in user text must not reach a terminal. */
static void neutralise(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void log_line(enum log_level level, const char *fmt, ...)
{
	const char *program = atomic_load_explicit(&log_program, memory_order_relaxed);
	static _Thread_local char last[768];
	static _Thread_local unsigned int n_repeats;
	char text[sizeof(last)];
	char line[sizeof(text) + 128];
	va_list ap;
	int n;

	if (level > atomic_load_explicit(&log_limit, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a cut line is still one */
	va_end(ap);
	neutralise(text);
	if (strcmp(text, last) == 0) {
		n_repeats++;
		return;
	}
	if (n_repeats > 0) {
		n = snprintf(line, sizeof(line), "%s: info: last message repeated %u times\n",
			     program, n_repeats);
		(void)!write(STDERR_FILENO, line, (size_t)n); /* nowhere to report it to */
		n_repeats = 0;
	}
	memcpy(last, text, sizeof(last));
	n = snprintf(line, sizeof(line), "%s: %s: %s\n", program, level_names[level], text);
	(void)!write(STDERR_FILENO, line, (size_t)n); /* nowhere to report it to */
}
