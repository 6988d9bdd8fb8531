/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/http_client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include <curl/curl.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sink/http_parts.h"

#define CONNECT_TIMEOUT_MS 10000
#define POLL_MS 1000
#define PEM_MAX (1024 * 1024)

struct hclient {
	CURL *easy;
	CURLM *multi;               /* has the connection; NULL: none was made yet */
	struct curl_slist *headers; /* all but the token's and the encoding's */
	char *url;                  /* libcurl's */
	char *token_file;
	char *token; /* NULL: none; wiped before it is freed */
	bool is_http2;
	struct hclient_reply reply;
	struct hclient_body body;
	char error[CURL_ERROR_SIZE];
};

/* --- What is made once. --- */

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* All of a file, with a NUL behind it. */
static int read_file(const char *path, size_t max, char **ret_text, size_t *ret_len)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	text = malloc(max + 1);
	if (!text)
		return -ENOMEM;
	while (len <= max && (n = read(fd, text + len, max + 1 - len)) > 0)
		len += (size_t)n;
	if (n < 0 || len > max) {
		explicit_bzero(text, len);
		return n < 0 ? -errno : -EFBIG;
	}
	text[len] = '\0';
	*ret_len = len;
	*ret_text = TAKE_PTR(text);
	return 0;
}

/* One line of characters that a header may have, nothing behind it but blanks. */
static int read_token(const char *path, char **ret_token)
{
	char *text;
	size_t len;
	int r = read_file(path, HCLIENT_TOKEN_MAX, &text, &len);

	if (r < 0)
		return r;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]) && text[len - 1])
		text[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (text[i] > ' ' && text[i] <= '~')
			continue;
		len = 0;
	}
	if (len == 0) {
		wipe(text);
		return -EINVAL;
	}
	*ret_token = text;
	return 0;
}

static int set_blob(struct hclient *c, CURLoption option, const char *what, const char *path,
		    struct err *err)
{
	struct curl_blob blob = { .flags = CURL_BLOB_COPY };
	char *text;
	CURLcode code;
	int r = read_file(path, PEM_MAX, &text, &blob.len);

	if (r < 0)
		return err_set(err, r, "%s '%s' cannot be read (%s)", what, path, err_name(r));
	blob.data = text;
	r = strstr(text, "-----BEGIN ") ? 0 : -EINVAL;
	code = r == 0 ? curl_easy_setopt(c->easy, option, &blob) : CURLE_OK;
	explicit_bzero(text, blob.len);
	free(text);
	if (r < 0)
		return err_set(err, r, "%s '%s' is not PEM", what, path);
	return code == CURLE_OK ? 0 : err_set(err, -ENOMEM, "%s: out of memory", what);
}

static int set_tls(struct hclient *c, const struct hclient_options *opt, struct err *err)
{
	const char *key = opt->key_file ? opt->key_file : opt->cert_file;
	int r = 0;

	if (opt->key_file && !opt->cert_file)
		return err_set(err, -EINVAL, "key file without a certificate, expected both");
	if (opt->ca_file)
		r = set_blob(c, CURLOPT_CAINFO_BLOB, "ca file", opt->ca_file, err);
	if (r == 0 && opt->cert_file)
		r = set_blob(c, CURLOPT_SSLCERT_BLOB, "certificate", opt->cert_file, err);
	if (r == 0 && key)
		r = set_blob(c, CURLOPT_SSLKEY_BLOB, "key", key, err);
	if (r == 0 && opt->insecure) {
		(void)curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	return r;
}

static int add_header(struct hclient *c, const char *line, struct err *err)
{
	struct curl_slist *list = curl_slist_append(c->headers, line);

	if (!list)
		return err_set(err, -ENOMEM, "headers: out of memory");
	c->headers = list;
	return 0;
}

/* "Name: value". libcurl would take "Name:" as "send none", and a newline as one more. */
static bool is_header(const char *line)
{
	size_t name = strcspn(line, ":");

	if (name == 0 || !line[name] || strspn(line + name + 1, " \t") == strlen(line + name + 1))
		return false;
	for (size_t i = 0; line[i]; i++) {
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f ||
		    (i < name && strchr(" ()<>@,;\\\"/[]?={}", line[i])))
			return false;
	}
	return true;
}

