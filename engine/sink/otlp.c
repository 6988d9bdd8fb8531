/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/otlp.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sink/otlp_request.h"
#include "engine/sink/otlp_response.h"

struct otlp {
	struct transport base; /* first */
	struct hclient *client;
	struct oreq req;
	enum otlp_protocol protocol;
	bool gzip;
	struct payload plain, packed;
};

/* --- Answers. --- */

static bool is_json(const struct hclient_reply *reply)
{
	return !strncasecmp(reply->content_type, "application/json", strlen("application/json"));
}

/* The peer has them, or those of them that it wanted. */
static int take_export(const struct hclient_reply *reply, const uint8_t *bytes, size_t len,
		       struct delivery *ret)
{
	struct oresp resp;
	int r = is_json(reply) ? oresp_export_json(&resp, bytes, len)
			       : oresp_export(&resp, bytes, len);

	ret->text[0] = '\0';
	/* It said yes. What it added cannot be read, or it is a proxy that answers in its own way:
	 * to send again would be to send twice. */
	if (r < 0)
		return 0;
	ret->n_refused = (size_t)resp.n_refused;
	if (resp.n_refused > 0 || resp.text[0])
		hclient_say(ret, "peer answered", resp.text);
	return 0;
}

static int take_http(const struct hclient_reply *reply, struct delivery *ret)
{
	struct oresp status;
	char what[64];
	int r = hclient_judge(reply, ret);

	if (r == 0)
		return take_export(reply, reply->body, reply->body_len, ret);
	if ((is_json(reply) ? oresp_status_json(&status, reply->body, reply->body_len)
			    : oresp_status(&status, reply->body, reply->body_len)) < 0)
		return r;
	/* A page of HTML is no protobuf, but it could be one by chance: only what both say. */
	if (is_json(reply) || !strncasecmp(reply->content_type, "application/x-protobuf", 22)) {
		(void)snprintf(what, sizeof(what), "peer answered %d", reply->status);
		hclient_say(ret, what, status.text);
		if (ret->retry_after_ms < 0)
			ret->retry_after_ms = status.retry_after_ms;
	}
	return r;
}

/* By number; the meanings are those of OTLP's specification, "Failures". */
static const struct {
	const char *name;
	int code;
} grpc_codes[] = {
	{ "OK", 0 },
	{ "CANCELLED", -EAGAIN },
	{ "UNKNOWN", -EBADMSG },
	{ "INVALID_ARGUMENT", -EBADMSG },
	{ "DEADLINE_EXCEEDED", -EAGAIN },
	{ "NOT_FOUND", -EBADMSG },
	{ "ALREADY_EXISTS", -EBADMSG },
	{ "PERMISSION_DENIED", -EACCES },
	{ "RESOURCE_EXHAUSTED", -EAGAIN },
	{ "FAILED_PRECONDITION", -EBADMSG },
	{ "ABORTED", -EAGAIN },
	{ "OUT_OF_RANGE", -EAGAIN },
	{ "UNIMPLEMENTED", -EOPNOTSUPP },
	{ "INTERNAL", -EBADMSG },
	{ "UNAVAILABLE", -EAGAIN },
	{ "DATA_LOSS", -EAGAIN },
	{ "UNAUTHENTICATED", -EACCES },
};
#define GRPC_RESOURCE_EXHAUSTED 8U
#define GRPC_OUT_OF_RANGE 11U

/* A message is too large: there is no code for it, but the words of gRPC's own libraries (C++, Go,
 * Java), of .NET and of Rust's tonic. */
static bool is_too_large(unsigned long number, const char *message)
{
	return (number == GRPC_RESOURCE_EXHAUSTED &&
		(strstr(message, "larger than max") || strstr(message, "exceeds maximum size") ||
		 strstr(message, "exceeds the maximum configured message size"))) ||
	       (number == GRPC_OUT_OF_RANGE && strstr(message, "message length too large"));
}

static void take_retry_info(const struct hclient_reply *reply, struct delivery *ret)
{
	uint8_t bytes[HCLIENT_HEADER_MAX];
	struct oresp status;
	int len = oresp_unbase64(bytes, sizeof(bytes), reply->grpc_details);

	if (len > 0 && oresp_status(&status, bytes, (size_t)len) == 0)
		ret->retry_after_ms = status.retry_after_ms;
}

static int grpc_failed(const struct hclient_reply *reply, unsigned long number,
		       struct delivery *ret)
{
	char message[sizeof(reply->grpc_message)], what[64];
	int r = -EBADMSG;

	(void)snprintf(message, sizeof(message), "%s", reply->grpc_message);
	oresp_unpercent(message);
	if (number < sizeof(grpc_codes) / sizeof(grpc_codes[0])) {
		(void)snprintf(what, sizeof(what), "peer answered %s", grpc_codes[number].name);
		r = grpc_codes[number].code;
	} else {
		(void)snprintf(what, sizeof(what), "peer answered grpc-status %lu", number);
	}
	hclient_say(ret, what, message);
	take_retry_info(reply, ret);
	return ret->retry_after_ms < 0 && is_too_large(number, message) ? -E2BIG : r;
}

