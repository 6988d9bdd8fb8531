/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/encode/encoder.h"
#include "engine/encode/template.h"
#include "engine/sink/file.h"
#include "engine/sink/http_client.h"
#include "engine/sink/outputs_url.h"
#include "engine/sink/remote.h"
#include "engine/sink/route.h"

#define READABLE_MAX 64

struct outputs {
	struct outputs_options opt;
	struct sink *sinks[OUTSPEC_MAX]; /* owned, and so are the next two */
	struct sroute *routes[OUTSPEC_MAX];
	struct encoder *encoders[OUTSPEC_MAX];
	size_t n_sinks, n_encoders;
	char *spools[OUTSPEC_MAX + 1]; /* owned, NULL-ended */
	size_t n_spools;
	bool is_http, is_network;
	const char *readable[READABLE_MAX + 1];
};

/* The encoder of a format is one for all, but for templates. NULL with err. */
static struct encoder *encoder_for(struct outputs *o, enum encoder_format format,
				   const char *template, struct err *err)
{
	struct encoder_options opt = { .format = format, .json = o->opt.json };

	for (size_t i = 0; i < o->n_encoders && format != ENCODER_TEMPLATE; i++)
		if (encoder_format(o->encoders[i]) == format)
			return o->encoders[i];
	if (format == ENCODER_TEMPLATE) {
		opt.template = tmpl_load(template, err);
		if (!opt.template)
			return NULL;
	}
	o->encoders[o->n_encoders] = encoder_new(&opt, err);
	return o->encoders[o->n_encoders] ? o->encoders[o->n_encoders++] : NULL;
}

/* --- Files ------------------------------------------------------------------------------------ */

static int put_header(struct sink *sink, struct encoder *encoder)
{
	struct batch_item item = { .is_urgent = 1 };
	size_t len;

	item.data = encoder_header(encoder, &len);
	item.len = (uint32_t)len;
	return len > 0 ? sink_put(sink, &item) : 0;
}

static int open_file(struct outputs *o, const struct outspec *spec, struct err *err)
{
	static const enum encoder_format formats[] = {
		[OUTSPEC_JSON] = ENCODER_JSON,
		[OUTSPEC_TABLE] = ENCODER_TABLE,
		[OUTSPEC_TABLE_VERBOSE] = ENCODER_TABLE_VERBOSE,
		[OUTSPEC_TEMPLATE] = ENCODER_TEMPLATE,
	};
	struct encoder *encoder = encoder_for(o, formats[spec->format], spec->template, err);
	struct sink *sink;

	if (!encoder)
		return err->code;
	sink = strcmp(spec->target, "-") == 0 ? sink_fd_open(STDOUT_FILENO, "stdout", err)
					      : sink_file_open(spec->target, err);
	if (!sink)
		return err->code;
	sink->encoder = encoder;
	o->sinks[o->n_sinks++] = sink;
	(void)put_header(sink, encoder); /* what is wrong with it the first event says too */
	return 0;
}

/* --- Somebody else ---------------------------------------------------------------------------- */

static int add_spool(struct outputs *o, const char *dir, struct err *err)
{
	if (!dir)
		return 0;
	o->spools[o->n_spools] = strdup(dir);
	if (!o->spools[o->n_spools])
		return err_set(err, -ENOMEM, "output: out of memory");
	o->n_spools++;
	return 0;
}

static int open_remote(struct outputs *o, const struct outspec *spec, struct err *err)
{
	CLEANUP_OUTPUT_URL struct output_url *url = output_url_parse(spec, err);
	struct remote_options remote = { .uid = o->opt.uid, .gid = o->opt.gid };
	struct encoder *encoder;
	struct sink *sink;
	int rc = url ? 0 : err->code;

	if (rc == 0 && url->is_http && !o->is_http)
		rc = hclient_prepare(err);
	if (rc < 0)
		return rc;
	o->is_http = o->is_http || url->is_http;
	o->is_network = o->is_network || url->is_network;
	encoder = encoder_for(o, url->format, url->template, err);
	if (!encoder)
		return err->code;
	o->routes[o->n_sinks] = sroute_new(url->events, url->policies, err);
	if (!o->routes[o->n_sinks])
		return err->code;
	remote.name = url->name;
	remote.queue_bytes = url->queue_bytes;
	remote.blocks = url->blocks;
	remote.spool_dir = url->spool_dir;
	remote.spool_bytes = url->spool_bytes;
	remote.n_tries_max = url->n_tries_max;
	remote.n_transports = 1;
	remote.transports[0] = output_url_transport(url, err);
	if (!remote.transports[0])
		rc = err->code;
	sink = rc == 0 ? sink_remote_open(&remote, err) : NULL;
	if (!sink) {
		sroute_free(o->routes[o->n_sinks]);
		o->routes[o->n_sinks] = NULL;
		return err->code;
	}
	sink->encoder = encoder;
	sink->route = o->routes[o->n_sinks];
	o->sinks[o->n_sinks++] = sink;
	return add_spool(o, url->spool_dir, err);
}

/* --- All -------------------------------------------------------------------------------------- */

static int by_encoder(const void *a, const void *b)
{
	const struct sink *const *one = a, *const *two = b;
	uintptr_t x = (uintptr_t)(*one)->encoder, y = (uintptr_t)(*two)->encoder;

	return x < y ? -1 : x > y;
}

struct outputs *outputs_open(const struct outputs_options *opt, struct err *err)
{
	struct outputs *o = calloc(1, sizeof(*o));
	int rc = o ? 0 : err_set(err, -ENOMEM, "output: out of memory");

	if (o)
		o->opt = *opt;
	for (size_t i = 0; rc == 0 && i < opt->specs->n; i++)
		rc = opt->specs->items[i].kind == OUTSPEC_FILE
			     ? open_file(o, &opt->specs->items[i], err)
			     : open_remote(o, &opt->specs->items[i], err);
	if (rc < 0) {
		outputs_close(o);
		return NULL;
	}
	qsort(o->sinks, o->n_sinks, sizeof(o->sinks[0]), by_encoder);
	return o;
}

void outputs_close(struct outputs *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->n_sinks; i++)
		sink_close(o->sinks[i]);
	for (size_t i = 0; i < OUTSPEC_MAX; i++)
		sroute_free(o->routes[i]);
	for (size_t i = 0; i < o->n_encoders; i++)
		encoder_free(o->encoders[i]);
	for (size_t i = 0; i < o->n_spools; i++)
		free(o->spools[i]);
	free(o);
}

int outputs_start(struct outputs *o, struct err *err)
{
	for (size_t i = 0; i < o->n_sinks; i++) {
		int rc = sink_start(o->sinks[i]);

		if (rc < 0)
			return err_set(err, rc, "output '%s' cannot be started (%s)",
				       sink_name(o->sinks[i]), err_name(rc));
	}
	return 0;
}

struct sink *const *outputs_sinks(const struct outputs *o, size_t *ret_n)
{
	*ret_n = o->n_sinks;
	return o->sinks;
}

const char *const *outputs_writable(const struct outputs *o)
{
	return (const char *const *)o->spools;
}

const char *const *outputs_readable(const struct outputs *o)
{
	static const char *const none[] = { NULL };

	return o->is_http || o->is_network ? hclient_readable() : none;
}

bool outputs_need_network(const struct outputs *o)
{
	return o->is_network;
}
