/* SPDX-License-Identifier: Apache-2.0 */
#include "test/live/live.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"

#define PIDS_MAX (4U << 20) /* PID_MAX_LIMIT of 64-bit kernels */
#define READY_MS 60000
#define INITIAL_PID_NS "pid:[4026531836]" /* PROC_PID_INIT_INO, include/linux/proc_ns.h */

static char dir[64];
static const char *collector_path, *tiny_path;
static struct live_collector common_collector;
static uint8_t *followed; /* bit per process id; shared with the workloads */
uint8_t *live_shared;

/* --- Files ----------------------------------------------------------------------------------- */

const char *live_dir(void)
{
	return dir;
}

const char *live_path(const char *fmt, ...)
{
	static char bufs[8][512];
	static unsigned int turn;
	char *buf = bufs[turn++ % 8];
	int n = snprintf(buf, sizeof(bufs[0]), "%s/", dir);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf + n, sizeof(bufs[0]) - (size_t)n, fmt, ap);
	va_end(ap);
	return buf;
}

bool live_is_emulated(void)
{
	CLEANUP_FILE FILE *f = fopen("/proc/cpuinfo", "re");
	bool found = false;
	char line[256];

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, "QEMU TCG") != NULL;
	return found;
}

uint32_t live_scaled(uint32_t n)
{
	static int is_emulated = -1;

	if (is_emulated < 0)
		is_emulated = live_is_emulated();
	return is_emulated ? (n + 9) / 10 : n;
}

const char *live_tiny(void)
{
	return tiny_path;
}

void live_write_file(const char *path, const char *content, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	must(fd >= 0);
	must(write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	must(fchmod(fd, mode) == 0);
	must(close(fd) == 0);
}

void live_copy_to(const char *from, int fd)
{
	CLEANUP_FD int in = open(from, O_RDONLY | O_CLOEXEC);
	char buf[65536];
	ssize_t n;

	must(in >= 0 && fd >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		must(write(fd, buf, (size_t)n) == n);
	must(n == 0);
}

void live_copy(const char *from, const char *to, mode_t mode)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	live_copy_to(from, fd);
	must(fchmod(fd, mode) == 0 && close(fd) == 0);
}

void live_put(const char *path, const char *text)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd >= 0);
	must(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	(void)remove(path); /* what is left over is left over */
	return 0;
}

/* --- The collector --------------------------------------------------------------------------- */

const char *live_collector_program(void)
{
	return collector_path;
}

