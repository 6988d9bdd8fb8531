/* SPDX-License-Identifier: Apache-2.0 */
/* stream: live events of a running engine, over its status socket. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/encode/json.h"
#include "engine/encode/table.h"
#include "engine/now.h"
#include "engine/options.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/compact.h"
#include "tools/live_client.h"

enum format { FORMAT_COMPACT, FORMAT_TABLE, FORMAT_JSON };
enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct stream_options {
	struct options_about about;
	struct lclient_options live;
	unsigned int format; /* enum format */
	unsigned int colour; /* enum colour */
	bool parse_arguments;
	uint64_t count; /* OPTIONS_NONE: for ever */
	uint64_t duration_ns;
};

/* clang-format off */
static const struct options_row rows[] = {
	LCLIENT_ROWS(struct stream_options),
	{ "count", 'n', OPTIONS_NUMBER(struct stream_options, count), "N", NULL, NULL, 0, "End",
	  "end after so many events" },
	{ "duration", 'd', OPTIONS_DURATION(struct stream_options, duration_ns), "TIME", "0", NULL, 0,
	  "End", "end after this time, such as 10s or 5m; 0: never" },
	{ "format", 'f', OPTIONS_WORD(struct stream_options, format), "FORMAT", "compact",
	  "compact|table|json", 0, "Output", "how events are shown" },
	{ "parse-arguments", 0, OPTIONS_FLAG(struct stream_options, parse_arguments), NULL, NULL,
	  NULL, 0, "Output", "numbers as names; 'compact' does it always" },
	{ "color", 0, OPTIONS_WORD(struct stream_options, colour), "WHEN", "auto",
	  "auto|always|never", 0, "Output", "colours in 'compact'; auto: on a terminal" },
	OPTIONS_ABOUT_ROWS(struct stream_options, about),
};
/* clang-format on */

struct stream {
	const struct stream_options *opt;
	struct lclient client;
	struct table table;
	bool is_coloured;
	uint64_t n_events;
	uint64_t end_ns; /* 0: never */
	char out[JSON_EVENT_MAX];
};

static volatile sig_atomic_t is_stopped;

static void stop(int signal)
{
	(void)signal;
	is_stopped = 1;
}

/* So that what is buffered is still written. */
static void take_signals(void)
{
	struct sigaction action = { .sa_handler = stop }; /* no SA_RESTART: poll() ends */

	(void)sigaction(SIGINT, &action, NULL); /* cannot fail for these signals */
	(void)sigaction(SIGTERM, &action, NULL);
}

/* Quotes in values are escaped: this can only be the key. */
static bool is_about_losses(const char *line, size_t len)
{
	static const char key[] = ",\"eventName\":\"lost_events\"";

	return memmem(line, len, key, sizeof(key) - 1) != NULL;
}

static void show(struct stream *s, const char *line, size_t len)
{
	size_t n;

	switch ((enum format)s->opt->format) {
	case FORMAT_COMPACT:
		n = compact_event(s->out, sizeof(s->out), line, len, s->is_coloured);
		(void)fwrite(s->out, 1, n, stdout); /* checked after the batch, as all others */
		break;
	case FORMAT_TABLE:
		n = table_event(&s->table, s->out, sizeof(s->out), line, len);
		(void)fwrite(s->out, 1, n, stdout);
		break;
	case FORMAT_JSON:
		(void)fwrite(line, 1, len, stdout);
		break;
	}
	/* Losses are told, not asked for. */
	s->n_events += !is_about_losses(line, len);
}

static bool is_done(const struct stream *s)
{
	return is_stopped || s->n_events >= s->opt->count ||
	       (s->end_ns && now_boot_ns() >= s->end_ns);
}

/* What there is. 0, or negative errno. */
static int take(struct stream *s)
{
	const char *line;
	size_t len;
	long n = lclient_read(&s->client);

	while (n > 0 && s->n_events < s->opt->count && (line = lclient_line(&s->client, &len)))
		show(s, line, len);
	if (lclient_flush() < 0)
		return -EPIPE;
	return n < 0 ? (int)n : 0;
}

