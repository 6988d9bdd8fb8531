/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/table.h"

#include <time.h>

#include "common/cleanup.h"
#include "engine/encode/document.h"
#include "engine/encode/plain.h"
#include "engine/encode/text.h"

#define NS_PER_S 1000000000LL
#define ID_SHOWN 12U
#define IMAGE_SHOWN 16U
#define EVENT_SHOWN 25U
#define PID_WIDTH 7U

enum when {
	ALWAYS,
	VERBOSE,
	IDS,    /* with containers, and always when verbose */
	IMAGES, /* with enriched containers */
};

struct column {
	const char *title, *title_both; /* the second one: with ids of container and host */
	uint8_t width, when;
	uint8_t key, host_key; /* enum doc_key */
	void (*put)(struct text *t, struct table *table, const struct doc *doc,
		    const struct column *column);
};

/* --- Columns. --- */

/* "15:04:05:" of a second, found out once for all events in it. */
static void set_clock(struct table *table, int64_t second)
{
	struct text t = text_over(table->clock, sizeof(table->clock) - 1);
	time_t when = (time_t)second;
	struct tm tm = { .tm_sec = 0 };

	if (table->clock[0] && table->second == second)
		return;
	if (!(table->opt.relative_time ? gmtime_r(&when, &tm) : localtime_r(&when, &tm)))
		tm = (struct tm){ .tm_sec = 0 };
	text_digits(&t, (uint64_t)tm.tm_hour, 2);
	text_char(&t, ':');
	text_digits(&t, (uint64_t)tm.tm_min, 2);
	text_char(&t, ':');
	text_digits(&t, (uint64_t)tm.tm_sec, 2);
	text_char(&t, ':');
	*t.at = '\0';
	table->second = second;
}

static void put_time(struct text *t, struct table *table, const struct doc *doc,
		     const struct column *column)
{
	int64_t ns = 0, second, rest;

	(void)doc_s64(&doc->keys[column->key], &ns); /* else it is 0 */
	second = ns / NS_PER_S;
	rest = ns % NS_PER_S;
	if (rest < 0) {
		rest += NS_PER_S;
		second--;
	}
	set_clock(table, second);
	text_bytes(t, table->clock, strlen(table->clock));
	text_digits(t, (uint64_t)(rest / 1000), 6);
}

static void put_key(struct text *t, struct table *table, const struct doc *doc,
		    const struct column *column)
{
	(void)table;
	if (doc->keys[column->key].kind != DOC_NONE)
		plain_value(t, &doc->keys[column->key]);
}

/* Takes back all but the first `n` characters of what was written since `start`. */
static void shorten(struct text *t, size_t start, size_t n)
{
	char *p = t->start + start;

	for (; p < t->at; p++)
		if (((uint8_t)*p & 0xc0) != 0x80 && n-- == 0)
			break;
	t->at = p;
}

static void put_container(struct text *t, struct table *table, const struct doc *doc,
			  const struct column *column)
{
	size_t start = text_len(t);

	put_key(t, table, doc, column);
	shorten(t, start, ID_SHOWN);
}

static void put_image(struct text *t, struct table *table, const struct doc *doc,
		      const struct column *column)
{
	size_t start = text_len(t);
	struct doc_value image;

	(void)table;
	if (doc_member(&doc->keys[column->key], "image", 5, &image))
		plain_value(t, &image);
	shorten(t, start, IMAGE_SHOWN);
}

static void put_id(struct text *t, struct table *table, const struct doc *doc,
		   const struct column *column)
{
	size_t start = text_len(t);

	put_key(t, table, doc, column);
	if (table->opt.containers == TABLE_CONTAINERS_OFF)
		return;
	text_pad(t, start, PID_WIDTH);
	text_char(t, '/');
	plain_value(t, &doc->keys[column->host_key]);
}

static void put_event(struct text *t, struct table *table, const struct doc *doc,
		      const struct column *column)
{
	size_t start = text_len(t);

	put_key(t, table, doc, column);
	if (table->opt.is_verbose ||
	    text_width(t->start + start, text_len(t) - start) <= EVENT_SHOWN)
		return;
	shorten(t, start, EVENT_SHOWN - 3);
	TEXT_LITERAL(t, "...");
}

static void put_args(struct text *t, struct table *table, const struct doc *doc,
		     const struct column *column)
{
	struct doc_cursor c = doc_enter(&doc->keys[column->key]);
	struct doc_value key, arg, name, value;
	bool is_first = true;

	(void)table;
	for (; doc_next(&c, &key, &arg); is_first = false) {
		if (!doc_member(&arg, "name", 4, &name))
			continue;
		(void)doc_member(&arg, "value", 5, &value); /* none is shown as nil */
		if (!is_first)
			TEXT_LITERAL(t, ", ");
		plain_value(t, &name);
		TEXT_LITERAL(t, ": ");
		plain_value(t, &value);
	}
}

