/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/columns.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BOLD "\033[1m"
#define PLAIN "\033[0m"

struct columns {
	unsigned int n;
	const char *headings[COLUMNS_MAX];
	bool right[COLUMNS_MAX];
	size_t width[COLUMNS_MAX];
	char **cells; /* n per row */
	size_t n_rows, cap_rows;
};

struct columns *columns_new(unsigned int n, const char *const headings[])
{
	struct columns *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->n = n < COLUMNS_MAX ? n : COLUMNS_MAX;
	for (unsigned int i = 0; i < c->n; i++) {
		c->right[i] = headings[i][0] == '>';
		c->headings[i] = headings[i] + c->right[i];
		c->width[i] = strlen(c->headings[i]);
	}
	return c;
}

/* Bytes that begin a character: names from a host may be UTF-8. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* A copy without control characters: what it came from is not ours. */
static char *copy_cell(const char *text)
{
	char *copy = strdup(text ? text : "");

	for (char *c = copy; c && *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return copy;
}

int columns_add(struct columns *c, const char *const cells[])
{
	char **row;

	if (c->n_rows == c->cap_rows) {
		size_t cap = c->cap_rows ? c->cap_rows * 2 : 64;
		char **grown = reallocarray(c->cells, cap * c->n, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		c->cells = grown;
		c->cap_rows = cap;
	}
	row = c->cells + c->n_rows * c->n;
	memset(row, 0, c->n * sizeof(*row));
	c->n_rows++;
	for (unsigned int i = 0; i < c->n; i++) {
		row[i] = copy_cell(cells[i]);
		if (!row[i])
			return -ENOMEM;
		if (width_of(row[i]) > c->width[i])
			c->width[i] = width_of(row[i]);
	}
	return 0;
}

static const char *cell_at(const char *const *cells, unsigned int i)
{
	return cells[i] ? cells[i] : "";
}

/* Nothing behind the last cell that has something in it, no blanks either. */
static void print_line(const struct columns *c, FILE *out, const char *const *cells)
{
	unsigned int n = c->n;

	while (n > 0 && cell_at(cells, n - 1)[0] == '\0')
		n--;
	for (unsigned int i = 0; i < n; i++) {
		const char *cell = cell_at(cells, i);
		int pad = (int)(c->width[i] - width_of(cell));

		if (c->right[i])
			fprintf(out, "%*s%s", pad, "", cell);
		else
			fprintf(out, "%s%*s", cell, i + 1 < n ? pad : 0, "");
		if (i + 1 < n)
			fputs("  ", out);
	}
}

void columns_print(const struct columns *c, FILE *out)
{
	bool coloured = columns_coloured(out);

	fputs(coloured ? BOLD : "", out);
	print_line(c, out, c->headings);
	fputs(coloured ? PLAIN "\n" : "\n", out);
	for (size_t i = 0; i < c->n_rows; i++) {
		print_line(c, out, (const char *const *)c->cells + i * c->n);
		fputc('\n', out);
	}
}

void columns_free(struct columns *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_rows * c->n; i++)
		free(c->cells[i]);
	free(c->cells);
	free(c);
}

bool columns_coloured(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no_color && no_color[0]);
}

void columns_title(FILE *out, const char *text)
{
	bool coloured = columns_coloured(out);

	fprintf(out, "%s%s%s\n", coloured ? BOLD : "", text, coloured ? PLAIN : "");
}