static int wait_ms(const struct stream *s)
{
	uint64_t now_ns = now_boot_ns(), left_ms;

	if (!s->end_ns)
		return -1;
	left_ms = now_ns < s->end_ns ? (s->end_ns - now_ns) / NOW_NS_PER_MS + 1 : 0;
	return left_ms < INT32_MAX ? (int)left_ms : INT32_MAX;
}

static int follow(struct stream *s)
{
	struct pollfd pfds[] = { { .fd = s->client.fd, .events = POLLIN },
				 { .fd = STDOUT_FILENO } }; /* a reader that goes is noticed */
	const char *line;
	size_t len;
	int rc = 0;

	/* What came with the greeting. */
	while (s->n_events < s->opt->count && (line = lclient_line(&s->client, &len)))
		show(s, line, len);
	while (rc == 0 && !is_done(s)) {
		if (poll(pfds, ARRAY_LEN(pfds), wait_ms(s)) < 0 && errno != EINTR)
			return -errno;
		if (pfds[1].revents & POLLERR)
			return -EPIPE;
		if (pfds[0].revents)
			rc = take(s);
		pfds[0].revents = 0;
	}
	return rc;
}

static void begin(struct stream *s)
{
	size_t len;

	s->is_coloured = s->opt->colour == COLOUR_ALWAYS ||
			 (s->opt->colour == COLOUR_AUTO && columns_coloured(stdout));
	s->end_ns = s->opt->duration_ns ? now_boot_ns() + s->opt->duration_ns : 0;
	if (s->opt->format != FORMAT_TABLE)
		return;
	s->table.opt.containers = TABLE_CONTAINERS_ID;
	len = table_header(&s->table, s->out, sizeof(s->out));
	(void)fwrite(s->out, 1, len, stdout);
	(void)fflush(stdout); /* take() checks */
}

static int stream(const struct command_call *call)
{
	static struct stream s; /* large */
	bool is_parsed;
	struct err err = { 0 };
	int rc;

	s.opt = call->options;
	is_parsed = s.opt->parse_arguments || s.opt->format == FORMAT_COMPACT;
	take_signals();
	rc = lclient_open(&s.client, LIVE_STREAM, &s.opt->live,
			  is_parsed ? "parse-arguments\n" : "", &err);
	if (rc == 0) {
		begin(&s);
		rc = follow(&s);
		if (rc < 0 && rc != -EPIPE)
			(void)err_set(&err, rc, "engine has ended (%s)", err_name(rc));
	}
	lclient_close(&s.client);
	return lclient_exit_code(rc, &err);
}

const struct command command_stream = {
	.program = {
		.name = COMMAND_PREFIX "stream",
		.synopsis = "[OPTION...]",
		.summary = "show the events of the running engine as they come",
		.description =
			"Connects to the status socket of an engine that runs, and shows events "
			"until Ctrl-C. What is shown is what the running policies select, in all "
			"its outputs' words: the options narrow that down and cannot add to it. "
			"Lists, scopes and filters are those of 'warder run --events' and "
			"'--scope'; the engine evaluates them. All that is given must hold.\n\n"
			"Who reads too slowly loses events, and only its own: neither the engine "
			"nor its outputs wait. How many is said by 'lost_events' of the class "
			"'stream'; those of other classes were lost before. They are shown "
			"whatever was asked for, and not counted by --count.\n\n"
			"A line of 'compact' is the time, the program and its process id on the "
			"host, pod or container, '->', the event, its arguments, what it returned, "
			"and the policies that wanted it. 'json' is what the engine's own outputs "
			"say; 'table' is Tracee's table.\n\n"
			"The exit code is 1 when no engine answers, or it ends.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct stream_options),
	.main = stream,
};
