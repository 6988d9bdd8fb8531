/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/live_client.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/live/request.h"
#include "tools/status_ask.h"

#define GREETING_MS 5000
#define READ_BYTES (256U << 10)
#define LINE_BYTES_MAX (4U << 20) /* longer than any the engine writes */

static int put_items(FILE *out, const char *key, const struct options_list *list, struct err *err)
{
	for (size_t i = 0; i < list->n; i++) {
		if (strchr(list->items[i], '\n'))
			return err_set(err, -EINVAL, "option '--%s' has a line break in it", key);
		fprintf(out, "%s %s\n", key, list->items[i]);
	}
	return 0;
}

/* To be freed. NULL with err. */
static char *request_text(enum live_kind kind, const struct lclient_options *opt, const char *more,
			  struct err *err)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int rc = 0;

	if (!out) {
		(void)err_set(err, -ENOMEM, "memory is short (ENOMEM)");
		return NULL;
	}
	fputs(kind == LIVE_STREAM ? LIVE_LINE_STREAM : LIVE_LINE_TOP, out);
	rc = put_items(out, "events", &opt->events, err);
	if (rc == 0)
		rc = put_items(out, "scope", &opt->scopes, err);
	if (rc == 0)
		rc = put_items(out, "policy", &opt->policies, err);
	fprintf(out, "%s\n", more);
	if (fclose(out) != 0 && rc == 0)
		rc = err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	if (rc == 0 && len > LIVE_REQUEST_MAX)
		rc = err_set(err, -EINVAL, "options are %zu bytes together, expected at most %u",
			     len, LIVE_REQUEST_MAX);
	if (rc == 0)
		return text;
	free(text);
	return NULL;
}

/* What the engine said first. */
static int take_greeting(const char *line, size_t len, struct err *err)
{
	json_t *doc = json_loadb(line, len, 0, NULL), *names;
	const char *why = json_string_value(json_object_get(doc, "error"));
	json_int_t n_named, n_not;
	int rc = 0;

	if (!json_is_object(doc))
		rc = err_set(err, -EBADMSG, "answer is not a JSON object, this is no engine");
	else if (why)
		rc = err_set(err, -EINVAL, "%s", why);
	else if (!json_object_get(doc, "unselected"))
		rc = err_set(err, -EBADMSG, "engine is older than this program");
	n_named = json_integer_value(json_object_get(doc, "named"));
	n_not = json_integer_value(json_object_get(doc, "n_unselected"));
	names = json_object_get(doc, "unselected");
	if (rc == 0 && n_not > 0 && n_not == n_named)
		log_warning("no running policy selects '%s'%s: there will be nothing to see",
			    json_string_value(json_array_get(names, 0)),
			    n_not > 1 ? " and what else was named" : "");
	else if (rc == 0 && n_not > 0)
		log_info("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT
			 " named events, such as '%s', are selected by no running policy",
			 n_not, n_named, json_string_value(json_array_get(names, 0)));
	json_decref(doc);
	return rc;
}

static int greet(struct lclient *c, struct err *err)
{
	struct pollfd pfd = { .fd = c->fd, .events = POLLIN };
	const char *line;
	size_t len;
	long n = 0;

	while (!(line = lclient_line(c, &len))) {
		if (n >= 0 && poll(&pfd, 1, GREETING_MS) <= 0)
			n = -ETIMEDOUT;
		if (n >= 0)
			n = lclient_read(c);
		if (n < 0)
			return err_set(err, (int)n, "engine does not answer (%s)",
				       err_name((int)n));
	}
	return take_greeting(line, len, err);
}

int lclient_open(struct lclient *c, enum live_kind kind, const struct lclient_options *opt,
		 const char *more, struct err *err)
{
	CLEANUP_FREE char *text = request_text(kind, opt, more, err);
	size_t len = text ? strlen(text) : 0;
	int flags;

	*c = (struct lclient){ .fd = -1 };
	if (!text)
		return err->code;
	c->fd = status_connect(opt->socket, 0, err);
	if (c->fd < 0)
		return c->fd;
	if (send(c->fd, text, len, MSG_NOSIGNAL) != (ssize_t)len && errno != EPIPE)
		return err_set(err, -errno, "engine cannot be asked (%s)", err_name(errno));
	flags = fcntl(c->fd, F_GETFL);
	if (flags < 0 || fcntl(c->fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(err, -errno, "socket cannot be set up (%s)", err_name(errno));
	return greet(c, err);
}

void lclient_close(struct lclient *c)
{
	cleanup_fd(&c->fd);
	free(c->buf);
	*c = (struct lclient){ .fd = -1 };
}

/* Makes room for READ_BYTES behind what is there. */
static int make_room(struct lclient *c)
{
	char *grown;

	if (c->at > 0 && c->at == c->len)
		c->at = c->len = c->seen = 0;
	if (c->cap - c->len >= READ_BYTES)
		return 0;
	memmove(c->buf, c->buf + c->at, c->len - c->at);
	c->len -= c->at;
	c->seen -= c->at;
	c->at = 0;
	if (c->cap - c->len >= READ_BYTES)
		return 0;
	if (c->len > LINE_BYTES_MAX)
		return -EMSGSIZE;
	grown = realloc(c->buf, c->len + 2 * (size_t)READ_BYTES);
	if (!grown)
		return -ENOMEM;
	c->buf = grown;
	c->cap = c->len + 2 * (size_t)READ_BYTES;
	return 0;
}

long lclient_read(struct lclient *c)
{
	int rc = c->buf ? make_room(c) : 0;
	ssize_t n;

	if (!c->buf) {
		c->cap = 2 * (size_t)READ_BYTES;
		c->buf = malloc(c->cap);
		rc = c->buf ? 0 : -ENOMEM;
	}
	if (rc < 0)
		return rc;
	n = recv(c->fd, c->buf + c->len, c->cap - c->len, 0);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	c->len += (size_t)n;
	return n == 0 ? -ECONNRESET : n;
}

const char *lclient_line(struct lclient *c, size_t *ret_len)
{
	const char *line, *end;

	end = c->len > c->seen ? memchr(c->buf + c->seen, '\n', c->len - c->seen) : NULL;
	if (!end) {
		c->seen = c->len;
		return NULL;
	}
	line = c->buf + c->at;
	*ret_len = (size_t)(end - line) + 1;
	c->at += *ret_len;
	c->seen = c->at;
	return line;
}

int lclient_next(struct lclient *c)
{
	size_t len = sizeof(LIVE_LINE_NEXT) - 1;

	if (send(c->fd, LIVE_LINE_NEXT, len, MSG_NOSIGNAL) == (ssize_t)len)
		return 0;
	return errno == EPIPE ? -ECONNRESET : -errno;
}

int lclient_flush(void)
{
	int failed;

	errno = 0;
	failed = fflush(stdout) != 0;
	if (!failed && !ferror(stdout))
		return 0;
	if (errno != EPIPE)
		log_error("standard output could not be written (%s)",
			  err_name(errno ? errno : EIO));
	return -EPIPE;
}

int lclient_exit_code(int rc, const struct err *err)
{
	switch (rc) {
	case 0:
		return EXIT_CODE_OK;
	case -EPIPE:
		return EXIT_CODE_OUTPUT;
	default:
		log_error("%s", err->text);
		return rc == -EINVAL ? EXIT_CODE_USAGE : EXIT_CODE_FAILED;
	}
}
