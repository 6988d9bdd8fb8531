/* SPDX-License-Identifier: Apache-2.0 */
/* events explain: why policies want an event of a recording, or do not. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/encode/json.h"
#include "engine/enrich/process_tree.h"
#include "engine/match/match.h"
#include "engine/policy/policy.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/events.h"
#include "tools/filter_text.h"
#include "tools/json_print.h"
#include "tools/trial.h"

#define ARGUMENT_MAX 120 /* characters of one that are shown */

struct explain_options {
	struct options_about about;
	struct trial_policies policies;
	const char *event;
	uint64_t index, timestamp, pid, limit;
	bool json;
};

/* clang-format off */
#define ST struct explain_options
static const struct options_row rows[] = {
	TRIAL_ROWS(ST, policies),
	{ "event", 'E', OPTIONS_STRING(ST, event), "NAME", NULL, NULL, 0, "Which",
	  "only events of this name" },
	{ "index", 'i', OPTIONS_NUMBER(ST, index), "N", NULL, NULL, 0, "Which",
	  "only the Nth event of the recording, counted from 1" },
	{ "timestamp", 't', OPTIONS_NUMBER(ST, timestamp), "NS", NULL, NULL, 0, "Which",
	  "only events of this time, as in their JSON" },
	{ "pid", 'P', OPTIONS_NUMBER(ST, pid), "PID", NULL, NULL, UINT32_MAX, "Which",
	  "only events of this process, by its number on the host or in its namespace" },
	{ "limit", 'n', OPTIONS_NUMBER(ST, limit), "N", "10", NULL, 0, "Which",
	  "explain so many; 0: all" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one line of JSON for each event" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST
/* clang-format on */

struct explaining {
	const struct explain_options *opt;
	const struct event_def *def; /* NULL: any */
	struct trial trial;
	char *line; /* owned: JSON_EVENT_MAX bytes */
	uint64_t n_seen, n_chosen, n_shown;
	bool failed; /* memory is short */
};

static uint64_t time_of(const struct explaining *x, const struct event *ev)
{
	return ev->rec->ts_ns + (uint64_t)x->trial.source->clock.epoch_offset_ns;
}

static bool is_chosen(const struct explaining *x, const struct event *ev)
{
	const struct explain_options *opt = x->opt;

	if (x->def && x->def != ev->def)
		return false;
	if (opt->index != OPTIONS_NONE && opt->index != x->n_seen)
		return false;
	if (opt->timestamp != OPTIONS_NONE && opt->timestamp != time_of(x, ev))
		return false;
	return opt->pid == OPTIONS_NONE || opt->pid == ev->rec->tgid ||
	       (ev->task && opt->pid == ev->task->ctx.ns_tgid);
}

/* --- The document of one event. --------------------------------------------------------------- */

static const char *const verdicts[] = {
	[MATCH_HOLDS] = "matched",
	[MATCH_EXCEPTED] = "excepted",
	[MATCH_SCOPE_REFUSED] = "scope refused",
	[MATCH_RULE_REFUSED] = "filter refused",
};

struct reasons {
	const struct pol_set *set;
	json_t *array;
	bool failed;
};

static json_t *filter_json(const struct pol_filter *filter)
{
	CLEANUP_FREE char *text = filter ? ftext_filter(filter) : NULL;

	return text ? ftext_string(text) : json_null();
}

static void add_reason(void *arg, const struct match_reason *r)
{
	struct reasons *to = arg;
	const struct pol_policy *policy = &to->set->policies[r->policy];
	const struct pol_rule *rule = &policy->rules[r->rule];
	json_t *one = json_pack(
		"{s:o, s:s, s:o, s:i, s:i, s:s, s:o, s:o}", "policy", ftext_string(policy->name),
		"rule", rule->event_name, "file", ftext_string(policy->file ? policy->file : ""),
		"line", (int)(r->filter && r->filter->line ? r->filter->line : rule->line),
		"column", (int)(r->filter && r->filter->line ? r->filter->column : rule->column),
		"verdict", verdicts[r->verdict], "filter", filter_json(r->filter), "value",
		r->filter && r->has_value ? ftext_string(r->value) : json_null());

	if (one && r->exception &&
	    (json_object_set_new(one, "exception", ftext_string(r->exception->name)) < 0 ||
	     json_object_set_new(one, "reason", ftext_string(r->exception->reason)) < 0))
		to->failed = true;
	if (json_array_append_new(to->array, one) < 0)
		to->failed = true;
}

/* What the engine would have written of it, and why; NULL: memory is short. */
static json_t *document(struct explaining *x, const struct event *ev)
{
	const struct json_options opt = {
		.parse_arguments = true,
		.epoch_offset_ns = x->trial.source->clock.epoch_offset_ns,
		.start_ns = x->trial.source->clock.start_ns,
	};
	struct reasons to = { .set = x->trial.set, .array = json_array() };
	size_t len = json_event(x->line, JSON_EVENT_MAX, ev, &opt);
	json_t *event = json_loadb(x->line, len, JSON_ALLOW_NUL, NULL);
	json_t *doc;

	if (to.array)
		match_explain(x->trial.match, ev, add_reason, &to);
	doc = json_pack("{s:I, s:o, s:o}", "index", (json_int_t)x->n_seen, "event", event, "rules",
			to.array);
	if (!to.failed)
		return doc;
	json_decref(doc);
	return NULL;
}

/* --- The same for people. --------------------------------------------------------------------- */

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

static json_int_t int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

/* One line, without what a terminal obeys, and not too much of it. */
static void put_text(const char *text)
{
	size_t n = 0;

	for (; *text; text++) {
		n += ((unsigned char)*text & 0xc0) != 0x80;
		if (n > ARGUMENT_MAX) {
			fputs("...", stdout);
			return;
		}
		putchar((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text);
	}
}

static void put_value(const json_t *value)
{
	CLEANUP_FREE char *text = NULL;

	if (json_is_string(value)) {
		put_text(json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	put_text(text ? text : "?");
}

static void show_process(const json_t *event, const struct event *ev)
{
	const char *container = string_of(event, "containerId");

	fputs("  process    ", stdout);
	if (!ev->task || ev->rec->flags & REC_F_NOTASK) {
		printf("not known, host pid %u\n", ev->rec->tgid);
		return;
	}
	put_text(string_of(event, "processName"));
	printf(", pid %" JSON_INTEGER_FORMAT ", host pid %" JSON_INTEGER_FORMAT
	       ", uid %" JSON_INTEGER_FORMAT "\n  host       ",
	       int_of(event, "processId"), int_of(event, "hostProcessId"), int_of(event, "userId"));
	put_text(string_of(event, "hostName"));
	printf(", container %s\n", container[0] ? container : "none");
}

static void show_event(const struct explaining *x, const json_t *event, const struct event *ev)
{
	char when[FTEXT_TIME_CAP], title[256];
	const json_t *args = json_object_get(event, "args");

	(void)snprintf(title, sizeof(title), "#%" PRIu64 " %s", x->n_seen,
		       ev->def->name); /* fits */
	columns_title(stdout, title);
	printf("  time       %s\n  timestamp  %" PRIu64 "\n", ftext_time_ns(when, time_of(x, ev)),
	       time_of(x, ev));
	show_process(event, ev);
	printf("  returned   %" JSON_INTEGER_FORMAT "\n", int_of(event, "returnValue"));
	puts(json_array_size(args) ? "  arguments" : "  arguments  none");
	for (size_t i = 0; i < json_array_size(args); i++) {
		const json_t *arg = json_array_get(args, i);

		printf("    %s=", string_of(arg, "name"));
		put_value(json_object_get(arg, "value"));
		putchar('\n');
	}
}

/* "filter 'uid=0': it is '1000'", at most. */
static int why_text(const json_t *rule, char **ret_text)
{
	const json_t *value = json_object_get(rule, "value");
	const char *verdict = string_of(rule, "verdict"), *reason = string_of(rule, "reason");
	int rc = 0;

	*ret_text = NULL;
	if (strcmp(verdict, verdicts[MATCH_EXCEPTED]) == 0)
		rc = asprintf(ret_text, "exception '%s'%s%s%s", string_of(rule, "exception"),
			      reason[0] ? " (" : "", reason, reason[0] ? ")" : "");
	else if (json_is_string(json_object_get(rule, "filter")) && json_is_string(value))
		rc = asprintf(ret_text, "'%s': it is '%s'", string_of(rule, "filter"),
			      json_string_value(value));
	else if (json_is_string(json_object_get(rule, "filter")))
		rc = asprintf(ret_text, "'%s': the event has none", string_of(rule, "filter"));
	if (rc < 0)
		*ret_text = NULL; /* undefined after a failure */
	return rc < 0 ? -ENOMEM : 0;
}

static int add_row(struct columns *c, const json_t *rule)
{
	CLEANUP_FREE char *why = NULL, *place = NULL;
	const char *name = string_of(rule, "policy");
	const char *cells[] = { name[0] ? name : "--events", string_of(rule, "rule"),
				string_of(rule, "verdict"), NULL, NULL };

	if (why_text(rule, &why) < 0)
		return -ENOMEM;
	cells[3] = why;
	if (string_of(rule, "file")[0] && int_of(rule, "line") > 0) {
		if (asprintf(&place, "%s:%" JSON_INTEGER_FORMAT, string_of(rule, "file"),
			     int_of(rule, "line")) < 0) {
			place = NULL; /* undefined after a failure */
			return -ENOMEM;
		}
		cells[4] = place;
	}
	return columns_add(c, cells);
}

static int show_rules(const json_t *rules, const struct event *ev)
{
	static const char *const headings[] = { "POLICY", "RULE", "VERDICT", "WHY", "PLACE" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);

	if (json_array_size(rules) == 0) {
		printf("  no policy has a rule for '%s'\n", ev->def->name);
		return 0;
	}
	for (size_t i = 0; c && i < json_array_size(rules); i++)
		if (add_row(c, json_array_get(rules, i)) < 0)
			return -ENOMEM;
	if (!c)
		return -ENOMEM;
	columns_print(c, stdout);
	return 0;
}

static void explain_one(void *arg, const struct event *ev)
{
	struct explaining *x = arg;
	json_t *doc;
	int rc;

	x->n_seen++;
	if (!is_chosen(x, ev))
		return;
	x->n_chosen++;
	if (x->failed || (x->opt->limit > 0 && x->n_shown == x->opt->limit))
		return;
	doc = document(x, ev);
	if (doc && x->opt->json) {
		rc = jprint_document(doc, JSON_COMPACT);
	} else if (doc) {
		if (x->n_shown > 0)
			putchar('\n');
		show_event(x, json_object_get(doc, "event"), ev);
		rc = show_rules(json_object_get(doc, "rules"), ev);
	} else {
		rc = -ENOMEM;
	}
	json_decref(doc);
	x->n_shown++;
	x->failed = rc < 0;
}

/* What is said behind the last one. */
static int conclude(const struct explaining *x)
{
	if (x->failed) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	if (x->n_chosen == 0) {
		log_error("recording '%s' has no such event among its %" PRIu64, x->trial.recording,
			  x->n_seen);
		return EXIT_CODE_FAILED;
	}
	if (x->n_chosen > x->n_shown)
		log_info("%" PRIu64 " more such events are not shown: '--limit 0' shows all",
			 x->n_chosen - x->n_shown);
	return EXIT_CODE_OK;
}

static int explain(const struct command_call *call)
{
	const struct explain_options *opt = call->options;
	struct explaining x = { .opt = opt };
	int code, concluded;

	if (opt->event) {
		x.def = events_find(opt->event);
		if (!x.def)
			return EXIT_CODE_USAGE;
	}
	if (opt->index == 0) {
		log_error("option '--index' expects a number from 1");
		return EXIT_CODE_USAGE;
	}
	x.line = malloc(JSON_EVENT_MAX);
	if (!x.line) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	code = trial_open(&x.trial, call->args[0], &opt->policies, explain_one, &x);
	if (code == EXIT_CODE_OK) {
		code = trial_run(&x.trial);
		concluded = conclude(&x);
		code = code == EXIT_CODE_OK ? concluded : code;
	}
	trial_close(&x.trial);
	free(x.line);
	return code;
}

const struct command command_events_explain = {
	.program = {
		.name = COMMAND_PREFIX "events explain",
		.synopsis = "RECORDING --policy FILE [OPTION...]",
		.summary = "say why policies want an event, or do not",
		.description =
			"For events of RECORDING, which 'warder record' has written: what the event "
			"is, and for each rule that policies have for it whether it matched, which "
			"exception kept it back, or which filter of the rule or of the policy's "
			"scope refused it first, with the event's value.\n\n"
			"Events are chosen by name, place, time and process; together these must "
			"all hold. Everything before them is read too, as what is known of "
			"processes comes from there. The exit code is 1 when there is no such "
			"event, and 3 when a policy is refused.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct explain_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 1,
	.main = explain,
};
