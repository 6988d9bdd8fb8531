/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/syslog.h"

#include <errno.h>
#include <linux/tcp.h> /* libc's has no tcpi_notsent_bytes */
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>

#include "common/cleanup.h"
#include "engine/sink/lookup.h"
#include "engine/sink/payload.h"
#include "engine/sink/stream.h"
#include "engine/sink/syslog_message.h"
#include "engine/sink/tls.h"

#define BATCH_ITEMS 1024U
#define BATCH_BYTES (1U << 20)
#define LINGER_MS 200
#define CONNECT_MS 10000
#define SEND_MS 30000
#define COUNT_MAX 12U           /* "1234567890 " in front of a message */
#define DATAGRAM_ROOM (1 << 20) /* for what a local reader has not read yet */
#define NO_BUFFERS_MS 10        /* when a device has none, there is nothing to poll */
#define ACK_FIRST_MS 1
#define ACK_STEP_MAX_MS 16 /* between two looks at what the peer has confirmed */

struct slog {
	struct transport t; /* its first member */
	enum slog_protocol protocol;
	char where[300]; /* for messages */
	char *path, *host, *server_name;
	uint16_t port;
	int64_t connect_timeout_ms, send_timeout_ms;
	struct stls_context *tls;
	struct slog_form form;
	uint32_t sequence;
	struct payload payload;
	struct sstream stream;  /* TCP, TLS */
	struct slookup *lookup; /* of UDP, that goes on */
	int fd;                 /* UDP, unix; -1: not connected */
};

static struct slog *slog_of(struct transport *t)
{
	return (struct slog *)t; /* its first member */
}

static bool is_stream(const struct slog *s)
{
	return s->protocol == SLOG_TCP || s->protocol == SLOG_TLS;
}

static void slog_disconnect(struct transport *t)
{
	struct slog *s = slog_of(t);

	sstream_close(&s->stream);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}

/* --- Connecting. --- */

