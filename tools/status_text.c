/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/status_text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/cleanup.h"
#include "tools/columns.h"

#define TEXT_MAX 64 /* of one formatted value */

static const json_t *get(const json_t *object, const char *key)
{
	return json_object_get(object, key);
}

/* The engine is not trusted with our terminal: control characters do not reach it. */
static const char *safe(const char *text, char buf[static TEXT_MAX])
{
	const char *c = text;

	while ((unsigned char)*c >= 0x20 && *c != 0x7f)
		c++;
	if (*c == '\0')
		return text;
	(void)snprintf(buf, TEXT_MAX, "%s", text); /* a cut one is still a hint */
	for (char *b = buf; *b; b++)
		if ((unsigned char)*b < 0x20 || *b == 0x7f)
			*b = '?';
	return buf;
}

/* A value as text: borrowed from the document, or written into `buf`. */
static const char *text_of(const json_t *value, char buf[static TEXT_MAX])
{
	if (json_is_string(value))
		return json_string_value(value)[0] ? safe(json_string_value(value), buf) : "-";
	if (json_is_integer(value)) {
		(void)snprintf(buf, TEXT_MAX, "%" JSON_INTEGER_FORMAT, /* fits */
			       json_integer_value(value));
		return buf;
	}
	if (json_is_boolean(value))
		return json_is_true(value) ? "yes" : "no";
	return "-";
}

static const char *bytes_of(const json_t *value, char buf[static TEXT_MAX])
{
	double bytes = json_number_value(value);

	if (!json_is_number(value))
		return "-";
	if (bytes >= 1 << 20)
		(void)snprintf(buf, TEXT_MAX, "%.1f MiB", bytes / (1 << 20)); /* fits */
	else
		(void)snprintf(buf, TEXT_MAX, "%.1f KiB", bytes / (1 << 10)); /* fits */
	return buf;
}

static const char *time_of(const json_t *value, char buf[static TEXT_MAX])
{
	double seconds = json_number_value(value) / 1e9;
	uint64_t s;

	if (!json_is_number(value) || !(seconds >= 0 && seconds < 1e12))
		return "-";
	s = (uint64_t)seconds;
	if (s >= 3600)
		(void)snprintf(buf, TEXT_MAX, "%" PRIu64 " h %" PRIu64 " min", s / 3600, /* fits */
			       s / 60 % 60);
	else if (s >= 60)
		(void)snprintf(buf, TEXT_MAX, "%" PRIu64 " min %" PRIu64 " s", s / 60, /* fits */
			       s % 60);
	else
		(void)snprintf(buf, TEXT_MAX, "%.1f s", seconds); /* fits */
	return buf;
}

static void print_engine(FILE *out, const json_t *doc)
{
	const json_t *e = get(doc, "engine"), *box = get(e, "sandbox");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX], d[TEXT_MAX];

	columns_title(out, "engine");
	fprintf(out, "  process     pid %s, up %s, %s of CPU, %s resident\n",
		text_of(get(e, "pid"), a), time_of(get(e, "uptime_ns"), b),
		time_of(get(e, "cpu_ns"), c), bytes_of(get(e, "rss_bytes"), d));
	fprintf(out, "  loop        %s", text_of(get(e, "loop"), a));
	if (json_string_length(get(e, "loop_reason")) > 0)
		fprintf(out, " (%s)", text_of(get(e, "loop_reason"), a));
	fprintf(out, "\n  sandbox     uid %s, gid %s, no_new_privs %s, seccomp %s",
		text_of(get(box, "uid"), a), text_of(get(box, "gid"), b),
		text_of(get(box, "no_new_privs"), c), text_of(get(box, "seccomp"), d));
	if (json_integer_value(get(box, "landlock_abi")) > 0)
		fprintf(out, ", landlock abi %s\n", text_of(get(box, "landlock_abi"), a));
	else
		fputs(", no landlock\n", out);
	fprintf(out, "  events      %s delivered, %s records decoded, %s bad\n",
		text_of(get(e, "events_delivered"), a), text_of(get(e, "records_decoded"), b),
		text_of(get(e, "records_bad"), c));
	fprintf(out, "  plan        generation %s",
		text_of(get(get(doc, "plan"), "generation"), a));
	if (json_is_true(get(get(doc, "plan"), "kernel_filters")))
		fprintf(out, ", %s events filtered in the kernel by %s values",
			text_of(get(get(doc, "plan"), "filtered_events"), b),
			text_of(get(get(doc, "plan"), "filter_entries"), c));
	else if (json_is_false(get(get(doc, "plan"), "kernel_filters")))
		fputs(", no kernel filters", out);
	fputc('\n', out);
}

