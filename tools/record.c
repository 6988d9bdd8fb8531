/* SPDX-License-Identifier: Apache-2.0 */
/* record: write what comes out of the lanes to a file. */
#include "common/cleanup.h"
#include "tools/capture.h"
#include "tools/command.h"

/* clang-format off */
static const struct options_row rows[] = {
	{ "force", 'f', OPTIONS_FLAG(struct capture_options, force), NULL, NULL, NULL, 0,
	  "Selection", "replace FILE when it exists" },
	CAPTURE_ROWS(struct capture_options),
	OPTIONS_ABOUT_ROWS(struct capture_options, about),
};

static const char *const handed_on[] = {
	"policy", "no-watch", "events", "scope", "duration", "trace-self", "user", "loop", "proctree-cache",
	"kernel-filters",
	"status-socket", "log", NULL,
};
/* clang-format on */

static int record(const struct command_call *call)
{
	return capture_run(call, call->options, call->args[0]);
}

const struct command command_record = {
	.program = {
		.name = COMMAND_PREFIX "record",
		.synopsis = "[OPTION...] FILE",
		.summary = "write what happens on this machine to a recording",
		.description =
			"As 'warder run', but nothing is encoded: the records are written to FILE "
			"as they come out of the lanes, for 'warder replay'. On a terminal a line "
			"says how many records there are, how fast they come and how many were "
			"lost; elsewhere it is printed once, at the end. Ctrl-C finishes the "
			"file.\n\n"
			"Records are taken for the selected events only, whatever the policies' "
			"filters say, so that a recording can be replayed with other filters.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
		.from = &engine_options_program,
		.from_names = handed_on,
		.from_offset = offsetof(struct capture_options, engine),
	},
	.options_bytes = sizeof(struct capture_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 1,
	.main = record,
};
