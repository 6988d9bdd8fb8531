/* SPDX-License-Identifier: Apache-2.0 */
/* run: watch this machine until told to stop. */
#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "engine/config/args.h"
#include "engine/config/print.h"
#include "engine/config/tracee.h"
#include "tools/capture.h"
#include "tools/command.h"

/* clang-format off */
static const struct options_row rows[] = {
	CAPTURE_ROWS(struct capture_options),
	OPTIONS_ABOUT_ROWS(struct capture_options, about),
};

static const char *const handed_on[] = {
	"config", "set", "print-config",
	"policy", "no-watch", "events", "scope", "duration", "trace-self", "output", "user", "loop", "proctree-cache",
	"kernel-filters", "metrics", "healthz", "listen-addr", "listen-cert", "listen-key", "listen-token",
	"status-socket", "log", "log-format", "log-file", "log-aggregate", "log-filter",
	"log-filter-out", NULL,
};
/* clang-format on */

/* We make a socket of our own; --socket here means another's. */
static const char *const unconfigured[] = { "socket", NULL };

static int run(const struct command_call *call)
{
	const struct capture_options *opt = call->options;

	if (opt->engine.print_config)
		return cprint_config(stdout, call->merged->config) < 0 ? EXIT_CODE_FAILED
								       : EXIT_CODE_OK;
	return capture_run(call, call->options, NULL);
}

const struct command command_run = {
	.program = {
		.name = COMMAND_PREFIX "run",
		.synopsis = "[OPTION...]",
		.summary = "watch this machine until Ctrl-C",
		.description =
			"Starts warder-collector and warder-engine as children, with a socket of "
			"their own in a private folder below /run, and ends when they have ended. "
			"It needs root for the collector; the engine gives its privileges up "
			"before it reads the first record. With --socket only an engine is "
			"started, for a collector that runs already.\n\n"
			"Without --policy and --events the policies of /etc/warder/policies.d are "
			"used, or else the default policy that comes with Warder; which one it was "
			"is said on standard error.\n\n"
			"The configuration is that of /etc/warder (warder.yaml and "
			"conf.d), or what --config names; options and --set come on top of it. The "
			"engine reads it itself, the collector is given options. 'warder man "
			"config' has the keys. Options that only Tracee has, of 0.22 and of its main "
			"branch, are other words for them ('-l aggregate:5s', '--stores "
			"process.max-processes=N'); what Warder cannot do is refused, with the "
			"reason.\n\n"
			"Policies are watched, and loaded again when they change (see --no-watch), "
			"on SIGHUP, and when 'warder policy reload' asks for it.\n\n"
			"Ctrl-C, SIGTERM or a terminal that is closed stop the collector first; the engine ends when "
			"it has delivered what the lanes hold. A second one stops both at once, a "
			"third kills them. The exit code is that of the program which failed "
			"first.\n\n"
			"WARDER_COLLECTOR and WARDER_ENGINE in the environment name other programs "
			"to start.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
		.hidden = tracee_options,
		.n_hidden = TRACEE_OPTIONS,
		.from = &engine_options_program,
		.from_names = handed_on,
		.from_offset = offsetof(struct capture_options, engine),
	},
	.options_bytes = sizeof(struct capture_options),
	.is_configured = true,
	.unconfigured = unconfigured,
	.main = run,
};
