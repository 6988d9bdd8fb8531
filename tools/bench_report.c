/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_report.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_audit.h"
#include "tools/columns.h"

#define TABLES_MAX 8
#define CELL_MAX 64 /* bytes of a number */

struct bench_table {
	struct bench_report *report; /* borrowed: it owns us */
	const char *title, *key;
	const struct bench_column *columns;
	size_t n_columns;
	json_t *rows;            /* owned: the document's array */
	struct columns *printed; /* owned: the same for people */
};

struct bench_report {
	json_t *doc;   /* owned; the tables' arrays are in it too */
	json_t *notes; /* borrowed from doc */
	struct bench_table *tables[TABLES_MAX];
	size_t n_tables;
	bool failed; /* memory was short */
};

static void set(struct bench_report *r, const char *key, json_t *value)
{
	if (json_object_set_new(r->doc, key, value) < 0)
		r->failed = true;
}

static void add_machine(struct bench_report *r)
{
	int audit = bench_audit_enabled();
	struct utsname uts;

	set(r, "version", json_string(WARDER_VERSION));
	set(r, "kernel", uname(&uts) < 0 ? json_null() : json_string(uts.release));
	set(r, "n_cpus", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
	set(r, "audit_enabled", audit < 0 ? json_null() : json_boolean(audit));
	r->notes = json_array();
	set(r, "notes", r->notes);
	/* Once enabled, tasks are given an audit context for the rest of their life. */
	if (audit > 0)
		breport_note(r, "kernel auditing is enabled: every system call here costs about "
				"95 ns more than without it, until 'auditctl -e 0' and a reboot");
}

struct bench_report *breport_new(const char *name)
{
	struct bench_report *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->doc = json_object();
	if (!r->doc) {
		free(r);
		return NULL;
	}
	set(r, "bench", json_string(name));
	add_machine(r);
	return r;
}

static void table_free(struct bench_table *t)
{
	json_decref(t->rows);
	columns_free(t->printed);
	free(t);
}

void breport_free(struct bench_report *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->n_tables; i++)
		table_free(r->tables[i]);
	json_decref(r->doc);
	free(r);
}

static struct columns *printed_columns(const struct bench_column *columns, size_t n)
{
	const char *headings[COLUMNS_MAX];
	unsigned int n_headings = 0;

	for (size_t i = 0; i < n && n_headings < COLUMNS_MAX; i++)
		if (columns[i].heading)
			headings[n_headings++] = columns[i].heading;
	return columns_new(n_headings, headings);
}

struct bench_table *breport_table(struct bench_report *r, const char *title, const char *key,
				  const struct bench_column *columns, size_t n_columns)
{
	struct bench_table *t = NULL;

	if (r->n_tables < TABLES_MAX)
		t = calloc(1, sizeof(*t));
	if (!t) {
		r->failed = true;
		return NULL;
	}
	*t = (struct bench_table){
		.report = r,
		.title = title,
		.key = key,
		.columns = columns,
		.n_columns = n_columns,
		.rows = json_array(),
		.printed = printed_columns(columns, n_columns),
	};
	if (!t->rows || !t->printed || json_object_set(r->doc, key, t->rows) < 0) {
		r->failed = true;
		table_free(t);
		return NULL;
	}
	r->tables[r->n_tables++] = t;
	return t;
}

static json_t *cell_json(const struct bench_column *column, const struct bench_cell *cell)
{
	if (column->kind == BENCH_TEXT)
		return cell->text ? json_string(cell->text) : json_null();
	if (!isfinite(cell->number))
		return json_null();
	if (column->kind == BENCH_REAL || column->kind == BENCH_RATE)
		return json_real(cell->number);
	return json_integer((json_int_t)cell->number);
}

/* "1.23 M" */
static void format_rate(double rate, char text[static CELL_MAX])
{
	if (rate >= 1e6)
		(void)snprintf(text, CELL_MAX, "%.2f M", rate / 1e6); /* fits */
	else if (rate >= 1e4)
		(void)snprintf(text, CELL_MAX, "%.1f k", rate / 1e3); /* fits */
	else
		(void)snprintf(text, CELL_MAX, "%.0f", rate); /* fits */
}

static const char *cell_text(const struct bench_column *column, const struct bench_cell *cell,
			     char text[static CELL_MAX])
{
	double number = cell->number;

	if (column->kind == BENCH_TEXT)
		return cell->text ? cell->text : "";
	if (!isfinite(number))
		return "-";
	if (column->kind == BENCH_RATE)
		format_rate(number, text);
	else if (column->kind == BENCH_BYTES)
		(void)snprintf(text, CELL_MAX, "%.1f", number / (1 << 20)); /* fits */
	else if (column->kind == BENCH_REAL && fabs(number) < 1000)
		(void)snprintf(text, CELL_MAX, fabs(number) < 10 ? "%.2f" : "%.1f", number);
	else
		(void)snprintf(text, CELL_MAX, "%.0f", number); /* fits */
	return text;
}

void breport_row(struct bench_table *t, const struct bench_cell *cells)
{
	char texts[COLUMNS_MAX][CELL_MAX];
	const char *printed[COLUMNS_MAX] = { NULL };
	unsigned int n = 0;
	json_t *row;

	if (!t)
		return;
	row = json_object();
	for (size_t i = 0; i < t->n_columns; i++) {
		const struct bench_column *column = &t->columns[i];

		if (column->heading && n < COLUMNS_MAX) {
			printed[n] = cell_text(column, &cells[i], texts[n]);
			n++;
		}
		if (column->key &&
		    json_object_set_new(row, column->key, cell_json(column, &cells[i])) < 0)
			t->report->failed = true;
	}
	if (json_array_append_new(t->rows, row) < 0 || columns_add(t->printed, printed) < 0)
		t->report->failed = true;
}

void breport_note(struct bench_report *r, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		r->failed = true;
		return;
	}
	if (json_array_append_new(r->notes, json_string(text)) < 0)
		r->failed = true;
	free(text);
}

static void print_text(const struct bench_report *r, FILE *out)
{
	const json_t *kernel = json_object_get(r->doc, "kernel");
	const json_t *note;
	size_t i;

	fprintf(out, "warder " WARDER_VERSION ", kernel %s, %" JSON_INTEGER_FORMAT " CPUs\n",
		json_is_string(kernel) ? json_string_value(kernel) : "-",
		json_integer_value(json_object_get(r->doc, "n_cpus")));
	for (i = 0; i < r->n_tables; i++) {
		fputc('\n', out);
		columns_title(out, r->tables[i]->title);
		columns_print(r->tables[i]->printed, out);
	}
	json_array_foreach(r->notes, i, note)
		fprintf(out, "%snote: %s\n", i == 0 ? "\n" : "", json_string_value(note));
}

int breport_print(struct bench_report *r, FILE *out, bool json)
{
	if (r->failed)
		return -ENOMEM;
	if (!json) {
		print_text(r, out);
		return 0;
	}
	if (json_dumpf(r->doc, out, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) < 0 && !ferror(out))
		return -ENOMEM;
	fputc('\n', out);
	return 0;
}
