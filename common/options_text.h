/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options_text: what an options table says to people and shells: help, man page, completion.
 * Writes to `out` and leaves its errors to the caller (ferror()). Any thread.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/options.h"

#define OPTIONS_TEXT_COLUMNS 80
#define OPTIONS_TEXT_LINES_MAX 96 /* of a help text; a test holds every program to it */

enum options_shell { OPTIONS_SHELL_BASH, OPTIONS_SHELL_ZSH, OPTIONS_SHELL_FISH };

void options_text_help(FILE *out, const struct options_program *p);
/* Without its last line; see options_text_help_end(). For a program that adds sections. */
void options_text_help_begin(FILE *out, const struct options_program *p);
void options_text_help_end(FILE *out); /* the exit codes */

/* Section 1 for commands, 8 for services. `see_also`: "warder-run(1), warder(1)", may be NULL. */
void options_text_man(FILE *out, const struct options_program *p, int section,
		      const char *see_also);
/* `text` with what roff would take for its own escaped; for sections that a program adds. */
void options_text_roff(FILE *out, const char *text);
void options_text_man_exit_codes(FILE *out);

/*
 * Fragments for one program's options.
 * bash: the body of a case branch; $cur and $prev are set; it fills COMPREPLY.
 * zsh: one _arguments specification a line, each ending in " \".
 * fish: one line an option, each beginning with `prefix` ("complete -c warder -n '...'").
 */
void options_text_completion(FILE *out, enum options_shell shell, const struct options_program *p,
			     const char *prefix);

/* Prints what --help, --version or --man asked for; false when none of them was given. */
bool options_text_about(FILE *out, const struct options_program *p,
			const struct options_about *about, int man_section);
