/* SPDX-License-Identifier: Apache-2.0 */
/* policy check: are these policies what the engine takes, and what would they select. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "tools/json_print.h"
#include "tools/policy_files.h"
#include "tools/value_check.h"

struct check_options {
	struct options_about about;
	bool quiet, strict, json;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "strict", 's', OPTIONS_FLAG(struct check_options, strict), NULL, NULL, NULL, 0,
	  "Selection", "warnings are errors: exit code 3" },
	{ "quiet", 'q', OPTIONS_FLAG(struct check_options, quiet), NULL, NULL, NULL, 0, "Output",
	  "print nothing but errors and warnings" },
	{ "json", 'j', OPTIONS_FLAG(struct check_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document, errors and warnings in it" },
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

/* Its rules' events that this build never makes; what is done with each. */
static void each_unavailable(const struct pol_policy *policy,
			     void (*fn)(void *arg, const char *name), void *arg)
{
	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct pol_rule *rule = &policy->rules[i];

		if (rule->kind == POL_RULE_UNAVAILABLE ||
		    (rule->event && pfiles_is_never(rule->event)))
			fn(arg, rule->event_name);
	}
}

static void show_unavailable(void *arg, const char *name)
{
	size_t *n = arg;

	printf("%s%s", (*n)++ ? ", " : "  unavailable  ", name);
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

static void count_parts(const struct pol_policy *policy, size_t *ret_n_filters,
			size_t *ret_n_exceptions)
{
	*ret_n_filters = *ret_n_exceptions = 0;
	for (size_t i = 0; i < policy->n_rules; i++) {
		*ret_n_filters += policy->rules[i].filters.n;
		*ret_n_exceptions += policy->rules[i].n_exceptions;
	}
}

static void show_policy(const struct pol_policy *policy, size_t n_events)
{
	size_t n_filters, n_exceptions, n_bad = 0;

	count_parts(policy, &n_filters, &n_exceptions);
	columns_title(stdout, policy->name);
	printf("  file         %s\n  scope        ", policy->file);
	show_scope(policy);
	printf("  rules        %zu\n  events       %zu\n  filters      %zu\n  exceptions   %zu\n",
	       policy->n_rules, n_events, n_filters, n_exceptions);
	each_unavailable(policy, show_unavailable, &n_bad);
	puts(n_bad ? "" : "  unavailable  none");
}

static size_t warn_unfed(const struct pfiles_ear *ear, const struct pol_policy *policy,
			 const struct pol_filters *filters)
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
		pfiles_warn(ear, policy, filter->line, filter->column,
			    "'%s': %s are not known in this build yet, it only matches what has "
			    "none",
			    quote_text(shown, text ? text : filter->name), unfed);
		n++;
	}
	return n;
}

static size_t warn_values(const struct pfiles_ear *ear, const struct pol_policy *policy,
			  const struct event_def *event, const struct pol_filters *filters)
{
	size_t n = 0;

	for (size_t i = 0; i < filters->n; i++) {
		const struct pol_filter *filter = &filters->items[i];

		for (size_t k = 0; k < filter->n_terms; k++) {
			char why[512], shown[QUOTE_CAP];

			if (!vcheck_is_never(event, filter, &filter->terms[k], why, sizeof(why)))
				continue;
			pfiles_warn(ear, policy, filter->line, filter->column,
				    "'%s' never is what this asks for: %s",
				    quote_text(shown, filter->name), why);
			n++;
		}
	}
	return n;
}

static size_t warn_exceptions(const struct pfiles_ear *ear, const struct pol_policy *policy,
			      const struct pol_rule *rule)
{
	char when[FTEXT_TIME_CAP];
	size_t n = 0;

	for (size_t i = 0; i < rule->n_exceptions; i++) {
		const struct pol_exception *x = &rule->exceptions[i];

		n += warn_unfed(ear, policy, &x->filters) +
		     warn_values(ear, policy, rule->event, &x->filters);
		if (!ftext_is_expired(x))
			continue;
		pfiles_warn(ear, policy, x->line, x->column,
			    "exception '%s' of event '%s' has expired (%s): it excepts nothing any "
			    "more",
			    x->name, rule->event_name, ftext_time(when, x->expires_s));
		n++;
	}
	return n;
}

/* Another name, and the same policy: a copy that somebody forgot to change. */
static size_t warn_twin(const struct pfiles_ear *ear, const struct pol_set *set, size_t index)
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
		pfiles_warn(ear, policy, policy->line, policy->column,
			    "policy '%s' says the same as policy '%s' in %s:%u", policy->name,
			    set->policies[i].name, other.file, other.line);
		return 1;
	}
	return 0;
}

/* How much there is that a policy's author may not have meant. */
static size_t warn(const struct pfiles_ear *ear, const struct pol_set *set)
{
	size_t n = 0;

	for (size_t i = 0; i < set->n_policies; i++) {
		const struct pol_policy *policy = &set->policies[i];

		n += warn_twin(ear, set, i) + warn_unfed(ear, policy, &policy->scope);
		for (size_t k = 0; k < policy->n_rules; k++) {
			const struct pol_rule *rule = &policy->rules[k];

			n += warn_unfed(ear, policy, &rule->filters) +
			     warn_values(ear, policy, rule->event, &rule->filters) +
			     warn_exceptions(ear, policy, rule);
		}
	}
	return n;
}

/* The engine would still refuse a pattern that PCRE2 can read and not compile for use. */
static bool compiles(const struct pol_set *set, const struct pfiles_ear *ear)
{
	const struct match_options opt = { .generation = 1 };
	struct err err = { 0 };
	struct match *match = match_new(set, &opt, NULL, &err);

	if (!match)
		pfiles_error(ear, err.text);
	match_free(match);
	return match != NULL;
}

