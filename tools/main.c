/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warder: the command line. Finds the subcommand, reads its options, runs it, and says how it ended
 * (common/exit_codes.h).
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/nearest.h"
#include "common/options_text.h"
#include "common/std_fds.h"
#include "engine/config/args.h"
#include "tools/command.h"

/* clang-format off */
/* In the order of the help. */
static const struct command *const commands[] = {
	&command_run,
	&command_record,
	&command_replay,
	&command_status,
	&command_stream,
	&command_top,
	&command_events_list,
	&command_events_show,
	&command_events_explain,
	&command_policy_check,
	&command_policy_explain,
	&command_policy_test,
	&command_policy_reload,
	&command_metrics_list,
	&command_config_print,
	&command_config_check,
	&command_config_example,
	&command_config_schema,
	&command_config_args,
	&command_config_reload,
	&command_bench_lane,
	&command_bench_live,
	&command_bench_latency,
	&command_bench_filter,
	&command_bench_replay,
	&command_bench_policies,
	&command_bench_sink,
	&command_version,
	&command_man,
	&command_completion,
	NULL,
};

static const char *const arg_names[] = {
	[COMMAND_ARG_NONE] = "argument",
	[COMMAND_ARG_FILE] = "FILE",
	[COMMAND_ARG_EVENT] = "EVENT",
	[COMMAND_ARG_COMMAND] = "COMMAND",
	[COMMAND_ARG_SHELL] = "SHELL",
};
/* clang-format on */

static void print_help(FILE *out)
{
	fputs("usage: warder COMMAND [OPTION...] [ARGUMENT...]\n"
	      "Watch a Linux host through eBPF and report what happens as events\n\nCommands\n",
	      out);
	for (size_t i = 0; commands[i]; i++)
		fprintf(out, "  %-16s %s\n", command_word(commands[i]),
			commands[i]->program.summary);
	fputs("\nAbout\n"
	      "  'warder COMMAND --help' explains a command, 'warder man COMMAND' at length\n"
	      "  -V, --version    print the version\n"
	      "  -h, --help       print this help\n",
	      out);
	options_text_help_end(out);
}

/* `word` is the first of two-word commands, such as "events": say which there are. */
static bool explain_group(const char *word)
{
	size_t len = strlen(word);
	char list[256] = "";
	size_t n = 0;

	for (size_t i = 0; commands[i]; i++) {
		const char *full = command_word(commands[i]);

		if (strncmp(full, word, len) == 0 && full[len] == ' ' && n < sizeof(list))
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "",
					      full + len + 1);
	}
	if (n > 0)
		log_error("command '%s' expects one of %s behind it", word, list);
	return n > 0;
}

/* Commands of Tracee. */
static const struct {
	const char *word, *ours;
} tracees[] = {
	{ "list", "'warder events list' shows events" },
	{ "analyze", "'warder replay' reads recordings" },
};

static void explain_unknown(const char *word)
{
	struct nearest near;

	for (size_t i = 0; i < ARRAY_LEN(tracees); i++) {
		if (strcmp(tracees[i].word, word) == 0) {
			log_error("command '%s' is not known, %s", word, tracees[i].ours);
			return;
		}
	}
	nearest_init(&near, word);
	for (size_t i = 0; commands[i]; i++) {
		const char *full = command_word(commands[i]);

		nearest_offer(&near, full, strcspn(full, " "));
	}
	if (near.best[0])
		log_error("command '%s' is not known, the nearest is '%s'", word, near.best);
	else
		log_error("command '%s' is not known, 'warder --help' lists all", word);
}

/* One or two words; *ret_n says how many. NULL: a message has been printed. */
static const struct command *find_command(int argc, char **argv, int *ret_n)
{
	const struct command *found;
	char both[64];

	if (argc > 1 &&
	    snprintf(both, sizeof(both), "%s %s", argv[0], argv[1]) < (int)sizeof(both)) {
		found = command_find(commands, both);
		*ret_n = 2;
		if (found)
			return found;
	}
	found = command_find(commands, argv[0]);
	*ret_n = 1;
	if (!found && !explain_group(argv[0]))
		explain_unknown(argv[0]);
	return found;
}

