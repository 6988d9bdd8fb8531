/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warder-engine: the unprivileged half. Options, policies, outputs and input, sandbox, loop, end;
 * after the fourth step no privilege is left, and no file is opened but policies that are reloaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/options_text.h"
#include "common/std_fds.h"
#include "common/wring.h"
#include "engine/collector_link.h"
#include "engine/config/config.h"
#include "engine/config/print.h"
#include "engine/config_reload.h"
#include "engine/http.h"
#include "engine/live/server.h"
#include "engine/loop.h"
#include "engine/make_plan.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/options.h"
#include "engine/pages.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/policy_roots.h"
#include "engine/policy_watch.h"
#include "engine/reload.h"
#include "engine/run.h"
#include "engine/sink/outputs.h"
#include "engine/status_server.h"

struct engine {
	struct engine_options opt;
	struct pol_set *policies; /* NULL: they are run.reload's */
	struct policy_roots roots;
	struct outputs *outputs;
	struct wring_writer *recorder;
	char loop_reason[sizeof(((struct err *)0)->text)];
	bool has_boot_id;
	uint8_t boot_id[16];
	struct run run;
};

/* Before the policies are read: what changes meanwhile is seen. A replay reads them once. */
static void watch_policies(struct engine *e)
{
	const struct options_list *paths = &e->opt.policies;
	struct err err = { 0 };

	if (e->opt.replay || e->opt.no_watch || paths->n == 0)
		return;
	e->run.watch = policy_watch_new(paths->items, paths->n, &err);
	if (!e->run.watch)
		log_warning("%s: 'warder policy reload' and SIGHUP reload them", err.text);
}

static int load_policies(struct engine *e, struct err *err)
{
	const struct pol_selection selection = { .lists = e->opt.events.items,
						 .n_lists = e->opt.events.n,
						 .scopes = e->opt.scopes.items,
						 .n_scopes = e->opt.scopes.n };
	int rc = 0;

	e->policies = pol_set_new();
	if (!e->policies)
		return err_set(err, -ENOMEM, "policies: out of memory");
	for (size_t i = 0; rc == 0 && i < e->opt.policies.n; i++)
		rc = pol_set_load(e->policies, e->opt.policies.items[i], err);
	if (rc == 0 && e->opt.policies.n == 0)
		rc = pol_set_select_all(e->policies, &selection, err);
	if (rc == 0)
		rc = pol_set_compile(e->policies, err);
	if (rc == 0)
		reload_tell_missing(e->policies, NULL);
	return rc;
}

/* 32 hexadecimal digits with dashes. Not there in every container: then nothing is compared. */
static void read_boot_id(struct engine *e)
{
	CLEANUP_FILE FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int byte;
	size_t n = 0;

	while (file && n < sizeof(e->boot_id) && fscanf(file, "%*[-]") != EOF &&
	       fscanf(file, "%2x", &byte) == 1)
		e->boot_id[n++] = (uint8_t)byte;
	e->has_boot_id = n == sizeof(e->boot_id);
}

static struct json_options json_options(const struct engine *e)
{
	return (struct json_options){ .parse_arguments = e->opt.parse_arguments,
				      .relative_time = e->opt.relative_time,
				      .epoch_offset_ns = e->run.clock.epoch_offset_ns,
				      .start_ns = e->run.clock.start_ns };
}

static int open_outputs(struct engine *e, struct err *err)
{
	struct outputs_options opt = { .specs = &e->opt.outputs, .json = json_options(e) };
	struct err later = { 0 };

	(void)sandbox_user(e->opt.user, &opt.uid, &opt.gid, &later); /* sandbox_enter() says so */
	e->outputs = outputs_open(&opt, err);
	if (!e->outputs)
		return err->code;
	e->run.outputs = e->outputs;
	e->run.sinks = outputs_sinks(e->outputs, &e->run.n_sinks);
	return 0;
}

