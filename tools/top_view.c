/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/top_view.h"

#include <errno.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define CELL_MAX 192 /* bytes of one that was formatted */
#define BOLD "\033[1m"
#define PLAIN "\033[0m"
#define CLEAR_BEHIND "\033[K"
#define ID_SHOWN 12

struct column {
	const char *heading;
	int width;       /* negative: to the left */
	const char *key; /* NULL: the rate, or the share */
	bool is_share;
};

/* clang-format off */
#define RATE { "EVENTS/S", 10, NULL, false }, { "SHARE", 6, NULL, true }
static const struct view {
	const char *name, *key;
	struct column columns[7];
} views[TOPV_WHATS] = {
	[TOPV_PROCESSES] = { "processes", "processes", {
		RATE, { "PID", 8, "pid", false }, { "UID", 6, "uid", false },
		{ "COMMAND", -16, "comm", false }, { "CONTAINER", -ID_SHOWN, "container", false },
		{ "EXECUTABLE", 0, "executable", false } } },
	[TOPV_EXECUTABLES] = { "executables", "executables", {
		RATE, { "EXECUTABLE", 0, "path", false } } },
	[TOPV_CONTAINERS] = { "containers", "containers", {
		RATE, { "CONTAINER", -ID_SHOWN, "id", false }, { "NAME", -24, "name", false },
		{ "NAMESPACE", -16, "namespace", false }, { "POD", -32, "pod", false },
		{ "IMAGE", 0, "image", false } } },
	[TOPV_EVENTS] = { "events", "by_event", {
		RATE, { "EVENT", 0, "event", false } } },
};
/* clang-format on */

const char *topv_name(enum topv_what what)
{
	return views[what].name;
}

static double number(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

/* --- Lines. --- */

struct page {
	FILE *out;
	unsigned int columns, lines; /* UINT_MAX: no limit */
	bool is_screen;
};

/* A terminal would obey it: C0, DEL; C1, which is two bytes of UTF-8. */
static bool is_acting(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;

	return byte[0] < 0x20 || byte[0] == 0x7f ||
	       (byte[0] == 0xc2 && byte[1] >= 0x80 && byte[1] < 0xa0);
}

/* As much of the line as the page is wide. */
static void put_line(struct page *p, const char *text, bool is_bold)
{
	unsigned int n = 0;

	if (p->lines == 0)
		return;
	p->lines--;
	fputs(p->is_screen && is_bold ? BOLD : "", p->out);
	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80 && n++ == p->columns)
			break;
		if (is_acting(text)) {
			fputc('?', p->out);
			text += (unsigned char)*text == 0xc2;
		} else {
			fputc(*text, p->out);
		}
	}
	fputs(p->is_screen && is_bold ? PLAIN : "", p->out);
	fputs(p->is_screen ? CLEAR_BEHIND "\n" : "\n", p->out);
}

static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* The cell, cut to its column but for the last one, which takes what is left. */
static void put_cell(FILE *line, const struct column *c, const char *text)
{
	size_t room = (size_t)abs(c->width), have = width_of(text);

	if (c->width == 0) {
		fputs(text, line);
		return;
	}
	for (; c->width > 0 && have < room; have++)
		fputc(' ', line);
	for (size_t n = 0; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80 && n++ == room)
			break;
		fputc(*text, line);
	}
	for (; c->width < 0 && have < room; have++)
		fputc(' ', line);
	fputs("  ", line);
}

static void format_rate(char buf[static CELL_MAX], double rate)
{
	const char *fmt_unit = rate >= 1e6 ? "M" : rate >= 1e4 ? "k" : "";
	double shown = rate >= 1e6 ? rate / 1e6 : rate >= 1e4 ? rate / 1e3 : rate;

	(void)snprintf(buf, CELL_MAX, "%.*f%s", *fmt_unit || rate < 100 ? 1 : 0, shown, /* fits */
		       fmt_unit);
}

static const char *cell_text(const struct column *c, const json_t *row, const json_t *document,
			     char buf[static CELL_MAX])
{
	double seconds = number(document, "window_ns") / 1e9, all = number(document, "events");
	const json_t *value;

	if (!c->key && c->is_share) {
		(void)snprintf(buf, CELL_MAX, "%.1f%%", /* fits */
			       all > 0 ? 100 * number(row, "count") / all : 0);
		return buf;
	}
	if (!c->key) {
		format_rate(buf, seconds > 0 ? number(row, "count") / seconds : 0);
		return buf;
	}
	value = json_object_get(row, c->key);
	if (json_is_integer(value)) {
		(void)snprintf(buf, CELL_MAX, "%" JSON_INTEGER_FORMAT, /* fits */
			       json_integer_value(value));
		return buf;
	}
	return json_string_length(value) > 0 ? json_string_value(value) : "-";
}

/* `row` NULL: the heading. -ENOMEM. */
static int put_row(struct page *p, const struct view *view, const json_t *row,
		   const json_t *document)
{
	CLEANUP_FREE char *text = NULL;
	char buf[CELL_MAX];
	size_t len;
	FILE *line = open_memstream(&text, &len);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(view->columns) && view->columns[i].heading; i++) {
		const struct column *c = &view->columns[i];

		put_cell(line, c, row ? cell_text(c, row, document, buf) : c->heading);
	}
	if (fclose(line) != 0)
		return -ENOMEM;
	put_line(p, text, !row);
	return 0;
}

static void put_summary(struct page *p, const json_t *document, const struct view *view)
{
	double seconds = number(document, "window_ns") / 1e9;
	char text[256], rate[CELL_MAX];

	format_rate(rate, seconds > 0 ? number(document, "events") / seconds : 0);
	(void)snprintf(text, sizeof(text), /* fits */
		       "warder top: %s events/s of %.0f kinds, %.0f lost; over %.1f s", rate,
		       number(document, "n_events"), number(document, "lost"), seconds);
	put_line(p, text, false);
	(void)snprintf(text, sizeof(text), "busiest %s", view->name); /* fits */
	put_line(p, text, false);
}

int topv_print(FILE *out, const struct json_t *document, enum topv_what what,
	       const struct topv_size *size, bool is_screen)
{
	struct page p = { .out = out,
			  .columns = size->columns ? size->columns : UINT32_MAX,
			  .lines = size->lines ? size->lines : UINT32_MAX,
			  .is_screen = is_screen };
	const json_t *list = json_object_get(document, views[what].key);
	int rc;

	if (!json_is_array(list) || !json_is_number(json_object_get(document, "window_ns")))
		return -EBADMSG;
	put_summary(&p, document, &views[what]);
	rc = put_row(&p, &views[what], NULL, document);
	for (size_t i = 0; rc == 0 && i < json_array_size(list) && p.lines > 0; i++)
		rc = put_row(&p, &views[what], json_array_get(list, i), document);
	return rc;
}