static bool check_args(const struct command *c, int n, char **args)
{
	if (n < c->min_args)
		log_error("command '%s' expects %s behind it", command_word(c), arg_names[c->arg]);
	else if (n > c->max_args && c->max_args == 0)
		log_error("argument '%s' is one too many, '%s' expects none", args[n - 1],
			  command_word(c));
	else if (n > c->max_args)
		log_error("argument '%s' is one too many, '%s' expects one %s", args[c->max_args],
			  command_word(c), arg_names[c->arg]);
	else
		return true;
	return false;
}

/* `argc` arguments are in call->args. */
static int parse_and_run(struct command_call *call, int argc)
{
	const struct command *c = call->self;
	struct err err = { 0 };

	call->n_args = options_parse(&c->program, argc, call->args, call->options, &err);
	if (call->n_args < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_USAGE;
	}
	if (options_text_about(stdout, &c->program, call->options, 1))
		return EXIT_CODE_OK;
	if (!check_args(c, call->n_args, call->args))
		return EXIT_CODE_USAGE;
	return c->main(call);
}

/* Parsing reorders the arguments; commands that hand options on need them as given. */
static int run_plain(struct command_call *call)
{
	CLEANUP_FREE char **args = calloc((size_t)call->argc + 1, sizeof(*args));

	if (!args) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	memcpy(args, call->argv, (size_t)call->argc * sizeof(*args));
	call->args = args;
	return parse_and_run(call, call->argc);
}

static int run_configured(struct command_call *call)
{
	struct cargs_merged merged;
	struct err err = { 0 };
	int rc = cargs_merge(&call->self->program, call->argc, call->argv, call->self->unconfigured,
			     &merged, &err);
	int code = merged.is_refused ? EXIT_CODE_REFUSED : EXIT_CODE_USAGE;

	if (rc < 0) {
		log_error("%s", err.text);
	} else {
		call->merged = &merged;
		call->args = merged.argv;
		code = parse_and_run(call, (int)merged.args.n);
	}
	cargs_merged_done(&merged);
	return code;
}

static int run_command(const struct command *c, int argc, char **argv)
{
	CLEANUP_FREE void *options = calloc(1, c->options_bytes);
	struct command_call call = {
		.self = c, .commands = commands, .options = options, .argc = argc, .argv = argv
	};

	if (!options) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	return c->is_configured ? run_configured(&call) : run_plain(&call);
}

/* Of the pipe that is stdout: who failed to write to it has not told why. */
static bool is_reader_gone(void)
{
	struct pollfd pfd = { .fd = STDOUT_FILENO };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLERR);
}

/* What went to stdout may still be in a buffer: a full disk shows here. A reader that has gone
 * (`warder events list | head`) knows that it has. */
static int finish(int code)
{
	int failed = ferror(stdout);
	bool is_gone = failed && is_reader_gone();

	errno = 0;
	failed |= fclose(stdout);
	if (!failed || code == EXIT_CODE_OUTPUT) /* the command has said so */
		return code;
	if (errno != EPIPE && !is_gone)
		log_error("standard output could not be written (%s)",
			  err_name(errno ? errno : EIO));
	return code == EXIT_CODE_OK ? EXIT_CODE_OUTPUT : code;
}

int main(int argc, char **argv)
{
	const struct command *c;
	int n_words;

	std_fds_hold();
	log_init("warder", LOG_INFO);
	(void)signal(SIGPIPE, SIG_IGN); /* cannot fail for this signal; writes say EPIPE instead */
	if (argc < 2) {
		print_help(stderr);
		return EXIT_CODE_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		print_help(stdout);
		return finish(EXIT_CODE_OK);
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		return finish(run_command(&command_version, 0, argv + 2));
	if (argv[1][0] == '-') {
		log_error("option '%s' is not known here, expected a command first", argv[1]);
		return EXIT_CODE_USAGE;
	}
	c = find_command(argc - 1, argv + 1, &n_words);
	if (!c)
		return EXIT_CODE_USAGE;
	return finish(run_command(c, argc - 1 - n_words, argv + 1 + n_words));
}
