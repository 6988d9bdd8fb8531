/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "common/cleanup.h"

struct stls_context {
	SSL_CTX *ssl;
	bool insecure;
};

struct stls {
	SSL *ssl;
	short wants;
	bool is_broken; /* nothing may be said any more */
};

/* OpenSSL's latest reason as one sentence, and none is left behind. */
static const char *reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "no reason given";
}

void stls_context_free(struct stls_context *context)
{
	if (!context)
		return;
	SSL_CTX_free(context->ssl);
	free(context);
}

/* The bundles of Debian's and Red Hat's families: loaded now, since the folders with a file for
 * each would be read when a certificate comes. */
static int trust_system(SSL_CTX *ssl, struct err *err)
{
	static const char *const bundles[] = { "/etc/ssl/certs/ca-certificates.crt",
					       "/etc/pki/tls/certs/ca-bundle.crt",
					       "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem" };
	const char *own = getenv(X509_get_default_cert_file_env());

	if (own)
		return SSL_CTX_load_verify_file(ssl, own) == 1
			       ? 0
			       : err_set(err, -EINVAL, "file '%s' has no certificates (%s)", own,
					 reason());
	for (size_t i = 0; i < ARRAY_LEN(bundles); i++)
		if (SSL_CTX_load_verify_file(ssl, bundles[i]) == 1)
			return 0;
	ERR_clear_error();
	return err_set(err, -ENOENT,
		       "this system has no bundle of certificates that it trusts, "
		       "expected a CA file to be given");
}

static int load_files(SSL_CTX *ssl, const struct stls_options *opt, struct err *err)
{
	const char *key = opt->key_file ? opt->key_file : opt->cert_file;

	if (!opt->cert_file && opt->key_file)
		return err_set(err, -EINVAL, "key file '%s' has no certificate, expected both",
			       opt->key_file);
	if (opt->ca_file && SSL_CTX_load_verify_file(ssl, opt->ca_file) != 1)
		return err_set(err, -EINVAL, "CA file '%s' cannot be used (%s), expected PEM",
			       opt->ca_file, reason());
	if (opt->cert_file && SSL_CTX_use_certificate_chain_file(ssl, opt->cert_file) != 1)
		return err_set(err, -EINVAL, "certificate '%s' cannot be used (%s), expected PEM",
			       opt->cert_file, reason());
	if (key && SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		return err_set(err, -EINVAL, "key '%s' cannot be used (%s), expected PEM", key,
			       reason());
	return opt->ca_file || opt->insecure ? 0 : trust_system(ssl, err);
}

/* Who would type a pass phrase? Without this OpenSSL asks the terminal. */
static int no_pass_phrase(char *buf, int size, int is_for_writing, void *user)
{
	(void)buf;
	(void)size;
	(void)is_for_writing;
	(void)user;
	return -1;
}

struct stls_context *stls_context_new(const struct stls_options *opt, struct err *err)
{
	struct stls_context *context = calloc(1, sizeof(*context));

	if (context)
		context->ssl = SSL_CTX_new(TLS_client_method());
	if (!context || !context->ssl ||
	    !SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION)) {
		(void)err_set(err, -ENOMEM, "TLS cannot be initialised (%s)", reason());
		stls_context_free(context);
		return NULL;
	}
	SSL_CTX_set_default_passwd_cb(context->ssl, no_pass_phrase);
	SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_mode(context->ssl,
			       SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	context->insecure = opt->insecure;
	SSL_CTX_set_verify(context->ssl, opt->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	if (load_files(context->ssl, opt, err) < 0) {
		stls_context_free(context);
		return NULL;
	}
	return context;
}

static bool is_address(const char *name)
{
	struct in6_addr in6;
	struct in_addr in;

	return inet_pton(AF_INET, name, &in) == 1 || inet_pton(AF_INET6, name, &in6) == 1;
}

/* Whom to expect, and to ask for when several live at the same address. */
static bool set_name(SSL *ssl, const char *name)
{
	CLEANUP_FREE char *copy = NULL;

	if (is_address(name))
		return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	copy = strdup(name); /* OpenSSL copies it too, but asks for one that is not const */
	return copy && SSL_set1_host(ssl, name) == 1 && SSL_set_tlsext_host_name(ssl, copy) == 1;
}

struct stls *stls_new(struct stls_context *context, int fd, const char *server_name,
		      struct err *err)
{
	struct stls *s = calloc(1, sizeof(*s));

	if (s)
		s->ssl = SSL_new(context->ssl);
	if (!s || !s->ssl || SSL_set_fd(s->ssl, fd) != 1 || !set_name(s->ssl, server_name)) {
		(void)err_set(err, -ENOMEM, "TLS to '%s' cannot begin (%s)", server_name, reason());
		stls_free(s);
		return NULL;
	}
	SSL_set_connect_state(s->ssl);
	s->is_broken = true; /* until the handshake is done */
	return s;
}

/* Negative errno of a call that returned `rc`; 0: the peer has said that it closes. */
static int failure(struct stls *s, int rc)
{
	int saved_errno = errno, code = SSL_get_error(s->ssl, rc);

	switch (code) {
	case SSL_ERROR_WANT_READ:
		s->wants = POLLIN;
		return -EAGAIN;
	case SSL_ERROR_WANT_WRITE:
		s->wants = POLLOUT;
		return -EAGAIN;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		s->is_broken = true;
		if (code == SSL_ERROR_SYSCALL)
			return saved_errno ? -saved_errno : -ECONNRESET;
		/* Closed without a goodbye: many do so. */
		if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING)
			return -ECONNRESET;
		return -EPROTO;
	}
}

int stls_handshake(struct stls *s, struct err *err)
{
	long verified;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(s->ssl);
	if (rc == 1) {
		s->is_broken = false;
		return 0;
	}
	rc = failure(s, rc);
	if (rc == -EAGAIN)
		return rc;
	s->is_broken = true;
	verified = SSL_get_verify_result(s->ssl);
	if (verified != X509_V_OK && SSL_get_verify_mode(s->ssl) != SSL_VERIFY_NONE) {
		ERR_clear_error();
		return err_set(err, -EACCES, "certificate is not to be trusted (%s)",
			       X509_verify_cert_error_string(verified));
	}
	if (rc == 0 || rc == -ECONNRESET) {
		ERR_clear_error();
		return err_set(err, -ECONNRESET, "peer closed during the TLS handshake");
	}
	return err_set(err, rc, "TLS handshake failed (%s)",
		       rc == -EPROTO ? reason() : err_name(rc));
}

ssize_t stls_read(struct stls *s, void *buf, size_t cap)
{
	size_t n = 0;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(s->ssl, buf, cap, &n);
	return rc == 1 ? (ssize_t)n : failure(s, rc);
}

ssize_t stls_write(struct stls *s, const void *buf, size_t len)
{
	size_t n = 0;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(s->ssl, buf, len, &n);
	if (rc == 1)
		return (ssize_t)n;
	rc = failure(s, rc);
	return rc == 0 ? -ECONNRESET : rc;
}

short stls_wants(const struct stls *s)
{
	return s->wants;
}

void stls_free(struct stls *s)
{
	if (!s)
		return;
	ERR_clear_error();
	if (s->ssl && !s->is_broken)
		(void)SSL_shutdown(s->ssl); /* a courtesy: the socket is closed in any case */
	ERR_clear_error();
	SSL_free(s->ssl);
	free(s);
}
