/* SPDX-License-Identifier: Apache-2.0 */
/* policy: are these policies what the engine takes, and what would they select. */
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/policy/policy.h"
#include "tools/columns.h"
#include "tools/command.h"

struct check_options {
	struct options_about about;
	bool quiet;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "quiet", 'q', OPTIONS_FLAG(struct check_options, quiet), NULL, NULL, NULL, 0, "Output",
	  "print nothing but what is wrong" },
	OPTIONS_ABOUT_ROWS(struct check_options, about),
};
/* clang-format on */

static void cleanup_set(struct pol_set **set)
{
	pol_set_free(*set);
}
#define CLEANUP_SET CLEANUP(cleanup_set)

/* Each by itself, so that one mistake does not hide those of other files. */
static bool all_load(int n, char **files)
{
	bool good = true;

	for (int i = 0; i < n; i++) {
		CLEANUP_SET struct pol_set *set = pol_set_new();
		struct err err = { 0 };

		if (set && pol_set_load(set, files[i], &err) == 0)
			continue;
		log_error("%s", set ? err.text : "memory is short (ENOMEM)");
		good = false;
	}
	return good;
}

/* Policies of different files may still not go together: two of one name, for instance. */
static struct pol_set *load_together(int n, char **files)
{
	CLEANUP_SET struct pol_set *set = pol_set_new();
	struct err err = { 0 };
	int rc = set ? 0 : err_set(&err, -1, "memory is short (ENOMEM)");

	for (int i = 0; i < n && rc == 0; i++)
		rc = pol_set_load(set, files[i], &err);
	if (rc == 0)
		rc = pol_set_compile(set, &err);
	if (rc < 0) {
		log_error("%s", err.text);
		return NULL;
	}
	return TAKE_PTR(set);
}

/* True if no policy of this build's machine can ever see it. */
static bool never_here(const struct event_def *def)
{
	return def->is_syscall && def->nr_native < 0 && def->nr_compat < 0;
}

static size_t n_events(const struct pol_set *set, size_t policy)
{
	size_t n = 0;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++)
		for (uint32_t i = 0; i < set->n_wanted[slot]; i++)
			n += set->wanted[slot][i] == policy;
	return n;
}

static void show_policy(const struct pol_set *set, size_t index)
{
	const struct pol_policy *policy = &set->policies[index];
	size_t n_bad = 0;

	columns_title(stdout, policy->name);
	printf("  file         %s\n  rules        %zu\n  events       %zu\n", policy->file,
	       policy->n_rules, n_events(set, index));
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct pol_rule *rule = &policy->rules[i];

		if (rule->kind == POL_RULE_UNAVAILABLE || (rule->event && never_here(rule->event)))
			printf("%s%s", n_bad++ ? ", " : "  unavailable  ", rule->event_name);
	}
	puts(n_bad ? "" : "  unavailable  none");
}

static int check(const struct command_call *call)
{
	const struct check_options *opt = call->options;
	CLEANUP_SET struct pol_set *set = NULL;

	if (all_load(call->n_args, call->args))
		set = load_together(call->n_args, call->args);
	if (!set)
		return EXIT_CODE_REFUSED;
	for (size_t i = 0; i < set->n_policies && !opt->quiet; i++)
		show_policy(set, i);
	return EXIT_CODE_OK;
}

const struct command command_policy_check = {
	.program = {
		.name = COMMAND_PREFIX "policy check",
		.synopsis = "[--quiet] FILE...",
		.summary = "check policy files, or directories of them",
		.description =
			"Reads the policies as the engine would. For a policy that is refused one "
			"line on standard error says file, line, column, what was found and what "
			"was expected, and the exit code is 3. For the others it prints the name, "
			"the number of rules and of events selected, and what this build or "
			"architecture does not have.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct check_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 100000,
	.main = check,
};
