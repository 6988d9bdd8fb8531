/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/forward.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/sink/forward_message.h"
#include "engine/sink/forward_peer.h"
#include "engine/sink/stream.h"
#include "engine/sink/tls.h"

#define DEFAULT_TAG "tracee"
#define CONNECT_TIMEOUT_MS 10000 /* Tracee's connectionTimeout */
#define SEND_TIMEOUT_MS 30000
#define ACK_TIMEOUT_MS 60000
/* Fluent Bit takes chunks of up to 6 MiB unless it is told otherwise. */
#define BATCH_BYTES_MAX (1U << 20)
#define BATCH_ITEMS_MAX 10000
/* The acks of so many messages fit into a socket's buffer while we are still writing. */
#define BATCH_MESSAGES_MAX 256
#define LINGER_MS 100
#define WHERE_CAP 320
#define KEY_CAP 1024

struct forward {
	struct transport t;
	char where[WHERE_CAP]; /* for messages */
	char *path, *host, *server_name, *tag;
	uint16_t port;
	char *self_host, *key, *user, *password;
	bool has_handshake;
	int64_t connect_timeout_ms, send_timeout_ms, ack_timeout_ms;

	struct stls_context *tls;
	struct fmsg_form form;
	struct fmsg *msg;
	struct sstream stream;
	bool keepalive; /* the peer lets a connection live longer than a message */
	size_t in_len;
	uint8_t in[FPEER_MESSAGE_MAX]; /* what the peer said and nobody looked at yet */
};

static struct forward *forward_of(struct transport *t)
{
	return (struct forward *)t; /* its first member */
}

static void forward_disconnect(struct transport *t)
{
	struct forward *f = forward_of(t);

	sstream_close(&f->stream);
	f->in_len = 0;
}

/* --- What the peer says. --- */

/* Waits for one message, which f->in begins with then. */
static int read_message(struct forward *f, const struct swait *wait, size_t *ret_len)
{
	ssize_t n;

	for (;;) {
		n = fpeer_length(f->in, f->in_len);
		if (n > 0) {
			*ret_len = (size_t)n;
			return 0;
		}
		if (n < 0)
			return -EPROTO;
		n = sstream_read(&f->stream, f->in + f->in_len, sizeof(f->in) - f->in_len, wait);
		if (n < 0)
			return (int)n;
		f->in_len += (size_t)n;
	}
}

static void drop_message(struct forward *f, size_t len)
{
	f->in_len -= len;
	memmove(f->in, f->in + len, f->in_len);
}

/* Nothing is to come between two messages: a peer that closed, or that wants something of us, would
 * lose the next one. */
static int check_quiet(struct forward *f, struct err *err)
{
	struct fpeer_helo helo;
	ssize_t n = f->in_len > 0 ? 0 : sstream_read(&f->stream, f->in, sizeof(f->in), NULL);

	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return err_set(err, (int)n, "'%s': connection is gone (%s)", f->where,
			       err_name((int)n));
	f->in_len += (size_t)n;
	n = fpeer_length(f->in, f->in_len);
	if (!f->has_handshake && n > 0 && fpeer_helo(f->in, (size_t)n, &helo) == 0)
		return err_set(err, -EACCES, "'%s': peer asks for a shared key, and none is given",
			       f->where);
	return err_set(err, -EPROTO, "'%s': peer speaks without being asked", f->where);
}

/* --- Connecting. --- */

static int wait_for(struct forward *f, const char *what, const struct swait *wait, size_t *ret_len,
		    struct err *err)
{
	int rc = read_message(f, wait, ret_len);

	if (rc < 0)
		return err_set(err, rc, "'%s': no %s from the peer (%s)", f->where, what,
			       err_name(rc));
	return 0;
}

static int get_helo(struct forward *f, const struct swait *wait, struct fpeer_helo *helo,
		    struct err *err)
{
	size_t len = 0;
	int rc = wait_for(f, "HELO", wait, &len, err);

	if (rc < 0)
		return rc;
	rc = fpeer_helo(f->in, len, helo);
	drop_message(f, len);
	if (rc < 0)
		return err_set(err, -EPROTO, "'%s': what the peer says is no HELO", f->where);
	if (helo->auth.len > 0 && !f->user[0])
		return err_set(err, -EACCES, "'%s': peer asks for a user, and none is given",
			       f->where);
	f->keepalive = helo->keepalive;
	return 0;
}

