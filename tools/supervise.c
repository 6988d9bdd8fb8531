/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"

#define LOOK_MS 2 /* between two looks at a path: part of the time to the first event */

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

int supervise_init(struct supervise *s, struct err *err)
{
	sigset_t mask;

	*s = (struct supervise){ .signal_fd = -1 };
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, &s->old_mask) < 0)
		return err_set(err, -errno, "signals cannot be blocked (%s)", err_name(errno));
	s->signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signal_fd < 0)
		return err_set(err, -errno, "signals cannot be read (%s)", err_name(errno));
	return 0;
}

/* In the child. Writes errno to `report_fd` if it cannot become the program. */
static _Noreturn void become(const struct supervise *s, char *const argv[], int pass_fd,
			     int report_fd, pid_t parent)
{
	int null_fd, code;

	(void)setpgid(0, 0);                    /* fails only for what we are not */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM); /* the signal is valid */
	if (getppid() != parent)
		_exit(EXIT_CODE_FAILED); /* it died before the line above */
	(void)signal(SIGPIPE, SIG_DFL);  /* cannot fail for these signals */
	(void)signal(SIGTTOU, SIG_IGN);  /* a background group may write to the terminal */
	(void)signal(SIGHUP, SIG_IGN);   /* handed on before the program is ready for it */
	null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null_fd < 0 || dup2(null_fd, STDIN_FILENO) < 0)
		goto fail;
	if (pass_fd >= 0 && fcntl(pass_fd, F_SETFD, 0) < 0)
		goto fail;
	if (sigprocmask(SIG_SETMASK, &s->old_mask, NULL) < 0)
		goto fail;
	(void)execv(argv[0], argv); /* returns only when it failed */
fail:
	code = errno;
	(void)!write(report_fd, &code, sizeof(code)); /* nobody else to tell */
	_exit(EXIT_CODE_FAILED);
}

int supervise_start(struct supervise *s, const char *name, char *const argv[], int pass_fd,
		    struct err *err)
{
	struct supervise_child *child = &s->children[s->n];
	CLEANUP_FD int read_fd = -1;
	pid_t parent = getpid(), pid;
	int report[2], code = 0;
	ssize_t n;

	if (s->n == SUPERVISE_CHILDREN_MAX)
		return err_set(err, -E2BIG, "%s is one child too many", name);
	if (pipe2(report, O_CLOEXEC) < 0)
		return err_set(err, -errno, "%s: no pipe (%s)", name, err_name(errno));
	read_fd = report[0];
	pid = fork();
	if (pid == 0)
		become(s, argv, pass_fd, report[1], parent);
	code = errno;
	(void)close(report[1]);
	if (pid < 0)
		return err_set(err, -code, "%s cannot be started (%s)", name, err_name(code));
	do {
		n = read(read_fd, &code, sizeof(code));
	} while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(code)) {
		(void)waitpid(pid, NULL, 0); /* it has told us all */
		return err_set(err, -code, "%s '%s' cannot be executed (%s)", name, argv[0],
			       err_name(code));
	}
	*child = (struct supervise_child){ .name = name, .pid = pid };
	s->n++;
	return 0;
}

static void child_ended(struct supervise *s, struct supervise_child *child, int status)
{
	int code = EXIT_CODE_FAILED;

	child->pid = 0;
	if (WIFEXITED(status)) {
		code = WEXITSTATUS(status);
	} else if (child->killed) {
		log_error("%s did not end and was killed", child->name);
	} else if (child->asked && WTERMSIG(status) == SIGTERM) {
		code = EXIT_CODE_OK; /* it has no handler yet, or none at all */
	} else {
		log_error("%s was ended by signal %s", child->name,
			  sigabbrev_np(WTERMSIG(status)) ? sigabbrev_np(WTERMSIG(status)) : "?");
	}
	if (s->code == 0)
		s->code = code;
	/* One without the other is of no use: whatever the reason, the others are to end. */
	s->stopping = true;
}

static void reap(struct supervise *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct supervise_child *child = &s->children[i];
		int status;

		if (child->pid && waitpid(child->pid, &status, WNOHANG) == child->pid)
			child_ended(s, child, status);
	}
}

void supervise_reloads(struct supervise *s)
{
	if (s->n > 0)
		s->children[s->n - 1].reloads = true;
}

/* SIGHUP is from the kernel then, or from a shell that has just lost its terminal. */
static bool is_terminal_gone(const struct signalfd_siginfo *info)
{
	struct termios unused;

	return info->ssi_code == SI_KERNEL ||
	       (tcgetattr(STDERR_FILENO, &unused) < 0 && errno == EIO);
}

