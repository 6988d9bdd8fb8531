/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy explain: what becomes of policies: where their events come from, what of their conditions
 * the kernel tells and what the engine, how the engine comes to a rule. A document first
 * (policy_explain_json.c), of which the text for people is made here.
 */
#include "tools/policy_explain.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/options.h"
#include "engine/policy/policy.h"
#include "engine/status_server.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/json_print.h"
#include "tools/policy_files.h"
#include "tools/status_ask.h"

struct explain_options {
	struct options_about about;
	const char *socket;
	bool json;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "socket", 's', OPTIONS_STRING(struct explain_options, socket), "PATH", NULL, NULL, 0,
	  "Connection", "ask the engine there through which hooks it sees the events" },
	{ "json", 'j', OPTIONS_FLAG(struct explain_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document" },
	OPTIONS_ABOUT_ROWS(struct explain_options, about),
};
/* clang-format on */

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void show_list(const json_t *strings)
{
	for (size_t i = 0; i < json_array_size(strings); i++)
		printf("%s%s", i ? ", " : "", json_string_value(json_array_get(strings, i)));
	putchar('\n');
}

/* Is it told of the same number of events, and for the same reason not of the others? */
static bool is_alike(const json_t *a, const json_t *b)
{
	return int_of(a, "events_in_kernel") == int_of(b, "events_in_kernel") &&
	       strcmp(string_of(a, "why"), string_of(b, "why")) == 0;
}

static int is_in_kernel(const json_t *condition, json_int_t n_events)
{
	return int_of(condition, "events_in_kernel") == n_events;
}

static bool is_first_of_its_like(const json_t *conditions, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (is_alike(json_array_get(conditions, i), json_array_get(conditions, index)))
			return false;
	return true;
}

/* Those like the one at `index`, on one line. */
static void show_alike(const json_t *conditions, size_t index, json_int_t n_events)
{
	const json_t *first = json_array_get(conditions, index);
	json_int_t n = int_of(first, "events_in_kernel");
	bool any = false;

	fputs(n == n_events ? "    in kernel   " : "    in engine   ", stdout);
	for (size_t i = 0; i < json_array_size(conditions); i++) {
		const json_t *one = json_array_get(conditions, i);

		if (!is_alike(first, one))
			continue;
		printf("%s%s", any ? ", " : "", string_of(one, "filter"));
		any = true;
	}
	if (n < n_events)
		printf(": %s", string_of(first, "why"));
	if (n > 0 && n < n_events)
		printf(" (but for %" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
		       " events, where the kernel tells it)",
		       n, n_events);
	putchar('\n');
}

static void show_conditions(const json_t *rule)
{
	const json_t *conditions = json_object_get(rule, "conditions");
	size_t n = json_array_size(conditions);
	json_int_t n_events = int_of(rule, "events");

	if (n == 0)
		puts("    conditions  none");
	for (int kernel = 1; kernel >= 0; kernel--)
		for (size_t i = 0; i < n; i++)
			if (is_in_kernel(json_array_get(conditions, i), n_events) == kernel &&
			    is_first_of_its_like(conditions, i))
				show_alike(conditions, i, n_events);
}

static void show_access(const json_t *access)
{
	static const char *const words[][3] = {
		{ "exact", "exact value", "exact values" },
		{ "prefixes", "prefix", "prefixes" },
		{ "suffixes", "suffix", "suffixes" },
	};
	bool any = false;

	fputs("    found by    ", stdout);
	if (!json_is_object(access)) {
		puts("nothing: it is tried for every such event");
		return;
	}
	printf("%s: ", string_of(access, "subject"));
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		json_int_t n = int_of(access, words[i][0]);

		if (n == 0)
			continue;
		printf("%s%" JSON_INTEGER_FORMAT " %s", any ? ", " : "", n,
		       words[i][n == 1 ? 1 : 2]);
		any = true;
	}
	puts(strcmp(string_of(access, "place"), "scope") == 0 ? " of the scope" : "");
}

static void show_exceptions(const json_t *exceptions)
{
	for (size_t i = 0; i < json_array_size(exceptions); i++) {
		const json_t *one = json_array_get(exceptions, i);

		printf("    exception   %s, in the engine, %s %s\n", string_of(one, "name"),
		       json_is_true(json_object_get(one, "expired")) ? "expired" : "expires",
		       string_of(one, "expires"));
	}
}

/* What the running engine says. */
static void show_here(const json_t *rule)
{
	const json_t *here = json_object_get(rule, "here");

	for (size_t i = 0; i < json_array_size(here); i++) {
		const json_t *one = json_array_get(here, i);

		const char *state = string_of(one, "state"), *event = string_of(one, "event");

		if (strcmp(state, "attached") == 0 && int_of(rule, "events") == 1)
			printf("    here        %s\n", string_of(one, "hook"));
		else if (strcmp(state, "attached") != 0)
			printf("    here        %s is %s%s%s\n", event, state,
			       string_of(one, "reason")[0] ? ": " : "", string_of(one, "reason"));
	}
}

static void show_rule(const json_t *rule)
{
	json_int_t n_events = int_of(rule, "events"), line = int_of(rule, "line");

	printf("\n  %s", string_of(rule, "event"));
	if (line > 0)
		printf(" (line %" JSON_INTEGER_FORMAT ")", line);
	putchar('\n');
	if (json_is_string(json_object_get(rule, "unavailable")))
		printf("    unavailable %s\n", string_of(rule, "unavailable"));
	if (n_events == 0)
		return;
	if (json_array_size(json_object_get(rule, "hooks")) > 0) {
		fputs("    hooks       ", stdout);
		show_list(json_object_get(rule, "hooks"));
	} else {
		printf("    events      %" JSON_INTEGER_FORMAT
		       ", each through its own hook: 'warder events show'\n",
		       n_events);
	}
	show_here(rule);
	show_conditions(rule);
	show_access(json_object_get(rule, "access"));
	show_exceptions(json_object_get(rule, "exceptions"));
}

