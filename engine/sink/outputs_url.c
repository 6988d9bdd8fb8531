/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/outputs_url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sink/forward_url.h"
#include "engine/sink/output_keys.h"
#include "engine/sink/outputs.h"
#include "engine/sink/otlp.h"
#include "engine/sink/queue.h"
#include "engine/sink/route.h"
#include "engine/sink/spool.h"
#include "engine/sink/syslog_url.h"
#include "engine/sink/webhook.h"

#define QUEUE_BYTES_MAX (1LL << 32)
#define LOGS_PATH "/v1/logs"
#define METRICS_MS_MIN 1000
#define OTLP_PROTOCOLS "http/protobuf|http/json|grpc"

static const char *const http_schemes[] = { "http", "https", NULL };

static struct surl_form form_of(const struct outspec *spec, const char *text)
{
	switch (spec->kind) {
	case OUTSPEC_FORWARD:
		return forward_url_form;
	case OUTSPEC_SYSLOG:
		return *slog_url_form(text);
	case OUTSPEC_KAFKA:
		return (struct surl_form){ .what = "kafka" };
	case OUTSPEC_FILE:
		return (struct surl_form){ .what = outspec_format_name(spec->format) };
	default:
		return (struct surl_form){ .what = outspec_kind_name(spec->kind),
					   .schemes = http_schemes,
					   .has_path = true,
					   .keeps_unknown_keys = spec->kind == OUTSPEC_WEBHOOK };
	}
}

static int parse(struct output_url *u, const struct outspec *spec, const char *text,
		 struct err *err)
{
	struct surl_form form = form_of(spec, text);
	struct okeys keys;

	okeys_of(&keys, spec->kind, spec->format);
	form.keys = keys.items;
	form.n_keys = keys.n;
	if (spec->kind == OUTSPEC_FILE)
		return surl_parse_keys(&u->url, text, &form, err);
	if (spec->kind != OUTSPEC_KAFKA)
		return surl_parse(&u->url, text, &form, err);
	text += strcspn(text, "?");
	text += *text == '?';
	return surl_parse_keys(&u->url, text, &form, err);
}

static int read_queue(struct output_url *u, struct err *err)
{
	int64_t queue = surl_size(&u->url, "queueBytes", SQUEUE_BYTES_DEFAULT);
	int64_t spool = surl_size(&u->url, "spoolBytes", OUTPUTS_SPOOL_BYTES);
	int64_t tries = surl_number(&u->url, "tries", 0);

	if (queue < (int64_t)SQUEUE_BYTES_MIN || queue > QUEUE_BYTES_MAX)
		return err_set(err, -EINVAL, "output: key 'queueBytes' expects %u to %lld",
			       SQUEUE_BYTES_MIN, QUEUE_BYTES_MAX);
	if (spool < (int64_t)SPOOL_BYTES_MIN)
		return err_set(err, -EINVAL, "output: key 'spoolBytes' expects at least %u",
			       SPOOL_BYTES_MIN);
	if (tries > UINT32_MAX)
		return err_set(err, -EINVAL, "output: key 'tries' expects at most %u", UINT32_MAX);
	u->queue_bytes = (uint64_t)queue;
	u->spool_bytes = (uint64_t)spool;
	u->n_tries_max = (uint32_t)tries;
	u->spool_dir = surl_text(&u->url, "spool", NULL);
	return 0;
}

/* Keys that mean nothing without another one are refused. */
static int expect_with(const struct output_url *u, const char *const *keys, bool is_there,
		       const char *other, struct err *err)
{
	for (; *keys && !is_there; keys++)
		if (surl_text(&u->url, *keys, NULL))
			return err_set(err, -EINVAL, "output '%s': key '%s' expects %s with it",
				       u->name, *keys, other);
	return 0;
}

static int read_rotation(struct output_url *u, struct err *err)
{
	static const char *const only[] = { "keep", "gzip", NULL };
	int64_t keep = surl_number(&u->url, "keep", ROTATE_KEEP_DEFAULT);

	u->rotate = (struct rotate_options){
		.bytes = (uint64_t)surl_size(&u->url, "rotateBytes", 0),
		.age_ms = surl_duration_ms(&u->url, "rotateAge", 0),
		.gzip = surl_bool(&u->url, "gzip", false),
	};
	u->is_rotated =
		surl_text(&u->url, "rotateBytes", NULL) || surl_text(&u->url, "rotateAge", NULL);
	if (u->is_rotated && strcmp(u->name, "stdout") == 0)
		return err_set(err, -EINVAL,
			       "output 'stdout': keys 'rotateBytes' and 'rotateAge' are for files");
	if (keep < 1 || keep > ROTATE_KEEP_MAX)
		return err_set(err, -EINVAL, "output '%s': key 'keep' expects 1 to %u", u->name,
			       ROTATE_KEEP_MAX);
	u->rotate.keep = (uint32_t)keep;
	return expect_with(u, only, u->is_rotated, "'rotateBytes' or 'rotateAge'", err);
}

