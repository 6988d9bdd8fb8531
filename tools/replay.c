/* SPDX-License-Identifier: Apache-2.0 */
/* replay: events out of a recording. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/capture.h"
#include "tools/command.h"
#include "tools/progress.h"
#include "tools/supervise.h"

struct replay_options {
	struct options_about about;
	struct engine_options engine;
};

/* clang-format off */
static const struct options_row rows[] = {
	OPTIONS_ABOUT_ROWS(struct replay_options, about),
};

static const char *const handed_on[] = {
	"policy", "events", "scope", "duration", "trace-self", "output", "speed", "user", "loop",
	"proctree-cache", "log", NULL,
};
/* clang-format on */

/* Says now what the engine would say later, and how much there is to read. */
static int file_bytes(const char *file, uint64_t *ret_bytes)
{
	CLEANUP_FD int fd = open(file, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0) {
		log_error("recording '%s' cannot be read (%s)", file, err_name(errno));
		return EXIT_CODE_FAILED;
	}
	if (!S_ISREG(st.st_mode)) {
		log_error("recording '%s' is no regular file", file);
		return EXIT_CODE_FAILED;
	}
	*ret_bytes = (uint64_t)st.st_size;
	return EXIT_CODE_OK;
}

static int watched(struct capture_args *args, uint64_t bytes)
{
	struct supervise s;
	struct progress p;
	struct err err = { 0 };
	CLEANUP_FD int write_fd = -1;
	int rc, code = EXIT_CODE_FAILED;

	if (progress_open(&p, "replayed", false, &write_fd, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_FAILED;
	}
	p.total_bytes = bytes;
	rc = capture_args_add(args, &err, "--progress-fd=%d", write_fd);
	if (rc == 0)
		rc = supervise_init(&s, &err);
	if (rc == 0) {
		rc = supervise_start(&s, "engine", args->v, write_fd, &err);
		cleanup_fd(&write_fd);
		write_fd = -1;
		if (rc == 0)
			code = supervise_run(&s, p.in_fd, progress_read, &p);
		supervise_done(&s);
	}
	progress_close(&p);
	if (rc < 0)
		log_error("%s", err.text);
	return code;
}

/* With nothing to watch, the engine takes our place. */
static int become(struct capture_args *args)
{
	(void)signal(SIGPIPE, SIG_DFL);   /* as if the shell had started it */
	(void)execv(args->v[0], args->v); /* returns only when it failed */
	log_error("engine '%s' cannot be executed (%s)", args->v[0], err_name(errno));
	return EXIT_CODE_FAILED;
}

static int replay(const struct command_call *call)
{
	struct replay_options *opt = call->options;
	struct capture_args args = { .n = 0 };
	struct err err = { 0 };
	uint64_t bytes;
	int rc, code;

	code = file_bytes(call->args[0], &bytes);
	if (code != EXIT_CODE_OK)
		return code;
	opt->engine.replay = call->args[0]; /* for the checks of what goes together */
	rc = engine_options_check(&opt->engine, &err);
	code = rc < 0 ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
	if (rc == 0)
		rc = capture_hand_on(call, &opt->engine, &args, NULL, &err);
	if (rc == 0)
		rc = capture_args_add(&args, &err, "--replay=%s", call->args[0]);
	if (rc == 0)
		rc = capture_args_add(&args, &err, "--status-socket=");
	engine_options_done(&opt->engine);
	if (rc < 0)
		log_error("%s", err.text);
	else if (isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO))
		code = watched(&args, bytes);
	else
		code = become(&args);
	capture_args_done(&args);
	return code;
}

const struct command command_replay = {
	.program = {
		.name = COMMAND_PREFIX "replay",
		.synopsis = "[OPTION...] FILE",
		.summary = "turn a recording into events again",
		.description =
			"Runs an engine on FILE, which 'warder record' has written, with the "
			"policies and outputs named here. It needs no privileges and no collector. "
			"'--speed real' keeps the pace of the recording. How far it is can be seen "
			"when standard error is a terminal and standard output is not.\n\n"
			"A recording of another architecture is refused. One that was cut is "
			"replayed up to that place. So is one that is damaged or changes while it "
			"is read, but the command then says where and fails.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
		.from = &engine_options_program,
		.from_names = handed_on,
		.from_offset = offsetof(struct replay_options, engine),
	},
	.options_bytes = sizeof(struct replay_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 1,
	.main = replay,
};