static int datagram_to(struct slog *s, const struct sockaddr *addr, socklen_t len)
{
	CLEANUP_FD int fd = socket(addr->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int room = DATAGRAM_ROOM;

	if (fd < 0 || connect(fd, addr, len) < 0)
		return -errno;
	/* Less is possible: then an event that is larger is refused. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	s->fd = TAKE_FD(fd);
	return 0;
}

static int connect_unix(struct slog *s)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	memcpy(un.sun_path, s->path, strlen(s->path)); /* slog_new() looked at its length */
	return datagram_to(s, (const struct sockaddr *)&un, sizeof(un));
}

static int connect_udp(struct slog *s, const struct swait *wait, struct err *err)
{
	const struct addrinfo *list;
	int rc = slookup_get(&s->lookup, s->host, s->port, wait, &list, err);

	if (rc < 0)
		return rc;
	rc = -EHOSTUNREACH;
	for (; list && rc < 0; list = list->ai_next)
		rc = datagram_to(s, list->ai_addr, list->ai_addrlen);
	slookup_free(s->lookup); /* addresses change: it is asked again the next time */
	s->lookup = NULL;
	return rc < 0 ? err_set(err, rc, "not connected (%s)", err_name(rc)) : 0;
}

static int connect_stream(struct slog *s, const struct swait *wait, struct err *err)
{
	const struct sstream_target to = {
		.host = s->host, .port = s->port, .tls = s->tls, .server_name = s->server_name
	};

	return sstream_connect(&s->stream, &to, wait, err);
}

static int slog_connect(struct transport *t, struct err *err)
{
	struct slog *s = slog_of(t);
	struct swait wait;
	int rc;

	if (s->stream.fd >= 0 || s->fd >= 0)
		return 0;
	wait = swait_for(t->cancel_fd, s->connect_timeout_ms);
	if (is_stream(s)) {
		rc = connect_stream(s, &wait, err);
	} else if (s->protocol == SLOG_UDP) {
		rc = connect_udp(s, &wait, err);
	} else {
		rc = connect_unix(s);
		if (rc < 0)
			(void)err_set(err, rc, "not connected (%s)", err_name(rc));
	}
	return rc < 0 ? err_wrap(err, "'%s'", s->where) : 0;
}

/* --- What went wrong meanwhile. --- */

/* A peer has nothing to say; what it says is passed over. */
static int check_stream(struct slog *s, struct err *err)
{
	char said[512];
	ssize_t n = 1;

	for (unsigned int i = 0; i < 16 && n > 0; i++)
		n = sstream_read(&s->stream, said, sizeof(said), NULL);
	if (n > 0 || n == -EAGAIN)
		return 0;
	return err_set(err, (int)n, "'%s': connection is gone (%s)", s->where, err_name((int)n));
}

/* The answer to an earlier datagram: ECONNREFUSED when nobody listens there. */
static int check_datagrams(struct slog *s, struct err *err)
{
	socklen_t size = sizeof(int);
	int failure = 0;

	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
		failure = errno;
	if (failure)
		return err_set(err, -failure, "'%s': what was sent is not taken (%s)", s->where,
			       err_name(failure));
	return 0;
}

static int check(struct slog *s, struct err *err)
{
	return is_stream(s) ? check_stream(s, err) : check_datagrams(s, err);
}

/* --- Sending. --- */

static uint32_t next_sequence(struct slog *s)
{
	s->sequence = s->sequence < SLOG_SEQUENCE_MAX ? s->sequence + 1 : 1;
	return s->sequence;
}

/* Until the peer's kernel has it all: what lies here when a connection breaks is lost. */
static int wait_confirmed(struct slog *s, const struct swait *wait)
{
	struct swait part;
	int64_t step_ms = ACK_FIRST_MS;
	struct tcp_info info;
	socklen_t size;
	int rc;

	for (;;) {
		memset(&info, 0, sizeof(info));
		size = sizeof(info);
		/* A kernel that does not tell how much is not sent yet leaves it 0. */
		if (getsockopt(s->stream.fd, IPPROTO_TCP, TCP_INFO, &info, &size) < 0)
			return -errno;
		if (info.tcpi_unacked == 0 && info.tcpi_notsent_bytes == 0)
			return 0;
		if (swait_left_ms(wait) == 0)
			return -ETIMEDOUT;
		part = swait_for(wait->cancel_fd, step_ms);
		rc = swait_fd(&part, s->stream.fd, POLLRDHUP);
		if (rc == 0)
			return -ECONNRESET;
		if (rc != -ETIMEDOUT)
			return rc;
		step_ms = step_ms < ACK_STEP_MAX_MS ? 2 * step_ms : step_ms;
	}
}

static int build(struct slog *s, const struct batch *batch)
{
	char header[SLOG_HEADER_MAX], count[COUNT_MAX];
	size_t len, data_len;
	int n, rc;

	rc = spay_begin(&s->payload,
			batch->n_bytes + batch->n * (size_t)(SLOG_HEADER_MAX + COUNT_MAX));
	for (size_t i = 0; i < batch->n && rc == 0; i++) {
		const struct batch_item *item = &batch->items[i];

		len = slog_header(header, &s->form, item, next_sequence(s));
		data_len = spay_item_len(item);
		n = snprintf(count, sizeof(count), "%zu ", len + data_len);
		spay_put(&s->payload, count, (size_t)n);
		spay_put(&s->payload, header, len);
		spay_put(&s->payload, item->data, data_len);
	}
	return rc;
}

static int send_stream(struct slog *s, const struct batch *batch, struct err *err)
{
	struct swait wait = swait_for(s->t.cancel_fd, s->send_timeout_ms);
	int rc = build(s, batch);

	if (rc == 0)
		rc = sstream_write(&s->stream, s->payload.bytes, s->payload.len, &wait);
	if (rc == 0)
		rc = wait_confirmed(s, &wait);
	if (rc < 0)
		return err_set(err, rc, "'%s': batch is not taken (%s)", s->where, err_name(rc));
	return 0;
}

/* 0: it is on its way; -EMSGSIZE: it is too large for ever. */
static int send_one(struct slog *s, struct iovec iov[static 2], const struct swait *wait)
{
	const struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };
	struct swait part;
	int rc;

	while (sendmsg(s->fd, &msg, MSG_NOSIGNAL) < 0) {
		rc = -errno;
		if (rc == -ENOBUFS) {
			part = swait_for(wait->cancel_fd, NO_BUFFERS_MS);
			rc = swait_fd(&part, -1, 0);
			if (rc == -ETIMEDOUT && swait_left_ms(wait) > 0)
				rc = 0;
		} else if (rc == -EAGAIN) {
			rc = swait_fd(wait, s->fd, POLLOUT);
		} else if (rc == -EINTR) {
			rc = 0;
		}
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int send_datagrams(struct slog *s, const struct batch *batch, struct delivery *ret,
			  struct err *err)
{
	struct swait wait = swait_for(s->t.cancel_fd, s->send_timeout_ms);
	char header[SLOG_HEADER_MAX];
	int rc = 0;

	for (size_t i = 0; i < batch->n && rc == 0; i++) {
		const struct batch_item *item = &batch->items[i];
		struct iovec iov[2] = {
			{ header, slog_header(header, &s->form, item, next_sequence(s)) },
			{ (void *)(uintptr_t)item->data, spay_item_len(item) },
		};

		rc = send_one(s, iov, &wait);
		if (rc != -EMSGSIZE)
			continue;
		rc = 0;
		ret->n_refused++;
		(void)snprintf(ret->text, sizeof(ret->text),
			       "event of %u bytes is too large for a datagram", item->len);
	}
	if (rc < 0)
		return err_set(err, rc, "'%s': event is not taken (%s)", s->where, err_name(rc));
	return 0;
}

/* The codes that mean something else to the caller. */
static bool is_about_batch(int rc)
{
	return rc == -EAGAIN || rc == -EBADMSG || rc == -E2BIG;
}

static int slog_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct slog *s = slog_of(t);
	struct err err = { 0 };
	int rc;

	*ret = (struct delivery){ .retry_after_ms = -1 };
	if (batch->n == 0)
		return 0;
	rc = slog_connect(t, &err);
	if (rc == 0)
		rc = check(s, &err);
	if (rc == 0)
		rc = is_stream(s) ? send_stream(s, batch, &err)
				  : send_datagrams(s, batch, ret, &err);
	if (rc == 0)
		rc = check(s, &err);
	if (rc == 0)
		return 0;
	slog_disconnect(t);
	ret->n_refused = 0;
	(void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)sizeof(ret->text) - 1, err.text);
	return is_about_batch(rc) ? -EIO : rc;
}