/* Their path is the protocol's own: that of logs says where they would be. */
static int read_metrics(struct output_url *u, struct err *err)
{
	static const char *const metrics_only[] = { "logs", NULL };
	const char *path = u->url.path;

	u->metrics_ms = surl_duration_ms(&u->url, "metrics", 0);
	u->has_no_events = !surl_bool(&u->url, "logs", true);
	if (surl_text(&u->url, "metrics", NULL) && u->metrics_ms < METRICS_MS_MIN)
		return err_set(err, -EINVAL, "output '%s': key 'metrics' expects 1s at least",
			       u->name);
	if (u->metrics_ms > 0 && *path && strcmp(path, "/") != 0 && strcmp(path, LOGS_PATH) != 0)
		return err_set(err, -EINVAL,
			       "output '%s': key 'metrics' expects a URL without a path", u->name);
	return expect_with(u, metrics_only, u->metrics_ms > 0, "'metrics'", err);
}

static int read_keys(struct output_url *u, struct err *err)
{
	static const char *const drop_only[] = { "queueBytes", NULL };
	static const char *const spool_only[] = { "spoolBytes", NULL };
	bool is_file = u->kind == OUTSPEC_FILE;
	int rc;

	u->events = surl_text(&u->url, "events", NULL);
	u->policies = surl_text(&u->url, "policies", NULL);
	u->profile = (enum profile)surl_word(&u->url, "profile", PROFILE_WORDS, PROFILE_NATIVE);
	u->blocks = surl_word(&u->url, "onFull", "drop|block", is_file) == 1;
	rc = read_queue(u, err);
	if (rc < 0)
		return rc;
	if (u->kind == OUTSPEC_OTLP)
		rc = read_metrics(u, err);
	if (rc < 0)
		return rc;
	if (!is_file)
		return expect_with(u, spool_only, u->spool_dir, "'spool'", err);
	rc = read_rotation(u, err);
	return rc < 0 ? rc : expect_with(u, drop_only, !u->blocks, "'onFull=drop'", err);
}

static void read_format(struct output_url *u, const struct outspec *spec)
{
	static const enum encoder_format formats[] = {
		[OUTSPEC_JSON] = ENCODER_JSON,
		[OUTSPEC_TABLE] = ENCODER_TABLE,
		[OUTSPEC_TABLE_VERBOSE] = ENCODER_TABLE_VERBOSE,
		[OUTSPEC_TEMPLATE] = ENCODER_TEMPLATE,
	};

	u->format = ENCODER_JSON;
	switch (spec->kind) {
	case OUTSPEC_FILE:
		u->format = formats[spec->format];
		u->template = spec->template;
		break;
	case OUTSPEC_FORWARD:
		if (strcmp(surl_text(&u->url, "form", "map"), "tracee") != 0)
			u->format = ENCODER_MSGPACK;
		break;
	case OUTSPEC_WEBHOOK:
		u->template = surl_text(&u->url, "gotemplate", NULL);
		if (u->template)
			u->format = ENCODER_TEMPLATE;
		break;
	case OUTSPEC_OTLP:
		u->format = surl_word(&u->url, "protocol", OTLP_PROTOCOLS, 0) == OTLP_HTTP_JSON
				    ? ENCODER_OTLP_JSON
				    : ENCODER_OTLP;
		break;
	default:
		break;
	}
}

static void set_name(struct output_url *u, const struct outspec *spec)
{
	const char *kind = outspec_kind_name(spec->kind);

	if (spec->kind == OUTSPEC_FILE)
		(void)snprintf(u->name, sizeof(u->name), "%.250s",
			       strcmp(spec->target, "-") == 0 ? "stdout" : spec->target);
	else if (spec->kind == OUTSPEC_KAFKA)
		(void)snprintf(u->name, sizeof(u->name), "kafka:%.*s/%.100s",
			       (int)strcspn(u->kafka.brokers, ","), u->kafka.brokers,
			       u->kafka.topic);
	else if (u->is_network)
		(void)snprintf(u->name, sizeof(u->name), "%s:%.200s:%u", kind, u->url.host,
			       u->url.port);
	else
		(void)snprintf(u->name, sizeof(u->name), "%s:%.200s", kind, u->url.path);
}

