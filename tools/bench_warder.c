/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_warder.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/status_server.h"
#include "tools/bench_clock.h"
#include "tools/status_ask.h"

#define READY_NS (30 * BENCH_NS_PER_S)
#define LOOK_NS (5 * BENCH_NS_PER_MS)
#define SETTLE_SILENT_NS (300 * BENCH_NS_PER_MS)

/* The stop flag. */
static volatile sig_atomic_t interrupted;

static void interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

bool bwarder_is_interrupted(void)
{
	return interrupted != 0;
}

int bwarder_check_root(const struct command_call *call)
{
	if (geteuid() == 0)
		return EXIT_CODE_OK;
	log_error("command '%s' needs root for the collector it starts: use sudo",
		  command_word(call->self));
	return EXIT_CODE_PRIVILEGES;
}

int bwarder_begin(struct bwarder *w, struct err *err)
{
	/* The engine's user passes through it to the socket, and nobody but root looks into it. */
	const mode_t mode = 0711;
	const struct sigaction action = { .sa_handler = interrupt };

	*w = (struct bwarder){ .out_fd = -1 };
	(void)sigaction(SIGINT, &action, &w->old_int); /* cannot fail for these signals */
	(void)sigaction(SIGTERM, &action, &w->old_term);
	(void)sigaction(SIGHUP, &action, &w->old_hup);
	(void)snprintf(w->folder, sizeof(w->folder), "/run/warder-bench-XXXXXX"); /* fits */
	if (!mkdtemp(w->folder) || chmod(w->folder, mode) < 0) {
		w->folder[0] = '\0';
		return err_set(err, -errno, "folder in '/run' cannot be made (%s)",
			       err_name(errno));
	}
	(void)snprintf(w->socket, sizeof(w->socket), "%s/engine.sock", w->folder); /* fits */
	return 0;
}

void bwarder_end(struct bwarder *w)
{
	(void)bwarder_stop(w, NULL); /* nobody is interested any more */
	if (w->folder[0]) {
		(void)unlink(w->socket); /* each may be gone, or never have been */
		(void)rmdir(w->folder);
	}
	(void)sigaction(SIGINT, &w->old_int, NULL); /* cannot fail for these signals */
	(void)sigaction(SIGTERM, &w->old_term, NULL);
	(void)sigaction(SIGHUP, &w->old_hup, NULL);
}

/* In the child. */
static _Noreturn void become(const struct bwarder *w, const struct bwarder_options *opt, int out_fd,
			     pid_t parent)
{
	const char *const argv[] = { "warder",
				     "run",
				     "--config", /* none: what is measured is what we say */
				     "",
				     "--events",
				     opt->events,
				     "--output",
				     opt->output,
				     "--hooks",
				     opt->hooks ? opt->hooks : "auto",
				     "--loop",
				     opt->loop ? opt->loop : "auto",
				     "--kernel-filters",
				     opt->kernel_filters ? opt->kernel_filters : "on",
				     "--log",
				     "error",
				     "--status-socket",
				     w->socket,
				     NULL };

	(void)setpgid(0, 0); /* so that Ctrl-C reaches us alone; fails only for what we are not */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* the signal is valid */
	if (getppid() == parent && out_fd >= 0 && dup2(out_fd, STDOUT_FILENO) >= 0)
		(void)execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
	log_error("'warder run' cannot be executed (%s)", err_name(errno));
	_exit(EXIT_CODE_FAILED);
}

