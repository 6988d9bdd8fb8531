/* SPDX-License-Identifier: Apache-2.0 */
/* man: the manual pages, printed from the tables that the programs themselves read. */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/options_text.h"
#include "tools/command.h"
#include "tools/man_outputs.h"

struct man_options {
	struct options_about about;
};

static const struct options_row rows[] = {
	OPTIONS_ABOUT_ROWS(struct man_options, about),
};

/* "warder run" -> "warder-run(1)" */
static void print_page_name(const struct command *c)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", c->program.name); /* names are short */
	for (char *at = name; *at; at++)
		if (*at == ' ')
			*at = '-';
	options_text_roff(stdout, name);
	printf("(1)");
}

static void print_overview(const struct command *const *commands)
{
	printf(".TH \"WARDER\" 1 \"\" \"warder " WARDER_VERSION "\" \"Warder manual\"\n"
	       ".SH NAME\nwarder \\- watch a Linux host through eBPF\n"
	       ".SH SYNOPSIS\n\\fBwarder\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR...] "
	       "[\\fIARGUMENT\\fR...]\n"
	       ".SH DESCRIPTION\nWarder reports what happens on a host as structured events and "
	       "accounts for every one: produced = delivered + lost. A privileged collector holds "
	       "the kernel; an unprivileged engine does all the parsing. It reads Tracee's "
	       "policies and writes Tracee's JSON.\n"
	       ".SH COMMANDS\n");
	for (size_t i = 0; commands[i]; i++) {
		printf(".TP\n\\fB");
		options_text_roff(stdout, command_word(commands[i]));
		printf("\\fR\n");
		options_text_roff(stdout, commands[i]->program.summary);
		printf("\n");
	}
	options_text_man_exit_codes(stdout);
	printf(".SH SEE ALSO\n");
	for (size_t i = 0; commands[i]; i++) {
		print_page_name(commands[i]);
		printf("%s\n", commands[i + 1] ? "," : "");
	}
}

static int man(const struct command_call *call)
{
	char word[64] = "";
	const struct command *c;

	if (call->n_args == 0) {
		print_overview(call->commands);
		return EXIT_CODE_OK;
	}
	(void)snprintf(word, sizeof(word), "%s%s%s", call->args[0], /* cut: not found below */
		       call->n_args > 1 ? " " : "", call->n_args > 1 ? call->args[1] : "");
	if (strcmp(word, "outputs") == 0) {
		man_outputs(stdout);
		return EXIT_CODE_OK;
	}
	c = command_find(call->commands, word);
	if (!c) {
		log_error("command '%s' is not known, 'warder --help' lists all", word);
		return EXIT_CODE_USAGE;
	}
	options_text_man(stdout, &c->program, 1, "warder(1)");
	return EXIT_CODE_OK;
}

const struct command command_man = {
	.program = {
		.name = COMMAND_PREFIX "man",
		.synopsis = "[COMMAND|outputs]",
		.summary = "print a manual page (roff)",
		.description =
			"Prints warder(1), or the page of a command, such as 'warder man run' or "
			"'warder man events list', or with 'outputs' the page about what --output "
			"can say. To read it: warder man run | man -l -",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct man_options),
	.arg = COMMAND_ARG_COMMAND,
	.max_args = 2,
	.main = man,
};
