/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/outputs_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sink/forward_url.h"
#include "engine/sink/outputs.h"
#include "engine/sink/otlp.h"
#include "engine/sink/queue.h"
#include "engine/sink/spool.h"
#include "engine/sink/webhook.h"

#define KEYS_MAX 48
#define LIST_MAX SURL_PARAMS_MAX

#define OURS(name_, type_)                                                                         \
	{                                                                                          \
		.name = (name_), .type = (type_), .is_ours = true                                  \
	}

static const struct surl_key common_keys[] = {
	OURS("events", SURL_TEXT),  OURS("policies", SURL_TEXT), OURS("queueBytes", SURL_NUMBER),
	OURS("onFull", SURL_TEXT),  OURS("spool", SURL_TEXT),    OURS("spoolBytes", SURL_NUMBER),
	OURS("tries", SURL_NUMBER),
};

static const struct surl_key http_keys[] = {
	OURS("gzip", SURL_BOOL),     OURS("header", SURL_TEXT),   OURS("tokenFile", SURL_TEXT),
	OURS("caFile", SURL_TEXT),   OURS("certFile", SURL_TEXT), OURS("keyFile", SURL_TEXT),
	OURS("insecure", SURL_BOOL),
};

/* Tracee leaves its own in the URL that the server sees. */
static const struct surl_key webhook_keys[] = {
	{ .name = "timeout", .type = SURL_DURATION },
	{ .name = "contentType", .type = SURL_TEXT },
	{ .name = "gotemplate", .type = SURL_TEXT },
	OURS("mode", SURL_TEXT),
};

static const struct surl_key otlp_keys[] = {
	OURS("timeout", SURL_DURATION),
	OURS("protocol", SURL_TEXT),
	OURS("resource", SURL_TEXT),
};

static const char *const http_schemes[] = { "http", "https", NULL };

struct keys {
	struct surl_key items[KEYS_MAX];
	size_t n;
};

static void add_keys(struct keys *keys, const struct surl_key *more, size_t n)
{
	for (size_t i = 0; i < n && keys->n < KEYS_MAX; i++)
		keys->items[keys->n++] = more[i];
}

static int parse(struct output_url *u, const char *text, struct err *err)
{
	struct surl_form form = forward_url_form;
	struct keys keys = { .n = 0 };

	add_keys(&keys, common_keys, ARRAY_LEN(common_keys));
	if (u->kind == OUTSPEC_FORWARD) {
		add_keys(&keys, forward_url_form.keys, forward_url_form.n_keys);
	} else {
		form = (struct surl_form){ .what = u->kind == OUTSPEC_OTLP ? "otlp" : "webhook",
					   .schemes = http_schemes,
					   .has_path = true,
					   .keeps_unknown_keys = u->kind == OUTSPEC_WEBHOOK };
		add_keys(&keys, http_keys, ARRAY_LEN(http_keys));
		if (u->kind == OUTSPEC_OTLP)
			add_keys(&keys, otlp_keys, ARRAY_LEN(otlp_keys));
		else
			add_keys(&keys, webhook_keys, ARRAY_LEN(webhook_keys));
	}
	form.keys = keys.items;
	form.n_keys = keys.n;
	return surl_parse(&u->url, text, &form, err);
}

/* One of `words` ("a|b"), by its index; -EINVAL. */
static int choose(const struct surl *u, const char *key, const char *const *words, size_t n,
		  struct err *err)
{
	const char *text = surl_text(u, key, words[0]);
	char expected[128] = "";

	for (size_t i = 0; i < n; i++) {
		if (strcmp(text, words[i]) == 0)
			return (int)i;
		(void)snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected),
			       "%s%s", i ? ", " : "", words[i]); /* short words */
	}
	return err_set(err, -EINVAL, "output: key '%s' expects one of %s", key, expected);
}

