/* SPDX-License-Identifier: Apache-2.0 */
#include "common/options_text.h"

#include <ctype.h>
#include <string.h>

#include "common/exit_codes.h"

#define HELP_COLUMN 28 /* where the meaning of an option begins */

/* Words of `text` from column `column` on, wrapped; continuation lines begin at `indent`. */
static void print_wrapped(FILE *out, const char *text, int column, int indent)
{
	bool first = true;

	while (*text) {
		int len = (int)strcspn(text, " ");

		if (!first && column + 1 + len > OPTIONS_TEXT_COLUMNS) {
			fprintf(out, "\n%*s", indent, "");
			column = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", len, text);
		column += len + (first ? 0 : 1);
		first = false;
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* The meaning, with what the value may be and is by default. */
static void format_meaning(char *out, size_t cap, const struct options_row *row)
{
	int n = snprintf(out, cap, "%s", row->help);

	if (row->words && n >= 0 && (size_t)n < cap) {
		n += snprintf(out + n, cap - (size_t)n, ": ");
		for (const char *c = row->words; *c && (size_t)n + 3 < cap; c++) {
			out[n++] = *c == '|' ? ',' : *c;
			if (*c == '|')
				out[n++] = ' ';
		}
		out[n] = '\0';
	}
	if (row->standard && n >= 0 && (size_t)n < cap)
		(void)snprintf(out + n, cap - (size_t)n,
			       " (default %s)", /* cut text is still text */
			       row->standard);
}

static void print_row(FILE *out, const struct options_row *row)
{
	char meaning[512];
	int column = row->letter ? fprintf(out, "  -%c, ", row->letter) : fprintf(out, "      ");

	column += fprintf(out, row->arg ? "--%s %s" : "--%s", row->name, row->arg);
	if (column + 2 > HELP_COLUMN)
		column = fprintf(out, "\n") - 1;
	fprintf(out, "%*s", HELP_COLUMN - column, "");
	format_meaning(meaning, sizeof(meaning), row);
	print_wrapped(out, meaning, HELP_COLUMN, HELP_COLUMN);
}

/* The first row of a group prints the heading and the others of it, wherever they stand: a program
 * that borrows options has them behind its own. */
static bool is_first_of_group(const struct options_program *p, size_t i)
{
	const char *group = options_row_at(p, i, NULL)->group;

	for (size_t k = 0; k < i; k++)
		if (strcmp(options_row_at(p, k, NULL)->group, group) == 0)
			return false;
	return true;
}

typedef void (*heading_fn)(FILE *out, const char *group);
typedef void (*row_fn)(FILE *out, const struct options_row *row);

static void for_group(FILE *out, const struct options_program *p, const char *group, row_fn print)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++)
		if (strcmp(row->group, group) == 0)
			print(out, row);
}

static void for_each_group(FILE *out, const struct options_program *p, heading_fn heading,
			   row_fn print)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++) {
		if (!is_first_of_group(p, i) || strcmp(row->group, OPTIONS_GROUP_ABOUT) == 0)
			continue;
		heading(out, row->group);
		for_group(out, p, row->group, print);
	}
	heading(out, OPTIONS_GROUP_ABOUT);
	for_group(out, p, OPTIONS_GROUP_ABOUT, print);
}

static void print_heading(FILE *out, const char *group)
{
	fprintf(out, "\n%s\n", group);
}

void options_text_help_begin(FILE *out, const struct options_program *p)
{
	fprintf(out, "usage: %s %s\n", p->name, p->synopsis);
	fprintf(out, "%c", toupper((unsigned char)p->summary[0]));
	print_wrapped(out, p->summary + 1, 1, 0);
	for_each_group(out, p, print_heading, print_row);
}

void options_text_help_end(FILE *out)
{
	char text[512] = "Exit codes:";
	size_t n = strlen(text);

	for (int code = 0; code <= EXIT_CODE_MAX; code++)
		if (exit_code_text(code) && n < sizeof(text))
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %d %s%s", code,
					      exit_code_text(code),
					      code == EXIT_CODE_MAX ? "" : ",");
	fputc('\n', out);
	print_wrapped(out, text, 0, 0);
}

void options_text_help(FILE *out, const struct options_program *p)
{
	options_text_help_begin(out, p);
	options_text_help_end(out);
}