/* What is in force, since when, and why nothing newer is. */
static void print_policies(FILE *out, const json_t *doc)
{
	const json_t *p = get(doc, "policies"), *names = get(get(doc, "engine"), "policies");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX];

	fputs("  policies    ", out);
	for (size_t i = 0; i < json_array_size(names); i++)
		fprintf(out, "%s%s", i ? ", " : "", text_of(json_array_get(names, i), a));
	fputc('\n', out);
	if (!json_is_object(p))
		return; /* an engine before it could reload */
	fprintf(out, "              generation %s, loaded %s ago, %s",
		text_of(get(p, "generation"), a), time_of(get(p, "loaded_ns"), b),
		!json_is_true(get(p, "reloadable")) ? "not from files"
		: json_is_true(get(p, "watched"))   ? "watched"
						    : "not watched");
	fprintf(out, ", %s reloads, %s refused\n", text_of(get(p, "reloads"), a),
		text_of(get(p, "reload_errors"), c));
	if (json_string_length(get(p, "last_error")) > 0)
		fprintf(out, "              refused: %s\n", text_of(get(p, "last_error"), a));
}

static void print_collector(FILE *out, const json_t *doc)
{
	const json_t *c = get(doc, "collector"), *counters = get(c, "counters");
	char a[TEXT_MAX], b[TEXT_MAX], d[TEXT_MAX], e[TEXT_MAX];
	const char *name;
	json_t *value;

	fputc('\n', out);
	columns_title(out, "collector");
	if (!json_is_true(get(c, "connected"))) {
		fputs("  not connected\n", out);
		return;
	}
	fprintf(out, "  process     pid %s, up %s, %s of CPU, %s resident\n",
		text_of(get(c, "pid"), a), time_of(get(c, "uptime_ns"), b),
		time_of(get(c, "cpu_ns"), d), bytes_of(get(c, "rss_bytes"), e));
	if (json_integer_value(get(c, "prog_run_cnt")) > 0)
		fprintf(out, "  programs    %s runs, %.0f ns each\n",
			text_of(get(c, "prog_run_cnt"), a),
			json_number_value(get(c, "prog_run_ns")) /
				json_number_value(get(c, "prog_run_cnt")));
	json_object_foreach((json_t *)(uintptr_t)counters, name, value)
	{
		if (json_integer_value(value) != 0)
			fprintf(out, "  counter     %s: %s\n", safe(name, b), text_of(value, a));
	}
}

/* Attached events by hook, then the blind spots one by one. */
static int print_hooks(FILE *out, const json_t *doc)
{
	static const char *const headings[] = { "EVENT", "WHY NOT", "CODE" };
	CLEANUP_COLUMNS struct columns *blind = columns_new(ARRAY_LEN(headings), headings);
	const json_t *hooks = get(doc, "hooks");
	size_t n = json_array_size(hooks), n_blind = 0;
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX];

	fputc('\n', out);
	columns_title(out, "hooks");
	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(hooks, i);
		const char *hook = text_of(get(row, "hook"), a);
		const char *state = text_of(get(row, "state"), b);
		size_t n_same = 0, before = 0;

		if (strcmp(state, "unavailable") == 0) {
			const char *cells[] = { text_of(get(row, "event"), a),
						text_of(get(row, "reason"), b),
						text_of(get(row, "code"), c) };

			n_blind++;
			if (!blind || columns_add(blind, cells) < 0)
				return -ENOMEM;
			continue;
		}
		/* Rows of one hook and state are counted at the first of them. */
		for (size_t k = 0; k < n; k++) {
			const json_t *other = json_array_get(hooks, k);
			bool same = json_equal(get(other, "hook"), get(row, "hook")) &&
				    json_equal(get(other, "state"), get(row, "state"));

			n_same += same;
			before += same && k < i;
		}
		if (before == 0)
			fprintf(out, "  %-10s  %zu event%s through %s\n", state, n_same,
				n_same == 1 ? "" : "s", hook);
	}
	if (n_blind > 0) {
		fputc('\n', out);
		columns_print(blind, out);
	}
	return 0;
}

