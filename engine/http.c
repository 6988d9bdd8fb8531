/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/http.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/loop.h"
#include "engine/now.h"

#define BACKLOG 16
#define SECRET_FILE_MAX (64U << 10) /* bytes of a token, key or certificate file */
#define QUESTION_MAX (16U << 10)    /* bytes of memory for one connection */
#define BEARER "Bearer "

struct http {
	struct MHD_Daemon *daemon;
	struct loop *loop;               /* borrowed */
	const struct http_route *routes; /* borrowed */
	size_t n_routes;
	void *arg;
	char *token, *cert, *key; /* owned; NULL: none */
	int fd;                   /* listening; the daemon's once it runs */
	int epoll_fd;             /* the daemon's */
};

/* --- Answers --------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, const struct http_page *page)
{
	CLEANUP_FREE char *body = page->body;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(page->len, body, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result rc;

	if (!response)
		return MHD_NO;
	body = NULL; /* the response's */
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->content_type);
	(void)MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (page->status == MHD_HTTP_UNAUTHORIZED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (page->status == MHD_HTTP_METHOD_NOT_ALLOWED)
		(void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	rc = MHD_queue_response(connection, page->status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status,
				   const char *text)
{
	struct http_page page = { .status = status, .content_type = "text/plain; charset=utf-8" };

	page.body = strdup(text);
	page.len = page.body ? strlen(text) : 0;
	return page.body ? answer(connection, &page) : MHD_NO;
}

/* In a time that does not tell how much of it was right. */
static bool is_token(const char *token, const char *given)
{
	size_t len = strlen(token), given_len = strlen(given);
	unsigned int diff = len != given_len;

	for (size_t i = 0; i < len; i++)
		diff |= (unsigned int)(unsigned char)token[i] ^
			(unsigned int)(unsigned char)given[given_len ? i % given_len : 0];
	return diff == 0;
}

static bool may_ask(const struct http *h, const struct http_route *route,
		    struct MHD_Connection *connection)
{
	const char *given;

	if (!h->token || route->is_open)
		return true;
	given = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					    MHD_HTTP_HEADER_AUTHORIZATION);
	return given && strncmp(given, BEARER, strlen(BEARER)) == 0 &&
	       is_token(h->token, given + strlen(BEARER));
}

static const struct http_route *find_route(const struct http *h, const char *path)
{
	for (size_t i = 0; i < h->n_routes; i++)
		if (strcmp(h->routes[i].path, path) == 0)
			return &h->routes[i];
	return NULL;
}

static enum MHD_Result answer_no_page(const struct http *h, struct MHD_Connection *connection)
{
	char text[256];
	size_t len = (size_t)snprintf(text, sizeof(text), "no such page, expected"); /* fits */

	for (size_t i = 0; i < h->n_routes && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s", /* cut is fine */
					i ? "," : "", h->routes[i].path);
	if (len < sizeof(text) - 1)
		memcpy(text + len, "\n", 2);
	return answer_text(connection, MHD_HTTP_NOT_FOUND, text);
}

static enum MHD_Result ask(void *arg, struct MHD_Connection *connection, const char *url,
			   const char *method, const char *version, const char *upload,
			   size_t *upload_len, void **state)
{
	struct http_page page = { .status = MHD_HTTP_OK };
	const struct http *h = arg;
	const struct http_route *route = find_route(h, url);

	(void)version;
	(void)upload;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return *upload_len ? MHD_NO
				   : answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
						 "only GET and HEAD\n");
	if (!*state) { /* the header is there: answer when the whole question is */
		*state = arg;
		return MHD_YES;
	}
	if (!route)
		return answer_no_page(h, connection);
	if (!may_ask(h, route, connection))
		return answer_text(connection, MHD_HTTP_UNAUTHORIZED, "token expected\n");
	route->fn(h->arg, &page);
	if (!page.body)
		return answer_text(connection, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory\n");
	return answer(connection, &page);
}

/* --- Begin and end ---------------------------------------------------------------------------- */

static int read_secret(const char *path, const char *what, char **ret_text, struct err *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	CLEANUP_FREE char *text = calloc(1, SECRET_FILE_MAX + 1);
	size_t len = 0;
	ssize_t n = 0;

	if (!text)
		return err_set(err, -ENOMEM, "%s: out of memory", what);
	while (fd >= 0 && len < SECRET_FILE_MAX &&
	       (n = read(fd, text + len, SECRET_FILE_MAX - len)) > 0)
		len += (size_t)n;
	if (fd < 0 || n < 0)
		return err_set(err, -errno, "%s '%s' cannot be read (%s)", what, path,
			       err_name(errno));
	if (len == 0 || len == SECRET_FILE_MAX || strlen(text) != len)
		return err_set(err, -EINVAL, "%s '%s' is not valid; expected text, 1 to %u bytes",
			       what, path, SECRET_FILE_MAX - 1);
	*ret_text = TAKE_PTR(text);
	return 0;
}

static int read_secrets(struct http *h, const struct http_options *opt, struct err *err)
{
	int rc = 0;

	if (!opt->cert_file != !opt->key_file)
		return err_set(err, -EINVAL,
			       "a certificate and its key go together; one of them is missing");
	if (opt->token_file)
		rc = read_secret(opt->token_file, "token file", &h->token, err);
	if (rc == 0 && opt->cert_file)
		rc = read_secret(opt->cert_file, "certificate file", &h->cert, err);
	if (rc == 0 && opt->key_file)
		rc = read_secret(opt->key_file, "key file", &h->key, err);
	if (rc < 0 || !h->token)
		return rc;
	h->token[strcspn(h->token, "\r\n")] = '\0';
	return *h->token ? 0
			 : err_set(err, -EINVAL, "token file '%s': its first line is empty",
				   opt->token_file);
}

/* "host:port" into two texts; the brackets of an IPv6 address go. */
static int split_address(const char *address, char host[256], char port[8], struct err *err)
{
	const char *colon = strrchr(address, ':'), *end = colon;
	char *rest;

	if (!colon || strlen(colon + 1) == 0 || strlen(colon + 1) >= 8 ||
	    strtoul(colon + 1, &rest, 10) > UINT16_MAX || *rest || colon[1] == '-')
		return err_set(err, -EINVAL,
			       "listen address '%s' is not valid; expected 'host:port', ':port' or "
			       "'[::1]:port'",
			       address);
	if (*address == '[' && end > address && end[-1] == ']') {
		address++;
		end--;
	}
	if (end - address >= 256)
		return err_set(err, -EINVAL, "listen address: its host is longer than 255 bytes");
	(void)snprintf(host, 256, "%.*s", (int)(end - address), address);
	(void)snprintf(port, 8, "%s", colon + 1);
	return 0;
}

int http_check_listen(const char *address, struct err *err)
{
	char host[256], port[8];

	return split_address(address, host, port, err);
}

static int bind_first(const struct addrinfo *list, const char *address, struct err *err)
{
	int code = EADDRNOTAVAIL;

	for (const struct addrinfo *at = list; at; at = at->ai_next) {
		CLEANUP_FD int fd =
			socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		int on = 1, off = 0;

		if (fd >= 0) {
			(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
			/* ":port" is IPv4 too */
			(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
		}
		if (fd >= 0 && bind(fd, at->ai_addr, at->ai_addrlen) == 0 &&
		    listen(fd, BACKLOG) == 0)
			return TAKE_FD(fd);
		code = errno;
	}
	return err_set(err, -code, "listen address '%s' cannot be had (%s)", address,
		       err_name(code));
}

static int listen_at(const char *address, struct err *err)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC,
					.ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char host[256], port[8];
	int rc = split_address(address, host, port, err), fd;

	if (rc < 0)
		return rc;
	rc = getaddrinfo(*host ? host : "::", port, &hints, &list);
	if (rc != 0 && !*host) /* a machine without IPv6 */
		rc = getaddrinfo("0.0.0.0", port, &hints, &list);
	if (rc != 0)
		return err_set(err, -EINVAL, "listen address '%s' is not known (%s)", address,
			       gai_strerror(rc));
	fd = bind_first(list, address, err);
	freeaddrinfo(list);
	return fd;
}

static void say(void *arg, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void say(void *arg, const char *fmt, va_list ap)
{
	char text[256];

	(void)arg;
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* cut is fine */
	text[strcspn(text, "\n")] = '\0';
	log_debug("http: %s", text);
}

static int start(struct http *h, struct err *err)
{
	const struct MHD_OptionItem tls[] = {
		{ h->cert ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, h->cert },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, h->key },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned int flags =
		MHD_USE_EPOLL | MHD_USE_ERROR_LOG | (h->cert ? (unsigned int)MHD_USE_TLS : 0);
	const union MHD_DaemonInfo *info;

	h->daemon =
		MHD_start_daemon(flags, 0, NULL, NULL, ask, h, MHD_OPTION_EXTERNAL_LOGGER, say,
				 NULL, MHD_OPTION_LISTEN_SOCKET, h->fd, MHD_OPTION_CONNECTION_LIMIT,
				 (unsigned int)HTTP_CLIENTS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
				 (unsigned int)HTTP_PATIENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				 (size_t)QUESTION_MAX, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
	if (!h->daemon)
		return err_set(err, -EINVAL, "web server cannot be started%s",
			       h->cert ? ": certificate and key do not fit, or are no PEM" : "");
	h->fd = -1;
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return err_set(err, -ENOSYS, "web server has no epoll descriptor");
	h->epoll_fd = info->epoll_fd;
	return 0;
}

static void ready(void *arg, uint32_t events)
{
	struct http *h = arg;

	(void)events;
	(void)MHD_run(h->daemon); /* says no only when it was not started for this */
}

struct http *http_open(const struct http_options *opt, struct loop *loop, struct err *err)
{
	struct http *h = calloc(1, sizeof(*h));
	int rc;

	if (!h) {
		(void)err_set(err, -ENOMEM, "web server: out of memory");
		return NULL;
	}
	*h = (struct http){ .loop = loop,
			    .routes = opt->routes,
			    .n_routes = opt->n_routes,
			    .arg = opt->arg,
			    .fd = -1,
			    .epoll_fd = -1 };
	rc = read_secrets(h, opt, err);
	if (rc == 0) {
		h->fd = listen_at(opt->listen, err);
		rc = h->fd < 0 ? h->fd : start(h, err);
	}
	if (rc == 0)
		rc = loop_add(loop, h->epoll_fd, ready, h, err);
	if (rc < 0) {
		http_close(h);
		return NULL;
	}
	return h;
}

void http_close(struct http *h)
{
	if (!h)
		return;
	if (h->epoll_fd >= 0)
		loop_remove(h->loop, h->epoll_fd);
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	cleanup_fd(&h->fd);
	free(h->token);
	free(h->cert);
	free(h->key);
	free(h);
}

int64_t http_tick(struct http *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES)
		return -1;
	if (ms > 0)
		return (int64_t)ms * NOW_NS_PER_MS;
	(void)MHD_run(h->daemon);
	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES)
		return -1;
	return (int64_t)ms * NOW_NS_PER_MS;
}

uint16_t http_port(const struct http *h)
{
	const union MHD_DaemonInfo *info =
		MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_LISTEN_FD);
	struct sockaddr_storage addr = { 0 };
	socklen_t len = sizeof(addr);

	if (!info || getsockname(info->listen_fd, (struct sockaddr *)&addr, &len) < 0)
		return 0;
	if (addr.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)(const void *)&addr)->sin6_port);
	return ntohs(((const struct sockaddr_in *)(const void *)&addr)->sin_port);
}
