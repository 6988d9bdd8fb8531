/* SPDX-License-Identifier: Apache-2.0 */
/* top: who makes the most events right now, as a running engine counts them. */
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/now.h"
#include "engine/options.h"
#include "tools/command.h"
#include "tools/live_client.h"
#include "tools/screen.h"
#include "tools/top_view.h"

#define ANSWER_NS (5 * NOW_NS_PER_S) /* the engine may take */

struct top_options {
	struct options_about about;
	struct lclient_options live;
	unsigned int what; /* enum topv_what */
	uint64_t interval_ns, rows;
	bool once, json;
};

/* clang-format off */
static const struct options_row rows[] = {
	LCLIENT_ROWS(struct top_options),
	{ "by", 'b', OPTIONS_WORD(struct top_options, what), "WHAT", "processes", TOPV_WORDS, 0,
	  "Output", "what is listed first; the key 's' goes on to the next" },
	{ "interval", 'i', OPTIONS_DURATION(struct top_options, interval_ns), "TIME", "1s", NULL, 0,
	  "Output", "between two lists, 100ms at least" },
	{ "rows", 'n', OPTIONS_NUMBER(struct top_options, rows), "N", "64", NULL, LIVE_ROWS_MAX,
	  "Output", "rows of a list at most; a screen may have room for less" },
	{ "once", '1', OPTIONS_FLAG(struct top_options, once), NULL, NULL, NULL, 0, "Output",
	  "one list, after one interval" },
	{ "json", 'j', OPTIONS_FLAG(struct top_options, json), NULL, NULL, NULL, 0, "Output",
	  "all lists as the engine's document, one line each interval" },
	OPTIONS_ABOUT_ROWS(struct top_options, about),
};
/* clang-format on */

struct top {
	const struct top_options *opt;
	struct lclient client;
	enum topv_what what;
	bool is_screen, is_paused, is_over;
	uint64_t next_ns;  /* when to ask */
	uint64_t asked_ns; /* 0: no answer is waited for */
	json_t *document;  /* the latest; owned, NULL: none */
	int rc;
};

/* --- What is shown. --- */

static void print_keys(const struct screen_size *size)
{
	static const char keys[] = "q quit  s switch list  p pause";

	printf("%.*s\033[K", (int)size->columns, keys);
}

static int draw(struct top *t)
{
	const struct screen_size size = screen_size();
	const struct topv_size room = { size.columns, size.lines > 1 ? size.lines - 1 : 1 };
	int rc;

	if (!t->document)
		return 0;
	screen_home();
	rc = topv_print(stdout, t->document, t->what, &room, true);
	if (t->is_paused)
		printf("%.*s\033[K", (int)size.columns, "paused; p goes on");
	else
		print_keys(&size);
	screen_clear_below();
	return rc;
}

static int draw_again(struct top *t)
{
	int rc = draw(t);

	return rc < 0 ? rc : lclient_flush();
}

static int print(struct top *t, const char *line, size_t len)
{
	const struct topv_size all = { 0 };

	if (t->is_screen)
		return draw(t);
	if (!t->opt->json)
		return topv_print(stdout, t->document, t->what, &all, false);
	(void)fwrite(line, 1, len, stdout); /* take() checks */
	return 0;
}

/* --- The engine. --- */

static void ask(struct top *t, uint64_t now_ns)
{
	if (t->asked_ns || t->is_paused || now_ns < t->next_ns)
		return;
	t->rc = lclient_next(&t->client);
	t->asked_ns = now_ns;
	t->next_ns = now_ns + t->opt->interval_ns;
}

static void take(struct top *t)
{
	const char *line;
	size_t len;
	long n = lclient_read(&t->client);

	if (n < 0)
		t->rc = (int)n;
	while (n > 0 && !t->is_over && (line = lclient_line(&t->client, &len))) {
		t->asked_ns = 0;
		json_decref(t->document);
		t->document = json_loadb(line, len, 0, NULL);
		t->rc = t->document ? print(t, line, len) : -EBADMSG;
		t->is_over = t->rc < 0 || t->opt->once;
	}
	if (lclient_flush() < 0)
		t->rc = -EPIPE;
}

/* --- Keys. --- */

