/* SPDX-License-Identifier: Apache-2.0 */
/* policy check: are these policies what the engine takes, and what would they select. */
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/quote.h"
#include "engine/match/match.h"
#include "engine/policy/diff.h"
#include "engine/policy/policy.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/filter_text.h"
#include "tools/policy_files.h"

struct check_options {
	struct options_about about;
	bool quiet, strict;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "strict", 's', OPTIONS_FLAG(struct check_options, strict), NULL, NULL, NULL, 0,
	  "Selection", "warnings are errors: exit code 3" },
	{ "quiet", 'q', OPTIONS_FLAG(struct check_options, quiet), NULL, NULL, NULL, 0, "Output",
	  "print nothing but errors and warnings" },
	OPTIONS_ABOUT_ROWS(struct check_options, about),
};
/* clang-format on */

/* How many events each policy selects; to be freed, NULL: memory is short. */
static size_t *count_events(const struct pol_set *set)
{
	size_t *n = calloc(set->n_policies + 1, sizeof(*n));

	for (size_t slot = 0; n && slot < EVENT_SLOTS; slot++)
		for (uint32_t i = 0; i < set->n_wanted[slot]; i++)
			n[set->wanted[slot][i]]++;
	return n;
}

static void show_scope(const struct pol_policy *policy)
{
	bool is_first = true;

	for (size_t i = 0; i < policy->scope.n; i++) {
		CLEANUP_FREE char *text = ftext_filter(&policy->scope.items[i]);

		printf("%s%s", is_first ? "" : ", ", text ? text : policy->scope.items[i].name);
		is_first = false;
	}
	if (policy->follow)
		printf("%sfollow", is_first ? "" : ", ");
	puts(is_first && !policy->follow ? "global" : "");
}

static void show_policy(const struct pol_policy *policy, size_t n_events)
{
	size_t n_filters = 0, n_exceptions = 0, n_bad = 0;

	for (size_t i = 0; i < policy->n_rules; i++) {
		n_filters += policy->rules[i].filters.n;
		n_exceptions += policy->rules[i].n_exceptions;
	}
	columns_title(stdout, policy->name);
	printf("  file         %s\n  scope        ", policy->file);
	show_scope(policy);
	printf("  rules        %zu\n  events       %zu\n  filters      %zu\n  exceptions   %zu\n",
	       policy->n_rules, n_events, n_filters, n_exceptions);
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct pol_rule *rule = &policy->rules[i];

		if (rule->kind == POL_RULE_UNAVAILABLE ||
		    (rule->event && pfiles_is_never(rule->event)))
			printf("%s%s", n_bad++ ? ", " : "  unavailable  ", rule->event_name);
	}
	puts(n_bad ? "" : "  unavailable  none");
}

static size_t warn_unfed(const struct pol_policy *policy, const struct pol_filters *filters)
{
	size_t n = 0;

	for (size_t i = 0; i < filters->n; i++) {
		const struct pol_filter *filter = &filters->items[i];
		CLEANUP_FREE char *text = NULL;
		char shown[QUOTE_CAP];
		const char *unfed;

		unfed = filter->subject == POL_SUBJECT_CONTEXT ? pol_context_unfed(filter->context)
							       : NULL;
		if (!unfed)
			continue;
		text = ftext_filter(filter);
		pfiles_warn(policy, filter->line, filter->column,
			    "'%s': %s are not known in this build yet, it only matches what has "
			    "none",
			    quote_text(shown, text ? text : filter->name), unfed);
		n++;
	}
	return n;
}

static size_t warn_exceptions(const struct pol_policy *policy, const struct pol_rule *rule)
{
	char when[FTEXT_TIME_CAP];
	size_t n = 0;

	for (size_t i = 0; i < rule->n_exceptions; i++) {
		const struct pol_exception *x = &rule->exceptions[i];

		n += warn_unfed(policy, &x->filters);
		if (!ftext_is_expired(x))
			continue;
		pfiles_warn(policy, x->line, x->column,
			    "exception '%s' of event '%s' has expired (%s): it excepts nothing any "
			    "more",
			    x->name, rule->event_name, ftext_time(when, x->expires_s));
		n++;
	}
	return n;
}

/* Another name, and the same policy: a copy that somebody forgot to change. */
static size_t warn_twin(const struct pol_set *set, size_t index)
{
	const struct pol_policy *policy = &set->policies[index];

	for (size_t i = 0; i < index; i++) {
		struct pol_policy other = set->policies[i];

		if (other.n_rules != policy->n_rules)
			continue;
		other.name = policy->name;
		other.description = policy->description;
		if (!pol_policy_same(&other, policy))
			continue;
		pfiles_warn(policy, policy->line, policy->column,
			    "policy '%s' says the same as policy '%s' in %s:%u", policy->name,
			    set->policies[i].name, other.file, other.line);
		return 1;
	}
	return 0;
}

/* How much there is that a policy's author may not have meant. */
static size_t warn(const struct pol_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_policies; i++) {
		const struct pol_policy *policy = &set->policies[i];

		n += warn_twin(set, i) + warn_unfed(policy, &policy->scope);
		for (size_t k = 0; k < policy->n_rules; k++)
			n += warn_unfed(policy, &policy->rules[k].filters) +
			     warn_exceptions(policy, &policy->rules[k]);
	}
	return n;
}

/* The engine would still refuse a pattern that PCRE2 can read and not compile for use. */
static bool compiles(const struct pol_set *set)
{
	const struct match_options opt = { .generation = 1 };
	struct err err = { 0 };
	struct match *match = match_new(set, &opt, NULL, &err);

	if (!match)
		log_error("%s", err.text);
	match_free(match);
	return match != NULL;
}

static int check(const struct command_call *call)
{
	const char *const *files = (const char *const *)call->args;
	const struct check_options *opt = call->options;
	CLEANUP_POL_SET struct pol_set *set = NULL;
	CLEANUP_FREE size_t *n_events = NULL;
	size_t n = (size_t)call->n_args, n_warnings;

	if (pfiles_check_each(n, files)) /* and then whether they go together */
		set = pfiles_load(n, files);
	if (!set || !compiles(set))
		return EXIT_CODE_REFUSED;
	n_events = count_events(set);
	if (!n_events) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	n_warnings = warn(set);
	for (size_t i = 0; i < set->n_policies && !opt->quiet; i++)
		show_policy(&set->policies[i], n_events[i]);
	return opt->strict && n_warnings > 0 ? EXIT_CODE_REFUSED : EXIT_CODE_OK;
}

const struct command command_policy_check = {
	.program = {
		.name = COMMAND_PREFIX "policy check",
		.synopsis = "[--strict] [--quiet] FILE...",
		.summary = "check policy files, or directories of them",
		.description =
			"Reads the policies as the engine would. For each file that is refused one "
			"line on standard error says file, line, column, what was found, what was "
			"expected and, for a name, the nearest valid one; the exit code is 3. For "
			"the others it prints name, scope, the number of rules, of events selected, "
			"of filters and exceptions, and the events that this build or architecture "
			"does not have.\n\n"
			"Warnings, with their place, are for what is valid and may not be meant: "
			"a filter on what nothing feeds yet, such as pod names; an exception that "
			"has expired; a policy that says the same as another one.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct check_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 100000,
	.main = check,
};
