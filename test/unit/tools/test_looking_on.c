/* SPDX-License-Identifier: Apache-2.0 */
/* `warder stream` and `warder top` with a real engine, and a terminal where they want one. */
#include "test/unit/engine/engine_fixture.h"

#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <termios.h>

#ifndef WARDER
#define WARDER "warder"
#endif

static char status_path[64];

static void begin(void)
{
	setup();
	path_of(status_path, sizeof(status_path), "status");
	start_with(-1, (const char *const[]){ "--events", "do_exit", "--status-socket", status_path,
					      NULL });
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1); /* it is ready */
}

/* A command with its output in a file; with marks from 1 on until it ends. Its exit code. */
static int run_fed(const char *file, const char *const args[])
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;
	const char *argv[ARGS_MAX] = { WARDER, args[0], "--socket", status_path };
	pid_t pid;
	int status;

	for (size_t i = 1; args[i - 1] && i < ARGS_MAX - 3; i++)
		argv[3 + i] = args[i];
	pid = fork();
	if (pid == 0) {
		if (dup2(open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO) < 0 ||
		    dup2(open(err_path, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO) < 0)
			_exit(98);
		(void)execv(WARDER, (char **)(uintptr_t)argv);
		_exit(99);
	}
	for (long i = 1; waitpid(pid, &status, WNOHANG) == 0; i++) {
		ck_assert_msg(now_boot_ns() < end_ns, "the command does not end");
		(void)put_mark(0, i);
		(void)usleep(1000);
	}
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}
#define RUN_FED(file, ...) run_fed(file, (const char *const[]){ __VA_ARGS__, NULL })

START_TEST(streams_in_each_format)
{
	char file[64];

	path_of(file, sizeof(file), "shown");
	ck_assert_int_eq(RUN_FED(file, "stream", "-n", "3"), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(file), 3);
	ck_assert_ptr_nonnull(strstr(contents(file), "[1] -> do_exit = "));
	ck_assert_ptr_null(strchr(contents(file), '\033'));
	ck_assert_int_eq(RUN_FED(file, "stream", "-n", "3", "--format", "json"), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(file), 3);
	ck_assert_int_eq(strncmp(contents(file), "{\"timestamp\":", 13), 0);
	ck_assert_int_eq(RUN_FED(file, "stream", "-n", "3", "--format", "table"), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(file), 4);
	ck_assert_int_eq(strncmp(contents(file), "TIME ", 5), 0);
	ck_assert_int_eq(RUN_FED(file, "stream", "-n", "1", "--color", "always"), EXIT_CODE_OK);
	ck_assert_ptr_nonnull(strstr(contents(file), "\033[33mdo_exit\033[0m"));
}
END_TEST

START_TEST(streams_what_is_asked_for)
{
	char file[64];

	path_of(file, sizeof(file), "shown");
	ck_assert_int_eq(RUN_FED(file, "stream", "-d", "300ms", "-e", "do_exit.retval<0"),
			 EXIT_CODE_OK);
	ck_assert_str_eq(contents(file), "");
	ck_assert_int_eq(RUN_FED(file, "stream", "-n", "2", "-e", "do_exit.retval>=5"),
			 EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(file), 2);
	ck_assert_int_eq(RUN_FED(file, "stream", "-d", "100ms", "-e", "openat"), EXIT_CODE_OK);
	ASSERT_SAID("no running policy selects 'openat': there will be nothing to see");
	ck_assert_int_eq(RUN_FED(file, "stream", "-e", "opnat"), EXIT_CODE_USAGE);
	ASSERT_SAID("event 'opnat' is not known; did you mean 'openat'?");
	ck_assert_int_eq(RUN_FED(file, "top", "--once", "-p", "x"), EXIT_CODE_USAGE);
	ASSERT_SAID("policy 'x' is none of the running ones");
}
END_TEST

START_TEST(says_that_the_engine_has_ended)
{
	char file[64];
	pid_t was = engine;

	path_of(file, sizeof(file), "shown");
	if (fork() == 0) {
		(void)usleep(300000);
		_exit(kill(was, SIGTERM));
	}
	ck_assert_int_eq(RUN_FED(file, _i ? "top" : "stream"), EXIT_CODE_FAILED);
	ASSERT_SAID("engine has ended (ECONNRESET)");
}
END_TEST

