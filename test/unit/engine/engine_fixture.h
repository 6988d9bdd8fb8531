/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engine_fixture: warder-engine as a child, with a fake collector to connect to; for the suites
 * that test the program as a whole. ENGINE is its path. No root needed; with root it runs as
 * nobody.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "common/exit_codes.h"
#include "engine/now.h"
#include "test/support/fake_collector.h"
#include "test/support/fake_lanes.h"

#ifndef ENGINE
#define ENGINE "warder-engine"
#endif
#define PATIENCE_NS (20 * NOW_NS_PER_S)
#define ARGS_MAX 24

static char folder[] = "/tmp/warder-test-XXXXXX";
static char sock_path[64], out_path[64], err_path[64];
static struct fake_lanes fl;
static struct fake_collector fc;
static pid_t engine;    /* 0: none runs */
static char *read_text; /* what contents() read */
static size_t read_len;

static inline void path_of(char *path, size_t cap, const char *name)
{
	ck_assert_int_lt(snprintf(path, cap, "%s/%s", folder, name), (int)cap);
}

static inline void setup(void)
{
	memcpy(folder + sizeof(folder) - 7, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_int_eq(chmod(folder, 0777), 0); /* the engine's user creates nothing in it */
	path_of(sock_path, sizeof(sock_path), "sock");
	path_of(out_path, sizeof(out_path), "out");
	path_of(err_path, sizeof(err_path), "err");
	fl_init(&fl, 2, 1U << 20);
	fc_listen(&fc, sock_path);
}

static inline void teardown(void)
{
	char command[128];

	if (engine > 0) {
		(void)kill(engine, SIGKILL);
		(void)waitpid(engine, NULL, 0);
		engine = 0;
	}
	fc_close(&fc);
	fl_done(&fl);
	free(read_text);
	read_text = NULL;
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder); /* ours: short */
	ck_assert_int_eq(system(command), 0);
}

/* Starts the engine with `out_fd` as its output (-1: the file out_path, appended to). */
static inline void start_with(int out_fd, const char *const *args)
{
	const char *argv[ARGS_MAX] = { ENGINE, "--socket", sock_path };
	size_t n = 3;

	while (*args && n < ARGS_MAX - 1)
		argv[n++] = *args++;
	ck_assert_ptr_null(*args);
	engine = fork();
	ck_assert_int_ge(engine, 0);
	if (engine > 0)
		return;
	if (out_fd < 0)
		out_fd = open(out_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (dup2(out_fd, STDOUT_FILENO) < 0 ||
	    dup2(open(err_path, O_WRONLY | O_CREAT | O_APPEND, 0600), STDERR_FILENO) < 0)
		_exit(98);
	/* The leak checker wants to start a process, which the sandbox does not allow. */
	(void)setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
	(void)execv(ENGINE, (char **)(uintptr_t)argv);
	_exit(99);
}
#define START(...)                                                                                 \
	start_with(-1, (const char *const[]){ "--status-socket", "", ##__VA_ARGS__, NULL })

/* Until the engine has ended; returns its exit code. */
static inline int wait_end(void)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;
	int status = 0;

	while (waitpid(engine, &status, WNOHANG) == 0) {
		ck_assert_msg(now_boot_ns() < end_ns, "the engine does not end");
		(void)usleep(1000);
	}
	engine = 0;
	ck_assert_msg(WIFEXITED(status), "the engine ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static inline int stop(void)
{
	ck_assert_int_eq(kill(engine, SIGTERM), 0);
	return wait_end();
}

/* The file's contents; valid until the next call. "" when there is no file. */
static inline const char *contents(const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st = { 0 };
	ssize_t n = 0;

	if (fd >= 0)
		ck_assert_int_eq(fstat(fd, &st), 0);
	free(read_text);
	read_text = malloc((size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(read_text);
	if (fd >= 0)
		n = read(fd, read_text, (size_t)st.st_size);
	ck_assert_int_ge(n, 0);
	read_text[n] = '\0';
	read_len = (size_t)n;
	return read_text;
}

/* The next line of what contents() read, as a string; *at begins at 0. NULL: there is no more. One
 * line at a time, as searching all of it again and again takes sanitizers too long. */
static inline const char *next_line(size_t *at)
{
	char *line = read_text + *at, *end = memchr(line, '\n', read_len - *at);

	if (!end)
		return NULL;
	*end = '\0';
	*at = (size_t)(end - read_text) + 1;
	return line;
}

static inline size_t n_lines(const char *path)
{
	size_t n = 0;

	for (const char *at = contents(path); *at; at++)
		n += *at == '\n';
	return n;
}

/* Until the file has so many lines. */
static inline void wait_lines(const char *path, size_t n)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;

	while (n_lines(path) < n) {
		if (now_boot_ns() >= end_ns)
			ck_abort_msg("%s has %zu lines, expected %zu; errors: %s", path,
				     n_lines(path), n, contents(err_path));
		(void)usleep(1000);
	}
}

static inline void wait_text(const char *path, const char *text)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;

	while (!strstr(contents(path), text)) {
		ck_assert_msg(now_boot_ns() < end_ns, "'%s' is not said, but: %s", text, read_text);
		(void)usleep(1000);
	}
}

/* The errors, once the engine has ended, have this in them. */
#define ASSERT_SAID(text)                                                                          \
	ck_assert_msg(strstr(contents(err_path), text) != NULL, "'%s' is not in: %s", text,        \
		      read_text)
#define ASSERT_NOT_SAID(text)                                                                      \
	ck_assert_msg(strstr(contents(err_path), text) == NULL, "'%s' is in: %s", text, read_text)

/* A do_exit with `mark` as its return value, now. False: the lane was full. */
static inline bool put_mark(uint32_t lane, int64_t mark)
{
	struct rec_plain rec = { .hdr = { .ts_ns = now_boot_ns(),
					  .event = EV_DO_EXIT,
					  .len = sizeof(rec),
					  .tid = 1,
					  .tgid = 1,
					  .ret = mark } };
	bool ok = fl_put(&fl, lane, &rec.hdr);

	fl_ring(&fl);
	return ok;
}

/* How often each mark below `n` was delivered, in calloc'ed memory; and whether in order. */
static inline unsigned int *marks_seen(size_t n, bool *ret_in_order)
{
	unsigned int *seen = calloc(n, sizeof(*seen));
	long last = -1, mark;
	const char *line;
	size_t at = 0;

	ck_assert_ptr_nonnull(seen);
	*ret_in_order = true;
	(void)contents(out_path);
	while ((line = next_line(&at)) != NULL) {
		line = strstr(line, "\"returnValue\":");
		ck_assert_ptr_nonnull(line);
		mark = strtol(line + strlen("\"returnValue\":"), NULL, 10);
		ck_assert_int_ge(mark, 0);
		ck_assert_uint_lt((size_t)mark, n);
		seen[mark]++;
		*ret_in_order = *ret_in_order && mark > last;
		last = mark;
	}
	return seen;
}