static int read_common(struct output_url *u, struct err *err)
{
	static const char *const on_full[] = { "drop", "block" };
	int64_t queue = surl_number(&u->url, "queueBytes", SQUEUE_BYTES_DEFAULT);
	int64_t spool = surl_number(&u->url, "spoolBytes", OUTPUTS_SPOOL_BYTES);
	int64_t tries = surl_number(&u->url, "tries", 0);
	int full = choose(&u->url, "onFull", on_full, ARRAY_LEN(on_full), err);

	if (full < 0)
		return full;
	if (queue < (int64_t)SQUEUE_BYTES_MIN || queue > (1LL << 32))
		return err_set(err, -EINVAL, "output: key 'queueBytes' expects %u to 4294967296",
			       SQUEUE_BYTES_MIN);
	if (spool < (int64_t)SPOOL_BYTES_MIN)
		return err_set(err, -EINVAL, "output: key 'spoolBytes' expects at least %u",
			       SPOOL_BYTES_MIN);
	if (tries > UINT32_MAX)
		return err_set(err, -EINVAL, "output: key 'tries' expects at most %u", UINT32_MAX);
	u->blocks = full == 1;
	u->queue_bytes = (uint64_t)queue;
	u->spool_bytes = (uint64_t)spool;
	u->n_tries_max = (uint32_t)tries;
	u->events = surl_text(&u->url, "events", NULL);
	u->policies = surl_text(&u->url, "policies", NULL);
	u->spool_dir = surl_text(&u->url, "spool", NULL);
	return 0;
}

static const char *const otlp_protocols[] = { "http/protobuf", "http/json", "grpc" };

static int read_format(struct output_url *u, struct err *err)
{
	int protocol;

	switch (u->kind) {
	case OUTSPEC_FORWARD:
		u->format = strcmp(surl_text(&u->url, "form", "map"), "tracee") == 0
				    ? ENCODER_JSON
				    : ENCODER_MSGPACK;
		return 0;
	case OUTSPEC_WEBHOOK:
		u->template = surl_text(&u->url, "gotemplate", NULL);
		u->format = u->template ? ENCODER_TEMPLATE : ENCODER_JSON;
		return 0;
	case OUTSPEC_OTLP:
		protocol =
			choose(&u->url, "protocol", otlp_protocols, ARRAY_LEN(otlp_protocols), err);
		u->format = protocol == OTLP_HTTP_JSON ? ENCODER_OTLP_JSON : ENCODER_OTLP;
		return protocol < 0 ? protocol : 0;
	case OUTSPEC_FILE:
		break;
	}
	return err_set(err, -EINVAL, "output: not a URL");
}

struct output_url *output_url_parse(const struct outspec *spec, struct err *err)
{
	static const char *const kinds[] = { [OUTSPEC_FILE] = "file",
					     [OUTSPEC_FORWARD] = "forward",
					     [OUTSPEC_WEBHOOK] = "webhook",
					     [OUTSPEC_OTLP] = "otlp" };
	CLEANUP_OUTPUT_URL struct output_url *u = calloc(1, sizeof(*u));

	if (!u) {
		(void)err_set(err, -ENOMEM, "output: out of memory");
		return NULL;
	}
	u->kind = spec->kind;
	if (parse(u, spec->target, err) < 0 || read_common(u, err) < 0 || read_format(u, err) < 0)
		return NULL;
	u->is_http = spec->kind != OUTSPEC_FORWARD;
	u->is_network = *u->url.host != '\0';
	if (u->is_network)
		(void)snprintf(u->name, sizeof(u->name), "%s:%.200s:%u", kinds[spec->kind],
			       u->url.host, u->url.port);
	else
		(void)snprintf(u->name, sizeof(u->name), "%s:%.200s", kinds[spec->kind],
			       u->url.path);
	return TAKE_PTR(u);
}

void output_url_free(struct output_url *u)
{
	if (!u)
		return;
	surl_done(&u->url);
	free(u);
}

/* --- Transports ------------------------------------------------------------------------------- */

