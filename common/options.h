/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the command line of a program as one table. A row says what an option is called, what it
 * takes, where the value goes, what it is when not given, and what it means; parsing is here, and
 * help, man page and shell completion are printed from the same rows (options_text.h).
 *
 * Accepted: --name value, --name=value, -x value, -xvalue, -xyz for flags, "--" before what is no
 * option. Options and other arguments may be mixed. An option that takes one value is refused when
 * it is given twice: whichever of the two were taken, the other would be ignored silently.
 *
 * Nothing is allocated or copied: strings are borrowed from argv or from the table. Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define OPTIONS_LIST_MAX 64     /* values of one list option */
#define OPTIONS_ROWS_MAX 64     /* of one program */
#define OPTIONS_NONE UINT64_MAX /* a number, size or duration without default, not given */

enum options_kind {
	OPTIONS_KIND_FLAG,     /* bool */
	OPTIONS_KIND_STRING,   /* const char *; NULL when not given */
	OPTIONS_KIND_LIST,     /* struct options_list */
	OPTIONS_KIND_NUMBER,   /* uint64_t */
	OPTIONS_KIND_SIZE,     /* uint64_t, bytes; suffix K, M or G for powers of 1024 */
	OPTIONS_KIND_DURATION, /* uint64_t, ns; suffix ms, s, m or h */
	OPTIONS_KIND_WORD,     /* unsigned int: index in `words`; a unique beginning is enough */
};

struct options_list {
	const char *items[OPTIONS_LIST_MAX];
	size_t n;
};

/* Options that every program has. The first member of each options struct. */
struct options_about {
	bool help, version, man;
};

struct options_row {
	const char *name; /* without the dashes */
	char letter;      /* 0: none */
	enum options_kind kind;
	size_t offset;        /* in the program's options struct */
	const char *arg;      /* what help calls the value; NULL for flags */
	const char *standard; /* value when not given, as the user would write it; NULL: none */
	const char *words;    /* OPTIONS_KIND_WORD: "one|two|three" */
	uint64_t max;         /* OPTIONS_KIND_NUMBER and _SIZE; 0: no limit but the type's */
	const char *group;    /* heading in the help; rows of a group stand together */
	const char *help;     /* one line: lower case, no full stop */
};

struct options_program {
	const char *name;        /* "warder-engine", "warder run" */
	const char *synopsis;    /* what follows the name: "[OPTION...] FILE" */
	const char *summary;     /* one line: lower case, no full stop */
	const char *description; /* for the man page; paragraphs separated by an empty line */
	const struct options_row *rows;
	size_t n_rows;
	/* What options_walk() knows as well, and help does not show: whoever walks turns them into
	 * others; options_parse() refuses them. */
	const struct options_row *hidden;
	size_t n_hidden;
	/* Options of another program that this one takes too, in order to hand them on: by name,
	 * NULL-terminated. That program's options struct lies at `from_offset` in this one's. */
	const struct options_program *from;
	const char *const *from_names;
	size_t from_offset;
};

/* clang-format off */
/* Kind and place of a row in one, so that a member of another type does not compile. */
#define OPTIONS_PLACE(type, st, member)                                                            \
	(offsetof(st, member) +                                                                    \
	 0 * sizeof(char[__builtin_types_compatible_p(type, __typeof__(((st *)0)->member)) ? 1 : -1]))
#define OPTIONS_FLAG(st, member) OPTIONS_KIND_FLAG, OPTIONS_PLACE(bool, st, member)
#define OPTIONS_STRING(st, member) OPTIONS_KIND_STRING, OPTIONS_PLACE(const char *, st, member)
#define OPTIONS_LIST(st, member) OPTIONS_KIND_LIST, OPTIONS_PLACE(struct options_list, st, member)
#define OPTIONS_NUMBER(st, member) OPTIONS_KIND_NUMBER, OPTIONS_PLACE(uint64_t, st, member)
#define OPTIONS_SIZE(st, member) OPTIONS_KIND_SIZE, OPTIONS_PLACE(uint64_t, st, member)
#define OPTIONS_DURATION(st, member) OPTIONS_KIND_DURATION, OPTIONS_PLACE(uint64_t, st, member)
#define OPTIONS_WORD(st, member) OPTIONS_KIND_WORD, OPTIONS_PLACE(unsigned int, st, member)

#define OPTIONS_GROUP_ABOUT "About" /* always shown last */

/* The last rows of every table; `about` is a struct options_about. */
#define OPTIONS_ABOUT_ROWS(st, about)                                                              \
	{ "version", 'V', OPTIONS_FLAG(st, about.version), NULL, NULL, NULL, 0,                    \
	  OPTIONS_GROUP_ABOUT, "print the version" },                                              \
	{ "man", 0, OPTIONS_FLAG(st, about.man), NULL, NULL, NULL, 0,                              \
	  OPTIONS_GROUP_ABOUT, "print the manual page (roff)" },                                   \
	{ "help", 'h', OPTIONS_FLAG(st, about.help), NULL, NULL, NULL, 0,                          \
	  OPTIONS_GROUP_ABOUT, "print this help" }
/* clang-format on */

/* The i-th row, borrowed ones first; NULL behind the last. *ret_base (may be NULL) is to be added
 * to the row's offset. */
const struct options_row *options_row_at(const struct options_program *p, size_t i,
					 size_t *ret_base);
/* By long name; NULL when absent. */
const struct options_row *options_find(const struct options_program *p, const char *name);

/* Called for each argument in order: `row` is NULL for what is no option, `value` is NULL for
 * flags. A negative errno ends the walk. */
typedef int (*options_fn)(void *arg, const struct options_row *row, const char *value,
			  struct err *err);
/* Goes through argc arguments (the program's name not among them). -EINVAL: an unknown option, a
 * missing value, a value for a flag; values are not looked at. argv is not changed. */
int options_walk(const struct options_program *p, int argc, char **argv, options_fn fn, void *arg,
		 struct err *err);

/*
 * Fills in every member of *dest that has a row: default first, then what argv says. The arguments
 * that are no options are moved to the front of argv; returns their number. -EINVAL: err is one
 * line that names the option and what was expected (exit code 2); *dest is then partly filled.
 */
int options_parse(const struct options_program *p, int argc, char **argv, void *dest,
		  struct err *err);
