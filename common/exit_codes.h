/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_codes: how a program of ours ended, for scripts and service managers. Part of the interface:
 * a number keeps its meaning for ever. Help and man pages print this list (options_text.c).
 */
#pragma once

#include <stddef.h>

enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_REFUSED = 3,
	EXIT_CODE_PRIVILEGES = 4,
	EXIT_CODE_KERNEL = 5,
	EXIT_CODE_BUSY = 6,
	EXIT_CODE_VERSION = 7,
	EXIT_CODE_OUTPUT = 8,
	EXIT_CODE_UNSUPPORTED = 77, /* what CTest and automake take for "skipped" */
};

#define EXIT_CODE_MAX EXIT_CODE_UNSUPPORTED

/* NULL when `code` is none of them. */
static inline const char *exit_code_text(int code)
{
	switch (code) {
	case EXIT_CODE_OK:
		return "ok";
	case EXIT_CODE_FAILED:
		return "failed";
	case EXIT_CODE_USAGE:
		return "wrong usage";
	case EXIT_CODE_REFUSED:
		return "policy or configuration refused";
	case EXIT_CODE_PRIVILEGES:
		return "privileges missing";
	case EXIT_CODE_KERNEL:
		return "kernel not supported";
	case EXIT_CODE_BUSY:
		return "another instance is running";
	case EXIT_CODE_VERSION:
		return "versions do not match";
	case EXIT_CODE_OUTPUT:
		return "output failed";
	case EXIT_CODE_UNSUPPORTED:
		return "test not possible here";
	default:
		return NULL;
	}
}
