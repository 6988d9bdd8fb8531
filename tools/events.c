/* SPDX-License-Identifier: Apache-2.0 */
/* What policies can select, from the event table. */
#include "tools/events.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/nearest.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/json_print.h"

#if EVENT_ARCH_ARM64
#define ARCH_NATIVE "aarch64"
#define ARCH_COMPAT "arm"
#else
#define ARCH_NATIVE "x86_64"
#define ARCH_COMPAT "i386"
#endif

struct list_options {
	struct options_about about;
	const char *set;
	bool json, names;
};

struct show_options {
	struct options_about about;
};

/* clang-format off */
static const struct options_row list_rows[] = {
	{ "set", 's', OPTIONS_STRING(struct list_options, set), "NAME", NULL, NULL, 0, "Selection",
	  "only the events of this set, such as default, proc or syscalls" },
	{ "names", 'n', OPTIONS_FLAG(struct list_options, names), NULL, NULL, NULL, 0, "Output",
	  "only the names, one a line" },
	{ "json", 'j', OPTIONS_FLAG(struct list_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON array with everything that is known of each" },
	OPTIONS_ABOUT_ROWS(struct list_options, about),
};

static const struct options_row show_rows[] = {
	OPTIONS_ABOUT_ROWS(struct show_options, about),
};
/* clang-format on */

static const char *lane_name(const struct event_def *def)
{
	return def->lane_class == LANE_VITAL ? "vital" : "bulk";
}

/* Events a policy can name, by name: the table is in the order of ids. */
static int by_name(const void *a, const void *b)
{
	const struct event_def *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static size_t select_events(const char *set, const struct event_def *ret_defs[static EVENT_SLOTS])
{
	size_t n = 0;

	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		const struct event_def *def = &event_defs[i];

		if (!def->is_internal && (!set || event_def_in_set(def, set, strlen(set))))
			ret_defs[n++] = def;
	}
	qsort(ret_defs, n, sizeof(const struct event_def *), by_name);
	return n;
}

/* Calls for each name in each event's sets. */
static void offer_sets(struct nearest *near)
{
	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		const char *set = event_defs[i].sets;

		while (*set) {
			size_t len = strcspn(set, ",");

			nearest_offer(near, set, len);
			set += len + (set[len] == ',');
		}
	}
}

static int unknown_set(const char *set)
{
	struct nearest near;

	nearest_init(&near, set);
	offer_sets(&near);
	if (near.best[0])
		log_error("set '%s' is not known, the nearest is '%s'", set, near.best);
	else
		log_error("set '%s' is not known, 'warder events list' shows the sets", set);
	return EXIT_CODE_USAGE;
}

static json_t *split(const char *joined)
{
	json_t *array = json_array();

	while (array && *joined) {
		size_t len = strcspn(joined, ",");

		if (json_array_append_new(array, json_stringn(joined, len)) < 0)
			break;
		joined += len + (joined[len] == ',');
	}
	return array;
}

static json_t *fields_json(const struct event_def *def)
{
	json_t *array = json_array();

	for (unsigned int i = 0; array && i < def->n_fields; i++)
		if (json_array_append_new(array,
					  json_pack("{s:s, s:s}", "name", def->fields[i].name,
						    "type", def->fields[i].type)) < 0)
			break;
	return array;
}

static json_t *hooks_json(const struct event_def *def)
{
	json_t *array = json_array();

	for (size_t i = 0; array && def->hooks[i]; i++)
		if (json_array_append_new(array, json_string(def->hooks[i])) < 0)
			break;
	return array;
}

/* NULL where an architecture does not have the call. */
static json_t *number_json(int nr)
{
	return nr < 0 ? json_null() : json_integer(nr);
}

static json_t *event_json(const struct event_def *def)
{
	json_t *doc =
		json_pack("{s:i, s:s, s:s, s:o, s:s, s:o, s:o}", "id", def->id, "name", def->name,
			  "meaning", def->meaning, "sets", split(def->sets), "lane", lane_name(def),
			  "fields", fields_json(def), "hooks", hooks_json(def));

	if (doc && def->is_syscall &&
	    json_object_set_new(doc, "numbers",
				json_pack("{s:o, s:o}", ARCH_NATIVE, number_json(def->nr_native),
					  ARCH_COMPAT, number_json(def->nr_compat))) < 0)
		log_warning("event '%s': memory is short, continuing without its numbers",
			    def->name);
	return doc;
}

static int list_json(const struct event_def *const *defs, size_t n)
{
	json_t *doc = json_array();
	int rc = doc ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = json_array_append_new(doc, event_json(defs[i]));
	if (rc == 0)
		rc = jprint_document(doc, JSON_INDENT(2));
	json_decref(doc);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int list_table(const struct event_def *const *defs, size_t n)
{
	static const char *const headings[] = { "EVENT", ">ID", "LANE", "SETS", "MEANING" };
	CLEANUP_COLUMNS struct columns *c = columns_new(ARRAY_LEN(headings), headings);

	for (size_t i = 0; i < n; i++) {
		char id[16];
		const char *cells[] = { defs[i]->name, id, lane_name(defs[i]), defs[i]->sets,
					defs[i]->meaning };

		(void)snprintf(id, sizeof(id), "%u", defs[i]->id); /* fits */
		if (!c || columns_add(c, cells) < 0) {
			log_error("memory is short (ENOMEM)");
			return EXIT_CODE_FAILED;
		}
	}
	columns_print(c, stdout);
	return EXIT_CODE_OK;
}

static int list(const struct command_call *call)
{
	const struct list_options *opt = call->options;
	const struct event_def *defs[EVENT_SLOTS];
	size_t n = select_events(opt->set, defs);

	if (n == 0)
		return unknown_set(opt->set);
	if (opt->json && opt->names) {
		log_error("option '--names' is given with '--json', expected one of them");
		return EXIT_CODE_USAGE;
	}
	if (opt->json)
		return list_json(defs, n);
	if (!opt->names)
		return list_table(defs, n);
	for (size_t i = 0; i < n; i++)
		puts(defs[i]->name);
	return EXIT_CODE_OK;
}

static void show_number(const char *arch, int nr)
{
	if (nr < 0)
		printf("%s: none", arch);
	else
		printf("%s: %d", arch, nr);
}

static void show_event(const struct event_def *def)
{
	size_t width = 0;

	columns_title(stdout, def->name);
	printf("  %s\n  id       %u\n  lane     %s\n  sets     %s\n  hooks    ", def->meaning,
	       def->id, lane_name(def), def->sets[0] ? def->sets : "none");
	for (size_t i = 0; def->hooks[i]; i++)
		printf("%s%s", i ? ", " : "", def->hooks[i]);
	putchar('\n');
	if (def->is_syscall) {
		printf("  numbers  ");
		show_number(ARCH_NATIVE, def->nr_native);
		printf(", ");
		show_number(ARCH_COMPAT, def->nr_compat);
		putchar('\n');
	}
	for (unsigned int i = 0; i < def->n_fields; i++)
		if (strlen(def->fields[i].name) > width)
			width = strlen(def->fields[i].name);
	puts(def->n_fields ? "  fields" : "  fields   none");
	for (unsigned int i = 0; i < def->n_fields; i++)
		printf("    %-*s  %s\n", (int)width, def->fields[i].name, def->fields[i].type);
}

const struct event_def *events_find(const char *name)
{
	const struct event_def *def = event_def_find_name(name);
	const char *nearest;

	if (def && !def->is_internal)
		return def;
	nearest = event_def_nearest(name);
	if (nearest)
		log_error("event '%s' is not known, the nearest is '%s'", name, nearest);
	else
		log_error("event '%s' is not known, 'warder events list' lists all", name);
	return NULL;
}

static int show(const struct command_call *call)
{
	for (int i = 0; i < call->n_args; i++) {
		const struct event_def *def = events_find(call->args[i]);

		if (!def)
			return EXIT_CODE_USAGE;
		if (i > 0)
			putchar('\n');
		show_event(def);
	}
	return EXIT_CODE_OK;
}

const struct command command_events_list = {
	.program = {
		.name = COMMAND_PREFIX "events list",
		.synopsis = "[--set NAME] [--names | --json]",
		.summary = "list the events that policies can select",
		.description =
			"The events of this build, by name, with their id, the class of lane they "
			"travel in, the sets they are in and what they mean. Names, ids and sets "
			"are Tracee's; ids from 10000 on are Warder's own.",
		.rows = list_rows,
		.n_rows = ARRAY_LEN(list_rows),
	},
	.options_bytes = sizeof(struct list_options),
	.main = list,
};

const struct command command_events_show = {
	.program = {
		.name = COMMAND_PREFIX "events show",
		.synopsis = "EVENT...",
		.summary = "explain an event: fields, sets, hooks, numbers",
		.description =
			"The fields are those that policies may use and that the event's JSON "
			"shows, with Tracee's C types. The hooks are in order of preference; "
			"'warder status' says which one is in use on this machine.",
		.rows = show_rows,
		.n_rows = ARRAY_LEN(show_rows),
	},
	.options_bytes = sizeof(struct show_options),
	.arg = COMMAND_ARG_EVENT,
	.min_args = 1,
	.max_args = 1000,
	.main = show,
};