static int get_pong(struct forward *f, const struct swait *wait, const struct fpeer_self *self,
		    const struct fpeer_helo *helo, struct err *err)
{
	char reason[QUOTE_CAP];
	struct fpeer_pong pong;
	size_t len = 0;
	int rc = wait_for(f, "PONG", wait, &len, err);

	if (rc < 0)
		return rc;
	rc = fpeer_pong(f->in, len, &pong);
	drop_message(f, len);
	if (rc < 0)
		return err_set(err, -EPROTO, "'%s': what the peer says is no PONG", f->where);
	if (!pong.is_ok)
		return err_set(err, -EACCES, "'%s': peer refuses us: '%s'", f->where,
			       quote_text(reason, pong.reason));
	rc = fpeer_check_pong(&pong, self, helo);
	if (rc < 0)
		return err_set(err, rc, "'%s': peer does not know the shared key", f->where);
	return 0;
}

static int shake_hands(struct forward *f, const struct swait *wait, struct err *err)
{
	struct fpeer_self self = {
		.host = f->self_host, .key = f->key, .user = f->user, .password = f->password
	};
	struct fpeer_helo helo;
	uint8_t ping[FPEER_PING_MAX];
	ssize_t len;
	int rc = get_helo(f, wait, &helo, err);

	if (rc < 0)
		return rc;
	if (getrandom(self.salt, sizeof(self.salt), 0) != sizeof(self.salt))
		return err_set(err, -EIO, "no random numbers for a salt");
	len = fpeer_ping(ping, &self, &helo);
	if (len < 0)
		return err_set(err, (int)len, "'%s': no PING can be made (%s)", f->where,
			       err_name((int)len));
	rc = sstream_write(&f->stream, ping, (size_t)len, wait);
	if (rc < 0)
		return err_set(err, rc, "'%s': PING is not taken (%s)", f->where, err_name(rc));
	return get_pong(f, wait, &self, &helo, err);
}

static int forward_connect(struct transport *t, struct err *err)
{
	struct forward *f = forward_of(t);
	const struct sstream_target to = {
		.path = f->path,
		.host = f->host,
		.port = f->port,
		.tls = f->tls,
		.server_name = f->server_name,
	};
	struct swait wait;
	int rc;

	if (f->stream.fd >= 0)
		return 0;
	wait = swait_for(t->cancel_fd, f->connect_timeout_ms);
	f->keepalive = true;
	f->in_len = 0;
	rc = sstream_connect(&f->stream, &to, &wait, err);
	if (rc < 0)
		return err_wrap(err, "'%s'", f->where);
	if (f->has_handshake)
		rc = shake_hands(f, &wait, err);
	if (rc < 0)
		forward_disconnect(t);
	return rc;
}

/* --- Sending. --- */

static int get_ack(struct forward *f, const struct swait *wait, size_t chunk, struct err *err)
{
	char text[FMSG_CHUNK_LEN + 1];
	size_t len = 0;
	int rc = wait_for(f, "ack", wait, &len, err);

	if (rc < 0)
		return rc;
	fmsg_chunk(f->msg, chunk, text);
	rc = fpeer_ack(f->in, len, text);
	drop_message(f, len);
	if (rc == -ESTALE)
		return err_set(err, -EPROTO, "'%s': peer acknowledges what was not sent", f->where);
	if (rc < 0)
		return err_set(err, -EPROTO, "'%s': what the peer says is no ack", f->where);
	return 0;
}