const char *live_collector_said(const struct live_collector *c)
{
	static char text[65536];
	CLEANUP_FD int fd = open(c->log, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	text[n < 0 ? 0 : n] = '\0';
	return text;
}

static bool names_socket(const char *const *args)
{
	return args[0] && strcmp(args[0], "--socket") == 0;
}

static void exec_collector(const struct live_collector *c, const char *const *args)
{
	const char *argv[24] = { collector_path };
	size_t n = 1;
	int fd = open(c->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (!names_socket(args)) {
		argv[n++] = "--socket";
		argv[n++] = c->socket;
	}
	while (*args && n < ARRAY_LEN(argv) - 1)
		argv[n++] = *args++;
	(void)dup2(fd, 1);
	(void)dup2(fd, 2);
	(void)execv(collector_path, (char *const *)(uintptr_t)argv);
	_exit(126);
}

/* True if it ended; it is not waited for. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == pid;
}

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL); /* a shorter sleep is fine */
}

bool live_collector_start(struct live_collector *c, const char *const *args)
{
	static unsigned int number;

	(void)snprintf(c->log, sizeof(c->log), "%s/%d.%u.log", dir, getpid(), number);
	(void)snprintf(c->socket, sizeof(c->socket), "%s/%d.%u.sock", dir, getpid(), number++);
	if (names_socket(args))
		(void)snprintf(c->socket, sizeof(c->socket), "%s", args[1]);
	c->pid = fork();
	if (c->pid == 0)
		exec_collector(c, args);
	for (int ms = 0; ms < READY_MS && !has_ended(c->pid); ms += 5) {
		if (strstr(live_collector_said(c), "ready on"))
			return true;
		sleep_ms(5);
	}
	return false;
}

int live_collector_stop(struct live_collector *c, int sig)
{
	int status = 0;

	if (sig)
		(void)kill(c->pid, sig);
	for (int ms = 0; ms < READY_MS && !has_ended(c->pid); ms += 5)
		sleep_ms(5);
	if (!has_ended(c->pid))
		(void)kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, &status, 0);
	c->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* --- What a test has in hand ----------------------------------------------------------------- */

static void keep(void *arg, size_t lane, const struct rec_hdr *rec)
{
	struct live *l = arg;
	bool ours = rec->tgid < PIDS_MAX && (followed[rec->tgid / 8] >> (rec->tgid % 8) & 1);

	if (l->peep)
		l->peep(l->peep_arg, rec);
	if (l->drops_bulk && l->client->lanes[lane].hdr->class == LANE_BULK)
		return;
	/* Contexts of everybody: a child's comes before it could say that it is to be followed. */
	if (ours || l->keeps_all || rec->event == EV_TASK)
		rlog_add(&l->log, rec);
}

void live_be_lazy(struct live *l, unsigned int slot)
{
	l->lazy_slot = slot;
	l->lazy_lost = lclient_lost(l->client, slot);
}

void live_pump(struct live *l)
{
	if (l->lazy_slot && lclient_lost(l->client, l->lazy_slot) == l->lazy_lost)
		return;
	l->lazy_slot = 0;
	(void)lclient_read(l->client, keep, l);
}

void live_drain(struct live *l)
{
	ck_assert_msg(lclient_drain(l->client, keep, l), "a record was not finished in time");
	rlog_sort(&l->log);
}

uint64_t live_missed(struct live *l)
{
	struct control_status status;
	struct err err = { 0 };

	ck_assert_msg(lclient_ask_status(l->client, &status, &err) == 0, "%s", err.text);
	return status.kernel[KC_MISSED];
}

void live_plan(struct live *l, const char *const *events, uint32_t options)
{
	struct err err = { 0 };

	ck_assert_msg(lclient_plan(l->client, events, options, &err) == 0, "%s", err.text);
}

struct lane_client *live_connect(const struct live_collector *c)
{
	const char *path = c ? c->socket : common_collector.socket;
	struct lane_client *client = NULL;
	struct err err = { 0 };

	for (int ms = 0; ms < 5000;
	     ms += 5) { /* the test before us may still be seen as connected */
		client = lclient_new(path, &err);
		if (client || err.code != -EBUSY)
			break;
		sleep_ms(5);
	}
	ck_assert_msg(client != NULL, "%s", err.text);
	return client;
}

struct live *live_open(const struct live_collector *c, const char *const *events, uint32_t options)
{
	struct live *l = calloc(1, sizeof(*l));

	ck_assert_ptr_nonnull(l);
	memset(live_shared, 0, LIVE_SHARED_BYTES);
	memset(followed, 0, PIDS_MAX / 8);
	l->client = live_connect(c);
	live_plan(l, events, options);
	live_drain(l);
	rlog_done(&l->log);
	return l;
}

void live_close(struct live *l)
{
	lclient_free(l->client);
	rlog_done(&l->log);
	free(l);
}

/* --- Workloads ------------------------------------------------------------------------------- */

void live_must_failed(const char *what, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: workload: %s: %s\n", file, line, what, strerror(errno));
	_exit(99);
}

void live_follow(pid_t tgid)
{
	(void)__atomic_fetch_or(&followed[tgid / 8], (uint8_t)(1U << (tgid % 8)), __ATOMIC_SEQ_CST);
}

pid_t live_fork(void)
{
	pid_t pid = fork();

	must(pid >= 0);
	live_follow(pid == 0 ? getpid() : pid);
	return pid;
}

void live_wait(pid_t pid)
{
	int status = 0;

	must(waitpid(pid, &status, 0) == pid);
	must(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

pid_t live_start(void (*work)(void *arg), void *arg)
{
	pid_t pid = live_fork();

	if (pid == 0) {
		work(arg);
		_exit(0);
	}
	return pid;
}

void live_join(struct live *l, pid_t pid)
{
	int status = 0;

	while (!has_ended(pid)) {
		live_pump(l);
		sleep_ms(l->nap_ms ? l->nap_ms : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	live_drain(l);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "workload ended with 0x%x",
		      (unsigned int)status);
}

pid_t live_run(struct live *l, void (*work)(void *arg), void *arg)
{
	pid_t pid = live_start(work, arg);

	live_join(l, pid);
	return pid;
}

/* --- main() ---------------------------------------------------------------------------------- */

void live_skip_part(const char *fmt, ...)
{
	va_list ap;

	printf("skipped: ");
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	(void)fflush(stdout);
}

/* Why the tests cannot run here, or NULL. */
static const char *what_is_missing(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1
	};
	char ns[64] = "";
	long fd;

	if (geteuid() != 0)
		return "needs root";
	fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return errno == EPERM ? "bpf(2) is not permitted here" : "the kernel has no bpf(2)";
	(void)close((int)fd);
	if (access("/sys/kernel/btf/vmlinux", R_OK) != 0)
		return "the kernel has no BTF";
	if (readlink("/proc/self/ns/pid", ns, sizeof(ns) - 1) < 0 ||
	    strcmp(ns, INITIAL_PID_NS) != 0)
		return "runs in a pid namespace, where process ids are not those in the records";
	return NULL;
}

static void make_shared(void)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS;

	followed = mmap(NULL, PIDS_MAX / 8, prot, flags, -1, 0);
	live_shared = mmap(NULL, LIVE_SHARED_BYTES, prot, flags, -1, 0);
	must(followed != MAP_FAILED && (void *)live_shared != MAP_FAILED);
	(void)snprintf(dir, sizeof(dir), "/tmp/warder-live-XXXXXX");
	must(mkdtemp(dir));
	must(chmod(dir, 0755) == 0);
}

static int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int n_failed;

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed;
}

int live_main(int argc, char **argv, Suite *(*make_suite)(void), const char *const *args)
{
	const char *missing = what_is_missing();
	int code, n_failed = 1;

	if (missing) {
		printf("skipped: %s\n", missing);
		return EXIT_CODE_UNSUPPORTED;
	}
	if (argc != 3) {
		(void)fprintf(stderr, "usage: %s COLLECTOR TINY-PROGRAM\n", argv[0]);
		return EXIT_CODE_USAGE;
	}
	collector_path = argv[1];
	tiny_path = realpath(argv[2], NULL); /* lives as long as we do */
	make_shared();
	if (live_collector_start(&common_collector, args))
		n_failed = run_suite(make_suite());
	code = live_collector_stop(&common_collector, SIGTERM);
	if (code != 0 || n_failed > 0)
		(void)fprintf(stderr, "collector ended with %d and said:\n%s", code,
			      live_collector_said(&common_collector));
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return n_failed == 0 && code == 0 ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
