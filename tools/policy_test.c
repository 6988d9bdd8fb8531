/* SPDX-License-Identifier: Apache-2.0 */
/* policy test: what policies would have reported of a recording, before they are deployed. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/match/match.h"
#include "engine/policy/policy.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/filter_text.h"
#include "tools/json_print.h"
#include "tools/trial.h"

#define NUMBER_CAP 24 /* bytes of a formatted count */

struct test_options {
	struct options_about about;
	struct trial_policies policies;
	bool json;
};

/* clang-format off */
static const struct options_row rows[] = {
	TRIAL_ROWS(struct test_options, policies),
	{ "json", 'j', OPTIONS_FLAG(struct test_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(struct test_options, about),
};
/* clang-format on */

/* What the trial counts. */
struct counts {
	uint64_t *by_policy; /* owned: events that it took */
	uint64_t seen[EVENT_SLOTS], matched[EVENT_SLOTS];
	uint64_t n_seen, n_matched, n_no_rule;
};

struct outcome {
	struct trial trial;
	struct counts counts;
};

static void count(void *arg, const struct event *ev)
{
	struct outcome *o = arg;
	struct counts *c = &o->counts;

	c->seen[ev->def->slot]++;
	c->n_seen++;
	c->matched[ev->def->slot] += ev->n_matched > 0;
	c->n_matched += ev->n_matched > 0;
	c->n_no_rule += o->trial.set->n_wanted[ev->def->slot] == 0;
	for (uint32_t i = 0; c->by_policy && i < ev->n_matched; i++)
		c->by_policy[ev->matched[i]]++;
}

/* --- The document. ---------------------------------------------------------------------------- */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *exceptions_json(const struct outcome *o, size_t policy, size_t rule)
{
	const struct pol_rule *r = &o->trial.set->policies[policy].rules[rule];
	json_t *array = json_array();
	char when[FTEXT_TIME_CAP];

	for (size_t i = 0; array && i < r->n_exceptions; i++) {
		const struct pol_exception *x = &r->exceptions[i];
		json_t *one = json_pack(
			"{s:o, s:o, s:i, s:o, s:s, s:b}", "name", ftext_string(x->name), "reason",
			ftext_string(x->reason), "line", (int)x->line, "hits",
			number(match_exception_hits(o->trial.match, policy, rule, i)), "expires",
			ftext_time(when, x->expires_s), "expired", ftext_is_expired(x));

		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *rules_json(const struct outcome *o, size_t policy)
{
	const struct pol_policy *p = &o->trial.set->policies[policy];
	json_t *array = json_array();

	for (size_t i = 0; array && i < p->n_rules; i++) {
		const struct pol_rule *rule = &p->rules[i];
		struct match_hits hits;
		json_t *one;

		match_rule_hits(o->trial.match, policy, i, &hits);
		one = json_pack("{s:s, s:i, s:b, s:o, s:o, s:o}", "event", rule->event_name, "line",
				(int)rule->line, "available", rule->kind != POL_RULE_UNAVAILABLE,
				"matched", number(hits.n_matched), "excepted",
				number(hits.n_excepted), "exceptions",
				exceptions_json(o, policy, i));
		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *policies_json(const struct outcome *o)
{
	const struct pol_set *set = o->trial.set;
	json_t *array = json_array();

	for (size_t i = 0; array && i < set->n_policies; i++) {
		json_t *one = json_pack(
			"{s:o, s:o, s:o, s:o}", "name", ftext_string(set->policies[i].name), "file",
			ftext_string(set->policies[i].file ? set->policies[i].file : ""), "matched",
			number(o->counts.by_policy[i]), "rules", rules_json(o, i));

		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *events_json(const struct outcome *o)
{
	const struct counts *c = &o->counts;
	json_t *array = json_array();

	for (unsigned int slot = 0; array && slot < EVENT_SLOTS; slot++) {
		json_t *one;

		if (c->seen[slot] == 0)
			continue;
		one = json_pack("{s:s, s:o, s:o, s:b}", "event", event_defs[slot].name, "seen",
				number(c->seen[slot]), "matched", number(c->matched[slot]),
				"wanted", o->trial.set->n_wanted[slot] > 0);
		if (json_array_append_new(array, one) < 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *document(const struct outcome *o)
{
	const struct pipeline_stats *stats = pipeline_stats(o->trial.pipeline);
	const struct trial *t = &o->trial;
	const struct counts *c = &o->counts;
	struct match_stats match;

	match_stats_get(t->match, &match);
	return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "recording", ftext_string(t->recording), "finished",
			 !t->is_cut && !t->damage[0], "damage",
			 t->damage[0] ? ftext_string(t->damage) : json_null(), "records",
			 number(stats->n_records), "bad", number(stats->n_bad), "lost",
			 number(stats->n_lost), "events", number(c->n_seen), "matched",
			 number(c->n_matched), "no_rule", number(c->n_no_rule), "patterns_limited",
			 number(match.n_pattern_limited), "policies", policies_json(o), "by_event",
			 events_json(o));
}

/* --- The tables, from the document. ----------------------------------------------------------- */

static json_int_t int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static const char *print_number(char buf[static NUMBER_CAP], json_int_t n)
{
	(void)snprintf(buf, NUMBER_CAP, "%" JSON_INTEGER_FORMAT, n); /* fits */
	return buf;
}

static int add_rule(struct columns *c, const json_t *rule)
{
	char name[128], matched[NUMBER_CAP], excepted[NUMBER_CAP];
	bool available = json_is_true(json_object_get(rule, "available"));
	const char *cells[] = { name, "-", "-", available ? "" : "not available in this build" };

	(void)snprintf(name, sizeof(name), "  %s", string_of(rule, "event")); /* names are short */
	if (available) {
		cells[1] = print_number(matched, int_of(rule, "matched"));
		cells[2] = print_number(excepted, int_of(rule, "excepted"));
	}
	return columns_add(c, cells);
}

static int show_policies(const json_t *policies)
{
	static const char *const headings[] = { "POLICY, RULE", ">MATCHED", ">EXCEPTED", "NOTE" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);
	char buf[NUMBER_CAP];
	int rc = c ? 0 : -1;

	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *policy = json_array_get(policies, i);
		const json_t *rules = json_object_get(policy, "rules");

		const char *name = string_of(policy, "name");
		/* Of a list of events only what happened: it may select hundreds. */
		bool is_list = name[0] == '\0';
		const char *cells[] = { is_list ? "--events" : name,
					print_number(buf, int_of(policy, "matched")), NULL, NULL };

		if (rc == 0)
			rc = columns_add(c, cells);
		for (size_t k = 0; rc == 0 && k < json_array_size(rules); k++) {
			const json_t *rule = json_array_get(rules, k);

			if (!is_list || int_of(rule, "matched") > 0)
				rc = add_rule(c, rule);
		}
	}
	if (rc == 0)
		columns_print(c, stdout);
	return rc;
}

static int add_exceptions(struct columns *c, const json_t *policy, const json_t *rule, size_t *n)
{
	for (size_t i = 0; i < json_array_size(json_object_get(rule, "exceptions")); i++) {
		const json_t *one = json_array_get(json_object_get(rule, "exceptions"), i);

		char hits[NUMBER_CAP];
		const char *cells[] = {
			string_of(policy, "name"),
			string_of(rule, "event"),
			string_of(one, "name"),
			print_number(hits, int_of(one, "hits")),
			string_of(one, "expires"),
			json_is_true(json_object_get(one, "expired")) ? "expired" : "",
		};

		if (columns_add(c, cells) < 0)
			return -1;
		(*n)++;
	}
	return 0;
}

static int show_exceptions(const json_t *policies)
{
	static const char *const headings[] = { "POLICY", "RULE",    "EXCEPTION",
						">HITS",  "EXPIRES", "NOTE" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);
	size_t n = 0;
	int rc = c ? 0 : -1;

	for (size_t i = 0; i < json_array_size(policies); i++) {
		const json_t *policy = json_array_get(policies, i);
		const json_t *rules = json_object_get(policy, "rules");

		for (size_t k = 0; rc == 0 && k < json_array_size(rules); k++)
			rc = add_exceptions(c, policy, json_array_get(rules, k), &n);
	}
	if (rc == 0 && n > 0) {
		putchar('\n');
		columns_print(c, stdout);
	}
	return rc;
}

static int show_events(const json_t *events)
{
	static const char *const headings[] = { "EVENT", ">SEEN", ">MATCHED", "NOTE" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);

		char seen[NUMBER_CAP], matched[NUMBER_CAP];
		bool wanted = json_is_true(json_object_get(event, "wanted"));
		const char *cells[] = { string_of(event, "event"),
					print_number(seen, int_of(event, "seen")),
					print_number(matched, int_of(event, "matched")),
					wanted ? "" : "no policy has a rule for it" };

		if (!c || columns_add(c, cells) < 0)
			return -1;
	}
	if (!c)
		return -1;
	if (json_array_size(events) > 0) {
		putchar('\n');
		columns_print(c, stdout);
	}
	return 0;
}

static int show(const json_t *doc)
{
	const json_t *policies = json_object_get(doc, "policies");
	json_int_t n_events = int_of(doc, "events"), n_matched = int_of(doc, "matched");

	columns_title(stdout, string_of(doc, "recording"));
	printf("  records      %" JSON_INTEGER_FORMAT "\n  events       %" JSON_INTEGER_FORMAT
	       "\n  matched      %" JSON_INTEGER_FORMAT "\n  not matched  %" JSON_INTEGER_FORMAT
	       "\n  lost         %" JSON_INTEGER_FORMAT "\n\n",
	       int_of(doc, "records"), n_events, n_matched, n_events - n_matched,
	       int_of(doc, "lost"));
	if (int_of(doc, "patterns_limited") > 0)
		printf("  given up     %" JSON_INTEGER_FORMAT
		       " matches of patterns that took too long\n\n",
		       int_of(doc, "patterns_limited"));
	if (show_policies(policies) < 0 || show_exceptions(policies) < 0)
		return -1;
	return show_events(json_object_get(doc, "by_event"));
}

static int print(const struct outcome *o, bool as_json)
{
	json_t *doc = document(o);
	int rc = doc ? 0 : -1;

	if (rc == 0)
		rc = as_json ? jprint_document(doc, JSON_INDENT(2)) : show(doc);
	json_decref(doc);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int test(const struct command_call *call)
{
	const struct test_options *opt = call->options;
	struct outcome o = { .counts = { .n_seen = 0 } };
	int code = trial_open(&o.trial, call->args[0], &opt->policies, count, &o), printed;

	if (code == EXIT_CODE_OK) {
		o.counts.by_policy = calloc(o.trial.set->n_policies + 1, sizeof(uint64_t));
		code = trial_run(&o.trial);
		printed = o.counts.by_policy ? print(&o, opt->json) : EXIT_CODE_FAILED;
		code = code == EXIT_CODE_OK ? printed : code;
	}
	free(o.counts.by_policy);
	trial_close(&o.trial);
	return code;
}

const struct command command_policy_test = {
	.program = {
		.name = COMMAND_PREFIX "policy test",
		.synopsis = "RECORDING --policy FILE [--json]",
		.summary = "say what policies would report of a recording",
		.description =
			"Takes the events of RECORDING, which 'warder record' has written, through "
			"the policies, as an engine would, and reports nothing but counts: how many "
			"events each policy and each of its rules matched, how many an exception "
			"kept back, and which events no policy has a rule for. It needs no "
			"privileges. An exception holds as it did when the recording was made; one "
			"that has expired since is marked.\n\n"
			"An event that several rules of a policy match counts once for the policy. "
			"'warder events explain' says of a single event why.\n\n"
			"A recording that was cut is read to its end; of one that is damaged what "
			"comes before the damage counts, and the exit code is 1. It is 3 when a "
			"policy is refused.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct test_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 1,
	.main = test,
};
