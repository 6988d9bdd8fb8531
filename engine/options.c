/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/control.h"
#include "common/log_options.h"
#include "common/nearest.h"
#include "engine/config/config.h"
#include "engine/config/tracee.h"
#include "engine/http.h"
#include "engine/enrich/process_tree.h"
#include "engine/log_patterns.h"
#include "engine/loop.h"
#include "engine/sink/outputs_url.h"

/* The words of --loop are enum loop_backend, in order. */
_Static_assert(LOOP_AUTO == 0 && LOOP_IO_URING == 1 && LOOP_EPOLL == 2, "words of --loop");

/* clang-format off */
#define ST struct engine_options
static const struct options_row rows[] = {
	{ "config", 0, OPTIONS_STRING(ST, config), "PATH", NULL, NULL, 0,
	  "Configuration", "YAML or JSON file, or directory with warder.yaml and conf.d; else " CONFIG_DIR "; '' for none" },
	{ "set", 0, OPTIONS_LIST(ST, sets), "KEY=VALUE", NULL, NULL, 0,
	  "Configuration", "one key of it, as in 'log.level=debug'; repeatable" },
	{ "print-config", 0, OPTIONS_FLAG(ST, print_config), NULL, NULL, NULL, 0,
	  "Configuration", "print what is in force and where it is from, and end" },

	{ "policy", 'p', OPTIONS_LIST(ST, policies), "PATH", NULL, NULL, 0,
	  "Selection", "policy file, or directory of them; repeatable" },
	{ "no-watch", 0, OPTIONS_FLAG(ST, no_watch), NULL, NULL, NULL, 0,
	  "Selection", "do not reload policies when they change, only when asked" },
	{ "events", 'e', OPTIONS_LIST(ST, events), "LIST", NULL, NULL, 0,
	  "Selection", "instead of a policy: names, 'prefix*', set names, '-name', 'name.FILTER'; repeatable" },
	{ "scope", 's', OPTIONS_LIST(ST, scopes), "ITEM", NULL, NULL, 0,
	  "Selection", "where to look, with --events: 'uid=0', 'container', 'comm=a,b'; repeatable" },
	{ "duration", 'd', OPTIONS_DURATION(ST, duration_ns), "TIME", "0", NULL, 0,
	  "Selection", "end after this time, such as 10s or 5m; 0: never" },
	{ "trace-self", 0, OPTIONS_FLAG(ST, trace_self), NULL, NULL, NULL, 0,
	  "Selection", "report Warder's own processes too" },

	{ "output", 'o', OPTIONS_LIST(ST, output_specs), "SPEC", "json", NULL, 0,
	  "Output", "json, table, table-verbose or gotemplate=TEMPLATE, each with :FILE[,FILE]; "
	  "forward:URL, webhook:URL, otlp:URL, syslog:URL, kafka:BROKER/TOPIC; none; "
	  "option:NAME; repeatable" },
	{ "record", 0, OPTIONS_STRING(ST, record), "FILE", NULL, NULL, 0,
	  "Output", "write what comes out of the lanes to a new recording; no json by default then" },
	{ "replay", 0, OPTIONS_STRING(ST, replay), "FILE", NULL, NULL, 0,
	  "Input", "read a recording instead of a collector" },
	{ "speed", 0, OPTIONS_WORD(ST, speed), "PACE", "max", "max|real", 0,
	  "Input", "pace of a replay" },
	{ "socket", 0, OPTIONS_STRING(ST, socket), "PATH", CONTROL_SOCKET_DEFAULT, NULL, 0,
	  "Input", "unix socket of the collector" },
	{ "wait", 'w', OPTIONS_FLAG(ST, wait), NULL, NULL, NULL, 0,
	  "Input", "wait for a collector at the start instead of failing" },
	{ "exit-with-collector", 0, OPTIONS_FLAG(ST, exit_with_collector), NULL, NULL, NULL, 0,
	  "Input", "end, with everything delivered, when the collector goes" },

	{ "user", 'u', OPTIONS_STRING(ST, user), "NAME", NULL, NULL, 0,
	  "Process", "user to become when started as root: 'warder' or else 'nobody'" },
	{ "loop", 0, OPTIONS_WORD(ST, loop), "HOW", "auto", "auto|io_uring|epoll", 0,
	  "Process", "how to wait for descriptors" },
	{ "kernel-filters", 0, OPTIONS_WORD(ST, kernel_filters), "HOW", "on", "on|off", 0,
	  "Process", "let the kernel drop what no policy can want" },
	{ "proctree-cache", 0, OPTIONS_NUMBER(ST, proctree_tasks), "N", "32768", NULL, 1U << 24,
	  "Process", "tasks that the process tree holds" },
	{ "status-socket", 0, OPTIONS_STRING(ST, status_socket), "PATH", ENGINE_OPTIONS_STATUS_SOCKET,
	  NULL, 0, "Process", "where 'warder status' asks; '' for nowhere" },
	{ "metrics", 0, OPTIONS_FLAG(ST, metrics), NULL, NULL, NULL, 0,
	  "Web", "serve /metrics for Prometheus" },
	{ "healthz", 0, OPTIONS_FLAG(ST, healthz), NULL, NULL, NULL, 0,
	  "Web", "serve /healthz and /readyz" },
	{ "listen-addr", 0, OPTIONS_STRING(ST, listen), "ADDRESS", HTTP_LISTEN_DEFAULT, NULL, 0,
	  "Web", "where, with --metrics or --healthz: 'host:port', ':port' for everywhere" },
	{ "listen-cert", 0, OPTIONS_STRING(ST, listen_cert), "FILE", NULL, NULL, 0,
	  "Web", "certificate (PEM): then by HTTPS only" },
	{ "listen-key", 0, OPTIONS_STRING(ST, listen_key), "FILE", NULL, NULL, 0,
	  "Web", "its key" },
	{ "listen-token", 0, OPTIONS_STRING(ST, listen_token), "FILE", NULL, NULL, 0,
	  "Web", "file with the bearer token that /metrics and /status are asked for" },
	{ "progress-fd", 0, OPTIONS_NUMBER(ST, progress_fd), "N", NULL, NULL, 1U << 20,
	  "Process", "write 'records lost bytes elapsed_ns' twice a second; end when nobody reads" },

	LOG_OPTIONS_ROWS(ST, log, "'regex=PATTERN' (PCRE2), " LOG_OPTIONS_ITEMS),
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST
/* clang-format on */

const struct options_program engine_options_program = {
	.name = "warder-engine",
	.synopsis = "[OPTION...]",
	.summary = "turn the collector's records into events and deliver them",
	.description =
		"warder-engine is the unprivileged half of Warder. It maps the collector's lanes "
		"read-only, decodes and orders the records, says who each task was, matches the "
		"policies and writes events as Tracee 0.22's JSON. Before it reads the first "
		"record it gives up every privilege.\n\n"
		"Without --policy and --events it selects the set 'default'. A policy set that "
		"does not compile is refused with file, line and column.\n\n"
		"Files and directories given with --policy are watched, and loaded again when they "
		"change, on SIGHUP, and when 'warder policy reload' asks for it. The new set takes "
		"over between two records; one that does not compile changes nothing and is "
		"reported. Patterns of a reloaded policy are interpreted, which is slower than "
		"those of the start: the sandbox lets no machine code be made. The sandbox keeps "
		"the directories readable in which the policies were at the start; the user that "
		"the engine has become needs the right to read them.\n\n"
		"An item of --events may carry a filter behind a dot: 'openat.retval<0', "
		"'openat.data.pathname=/etc/*', 'fs.scope.comm=tar'. All that follows the "
		"filter's operator belongs to it, commas too: 'open,openat.data.flags=0,2' is "
		"two items. What is to come after a filter goes into another --events. "
		"'tag=fs,net' selects sets.\n\n"
		"All --scope items must hold; values of one item, and items on the same "
		"subject, are alternatives.\n\n"
		"The rest of Tracee's command line, of 0.22 and of its main branch, is understood "
		"as "
		"keys of the configuration ('warder man config'): '-l aggregate:5s', '-l "
		"file:PATH', "
		"'-l filter:msg=TEXT', '--logging level=debug', '--proctree process-cache=N', "
		"'--stores', '--server', '--buffers', '--enrichment' and the others. What Warder "
		"cannot do is refused, with the reason.\n\n"
		"--output takes Tracee's forms, and 'otlp:URL', 'syslog:URL' and "
		"'kafka:BROKER/TOPIC'. Each may have "
		"keys "
		"behind a '?', as in 'json:/var/log/events.json?rotateBytes=10M&keep=5' or "
		"'forward:tcp://host:24224?requireAck=true': 'warder man outputs' lists them. A "
		"pipe or terminal whose reader is behind makes the engine wait, unless its output "
		"has 'onFull=drop'; whatever else is slow makes nobody wait. Files, that of the "
		"log "
		"among them, are opened anew on SIGHUP; one that cannot be is gone on with, and "
		"that is said.\n\n"
		"'option:parse-arguments' shows numbers as names; "
		"'option:exec-env' adds the environment to sched_process_exec; "
		"'option:relative-time' counts from the start; 'option:sort-events' is accepted: "
		"events are always merged in order, it widens the window.",
	.rows = rows,
	.n_rows = ARRAY_LEN(rows),
	.hidden = tracee_options,
	.n_hidden = TRACEE_OPTIONS,
};

struct output_option {
	const char *name;
	size_t offset; /* of a bool in struct engine_options */
};

static const struct output_option output_options[] = {
	{ "parse-arguments", offsetof(struct engine_options, parse_arguments) },
	{ "exec-env", offsetof(struct engine_options, exec_env) },
	{ "relative-time", offsetof(struct engine_options, relative_time) },
	{ "sort-events", offsetof(struct engine_options, sort_events) },
};

/* What Tracee 0.22 has and we do not: refused by name, so that nobody waits for it. */
static const char *const later_options[] = { "stack-addresses", "exec-hash",
					     "parse-arguments-fds" };

/* `name` up to what separates it from its value. */
static bool is_one_of(const char *name, size_t len, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(list[i]) == len && memcmp(list[i], name, len) == 0)
			return true;
	return false;
}

