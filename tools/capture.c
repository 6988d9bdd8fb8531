/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/capture.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/config/args.h"
#include "engine/config/config.h"
#include "engine/config/keys.h"
#include "engine/config/tracee.h"
#include "tools/programs.h"
#include "tools/progress.h"
#include "tools/supervise.h"

#define READY_MS 30000 /* that a collector may take to load its programs on a slow machine */
#define RUN_DIR "/run/warder"

/* Everything that one capture holds; undone in reverse order by capture_done(). */
struct capture {
	const struct command_call *call;
	const struct capture_options *opt;
	const char *record;
	struct capture_args engine, collector;
	char folder[64];        /* "": none */
	char socket[80];        /* in it */
	char lock[96];          /* the collector's, beside its socket */
	char status_socket[80]; /* in it, when the usual one is taken */
	struct supervise supervise;
	struct progress progress;
	int progress_fd; /* the engine's end */
};

int capture_args_add(struct capture_args *args, struct err *err, const char *fmt, ...)
{
	char *text;
	va_list ap;
	int n;

	if (args->n == CAPTURE_ARGS_MAX)
		return err_set(err, -E2BIG, "options are too many, expected at most %d",
			       CAPTURE_ARGS_MAX);
	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	args->v[args->n++] = text;
	return 0;
}

void capture_args_done(struct capture_args *args)
{
	while (args->n > 0)
		free(args->v[--args->n]);
}

/* Whose options capture_hand_on() goes through. */
struct hand_on {
	const struct options_program *program;
	struct capture_args *engine, *collector;
};

