/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "common/cleanup.h"

/* The other screen, no cursor; and back. */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t is_begun;
static int change_fd = -1;

bool screen_is_there(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

/* Signal-safe. */
static void restore(void)
{
	if (!is_begun)
		return;
	is_begun = 0;
	(void)!write(STDOUT_FILENO, LEAVE, sizeof(LEAVE) - 1);
	(void)tcsetattr(STDIN_FILENO, TCSANOW, &before); /* it was accepted before */
}

static void end_by(int signal_nr)
{
	restore();
	(void)signal(signal_nr, SIG_DFL); /* cannot fail for these */
	(void)raise(signal_nr);
}

static void take_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction action = { .sa_handler = end_by };

	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaction(ends[i], &action, NULL); /* cannot fail for these */
}

static int watch_changes(struct err *err)
{
	sigset_t change;

	(void)sigemptyset(&change);
	(void)sigaddset(&change, SIGWINCH);
	if (sigprocmask(SIG_BLOCK, &change, NULL) == 0)
		change_fd = signalfd(-1, &change, SFD_CLOEXEC | SFD_NONBLOCK);
	return change_fd < 0 ? err_set(err, -errno, "signals cannot be taken (%s)", err_name(errno))
			     : 0;
}

int screen_begin(struct err *err)
{
	struct termios raw;

	if (watch_changes(err) < 0)
		return err->code;
	if (tcgetattr(STDIN_FILENO, &before) < 0)
		return err_set(err, -errno, "terminal cannot be asked (%s)", err_name(errno));
	raw = before;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO); /* Ctrl-C still is one */
	raw.c_cc[VSUSP] = _POSIX_VDISABLE;         /* or the shell would have our screen */
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(STDIN_FILENO, TCSANOW, &raw) < 0)
		return err_set(err, -errno, "terminal cannot be set (%s)", err_name(errno));
	is_begun = 1;
	take_signals();
	fputs(ENTER, stdout);
	return 0;
}

void screen_end(void)
{
	(void)fflush(stdout); /* main checks the stream at the end */
	restore();
	cleanup_fd(&change_fd);
	change_fd = -1;
}

struct screen_size screen_size(void)
{
	struct winsize size = { .ws_row = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return (struct screen_size){ 80, 24 };
	return (struct screen_size){ size.ws_col, size.ws_row };
}

int screen_change_fd(void)
{
	return change_fd;
}

bool screen_has_changed(void)
{
	struct signalfd_siginfo info;
	bool has = false;

	while (change_fd >= 0 && read(change_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		has = true;
	return has;
}

void screen_home(void)
{
	fputs("\033[H", stdout);
}

void screen_clear_below(void)
{
	fputs("\033[J", stdout);
}

int screen_key(void)
{
	unsigned char key;
	ssize_t n = read(STDIN_FILENO, &key, 1);

	if (n == 1)
		return key;
	return n == 0 || errno == EAGAIN || errno == EINTR ? 0 : -1;
}
