/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_capture: what is logged, for the suites of the log. Each test is a process of its own (Check
 * forks), so log's state begins anew in each.
 */
#pragma once

#include <check.h>
#include <unistd.h>

#include <sys/mman.h>

#include "common/cleanup.h"
#include "common/log.h"

static int capture = -1, old_stderr = -1;

static inline void begin_capture(void)
{
	old_stderr = dup(STDERR_FILENO);
	capture = memfd_create("stderr", MFD_CLOEXEC);
	ck_assert_int_ge(capture, 0);
	ck_assert_int_ge(dup2(capture, STDERR_FILENO), 0);
	log_init("prog", LOG_INFO);
}

static inline void end_capture(void)
{
	ck_assert_int_ge(dup2(old_stderr, STDERR_FILENO), 0);
	(void)close(TAKE_FD(old_stderr));
	(void)close(TAKE_FD(capture));
}

static inline const char *captured(void)
{
	static char text[8192];
	ssize_t n = pread(capture, text, sizeof(text) - 1, 0);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}