/* URL number `i` of those between '|': to be freed. NULL: there is none. */
static char *nth_url(const struct outspec *spec, size_t i)
{
	const char *text = spec->target;

	if (spec->kind == OUTSPEC_KAFKA) /* names several brokers itself */
		return i == 0 ? strdup(text) : NULL;

	for (; i > 0; i--) {
		text += strcspn(text, "|");
		if (!*text++)
			return NULL;
	}
	return strndup(text, strcspn(text, "|"));
}

struct output_url *output_url_parse(const struct outspec *spec, struct err *err)
{
	CLEANUP_OUTPUT_URL struct output_url *u = calloc(1, sizeof(*u));
	bool is_file = spec->kind == OUTSPEC_FILE;
	CLEANUP_FREE char *text = is_file ? strdup(spec->keys ? spec->keys : "") : nth_url(spec, 0);

	if (!u || !text) {
		(void)err_set(err, -ENOMEM, "output: out of memory");
		return NULL;
	}
	u->kind = spec->kind;
	if (spec->kind == OUTSPEC_KAFKA && kafka_target_parse(&u->kafka, text, err) < 0)
		return NULL;
	if (parse(u, spec, text, err) < 0)
		return NULL;
	u->is_http = spec->kind == OUTSPEC_WEBHOOK || spec->kind == OUTSPEC_OTLP;
	u->is_network = *u->url.host != '\0' || spec->kind == OUTSPEC_KAFKA;
	set_name(u, spec);
	if (read_keys(u, err) < 0)
		return NULL;
	read_format(u, spec);
	if (u->profile != PROFILE_NATIVE && u->format == ENCODER_TEMPLATE) {
		(void)err_set(err, -EINVAL, "output '%s': key 'profile' is not for templates",
			      u->name);
		return NULL;
	}
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
					   const char *headers[SURL_PARAMS_MAX + 1])
{
	return (struct hclient_options){
		.url = url,
		.headers = surl_list(u, "header", headers),
		.token_file = surl_text(u, "tokenFile", NULL),
		.ca_file = surl_text(u, "caFile", NULL),
		.cert_file = surl_text(u, "certFile", NULL),
		.key_file = surl_text(u, "keyFile", NULL),
		.insecure = surl_bool(u, "insecure", false),
		.timeout_ms = surl_duration_ms(u, "timeout", HCLIENT_TIMEOUT_MS),
	};
}

static struct transport *new_webhook(const struct surl *u, const char *url, struct err *err)
{
	const char *headers[SURL_PARAMS_MAX + 1];
	struct webhook_options opt = {
		.http = http_options(u, url, headers),
		.mode = (enum webhook_mode)surl_word(u, "mode", "single|array|lines", 0),
		.gzip = surl_bool(u, "gzip", false),
	};

	opt.http.content_type = surl_text(u, "contentType", NULL);
	return webhook_new(&opt, err);
}

static struct transport *new_otlp(const struct surl *u, const char *url, enum otlp_signal signal,
				  struct err *err)
{
	const char *headers[SURL_PARAMS_MAX + 1], *resource[SURL_PARAMS_MAX + 1];
	const struct otlp_options opt = {
		.http = http_options(u, url, headers),
		.protocol = (enum otlp_protocol)surl_word(u, "protocol", OTLP_PROTOCOLS, 0),
		.signal = signal,
		.gzip = surl_bool(u, "gzip", false),
		.resource = surl_list(u, "resource", resource),
	};

	return otlp_new(&opt, err);
}

static struct transport *new_http(enum outspec_kind kind, const struct surl *u, struct err *err)
{
	char url[2 * SURL_MAX];
	struct transport *t = NULL;

	if (server_url(u, url, sizeof(url), err) == 0)
		t = kind == OUTSPEC_OTLP ? new_otlp(u, url, OTLP_LOGS, err)
					 : new_webhook(u, url, err);
	explicit_bzero(url, sizeof(url));
	return t;
}

static struct transport *new_transport(const struct output_url *u, struct err *err)
{
	const char *list[SURL_PARAMS_MAX + 1];
	struct forward_options forward;
	struct slog_options syslog;
	struct kafka_options kafka;

	switch (u->kind) {
	case OUTSPEC_FORWARD:
		return forward_from_url(&forward, &u->url, err) < 0 ? NULL
								    : forward_new(&forward, err);
	case OUTSPEC_SYSLOG:
		return slog_from_url(&syslog, &u->url, list, err) < 0 ? NULL
								      : slog_new(&syslog, err);
	case OUTSPEC_KAFKA:
		kafka_from_url(&kafka, &u->kafka, &u->url, list);
		return kafka_new(&kafka, err);
	default:
		return new_http(u->kind, &u->url, err);
	}
}

struct transport *output_url_metrics(const struct output_url *u, struct err *err)
{
	struct surl base = u->url; /* its texts are the other's */
	struct transport *t = NULL;
	char url[2 * SURL_MAX];