int bwarder_start(struct bwarder *w, const struct bwarder_options *opt, struct err *err)
{
	CLEANUP_FD int write_fd = -1;
	int pipe_fds[2];
	pid_t parent = getpid(), pid;

	if (interrupted)
		return err_set(err, -EINTR, "interrupted");
	if (opt->take_stdout) {
		if (pipe2(pipe_fds, O_CLOEXEC) < 0)
			return err_set(err, -errno, "pipe cannot be made (%s)", err_name(errno));
		w->out_fd = pipe_fds[0];
		write_fd = pipe_fds[1];
	} else {
		write_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	w->exit_code = 0;
	w->engine_pid = 0;
	w->collector_pid = 0;
	pid = fork();
	if (pid == 0)
		become(w, opt, write_fd, parent);
	if (pid < 0)
		return err_set(err, -errno, "'warder run' cannot be started (%s)", err_name(errno));
	w->pid = pid;
	return 0;
}

static uint64_t count_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

static uint64_t sum_of(const json_t *array, const char *key)
{
	const json_t *item;
	uint64_t sum = 0;
	size_t i;

	json_array_foreach(array, i, item) sum += count_of(item, key);
	return sum;
}

/* A new reference; NULL: there was no answer. */
static json_t *ask(const struct bwarder *w, struct err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	json_t *doc;

	if (status_ask(w->socket, STATUS_LINE_STATUS, STATUS_ASK_PATIENCE_S, &text, &len, err) < 0)
		return NULL;
	doc = json_loadb(text, len, 0, NULL);
	if (!json_is_object(doc)) {
		(void)err_set(err, -EBADMSG, "engine's status is not a JSON object");
		json_decref(doc);
		return NULL;
	}
	return doc;
}

/* `names` is a comma-separated list; a filter may stand behind a dot. */
static bool is_first_of(const char *names, const char *name)
{
	size_t len = strcspn(names, ",.");

	return strlen(name) == len && memcmp(names, name, len) == 0;
}

/* True when no hook is pending any more: what is said of them then stays. */
static bool is_attached(struct bwarder *w, const char *events, const json_t *doc)
{
	const json_t *hooks = json_object_get(doc, "hooks"), *hook;
	const json_t *collector = json_object_get(doc, "collector");
	bool pending = json_array_size(hooks) == 0;
	size_t i;

	json_array_foreach(hooks, i, hook)
	{
		const char *state = json_string_value(json_object_get(hook, "state"));
		const char *event = json_string_value(json_object_get(hook, "event"));
		const char *through = json_string_value(json_object_get(hook, "hook"));

		if (!state || !event || strcmp(state, "pending") == 0)
			pending = true;
		else if (is_first_of(events, event))
			(void)snprintf(w->hook, sizeof(w->hook), "%s", /* cut is enough */
				       strcmp(state, "attached") == 0 && through ? through : state);
	}
	w->engine_pid = (pid_t)count_of(json_object_get(doc, "engine"), "pid");
	w->collector_pid = (pid_t)count_of(collector, "pid");
	return !pending && w->engine_pid > 0 && w->collector_pid > 0;
}

/* True: it has ended. */
static bool has_ended(struct bwarder *w)
{
	int status;

	if (w->pid == 0 || waitpid(w->pid, &status, WNOHANG) != w->pid)
		return w->pid == 0;
	w->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CODE_FAILED;
	w->pid = 0;
	return true;
}

int bwarder_wait(struct bwarder *w, const struct bwarder_options *opt, struct err *err)
{
	uint64_t end_ns = bench_now_ns() + READY_NS;

	w->hook[0] = '\0';
	while (bench_now_ns() < end_ns) {
		json_t *doc = ask(w, NULL);
		bool attached = doc && is_attached(w, opt->events, doc);

		json_decref(doc);
		if (attached)
			return 0;
		if (interrupted)
			return err_set(err, -EINTR, "interrupted");
		if (has_ended(w))
			return err_set(err, -ECHILD, "'warder run' ended before it was attached");
		bench_sleep_until(bench_now_ns() + LOOK_NS);
	}
	return err_set(err, -ETIMEDOUT, "'warder run' was not attached within %llu s",
		       READY_NS / BENCH_NS_PER_S);
}

/* 0 when it is not known: the process has just ended. */
static uint64_t cpu_ns_of(pid_t pid)
{
	struct timespec ts;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * BENCH_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* Resident memory that is the process's own: neither lanes nor files. */
static uint64_t anon_bytes_of(pid_t pid)
{
	CLEANUP_FILE FILE *file = NULL;
	unsigned long long kib = 0;
	char path[64], line[256];

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid); /* fits */
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "RssAnon: %llu kB", &kib) == 1)
			break;
	return kib * 1024;
}

int bwarder_look(struct bwarder *w, struct bwarder_counts *ret_counts, struct err *err)
{
	json_t *doc = ask(w, err);

	if (!doc)
		return err ? err->code : -EIO;
	*ret_counts = (struct bwarder_counts){
		.n_delivered = count_of(json_object_get(doc, "engine"), "events_delivered"),
		.n_lost = sum_of(json_object_get(doc, "lanes"), "lost") +
			  sum_of(json_object_get(doc, "sinks"), "lost"),
		.n_records = count_of(json_object_get(doc, "engine"), "records_decoded"),
		.engine_cpu_ns = cpu_ns_of(w->engine_pid),
		.collector_cpu_ns = cpu_ns_of(w->collector_pid),
		.engine_anon_bytes = anon_bytes_of(w->engine_pid),
		.collector_anon_bytes = anon_bytes_of(w->collector_pid),
	};
	json_decref(doc);
	return 0;
}

int bwarder_settle(struct bwarder *w, const struct bwarder_counts *before, uint64_t n_events,
		   struct bwarder_counts *ret_counts, struct err *err)
{
	uint64_t goal = before->n_delivered + before->n_lost + n_events, last = 0, n;
	uint64_t since_ns = bench_now_ns();

	for (;;) {
		int rc = bwarder_look(w, ret_counts, err);

		if (rc < 0)
			return rc;
		n = ret_counts->n_delivered + ret_counts->n_lost;
		if (n >= goal)
			return 0;
		if (n != last)
			since_ns = bench_now_ns();
		else if (bench_now_ns() - since_ns > SETTLE_SILENT_NS)
			return 0;
		if (interrupted)
			return err_set(err, -EINTR, "interrupted");
		last = n;
		bench_sleep_until(bench_now_ns() + LOOK_NS);
	}
}

/* An engine that cannot write its last lines does not end, and one whose reader goes has failed. */
static void read_to_end(int fd)
{
	char buf[65536];
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
	} while (n > 0 || (n < 0 && errno == EINTR));
}

int bwarder_stop(struct bwarder *w, struct err *err)
{
	int status = 0;

	if (w->pid > 0)
		(void)kill(w->pid, SIGTERM); /* not waited for yet, so it is there */
	if (w->out_fd >= 0) {
		read_to_end(w->out_fd);
		(void)close(w->out_fd);
		w->out_fd = -1;
	}
	if (w->pid == 0)
		return 0;
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	w->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CODE_FAILED;
	if (w->exit_code != EXIT_CODE_OK)
		return err_set(err, -ECHILD, "'warder run' failed while it was measured");
	return 0;
}
