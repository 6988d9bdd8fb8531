/* SPDX-License-Identifier: Apache-2.0 */
/* bench replay: how fast an engine goes through a recording. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "tools/bench_clock.h"
#include "tools/bench_report.h"
#include "tools/bench_samples.h"
#include "tools/capture.h"
#include "tools/command.h"
#include "tools/progress.h"

struct bench_replay_options {
	struct options_about about;
	uint64_t n_rounds;
	bool json;
	struct engine_options engine;
};

/* clang-format off */
#define ST struct bench_replay_options
static const struct options_row rows[] = {
	{ "rounds", 'r', OPTIONS_NUMBER(ST, n_rounds), "N", "3", NULL, 1000, "Measurement",
	  "replays for each row, of which the best and the median are told" },
	{ "json", 'j', OPTIONS_FLAG(ST, json), NULL, NULL, NULL, 0, "Output",
	  "one JSON document instead of tables" },
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST

static const char *const handed_on[] = {
	"policy", "events", "trace-self", "user", "loop", "proctree-cache", NULL,
};

static const struct { const char *name, *output, *budget; } outputs[] = {
	{ "none", "none", ">= 5 M events/s with 25 rules" },
	{ "json", "json:/dev/null", ">= 700 k events/s" },
};

static const struct bench_column columns[] = {
	{ "Output", "output", BENCH_TEXT },
	{ ">Events/s", "events_per_s_best", BENCH_RATE },
	{ ">ns/event", "ns_per_event_best", BENCH_REAL },
	{ ">median", "ns_per_event_median", BENCH_REAL },
	{ ">CPU", "cpu_ns_per_event_best", BENCH_REAL },
	{ ">Records/s", "records_per_s_best", BENCH_RATE },
	{ ">MiB/s read", "bytes_per_s_best", BENCH_BYTES },
	{ ">Max RSS MiB", "max_rss_bytes", BENCH_BYTES },
	{ "Budget", "budget", BENCH_TEXT },
	{ NULL, "elapsed_ns_best", BENCH_COUNT },
	{ NULL, "elapsed_ns_median", BENCH_COUNT },
	{ NULL, "cpu_ns_best", BENCH_COUNT },
	{ NULL, "rounds", BENCH_COUNT },
};

static const struct bench_column file_columns[] = {
	{ ">Bytes", "file_bytes", BENCH_COUNT },
	{ ">Records", "records", BENCH_COUNT },
	{ ">Lost", "lost", BENCH_COUNT },
	{ ">Events", "events", BENCH_COUNT },
	{ ">Lines' bytes", "json_bytes", BENCH_COUNT },
};
/* clang-format on */

/* Of one replay. */
struct replayed {
	uint64_t elapsed_ns; /* in the engine's loop: without start and policies */
	uint64_t cpu_ns;     /* of the whole process */
	uint64_t max_rss_bytes;
	uint64_t n_records, n_lost;
	uint64_t n_lines, n_bytes; /* of its stdout */
};

/* In the child. */
static _Noreturn void become(char *const argv[], int out_fd, int progress_fd, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the signal is valid */
	(void)signal(SIGPIPE, SIG_DFL);         /* cannot fail for this signal */
	if (getppid() == parent && dup2(out_fd, STDOUT_FILENO) >= 0 &&
	    fcntl(progress_fd, F_SETFD, 0) == 0)
		(void)execv(argv[0], argv); /* returns only when it failed */
	log_error("engine '%s' cannot be executed (%s)", argv[0], err_name(errno));
	_exit(EXIT_CODE_FAILED);
}

static void count_lines(int fd, struct replayed *r)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n < 0)
			continue;
		r->n_bytes += (uint64_t)n;
		for (const char *at = buf, *end = buf + n;
		     (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
			r->n_lines++;
	}
}

/* The engine's own exit code, which has said what was wrong. */
static int await(pid_t pid, struct replayed *r)
{
	struct rusage usage;
	int status;

	if (wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status))
		return EXIT_CODE_FAILED;
	r->cpu_ns = bench_cpu_ns(&usage);
	r->max_rss_bytes = (uint64_t)usage.ru_maxrss * 1024;
	return WEXITSTATUS(status);
}

/* `argv` is complete but for the descriptor of the progress; its stdout is read here. */
static int run_engine(struct capture_args *args, struct replayed *r, struct err *err)
{
	CLEANUP_FD int read_fd = -1, write_fd = -1, progress_fd = -1;
	pid_t parent = getpid(), pid;
	struct progress p;
	int out[2], code;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_set(err, -errno, "pipe cannot be made (%s)", err_name(errno));
	read_fd = out[0];
	write_fd = out[1];
	if (progress_open(&p, "replayed", true, &progress_fd, err) < 0 ||
	    capture_args_add(args, err, "--progress-fd=%d", progress_fd) < 0)
		return err->code;
	pid = fork();
	if (pid == 0)
		become(args->v, write_fd, progress_fd, parent);
	cleanup_fd(&write_fd);
	cleanup_fd(&progress_fd);
	write_fd = progress_fd = -1;
	if (pid < 0) {
		progress_close(&p);
		return err_set(err, -errno, "engine cannot be started (%s)", err_name(errno));
	}
	count_lines(read_fd, r);
	code = await(pid, r);
	(void)progress_read(&p); /* all of it: it has ended */
	r->n_records = p.n_records;
	r->n_lost = p.n_lost;
	r->elapsed_ns = p.elapsed_ns;
	progress_close(&p);
	return code;
}

/* One replay into `output`. Negative errno with err set, or an exit code. */
static int replay(const struct command_call *call, const char *output, struct replayed *ret_r,
		  struct err *err)
{
	const struct bench_replay_options *opt = call->options;
	struct capture_args args = { .n = 0 };
	int rc = capture_hand_on(call, &opt->engine, &args, NULL, err);

