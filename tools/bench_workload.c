/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_workload.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_clock.h"

#define WARM_UP_OPS 32U /* caches, the task's context, the first connection */
#define CALIBRATE_NS 50000000ULL
#define BURST_NS BENCH_NS_PER_MS
#define STOP_LOOK_OPS 64U         /* operations between two looks at the clock */
#define OPENED_FILE "/etc/passwd" /* a regular file that every machine has */
#define RARE_FILE "/etc//passwd"  /* the same by another name */
#define READ_BYTES 64

/* What an operation works on; the child's own, gone with it. */
struct bwork_state {
	int in_fd, out_fd;
	int listen_fd;
	struct sockaddr_in addr;
	uint64_t n_opened;
};

struct bwork_flood_counts {
	_Atomic uint64_t n_ops;
	_Atomic int failed; /* negative errno */
};

static int open_nothing(struct bwork_state *s)
{
	(void)s;
	return 0;
}

/* Raw, so that no library answers from memory. */
static int op_getppid(struct bwork_state *s)
{
	(void)s;
	return (int)syscall(SYS_getppid) > 0 ? 0 : -ESRCH;
}

static int op_openat_close(struct bwork_state *s)
{
	int fd = openat(AT_FDCWD, OPENED_FILE, O_RDONLY | O_CLOEXEC);

	(void)s;
	if (fd < 0)
		return -errno;
	(void)close(fd); /* nothing was written */
	return 0;
}

static int op_open_rare(struct bwork_state *s)
{
	const char *path = ++s->n_opened % BWORK_RARE_OPS == 0 ? RARE_FILE : OPENED_FILE;
	int fd = openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)close(fd); /* nothing was written */
	return 0;
}

static int open_devices(struct bwork_state *s)
{
	s->in_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	s->out_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return s->in_fd < 0 || s->out_fd < 0 ? -errno : 0;
}

static int op_read_write(struct bwork_state *s)
{
	char buf[READ_BYTES];

	if (read(s->in_fd, buf, sizeof(buf)) != sizeof(buf) ||
	    write(s->out_fd, buf, sizeof(buf)) != sizeof(buf))
		return errno ? -errno : -EIO;
	return 0;
}

static int op_fork_exec(struct bwork_state *s)
{
	static char name[] = "true";
	char *const argv[] = { name, NULL }, *const env[] = { NULL };
	int status, rc;
	pid_t pid;

	(void)s;
	rc = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, env);
	if (rc != 0)
		return -rc;
	if (waitpid(pid, &status, 0) != pid || status != 0)
		return -ECHILD;
	return 0;
}

static int open_listener(struct bwork_state *s)
{
	socklen_t len = sizeof(s->addr);

	s->addr.sin_family = AF_INET;
	s->addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->listen_fd < 0 ||
	    bind(s->listen_fd, (const struct sockaddr *)&s->addr, sizeof(s->addr)) < 0 ||
	    listen(s->listen_fd, 16) < 0 ||
	    getsockname(s->listen_fd, (struct sockaddr *)&s->addr, &len) < 0)
		return -errno;
	return 0;
}

static int op_connect(struct bwork_state *s)
{
	/* Reset at the end: ports that wait for stragglers would run out. */
	const struct linger reset = { .l_onoff = 1, .l_linger = 0 };
	CLEANUP_FD int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP_FD int server = -1;

	if (client < 0 || setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
	    connect(client, (const struct sockaddr *)&s->addr, sizeof(s->addr)) < 0)
		return -errno;
	server = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	return server < 0 ? -errno : 0;
}

/* clang-format off */
const struct bwork bwork_all[] = {
	{ "getppid", "getppid", 1, open_nothing, op_getppid },
	{ "openat+close", "openat,close", 2, open_nothing, op_openat_close },
	{ "read+write", "read,write", 2, open_devices, op_read_write },
	{ "fork+exec", "sched_process_fork,sched_process_exec,sched_process_exit", 3, open_nothing, op_fork_exec },
	{ "connect", "connect", 1, open_listener, op_connect },
	{ .name = NULL },
};
/* clang-format on */