static void print_roff(FILE *out, const char *text, size_t len)
{
	bool line_start = true;

	for (size_t i = 0; i < len; i++) {
		if (line_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		line_start = text[i] == '\n';
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

void options_text_roff(FILE *out, const char *text)
{
	print_roff(out, text, strlen(text));
}

static void man_heading(FILE *out, const char *group)
{
	fputs(".SS ", out);
	options_text_roff(out, group);
	fputc('\n', out);
}

static void man_row(FILE *out, const struct options_row *row)
{
	char meaning[512];

	fputs(".TP\n", out);
	if (row->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB", out);
	options_text_roff(out, "--");
	options_text_roff(out, row->name);
	fputs("\\fR", out);
	if (row->arg)
		fprintf(out, " \\fI%s\\fR", row->arg);
	fputc('\n', out);
	format_meaning(meaning, sizeof(meaning), row);
	options_text_roff(out, meaning);
	fputs(".\n", out);
}

static void man_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		const char *end = strstr(text, "\n\n");
		size_t len = end ? (size_t)(end - text) : strlen(text);

		print_roff(out, text, len);
		fputs(end ? "\n.PP\n" : "\n", out);
		text += len + (end ? 2 : 0);
	}
}

/* "warder run" is filed as warder-run. */
static void man_name(FILE *out, const char *name, bool upper)
{
	for (; *name; name++) {
		if (*name == ' ' || *name == '-')
			fputs("\\-", out);
		else
			fputc(upper ? toupper((unsigned char)*name) : *name, out);
	}
}

void options_text_man_exit_codes(FILE *out)
{
	fputs(".SH EXIT STATUS\n", out);
	for (int code = 0; code <= EXIT_CODE_MAX; code++)
		if (exit_code_text(code))
			fprintf(out, ".TP\n%d\n%s\n", code, exit_code_text(code));
}

void options_text_man(FILE *out, const struct options_program *p, int section, const char *see_also)
{
	fputs(".TH \"", out);
	man_name(out, p->name, true);
	fprintf(out, "\" %d \"\" \"warder " WARDER_VERSION "\" \"Warder manual\"\n", section);
	fputs(".SH NAME\n", out);
	man_name(out, p->name, false);
	fputs(" \\- ", out);
	options_text_roff(out, p->summary);
	fprintf(out, "\n.SH SYNOPSIS\n\\fB");
	options_text_roff(out, p->name);
	fputs("\\fR ", out);
	options_text_roff(out, p->synopsis);
	fputs("\n.SH DESCRIPTION\n", out);
	man_paragraphs(out, p->description ? p->description : p->summary);
	fputs(".SH OPTIONS\n", out);
	for_each_group(out, p, man_heading, man_row);
	options_text_man_exit_codes(out);
	if (see_also) {
		fputs(".SH SEE ALSO\n", out);
		options_text_roff(out, see_also);
		fputc('\n', out);
	}
}

static bool takes_file(const struct options_row *row)
{
	return row->arg && (strcmp(row->arg, "PATH") == 0 || strcmp(row->arg, "FILE") == 0);
}

/* `text` inside single quotes of a shell; `also` is escaped with a backslash (zsh's specifications
 * have meanings of their own for some characters). */
static void print_quoted(FILE *out, const char *text, const char *also)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(also, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_words(FILE *out, const char *words)
{
	for (; *words; words++)
		fputc(*words == '|' ? ' ' : *words, out);
}

static void bash_fragment(FILE *out, const struct options_program *p)
{
	const struct options_row *row;

	fputs("\t\tcase \"$prev\" in\n", out);
	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++) {
		if (row->kind == OPTIONS_KIND_FLAG)
			continue;
		fprintf(out, "\t\t--%s", row->name);
		if (row->letter)
			fprintf(out, " | -%c", row->letter);
		fputs(") ", out);
		if (row->words) {
			fputs("COMPREPLY=($(compgen -W \"", out);
			print_words(out, row->words);
			fputs("\" -- \"$cur\")); ", out);
		} else if (takes_file(row)) {
			fputs("COMPREPLY=($(compgen -f -- \"$cur\")); ", out);
		}
		fputs("return ;;\n", out);
	}
	fputs("\t\tesac\n\t\t[[ $cur == -* ]] && COMPREPLY=($(compgen -W \"", out);
	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++)
		fprintf(out, "%s--%s", i ? " " : "", row->name);
	fputs("\" -- \"$cur\"))\n", out);
}

static void zsh_row(FILE *out, const struct options_row *row, const char *dashed)
{
	bool is_list = row->kind == OPTIONS_KIND_LIST;

	fprintf(out, "\t\t'%s%s%s[", is_list ? "*" : "", dashed,
		row->arg && dashed[1] == '-' ? "=" : "");
	print_quoted(out, row->help, "[]:\\");
	fputs("]", out);
	if (row->arg) {
		fprintf(out, ":%s:", row->arg);
		if (row->words) {
			fputc('(', out);
			print_words(out, row->words);
			fputc(')', out);
		} else if (takes_file(row)) {
			fputs("_files", out);
		}
	}
	fputs("' \\\n", out);
}

static void zsh_fragment(FILE *out, const struct options_program *p)
{
	const struct options_row *row;
	char dashed[80];

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++) {
		(void)snprintf(dashed, sizeof(dashed), "--%s", row->name); /* names are short */
		zsh_row(out, row, dashed);
		if (!row->letter)
			continue;
		(void)snprintf(dashed, sizeof(dashed), "-%c", row->letter); /* as above */
		zsh_row(out, row, dashed);
	}
}

static void fish_fragment(FILE *out, const struct options_program *p, const char *prefix)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++) {
		fprintf(out, "%s -l %s", prefix, row->name);
		if (row->letter)
			fprintf(out, " -s %c", row->letter);
		if (row->words) {
			fputs(" -x -a '", out);
			print_words(out, row->words);
			fputc('\'', out);
		} else if (row->arg) {
			fputs(takes_file(row) ? " -r -F" : " -x", out);
		}
		fputs(" -d '", out);
		for (const char *c = row->help; *c; c++)
			fprintf(out, *c == '\'' || *c == '\\' ? "\\%c" : "%c", *c);
		fputs("'\n", out);
	}
}

void options_text_completion(FILE *out, enum options_shell shell, const struct options_program *p,
			     const char *prefix)
{
	switch (shell) {
	case OPTIONS_SHELL_BASH:
		bash_fragment(out, p);
		break;
	case OPTIONS_SHELL_ZSH:
		zsh_fragment(out, p);
		break;
	case OPTIONS_SHELL_FISH:
		fish_fragment(out, p, prefix);
		break;
	}
}

bool options_text_about(FILE *out, const struct options_program *p,
			const struct options_about *about, int man_section)
{
	if (about->help)
		options_text_help(out, p);
	else if (about->man)
		options_text_man(out, p, man_section, "warder(1)");
	else if (about->version)
		fprintf(out, "%s " WARDER_VERSION "\n", p->name);
	else
		return false;
	return true;
}