static int open_recorder(struct engine *e, struct err *err)
{
	struct wring_hdr hdr = {
		.abi = event_def_abi(),
		.epoch_offset_ns = e->run.clock.epoch_offset_ns,
		.start_ns = e->run.clock.start_ns,
	};
	struct utsname uts;

	if (!e->opt.record)
		return 0;
	memcpy(hdr.boot_id, e->boot_id, sizeof(hdr.boot_id));
	if (uname(&uts) == 0)
		(void)snprintf((char *)hdr.kernel, sizeof(hdr.kernel), "%.*s", /* cut is fine */
			       (int)sizeof(hdr.kernel) - 1, uts.release);
	e->run.record_fd =
		open(e->opt.record, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (e->run.record_fd < 0)
		return err_set(err, -errno, "recording '%s' cannot be made (%s)", e->opt.record,
			       err_name(errno));
	e->recorder = wring_writer_new(e->run.record_fd, &hdr, err);
	return e->recorder ? 0 : err->code;
}

static void take_heartbeat(void *arg, const struct rec_heartbeat *rec)
{
	struct ready *ready = arg;

	hbeat_take(&ready->beat, rec, now_boot_ns());
}

static int open_pipeline(struct engine *e, struct err *err)
{
	const struct pipeline_options opt = {
		.proctree_tasks = e->opt.proctree_tasks,
		.json = json_options(e),
		.sinks = e->run.sinks,
		.n_sinks = e->run.n_sinks,
		.is_live = !e->opt.replay,
		.recorder = e->recorder,
		.heartbeat = take_heartbeat,
		.heartbeat_arg = &e->run.ready,
	};

	ready_init(&e->run.ready);
	e->run.pipeline = pipeline_new(&opt);
	return e->run.pipeline ? 0 : err_set(err, -ENOMEM, "engine: out of memory");
}

/* Before the sandbox, which allows no machine code to be made for patterns. */
static int open_match(struct engine *e, struct err *err)
{
	const struct match_options opt = {
		.generation = 1,
		.start_ns = e->run.clock.start_ns,
		.epoch_offset_ns = e->run.clock.epoch_offset_ns,
		.tree = pipeline_ptree(e->run.pipeline),
	};
	struct match *match = match_new(e->policies, &opt, NULL, err);

	(void)pipeline_set_match(e->run.pipeline, match); /* the first */
	return match ? 0 : err->code;
}

static int open_replay(struct engine *e, struct err *err)
{
	bool real_pace = e->opt.speed == ENGINE_OPTIONS_SPEED_REAL;

	e->run.source = source_wring_new(e->opt.replay, real_pace, err);
	if (!e->run.source)
		return err->code;
	e->run.clock = e->run.source->clock;
	if (source_wring_abi(e->run.source) != event_def_abi())
		log_warning("recording '%s' was made by another build: some of its records may "
			    "count as bad",
			    e->opt.replay);
	return 0;
}

/* SIGTERM and SIGINT end the loop. The others would end the process where an output has failed,
 * which is said and counted instead. */
static int open_signals(struct engine *e, struct err *err)
{
	sigset_t set;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_set(err, -errno, "signals cannot be blocked (%s)", err_name(errno));
	e->run.signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (e->run.signal_fd < 0)
		return err_set(err, -errno, "signals cannot be taken (%s)", err_name(errno));
	return 0;
}

static int open_loop(struct engine *e, struct err *err)
{
	struct err why = { 0 };

	e->run.loop = loop_new((enum loop_backend)e->opt.loop, &why);
	if (!e->run.loop)
		return err_set(err, why.code, "%s", why.text);
	memcpy(e->loop_reason, why.text, sizeof(e->loop_reason));
	if (why.code)
		log_info("%s: using %s", why.text, loop_backend_name(e->run.loop));
	return 0;
}

/* Nothing depends on it: an engine without a place for its socket runs without. */
static void open_status(struct engine *e)
{
	const struct live_server_options live = {
		.loop = e->run.loop,
		.pipeline = e->run.pipeline,
		.json = json_options(e),
	};
	struct err err = { 0 };

	e->run.statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	limits_read("/proc/self/cgroup", "/sys/fs/cgroup", &e->run.limits);
	if (e->opt.replay || e->opt.status_socket[0] == '\0')
		return;
	e->run.status = status_server_open(e->opt.status_socket, e->run.loop, &err);
	if (!e->run.status) {
		log_info("%s: continuing without it", err.text);
		return;
	}
	e->run.live = live_server_new(&live);
	status_server_set_live(e->run.status, e->run.live);
}

static int open_pages(struct engine *e, struct err *err)
{
	const struct pages_options opt = {
		.listen = e->opt.listen,
		.cert_file = e->opt.listen_cert,
		.key_file = e->opt.listen_key,
		.token_file = e->opt.listen_token,
		.metrics = e->opt.metrics,
		.healthz = e->opt.healthz,
	};

	if (e->opt.replay || (!opt.metrics && !opt.healthz))
		return 0;
	e->run.http = pages_open(&opt, &e->run, err);
	return e->run.http ? 0 : err->code;
}

static int open_link(struct engine *e, struct err *err)
{
	struct clink_options opt = {
		.path = e->opt.socket,
		.boot_id = e->has_boot_id ? e->boot_id : NULL,
		.loop = e->run.loop,
		.wait = e->opt.wait,
		.reconnect = !e->opt.exit_with_collector,
	};
	struct kfilter *filters = NULL;

	if (e->opt.replay)
		return 0;
	if (e->opt.kernel_filters == ENGINE_OPTIONS_ON) {
		filters = kfilter_compile(e->policies, err);
		if (!filters)
			return err->code;
	}
	make_plan(&e->opt, e->run.pipeline, filters, &opt.plan);
	e->run.link = clink_new(&opt, err);
	return e->run.link ? 0 : err->code;
}

static enum exit_code open_all(struct engine *e, struct err *err)
{
	int rc;

	e->run.clock = (struct source_clock){ .epoch_offset_ns = now_epoch_offset_ns(),
					      .start_ns = now_boot_ns() };
	read_boot_id(e);
	rc = open_signals(e, err);
	if (rc == 0)
		rc = open_loop(e, err);
	if (rc == 0 && e->opt.replay)
		rc = open_replay(e, err);
	if (rc < 0)
		return EXIT_CODE_FAILED;
	rc = open_outputs(e, err);
	if (rc == -EINVAL) /* a template, or settings that exclude each other */
		return e->opt.merged.given.has_output ? EXIT_CODE_USAGE : EXIT_CODE_REFUSED;
	if (rc < 0 || open_recorder(e, err) < 0)
		return EXIT_CODE_OUTPUT;
	rc = open_pipeline(e, err);
	if (rc == 0)
		rc = open_match(e, err);
	if (rc == 0)
		rc = open_link(e, err);
	if (rc == 0)
		rc = open_pages(e, err);
	if (rc < 0)
		return run_exit_code(rc);
	open_status(e);
	return EXIT_CODE_OK;
}

/* Of both lists the pointers; to be freed. NULL: out of memory. */
static const char **join(const char *const *one, const char *const *two)
{
	size_t n_one = 0, n_two = 0;
	const char **all;

	while (one && one[n_one])
		n_one++;
	while (two && two[n_two])
		n_two++;
	all = calloc(n_one + n_two + 1, sizeof(*all));
	for (size_t i = 0; all && i < n_one + n_two; i++)
		all[i] = i < n_one ? one[i] : two[i - n_one];
	return all;
}

static void cleanup_list(const char ***list)
{
	free(*list);
}

/* Where policies and the configuration can be read again. */
static int find_roots(struct engine *e, struct err *err)
{
	const struct options_list *policies = &e->opt.policies;
	const char *paths[OPTIONS_LIST_MAX + 2];
	char file[PATH_MAX], dropins[PATH_MAX];
	size_t n = 0;

	if (e->opt.replay)
		return 0;
	for (; n < policies->n; n++)
		paths[n] = policies->items[n];
	if (!e->opt.config || *e->opt.config) {
		config_paths(e->opt.config, file, dropins);
		paths[n++] = file;
		if (*dropins)
			paths[n++] = dropins;
	}
	return policy_roots_find(&e->roots, paths, n, err);
}

static int enter_sandbox(struct engine *e, struct err *err)
{
	struct sandbox_options opt = { .user = e->opt.user,
				       .allow_connect = outputs_need_network(e->outputs) };
	struct sandbox_state *state = &e->run.sandbox;
	CLEANUP(cleanup_list) const char **readable = NULL, **writable = NULL;
	CLEANUP_FREE char *log_dir = log_directory();
	const char *const of_log[] = { log_dir, NULL };
	int rc = find_roots(e, err);

	readable = join((const char *const *)e->roots.items, outputs_readable(e->outputs));
	writable = join(outputs_writable(e->outputs), of_log);
	if (rc == 0 && (!readable || !writable))
		rc = err_set(err, -ENOMEM, "sandbox: out of memory");
	opt.readable = readable;
	opt.writable = writable;
	if (rc == 0)
		rc = sandbox_enter(&opt, state, err);
	if (rc == 0)
		rc = outputs_start(e->outputs, err);
	if (rc == 0)
		log_debug("sandbox: uid %u, gid %u, seccomp %s, landlock abi %d", state->uid,
			  state->gid, state->seccomp ? "on" : "off", state->landlock_abi);
	return rc;
}

static int prepare_config(struct engine *e, struct err *err)
{
	struct err why = { 0 };

	e->run.config = creload_new(&e->opt);
	if (!e->run.config)
		return err_set(err, -ENOMEM, "engine: out of memory");
	if (creload_read(e->run.config, &why) < 0)
		log_warning("configuration cannot be reloaded by uid %u: %s", e->run.sandbox.uid,
			    why.text);
	creload_drop(e->run.config);
	return 0;
}

/* As who we are now, inside: root's own files are out of reach, for instance. */
static int prepare_reload(struct engine *e, struct err *err)
{
	const struct options_list *paths = &e->opt.policies;
	const struct reload_options opt = {
		.paths = paths->items,
		.n_paths = e->opt.replay ? 0 : paths->n,
		.roots = &e->roots,
		.pipeline = e->run.pipeline,
		.start_ns = e->run.clock.start_ns,
		.epoch_offset_ns = e->run.clock.epoch_offset_ns,
		.with_filters = e->opt.kernel_filters == ENGINE_OPTIONS_ON,
	};
	struct err why = { 0 };

	e->run.reload = reload_new(&opt, e->policies);
	if (!e->run.reload)
		return err_set(err, -ENOMEM, "engine: out of memory");
	e->policies = NULL;
	if (policy_roots_try(opt.paths, opt.n_paths, &why) < 0)
		log_warning("policies cannot be reloaded until uid %u may read them: %s",
			    e->run.sandbox.uid, why.text);
	return e->opt.replay ? 0 : prepare_config(e, err);
}

/* What is buffered is written; a recording gets its end. */
static enum exit_code finish(struct engine *e, enum exit_code code)
{
	int rc = e->recorder ? wring_finish(e->recorder) : 0;

	/* The loop has told of a failure before, and an unfinished recording is still one. */
	if (rc < 0 && code == EXIT_CODE_OK) {
		log_error("recording '%s' cannot be finished (%s)", e->opt.record, err_name(rc));
		code = EXIT_CODE_OUTPUT;
	}
	return code;
}

static void close_all(struct engine *e)
{
	policy_watch_free(e->run.watch);
	clink_free(e->run.link);
	status_server_close(e->run.status);
	live_server_free(e->run.live);
	http_close(e->run.http);
	source_close(e->run.source);
	if (e->run.pipeline)
		match_free(pipeline_set_match(e->run.pipeline, NULL));
	pipeline_free(e->run.pipeline);
	wring_writer_free(e->recorder);
	outputs_close(e->outputs);
	loop_free(e->run.loop);
	pol_set_free(e->policies);
	reload_free(e->run.reload);
	creload_free(e->run.config);
	policy_roots_done(&e->roots);
	cleanup_fd(&e->run.signal_fd);
	cleanup_fd(&e->run.statm_fd);
	cleanup_fd(&e->run.record_fd);
	engine_options_done(&e->opt);
}

static void warn(void *arg, const char *line)
{
	(void)arg;
	log_warning("%s", line);
}

/* What it says and has no effect, by name. */
static void tell_configuration(const struct engine *e)
{
	const struct config *c = e->opt.merged.config;
	bool is_used = !e->opt.replay || e->opt.config;

	if (!e->opt.metrics && !e->opt.healthz && cargs_has(&e->opt.merged.given, "listen-addr"))
		log_warning("option '--listen-addr' has no effect without '--metrics' or "
			    "'--healthz'");
	config_tell_unhonoured(c, warn, NULL);
	if (is_used)
		config_tell_strange((const char *const *)environ, warn, NULL);
}

/* Its file is for who the engine will be. */
static int open_log(const struct engine *e, struct err *err)
{
	struct err later = { 0 };
	uint32_t uid, gid;

	(void)sandbox_user(e->opt.user, &uid, &gid, &later); /* sandbox_enter() says so */
	return log_options_open(&e->opt.log, uid, gid, err);
}

static enum exit_code run(struct engine *e)
{
	struct err err = { 0 };
	enum exit_code code;

	tell_configuration(e);
	watch_policies(e);
	if (load_policies(e, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_REFUSED;
	}
	code = open_all(e, &err);
	if (code == EXIT_CODE_OK && (enter_sandbox(e, &err) < 0 || prepare_reload(e, &err) < 0))
		code = EXIT_CODE_FAILED;
	if (code != EXIT_CODE_OK) {
		log_error("%s", err.text);
		return code;
	}
	e->run.opt = &e->opt;
	e->run.loop_reason = e->loop_reason;
	return finish(e, run_loop(&e->run));
}

int main(int argc, char **argv)
{
	static struct engine e = { .run = { .signal_fd = -1, .statm_fd = -1, .record_fd = -1 } };
	struct err err = { 0 };
	enum exit_code code;

	std_fds_hold();
	log_init("warder-engine", LOG_INFO);
	if (engine_options_parse(argc, argv, &e.opt, &err) < 0) {
		log_error("%s", err.text);
		code = e.opt.merged.is_refused ? EXIT_CODE_REFUSED : EXIT_CODE_USAGE;
		engine_options_done(&e.opt);
		return (int)code;
	}
	if (options_text_about(stdout, &engine_options_program, &e.opt.about, 8))
		return EXIT_CODE_OK;
	if (e.opt.print_config)
		return cprint_config(stdout, e.opt.merged.config) < 0 ? EXIT_CODE_FAILED
								      : EXIT_CODE_OK;
	if (open_log(&e, &err) < 0) {
		log_error("%s", err.text);
		engine_options_done(&e.opt);
		return EXIT_CODE_OUTPUT;
	}
	code = run(&e);
	close_all(&e);
	log_flush();
	return (int)code;
}
