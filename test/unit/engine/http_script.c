/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/http_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#define MUST(expr)                                                                                 \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

long hs_read(struct hs_conn *c, void *buf, size_t cap)
{
	return c->tls ? SSL_read(c->tls, buf, (int)cap) : read(c->fd, buf, cap);
}

bool hs_write(struct hs_conn *c, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	long n;

	for (; len > 0; at += n, len -= (size_t)n) {
		n = c->tls ? SSL_write(c->tls, at, (int)len) : send(c->fd, at, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

static bool is_stopping(struct hs *s)
{
	bool is;

	(void)pthread_mutex_lock(&s->lock);
	is = s->is_stopping;
	(void)pthread_mutex_unlock(&s->lock);
	return is;
}

size_t hs_n_requests(struct hs *s)
{
	size_t n;

	(void)pthread_mutex_lock(&s->lock);
	n = s->n_requests;
	(void)pthread_mutex_unlock(&s->lock);
	return n;
}

const struct hs_answer *hs_next(struct hs *s, struct hs_request **ret_request)
{
	size_t i = s->n_requests < s->n_answers ? s->n_requests : s->n_answers - 1;

	MUST(s->n_requests < HS_REQUESTS_MAX);
	*ret_request = &s->requests[s->n_requests];
	(*ret_request)->connection = s->n_connections;
	return &s->answers[i];
}

void hs_took(struct hs *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->n_requests++;
	(void)pthread_mutex_unlock(&s->lock);
}

/* --- HTTP/1.1. --- */

static bool read_head(struct hs_conn *c, struct hs_request *req)
{
	size_t len = 0, out = 0;

	while (len < HS_HEAD_MAX - 1 && hs_read(c, req->head + len, 1) == 1) {
		req->head[++len] = '\0';
		if (len < 4 || strcmp(req->head + len - 4, "\r\n\r\n"))
			continue;
		for (size_t i = 0; i < len - 2; i++) {
			if (req->head[i] != '\r')
				req->head[out++] = req->head[i];
		}
		req->head[out] = '\0';
		req->head_len = out;
		return true;
	}
	return false;
}

static bool read_request(struct hs_conn *c, struct hs_request *req)
{
	const char *length;
	long n;

	if (!read_head(c, req))
		return false;
	length = strcasestr(req->head, "\nContent-Length:");
	req->body_len = length ? strtoul(length + strlen("\nContent-Length:"), NULL, 10) : 0;
	req->body = malloc(req->body_len + 1);
	MUST(req->body);
	for (size_t at = 0; at < req->body_len; at += (size_t)n) {
		n = hs_read(c, req->body + at, req->body_len - at);
		if (n <= 0)
			return false;
	}
	req->body[req->body_len] = '\0';
	return true;
}

static void flood(struct hs_conn *c)
{
	static char chunk[4096];

	memset(chunk, 'x', sizeof(chunk));
	while (hs_write(c, chunk, sizeof(chunk)))
		;
}

static void hang(struct hs *s, struct hs_conn *c)
{
	char byte;

	while (!is_stopping(s) && hs_read(c, &byte, 1) > 0)
		;
}

/* False: the connection is over. */
static bool answer(struct hs *s, struct hs_conn *c, const struct hs_answer *a)
{
	char head[2048];
	int len;

	if (a->how == HS_HANG)
		hang(s, c);
	else if (a->how == HS_GARBAGE)
		(void)hs_write(c, "SSH-2.0-whatever\r\n", 18);
	if (a->how == HS_HANG || a->how == HS_CLOSE || a->how == HS_GARBAGE)
		return false;
	len = snprintf(head, sizeof(head), "HTTP/1.1 %d Whatever\r\n%sContent-Length: %zu\r\n\r\n",
		       a->status ? a->status : 200, a->headers ? a->headers : "",
		       a->how == HS_ANSWER ? a->body_len : 1UL << 40);
	if (!hs_write(c, head, (size_t)len) || !hs_write(c, a->body, a->body_len))
		return false;
	if (a->how == HS_FLOOD)
		flood(c);
	return a->how == HS_ANSWER;
}

static void serve1(struct hs *s, struct hs_conn *c)
{
	const struct hs_answer *a;
	struct hs_request *req;
	bool goes_on = true;

	while (goes_on) {
		a = hs_next(s, &req);
		if (!read_request(c, req)) {
			free(req->body);
			*req = (struct hs_request){ 0 };
			return;
		}
		hs_took(s);
		goes_on = answer(s, c, a);
	}
}

/* --- Connections. --- */

static int choose_h2(SSL *tls, const unsigned char **out, unsigned char *out_len,
		     const unsigned char *in, unsigned int in_len, void *arg)
{
	(void)tls;
	(void)arg;
	return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len,
				     (const unsigned char *)"\2h2", 3, in,
				     in_len) == OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_NOACK;
}

static SSL_CTX *make_tls(const struct hs *s)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	MUST(ctx && SSL_CTX_use_certificate_chain_file(ctx, s->cert) == 1);
	MUST(SSL_CTX_use_PrivateKey_file(ctx, s->cert, SSL_FILETYPE_PEM) == 1);
	if (s->client_ca) {
		MUST(SSL_CTX_load_verify_locations(ctx, s->client_ca, NULL) == 1);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	if (s->is_http2)
		SSL_CTX_set_alpn_select_cb(ctx, choose_h2, NULL);
	return ctx;
}

static void serve(struct hs *s, SSL_CTX *ctx, int fd)
{
	struct hs_conn c = { .fd = fd };

	if (ctx) {
		c.tls = SSL_new(ctx);
		MUST(c.tls && SSL_set_fd(c.tls, fd) == 1);
	}
	if (!c.tls || SSL_accept(c.tls) == 1) {
		if (s->is_http2)
			hs_serve2(s, &c);
		else
			serve1(s, &c);
	}
	SSL_free(c.tls);
}

static void *server_main(void *arg)
{
	struct hs *s = arg;
	SSL_CTX *ctx = s->cert ? make_tls(s) : NULL;
	int fd;

	while (!is_stopping(s) && (fd = accept(s->listen_fd, NULL, NULL)) >= 0) {
		(void)pthread_mutex_lock(&s->lock);
		s->fd = fd;
		s->n_connections++;
		(void)pthread_mutex_unlock(&s->lock);
		serve(s, ctx, fd);
		(void)pthread_mutex_lock(&s->lock);
		s->fd = -1;
		(void)pthread_mutex_unlock(&s->lock);
		(void)close(fd);
	}
	SSL_CTX_free(ctx);
	return NULL;
}

void hs_start(struct hs *s)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);

	s->fd = -1;
	s->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(s->listen_fd >= 0);
	MUST(bind(s->listen_fd, (struct sockaddr *)&addr, len) == 0);
	MUST(listen(s->listen_fd, 8) == 0);
	MUST(getsockname(s->listen_fd, (struct sockaddr *)&addr, &len) == 0);
	s->port = ntohs(addr.sin_port);
	MUST(pthread_mutex_init(&s->lock, NULL) == 0);
	MUST(pthread_create(&s->thread, NULL, server_main, s) == 0);
}

