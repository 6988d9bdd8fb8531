/* SPDX-License-Identifier: Apache-2.0 */
/* config print, check, example, args: the configuration before it is in force. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/config/args.h"
#include "engine/config/config.h"
#include "engine/config/print.h"
#include "engine/options.h"
#include "tools/command.h"

struct config_options {
	struct options_about about;
	struct engine_options engine; /* of which we have --config and --set */
};

/* clang-format off */
static const struct options_row rows[] = {
	OPTIONS_ABOUT_ROWS(struct config_options, about),
};
/* clang-format on */

static const char *const names[] = { "config", "set", NULL };

#define CONFIG_COMMAND                                                                             \
	.rows = rows, .n_rows = ARRAY_LEN(rows), .from = &engine_options_program,                  \
	.from_names = names, .from_offset = offsetof(struct config_options, engine)

/* --- print ------------------------------------------------------------------------------------ */

static int print(const struct command_call *call)
{
	return cprint_config(stdout, call->merged->config) < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_config_print = {
	.program = {
		.name = COMMAND_PREFIX "config print",
		.synopsis = "[--config PATH] [--set KEY=VALUE...]",
		.summary = "print the configuration that is in force, and where it is from",
		.description =
			"Prints every key that has a value, as YAML, with the file and line, the "
			"environment variable or 'command line' that it is from, or 'default'. "
			"Passwords are shown as ***. A configuration that is wrong is refused with "
			"file, line and column, and exit code 3.",
		CONFIG_COMMAND,
	},
	.options_bytes = sizeof(struct config_options),
	.is_configured = true,
	.main = print,
};

/* --- check ------------------------------------------------------------------------------------ */

static void warn(void *arg, const char *line)
{
	(void)arg;
	log_warning("%s", line);
}

/* What excludes each other has no place of its own. */
static int check_together(const char *path, const struct cargs *args, struct err *err)
{
	CLEANUP_FREE char **argv = calloc(args->n + 1, sizeof(*argv));
	CLEANUP_FREE struct engine_options *opt = calloc(1, sizeof(*opt));
	int rc = argv && opt ? 0 : err_set(err, -ENOMEM, "memory is short (ENOMEM)");

	if (rc < 0)
		return rc;
	if (args->n > 0)
		memcpy(argv, args->v, args->n * sizeof(*argv));
	rc = options_parse(&engine_options_program, (int)args->n, argv, opt, err);
	if (rc == 0)
		rc = engine_options_check(opt, err);
	engine_options_done(opt);
	return rc < 0 ? err_wrap(err, "%s", path ? path : CONFIG_DIR) : 0;
}

static int check_one(const char *path)
{
	const struct config_source source = { .path = path };
	CLEANUP_CONFIG struct config *c = NULL;
	struct cargs args = { .n = 0 };
	struct err err = { 0 };
	int rc = config_load(&source, &c, &err);

	if (rc == 0)
		rc = cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, &err);
	if (rc == 0)
		rc = check_together(path, &args, &err);
	if (rc == 0)
		rc = cargs_add(c, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err);
	cargs_done(&args);
	if (rc < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_REFUSED;
	}
	config_tell_unhonoured(c, warn, NULL);
	printf("%s: ok\n", path ? path : CONFIG_DIR);
	return EXIT_CODE_OK;
}

static int check(const struct command_call *call)
{
	int code = EXIT_CODE_OK, one;

	if (call->n_args == 0)
		return check_one(NULL);
	for (int i = 0; i < call->n_args; i++) {
		one = check_one(call->args[i]);
		code = code == EXIT_CODE_OK ? one : code;
	}
	return code;
}

struct plain_options {
	struct options_about about;
};

static const struct options_row plain_rows[] = {
	OPTIONS_ABOUT_ROWS(struct plain_options, about),
};

const struct command command_config_check = {
	.program = {
		.name = COMMAND_PREFIX "config check",
		.synopsis = "[FILE...]",
		.summary = "say what is wrong with configuration files, and where",
		.description =
			"Reads each file, or directory with warder.yaml and conf.d, by itself: "
			"without the environment. One line on standard error says file, line, "
			"column, what was found and what was expected, and the exit code is 3; "
			"keys that have no effect are warned of. Without arguments it is "
			"/etc/warder.",
		.rows = plain_rows,
		.n_rows = ARRAY_LEN(plain_rows),
	},
	.options_bytes = sizeof(struct plain_options),
	.arg = COMMAND_ARG_FILE,
	.max_args = CONFIG_FILES_MAX,
	.main = check,
};

/* --- example ---------------------------------------------------------------------------------- */

static int example(const struct command_call *call)
{
	(void)call;
	cprint_example(stdout);
	return EXIT_CODE_OK;
}

const struct command command_config_example = {
	.program = {
		.name = COMMAND_PREFIX "config example",
		.synopsis = "",
		.summary = "print a configuration file with every key and what it means",
		.description =
			"Prints a file that changes nothing: each key has the value that it has "
			"without it.",
		.rows = plain_rows,
		.n_rows = ARRAY_LEN(plain_rows),
	},
	.options_bytes = sizeof(struct plain_options),
	.main = example,
};

/* --- args ------------------------------------------------------------------------------------- */

/* For a shell: in single quotes where need be. */
static void print_quoted(const char *text)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.,:=-";

	if (!text[strspn(text, plain)]) {
		fputs(text, stdout);
		return;
	}
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static int print_args(const struct command_call *call)
{
	struct cargs args = { .n = 0 };
	struct err err = { 0 };
	int rc = cargs_add(call->merged->config, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err);

	for (size_t i = 0; rc == 0 && i < args.n; i++) {
		print_quoted(args.v[i]);
		putchar(i + 1 < args.n ? ' ' : '\n');
	}
	cargs_done(&args);
	if (rc < 0)
		log_error("%s", err.text);
	return rc < 0 ? EXIT_CODE_REFUSED : EXIT_CODE_OK;
}

const struct command command_config_args = {
	.program = {
		.name = COMMAND_PREFIX "config args",
		.synopsis = "[--config PATH] [--set KEY=VALUE...]",
		.summary = "print the configuration as options of warder-collector",
		.description =
			"The collector reads no configuration file. Who starts it by other means "
			"than 'warder run' gives it these options, on one line, quoted for a "
			"shell:\n\n"
			"eval \"exec warder-collector $(warder config args)\"\n\n"
			"The engine reads the configuration itself (--config).",
		CONFIG_COMMAND,
	},
	.options_bytes = sizeof(struct config_options),
	.is_configured = true,
	.main = print_args,
};
