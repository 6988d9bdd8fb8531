/* SPDX-License-Identifier: Apache-2.0 */
/* completion: what a shell needs to complete our command lines, from the same tables. */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/options_text.h"
#include "tools/command.h"

struct completion_options {
	struct options_about about;
};

static const struct options_row rows[] = {
	OPTIONS_ABOUT_ROWS(struct completion_options, about),
};

#define SHELLS "bash zsh fish"
#define EVENT_NAMES "$(warder events list --names 2>/dev/null)"
#define EVENT_NAMES_FISH "(warder events list --names 2>/dev/null)"

/* First words of the commands, each once: those of one first word stand together or apart. */
static void print_first_words(const struct command *const *commands)
{
	for (size_t i = 0; commands[i]; i++) {
		const char *word = command_word(commands[i]);
		size_t len = strcspn(word, " ");
		bool again = false;

		for (size_t k = 0; k < i && !again; k++)
			again = strcspn(command_word(commands[k]), " ") == len &&
				memcmp(command_word(commands[k]), word, len) == 0;
		if (!again)
			printf("%s%.*s", i ? " " : "", (int)len, word);
	}
}

/* What 'warder man' has a page for. 'config' is the first word of commands. */
static void print_pages(const struct command *const *commands)
{
	print_first_words(commands);
	printf(" outputs");
}

/* "list show" for "events" */
static void print_second_words(const struct command *const *commands, const char *first, size_t len)
{
	bool any = false;

	for (size_t i = 0; commands[i]; i++) {
		const char *word = command_word(commands[i]);

		if (memcmp(word, first, len < strlen(word) ? len : strlen(word)) != 0 ||
		    word[len] != ' ')
			continue;
		printf("%s%s", any ? " " : "", word + len + 1);
		any = true;
	}
}

/* True for the first command of each two-word group. */
static bool opens_group(const struct command *const *commands, size_t i)
{
	const char *word = command_word(commands[i]);
	size_t len = strcspn(word, " ");

	if (word[len] == '\0')
		return false;
	for (size_t k = 0; k < i; k++)
		if (strncmp(command_word(commands[k]), word, len + 1) == 0)
			return false;
	return true;
}

static void bash_argument(const struct command *const *commands, enum command_arg arg)
{
	switch (arg) {
	case COMMAND_ARG_NONE:
		return;
	case COMMAND_ARG_FILE:
		printf("\t\t[[ $cur == -* ]] || COMPREPLY=($(compgen -f -- \"$cur\"))\n");
		return;
	case COMMAND_ARG_EVENT:
		printf("\t\t[[ $cur == -* ]] || COMPREPLY=($(compgen -W \"" EVENT_NAMES
		       "\" -- \"$cur\"))\n");
		return;
	case COMMAND_ARG_SHELL:
		printf("\t\t[[ $cur == -* ]] || COMPREPLY=($(compgen -W \"" SHELLS
		       "\" -- \"$cur\"))\n");
		return;
	case COMMAND_ARG_COMMAND:
		printf("\t\t[[ $cur == -* ]] || COMPREPLY=($(compgen -W \"");
		print_pages(commands);
		printf("\" -- \"$cur\"))\n");
		return;
	}
}

static void print_bash(const struct command *const *commands)
{
	printf("# bash completion for warder\n"
	       "_warder()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	       "\tlocal command=${COMP_WORDS[1]}\n"
	       "\tCOMPREPLY=()\n"
	       "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W \"");
	print_first_words(commands);
	printf(" --help --version\" -- \"$cur\"))\n\t\treturn\n\tfi\n\tcase \"$command\" in\n");
	for (size_t i = 0; commands[i]; i++) {
		const char *word = command_word(commands[i]);
		size_t len = strcspn(word, " ");

		if (!opens_group(commands, i))
			continue;
		printf("\t%.*s)\n\t\tif ((COMP_CWORD == 2)); then\n\t\t\tCOMPREPLY=($(compgen -W "
		       "\"",
		       (int)len, word);
		print_second_words(commands, word, len);
		printf("\" -- \"$cur\"))\n\t\t\treturn\n\t\tfi\n"
		       "\t\tcommand+=\" ${COMP_WORDS[2]}\"\n\t\t;;\n");
	}
	printf("\tesac\n\tcase \"$command\" in\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t\"%s\")\n", command_word(commands[i]));
		options_text_completion(stdout, OPTIONS_SHELL_BASH, &commands[i]->program, NULL);
		bash_argument(commands, commands[i]->arg);
		printf("\t\t;;\n");
	}
	printf("\tesac\n}\ncomplete -F _warder warder\n");
}

static void zsh_argument(const struct command *const *commands, enum command_arg arg)
{
	switch (arg) {
	case COMMAND_ARG_NONE:
		break;
	case COMMAND_ARG_FILE:
		printf("\t\t'*:file:_files' \\\n");
		break;
	case COMMAND_ARG_EVENT:
		printf("\t\t\"*:event:(" EVENT_NAMES ")\" \\\n");
		break;
	case COMMAND_ARG_SHELL:
		printf("\t\t'1:shell:(" SHELLS ")' \\\n");
		break;
	case COMMAND_ARG_COMMAND:
		printf("\t\t'1:command:(");
		print_pages(commands);
		printf(")' \\\n");
		break;
	}
}

