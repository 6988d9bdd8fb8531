/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/status_ask.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/status.h"

static const char *hint(int code)
{
	switch (code) {
	case ENOENT:
	case ECONNREFUSED:
		return ": none runs there";
	case EACCES:
		return ": only root, the engine's user and group 'warder' may ask";
	default:
		return "";
	}
}

int status_connect(const char *path, int patience_s, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval patience = { .tv_sec = patience_s };
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
		return err_set(err, -errno, "engine does not answer at '%s' (%s)%s", path,
			       err_name(errno), hint(errno));
	return TAKE_FD(fd);
}

/* Everything up to the end, NUL-terminated. */
static int read_all(int fd, int patience_s, char **ret_text, size_t *ret_len, struct err *err)
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
		if (n < 0 && errno == ECONNRESET && len > 0)
			break; /* it answered without having read what we sent */
		if (n < 0 && errno == EAGAIN)
			return err_set(err, -ETIMEDOUT, "engine has been silent for %d s",
				       patience_s);
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

int status_ask(const char *path, const char *line, int patience_s, char **ret_text, size_t *ret_len,
	       struct err *err)
{
	CLEANUP_FD int fd = status_connect(path, patience_s, err);

	if (fd < 0)
		return fd;
	/* One that is on its way out may have answered and closed already: read_all() tells. */
	(void)!send(fd, line, strlen(line), MSG_NOSIGNAL);
	return read_all(fd, patience_s, ret_text, ret_len, err);
}
