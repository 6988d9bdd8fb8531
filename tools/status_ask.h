/* SPDX-License-Identifier: Apache-2.0 */
/* status_ask: what the running engine answers at its status socket (engine/status.h). Thread: any.
 */
#pragma once

#include <stddef.h>

#include "common/err.h"

/* A socket connected to the engine, that waits `patience_s` (0: for ever) when it reads or writes;
 * the caller's. -EINVAL: the path is empty or longer than a socket's may be. */
int status_connect(const char *path, int patience_s, struct err *err);

/* Connects to the status socket at `path`, sends `line` (STATUS_LINE_...) and reads all that the
 * engine sends. *ret_text is the caller's to free, and NUL-terminated behind its *ret_len bytes.
 * -EINVAL: the path is empty or longer than a socket's may be; -ETIMEDOUT: the engine was silent
 * for `patience_s`; -EMSGSIZE. */
#define STATUS_ASK_PATIENCE_S 5 /* for what it knows */
int status_ask(const char *path, const char *line, int patience_s, char **ret_text, size_t *ret_len,
	       struct err *err);