static int set_headers(struct hclient *c, const struct hclient_options *opt, struct err *err)
{
	char line[256];
	int r = add_header(c, "Expect:", err); /* no waiting for a "100 Continue" */

	/* Always: else libcurl says that it was a form. */
	(void)snprintf(line, sizeof(line), "Content-Type:%s%s", opt->content_type ? " " : "",
		       opt->content_type ? opt->content_type : "");
	if (opt->content_type && (strlen(opt->content_type) > 128 || !is_header(line)))
		return err_set(err, -EINVAL,
			       "content type is not one, expected a form like application/json");
	if (r == 0)
		r = add_header(c, line, err);
	for (size_t i = 0; opt->headers && opt->headers[i] && r == 0; i++) {
		/* Its value may be a secret. */
		if (!is_header(opt->headers[i]))
			return err_set(err, -EINVAL,
				       "header %zu is not one, expected 'Name: value'", i + 1);
		r = add_header(c, opt->headers[i], err);
	}
	return r;
}

/* Not to be used when it is not http or https. The result is curl_free()'s. */
static char *complete_url(const struct hclient_options *opt)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *path = NULL, *url = NULL;

	if (parts && opt->url && !curl_url_set(parts, CURLUPART_URL, opt->url, 0) &&
	    !curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) &&
	    !curl_url_get(parts, CURLUPART_PATH, &path, 0) &&
	    (!strcmp(scheme, "http") || !strcmp(scheme, "https"))) {
		if (opt->default_path && !strcmp(path, "/"))
			(void)curl_url_set(parts, CURLUPART_PATH, opt->default_path, 0);
		if (curl_url_get(parts, CURLUPART_URL, &url, 0))
			url = NULL;
	}
	curl_free(scheme);
	curl_free(path);
	curl_url_cleanup(parts);
	return url;
}

static int set_url(struct hclient *c, const struct hclient_options *opt, struct err *err)
{
	c->url = complete_url(opt);
	/* Not the URL itself: it may hold a password. */
	return c->url ? 0
		      : err_set(err, -EINVAL,
				"url cannot be used, expected http://HOST[:PORT][/PATH] or "
				"https://");
}

static int set_token(struct hclient *c, const struct hclient_options *opt, struct err *err)
{
	int r;

	if (!opt->token_file)
		return 0;
	c->token_file = strdup(opt->token_file);
	r = c->token_file ? read_token(c->token_file, &c->token) : -ENOMEM;
	if (r == -EINVAL)
		return err_set(err, r, "token file '%s' has no token, expected one line",
			       opt->token_file);
	return r < 0 ? err_set(err, r, "token file '%s' cannot be read (%s)", opt->token_file,
			       err_name(r))
		     : 0;
}

/* 7.88.0 and 7.88.1 (Debian 12) cannot use a plain HTTP/2 connection twice: "Error in the HTTP2
 * framing layer" (curl issue 10634). They make one for each request. */
static bool is_reuse_broken(void)
{
	unsigned int version = curl_version_info(CURLVERSION_NOW)->version_num;

	return version == 0x075800 || version == 0x075801;
}

static void set_version(struct hclient *c)
{
	long version = CURL_HTTP_VERSION_1_1;

	if (c->is_http2 && !strncasecmp(c->url, "https:", 6))
		version = CURL_HTTP_VERSION_2TLS;
	else if (c->is_http2)
		version = CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE;
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTP_VERSION, version);
	if (version == CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE && is_reuse_broken())
		(void)curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, 1L);
}

