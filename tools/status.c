/* SPDX-License-Identifier: Apache-2.0 */
/* status: asks a running engine how it is (engine/status.h says what it answers). */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/options.h"
#include "engine/status_server.h"
#include "tools/command.h"
#include "tools/status_ask.h"
#include "tools/status_text.h"

struct status_options {
	struct options_about about;
	const char *socket;
	bool json;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "socket", 's', OPTIONS_STRING(struct status_options, socket), "PATH",
	  ENGINE_OPTIONS_STATUS_SOCKET, NULL, 0, "Connection", "status socket of the engine" },
	{ "json", 'j', OPTIONS_FLAG(struct status_options, json), NULL, NULL, NULL, 0, "Output",
	  "the engine's answer as it is" },
	OPTIONS_ABOUT_ROWS(struct status_options, about),
};
/* clang-format on */

static int print(const char *text, size_t len, bool as_is, struct err *err)
{
	json_error_t why;
	json_t *doc = json_loadb(text, len, 0, &why);
	int rc;

	if (!doc || !json_is_object(doc)) {
		json_decref(doc);
		return err_set(err, -EBADMSG, "answer is not a JSON object: line %d: %s", why.line,
			       why.text);
	}
	if (as_is) {
		(void)fwrite(text, 1, len, stdout); /* main checks the stream at the end */
		if (len > 0 && text[len - 1] != '\n')
			putchar('\n');
		rc = 0;
	} else {
		rc = status_text_print(stdout, doc);
		if (rc < 0)
			(void)err_set(err, rc, "memory is short (ENOMEM)");
	}
	json_decref(doc);
	return rc;
}

static int status(const struct command_call *call)
{
	const struct status_options *opt = call->options;
	CLEANUP_FREE char *text = NULL;
	struct err err = { 0 };
	size_t len = 0;
	int rc;

	rc = status_ask(opt->socket, STATUS_LINE_STATUS, STATUS_ASK_PATIENCE_S, &text, &len, &err);
	if (rc == 0)
		rc = print(text, len, opt->json, &err);
	if (rc < 0)
		log_error("%s", err.text);
	if (rc == -EINVAL)
		return EXIT_CODE_USAGE;
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_status = {
	.program = {
		.name = COMMAND_PREFIX "status",
		.synopsis = "[--socket PATH] [--json]",
		.summary = "say how the running engine and collector are",
		.description =
			"Asks the engine that listens on the socket, and prints what it answers: "
			"how it runs and is confined, through which hook each event is seen or why "
			"it is not, how full the lanes are, what was lost, and what the outputs "
			"have written. With --json the answer is printed as it is; its keys are "
			"stable.\n\n"
			"The exit code is 1 when no engine answers.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct status_options),
	.main = status,
};
