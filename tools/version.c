/* SPDX-License-Identifier: Apache-2.0 */
/* version: what this build is, for bug reports. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/command.h"
#include "tools/json_print.h"

#if EVENT_ARCH_ARM64
#define ARCH "aarch64"
#else
#define ARCH "x86_64"
#endif

struct version_options {
	struct options_about about;
	bool json;
};

static const struct options_row rows[] = {
	{ "json", 'j', OPTIONS_FLAG(struct version_options, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON object" },
	OPTIONS_ABOUT_ROWS(struct version_options, about),
};

static int print_json(const char *abi)
{
	json_t *doc = json_pack("{s:s, s:s, s:s, s:s, s:s}", "version", WARDER_VERSION, "abi", abi,
				"arch", ARCH, "libbpf", WARDER_LIBBPF_VERSION, "liburing",
				WARDER_LIBURING_VERSION);
	int rc = jprint_document(doc, JSON_INDENT(2));

	json_decref(doc);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int version(const struct command_call *call)
{
	const struct version_options *opt = call->options;
	char abi[24];

	(void)snprintf(abi, sizeof(abi), "%016" PRIx64, event_def_abi()); /* 16 digits */
	if (opt->json)
		return print_json(abi);
	printf("warder " WARDER_VERSION "\n"
	       "abi       %s\n"
	       "arch      " ARCH "\n"
	       "libbpf    " WARDER_LIBBPF_VERSION "\n"
	       "liburing  " WARDER_LIBURING_VERSION "\n",
	       abi);
	return EXIT_CODE_OK;
}

const struct command command_version = {
	.program = {
		.name = COMMAND_PREFIX "version",
		.synopsis = "[--json]",
		.summary = "print the versions of this build",
		.description =
			"The abi is a number that two builds share exactly when their records and "
			"event tables are the same: a collector and an engine that differ in it "
			"refuse each other. The versions of libbpf and liburing are those it was "
			"built with.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct version_options),
	.main = version,
};
