/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/log_filter.h"

#define TEXT_CAP 768
#define TIME_CAP 96                   /* 30, were the compiler to know */
#define LINE_CAP (6 * TEXT_CAP + 256) /* JSON makes six bytes of one */

/* A message that was shown. */
struct recent {
	enum log_level level;
	char text[TEXT_CAP]; /* "": free */
	unsigned int n;      /* times it came again */
	uint64_t since_ns;   /* CLOCK_MONOTONIC: when it was shown, or counted */
};

/* Read without the lock: a line that is not wanted costs nothing else. Relaxed: a line at the
 * moment of a change may still go by the old one. */
static _Atomic enum log_level log_limit = LOG_INFO;

/* The rest is under the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *log_program = "warder";
static int log_fd = -1; /* -1: stderr */
static char
	*log_path; /* owned; NULL: stderr, or what is no file. Written by the main thread only */
static enum log_format log_form;
static uint64_t log_aggregate_ns;
static struct lfilters log_filters;
static struct recent recents[LOG_RECENT_MAX]; /* without aggregate_ns only the first */

static const char *const level_names[LOG_LEVELS] = {
	[LOG_ERROR] = "error",
	[LOG_WARNING] = "warning",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
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

/* --- Lines ------------------------------------------------------------------------------------ */

/* Control characters in user text must not reach a terminal. */
static void neutralise(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

static void format_time(char buf[static TIME_CAP])
{
	struct timespec ts;
	struct tm tm;

	(void)clock_gettime(CLOCK_REALTIME, &ts); /* cannot fail */
	(void)gmtime_r(&ts.tv_sec, &tm);          /* ... before the year 2^31 */
	(void)snprintf(buf, TIME_CAP, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ",
		       tm.tm_year + 1900, /* fits */
		       tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec);
}

/* Bytes of the UTF-8 character at `s`, which ends in a NUL; 0: it is none. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = s[0] < 0x80   ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong, a surrogate, beyond U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* The inside of a JSON string; `out` has room for six times the text. */
static void json_text(char *out, const char *text)
{
	while (*text) {
		size_t n = utf8_len((const unsigned char *)text);

		if (n == 0) {
			memcpy(out, "\\ufffd", 6);
			out += 6;
			text++;
			continue;
		}
		if (*text == '"' || *text == '\\')
			*out++ = '\\';
		memcpy(out, text, n);
		out += n;
		text += n;
	}
	*out = '\0';
}

/* `n_repeats`: 0 for a message itself. */
static int format_line(char line[static LINE_CAP], enum log_level level, const char *text,
		       unsigned int n_repeats)
{
	char escaped[6 * TEXT_CAP + 1], when[TIME_CAP], repeated[48] = "";

	if (log_form == LOG_JSON) {
		format_time(when);
		json_text(escaped, text);
		if (n_repeats > 0)
			(void)snprintf(repeated, sizeof(repeated), ",\"repeated\":%u", /* fits */
				       n_repeats);
		return snprintf(line, LINE_CAP,
				"{\"time\":\"%s\",\"level\":\"%s\",\"component\":\"%s\","
				"\"msg\":\"%s\"%s}\n",
				when, level_names[level], log_program, escaped, repeated);
	}
	if (log_fd >= 0)
		format_time(when);
	if (n_repeats > 0 && log_aggregate_ns == 0)
		return snprintf(line, LINE_CAP, "%s%s%s: info: last message repeated %u times\n",
				log_fd >= 0 ? when : "", log_fd >= 0 ? " " : "", log_program,
				n_repeats);
	if (n_repeats > 0)
		(void)snprintf(repeated, sizeof(repeated), " (repeated %u times)",
			       n_repeats); /* fits */
	return snprintf(line, LINE_CAP, "%s%s%s: %s: %s%s\n", log_fd >= 0 ? when : "",
			log_fd >= 0 ? " " : "", log_program, level_names[level], text, repeated);
}

static void put(enum log_level level, const char *text, unsigned int n_repeats)
{
	char line[LINE_CAP];
	int n = format_line(line, level, text, n_repeats);

	if (n >= LINE_CAP) {
		n = LINE_CAP;
		line[n - 1] = '\n';
	}
	/* There is nowhere to report it to. */
	(void)!write(log_fd >= 0 ? log_fd : STDERR_FILENO, line, (size_t)n);
}

/* --- Repeats ---------------------------------------------------------------------------------- */

static void put_count(struct recent *r)
{
	if (r->n > 0)
		put(r->level, r->text, r->n);
	r->n = 0;
}

/* What came again within the time is told, and counted on; what did not is forgotten. */
static void put_due(uint64_t now)
{
	for (size_t i = 0; log_aggregate_ns > 0 && i < ARRAY_LEN(recents); i++) {
		struct recent *r = &recents[i];

		if (!r->text[0] || now - r->since_ns < log_aggregate_ns)
			continue;
		if (r->n == 0)
			r->text[0] = '\0';
		put_count(r);
		r->since_ns = now;
	}
}

static void forget_all(void)
{
	for (size_t i = 0; i < ARRAY_LEN(recents); i++) {
		put_count(&recents[i]);
		recents[i].text[0] = '\0';
	}
}

/* True: it is counted instead of shown. */
static bool is_repeat(enum log_level level, const char *text, uint64_t now)
{
	size_t n = log_aggregate_ns > 0 ? ARRAY_LEN(recents) : 1;
	struct recent *oldest = &recents[0];

	for (size_t i = 0; i < n; i++) {
		struct recent *r = &recents[i];

		if (r->text[0] && r->level == level && strcmp(r->text, text) == 0) {
			r->n++;
			return true;
		}
		if (oldest->text[0] && (!r->text[0] || r->since_ns < oldest->since_ns))
			oldest = r;
	}
	put_count(oldest);
	oldest->level = level;
	oldest->since_ns = now;
	memcpy(oldest->text, text, strlen(text) + 1);
	return false;
}

/* --- All -------------------------------------------------------------------------------------- */

void log_init(const char *program, enum log_level level)
{
	(void)pthread_mutex_lock(&lock);
	log_program = program;
	(void)pthread_mutex_unlock(&lock);
	atomic_store_explicit(&log_limit, level, memory_order_relaxed);
}

int log_check(const struct log_settings *settings, struct err *err)
{
	struct lfilters filters;
	int rc = lfilter_read(settings, &filters, err);

	lfilter_done(&filters);
	return rc;
}

int log_set(const struct log_settings *settings, struct err *err)
{
	struct lfilters filters, old;
	char when[TIME_CAP];
	int rc = lfilter_read(settings, &filters, err);

	if (rc < 0) {
		lfilter_done(&filters);
		return rc;
	}
	format_time(when); /* the first time it reads the time zone, which no sandbox allows */
	(void)pthread_mutex_lock(&lock);
	forget_all();
	log_form = settings->format;
	log_aggregate_ns = settings->aggregate_ns;
	old = log_filters;
	log_filters = filters;
	(void)pthread_mutex_unlock(&lock);
	lfilter_done(&old);
	atomic_store_explicit(&log_limit, settings->level, memory_order_relaxed);
	return 0;
}

#define FILE_FLAGS (O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW)

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

/* From here on lines go there. */
static void change_to(int fd)
{
	int old;

	(void)pthread_mutex_lock(&lock);
	old = log_fd;
	log_fd = fd;
	(void)pthread_mutex_unlock(&lock);
	cleanup_fd(&old);
}

int log_to_file(const char *path, uint32_t uid, uint32_t gid, struct err *err)
{
	bool is_new = access(path, F_OK) < 0;
	CLEANUP_FD int fd = open(path, FILE_FLAGS, 0600);

	if (fd < 0 && errno == ELOOP)
		return err_set(err, -ELOOP, "log file '%s' is a symbolic link, expected a file",
			       path);
	if (fd < 0)
		return err_set(err, -errno, "log file '%s' cannot be opened (%s)", path,
			       err_name(errno));
	if (is_new && uid && fchown(fd, uid, gid) < 0)
		return err_set(err, -errno, "log file '%s' cannot be given to uid %u (%s)", path,
			       uid, err_name(errno));
	if (is_file(fd)) {
		log_path = strdup(path);
		if (!log_path)
			return err_set(err, -ENOMEM, "log file '%s': out of memory", path);
	}
	log_flush();
	change_to(TAKE_FD(fd));
	return 0;
}

int log_reopen(struct err *err)
{
	CLEANUP_FD int fd = -1;
	int rc = 0;

	if (!log_path)
		return 0;
	/* Nobody waits here for whatever has taken the file's name. */
	fd = open(log_path, FILE_FLAGS | O_NONBLOCK, 0600);
	if (fd < 0)
		rc = -errno;
	else if (!is_file(fd))
		rc = -EINVAL;
	if (rc < 0)
		return err_set(err, rc, "log file '%s' cannot be opened again (%s)", log_path,
			       err_name(rc));
	change_to(TAKE_FD(fd));
	return 0;
}

char *log_directory(void)
{
	const char *slash = log_path ? strrchr(log_path, '/') : NULL;

	if (!slash)
		return log_path ? strdup(".") : NULL;
	return strndup(log_path, slash == log_path ? 1 : (size_t)(slash - log_path));
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[TEXT_CAP];
	uint64_t now;
	va_list ap;

	if (level > atomic_load_explicit(&log_limit, memory_order_relaxed))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a cut line is still one */
	va_end(ap);
	neutralise(text);
	now = now_ns();
	(void)pthread_mutex_lock(&lock);
	put_due(now);
	if (lfilter_wants(&log_filters, level, text) && !is_repeat(level, text, now))
		put(level, text, 0);
	(void)pthread_mutex_unlock(&lock);
}

int64_t log_tick(void)
{
	uint64_t now = now_ns();
	int64_t next = -1;

	(void)pthread_mutex_lock(&lock);
	put_due(now);
	for (size_t i = 0; log_aggregate_ns > 0 && i < ARRAY_LEN(recents); i++) {
		int64_t left = (int64_t)(recents[i].since_ns + log_aggregate_ns - now);

		if (recents[i].text[0] && recents[i].n > 0 && (next < 0 || left < next))
			next = left;
	}
	(void)pthread_mutex_unlock(&lock);
	return next;
}

void log_flush(void)
{
	(void)pthread_mutex_lock(&lock);
	forget_all();
	(void)pthread_mutex_unlock(&lock);
}