static const char *const writers[][4] = { { "stream" }, { "top", "-i", "100ms" } };

START_TEST(says_that_nothing_can_be_written)
{
	if (access("/dev/full", W_OK) < 0)
		return;
	ck_assert_int_eq(run_fed("/dev/full", writers[_i]), EXIT_CODE_OUTPUT);
	ASSERT_SAID("standard output could not be written (ENOSPC)");
	ck_assert_ptr_null(strstr(strstr(read_text, "standard output") + 1, "standard output"));
}
END_TEST

/* As `| head` does: worth no word. */
START_TEST(ends_with_its_reader)
{
	char fifo[64];
	int reader;

	path_of(fifo, sizeof(fifo), "fifo");
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	if (fork() == 0) {
		char byte;

		reader = open(fifo, O_RDONLY);
		_exit(reader < 0 || read(reader, &byte, 1) != 1);
	}
	ck_assert_int_eq(run_fed(fifo, writers[_i]), EXIT_CODE_OUTPUT);
	ASSERT_NOT_SAID("warder: ");
}
END_TEST

START_TEST(lists_without_a_terminal)
{
	char file[64];

	path_of(file, sizeof(file), "shown");
	ck_assert_int_eq(RUN_FED(file, "top", "--once", "-i", "200ms"), EXIT_CODE_OK);
	ck_assert_int_eq(strncmp(contents(file), "warder top: ", 12), 0);
	ck_assert_ptr_nonnull(strstr(read_text, "\nbusiest processes\n  EVENTS/S"));
	ck_assert_ptr_nonnull(strstr(read_text, "  100.0%         1       0  -"));
	ck_assert_ptr_null(strchr(read_text, '\033'));
	ck_assert_int_eq(RUN_FED(file, "top", "--once", "-i", "200ms", "--json"), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(file), 1);
	ck_assert_ptr_nonnull(strstr(contents(file), "\"by_event\":[{\"event\":\"do_exit\","));
}
END_TEST

/* --- With a terminal. --- */

static pid_t child;
static int terminal;
static struct termios before;
static char screen[1U << 20];
static size_t screen_len;

static void start_top(unsigned short lines, unsigned short columns)
{
	const struct winsize size = { .ws_row = lines, .ws_col = columns };

	screen_len = 0;
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child == 0) {
		(void)execl(WARDER, WARDER, "top", "--socket", status_path, "-i", "100ms",
			    (char *)NULL);
		_exit(99);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(tcgetattr(terminal, &before), 0);
}

/* Until it has written the text behind what was there when this was called. */
static void await_text(const char *text)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;
	size_t from = screen_len;
	ssize_t n;

	for (;;) {
		struct pollfd pfd = { .fd = terminal, .events = POLLIN };

		screen[screen_len] = '\0';
		if (strstr(screen + from, text))
			return;
		ck_assert_msg(now_boot_ns() < end_ns, "no '%s' in: %s", text, screen + from);
		(void)put_mark(0, 1);
		if (poll(&pfd, 1, 10) <= 0)
			continue;
		n = read(terminal, screen + screen_len, sizeof(screen) - screen_len - 1);
		ck_assert_int_gt(n, 0);
		screen_len += (size_t)n;
	}
}

static void press(char key)
{
	ck_assert_int_eq(write(terminal, &key, 1), 1);
}

/* Its last words, the terminal's settings, and how it ended. */
static int end_top(void)
{
	struct termios after;
	int status;

	await_text("\033[?25h\033[?1049l");
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(tcgetattr(terminal, &after), 0);
	ck_assert_uint_eq(after.c_lflag, before.c_lflag);
	ck_assert_int_eq(close(terminal), 0);
	return status;
}

START_TEST(renews_a_screen_and_obeys_keys)
{
	start_top(10, 60);
	await_text("\033[?1049h\033[?25l\033[2J");
	await_text("busiest processes\033[K\r\n");
	await_text("q quit  s switch list  p pause");
	await_text("\033[Hwarder top: ");
	press('s');
	await_text("busiest executables");
	press('s');
	await_text("busiest containers");
	press('s');
	await_text("busiest events");
	await_text("  do_exit\033[K");
	press('x'); /* nothing */
	press('s');
	await_text("busiest processes");
	press('q');
	ck_assert_int_eq(end_top(), 0);
}
END_TEST

