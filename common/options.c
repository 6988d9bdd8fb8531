/* SPDX-License-Identifier: Apache-2.0 */
#include "common/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"

/* What goes through argv. */
struct walk {
	const struct options_program *program;
	int argc;
	char **argv;
	int at;
	options_fn fn;
	void *arg;
	struct err *err;
};

/* Where options_parse() is. */
struct parse {
	const struct options_program *program;
	uint8_t *dest;
	uint64_t seen; /* bit per row */
	char **argv;
	int n_rest;
};
_Static_assert(OPTIONS_ROWS_MAX <= 64, "rows seen are bits of a uint64_t");

const struct options_row *options_row_at(const struct options_program *p, size_t i,
					 size_t *ret_base)
{
	const struct options_row *row = NULL;
	size_t n_from = 0, base = 0;

	while (p->from && p->from_names[n_from])
		n_from++;
	if (i < n_from) {
		row = options_find(p->from, p->from_names[i]);
		base = p->from_offset;
	} else if (i - n_from < p->n_rows) {
		row = &p->rows[i - n_from];
	}
	if (ret_base)
		*ret_base = base;
	return row;
}

static const struct options_row *find_len(const struct options_program *p, const char *name,
					  size_t len)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++)
		if (strlen(row->name) == len && memcmp(row->name, name, len) == 0)
			return row;
	for (size_t i = 0; i < p->n_hidden; i++)
		if (strlen(p->hidden[i].name) == len && memcmp(p->hidden[i].name, name, len) == 0)
			return &p->hidden[i];
	return NULL;
}

const struct options_row *options_find(const struct options_program *p, const char *name)
{
	return find_len(p, name, strlen(name));
}

static const struct options_row *find_letter(const struct options_program *p, char letter)
{
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(p, i, NULL)) != NULL; i++)
		if (row->letter == letter)
			return row;
	for (size_t i = 0; i < p->n_hidden; i++)
		if (p->hidden[i].letter == letter)
			return &p->hidden[i];
	return NULL;
}

static int unknown_option(const struct walk *w, const char *name, int len)
{
	const struct options_row *row;
	struct nearest near;
	char text[NEAREST_WORD_MAX + 1];

	(void)snprintf(text, sizeof(text), "%.*s", len, name); /* a long one is cut */
	nearest_init(&near, text);
	for (size_t i = 0; (row = options_row_at(w->program, i, NULL)) != NULL; i++)
		nearest_offer(&near, row->name, strlen(row->name));
	if (near.best[0])
		return err_set(w->err, -EINVAL, "option '--%s' is not known, the nearest is '--%s'",
			       text, near.best);
	return err_set(w->err, -EINVAL, "option '--%s' is not known, '%s --help' lists all", text,
		       w->program->name);
}

/* The argument behind the option as its value. What looks like a long option was hardly meant as
 * one; a single dash is a value (`--events -open`). */
static int next_value(struct walk *w, const struct options_row *row, const char **ret_value)
{
	const char *next = w->at + 1 < w->argc ? w->argv[w->at + 1] : NULL;

	if (!next)
		return err_set(w->err, -EINVAL, "option '--%s' expects a value: %s", row->name,
			       row->arg);
	if (strncmp(next, "--", 2) == 0)
		return err_set(w->err, -EINVAL,
			       "option '--%s' expects a value (%s) but '%s' follows; "
			       "write '--%s=%s' if that is the value",
			       row->name, row->arg, next, row->name, next);
	w->at++;
	*ret_value = next;
	return 0;
}

static int walk_long(struct walk *w, const char *text)
{
	const char *eq = strchrnul(text, '=');
	const struct options_row *row = find_len(w->program, text, (size_t)(eq - text));
	const char *value = *eq ? eq + 1 : NULL;
	int rc;

	if (!row)
		return unknown_option(w, text, (int)(eq - text));
	if (row->kind == OPTIONS_KIND_FLAG && value)
		return err_set(w->err, -EINVAL, "option '--%s' takes no value, found '%s'",
			       row->name, value);
	if (row->kind != OPTIONS_KIND_FLAG && !value) {
		rc = next_value(w, row, &value);
		if (rc < 0)
			return rc;
	}
	return w->fn(w->arg, row, value, w->err);
}

