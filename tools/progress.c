/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CLEAR_LINE "\r\033[K"

int progress_open(struct progress *p, const char *what, bool quiet, int *ret_write_fd,
		  struct err *err)
{
	int fds[2];

	*p = (struct progress){
		.in_fd = -1, .terminal = isatty(STDERR_FILENO), .quiet = quiet, .what = what
	};
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, -errno, "progress: no pipe (%s)", err_name(errno));
	p->in_fd = fds[0];
	*ret_write_fd = fds[1];
	return 0;
}

static void format_bytes(char *out, size_t cap, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t i = 0;

	for (; value >= 1024 && i + 1 < sizeof(units) / sizeof(units[0]); i++)
		value /= 1024;
	(void)snprintf(out, cap, i == 0 ? "%.0f %s" : "%.1f %s", value, units[i]); /* short */
}

void progress_format(const struct progress *p, char *out, size_t cap)
{
	double seconds = (double)p->elapsed_ns / 1e9;
	char bytes[32], done[16] = "";

	format_bytes(bytes, sizeof(bytes), p->n_bytes);
	if (p->total_bytes > 0 && p->n_bytes <= p->total_bytes)
		(void)snprintf(done, sizeof(done), " (%.0f %%)", /* at most 100 */
			       100.0 * (double)p->n_bytes / (double)p->total_bytes);
	(void)snprintf(out, cap, "%s %" PRIu64 " records, %.0f/s, %" PRIu64 " lost, %s%s, %.1f s",
		       p->what, p->n_records, seconds > 0 ? (double)p->n_records / seconds : 0.0,
		       p->n_lost, bytes, done, seconds);
}

static void take_line(struct progress *p, const char *line)
{
	uint64_t records, lost, bytes, elapsed;

	if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &records, &lost, &bytes,
		   &elapsed) != 4)
		return; /* of a newer engine, perhaps; the next one may do */
	p->n_records = records;
	p->n_lost = lost;
	p->n_bytes = bytes;
	p->elapsed_ns = elapsed;
	p->seen = true;
}

static void take_lines(struct progress *p)
{
	char *at = p->buf, *end;

	while ((end = memchr(at, '\n', p->len - (size_t)(at - p->buf))) != NULL) {
		*end = '\0';
		take_line(p, at);
		at = end + 1;
	}
	p->len -= (size_t)(at - p->buf);
	memmove(p->buf, at, p->len);
	if (p->len == sizeof(p->buf))
		p->len = 0; /* no line is that long */
}

bool progress_read(void *arg)
{
	struct progress *p = arg;
	char text[192];
	ssize_t n;

	while ((n = read(p->in_fd, p->buf + p->len, sizeof(p->buf) - p->len)) > 0) {
		p->len += (size_t)n;
		take_lines(p);
	}
	if (p->terminal && !p->quiet && p->seen) {
		progress_format(p, text, sizeof(text));
		fprintf(stderr, CLEAR_LINE "%s", text);
	}
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

void progress_close(struct progress *p)
{
	char text[192];

	if (p->in_fd < 0)
		return;
	if (!p->quiet && p->seen) {
		progress_format(p, text, sizeof(text));
		fprintf(stderr, "%s%s\n", p->terminal ? CLEAR_LINE : "", text);
	}
	(void)close(p->in_fd);
	p->in_fd = -1;
}