static void set_common(struct hclient *c, const struct hclient_options *opt)
{
	int64_t timeout_ms = opt->timeout_ms > 0 ? opt->timeout_ms : HCLIENT_TIMEOUT_MS;
	CURL *easy = c->easy;

	/* None of these can fail but for want of memory, and that the request finds out. */
	(void)curl_easy_setopt(easy, CURLOPT_URL, c->url);
	(void)curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	(void)curl_easy_setopt(easy, CURLOPT_USERAGENT, "warder/" WARDER_VERSION);
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	(void)curl_easy_setopt(
		easy, CURLOPT_CONNECTTIMEOUT_MS,
		(long)(timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS));
	(void)curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	/* A name that is being looked up when we are to stop: its thread is left alone. */
	(void)curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, c->error);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, hclient_on_header);
	(void)curl_easy_setopt(easy, CURLOPT_HEADERDATA, &c->reply);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, hclient_on_body);
	(void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, &c->body);
	set_version(c);
}

struct hclient *hclient_new(const struct hclient_options *opt, struct err *err)
{
	struct hclient *c = calloc(1, sizeof(*c));
	int r;

	if (!c || !(c->easy = curl_easy_init())) {
		(void)err_set(err, -ENOMEM, "http client: out of memory");
		hclient_free(c);
		return NULL;
	}
	c->is_http2 = opt->is_http2;
	r = set_url(c, opt, err);
	if (r == 0)
		r = set_token(c, opt, err);
	if (r == 0)
		r = set_headers(c, opt, err);
	if (r == 0)
		r = set_tls(c, opt, err);
	if (r < 0) {
		hclient_free(c);
		return NULL;
	}
	set_common(c, opt);
	return c;
}

void hclient_disconnect(struct hclient *c)
{
	if (c->multi)
		(void)curl_multi_cleanup(c->multi); /* nothing is added: it cannot fail */
	c->multi = NULL;
}

void hclient_free(struct hclient *c)
{
	if (!c)
		return;
	hclient_disconnect(c);
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	if (c->url)
		explicit_bzero(c->url, strlen(c->url));
	curl_free(c->url);
	free(c->token_file);
	wipe(c->token);
	free(c);
}

/* --- A request. --- */

static bool is_certificate_trouble(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_ISSUER_ERROR ||
	       code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_CACERT_BADFILE;
}

static int fail(struct hclient *c, CURLcode code, struct err *err)
{
	const char *why = c->error[0] ? c->error : curl_easy_strerror(code);
	long os_errno = 0;
	int r = -EPROTO;

	(void)curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (code == CURLE_OPERATION_TIMEDOUT)
		r = -ETIMEDOUT;
	else if (code == CURLE_COULDNT_RESOLVE_HOST)
		r = -EHOSTUNREACH;
	else if (code == CURLE_COULDNT_CONNECT)
		r = os_errno > 0 ? -(int)os_errno : -ECONNREFUSED;
	else if (is_certificate_trouble(code))
		r = -EACCES;
	else if (code == CURLE_OUT_OF_MEMORY)
		r = -ENOMEM;
	else if (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
		 code == CURLE_GOT_NOTHING || code == CURLE_PARTIAL_FILE)
		r = -ECONNRESET;
	return err_set(err, r, "%s", why);
}

