/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err: a code and a sentence, in a buffer that the caller owns.
 *
 * Functions that can fail take `struct err *err` last, return err_set(...), and leave it alone on
 * success. Callers add context on the way up with err_wrap(). A NULL err is allowed: only the code
 * is wanted then.
 */
#pragma once

#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

struct err {
	int code; /* negative errno, 0 when unset */
	char text[512];
};

/* Both return the code. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3); /* "context: text" */

/* Symbolic name of a negative or positive errno ("EPERM"), or "E?" when unknown. */
const char *err_name(int code);
