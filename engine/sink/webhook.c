/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/webhook.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/sink/payload.h"

struct webhook {
	struct transport base; /* first */
	struct hclient *client;
	enum webhook_mode mode;
	bool gzip;
	struct payload plain, packed;
};

static int make_body(struct webhook *hook, const struct batch *batch, const struct payload **ret)
{
	int r = spay_begin(&hook->plain, batch->n_bytes + batch->n + 2);

	if (r < 0)
		return r;
	if (hook->mode == WEBHOOK_ARRAY)
		spay_put(&hook->plain, "[", 1);
	spay_put_items(&hook->plain, batch, hook->mode == WEBHOOK_ARRAY ? "," : "\n");
	if (hook->mode == WEBHOOK_ARRAY)
		spay_put(&hook->plain, "]", 1);
	else if (hook->mode == WEBHOOK_LINES)
		spay_put(&hook->plain, "\n", 1);
	*ret = &hook->plain;
	if (!hook->gzip)
		return 0;
	*ret = &hook->packed;
	return spay_gzip(&hook->packed, &hook->plain, 0);
}

static int hook_send(struct transport *t, const struct batch *batch, struct delivery *ret)
{
	struct webhook *hook = (struct webhook *)t;
	const struct hclient_reply *reply;
	const struct payload *body;
	struct err err = { 0 };
	int r;

	/* Whatever the caller does: never two events in a body that is to be one. */
	if (hook->mode == WEBHOOK_SINGLE && batch->n > 1)
		return -E2BIG;
	r = make_body(hook, batch, &body);
	if (r < 0) {
		hclient_say(ret, "request cannot be made", err_name(r));
		return r;
	}
	r = hclient_post(hook->client, body->bytes, body->len,
			 hook->gzip ? "Content-Encoding: gzip" : NULL, t->cancel_fd, &reply, &err);
	if (r < 0) {
		hclient_say(ret, err.text, "");
		return r;
	}
	return hclient_judge(reply, ret);
}

/* Whether somebody is there shows when the first request is sent. */
static int hook_connect(struct transport *t, struct err *err)
{
	(void)t;
	(void)err;
	return 0;
}

static void hook_disconnect(struct transport *t)
{
	hclient_disconnect(((struct webhook *)t)->client);
}

static void hook_free(struct transport *t)
{
	struct webhook *hook = (struct webhook *)t;

	if (!hook)
		return;
	hclient_free(hook->client);
	spay_done(&hook->plain);
	spay_done(&hook->packed);
	free(hook);
}

static const struct transport_ops ops = {
	.connect = hook_connect,
	.send = hook_send,
	.disconnect = hook_disconnect,
	.free = hook_free,
};

static void set_batch(struct transport *t, const struct webhook_options *opt)
{
	t->batch_items_max = opt->batch_items_max ? opt->batch_items_max : WEBHOOK_BATCH_ITEMS;
	t->batch_bytes_max = opt->batch_bytes_max ? opt->batch_bytes_max : WEBHOOK_BATCH_BYTES;
	t->linger_ms = opt->linger_ms ? opt->linger_ms : WEBHOOK_LINGER_MS;
	if (opt->mode == WEBHOOK_SINGLE) {
		t->batch_items_max = 1;
		t->linger_ms = 0;
	}
	if (t->linger_ms < 0)
		t->linger_ms = 0;
}

struct transport *webhook_new(const struct webhook_options *opt, struct err *err)
{
	struct hclient_options http = opt->http;
	struct webhook *hook = calloc(1, sizeof(*hook));

	if (!hook) {
		(void)err_set(err, -ENOMEM, "webhook: out of memory");
		return NULL;
	}
	if (!http.content_type)
		http.content_type =
			opt->mode == WEBHOOK_LINES ? "application/x-ndjson" : "application/json";
	hook->base = (struct transport){ .ops = &ops, .kind = "webhook", .cancel_fd = -1 };
	set_batch(&hook->base, opt);
	hook->mode = opt->mode;
	hook->gzip = opt->gzip;
	hook->client = hclient_new(&http, err);
	if (!hook->client) {
		(void)err_wrap(err, "webhook");
		hook_free(&hook->base);
		return NULL;
	}
	return &hook->base;
}