static int slog_idle(struct transport *t)
{
	struct slog *s = slog_of(t);
	int rc = s->stream.fd < 0 && s->fd < 0 ? -ENOTCONN : check(s, NULL);

	if (rc < 0)
		slog_disconnect(t);
	return rc;
}

/* --- The options. --- */

static void slog_free(struct transport *t)
{
	struct slog *s = slog_of(t);

	if (!s)
		return;
	slog_disconnect(t);
	sstream_done(&s->stream);
	slookup_free(s->lookup);
	stls_context_free(s->tls);
	spay_done(&s->payload);
	free(s->path);
	free(s->host);
	free(s->server_name);
	free(s);
}

static const struct transport_ops slog_ops = {
	.connect = slog_connect,
	.send = slog_send,
	.idle = slog_idle,
	.disconnect = slog_disconnect,
	.free = slog_free,
};

static bool copy(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return !text || *to;
}

static int set_form(struct slog *s, const struct slog_options *opt, struct err *err)
{
	struct utsname uts = { .nodename = "" };

	(void)uname(&uts); /* the name stays empty then */
	s->form.facility = opt->facility;
	s->form.severity = opt->severity;
	s->form.urgent_severity = opt->urgent_severity;
	s->form.pid = (uint32_t)getpid();
	slog_name(s->form.app, sizeof(s->form.app), opt->app ? opt->app : "warder");
	slog_name(s->form.host, sizeof(s->form.host), opt->hostname ? opt->hostname : uts.nodename);
	if (!opt->sd_id && opt->sd_params)
		return err_set(err, -EINVAL, "syslog: structured data without an id");
	return opt->sd_id ? slog_sd(s->form.sd, opt->sd_id, opt->sd_params, err) : 0;
}

static int set_where(struct slog *s, const struct slog_options *opt, struct err *err)
{
	static const char *const schemes[] = { "udp", "tcp", "tls", "unix" };
	bool is_unix = opt->protocol == SLOG_UNIX;

	if (is_unix ? !opt->path : !opt->host || !opt->port)
		return err_set(err, -EINVAL, "syslog: where to is not said");
	if (is_unix && strlen(opt->path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "syslog: socket '%s' has a path that is too long", opt->path);
	if (opt->facility > 23 || opt->severity > 7 || opt->urgent_severity > 7)
		return err_set(err, -EINVAL, "syslog: facility %u or severity %u, %u is not known",
			       opt->facility, opt->severity, opt->urgent_severity);
	if (is_unix)
		(void)snprintf(s->where, sizeof(s->where), "unix://%s", opt->path);
	else
		(void)snprintf(s->where, sizeof(s->where), "%s://%.255s:%u", schemes[opt->protocol],
			       opt->host, opt->port);
	return 0;
}

static int set_tls(struct slog *s, const struct slog_options *opt, struct err *err)
{
	const struct stls_options tls = {
		.ca_file = opt->ca_file,
		.cert_file = opt->cert_file,
		.key_file = opt->key_file,
		.insecure = opt->insecure,
	};

	if (opt->protocol != SLOG_TLS) {
		if (opt->ca_file || opt->cert_file || opt->key_file || opt->insecure ||
		    opt->server_name)
			return err_set(err, -EINVAL,
				       "syslog: settings of TLS without TLS, "
				       "expected tls://");
		return 0;
	}
	s->tls = stls_context_new(&tls, err);
	return s->tls ? 0 : -EINVAL; /* what it was is in err */
}

struct transport *slog_new(const struct slog_options *opt, struct err *err)
{
	struct slog *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_set(err, -ENOMEM, "syslog: out of memory");
		return NULL;
	}
	s->t = (struct transport){
		.ops = &slog_ops,
		.kind = "syslog",
		.batch_items_max = BATCH_ITEMS,
		.batch_bytes_max = BATCH_BYTES,
		.linger_ms = LINGER_MS,
		.cancel_fd = -1,
	};
	s->fd = s->stream.fd = -1;
	s->protocol = opt->protocol;
	s->port = opt->port;
	s->connect_timeout_ms = opt->connect_timeout_ms > 0 ? opt->connect_timeout_ms : CONNECT_MS;
	s->send_timeout_ms = opt->send_timeout_ms > 0 ? opt->send_timeout_ms : SEND_MS;
	if (set_form(s, opt, err) < 0 || set_where(s, opt, err) < 0 || set_tls(s, opt, err) < 0) {
		slog_free(&s->t);
		return NULL;
	}
	if (!copy(&s->path, opt->path) || !copy(&s->host, opt->host) ||
	    !copy(&s->server_name, opt->server_name)) {
		(void)err_set(err, -ENOMEM, "syslog: out of memory");
		slog_free(&s->t);
		return NULL;
	}
	return &s->t;
}