static int walk_letters(struct walk *w, const char *letters)
{
	int rc = 0;

	for (; *letters && rc >= 0; letters++) {
		const struct options_row *row = find_letter(w->program, *letters);
		const char *value = NULL;

		if (!row)
			return err_set(w->err, -EINVAL,
				       "option '-%c' is not known, '%s --help' lists all", *letters,
				       w->program->name);
		if (row->kind == OPTIONS_KIND_FLAG) {
			rc = w->fn(w->arg, row, NULL, w->err);
			continue;
		}
		if (letters[1]) {
			value = letters + 1;
		} else {
			rc = next_value(w, row, &value);
			if (rc < 0)
				return rc;
		}
		return w->fn(w->arg, row, value, w->err);
	}
	return rc;
}

int options_walk(const struct options_program *p, int argc, char **argv, options_fn fn, void *arg,
		 struct err *err)
{
	struct walk w = {
		.program = p, .argc = argc, .argv = argv, .fn = fn, .arg = arg, .err = err
	};
	bool only_rest = false;
	int rc;

	for (; w.at < argc; w.at++) {
		const char *text = argv[w.at];

		if (only_rest || text[0] != '-' || text[1] == '\0') {
			rc = fn(arg, NULL, text, err);
		} else if (strcmp(text, "--") == 0) {
			only_rest = true;
			continue;
		} else if (text[1] == '-') {
			rc = walk_long(&w, text + 2);
		} else {
			rc = walk_letters(&w, text + 1);
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Decimal or 0x; no sign, no blanks: strtoull() would take both. */
static int parse_digits(const char *text, uint64_t *ret_value, const char **ret_end)
{
	unsigned long long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	value = strtoull(text, &end, text[1] == 'x' ? 16 : 10);
	if (errno != 0)
		return -ERANGE;
	*ret_value = value;
	*ret_end = end;
	return 0;
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

static const struct unit no_units[] = { { "", 1 } };
static const struct unit size_units[] = {
	{ "", 1 }, { "K", 1ULL << 10 }, { "M", 1ULL << 20 }, { "G", 1ULL << 30 }
};
static const struct unit time_units[] = { { "ms", 1000000ULL },
					  { "s", 1000000000ULL },
					  { "m", 60 * 1000000000ULL },
					  { "h", 3600 * 1000000000ULL } };

static int parse_scaled(const char *text, const struct unit *units, size_t n_units,
			uint64_t *ret_value)
{
	uint64_t value, scaled;
	const char *end;
	int rc = parse_digits(text, &value, &end);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n_units; i++) {
		if (strcmp(end, units[i].suffix) != 0)
			continue;
		if (__builtin_mul_overflow(value, units[i].factor, &scaled))
			return -ERANGE;
		*ret_value = scaled;
		return 0;
	}
	/* "0" needs no unit. */
	if (value == 0 && *end == '\0') {
		*ret_value = 0;
		return 0;
	}
	return -EINVAL;
}

static int store_scaled(const struct options_row *row, const char *value, uint64_t *dest,
			struct err *err)
{
	uint64_t max = row->max ? row->max : OPTIONS_NONE - 1;
	uint64_t parsed;
	int rc;

	switch (row->kind) {
	case OPTIONS_KIND_SIZE:
		rc = parse_scaled(value, size_units, ARRAY_LEN(size_units), &parsed);
		if (rc < 0)
			return err_set(
				err, -EINVAL,
				"option '--%s' expects a size such as 512K, 64M or 1G, not '%s'",
				row->name, value);
		break;
	case OPTIONS_KIND_DURATION:
		rc = parse_scaled(value, time_units, ARRAY_LEN(time_units), &parsed);
		if (rc < 0)
			return err_set(err, -EINVAL,
				       "option '--%s' expects a duration such as 500ms, 10s or 5m, "
				       "not '%s'",
				       row->name, value);
		break;
	default:
		rc = parse_scaled(value, no_units, ARRAY_LEN(no_units), &parsed);
		if (rc < 0)
			return err_set(err, -EINVAL, "option '--%s' expects a number, not '%s'",
				       row->name, value);
	}
	if (parsed > max)
		return err_set(err, -EINVAL, "option '--%s' expects at most %llu, not '%s'",
			       row->name, (unsigned long long)max, value);
	*dest = parsed;
	return 0;
}

static int store_word(const struct options_row *row, const char *value, unsigned int *dest,
		      struct err *err)
{
	size_t len = strlen(value);
	unsigned int n_hits = 0, hit = 0, i = 0;
	char list[256];
	size_t n = 0;

	for (const char *word = row->words; *word; i++) {
		size_t word_len = strcspn(word, "|");

		if (word_len == len && memcmp(word, value, len) == 0) {
			*dest = i;
			return 0;
		}
		if (len > 0 && len < word_len && memcmp(word, value, len) == 0) {
			n_hits++;
			hit = i;
		}
		word += word_len + (word[word_len] == '|');
	}
	if (n_hits == 1) {
		*dest = hit;
		return 0;
	}
	for (const char *c = row->words; *c && n < sizeof(list) - 3; c++) {
		list[n++] = *c == '|' ? ',' : *c;
		if (*c == '|')
			list[n++] = ' ';
	}
	list[n] = '\0';
	return err_set(err, -EINVAL, "option '--%s' expects one of %s, not '%s'", row->name, list,
		       value);
}

static int store_list(const struct options_row *row, const char *value, struct options_list *list,
		      struct err *err)
{
	if (list->n == OPTIONS_LIST_MAX)
		return err_set(err, -EINVAL, "option '--%s' is given more than %d times", row->name,
			       OPTIONS_LIST_MAX);
	list->items[list->n++] = value;
	return 0;
}

static int store(const struct options_row *row, const char *value, uint8_t *at, struct err *err)
{
	switch (row->kind) {
	case OPTIONS_KIND_FLAG:
		*(bool *)at = true;
		return 0;
	case OPTIONS_KIND_STRING:
		*(const char **)(void *)at = value;
		return 0;
	case OPTIONS_KIND_LIST:
		return store_list(row, value, (struct options_list *)(void *)at, err);
	case OPTIONS_KIND_NUMBER:
	case OPTIONS_KIND_SIZE:
	case OPTIONS_KIND_DURATION:
		return store_scaled(row, value, (uint64_t *)(void *)at, err);
	case OPTIONS_KIND_WORD:
		return store_word(row, value, (unsigned int *)(void *)at, err);
	}
	return err_set(err, -EINVAL, "option '--%s' has no kind", row->name);
}

/* A member without a default must not depend on what the caller's stack held. */
static void store_nothing(const struct options_row *row, uint8_t *at)
{
	switch (row->kind) {
	case OPTIONS_KIND_FLAG:
		*(bool *)at = false;
		break;
	case OPTIONS_KIND_STRING:
		*(const char **)(void *)at = NULL;
		break;
	case OPTIONS_KIND_LIST:
		((struct options_list *)(void *)at)->n = 0;
		break;
	case OPTIONS_KIND_NUMBER:
	case OPTIONS_KIND_SIZE:
	case OPTIONS_KIND_DURATION:
		*(uint64_t *)(void *)at = OPTIONS_NONE;
		break;
	case OPTIONS_KIND_WORD:
		*(unsigned int *)(void *)at = 0;
		break;
	}
}

static int store_defaults(const struct options_program *p, uint8_t *dest, struct err *err)
{
	const struct options_row *row;
	size_t base;
	int rc;

	for (size_t i = 0; (row = options_row_at(p, i, &base)) != NULL; i++) {
		uint8_t *at = dest + base + row->offset;

		store_nothing(row, at);
		/* A list's default text is for the help: it would mix with what is given. */
		if (!row->standard || row->kind == OPTIONS_KIND_LIST)
			continue;
		rc = store(row, row->standard, at, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int on_argument(void *arg, const struct options_row *row, const char *value, struct err *err)
{
	struct parse *parse = arg;
	const struct options_row *other;
	size_t base = 0, i = 0;

	if (!row) {
		/* Never ahead of the walk: argv[n_rest] has been read already. */
		parse->argv[parse->n_rest++] = (char *)(uintptr_t)value;
		return 0;
	}
	while ((other = options_row_at(parse->program, i, &base)) != row && other)
		i++;
	if (!other)
		return err_set(err, -EINVAL, "option '--%s' is not known here", row->name);
	if ((parse->seen & (1ULL << i)) && row->kind != OPTIONS_KIND_FLAG &&
	    row->kind != OPTIONS_KIND_LIST)
		return err_set(err, -EINVAL, "option '--%s' is given twice, expected once",
			       row->name);
	parse->seen |= 1ULL << i;
	return store(row, value, parse->dest + base + row->offset, err);
}

int options_parse(const struct options_program *p, int argc, char **argv, void *dest,
		  struct err *err)
{
	struct parse parse = { .program = p, .dest = dest, .argv = argv };
	int rc = store_defaults(p, dest, err);

	if (rc == 0)
		rc = options_walk(p, argc, argv, on_argument, &parse, err);
	return rc < 0 ? rc : parse.n_rest;
}
