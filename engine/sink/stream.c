/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/stream.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/cleanup.h"
#include "engine/sink/lookup.h"
#include "engine/sink/tls.h"

/* A peer that is gone without a word is noticed after about a minute of silence. */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_EVERY_S 10
#define KEEPALIVE_N 3

/* The connection as it is begun ends well, or *ret_fd stays -1. */
static int connect_to(const struct sockaddr *addr, socklen_t len, const struct swait *wait,
		      int *ret_fd)
{
	CLEANUP_FD int fd = socket(addr->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	socklen_t size = sizeof(int);
	int failure = 0, rc;

	if (fd < 0)
		return -errno;
	if (connect(fd, addr, len) < 0) {
		/* A unix socket whose backlog is full says EAGAIN, and there is nothing to poll. */
		if (errno != EINPROGRESS)
			return errno == EAGAIN ? -ECONNREFUSED : -errno;
		rc = swait_fd(wait, fd, POLLOUT);
		if (rc < 0)
			return rc;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
			return -errno;
		if (failure)
			return -failure;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static int connect_unix(const char *path, const struct swait *wait, int *ret_fd, struct err *err)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int rc;

	if (len >= sizeof(un.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "socket '%s' has a path that is too long, "
			       "expected %zu bytes at most",
			       path, sizeof(un.sun_path) - 1);
	memcpy(un.sun_path, path, len);
	rc = connect_to((const struct sockaddr *)&un, sizeof(un), wait, ret_fd);
	if (rc < 0)
		return err_set(err, rc, "not connected (%s)", err_name(rc));
	return 0;
}

/* These may be refused: it is only later then that a dead peer is noticed. */
static void tune(int fd)
{
	static const struct {
		int level, option, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_N },
	};

	for (size_t i = 0; i < ARRAY_LEN(options); i++)
		(void)setsockopt(fd, options[i].level, options[i].option, &options[i].value,
				 sizeof(options[i].value));
}

/* One after the other; none may take the time of those behind it. */
static int connect_any(const struct addrinfo *list, const struct swait *wait, int *ret_fd)
{
	int rc = -EHOSTUNREACH, n = 0;

	for (const struct addrinfo *at = list; at; at = at->ai_next)
		n++;
	for (const struct addrinfo *at = list; at; at = at->ai_next, n--) {
		struct swait part = swait_for(wait->cancel_fd, swait_left_ms(wait) / n);

		rc = connect_to(at->ai_addr, at->ai_addrlen, &part, ret_fd);
		if (rc == 0 || rc == -ECANCELED)
			return rc;
	}
	return rc;
}

static int connect_host(struct sstream *s, const struct sstream_target *to,
			const struct swait *wait, struct err *err)
{
	const struct addrinfo *list;
	int rc = slookup_get(&s->lookup, to->host, to->port, wait, &list, err);

	if (rc < 0)
		return rc;
	rc = connect_any(list, wait, &s->fd);
	slookup_free(s->lookup); /* addresses change: it is asked again the next time */
	s->lookup = NULL;
	if (rc < 0)
		return err_set(err, rc, "not connected (%s)", err_name(rc));
	tune(s->fd);
	return 0;
}

static int begin_tls(struct sstream *s, const struct sstream_target *to, const struct swait *wait,
		     struct err *err)
{
	int rc;

	s->tls = stls_new(to->tls, s->fd, to->server_name ? to->server_name : to->host, err);
	if (!s->tls)
		return -ENOMEM;
	while ((rc = stls_handshake(s->tls, err)) == -EAGAIN) {
		rc = swait_fd(wait, s->fd, stls_wants(s->tls));
		if (rc < 0)
			return err_set(err, rc, "no TLS handshake (%s)", err_name(rc));
	}
	return rc;
}

int sstream_connect(struct sstream *s, const struct sstream_target *to, const struct swait *wait,
		    struct err *err)
{
	int rc = to->path ? connect_unix(to->path, wait, &s->fd, err)
			  : connect_host(s, to, wait, err);

	if (rc == 0 && to->tls)
		rc = begin_tls(s, to, wait, err);
	if (rc < 0)
		sstream_close(s);
	return rc;
}

/* Whichever it was, the descriptor is to be waited for before it is tried again. */
static int wait_again(const struct sstream *s, short events, const struct swait *wait)
{
	return swait_fd(wait, s->fd, s->tls ? stls_wants(s->tls) : events);
}

static ssize_t write_some(struct sstream *s, const void *data, size_t len)
{
	ssize_t n;

	if (s->tls)
		return stls_write(s->tls, data, len);
	n = send(s->fd, data, len, MSG_NOSIGNAL);
	if (n < 0)
		return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	return n;
}

int sstream_write(struct sstream *s, const void *data, size_t len, const struct swait *wait)
{
	const uint8_t *at = data;
	ssize_t n;
	int rc;

	if (s->fd < 0)
		return -ENOTCONN;
	while (len > 0) {
		n = write_some(s, at, len);
		if (n == -EAGAIN) {
			rc = wait_again(s, POLLOUT, wait);
			if (rc < 0)
				return rc;
			continue;
		}
		if (n < 0)
			return (int)n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static ssize_t read_some(struct sstream *s, void *buf, size_t cap)
{
	ssize_t n;

	if (s->tls) {
		n = stls_read(s->tls, buf, cap);
	} else {
		n = recv(s->fd, buf, cap, 0);
		if (n < 0)
			return errno == EINTR || errno == EWOULDBLOCK ? -EAGAIN : -errno;
	}
	return n == 0 ? -ECONNRESET : n;
}

ssize_t sstream_read(struct sstream *s, void *buf, size_t cap, const struct swait *wait)
{
	ssize_t n;
	int rc;

	if (s->fd < 0)
		return -ENOTCONN;
	while ((n = read_some(s, buf, cap)) == -EAGAIN && wait) {
		rc = wait_again(s, POLLIN, wait);
		if (rc < 0)
			return rc;
	}
	return n;
}

void sstream_close(struct sstream *s)
{
	stls_free(s->tls);
	s->tls = NULL;
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

void sstream_done(struct sstream *s)
{
	sstream_close(s);
	slookup_free(s->lookup);
	s->lookup = NULL;
}