const struct bwork *const bwork_storm = &bwork_all[1];

static const struct bwork rare = {
	.name = "openat+close, one path in 4096",
	.events = "openat.data.pathname=" RARE_FILE,
	.open = open_nothing,
	.op = op_open_rare,
};
const struct bwork *const bwork_rare = &rare;

const struct bwork *bwork_find(const char *name)
{
	for (const struct bwork *w = bwork_all; w->name; w++)
		if (strcmp(w->name, name) == 0)
			return w;
	return NULL;
}

static int repeat(const struct bwork *w, struct bwork_state *s, uint64_t n)
{
	int rc = 0;

	for (uint64_t i = 0; i < n && rc == 0; i++)
		rc = w->op(s);
	return rc;
}

static struct bwork_state new_state(void)
{
	return (struct bwork_state){ .in_fd = -1, .out_fd = -1, .listen_fd = -1 };
}

/* Never survives its parent. */
static pid_t fork_bound(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the signal is valid */
		if (getppid() != parent)
			_exit(1);
	}
	return pid;
}

/* What a timed child sends back. */
struct answer {
	uint64_t elapsed_ns, cpu_ns;
	int rc;
	int reserved;
};

/* Of this process and of the children that it waited for. */
static uint64_t spent_cpu_ns(void)
{
	struct rusage children;
	struct timespec own;

	/* Neither fails: both are the process's own. */
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	(void)getrusage(RUSAGE_CHILDREN, &children);
	return (uint64_t)own.tv_sec * BENCH_NS_PER_S + (uint64_t)own.tv_nsec +
	       bench_cpu_ns(&children);
}

static _Noreturn void timed_child(const struct bwork *w, uint64_t n_ops, int fd)
{
	struct bwork_state s = new_state();
	struct answer answer = { .rc = w->open(&s) };
	uint64_t start_ns, start_cpu_ns;

	if (answer.rc == 0)
		answer.rc = repeat(w, &s, WARM_UP_OPS);
	start_cpu_ns = spent_cpu_ns();
	start_ns = bench_now_ns();
	if (answer.rc == 0)
		answer.rc = repeat(w, &s, n_ops);
	answer.elapsed_ns = bench_now_ns() - start_ns;
	answer.cpu_ns = spent_cpu_ns() - start_cpu_ns;
	_exit(write(fd, &answer, sizeof(answer)) != sizeof(answer));
}

int bwork_round(const struct bwork *w, uint64_t n_ops, struct bwork_result *ret_result,
		struct err *err)
{
	CLEANUP_FD int read_fd = -1;
	struct answer answer = { 0 };
	int pipe_fds[2];
	ssize_t n;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return err_set(err, -errno, "workload '%s': no pipe (%s)", w->name,
			       err_name(errno));
	read_fd = pipe_fds[0];
	pid = fork_bound();
	if (pid == 0)
		timed_child(w, n_ops, pipe_fds[1]);
	(void)close(pipe_fds[1]);
	if (pid < 0)
		return err_set(err, -errno, "workload '%s': no process (%s)", w->name,
			       err_name(errno));
	do {
		n = read(read_fd, &answer, sizeof(answer));
	} while (n < 0 && errno == EINTR);
	(void)waitpid(pid, NULL, 0); /* its answer says how it went */
	if (n != (ssize_t)sizeof(answer))
		answer.rc = -EPIPE;
	if (answer.rc < 0)
		return err_set(err, answer.rc, "workload '%s' failed (%s)", w->name,
			       err_name(answer.rc));
	*ret_result = (struct bwork_result){ .n_ops = n_ops + WARM_UP_OPS,
					     .n_timed = n_ops,
					     .elapsed_ns = answer.elapsed_ns,
					     .cpu_ns = answer.cpu_ns };
	return 0;
}