/* The values of a key that may come more than once. NULL-ended. */
static const char *const *values_of(const struct surl *u, const char *key,
				    const char *ret_list[LIST_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < u->n_params; i++)
		if (strcmp(u->params[i].key, key) == 0)
			ret_list[n++] = u->params[i].value;
	ret_list[n] = NULL;
	return n > 0 ? ret_list : NULL;
}

/* scheme://user:password@host:port/path?query of what is the server's. */
static int server_url(const struct surl *u, char *buf, size_t cap, struct err *err)
{
	char user[SURL_MAX] = "", password[SURL_MAX] = "";
	bool is_v6 = strchr(u->host, ':') != NULL, fits;
	int n;

	fits = surl_escape(user, sizeof(user), u->user) &&
	       surl_escape(password, sizeof(password), u->password);
	n = snprintf(buf, cap, "%s://%s%s%s%s%s%s%s:%u%s", u->scheme, user, *password ? ":" : "",
		     password, u->has_user ? "@" : "", is_v6 ? "[" : "", u->host, is_v6 ? "]" : "",
		     u->port, strcmp(u->target, "/") == 0 ? "" : u->target);
	explicit_bzero(password, sizeof(password));
	if (!fits || n < 0 || (size_t)n >= cap)
		return err_set(err, -ENAMETOOLONG, "output: URL is too long");
	return 0;
}

static struct hclient_options http_options(const struct surl *u, const char *url,
					   const char *headers[LIST_MAX + 1])
{
	return (struct hclient_options){
		.url = url,
		.headers = values_of(u, "header", headers),
		.token_file = surl_text(u, "tokenFile", NULL),
		.ca_file = surl_text(u, "caFile", NULL),
		.cert_file = surl_text(u, "certFile", NULL),
		.key_file = surl_text(u, "keyFile", NULL),
		.insecure = surl_bool(u, "insecure", false),
		.timeout_ms = surl_duration_ms(u, "timeout", HCLIENT_TIMEOUT_MS),
	};
}

static struct transport *new_webhook(const struct output_url *u, const char *url, struct err *err)
{
	static const char *const modes[] = { "single", "array", "lines" };
	const char *headers[LIST_MAX + 1];
	int mode = choose(&u->url, "mode", modes, ARRAY_LEN(modes), err);
	struct webhook_options opt = { .http = http_options(&u->url, url, headers),
				       .mode = (enum webhook_mode)mode,
				       .gzip = surl_bool(&u->url, "gzip", false) };

	opt.http.content_type = surl_text(&u->url, "contentType", NULL);
	return mode < 0 ? NULL : webhook_new(&opt, err);
}

static struct transport *new_otlp(const struct output_url *u, const char *url, struct err *err)
{
	const char *headers[LIST_MAX + 1], *resource[LIST_MAX + 1];
	int protocol = choose(&u->url, "protocol", otlp_protocols, ARRAY_LEN(otlp_protocols), err);
	const struct otlp_options opt = { .http = http_options(&u->url, url, headers),
					  .protocol = (enum otlp_protocol)protocol,
					  .gzip = surl_bool(&u->url, "gzip", false),
					  .resource = values_of(&u->url, "resource", resource) };

	return protocol < 0 ? NULL : otlp_new(&opt, err);
}

struct transport *output_url_transport(const struct output_url *u, struct err *err)
{
	struct forward_options forward = { .path = NULL };
	char url[2 * SURL_MAX];
	struct transport *t = NULL;

	if (u->kind == OUTSPEC_FORWARD)
		return forward_from_url(&forward, &u->url, err) < 0 ? NULL
								    : forward_new(&forward, err);
	if (server_url(&u->url, url, sizeof(url), err) == 0)
		t = u->kind == OUTSPEC_OTLP ? new_otlp(u, url, err) : new_webhook(u, url, err);
	explicit_bzero(url, sizeof(url));
	return t;
}