void hs_stop(struct hs *s)
{
	(void)pthread_mutex_lock(&s->lock);
	s->is_stopping = true;
	(void)shutdown(s->listen_fd, SHUT_RDWR);
	if (s->fd >= 0)
		(void)shutdown(s->fd, SHUT_RDWR);
	(void)pthread_mutex_unlock(&s->lock);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->listen_fd);
}

void hs_free(struct hs *s)
{
	for (size_t i = 0; i < HS_REQUESTS_MAX; i++)
		free(s->requests[i].body);
	*s = (struct hs){ 0 };
}

const char *hs_header(const struct hs *s, size_t i, const char *name)
{
	static char value[HS_HEAD_MAX];
	char key[128];
	const char *at;

	(void)snprintf(key, sizeof(key), "\n%s: ", name);
	at = i < s->n_requests ? strcasestr(s->requests[i].head, key) : NULL;
	value[0] = '\0';
	if (at)
		(void)snprintf(value, sizeof(value), "%.*s", (int)strcspn(at + strlen(key), "\n"),
			       at + strlen(key));
	return value;
}

const char *hs_url(const struct hs *s, const char *scheme, const char *host, const char *path)
{
	static char url[256];

	(void)snprintf(url, sizeof(url), "%s://%s:%u%s", scheme, host, s->port, path);
	return url;
}
