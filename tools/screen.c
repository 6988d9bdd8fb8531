/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/screen.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* The other screen, no cursor; and back. */
#define ENTER "\033[?1049h\033[?25l\033[2J"
#define LEAVE "\033[?25h\033[?1049l"

static struct termios before;
static volatile sig_atomic_t is_begun, is_changed;

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

static void note_change(int signal_nr)
{
	(void)signal_nr;
	is_changed = 1;
}

static void take_signals(void)
{
	static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction change = { .sa_handler = note_change }; /* no SA_RESTART */
	const struct sigaction action = { .sa_handler = end_by };

	(void)sigaction(SIGWINCH, &change, NULL); /* cannot fail for it */

	for (unsigned int i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)sigaction(ends[i], &action, NULL); /* cannot fail for these */
}

int screen_begin(struct err *err)
{
	struct termios raw;

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
}

struct screen_size screen_size(void)
{
	struct winsize size = { .ws_row = 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return (struct screen_size){ 80, 24 };
	return (struct screen_size){ size.ws_col, size.ws_row };
}

bool screen_has_changed(void)
{
	bool has = is_changed;

	is_changed = 0;
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