/* One table out of an array of objects. `kinds`: b bytes, anything else as it is. */
static int print_table(FILE *out, const json_t *array, const char *title, unsigned int n,
		       const char *const headings[], const char *const keys[], const char *kinds)
{
	CLEANUP_COLUMNS struct columns *c = columns_new(n, headings);

	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *row = json_array_get(array, i);
		char bufs[COLUMNS_MAX][TEXT_MAX];
		const char *cells[COLUMNS_MAX];

		for (unsigned int k = 0; k < n && k < COLUMNS_MAX; k++)
			cells[k] = kinds[k] == 'b' ? bytes_of(get(row, keys[k]), bufs[k])
						   : text_of(get(row, keys[k]), bufs[k]);
		if (!c || columns_add(c, cells) < 0)
			return -ENOMEM;
	}
	fputc('\n', out);
	columns_title(out, title);
	if (json_array_size(array) == 0)
		fputs("  none\n", out);
	else
		columns_print(c, out);
	return 0;
}

static int print_lanes(FILE *out, const json_t *doc)
{
	static const char *const headings[] = { "CLASS", ">GROUP", ">CAPACITY", ">FILL",
						">HIGH", ">LOST",  ">CORRUPT",  ">STALLS" };
	static const char *const keys[] = { "class", "group", "capacity", "fill",
					    "high",  "lost",  "corrupt",  "stalls" };

	return print_table(out, get(doc, "lanes"), "lanes", ARRAY_LEN(keys), headings, keys,
			   "--bbb---");
}

static int print_lost(FILE *out, const json_t *doc)
{
	static const char *const headings[] = { "EVENT", ">COUNT" };
	static const char *const keys[] = { "event", "count" };

	return print_table(out, get(doc, "lost"), "lost", ARRAY_LEN(keys), headings, keys, "--");
}

static int print_sinks(FILE *out, const json_t *doc)
{
	static const char *const headings[] = { "OUTPUT", ">EVENTS", ">BYTES", ">LOST", "ERROR" };
	static const char *const keys[] = { "name", "events", "bytes", "lost", "errno" };

	return print_table(out, get(doc, "sinks"), "outputs", ARRAY_LEN(keys), headings, keys,
			   "--b--");
}

/* What waits in outputs that have a queue, and whether their peers are there. */
static int print_queues(FILE *out, const json_t *doc)
{
	static const char *const headings[] = { "OUTPUT", ">WAITING", ">QUEUE",    ">HIGH",
						">SPOOL", ">OLDEST",  "CONNECTED", "WHY NOT" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);
	const json_t *sinks = get(doc, "sinks");
	bool is_any = false;

	for (size_t i = 0; i < json_array_size(sinks); i++) {
		const json_t *row = json_array_get(sinks, i), *queue = get(row, "queue");
		const json_t *spool = get(row, "spool");
		bool has_spool = json_integer_value(get(spool, "capacity")) > 0;
		char bufs[ARRAY_LEN(headings)][TEXT_MAX];
		const char *cells[] = {
			text_of(get(row, "name"), bufs[0]),
			text_of(get(has_spool ? spool : queue, "events"), bufs[1]),
			bytes_of(get(queue, "bytes"), bufs[2]),
			bytes_of(get(queue, "high"), bufs[3]),
			has_spool ? bytes_of(get(spool, "bytes"), bufs[4]) : "-",
			time_of(get(row, "oldest_ns"), bufs[5]),
			text_of(get(row, "connected"), bufs[6]),
			text_of(get(row, "why"), bufs[7]),
		};

		if (json_integer_value(get(queue, "capacity")) == 0 && !has_spool)
			continue;
		is_any = true;
		if (!c || columns_add(c, cells) < 0)
			return -ENOMEM;
	}
	if (is_any) {
		fputc('\n', out);
		columns_print(c, out);
	}
	return 0;
}