static int output_option(struct engine_options *opt, const char *name, struct err *err)
{
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < ARRAY_LEN(output_options); i++) {
		if (strcmp(output_options[i].name, name) == 0) {
			*(bool *)((char *)opt + output_options[i].offset) = true;
			return 0;
		}
		nearest_offer(&near, output_options[i].name, strlen(output_options[i].name));
	}
	if (is_one_of(name, strcspn(name, "="), later_options, ARRAY_LEN(later_options)))
		return err_set(err, -EINVAL, "output 'option:%s' is not available yet", name);
	if (near.best[0])
		return err_set(err, -EINVAL,
			       "output 'option:%s' is not known, the nearest is 'option:%s'", name,
			       near.best);
	return err_set(err, -EINVAL,
		       "output 'option:%s' is not known, expected one of parse-arguments, "
		       "exec-env, relative-time, sort-events",
		       name);
}

static int read_outputs(struct engine_options *opt, struct err *err)
{
	struct outspecs *outputs = &opt->outputs;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < opt->output_specs.n; i++) {
		const char *spec = opt->output_specs.items[i];

		rc = strncmp(spec, "option:", 7) == 0 ? output_option(opt, spec + 7, err)
						      : outspec_add(outputs, spec, err);
	}
	for (size_t i = 0; rc == 0 && i < outputs->n; i++)
		rc = output_url_check(&outputs->items[i], err);
	if (rc < 0)
		return rc;
	if (outputs->none && outputs->n > 0)
		return err_set(err, -EINVAL, "output 'none' is given with another one");
	/* A recording is output enough, unless events were asked for too. */
	if (outputs->none || outputs->n > 0 || (opt->record && opt->output_specs.n == 0))
		return 0;
	return outspec_add_default(outputs, err);
}