	*ret_r = (struct replayed){ 0 };
	if (rc == 0)
		rc = capture_args_add(&args, err, "--replay=%s", call->args[0]);
	if (rc == 0)
		rc = capture_args_add(&args, err, "--status-socket=");
	if (rc == 0)
		rc = capture_args_add(&args, err, "--log=error");
	if (rc == 0)
		rc = capture_args_add(&args, err, "--output=%s", output);
	if (rc == 0)
		rc = run_engine(&args, ret_r, err);
	capture_args_done(&args);
	return rc;
}

static double per_s(uint64_t n, double elapsed_ns)
{
	return (double)n * BENCH_NS_PER_S / elapsed_ns;
}

static int measure_output(const struct command_call *call, size_t output, uint64_t file_bytes,
			  uint64_t n_events, struct bench_table *table, struct err *err)
{
	const struct bench_replay_options *opt = call->options;
	CLEANUP_SAMPLES struct bench_samples elapsed = { .v = NULL }, cpu = { .v = NULL };
	uint64_t max_rss = 0, n_records = 0;
	double best, median;

	for (uint64_t i = 0; i < opt->n_rounds; i++) {
		struct replayed r;
		int rc = replay(call, outputs[output].output, &r, err);

		if (rc != 0)
			return rc;
		bsamples_add(&elapsed, (double)r.elapsed_ns);
		bsamples_add(&cpu, (double)r.cpu_ns);
		max_rss = r.max_rss_bytes > max_rss ? r.max_rss_bytes : max_rss;
		n_records = r.n_records;
	}
	best = bsamples_at(&elapsed, 0);
	median = bsamples_at(&elapsed, 0.5);

	const struct bench_cell cells[] = {
		bench_text(outputs[output].name),
		bench_number(per_s(n_events, best)),
		bench_number(n_events ? best / (double)n_events : NAN),
		bench_number(n_events ? median / (double)n_events : NAN),
		bench_number(n_events ? bsamples_at(&cpu, 0) / (double)n_events : NAN),
		bench_number(per_s(n_records, best)),
		bench_number(per_s(file_bytes, best)),
		bench_number((double)max_rss),
		bench_text(outputs[output].budget),
		bench_number(best),
		bench_number(median),
		bench_number(bsamples_at(&cpu, 0)),
		bench_number((double)elapsed.n),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(columns), "one cell per column");
	breport_row(table, cells);
	return 0;
}

static void add_file_row(struct bench_report *report, uint64_t file_bytes, const struct replayed *r)
{
	const struct bench_cell cells[] = {
		bench_number((double)file_bytes), bench_number((double)r->n_records),
		bench_number((double)r->n_lost),  bench_number((double)r->n_lines),
		bench_number((double)r->n_bytes),
	};

	_Static_assert(ARRAY_LEN(cells) == ARRAY_LEN(file_columns), "one cell per column");
	breport_row(breport_table(report, "The recording", "recording", file_columns,
				  ARRAY_LEN(file_columns)),
		    cells);
}

/* Once to count what comes out, then for the time. 0, negative errno or an exit code. */
static int measure_all(const struct command_call *call, struct bench_report *report,
		       struct err *err)
{
	struct bench_table *table;
	struct replayed counted;
	struct stat st;
	int rc;

	if (stat(call->args[0], &st) < 0)
		return err_set(err, -errno, "recording '%s' cannot be read (%s)", call->args[0],
			       err_name(errno));
	rc = replay(call, "json", &counted, err);
	if (rc != 0)
		return rc;
	add_file_row(report, (uint64_t)st.st_size, &counted);
	table = breport_table(report, "Its replay", "replay", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < ARRAY_LEN(outputs) && rc == 0; i++)
		rc = measure_output(call, i, (uint64_t)st.st_size, counted.n_lines, table, err);
	return rc;
}

static int bench_replay(const struct command_call *call)
{
	struct bench_replay_options *opt = call->options;
	CLEANUP_BREPORT struct bench_report *report = NULL;
	struct err err = { 0 };
	int rc;

	opt->engine.replay = call->args[0]; /* for the checks of what goes together */
	rc = engine_options_check(&opt->engine, &err);
	engine_options_done(&opt->engine);
	if (rc == 0 && opt->n_rounds == 0)
		rc = err_set(&err, -EINVAL, "option '--rounds' expects at least 1");
	if (rc < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_USAGE;
	}
	report = breport_new("replay");
	rc = report ? measure_all(call, report, &err) : err_set(&err, -ENOMEM, "memory is short");
	if (rc == 0 && breport_print(report, stdout, opt->json) < 0)
		rc = err_set(&err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc < 0)
		log_error("%s", err.text);
	return rc < 0 ? EXIT_CODE_FAILED : rc;
}

const struct command command_bench_replay = {
	.program = {
		.name = COMMAND_PREFIX "bench replay",
		.synopsis = "[OPTION...] FILE",
		.summary = "measure how fast an engine replays a recording",
		.description =
			"Replays FILE several times at full speed, once to count what comes out, "
			"then without an output and with JSON to /dev/null. The time is that of "
			"the engine's loop, without the start. Small recordings say little: take "
			"one of at least some hundred thousand records.\n\n"
			"It needs no privileges and no collector. Budgets are for information: "
			"nothing fails because of them.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
		.from = &engine_options_program,
		.from_names = handed_on,
		.from_offset = offsetof(struct bench_replay_options, engine),
	},
	.options_bytes = sizeof(struct bench_replay_options),
	.arg = COMMAND_ARG_FILE,
	.min_args = 1,
	.max_args = 1,
	.main = bench_replay,
};
