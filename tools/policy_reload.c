/* SPDX-License-Identifier: Apache-2.0 */
/* policy reload, config reload: has the running engine read its policies and configuration again.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/options.h"
#include "engine/status_server.h"
#include "tools/command.h"
#include "tools/status_ask.h"

/* Thousands of policies may take a while where processors are short. */
#define PATIENCE_S 60

struct reload_command_options {
	struct options_about about;
	const char *socket;
	bool json, quiet;
};

/* clang-format off */
#define ST struct reload_command_options
static const struct options_row rows[] = {
	{ "socket", 's', OPTIONS_STRING(ST, socket), "PATH", ENGINE_OPTIONS_STATUS_SOCKET, NULL, 0,
	  "Connection", "status socket of the engine" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "the engine's answer as it is" },
	{ "quiet", 'q', OPTIONS_FLAG(ST, quiet), NULL, NULL, NULL, 0, "Output",
	  "print nothing but what is wrong" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST
/* clang-format on */

/* The engine is not trusted with our terminal. */
static void print_safe(const char *text)
{
	for (; *text; text++)
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
}

static void print_names(const char *what, const json_t *names)
{
	const json_t *list = json_object_get(names, "names");
	json_int_t count = json_integer_value(json_object_get(names, "count"));
	size_t n = json_array_size(list);

	printf("  %-11s %" JSON_INTEGER_FORMAT, what, count);
	for (size_t i = 0; i < n; i++) {
		const char *name = json_string_value(json_array_get(list, i));

		fputs(i ? ", " : ": ", stdout);
		print_safe(name && *name ? name : "-");
	}
	if (n > 0 && count > (json_int_t)n)
		fputs(", ...", stdout);
	putchar('\n');
}

static const char *plan_text(const json_t *doc)
{
	const char *plan = json_string_value(json_object_get(doc, "plan"));

	if (plan && strcmp(plan, "confirmed") == 0)
		return "has confirmed its plan";
	if (plan && strcmp(plan, "waiting") == 0)
		return "has not confirmed its plan yet";
	return "is not connected, and is told when it is";
}

static void print_summary(const json_t *doc)
{
	printf("policies are reloaded in %.1f ms, in which events waited for %.1f ms\n"
	       "  generation  %" JSON_INTEGER_FORMAT "\n",
	       json_number_value(json_object_get(doc, "took_ns")) / 1e6,
	       json_number_value(json_object_get(doc, "held_ns")) / 1e6,
	       json_integer_value(json_object_get(doc, "generation")));
	print_names("added", json_object_get(doc, "added"));
	print_names("removed", json_object_get(doc, "removed"));
	print_names("changed", json_object_get(doc, "changed"));
	printf("  kept        %" JSON_INTEGER_FORMAT "\n  collector   %s\n",
	       json_integer_value(json_object_get(doc, "kept")), plan_text(doc));
}

static bool is_config(const struct command_call *call)
{
	return call->self == &command_config_reload;
}

static size_t count_of(const json_t *names)
{
	return (size_t)json_integer_value(json_object_get(names, "count"));
}

/* The part about the configuration; false: the engine did not read it again. */
static bool tell_config(const struct command_call *call, const json_t *config)
{
	const struct reload_command_options *opt = call->options;
	const char *error = json_string_value(json_object_get(config, "error"));
	const json_t *applied = json_object_get(config, "applied");
	const json_t *waiting = json_object_get(config, "waiting");

	if (!config)
		return false;
	if (error && *error) {
		log_warning("configuration stays as it was: %s", error);
		return false;
	}
	if (opt->json || opt->quiet ||
	    (!is_config(call) && count_of(applied) + count_of(waiting) == 0))
		return true;
	puts("configuration is read again");
	print_names("applied", applied);
	print_names("restart for", waiting);
	return true;
}

/* What the engine says, as text where it is good news. */
static int tell(const struct command_call *call, const json_t *doc)
{
	const struct reload_command_options *opt = call->options;
	const char *outcome = json_string_value(json_object_get(doc, "outcome"));
	const char *error = json_string_value(json_object_get(doc, "error"));
	bool is_read = (!outcome || strcmp(outcome, "refused") != 0) &&
		       tell_config(call, json_object_get(doc, "config"));

	if (outcome && strcmp(outcome, "reloaded") == 0) {
		if (!opt->json && !opt->quiet)
			print_summary(doc);
		return EXIT_CODE_OK;
	}
	if (outcome && strcmp(outcome, "refused") == 0) {
		log_error("%s", error && *error ? error : "policies are refused");
		return EXIT_CODE_REFUSED;
	}
	if (outcome && strcmp(outcome, "nothing") == 0 && is_read && is_config(call))
		return EXIT_CODE_OK;
	if (outcome && strcmp(outcome, "nothing") == 0)
		log_error("engine has nothing to reload, it was started without '--policy'");
	else
		log_error("answer is not about a reload, expected an engine that can do it");
	return EXIT_CODE_FAILED;
}

static int reload(const struct command_call *call)
{
	const struct reload_command_options *opt = call->options;
	CLEANUP_FREE char *text = NULL;
	struct err err = { 0 };
	json_error_t why;
	size_t len = 0;
	json_t *doc;
	int rc = status_ask(opt->socket, STATUS_LINE_RELOAD, PATIENCE_S, &text, &len, &err);

	if (rc < 0) {
		log_error("%s", err.text);
		return rc == -EINVAL ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
	}
	doc = json_loadb(text, len, 0, &why);
	if (!json_is_object(doc)) {
		log_error("answer is not a JSON object: line %d: %s", why.line, why.text);
		json_decref(doc);
		return EXIT_CODE_FAILED;
	}
	if (opt->json)
		(void)fwrite(text, 1, len, stdout); /* main checks the stream at the end */
	rc = tell(call, doc);
	json_decref(doc);
	return rc;
}

const struct command command_policy_reload = {
	.program = {
		.name = COMMAND_PREFIX "policy reload",
		.synopsis = "[--socket PATH] [--json] [--quiet]",
		.summary = "have the running engine read its policies again",
		.description =
			"Asks the engine that listens on the socket to load the files and "
			"directories it was given with --policy again. The new set takes over "
			"between two records; no event is lost, and what the engine knows of "
			"processes and containers is kept. The answer comes when the collector has "
			"confirmed the plan of the new set.\n\n"
			"A set that is refused changes nothing: one line on standard error says "
			"file, line, column, what was found and what was expected, and the exit "
			"code is 3. The exit code is 1 when no engine answers, or when it has "
			"nothing to reload.\n\n"
			"The configuration is read again too, as by 'warder config reload'.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct reload_command_options),
	.main = reload,
};

const struct command command_config_reload = {
	.program = {
		.name = COMMAND_PREFIX "config reload",
		.synopsis = "[--socket PATH] [--json] [--quiet]",
		.summary = "have the running engine read its configuration again",
		.description =
			"Asks the engine that listens on the socket to read its configuration and its "
			"policies again. How it logs changes at once; keys that need a restart are "
			"named. A configuration that is wrong changes nothing, policies included: one "
			"line on standard error says file, line, column, what was found and what was "
			"expected, and the exit code is 3. A file that the engine's user may not read "
			"is said, and stays as it was read at the start.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct reload_command_options),
	.main = reload,
};
