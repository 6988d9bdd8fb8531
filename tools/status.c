/* SPDX-License-Identifier: Apache-2.0 */
/* status: asks a running engine how it is (engine/status.h says what it answers). */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/options.h"
#include "engine/status.h"
#include "tools/command.h"
#include "tools/status_text.h"

#define ANSWER_MAX_S 5 /* without a byte from the engine */

struct status_options {
	struct options_about about;
	const char *socket;
	bool json;
};

/* clang-format off */
static const struct options_row rows[] = {
	{ "socket", 's', OPTIONS_STRING(struct status_options, socket), "PATH",
	  ENGINE_OPTIONS_STATUS_SOCKET, NULL, 0, "Connection", "status socket of the engine" },
	{ "json", 'j', OPTIONS_FLAG(struct status_options, json), NULL, NULL, NULL, 0, "Output",
	  "the engine's answer as it is" },
	OPTIONS_ABOUT_ROWS(struct status_options, about),
};
/* clang-format on */

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = ANSWER_MAX_S };
	CLEANUP_FD int fd = -1;

	if (path[0] == '\0' || strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, -EINVAL, "option '--socket' expects a path of 1 to %zu bytes",
			       sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) < 0)
		return err_set(err, -errno, "socket cannot be made (%s)", err_name(errno));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_set(err, -errno, "engine does not answer at '%s' (%s)", path,
			       err_name(errno));
	return TAKE_FD(fd);
}

/* Everything up to the end, NUL-terminated. */
static int read_all(int fd, char **ret_text, size_t *ret_len, struct err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len = 0, cap = 0;
	ssize_t n;

	for (;;) {
		if (len + 1 >= cap) {
			char *grown;

			if (cap >= STATUS_DOCUMENT_MAX)
				return err_set(err, -EMSGSIZE,
					       "answer is longer than %u bytes, this is no engine",
					       STATUS_DOCUMENT_MAX);
			cap = cap ? cap * 2 : 65536;
			grown = realloc(text, cap);
			if (!grown)
				return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
			text = grown;
		}
		n = read(fd, text + len, cap - len - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return err_set(err, -ETIMEDOUT, "engine has been silent for %d s",
				       ANSWER_MAX_S);
		if (n < 0)
			return err_set(err, -errno, "answer cannot be read (%s)", err_name(errno));
		if (n == 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

static int print(const char *text, size_t len, bool as_is, struct err *err)
{
	json_error_t why;
	json_t *doc = json_loadb(text, len, 0, &why);
	int rc;

	if (!doc || !json_is_object(doc)) {
		json_decref(doc);
		return err_set(err, -EBADMSG, "answer is not a JSON object: line %d: %s", why.line,
			       why.text);
	}
	if (as_is) {
		(void)fwrite(text, 1, len, stdout); /* main checks the stream at the end */
		if (len > 0 && text[len - 1] != '\n')
			putchar('\n');
		rc = 0;
	} else {
		rc = status_text_print(stdout, doc);
		if (rc < 0)
			(void)err_set(err, rc, "memory is short (ENOMEM)");
	}
	json_decref(doc);
	return rc;
}

static int status(const struct command_call *call)
{
	const struct status_options *opt = call->options;
	CLEANUP_FREE char *text = NULL;
	CLEANUP_FD int fd = -1;
	struct err err = { 0 };
	size_t len = 0;
	int rc;

	fd = connect_to(opt->socket, &err);
	rc = fd < 0 ? fd : read_all(fd, &text, &len, &err);
	if (rc == 0)
		rc = print(text, len, opt->json, &err);
	if (rc < 0)
		log_error("%s", err.text);
	if (fd < 0 && rc == -EINVAL)
		return EXIT_CODE_USAGE;
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

const struct command command_status = {
	.program = {
		.name = COMMAND_PREFIX "status",
		.synopsis = "[--socket PATH] [--json]",
		.summary = "say how the running engine and collector are",
		.description =
			"Asks the engine that listens on the socket, and prints what it answers: "
			"how it runs and is confined, through which hook each event is seen or why "
			"it is not, how full the lanes are, what was lost, and what the outputs "
			"have written. With --json the answer is printed as it is; its keys are "
			"stable.\n\n"
			"The exit code is 1 when no engine answers.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct status_options),
	.main = status,
};