int bwork_calibrate(const struct bwork *w, uint64_t duration_ns, uint64_t *ret_n_ops,
		    struct err *err)
{
	uint64_t enough_ns = duration_ns < CALIBRATE_NS ? duration_ns : CALIBRATE_NS;
	struct bwork_result res = { 0 };
	double n_ops;

	for (uint64_t n = WARM_UP_OPS; res.elapsed_ns < enough_ns; n *= 4) {
		int rc = bwork_round(w, n, &res, err);

		if (rc < 0)
			return rc;
	}
	n_ops = (double)res.n_timed * (double)duration_ns / (double)res.elapsed_ns;
	*ret_n_ops = n_ops < 1 ? 1 : (uint64_t)n_ops;
	return 0;
}

static int burst(const struct bwork *w, struct bwork_state *s, uint64_t n,
		 struct bwork_flood_counts *counts)
{
	int rc = repeat(w, s, n);

	/* Relaxed: a counter, read when the child has ended or as a figure. */
	if (rc == 0)
		atomic_fetch_add_explicit(&counts->n_ops, n, memory_order_relaxed);
	return rc;
}

static _Noreturn void flood_child(const struct bwork *w, uint64_t per_s, uint64_t duration_ns,
				  struct bwork_flood_counts *counts)
{
	struct bwork_state s = new_state();
	uint64_t start_ns = bench_now_ns(), now_ns = start_ns, due = 0, done = 0;
	int rc = w->open(&s);

	while (rc == 0 && (duration_ns == 0 || now_ns - start_ns < duration_ns)) {
		uint64_t n = STOP_LOOK_OPS;

		if (per_s > 0) {
			/* What was due by now and is not done: a late burst is made up for. */
			due = (uint64_t)((double)(now_ns - start_ns) * (double)per_s /
					 (double)BENCH_NS_PER_S);
			n = due > done ? due - done : 0;
		}
		rc = burst(w, &s, n, counts);
		done += n;
		if (per_s > 0)
			bench_sleep_until(now_ns + BURST_NS);
		now_ns = bench_now_ns();
	}
	/* Relaxed: read when the child has ended. */
	atomic_store_explicit(&counts->failed, rc, memory_order_relaxed);
	_exit(0);
}

int bwork_flood_start(struct bwork_flood *f, const struct bwork *w, uint64_t per_s,
		      uint64_t duration_ns, struct err *err)
{
	void *shared = mmap(NULL, sizeof(*f->counts), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	*f = (struct bwork_flood){ .pid = 0 };
	if (shared == MAP_FAILED)
		return err_set(err, -errno, "flood cannot share its counter (%s)", err_name(errno));
	f->counts = shared;
	f->pid = fork_bound();
	if (f->pid == 0)
		flood_child(w, per_s, duration_ns, f->counts);
	if (f->pid < 0) {
		int rc = err_set(err, -errno, "flood cannot be started (%s)", err_name(errno));

		f->pid = 0;
		(void)bwork_flood_end(f, NULL, NULL); /* nothing runs */
		return rc;
	}
	f->ends_itself = duration_ns > 0;
	return 0;
}

int bwork_flood_end(struct bwork_flood *f, uint64_t *ret_n_ops, struct err *err)
{
	int rc = 0;

	if (f->pid > 0 && !f->ends_itself)
		(void)kill(f->pid, SIGKILL); /* not waited for yet, so it is there */
	if (f->pid > 0)
		(void)waitpid(f->pid, NULL, 0); /* the counts say how it went */
	if (f->counts) {
		/* Relaxed: the child has ended. */
		rc = atomic_load_explicit(&f->counts->failed, memory_order_relaxed);
		if (ret_n_ops)
			*ret_n_ops = atomic_load_explicit(&f->counts->n_ops, memory_order_relaxed);
		(void)munmap(f->counts, sizeof(*f->counts)); /* it is a mapping of ours */
	}
	*f = (struct bwork_flood){ .pid = 0 };
	return rc < 0 ? err_set(err, rc, "flood failed (%s)", err_name(rc)) : 0;
}