static bool is_collectors(const char *name)
{
	static const char *const names[] = { "lanes",      "cpu-groups",    "hooks",
					     "log",        "log-format",    "log-aggregate",
					     "log-filter", "log-filter-out" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Options that only Tracee has are in the collector's configuration, and are the engine's to turn
 * into its own. */
static bool is_engines(const struct options_program *p, const char *name)
{
	for (size_t i = 0; i < p->n_hidden; i++)
		if (strcmp(p->hidden[i].name, name) == 0)
			return true;
	for (size_t i = 0; p->from_names[i]; i++)
		if (strcmp(p->from_names[i], name) == 0)
			return true;
	return false;
}

static int hand_on(void *arg, const struct options_row *row, const char *value, struct err *err)
{
	struct hand_on *h = arg;
	struct capture_args *to[] = { NULL, NULL };
	int rc = 0;

	if (row && is_engines(h->program, row->name))
		to[0] = h->engine;
	if (row && is_collectors(row->name) && !tracee_is(row, value))
		to[1] = h->collector;
	for (size_t i = 0; i < ARRAY_LEN(to) && rc == 0; i++)
		if (to[i])
			rc = capture_args_add(to[i], err, value ? "--%s=%s" : "--%s", row->name,
					      value);
	return rc;
}

int capture_hand_on(const struct command_call *call, const struct engine_options *opt,
		    struct capture_args *engine, struct capture_args *collector, struct err *err)
{
	struct hand_on h = { .program = &call->self->program,
			     .engine = engine,
			     .collector = collector };
	char path[PATH_MAX];
	int rc;

	rc = programs_find(PROGRAM_ENGINE, path, err);
	if (rc == 0)
		rc = capture_args_add(engine, err, "%s", path);
	if (rc == 0 && collector)
		rc = programs_find(PROGRAM_COLLECTOR, path, err);
	if (rc == 0 && collector)
		rc = capture_args_add(collector, err, "%s", path);
	if (rc == 0)
		rc = options_walk(&call->self->program, call->argc, call->argv, hand_on, &h, err);
	if (rc < 0 || opt->policies.n > 0 || opt->events.n > 0 || opt->scopes.n > 0)
		return rc;
	rc = programs_default_policy(path, err);
	if (rc < 0)
		return rc;
	log_info("policy '%s' is used, as neither '--policy' nor '--events' is given", path);
	return capture_args_add(engine, err, "--policy=%s", path);
}

/* What the configuration says to the collector that we start, where the command line does not. */
static int configure_collector(struct capture *c, struct err *err)
{
	static const char *const ours[] = { "socket", "group", "engine-uid", NULL };
	const struct cargs_merged *merged = c->call->merged;
	struct cargs args = { .n = 0 };
	int rc = 0;

	if (merged && !c->opt->socket)
		rc = cargs_add(merged->config, CKEY_COLLECTOR, NULL, &merged->given, ours, &args,
			       err);
	for (size_t i = 0; rc == 0 && i < args.n; i++)
		rc = capture_args_add(&c->collector, err, "%s", args.v[i]);
	cargs_done(&args);
	return rc;
}

/* True when something accepts connections at `path`. */
static bool answers(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path); /* ours: it fits */
	return fd >= 0 &&
	       (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 || errno == EAGAIN);
}

static int make_folder(struct capture *c, struct err *err)
{
	/* The engine's user passes through it to the socket, and nobody but root looks into it. */
	const mode_t mode = 0711;

	(void)snprintf(c->folder, sizeof(c->folder), "/run/warder-XXXXXX"); /* fits */
	if (!mkdtemp(c->folder) || chmod(c->folder, mode) < 0) {
		c->folder[0] = '\0';
		return err_set(err, -errno, "folder in '/run' cannot be made (%s)",
			       err_name(errno));
	}
	(void)snprintf(c->socket, sizeof(c->socket), "%s/collector.sock", c->folder); /* fits */
	(void)snprintf(c->lock, sizeof(c->lock), "%s.lock", c->socket);               /* fits */
	(void)snprintf(c->status_socket, sizeof(c->status_socket), "%s/engine.sock",  /* fits */
		       c->folder);
	return 0;
}

/* `warder status` should find this engine, but a second one must not be in the way of the first. */
static int choose_status_socket(struct capture *c, struct err *err)
{
	const char *given = c->opt->engine.status_socket;

	if (strcmp(given, ENGINE_OPTIONS_STATUS_SOCKET) != 0)
		return 0;           /* named by the user, and handed on */
	(void)mkdir(RUN_DIR, 0755); /* it may be there; access() tells */
	if (access(RUN_DIR, W_OK) == 0 && !answers(given))
		return 0;
	if (c->folder[0])
		log_info("status socket is '%s'", c->status_socket);
	return capture_args_add(&c->engine, err, "--status-socket=%s",
				c->folder[0] ? c->status_socket : "");
}

static int collector_args(struct capture *c, struct err *err)
{
	const char *user;
	uint32_t uid;
	int rc = programs_engine_user(c->opt->engine.user, &user, &uid, err);

	if (rc == 0)
		rc = make_folder(c, err);
	if (rc == 0)
		rc = capture_args_add(&c->collector, err, "--socket=%s", c->socket);
	if (rc == 0)
		rc = capture_args_add(&c->collector, err, "--engine-uid=%u", uid);
	if (rc == 0)
		rc = capture_args_add(&c->collector, err, "--once");
	/* Said to the engine as well: both must mean the same user. */
	if (rc == 0 && !c->opt->engine.user)
		rc = capture_args_add(&c->engine, err, "--user=%s", user);
	/* Between its bind() and its listen() a collector refuses. */
	if (rc == 0)
		rc = capture_args_add(&c->engine, err, "--wait");
	return rc;
}

static int engine_args(struct capture *c, struct err *err)
{
	int rc = capture_args_add(&c->engine, err, "--socket=%s",
				  c->opt->socket ? c->opt->socket : c->socket);

	if (rc == 0)
		rc = capture_args_add(&c->engine, err, "--exit-with-collector");
	if (rc == 0 && c->record)
		rc = capture_args_add(&c->engine, err, "--record=%s", c->record);
	if (rc == 0 && c->record)
		rc = capture_args_add(&c->engine, err, "--output=none");
	/* A recording is what the command line asks for. */
	if (rc == 0 && c->record)
		rc = capture_args_add(&c->engine, err, "--config=");
	if (rc == 0)
		rc = choose_status_socket(c, err);
	if (rc == 0)
		rc = progress_open(&c->progress, "recorded", !c->record, &c->progress_fd, err);
	if (rc == 0)
		rc = capture_args_add(&c->engine, err, "--progress-fd=%d", c->progress_fd);
	return rc;
}

/* 0: it listens. Else an exit code. */
static int start_collector(struct capture *c)
{
	struct err err = { 0 };
	int rc = supervise_start(&c->supervise, "collector", c->collector.v, -1, &err);

	if (rc < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_FAILED;
	}
	rc = supervise_wait_path(&c->supervise, c->socket, READY_MS);
	if (rc == 0)
		return 0;
	if (rc == -ETIMEDOUT)
		log_error("collector did not open its socket within %d s", READY_MS / 1000);
	supervise_stop(&c->supervise);
	rc = supervise_run(&c->supervise, -1, NULL, NULL);
	if (rc != 0)
		return rc;
	/* Ended in good order, before it was of use: only somebody's wish explains that. */
	return c->supervise.n_stops > 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int run_both(struct capture *c)
{
	struct err err = { 0 };
	int rc;

	if (supervise_init(&c->supervise, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_FAILED;
	}
	if (!c->opt->socket) {
		rc = start_collector(c);
		if (rc != 0 || c->supervise.n_stops > 0)
			return rc;
	}
	rc = supervise_start(&c->supervise, "engine", c->engine.v, c->progress_fd, &err);
	if (rc == 0)
		supervise_reloads(&c->supervise);
	cleanup_fd(&c->progress_fd);
	c->progress_fd = -1;
	if (rc < 0) {
		log_error("%s", err.text);
		supervise_stop(&c->supervise);
		(void)supervise_run(&c->supervise, -1, NULL, NULL); /* this failure came first */
		return EXIT_CODE_FAILED;
	}
	return supervise_run(&c->supervise, c->progress.in_fd, progress_read, &c->progress);
}

static void capture_done(struct capture *c)
{
	supervise_done(&c->supervise);
	progress_close(&c->progress);
	cleanup_fd(&c->progress_fd);
	if (c->folder[0]) {
		/* Each may be gone already, or never have been. */
		(void)unlink(c->socket);
		(void)unlink(c->lock);
		(void)unlink(c->status_socket);
		(void)rmdir(c->folder);
	}
	capture_args_done(&c->engine);
	capture_args_done(&c->collector);
}

static bool is_configuration(const struct command_call *call)
{
	CLEANUP_FREE struct capture_options *alone = calloc(1, sizeof(*alone));

	return call->merged && alone &&
	       engine_options_blame_configuration(&call->self->program, call->merged, alone,
						  &alone->engine);
}

/* What is wrong with the command line as a whole; EXIT_CODE_OK when nothing is. */
static int check(const struct command_call *call, struct capture_options *opt)
{
	struct err err = { 0 };

	if (engine_options_check(&opt->engine, &err) < 0) {
		log_error("%s", err.text);
		return is_configuration(call) ? EXIT_CODE_REFUSED : EXIT_CODE_USAGE;
	}
	if (opt->socket && (opt->lanes_bytes || opt->n_cpu_groups || opt->hooks)) {
		log_error("option '--%s' is for a collector that is started here, expected none "
			  "with '--socket'",
			  opt->lanes_bytes    ? "lanes"
			  : opt->n_cpu_groups ? "cpu-groups"
					      : "hooks");
		return EXIT_CODE_USAGE;
	}
	if (!opt->socket && geteuid() != 0) {
		log_error("command '%s' needs root for the collector it starts: use sudo, or "
			  "'--socket PATH' of a collector that runs",
			  command_word(call->self));
		return EXIT_CODE_PRIVILEGES;
	}
	return EXIT_CODE_OK;
}

/* The engine creates the file and takes no existing one, so that none is overwritten by a slip. */
static int make_room(const char *file, bool force)
{
	struct stat st;

	if (lstat(file, &st) < 0)
		return EXIT_CODE_OK; /* or the engine says what is wrong with the path */
	if (!S_ISREG(st.st_mode)) {
		log_error("recording '%s' exists and is no regular file", file);
		return EXIT_CODE_OUTPUT;
	}
	if (!force) {
		log_error("recording '%s' exists, expected a new file or '--force'", file);
		return EXIT_CODE_OUTPUT;
	}
	if (unlink(file) < 0) {
		log_error("recording '%s' cannot be removed (%s)", file, err_name(errno));
		return EXIT_CODE_OUTPUT;
	}
	return EXIT_CODE_OK;
}

/* What the children are started with. Says what is wrong; an exit code. */
static int prepare(struct capture *c)
{
	struct err err = { 0 };
	int code = EXIT_CODE_FAILED;
	int rc = capture_hand_on(c->call, &c->opt->engine, &c->engine,
				 c->opt->socket ? NULL : &c->collector, &err);

	if (rc == 0) {
		rc = configure_collector(c, &err);
		if (rc < 0)
			code = config_blames_command_line(&err) ? EXIT_CODE_USAGE
								: EXIT_CODE_REFUSED;
	}
	if (rc == 0 && !c->opt->socket)
		rc = collector_args(c, &err);
	if (rc == 0)
		rc = engine_args(c, &err);
	if (rc == 0)
		return EXIT_CODE_OK;
	log_error("%s", err.text);
	return code;
}

int capture_run(const struct command_call *call, struct capture_options *opt, const char *record)
{
	struct capture c = { .call = call,
			     .opt = opt,
			     .record = record,
			     .supervise = { .signal_fd = -1 },
			     .progress = { .in_fd = -1 },
			     .progress_fd = -1 };
	int code = check(call, opt);

	if (code == EXIT_CODE_OK)
		code = prepare(&c);
	if (code == EXIT_CODE_OK && record)
		code = make_room(record, opt->force);
	if (code == EXIT_CODE_OK)
		code = run_both(&c);
	engine_options_done(&opt->engine);
	capture_done(&c);
	return code;
}