static int send_batch(struct forward *f, const struct batch *batch, struct err *err)
{
	struct swait wait;
	const uint8_t *data;
	size_t len;
	int rc = fmsg_build(f->msg, batch, &data, &len);

	if (rc < 0)
		return err_set(err, rc, "batch of %zu bytes is not packed (%s)", batch->n_bytes,
			       err_name(rc));
	wait = swait_for(f->t.cancel_fd, f->send_timeout_ms);
	rc = sstream_write(&f->stream, data, len, &wait);
	if (rc < 0)
		return err_set(err, rc, "'%s': message is not taken (%s)", f->where, err_name(rc));
	wait = swait_for(f->t.cancel_fd, f->ack_timeout_ms);
	for (size_t i = 0; i < fmsg_n_chunks(f->msg, batch); i++) {
		rc = get_ack(f, &wait, i, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The codes that mean something else to the caller. */
static bool is_about_batch(int rc)
{
	return rc == -EAGAIN || rc == -EBADMSG;
}

static int forward_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct forward *f = forward_of(t);
	struct err err = { 0 };
	int rc = 0;

	*ret = (struct delivery){ .retry_after_ms = -1 };
	if (batch->n == 0)
		return 0;
	rc = forward_connect(t, &err); /* not connected: the peer wants that for each message */
	if (rc == 0)
		rc = check_quiet(f, &err);
	if (rc == 0)
		rc = send_batch(f, batch, &err);
	if (rc == 0 && f->keepalive)
		return 0;
	/* After a failure nobody knows how much of a message got through. */
	forward_disconnect(t);
	(void)snprintf(ret->text, sizeof(ret->text), "%.*s", (int)sizeof(ret->text) - 1, err.text);
	return is_about_batch(rc) ? -EIO : rc;
}

static int forward_idle(struct transport *t)
{
	struct forward *f = forward_of(t);
	int rc;

	if (f->stream.fd < 0)
		return f->keepalive ? -ENOTCONN : 0;
	rc = check_quiet(f, NULL);
	if (rc < 0)
		forward_disconnect(t);
	return rc;
}

/* --- The options. --- */

static void wipe(char *secret)
{
	if (secret)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

static void forward_free(struct transport *t)
{
	struct forward *f = forward_of(t);

	if (!f)
		return;
	sstream_done(&f->stream);
	stls_context_free(f->tls);
	fmsg_free(f->msg);
	free(f->path);
	free(f->host);
	free(f->server_name);
	free(f->tag);
	free(f->self_host);
	free(f->user);
	wipe(f->key);
	wipe(f->password);
	free(f);
}

static const struct transport_ops forward_ops = {
	.connect = forward_connect,
	.send = forward_send,
	.idle = forward_idle,
	.disconnect = forward_disconnect,
	.free = forward_free,
};

int forward_check(const struct forward_options *opt, struct err *err)
{
	bool has_host = opt->host && opt->host[0], has_path = opt->path && opt->path[0];

	if (has_host == has_path)
		return err_set(err, -EINVAL, "forward: expected a host or a unix socket");
	if (has_host && opt->port == 0)
		return err_set(err, -EINVAL, "forward: host '%s' has no port", opt->host);
	if (opt->tag && !opt->tag[0])
		return err_set(err, -EINVAL, "forward: tag is empty");
	if ((unsigned int)opt->mode >= FORWARD_MODES)
		return err_set(err, -EINVAL, "forward: mode %d is not known", opt->mode);
	if (has_path && opt->is_tls && !opt->server_name && !opt->insecure)
		return err_set(err, -EINVAL,
			       "forward: TLS over a unix socket needs a server name to expect");
	if (!opt->is_tls &&
	    (opt->ca_file || opt->cert_file || opt->key_file || opt->server_name || opt->insecure))
		return err_set(err, -EINVAL, "forward: certificates need TLS, expected tls://");
	if (opt->shared_key && opt->shared_key_file)
		return err_set(err, -EINVAL,
			       "forward: expected a shared key or its file, not both");
	if (opt->password && opt->password[0] && !opt->user)
		return err_set(err, -EINVAL, "forward: password has no user");
	return 0;
}

/* A copy, or of what stands for nothing. */
static bool copy_text(char **ret_text, const char *text, const char *standard)
{
	*ret_text = strdup(text ? text : standard);
	return *ret_text != NULL;
}

static bool copy_texts(struct forward *f, const struct forward_options *opt)
{
	char self_host[sizeof("warder.") + HOST_NAME_MAX + 1] = "warder.";
	const size_t prefix_len = sizeof("warder.") - 1;

	if (gethostname(self_host + prefix_len, HOST_NAME_MAX + 1) < 0)
		(void)snprintf(self_host, sizeof(self_host), "warder.localhost");
	if ((opt->path && !copy_text(&f->path, opt->path, "")) ||
	    (opt->server_name && !copy_text(&f->server_name, opt->server_name, "")))
		return false;
	return copy_text(&f->host, opt->host, "localhost") &&
	       copy_text(&f->tag, opt->tag, DEFAULT_TAG) &&
	       copy_text(&f->self_host, opt->self_hostname, self_host) &&
	       copy_text(&f->user, opt->user, "") && copy_text(&f->password, opt->password, "");
}

static int read_key(struct forward *f, const struct forward_options *opt, struct err *err)
{
	CLEANUP_FILE FILE *file = NULL;
	char line[KEY_CAP] = "";
	int rc = 0;

	if (!opt->shared_key_file) {
		if (copy_text(&f->key, opt->shared_key, ""))
			return 0;
		return err_set(err, -ENOMEM, "out of memory");
	}
	file = fopen(opt->shared_key_file, "re");
	if (!file)
		return err_set(err, -errno, "shared key file '%s' cannot be read (%s)",
			       opt->shared_key_file, err_name(errno));
	if (!fgets(line, sizeof(line), file) || strlen(line) == sizeof(line) - 1)
		rc = err_set(err, -EINVAL,
			     "shared key file '%s' has no key, expected one line of "
			     "%d bytes at most",
			     opt->shared_key_file, KEY_CAP - 2);
	line[strcspn(line, "\r\n")] = '\0';
	if (rc == 0 && !copy_text(&f->key, line, ""))
		rc = err_set(err, -ENOMEM, "out of memory");
	explicit_bzero(line, sizeof(line));
	return rc;
}

static int64_t or_standard(int64_t value, int64_t standard)
{
	return value > 0 ? value : standard;
}

static void set_transport(struct forward *f, const struct forward_options *opt)
{
	const char *brackets = strchr(f->host, ':') ? "[]" : "";

	f->t = (struct transport){
		.ops = &forward_ops,
		.kind = "forward",
		.batch_items_max =
			opt->mode == FORWARD_MESSAGE ? BATCH_MESSAGES_MAX : BATCH_ITEMS_MAX,
		.batch_bytes_max = BATCH_BYTES_MAX,
		.linger_ms = LINGER_MS,
		.cancel_fd = -1,
	};
	if (f->path)
		(void)snprintf(f->where, sizeof(f->where), "unix://%s", f->path);
	else
		(void)snprintf(f->where, sizeof(f->where), "%s://%.1s%s%s:%u",
			       opt->is_tls ? "tls" : "tcp", brackets, f->host,
			       brackets[0] ? brackets + 1 : "", f->port);
}

static int set_up(struct forward *f, const struct forward_options *opt, struct err *err)
{
	const struct stls_options tls = { .ca_file = opt->ca_file,
					  .cert_file = opt->cert_file,
					  .key_file = opt->key_file,
					  .insecure = opt->insecure };
	int rc = read_key(f, opt, err);

	if (rc < 0)
		return rc;
	if (!copy_texts(f, opt))
		return err_set(err, -ENOMEM, "out of memory");
	if (strlen(f->self_host) > FPEER_BYTES_MAX || strlen(f->user) > FPEER_BYTES_MAX)
		return err_set(
			err, -EINVAL,
			"forward: own host name or user is too long, expected %d bytes at most",
			FPEER_BYTES_MAX);
	f->port = opt->port;
	f->has_handshake = f->key[0] || opt->user;
	f->connect_timeout_ms = or_standard(opt->connect_timeout_ms, CONNECT_TIMEOUT_MS);
	f->send_timeout_ms = or_standard(opt->send_timeout_ms, SEND_TIMEOUT_MS);
	f->ack_timeout_ms = or_standard(opt->ack_timeout_ms, ACK_TIMEOUT_MS);
	f->form = (struct fmsg_form){ .tag = f->tag,
				      .mode = opt->mode,
				      .is_tracee_form = opt->is_tracee_form,
				      .has_integer_time = opt->has_integer_time,
				      .has_chunk = opt->require_ack };
	set_transport(f, opt);
	if (opt->is_tls) {
		f->tls = stls_context_new(&tls, err);
		if (!f->tls)
			return err_wrap(err, "forward");
	}
	f->msg = fmsg_new(&f->form);
	return f->msg ? 0 : err_set(err, -ENOMEM, "out of memory");
}

struct transport *forward_new(const struct forward_options *opt, struct err *err)
{
	struct forward *f;

	if (forward_check(opt, err) < 0)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	f->stream.fd = -1;
	f->keepalive = true;
	if (set_up(f, opt, err) < 0) {
		forward_free(&f->t);
		return NULL;
	}
	return &f->t;
}