static int take_grpc(const struct hclient_reply *reply, struct delivery *ret)
{
	const uint8_t *message;
	unsigned long number;
	size_t len;
	int r = hclient_judge(reply, ret);
	char *end;

	if (reply->grpc_status[0]) {
		number = strtoul(reply->grpc_status, &end, 10);
		if (*end || !isdigit((unsigned char)reply->grpc_status[0])) {
			hclient_say(ret, "peer answered a grpc-status that is no number", "");
			return -EPROTO;
		}
		if (number > 0)
			return grpc_failed(reply, number, ret);
	} else if (r == 0) {
		hclient_say(ret, "peer answered without a grpc-status, is no gRPC server", "");
		return -EPROTO;
	}
	if (r < 0)
		return r;
	if (oresp_unframe(reply->body, reply->body_len, &message, &len) < 0)
		return 0; /* as in take_export() */
	return take_export(reply, message, len, ret);
}

/* --- The transport. --- */

static int make_body(struct otlp *o, const struct batch *batch, const struct payload **ret)
{
	bool is_framed = o->protocol == OTLP_GRPC;
	struct payload *p = &o->plain;
	int r = oreq_write(&o->req, batch, &o->plain);

	if (r == 0 && o->gzip) {
		p = &o->packed;
		r = spay_gzip(p, &o->plain, is_framed ? OREQ_FRAME_LEN : 0);
	}
	if (r == 0 && is_framed)
		oreq_frame(p, o->gzip);
	*ret = p;
	return r;
}

static const char *encoding_of(const struct otlp *o)
{
	if (!o->gzip)
		return NULL;
	return o->protocol == OTLP_GRPC ? "grpc-encoding: gzip" : "Content-Encoding: gzip";
}

static int otlp_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct otlp *o = (struct otlp *)t;
	const struct hclient_reply *reply;
	const struct payload *body;
	struct err err = { 0 };
	int r = make_body(o, batch, &body);

	if (r < 0) {
		hclient_say(ret, "request cannot be made", err_name(r));
		return r;
	}
	r = hclient_post(o->client, body->bytes, body->len, encoding_of(o), t->cancel_fd, &reply,
			 &err);
	if (r < 0) {
		hclient_say(ret, err.text, "");
		return r;
	}
	r = o->protocol == OTLP_GRPC ? take_grpc(reply, ret) : take_http(reply, ret);
	if (ret->n_refused > batch->n)
		ret->n_refused = batch->n;
	return r;
}

/* Whether somebody is there shows when the first request is sent. */
static int otlp_connect(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return 0;
}

static void otlp_disconnect(struct transport *t)
{
	hclient_disconnect(((struct otlp *)t)->client);
}

static void otlp_free(struct transport *t)
{
	struct otlp *o = (struct otlp *)t;

	if (!o)
		return;
	hclient_free(o->client);
	oreq_done(&o->req);
	spay_done(&o->plain);
	spay_done(&o->packed);
	free(o);
}

static const struct transport_ops ops = {
	.connect = otlp_connect,
	.send = otlp_send,
	.disconnect = otlp_disconnect,
	.free = otlp_free,
};

/* By protocol. */
static const struct {
	const char *kind, *content_type;
} protocols[] = {
	[OTLP_HTTP_PROTOBUF] = { "otlp-http", "application/x-protobuf" },
	[OTLP_HTTP_JSON] = { "otlp-http-json", "application/json" },
	[OTLP_GRPC] = { "otlp-grpc", "application/grpc" },
};

static const char *path_of(const struct otlp_options *opt)
{
	bool is_grpc = opt->protocol == OTLP_GRPC;

	if (opt->signal == OTLP_METRICS)
		return is_grpc ? "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
			       : "/v1/metrics";
	return is_grpc ? "/opentelemetry.proto.collector.logs.v1.LogsService/Export" : "/v1/logs";
}

/* The caller's, and what gRPC asks for. */
static struct hclient *make_client(const struct otlp_options *opt, struct err *err)
{
	struct hclient_options http = opt->http;
	const char **headers;
	struct hclient *client;
	size_t n = 0;

	while (http.headers && http.headers[n])
		n++;
	headers = calloc(n + 2, sizeof(*headers));
	if (!headers) {
		(void)err_set(err, -ENOMEM, "headers: out of memory");
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		headers[i] = http.headers[i];
	if (opt->protocol == OTLP_GRPC)
		headers[n] = "te: trailers";
	http.headers = headers;
	http.is_http2 = opt->protocol == OTLP_GRPC;
	http.content_type = protocols[opt->protocol].content_type;
	http.default_path = path_of(opt);
	client = hclient_new(&http, err);
	free(headers);
	return client;
}

static void set_base(struct otlp *o, const struct otlp_options *opt)
{
	struct transport *t = &o->base;

	t->ops = &ops;
	t->kind = protocols[opt->protocol].kind;
	t->cancel_fd = -1;
	t->batch_items_max = opt->batch_items_max ? opt->batch_items_max : OTLP_BATCH_ITEMS;
	t->batch_bytes_max = opt->batch_bytes_max ? opt->batch_bytes_max : OTLP_BATCH_BYTES;
	t->linger_ms = opt->linger_ms ? opt->linger_ms : OTLP_LINGER_MS;
	if (t->linger_ms < 0)
		t->linger_ms = 0;
	o->protocol = opt->protocol;
	o->gzip = opt->gzip;
}

struct transport *otlp_new(const struct otlp_options *opt, struct err *err)
{
	struct otlp *o = calloc(1, sizeof(*o));

	if (!o) {
		(void)err_set(err, -ENOMEM, "otlp: out of memory");
		return NULL;
	}
	set_base(o, opt);
	if (oreq_init(&o->req, opt, err) == 0)
		o->client = make_client(opt, err);
	if (!o->client) {
		(void)err_wrap(err, "otlp");
		otlp_free(&o->base);
		return NULL;
	}
	return &o->base;
}