/* --- as one document ------------------------------------------------------------------------- */

struct document {
	json_t *errors, *warnings, *policies; /* arrays; NULL: memory was short */
};

/* "FILE:LINE:COLUMN: ": where the sentence behind it begins; NULL: there is no place. */
static const char *read_place(const char *text, size_t *ret_file_len, unsigned int *ret_line,
			      unsigned int *ret_column)
{
	for (const char *at = strchr(text, ':'); at; at = strchr(at + 1, ':')) {
		int n = 0;

		if (sscanf(at, ":%u:%u:%n", ret_line, ret_column, &n) != 2 || n == 0 ||
		    at[n] != ' ')
			continue;
		*ret_file_len = (size_t)(at - text);
		return at + n + 1;
	}
	return NULL;
}

/* Takes the item. */
static void append(json_t *array, json_t *item)
{
	(void)json_array_append_new(array, item); /* memory is short: the document is refused */
}

static void hear(void *arg, bool is_error, const char *text)
{
	struct document *d = arg;
	json_t *problem = json_object();
	unsigned int line, column;
	size_t len;
	const char *sentence = read_place(text, &len, &line, &column);

	if (sentence) {
		CLEANUP_FREE char *file = strndup(text, len);

		(void)json_object_set_new(problem, "file", ftext_string(file ? file : ""));
		(void)json_object_set_new(problem, "line", json_integer(line));
		(void)json_object_set_new(problem, "column", json_integer(column));
	}
	(void)json_object_set_new(problem, "message", ftext_string(sentence ? sentence : text));
	append(is_error ? d->errors : d->warnings, problem);
}

static void add_name(void *arg, const char *name)
{
	append(arg, ftext_string(name));
}

static void add_policy(struct document *d, const struct pol_policy *policy, size_t n_events)
{
	json_t *scope = ftext_filters(&policy->scope), *unavailable = json_array();
	size_t n_filters, n_exceptions;

	count_parts(policy, &n_filters, &n_exceptions);
	if (policy->follow)
		append(scope, json_string("follow"));
	if (json_array_size(scope) == 0)
		append(scope, json_string("global"));
	each_unavailable(policy, add_name, unavailable);
	append(d->policies,
	       json_pack("{s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:o}", "name",
			 ftext_string(policy->name), "file", ftext_string(policy->file), "line",
			 (json_int_t)policy->line, "scope", scope, "rules",
			 (json_int_t)policy->n_rules, "events", (json_int_t)n_events, "filters",
			 (json_int_t)n_filters, "exceptions", (json_int_t)n_exceptions,
			 "unavailable", unavailable));
}

static bool print_document(struct document *d, bool is_ok)
{
	json_t *doc = json_pack("{s:b, s:o, s:o, s:o}", "ok", is_ok, "errors", d->errors,
				"warnings", d->warnings, "policies", d->policies);
	bool is_printed = jprint_document(doc, JSON_INDENT(2)) == 0;

	json_decref(doc);
	if (!is_printed)
		log_error("memory is short (ENOMEM)");
	return is_printed;
}

/* --- the command ----------------------------------------------------------------------------- */

/* NULL: they are refused. */
static struct pol_set *load(const struct command_call *call, const struct pfiles_ear *ear)
{
	const char *const *files = (const char *const *)call->args;
	size_t n = (size_t)call->n_args;
	CLEANUP_POL_SET struct pol_set *set = NULL;

	if (pfiles_check_each(n, files, ear)) /* and then whether they go together */
		set = pfiles_load(n, files, ear);
	return set && compiles(set, ear) ? TAKE_PTR(set) : NULL;
}

/* Prints, or puts into the document, what there is. */
static int show(const struct check_options *opt, const struct pol_set *set,
		const struct pfiles_ear *ear, struct document *d)
{
	CLEANUP_FREE size_t *n_events = count_events(set);
	size_t n_warnings;

	if (!n_events) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	n_warnings = warn(ear, set);
	for (size_t i = 0; i < set->n_policies; i++) {
		if (opt->json)
			add_policy(d, &set->policies[i], n_events[i]);
		else if (!opt->quiet)
			show_policy(&set->policies[i], n_events[i]);
	}
	return opt->strict && n_warnings > 0 ? EXIT_CODE_REFUSED : EXIT_CODE_OK;
}

static int check(const struct command_call *call)
{
	const struct check_options *opt = call->options;
	struct document d = { 0 };
	const struct pfiles_ear document = { hear, &d }, *ear = opt->json ? &document : NULL;
	CLEANUP_POL_SET struct pol_set *set = NULL;
	int code = EXIT_CODE_REFUSED;

	if (opt->json)
		d = (struct document){ json_array(), json_array(), json_array() };
	set = load(call, ear);
	if (set)
		code = show(opt, set, ear, &d);
	if (opt->json && !print_document(&d, code == EXIT_CODE_OK))
		return EXIT_CODE_FAILED;
	return code;
}

const struct command command_policy_check = {
	.program = {
		.name = COMMAND_PREFIX "policy check",
		.synopsis = "[--strict] [--quiet] [--json] FILE...",
		.summary = "check policy files, or directories of them",
		.description =
			"Reads the policies as the engine would. For each file that is refused one "
			"line on standard error says file, line, column, what was found, what was "
			"expected and, for a name, the nearest valid one; the exit code is 3. For "
			"the others it prints name, scope, the number of rules, of events selected, "
			"of filters and exceptions, and the events that this build or architecture "
			"does not have.\n\n"
			"Warnings, with their place, are for what is valid and may not be meant: "
			"a filter on what nothing feeds yet, such as pod names; a value that the "
			"field never has, such as a misspelled flag; an exception that has expired; "
			"a policy that says the same as another one.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct check_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 100000,
	.main = check,
};