/* What excludes each other or needs another option. */
static int check_together(const struct engine_options *opt, struct err *err)
{
	if (opt->policies.n > 0 && opt->events.n > 0)
		return err_set(err, -EINVAL,
			       "option '--events' is given with '--policy', expected one of them");
	if (opt->policies.n > 0 && opt->scopes.n > 0)
		return err_set(err, -EINVAL,
			       "option '--scope' is given with '--policy', expected one of them");
	if (opt->replay && opt->record)
		return err_set(err, -EINVAL,
			       "option '--record' is given with '--replay', expected one of them");
	if (opt->replay && (opt->wait || opt->exit_with_collector))
		return err_set(err, -EINVAL,
			       "option '--%s' is given with '--replay', which has no "
			       "collector",
			       opt->wait ? "wait" : "exit-with-collector");
	if (!opt->metrics && !opt->healthz &&
	    (opt->listen_cert || opt->listen_key || opt->listen_token))
		return err_set(err, -EINVAL,
			       "option '--listen-cert', '--listen-key' or '--listen-token' expects "
			       "'--metrics' or '--healthz' with it");
	if ((opt->metrics || opt->healthz) && http_check_listen(opt->listen, err) < 0)
		return -EINVAL;
	if (!opt->replay && opt->speed != ENGINE_OPTIONS_SPEED_MAX)
		return err_set(err, -EINVAL, "option '--speed' expects '--replay' with it");
	if (opt->proctree_tasks == 0)
		return err_set(err, -EINVAL, "option '--proctree-cache' expects at least 1");
	return 0;
}