static void show_policy(const json_t *policy)
{
	const json_t *scope = json_object_get(policy, "scope");
	const json_t *rules = json_object_get(policy, "rules");

	columns_title(stdout, string_of(policy, "name"));
	printf("  file        %s\n  scope       ", string_of(policy, "file"));
	if (json_array_size(scope) > 0)
		show_list(scope);
	else
		puts("global");
	for (size_t i = 0; i < json_array_size(rules); i++)
		show_rule(json_array_get(rules, i));
	putchar('\n');
}

static void show_total(const json_t *totals, const char *key, const char *what)
{
	printf("  %-18s%" JSON_INTEGER_FORMAT "\n", what, int_of(totals, key));
}

static void show_dropped(const json_t *events)
{
	if (json_array_size(events) == 0)
		return;
	columns_title(stdout, "What the kernel drops before it is recorded");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *one = json_array_get(events, i);

		printf("  %s, by ", string_of(one, "event"));
		show_list(json_object_get(one, "dimensions"));
	}
	putchar('\n');
}

static void show(const json_t *doc)
{
	const json_t *totals = json_object_get(doc, "totals");
	const json_t *policies = json_object_get(doc, "policies");

	for (size_t i = 0; i < json_array_size(policies); i++)
		show_policy(json_array_get(policies, i));
	show_dropped(json_object_get(doc, "dropped"));
	columns_title(stdout, "Totals");
	show_total(totals, "policies", "policies");
	show_total(totals, "rules", "rules");
	show_total(totals, "events", "events");
	show_total(totals, "kernel_events", "of them filtered");
	show_total(totals, "kernel_entries", "kernel entries");
	show_total(totals, "predicates", "predicates");
	show_total(totals, "patterns", "patterns");
	printf("  %-18s%.1f KiB\n", "memory", (double)int_of(totals, "memory_bytes") / 1024);
}

/* NULL: it does not answer, or not so that it can be read; that is logged. */
static json_t *ask(const char *socket)
{
	CLEANUP_FREE char *text = NULL;
	struct err err = { 0 };
	size_t len = 0;
	json_t *doc;

	if (status_ask(socket, STATUS_LINE_STATUS, STATUS_ASK_PATIENCE_S, &text, &len, &err) < 0) {
		log_error("%s", err.text);
		return NULL;
	}
	doc = json_loadb(text, len, 0, NULL);
	if (!doc)
		log_error("answer of the engine at '%s' is not JSON", socket);
	return doc;
}

static int print(const struct policy_explained *x, bool as_json)
{
	json_t *doc = policy_explain_json(x);
	int rc = doc ? 0 : -1;

	if (rc == 0 && as_json)
		rc = jprint_document(doc, JSON_INDENT(2));
	else if (rc == 0)
		show(doc);
	json_decref(doc);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int explain_set(const struct pol_set *set, const json_t *status, bool as_json)
{
	const struct match_options match = { .generation = 1 };
	struct policy_explained x = { .set = set, .status = status };
	struct err err = { 0 };
	int code = EXIT_CODE_OK;

	x.match = match_new(set, &match, NULL, &err);
	if (!x.match)
		code = err.code == -ENOMEM ? EXIT_CODE_FAILED : EXIT_CODE_REFUSED;
	x.kernel = x.match ? kfilter_compile(set, &err) : NULL;
	if (x.match && !x.kernel)
		code = EXIT_CODE_FAILED;
	if (code == EXIT_CODE_OK)
		code = print(&x, as_json);
	else
		log_error("%s", err.text);
	kfilter_free(x.kernel);
	match_free(x.match);
	return code;
}

static int explain(const struct command_call *call)
{
	const struct explain_options *opt = call->options;
	CLEANUP_POL_SET struct pol_set *set = NULL;
	json_t *status = NULL;
	int code = EXIT_CODE_REFUSED;

	set = pfiles_load((size_t)call->n_args, (const char *const *)call->args, NULL);
	if (set && opt->socket) {
		status = ask(opt->socket);
		if (!status)
			return EXIT_CODE_FAILED;
	}
	if (set)
		code = explain_set(set, status, opt->json);
	json_decref(status);
	return code;
}

const struct command command_policy_explain = {
	.program = {
		.name = COMMAND_PREFIX "policy explain",
		.synopsis = "[--json] [--socket PATH] FILE...",
		.summary = "say what becomes of policies: hooks, filters, index",
		.description =
			"For each rule: the hooks that can see its event, in order of preference; "
			"which of its conditions, those of the scope included, the kernel tells, so "
			"that what does not fulfil them is never recorded; which stay in the engine "
			"and why; by which value the engine finds the rule; its exceptions; and "
			"what this build or architecture does not have. The engine matches "
			"everything exactly, whatever the kernel has dropped before.\n\n"
			"All policies of one call are explained together, as what one of them wants "
			"the kernel cannot drop for another. With '--socket' a running engine is "
			"asked through which hook it sees each event, or why not "
			"(" ENGINE_OPTIONS_STATUS_SOCKET " is the usual path).\n\n"
			"The exit code is 3 when a policy is refused.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct explain_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 100000,
	.main = explain,
};
