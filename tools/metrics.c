/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of /metrics, from the table that the exposition is made of. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/metrics/metrics_def.h"
#include "tools/columns.h"
#include "tools/command.h"
#include "tools/json_print.h"

struct metrics_options {
	struct options_about about;
	bool json;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "json", 'j', OPTIONS_FLAG(struct metrics_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON array" },
	OPTIONS_ABOUT_ROWS(struct metrics_options, about),
};
/* clang-format on */

static json_t *labels_json(const struct metrics_def *def)
{
	json_t *array = json_array();
	const char *name;
	size_t len;

	for (unsigned int i = 0; (name = metrics_def_label(def, i, &len)) != NULL; i++)
		if (json_array_append_new(array, json_stringn(name, len)) < 0)
			break;
	return array;
}

static int list_json(void)
{
	json_t *doc = json_array();
	int rc = doc ? 0 : -1;

	for (unsigned int i = 0; rc == 0 && i < METRICS_N; i++) {
		const struct metrics_def *def = metrics_def(i);

		rc = json_array_append_new(
			doc, json_pack("{s:s, s:s, s:o, s:i, s:s}", "name", def->name, "type",
				       metrics_type_name(def->type), "labels", labels_json(def),
				       "series_max", (int)def->n_series_max, "help", def->help));
	}
	if (rc == 0)
		rc = jprint_document(doc, JSON_INDENT(2));
	json_decref(doc);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int list(const struct command_call *call)
{
	static const char *const headings[] = { "METRIC", "TYPE", "LABELS", ">SERIES", "MEANING" };
	const struct metrics_options *opt = call->options;
	CLEANUP_COLUMNS struct columns *c = NULL;

	if (opt->json)
		return list_json();
	c = columns_new(ARRAY_LEN(headings), headings);
	for (unsigned int i = 0; i < METRICS_N; i++) {
		const struct metrics_def *def = metrics_def(i);
		char series[16];
		const char *cells[] = { def->name, metrics_type_name(def->type), def->labels,
					series, def->help };

		(void)snprintf(series, sizeof(series), "%u", def->n_series_max); /* fits */
		if (!c || columns_add(c, cells) < 0) {
			log_error("memory is short (ENOMEM)");
			return EXIT_CODE_FAILED;
		}
	}
	columns_print(c, stdout);
	return EXIT_CODE_OK;
}

const struct command command_metrics_list = {
	.program = {
		.name = COMMAND_PREFIX "metrics list",
		.synopsis = "[--json]",
		.summary = "list what /metrics shows",
		.description =
			"The figures that the engine's web server (--metrics) shows to Prometheus: "
			"name, type, labels, most series, meaning. What is beyond the most series "
			"is summed up in one, whose first label is '_others'. Names that begin "
			"with 'tracee_' are Tracee 0.22's.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct metrics_options),
	.main = list,
};