static void press(struct top *t, int key)
{
	switch (key) {
	case 'q':
	case -1:
		t->is_over = true;
		return;
	case 's':
		t->what = (t->what + 1) % TOPV_WHATS;
		break;
	case 'p':
		t->is_paused = !t->is_paused;
		break;
	default:
		return;
	}
	t->rc = draw_again(t);
}

static void take_keys(struct top *t, short events)
{
	int key;

	while (t->rc == 0 && !t->is_over && (key = screen_key()) != 0)
		press(t, key);
	if (events & (POLLHUP | POLLERR))
		t->is_over = true;
}

static int wait_ms(const struct top *t, uint64_t now_ns)
{
	uint64_t at_ns = t->asked_ns ? t->asked_ns + (uint64_t)ANSWER_NS : t->next_ns;

	if (t->is_paused && !t->asked_ns)
		return -1;
	return at_ns > now_ns ? (int)((at_ns - now_ns) / NOW_NS_PER_MS) + 1 : 0;
}

static void step(struct top *t)
{
	struct pollfd pfds[] = { { .fd = t->client.fd, .events = POLLIN },
				 { .fd = t->is_screen ? STDIN_FILENO : -1, .events = POLLIN },
				 { .fd = screen_change_fd(), .events = POLLIN } };
	uint64_t now_ns = now_boot_ns();

	ask(t, now_ns);
	if (t->rc < 0)
		return;
	if (t->asked_ns && now_ns - t->asked_ns > (uint64_t)ANSWER_NS) {
		t->rc = -ETIMEDOUT;
		return;
	}
	if (poll(pfds, ARRAY_LEN(pfds), wait_ms(t, now_ns)) < 0) {
		t->rc = errno == EINTR ? 0 : -errno;
		return;
	}
	if (screen_has_changed())
		t->rc = draw_again(t);
	if (t->rc < 0)
		return;
	if (pfds[0].revents)
		take(t);
	if (pfds[1].revents)
		take_keys(t, pfds[1].revents);
}

static int watch(struct top *t, struct err *err)
{
	t->is_screen = !t->opt->once && !t->opt->json && screen_is_there();
	if (t->is_screen && screen_begin(err) < 0)
		return err->code;
	t->next_ns = now_boot_ns() + t->opt->interval_ns;
	while (t->rc == 0 && !t->is_over)
		step(t);
	if (t->is_screen)
		screen_end();
	if (t->rc < 0 && t->rc != -EPIPE)
		return err_set(err, t->rc, "engine has ended (%s)", err_name(t->rc));
	return t->rc;
}

static int top(const struct command_call *call)
{
	struct top t = { .opt = call->options, .client = { .fd = -1 } };
	struct err err = { 0 };
	char more[32];
	int rc;

	if (t.opt->rows == 0 || t.opt->interval_ns < 100 * (uint64_t)NOW_NS_PER_MS) {
		log_error("option '--%s' expects at least %s", t.opt->rows ? "interval" : "rows",
			  t.opt->rows ? "100ms" : "1");
		return EXIT_CODE_USAGE;
	}
	t.what = t.opt->what;
	(void)snprintf(more, sizeof(more), "rows %u\n", (unsigned int)t.opt->rows); /* fits */
	rc = lclient_open(&t.client, LIVE_TOP, &t.opt->live, more, &err);
	if (rc == 0)
		rc = watch(&t, &err);
	lclient_close(&t.client);
	json_decref(t.document);
	return lclient_exit_code(rc, &err);
}

const struct command command_top = {
	.program = {
		.name = COMMAND_PREFIX "top",
		.synopsis = "[OPTION...]",
		.summary = "show who makes the most events right now",
		.description =
			"Asks a running engine, at its status socket, to count the events that its "
			"policies select, and lists which processes, executables, containers and "
			"events they are most often. The options narrow that down as for 'warder "
			"stream'. The engine counts only while somebody looks on, in memory that "
			"does not grow; of more processes than it has room for, the rarest may be "
			"missing.\n\n"
			"On a terminal the list is renewed each interval: 's' switches to the "
			"next list, 'p' pauses, 'q' quits. Otherwise, or with --once, it is "
			"printed as text, one list each interval.\n\n"
			"The exit code is 1 when no engine answers, or it ends.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct top_options),
	.main = top,
};