	(void)snprintf(base.target, sizeof(base.target), "/");
	if (server_url(&base, url, sizeof(url), err) == 0)
		t = new_otlp(&base, url, OTLP_METRICS, err);
	explicit_bzero(url, sizeof(url));
	surl_done(&base);
	return t;
}

/* What is the sink's, not one destination's, has been said in the first URL. */
static int refuse_sink_keys(const struct outspec *spec, const struct surl *u, struct err *err)
{
	size_t n;
	const struct okeys_section *sections = okeys_sections(&n);

	for (size_t i = 0; i < n; i++) {
		if (!sections[i].is_sinks)
			continue;
		for (size_t j = 0; j < sections[i].n_keys; j++)
			if (surl_text(u, sections[i].keys[j].name, NULL))
				return err_set(err, -EINVAL,
					       "%s url: key '%s' is in a URL behind '|', expected "
					       "in the first",
					       outspec_kind_name(spec->kind),
					       sections[i].keys[j].name);
	}
	return 0;
}

/* The `i`th URL, from 1 on. NULL with err, or without one when there is none. */
static struct output_url *next_url(const struct outspec *spec, const struct output_url *first,
				   size_t i, struct err *err)
{
	CLEANUP_FREE char *text = nth_url(spec, i);
	CLEANUP_OUTPUT_URL struct output_url *u = calloc(1, sizeof(*u));

	if (!text)
		return NULL;
	if (!u) {
		(void)err_set(err, -ENOMEM, "output: out of memory");
		return NULL;
	}
	if (parse(u, spec, text, err) < 0 || refuse_sink_keys(spec, &u->url, err) < 0)
		return NULL;
	u->kind = spec->kind;
	read_format(u, spec);
	if (u->format != first->format) {
		(void)err_set(err, -EINVAL,
			      "output '%s': URLs between '|' expect events in different forms",
			      first->name);
		return NULL;
	}
	return TAKE_PTR(u);
}

static struct transport *next_transport(const struct outspec *spec, const struct output_url *first,
					size_t i, struct err *err)
{
	CLEANUP_OUTPUT_URL struct output_url *u = next_url(spec, first, i, err);

	return u ? new_transport(u, err) : NULL;
}

int output_url_transports(const struct outspec *spec, const struct output_url *u,
			  struct transport *ret_list[static SWORKER_TRANSPORTS_MAX], size_t *ret_n,
			  struct err *err)
{
	struct err why = { 0 };
	struct transport *t = new_transport(u, &why);
	size_t n = 0;

	while (t && n < SWORKER_TRANSPORTS_MAX) {
		ret_list[n++] = t;
		t = next_transport(spec, u, n, &why);
	}
	if (t) {
		t->ops->free(t);
		(void)err_set(&why, -EINVAL, "output '%s': more than %d URLs between '|'", u->name,
			      SWORKER_TRANSPORTS_MAX);
	}
	*ret_n = n;
	if (!why.text[0])
		return 0;
	while (n > 0) {
		n--;
		ret_list[n]->ops->free(ret_list[n]);
	}
	return err_set(err, why.code ? why.code : -EINVAL, "%s", why.text);
}

/* --- Checks ----------------------------------------------------------------------------------- */

/* What is known to be wrong only where all keys are looked at together. */
static int check_options(const struct output_url *u, struct err *err)
{
	const char *list[SURL_PARAMS_MAX + 1];
	struct forward_options forward;
	struct slog_options syslog;
	int rc;

	switch (u->kind) {
	case OUTSPEC_FORWARD:
		rc = forward_from_url(&forward, &u->url, err);
		return rc < 0 ? rc : forward_check(&forward, err);
	case OUTSPEC_SYSLOG:
		return slog_from_url(&syslog, &u->url, list, err);
	default:
		return 0;
	}
}

static int check_route(const struct output_url *u, struct err *err)
{
	struct sroute *route = sroute_new(u->events, u->policies, err);

	if (!route)
		return err_wrap(err, "output '%s'", u->name);
	sroute_free(route);
	return 0;
}

int output_url_check(const struct outspec *spec, struct err *err)
{
	CLEANUP_OUTPUT_URL struct output_url *first = output_url_parse(spec, err);
	struct err why = { 0 };
	int rc;

	if (!first)
		return err->code;
	rc = check_route(first, err);
	if (rc == 0)
		rc = check_options(first, err);
	for (size_t i = 1; rc == 0 && spec->kind != OUTSPEC_FILE; i++) {
		CLEANUP_OUTPUT_URL struct output_url *u = next_url(spec, first, i, &why);

		if (!u)
			return why.code ? err_set(err, why.code, "%s", why.text) : 0;
		rc = check_options(u, err);
	}
	return rc;
}