static void print_ready(FILE *out, const json_t *doc)
{
	const json_t *ready = get(doc, "ready");
	const char *text = json_string_value(get(ready, "text"));
	char a[TEXT_MAX];

	if (!json_is_object(ready))
		return; /* an engine that cannot tell */
	fprintf(out, "  ready       %s", text_of(get(ready, "ok"), a));
	/* One line of it is enough here. */
	if (text && text[0])
		fprintf(out, ": %.*s", (int)strcspn(text, "\n"), safe(text, a));
	fputc('\n', out);
}

static void print_live(FILE *out, const json_t *doc)
{
	const json_t *live = get(doc, "live");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX], d[TEXT_MAX];

	if (!json_is_object(live))
		return; /* an engine that shows nothing */
	fputc('\n', out);
	columns_title(out, "looking on");
	fprintf(out, "  %s streams, %s tops, %s events shown, %s missed\n",
		text_of(get(live, "streams"), a), text_of(get(live, "tops"), b),
		text_of(get(live, "events"), c), text_of(get(live, "missed"), d));
}

static void print_match(FILE *out, const json_t *doc)
{
	const json_t *m = get(doc, "match");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX], d[TEXT_MAX];

	if (!json_is_object(m))
		return; /* likewise */
	fprintf(out, "              %s conditions, %s patterns (%s compiled), %s\n",
		text_of(get(m, "predicates"), a), text_of(get(m, "patterns"), b),
		text_of(get(m, "patterns_jit"), c), bytes_of(get(m, "memory_bytes"), d));
}

static void print_process_tree(FILE *out, const json_t *doc)
{
	const json_t *t = get(doc, "process_tree");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX], d[TEXT_MAX], e[TEXT_MAX];

	fputc('\n', out);
	columns_title(out, "process tree");
	fprintf(out, "  %s of %s tasks, %s hits, %s misses, %s evictions\n",
		text_of(get(t, "tasks"), a), text_of(get(t, "capacity"), b),
		text_of(get(t, "hits"), c), text_of(get(t, "misses"), d),
		text_of(get(t, "evictions"), e));
}

static void print_containers(FILE *out, const json_t *doc)
{
	const json_t *t = get(doc, "containers");
	char a[TEXT_MAX], b[TEXT_MAX], c[TEXT_MAX], d[TEXT_MAX], e[TEXT_MAX], f[TEXT_MAX];

	fputc('\n', out);
	columns_title(out, "containers");
	fprintf(out, "  %s containers, %s of %s cgroups, %s hits, %s misses, %s evictions\n",
		text_of(get(t, "containers"), a), text_of(get(t, "cgroups"), b),
		text_of(get(t, "capacity"), c), text_of(get(t, "hits"), d),
		text_of(get(t, "misses"), e), text_of(get(t, "evictions"), f));
}

int status_text_print(FILE *out, const struct json_t *doc)
{
	int rc;

	print_engine(out, doc);
	print_policies(out, doc);
	print_match(out, doc);
	print_ready(out, doc);
	print_collector(out, doc);
	rc = print_hooks(out, doc);
	if (rc == 0)
		rc = print_lanes(out, doc);
	if (rc == 0)
		rc = print_lost(out, doc);
	if (rc == 0)
		rc = print_sinks(out, doc);
	if (rc == 0)
		rc = print_queues(out, doc);
	if (rc == 0)
		print_process_tree(out, doc);
	if (rc == 0)
		print_containers(out, doc);
	if (rc == 0)
		print_live(out, doc);
	return rc;
}