/* Titles, widths and order are Tracee 0.22's. */
/* clang-format off */
static const struct column columns[] = {
	{ "TIME", NULL, 16, ALWAYS, DOC_TIMESTAMP, 0, put_time },
	{ "UTS_NAME", NULL, 17, VERBOSE, DOC_HOST_NAME, 0, put_key },
	{ "CONTAINER_ID", NULL, 13, IDS, DOC_CONTAINER_ID, 0, put_container },
	{ "IMAGE", NULL, 16, IMAGES, DOC_CONTAINER, 0, put_image },
	{ "MNT_NS", NULL, 12, VERBOSE, DOC_MOUNT_NAMESPACE, 0, put_key },
	{ "PID_NS", NULL, 12, VERBOSE, DOC_PID_NAMESPACE, 0, put_key },
	{ "UID", NULL, 6, ALWAYS, DOC_USER_ID, 0, put_key },
	{ "COMM", NULL, 16, ALWAYS, DOC_PROCESS_NAME, 0, put_key },
	{ "PID", "PID/host", PID_WIDTH, ALWAYS, DOC_PROCESS_ID, DOC_HOST_PROCESS_ID, put_id },
	{ "TID", "TID/host", PID_WIDTH, ALWAYS, DOC_THREAD_ID, DOC_HOST_THREAD_ID, put_id },
	{ "PPID", "PPID/host", PID_WIDTH, VERBOSE, DOC_PARENT_PROCESS_ID,
	  DOC_HOST_PARENT_PROCESS_ID, put_id },
	{ "RET", NULL, 16, ALWAYS, DOC_RETURN_VALUE, 0, put_key },
	{ "EVENT", NULL, 25, ALWAYS, DOC_EVENT_NAME, 0, put_event },
	{ "ARGS", NULL, 0, ALWAYS, DOC_ARGS, 0, put_args },
};
/* clang-format on */

static bool is_shown(const struct table *t, const struct column *column)
{
	switch ((enum when)column->when) {
	case ALWAYS:
		return true;
	case VERBOSE:
		return t->opt.is_verbose;
	case IDS:
		return t->opt.is_verbose || t->opt.containers != TABLE_CONTAINERS_OFF;
	case IMAGES:
		return t->opt.containers == TABLE_CONTAINERS_ENRICHED;
	}
	return true;
}

static size_t width_of(const struct table *t, const struct column *column)
{
	bool is_both = column->title_both && t->opt.containers != TABLE_CONTAINERS_OFF;

	return is_both ? 2 * PID_WIDTH + 1 : column->width;
}

/* Fills the column up, and parts it from the next one. */
static void end_column(struct text *out, const struct table *t, const struct column *column,
		       size_t start)
{
	if (column->width == 0)
		return;
	text_pad(out, start, width_of(t, column));
	text_char(out, ' ');
}

/* Ends the line, for which there is room behind the text's end. */
static size_t end_line(struct text *out)
{
	if (out->is_cut) {
		/* Not in the middle of a character. */
		while (out->at > out->start && ((uint8_t)out->at[-1] & 0x80))
			out->at--;
		memcpy(out->at, "...", 3);
		out->at += 3;
	}
	*out->at++ = '\n';
	return text_len(out);
}

size_t table_header(struct table *t, char *out, size_t cap)
{
	struct text text = text_over(out, cap - sizeof("..."));
	bool is_both = t->opt.containers != TABLE_CONTAINERS_OFF;
	const struct column *column;
	const char *title;
	size_t start;

	tzset();
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		column = &columns[i];
		start = text_len(&text);
		if (!is_shown(t, column))
			continue;
		title = is_both && column->title_both ? column->title_both : column->title;
		text_bytes(&text, title, strlen(title));
		end_column(&text, t, column, start);
	}
	return end_line(&text);
}

size_t table_event(struct table *t, char *out, size_t cap, const char *line, size_t len)
{
	struct text text = text_over(out, cap - sizeof("..."));
	struct doc doc;
	size_t start;

	if (doc_parse(&doc, line, len) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
		start = text_len(&text);
		if (!is_shown(t, &columns[i]))
			continue;
		columns[i].put(&text, t, &doc, &columns[i]);
		end_column(&text, t, &columns[i], start);
	}
	return end_line(&text);
}