/* Until the transfer ends; its result, or CURL_LAST: cancelled. */
static CURLcode run(struct hclient *c, int cancel_fd)
{
	struct curl_waitfd cancel = { .fd = cancel_fd, .events = CURL_WAIT_POLLIN };
	unsigned int n_extra = cancel_fd >= 0 ? 1 : 0;
	int n_running = 1, n_left;
	const CURLMsg *msg;

	for (;;) {
		if (curl_multi_perform(c->multi, &n_running) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		msg = curl_multi_info_read(c->multi, &n_left);
		if (msg && msg->msg == CURLMSG_DONE)
			return msg->data.result;
		if (n_running == 0)
			return CURLE_RECV_ERROR;
		if (curl_multi_poll(c->multi, &cancel, n_extra, POLL_MS, NULL) != CURLM_OK)
			return CURLE_OUT_OF_MEMORY;
		if (cancel.revents)
			return CURL_LAST;
	}
}

static CURLcode perform(struct hclient *c, int cancel_fd)
{
	CURLcode code;

	c->error[0] = '\0';
	c->body.len = 0;
	c->body.is_cut = false;
	c->reply = (struct hclient_reply){ .retry_after_ms = -1 };
	if (!c->multi) {
		c->multi = curl_multi_init();
		if (!c->multi)
			return CURLE_OUT_OF_MEMORY;
		(void)curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 1L);
	}
	if (curl_multi_add_handle(c->multi, c->easy) != CURLM_OK)
		return CURLE_OUT_OF_MEMORY;
	code = run(c, cancel_fd);
	(void)curl_multi_remove_handle(c->multi, c->easy); /* also what is under way: aborted */
	return code;
}

/* An answer whose end nobody wants is one. */
static bool has_answer(const struct hclient *c, CURLcode code, long status)
{
	return status >= 200 && (code == CURLE_OK || (code == CURLE_WRITE_ERROR && c->body.is_cut));
}

static int take_reply(struct hclient *c, CURLcode code, struct err *err)
{
	long status = 0, version = 0;
	curl_off_t after = 0;

	if (code == CURL_LAST)
		return err_set(err, -ECANCELED, "cancelled");
	(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!has_answer(c, code, status))
		return fail(c, code, err);
	(void)curl_easy_getinfo(c->easy, CURLINFO_HTTP_VERSION, &version);
	if (c->is_http2 && version != CURL_HTTP_VERSION_2_0)
		return err_set(err, -EPROTO, "peer does not speak HTTP/2");
	(void)curl_easy_getinfo(c->easy, CURLINFO_RETRY_AFTER, &after);
	if (after > 0)
		c->reply.retry_after_ms = after < INT32_MAX ? after * 1000 : INT64_MAX;
	c->reply.status = (int)status;
	c->reply.body = c->body.bytes;
	c->reply.body_len = c->body.len;
	c->reply.is_cut = c->body.is_cut;
	return 0;
}

static int post_once(struct hclient *c, const char *encoding, int cancel_fd, struct err *err)
{
	struct curl_slist extra[2] = { 0 };
	CLEANUP_FREE char *line = NULL;
	CURLcode code;

	if (c->token && asprintf(&line, "Authorization: Bearer %s", c->token) < 0) {
		line = NULL;
		return err_set(err, -ENOMEM, "token: out of memory");
	}
	extra[0] = (struct curl_slist){ .data = line, .next = c->headers };
	if (line)
		extra[1].next = &extra[0];
	else
		extra[1].next = c->headers;
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, encoding ? &extra[1] : extra[1].next);
	/* libcurl reads the list and changes nothing in it. */
	extra[1].data = (char *)(uintptr_t)encoding;
	code = perform(c, cancel_fd);
	(void)curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, NULL);
	if (line)
		explicit_bzero(line, strlen(line));
	return take_reply(c, code, err);
}

/* True: there is another token than the one that was refused. */
static bool renew_token(struct hclient *c)
{
	char *token;

	if (!c->token_file || read_token(c->token_file, &token) < 0)
		return false;
	if (!strcmp(token, c->token)) {
		wipe(token);
		return false;
	}
	wipe(c->token);
	c->token = token;
	return true;
}

int hclient_post(struct hclient *c, const void *body, size_t len, const char *encoding,
		 int cancel_fd, const struct hclient_reply **ret_reply, struct err *err)
{
	int r;

	(void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)len);
	r = post_once(c, encoding, cancel_fd, err);
	if (r == 0 && c->reply.status == 401 && renew_token(c))
		r = post_once(c, encoding, cancel_fd, err);
	(void)curl_easy_setopt(c->easy, CURLOPT_POSTFIELDS, NULL);
	if (r == 0)
		*ret_reply = &c->reply;
	return r;
}