int engine_options_check(struct engine_options *opt, struct err *err)
{
	int rc = check_together(opt, err);

	opt->log.patterns = &log_patterns;
	if (rc == 0)
		rc = log_options_check(&opt->log, err);
	return rc < 0 ? rc : read_outputs(opt, err);
}

bool engine_options_blame_configuration(const struct options_program *program,
					const struct cargs_merged *merged, void *options,
					struct engine_options *opt)
{
	size_t n = merged->args.n - merged->n_configured;
	CLEANUP_FREE char **argv = calloc(n + 1, sizeof(*argv));
	struct err err = { 0 };
	bool is_right;

	if (!argv || merged->n_configured == 0)
		return false;
	memcpy(argv, merged->args.v + merged->n_configured, n * sizeof(*argv));
	is_right = options_parse(program, (int)n, argv, options, &err) >= 0 &&
		   engine_options_check(opt, &err) == 0;
	engine_options_done(opt);
	return is_right;
}

/* merged.is_refused: by the configuration. */
static int check(struct engine_options *opt, struct err *err)
{
	CLEANUP_FREE struct engine_options *alone = calloc(1, sizeof(*alone));
	int rc = engine_options_check(opt, err);

	if (rc < 0 && alone)
		opt->merged.is_refused = engine_options_blame_configuration(
			&engine_options_program, &opt->merged, alone, alone);
	return rc;
}

int engine_options_parse(int argc, char **argv, struct engine_options *ret_opt, struct err *err)
{
	struct cargs_merged merged;
	int n;

	memset(ret_opt, 0, sizeof(*ret_opt));
	n = cargs_merge(&engine_options_program, argc - 1, argv + 1, NULL, &merged, err);
	if (n == 0)
		n = options_parse(&engine_options_program, (int)merged.args.n, merged.argv, ret_opt,
				  err);
	ret_opt->merged = merged;
	ret_opt->argc = argc;
	ret_opt->argv = argv;
	if (n < 0)
		return n;
	if (ret_opt->about.help || ret_opt->about.version || ret_opt->about.man)
		return 0;
	if (n > 0)
		return err_set(err, -EINVAL, "argument '%s' is not an option, none is expected",
			       merged.argv[0]);
	if (ret_opt->progress_fd != OPTIONS_NONE && fcntl((int)ret_opt->progress_fd, F_GETFD) < 0)
		return err_set(err, -EINVAL,
			       "option '--progress-fd' expects an open descriptor, not '%d'",
			       (int)ret_opt->progress_fd);
	return check(ret_opt, err);
}

void engine_options_done(struct engine_options *opt)
{
	if (!opt)
		return;
	outspec_done(&opt->outputs);
	cargs_merged_done(&opt->merged);
}
