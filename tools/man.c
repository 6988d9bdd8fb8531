/* SPDX-License-Identifier: Apache-2.0 */
/* man: the manual pages, printed from the tables that the programs themselves read. */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/options_text.h"
#include "engine/config/print.h"
#include "engine/config/tracee.h"
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

static void print_config_page(void)
{
	printf(".TH \"WARDER.YAML\" 5 \"\" \"warder " WARDER_VERSION "\" \"Warder manual\"\n"
	       ".SH NAME\nwarder.yaml \\- what Warder does, and where events go\n"
	       ".SH SYNOPSIS\n/etc/warder/warder.yaml\n.br\n/etc/warder/conf.d/*.yaml\n"
	       ".SH DESCRIPTION\n");
	options_text_roff(stdout,
			  "YAML or JSON. Tracee 0.22's files are understood, and those of its main "
			  "branch; what Warder cannot honour is said at the start, and a key that "
			  "nobody knows is refused with file, line and column. Later places take "
			  "the place of earlier ones, key by key: warder.yaml, the files of conf.d "
			  "by name, the environment, --set KEY=VALUE (or -o KEY=VALUE), options. A "
			  "list is replaced as a whole. Of the environment a list is one item.");
	printf("\n.PP\n");
	options_text_roff(
		stdout, "What is a list of named things (output.forward, output.destinations) may "
			"be written '- NAME: {...}', '- {name: NAME, ...}' or 'NAME: {...}'. "
			"'warder config print' shows what is in force and where it is from, "
			"'warder config check' what is wrong, 'warder config example' is a file "
			"to begin with, 'warder config schema' is for editors.");
	printf("\n.PP\n");
	options_text_roff(stdout,
			  "On SIGHUP, 'warder config reload' and 'warder policy reload' the engine "
			  "reads it again. What can change while it runs does; what cannot is said "
			  "by name. One that is wrong changes nothing.");
	printf("\n");
	cprint_reference(stdout);
	printf(".SH SEE ALSO\nwarder(1), warder-run(1), warder-outputs(7), warder-engine(8)\n");
}

static int man(const struct command_call *call)
{
	char word[64] = "";
	const struct options_row *option;
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
	if (strcmp(word, "config") == 0) {
		print_config_page();
		return EXIT_CODE_OK;
	}
	c = command_find(call->commands, word);
	option = options_find(&command_run.program, word);
	if (!c && option && !tracee_is(option, NULL)) {
		log_error("command '%s' is not known, 'warder man run' has the option '--%s'", word,
			  word);
		return EXIT_CODE_USAGE;
	}
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
		.synopsis = "[COMMAND|outputs|config]",
		.summary = "print a manual page (roff)",
		.description =
			"Prints warder(1), or the page of a command, such as 'warder man run' or "
			"'warder man events list', or with 'outputs' the page about what --output "
			"can say, with 'config' the one about the configuration file. To read it: warder man run | man -l -",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct man_options),
	.arg = COMMAND_ARG_COMMAND,
	.max_args = 2,
	.main = man,
};