static void print_zsh(const struct command *const *commands)
{
	printf("#compdef warder\n"
	       "_warder() {\n"
	       "\tlocal command=$words[2]\n"
	       "\tif (( CURRENT == 2 )); then\n\t\tcompadd -- ");
	print_first_words(commands);
	printf("\n\t\treturn\n\tfi\n\tcase \"$command\" in\n");
	for (size_t i = 0; commands[i]; i++) {
		const char *word = command_word(commands[i]);
		size_t len = strcspn(word, " ");

		if (!opens_group(commands, i))
			continue;
		printf("\t%.*s)\n\t\tif (( CURRENT == 3 )); then\n\t\t\tcompadd -- ", (int)len,
		       word);
		print_second_words(commands, word, len);
		printf("\n\t\t\treturn\n\t\tfi\n\t\tcommand+=\" $words[3]\"\n"
		       "\t\tshift words\n\t\t(( CURRENT-- ))\n\t\t;;\n");
	}
	/* _arguments looks at what is behind the command's last word. */
	printf("\tesac\n\tshift words\n\t(( CURRENT-- ))\n\tcase \"$command\" in\n");
	for (size_t i = 0; commands[i]; i++) {
		printf("\t\"%s\")\n\t\t_arguments \\\n", command_word(commands[i]));
		options_text_completion(stdout, OPTIONS_SHELL_ZSH, &commands[i]->program, NULL);
		zsh_argument(commands, commands[i]->arg);
		printf("\t\t&& return\n\t\t;;\n");
	}
	printf("\tesac\n}\n"
	       "if [ \"$funcstack[1]\" = \"_warder\" ]; then\n\t_warder \"$@\"\n"
	       "else\n\tcompdef _warder warder\nfi\n");
}

static void fish_argument(const struct command *const *commands, const struct command *c,
			  const char *prefix)
{
	switch (c->arg) {
	case COMMAND_ARG_NONE:
		break;
	case COMMAND_ARG_FILE:
		printf("%s -F\n", prefix);
		break;
	case COMMAND_ARG_EVENT:
		printf("%s -a '" EVENT_NAMES_FISH "'\n", prefix);
		break;
	case COMMAND_ARG_SHELL:
		printf("%s -a '" SHELLS "'\n", prefix);
		break;
	case COMMAND_ARG_COMMAND:
		printf("%s -a '", prefix);
		print_pages(commands);
		printf("'\n");
		break;
	}
}

static void print_fish(const struct command *const *commands)
{
	printf("# fish completion for warder\n"
	       "function __warder_is\n"
	       "\tset -l words (commandline -opc)[2..-1]\n"
	       "\ttest (count $words) -ge (count $argv); or return 1\n"
	       "\tfor i in (seq (count $argv))\n"
	       "\t\ttest $words[$i] = $argv[$i]; or return 1\n"
	       "\tend\nend\n"
	       "complete -c warder -f\n"
	       "complete -c warder -n 'test (count (commandline -opc)) -eq 1' -a '");
	print_first_words(commands);
	printf("'\n");
	for (size_t i = 0; commands[i]; i++) {
		const char *word = command_word(commands[i]);
		size_t len = strcspn(word, " ");
		char prefix[128];

		if (opens_group(commands, i)) {
			printf("complete -c warder -n '__warder_is %.*s; and test (count "
			       "(commandline -opc)) -eq 2' -a '",
			       (int)len, word);
			print_second_words(commands, word, len);
			printf("'\n");
		}
		(void)snprintf(prefix, sizeof(prefix), /* names are short */
			       "complete -c warder -n '__warder_is %s'", word);
		options_text_completion(stdout, OPTIONS_SHELL_FISH, &commands[i]->program, prefix);
		fish_argument(commands, commands[i], prefix);
	}
}

static int completion(const struct command_call *call)
{
	const char *shell = call->args[0];

	if (strcmp(shell, "bash") == 0) {
		print_bash(call->commands);
	} else if (strcmp(shell, "zsh") == 0) {
		print_zsh(call->commands);
	} else if (strcmp(shell, "fish") == 0) {
		print_fish(call->commands);
	} else {
		log_error("shell '%s' is not known, expected one of bash, zsh, fish", shell);
		return EXIT_CODE_USAGE;
	}
	return EXIT_CODE_OK;
}

const struct command command_completion = {
	.program = {
		.name = COMMAND_PREFIX "completion",
		.synopsis = "bash|zsh|fish",
		.summary = "print the completion script for a shell",
		.description =
			"For bash, in ~/.bashrc: eval \"$(warder completion bash)\"\n\n"
			"For zsh, in a folder of $fpath: warder completion zsh > _warder\n\n"
			"For fish: warder completion fish > ~/.config/fish/completions/warder.fish",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct completion_options),
	.arg = COMMAND_ARG_SHELL,
	.min_args = 1,
	.max_args = 1,
	.main = completion,
};