/* While it is paused nothing is renewed. */
START_TEST(pauses)
{
	struct pollfd pfd;

	start_top(10, 60);
	await_text("q quit");
	press('p');
	await_text("paused; p goes on");
	pfd = (struct pollfd){ .fd = terminal, .events = POLLIN };
	/* An answer that was on its way is still shown. */
	while (poll(&pfd, 1, 500) > 0)
		ck_assert_int_gt(read(terminal, screen, sizeof(screen) - 1), 0);
	screen_len = 0;
	press('p');
	await_text("q quit");
	await_text("\033[Hwarder top: ");
	press('q');
	ck_assert_int_eq(end_top(), 0);
}
END_TEST

/* As many lines as there are, at whatever width; also after the window changed. */
START_TEST(fits_the_window)
{
	const struct winsize small = { .ws_row = 4, .ws_col = 30 };
	const char *line, *next;

	start_top(24, 200);
	await_text("EXECUTABLE");
	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &small), 0);
	await_text("p pause\033[K\033[J"); /* this one may be older */
	screen_len = 0;
	await_text("p pause\033[K\033[J"); /* and of this one, the beginning may be gone */
	await_text("p pause\033[K\033[J");
	line = strstr(strstr(screen, "\033[J"), "\033[H");
	ck_assert_ptr_nonnull(line);
	for (int i = 0; i < 3; i++, line = next + 5) {
		next = strstr(line, "\033[K\r\n");
		ck_assert_ptr_nonnull(next);
		ck_assert_int_le(next - line, 30 + (int)strlen("\033[1m\033[0m\033[H"));
	}
	ck_assert_int_eq(strncmp(line, "q quit", 6), 0);
	press('q');
	ck_assert_int_eq(end_top(), 0);
}
END_TEST

/* At once, though the next list would not come. */
START_TEST(fits_a_window_that_changes_in_a_pause)
{
	const struct winsize small = { .ws_row = 4, .ws_col = 10 };

	start_top(24, 80);
	await_text("busiest processes");
	press('p');
	await_text("paused; p goes on");
	ck_assert_int_eq(ioctl(terminal, TIOCSWINSZ, &small), 0);
	await_text("paused; p \033[K\033[J");
	press('q');
	ck_assert_int_eq(end_top(), 0);
}
END_TEST

START_TEST(leaves_the_terminal_as_it_was)
{
	int status;

	start_top(10, 60);
	await_text("q quit");
	if (_i == 0)
		press('\003'); /* Ctrl-C */
	else
		ck_assert_int_eq(kill(child, SIGTERM), 0);
	status = end_top();
	ck_assert(WIFSIGNALED(status));
	ck_assert_int_eq(WTERMSIG(status), _i == 0 ? SIGINT : SIGTERM);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("looking_on");
	TCase *commands = tcase_create("commands"), *terminals = tcase_create("terminals");
	TCase *all[] = { commands, terminals };
	SRunner *sr = srunner_create(s);
	int failed;

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		tcase_add_checked_fixture(all[i], begin, teardown);
		tcase_set_timeout(all[i], 90);
		suite_add_tcase(s, all[i]);
	}
	tcase_add_test(commands, streams_in_each_format);
	tcase_add_test(commands, streams_what_is_asked_for);
	tcase_add_loop_test(commands, says_that_the_engine_has_ended, 0, 2);
	tcase_add_loop_test(commands, says_that_nothing_can_be_written, 0, ARRAY_LEN(writers));
	tcase_add_loop_test(commands, ends_with_its_reader, 0, ARRAY_LEN(writers));
	tcase_add_test(commands, lists_without_a_terminal);
	tcase_add_test(terminals, renews_a_screen_and_obeys_keys);
	tcase_add_test(terminals, pauses);
	tcase_add_test(terminals, fits_the_window);
	tcase_add_test(terminals, fits_a_window_that_changes_in_a_pause);
	tcase_add_loop_test(terminals, leaves_the_terminal_as_it_was, 0, 2);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
