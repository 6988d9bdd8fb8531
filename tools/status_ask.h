/* SPDX-License-Identifier: Apache-2.0 */
/* status_ask: what the running engine answers at its status socket (engine/status.h). Thread: any.
 */
#pragma once

#include <stddef.h>

#include "common/err.h"

/* Connects to the status socket at `path`, sends `line` (STATUS_LINE_...) and reads all that the
 * engine sends. *ret_text is the caller's to free, and NUL-terminated behind its *ret_len bytes.
 * -EINVAL: the path is empty or longer than a socket's may be; -ETIMEDOUT: the engine was silent
 * for 5 s; -EMSGSIZE. */
int status_ask(const char *path, const char *line, char **ret_text, size_t *ret_len,
	       struct err *err);