/* False: nobody takes it. */
static bool hand_on_hangup(const struct supervise *s, const struct signalfd_siginfo *info)
{
	if (s->stopping || is_terminal_gone(info))
		return false;
	for (unsigned int i = 0; i < s->n; i++) {
		if (!s->children[i].reloads || !s->children[i].pid)
			continue;
		(void)kill(s->children[i].pid, SIGHUP); /* not reaped yet, so it is there */
		return true;
	}
	return false;
}

static void read_signals(struct supervise *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD ||
		    (info.ssi_signo == SIGHUP && hand_on_hangup(s, &info)))
			continue;
		s->n_stops++;
		s->stopping = true;
	}
	reap(s);
}

static void send_term(struct supervise_child *child, uint64_t now)
{
	if (child->asked)
		return;
	(void)kill(child->pid, SIGTERM); /* not reaped yet, so it is there */
	child->asked = true;
	child->next_ns = now + SUPERVISE_GRACE_MS * 1000000ULL;
}

static void send_kill(struct supervise_child *child)
{
	(void)kill(child->pid, SIGKILL); /* not reaped yet, so it is there */
	child->killed = true;
	child->next_ns = UINT64_MAX;
}

/* What is due now for children that are to end. */
static void stop_step(struct supervise *s)
{
	uint64_t now = now_ns();
	bool is_turn = true; /* nobody before it is left */

	for (unsigned int i = 0; i < s->n; i++) {
		struct supervise_child *child = &s->children[i];

		if (!child->pid)
			continue;
		if (s->n_stops >= 3 && !child->killed)
			send_kill(child);
		else if (s->n_stops == 2)
			send_term(child, now);
		else if (is_turn && i == 0)
			send_term(child, now);
		else if (is_turn && child->next_ns == 0)
			child->next_ns = now + SUPERVISE_DRAIN_MS * 1000000ULL;
		if (child->next_ns && now >= child->next_ns) {
			if (child->asked)
				send_kill(child);
			else
				send_term(child, now);
		}
		is_turn = false;
	}
}

/* Until the next step is due; -1: nothing is. */
static int wait_ms(const struct supervise *s)
{
	uint64_t next = UINT64_MAX, now = now_ns();

	for (unsigned int i = 0; i < s->n; i++) {
		const struct supervise_child *child = &s->children[i];

		if (child->pid && child->next_ns && child->next_ns < next)
			next = child->next_ns;
	}
	if (next == UINT64_MAX)
		return -1;
	return next <= now ? 0 : (int)((next - now) / 1000000ULL) + 1;
}

int supervise_wait_path(struct supervise *s, const char *path, int timeout_ms)
{
	uint64_t end = now_ns() + (uint64_t)timeout_ms * 1000000ULL;
	struct pollfd pfd = { .fd = s->signal_fd, .events = POLLIN };

	for (;;) {
		if (poll(&pfd, 1, LOOK_MS) > 0)
			read_signals(s);
		for (unsigned int i = 0; i < s->n; i++)
			if (!s->children[i].pid)
				return -ECHILD;
		if (s->stopping)
			return -EINTR;
		if (access(path, F_OK) == 0)
			return 0;
		if (now_ns() >= end)
			return -ETIMEDOUT;
	}
}

void supervise_stop(struct supervise *s)
{
	s->stopping = true;
}

static bool any_left(const struct supervise *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (s->children[i].pid)
			return true;
	return false;
}

int supervise_run(struct supervise *s, int watch_fd, supervise_fn fn, void *arg)
{
	struct pollfd pfds[2] = { { .fd = s->signal_fd, .events = POLLIN },
				  { .fd = watch_fd, .events = POLLIN } };

	reap(s);
	while (any_left(s)) {
		if (s->stopping)
			stop_step(s);
		if (poll(pfds, 2, wait_ms(s)) <= 0)
			continue;
		if (pfds[0].revents)
			read_signals(s);
		if (pfds[1].revents && !fn(arg))
			pfds[1].fd = -1; /* poll() skips it */
	}
	/* What the last child said before it ended. */
	if (pfds[1].fd >= 0)
		(void)fn(arg);
	return s->code;
}

void supervise_done(struct supervise *s)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct supervise_child *child = &s->children[i];

		if (!child->pid)
			continue;
		(void)kill(child->pid, SIGKILL); /* not reaped yet, so it is there */
		(void)waitpid(child->pid, NULL, 0);
		child->pid = 0;
	}
	s->n = 0;
	if (s->signal_fd >= 0)
		(void)close(s->signal_fd);
	s->signal_fd = -1;
	(void)sigprocmask(SIG_SETMASK, &s->old_mask, NULL); /* cannot fail for SIG_SETMASK */
}
