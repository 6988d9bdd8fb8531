/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "common/nearest.h"
#include "engine/encode/encoder.h"
#include "engine/encode/otlp_metrics.h"
#include "engine/encode/template.h"
#include "engine/now.h"
#include "engine/sink/file.h"
#include "engine/sink/file_worker.h"
#include "engine/sink/http_client.h"
#include "engine/sink/output_keys.h"
#include "engine/sink/outputs_url.h"
#include "engine/sink/remote.h"
#include "engine/sink/route.h"

#define READABLE_MAX 64

/* Who gets the engine's own figures. */
struct figures {
	int64_t every_ns;
	uint64_t next_ns; /* CLOCK_BOOTTIME */
	bool is_json;
};

struct outputs {
	struct outputs_options opt;
	struct sink *sinks[OUTSPEC_MAX]; /* owned, and so are the next two */
	struct sroute *routes[OUTSPEC_MAX];
	struct encoder *encoders[OUTSPEC_MAX];
	size_t n_sinks, n_encoders;
	char *writable[OUTSPEC_MAX + 1]; /* directories; owned, NULL-ended */
	size_t n_writable;
	struct figures figures[OUTSPEC_MAX];
	struct sink *figure_sinks[OUTSPEC_MAX]; /* of the same; owned */
	size_t n_figures;
	bool is_http, is_network;
	const char *readable[READABLE_MAX + 1];
};

/* The encoder of a format and profile is one for all, but for templates. NULL with err. */
static struct encoder *encoder_for(struct outputs *o, const struct output_url *url, struct err *err)
{
	struct encoder_options opt = { .format = url->format,
				       .profile = url->profile,
				       .json = o->opt.json };

	if (profile_needs_time(opt.profile) && opt.json.relative_time) {
		(void)err_set(err, -EINVAL,
			      "output '%s': key 'profile' tells the time of day, which "
			      "'option:relative-time' leaves out",
			      url->name);
		return NULL;
	}
	for (size_t i = 0; i < o->n_encoders && opt.format != ENCODER_TEMPLATE; i++)
		if (encoder_is(o->encoders[i], opt.format, opt.profile))
			return o->encoders[i];
	if (opt.format == ENCODER_TEMPLATE) {
		opt.template = tmpl_load(url->template, err);
		if (!opt.template)
			return NULL;
	}
	o->encoders[o->n_encoders] = encoder_new(&opt, err);
	return o->encoders[o->n_encoders] ? o->encoders[o->n_encoders++] : NULL;
}

static int add_writable(struct outputs *o, const char *dir, struct err *err)
{
	for (size_t i = 0; dir && i < o->n_writable; i++)
		if (strcmp(o->writable[i], dir) == 0)
			return 0;
	if (!dir)
		return 0;
	o->writable[o->n_writable] = strdup(dir);
	if (!o->writable[o->n_writable])
		return err_set(err, -ENOMEM, "output: out of memory");
	o->n_writable++;
	return 0;
}

static int prepare_network(struct outputs *o, const struct output_url *url, struct err *err)
{
	if (!url->is_http && !url->is_network)
		return 0;
	if (!o->is_http && !o->is_network && hclient_prepare(err) < 0)
		return err->code;
	o->is_http = o->is_http || url->is_http;
	o->is_network = o->is_network || url->is_network;
	return 0;
}

/* A queue or spool, and a thread, in front of the transports. */
static struct sink *open_remote(struct outputs *o, const struct output_url *url,
				struct remote_options *remote, struct err *err)
{
	remote->uid = o->opt.uid;
	remote->gid = o->opt.gid;
	remote->name = url->name;
	remote->queue_bytes = url->queue_bytes;
	remote->blocks = url->blocks;
	remote->spool_dir = url->spool_dir;
	remote->spool_bytes = url->spool_bytes;
	remote->n_tries_max = url->n_tries_max;
	return sink_remote_open(remote, err);
}

/* --- Files ------------------------------------------------------------------------------------ */

static struct sink *open_file(struct outputs *o, const struct outspec *spec,
			      const struct output_url *url, struct encoder *encoder,
			      struct err *err)
{
	struct sink_file_options opt = { .rotate = url->is_rotated ? &url->rotate : NULL,
					 .uid = o->opt.uid,
					 .gid = o->opt.gid };
	struct remote_options remote = { .n_transports = 1 };
	struct sink *sink;

	opt.header = encoder_header(encoder, &opt.header_len);
	sink = strcmp(spec->target, "-") == 0 ? sink_fd_open(STDOUT_FILENO, url->name, &opt, err)
					      : sink_file_open(spec->target, &opt, err);
	if (!sink || add_writable(o, sink_file_directory(sink), err) < 0) {
		sink_close(sink);
		return NULL;
	}
	if (url->blocks)
		return sink;
	remote.transports[0] = fworker_new(sink, err);
	return remote.transports[0] ? open_remote(o, url, &remote, err) : NULL;
}

/* Keys of a webhook that we do not know are its server's; one that is nearly ours hardly is. */
static void tell_strange_keys(const struct outspec *spec, const struct output_url *url)
{
	struct nearest near;
	struct okeys keys;

	okeys_of(&keys, spec->kind, spec->format);
	for (size_t i = 0; i < url->url.n_params; i++) {
		const struct surl_param *param = &url->url.params[i];

		if (param->is_known || strlen(param->key) > NEAREST_WORD_MAX)
			continue;
		nearest_init(&near, param->key);
		for (size_t k = 0; k < keys.n; k++)
			nearest_offer(&near, keys.items[k].name, strlen(keys.items[k].name));
		if (near.best[0])
			log_warning("output '%s': key '%s' is left to the server; did you mean "
				    "'%s'?",
				    url->name, param->key, near.best);
	}
}

/* --- Somebody else ---------------------------------------------------------------------------- */

static struct sink *open_url(struct outputs *o, const struct outspec *spec,
			     const struct output_url *url, struct err *err)
{
	struct remote_options remote = { .name = url->name };

	tell_strange_keys(spec, url);
	if (prepare_network(o, url, err) < 0 || add_writable(o, url->spool_dir, err) < 0 ||
	    output_url_transports(spec, url, remote.transports, &remote.n_transports, err) < 0)
		return NULL;
	return open_remote(o, url, &remote, err);
}

/* --- The engine's figures ----------------------------------------------------------------------
 */

static int open_figures(struct outputs *o, const struct output_url *url, struct err *err)
{
	struct remote_options remote = { .n_transports = 1 };
	struct figures *f = &o->figures[o->n_figures];
	struct sink *sink;
	char name[sizeof(url->name) + 16];

	(void)snprintf(name, sizeof(name), "%s (metrics)", url->name);
	if (prepare_network(o, url, err) < 0)
		return err->code;
	remote.name = name;
	remote.transports[0] = output_url_metrics(url, err);
	sink = remote.transports[0] ? sink_remote_open(&remote, err) : NULL;
	if (!sink)
		return err->code;
	o->figure_sinks[o->n_figures] = sink;
	f->every_ns = url->metrics_ms * NOW_NS_PER_MS;
	f->is_json = url->format == ENCODER_OTLP_JSON;
	o->n_figures++;
	return 0;
}

bool outputs_want_metrics(const struct outputs *o, uint64_t now_ns, int64_t *ret_next_ns)
{
	bool is_time = false;

	*ret_next_ns = -1;
	for (size_t i = 0; i < o->n_figures; i++) {
		int64_t left_ns = (int64_t)(o->figures[i].next_ns - now_ns);

		is_time = is_time || left_ns <= 0;
		if (left_ns > 0 && (*ret_next_ns < 0 || left_ns < *ret_next_ns))
			*ret_next_ns = left_ns;
	}
	return is_time;
}

static void put_figure(void *arg, const uint8_t *bytes, size_t len)
{
	const struct batch_item item = { .data = bytes, .len = (uint32_t)len, .is_urgent = 1 };

	(void)sink_put(arg, &item); /* what is lost comes again, with the next ones */
}

void outputs_put_metrics(struct outputs *o, uint64_t now_ns, const char *text, size_t len)
{
	struct eotlpm_options opt = { .start_ns = o->opt.json.start_ns +
						  (uint64_t)o->opt.json.epoch_offset_ns,
				      .time_ns = now_clock_ns(CLOCK_REALTIME) };

	for (size_t i = 0; i < o->n_figures; i++) {
		struct figures *f = &o->figures[i];
		struct sink *sink = o->figure_sinks[i];
		int rc;

		if (f->next_ns > now_ns)
			continue;
		opt.is_json = f->is_json;
		rc = eotlpm_document(text, len, &opt, put_figure, sink);
		if (rc < 0)
			log_warning("output '%s': figures cannot be told (%s)", sink_name(sink),
				    err_name(rc));
		(void)sink_flush(sink); /* likewise */
		f->next_ns = now_ns + (uint64_t)f->every_ns;
	}
}

/* --- All -------------------------------------------------------------------------------------- */

static int by_encoder(const void *a, const void *b)
{
	const struct sink *const *one = a, *const *two = b;
	uintptr_t x = (uintptr_t)(*one)->encoder, y = (uintptr_t)(*two)->encoder;

	return x < y ? -1 : x > y;
}

static int open_one(struct outputs *o, const struct outspec *spec, struct err *err)
{
	CLEANUP_OUTPUT_URL struct output_url *url = output_url_parse(spec, err);
	struct encoder *encoder = url ? encoder_for(o, url, err) : NULL;
	struct sink *sink;

	if (!encoder)
		return err->code;
	if (url->metrics_ms > 0) {
		int rc = open_figures(o, url, err);

		if (rc < 0 || url->has_no_events)
			return rc;
	}
	if (url->events || url->policies) {
		o->routes[o->n_sinks] = sroute_new(url->events, url->policies, err);
		if (!o->routes[o->n_sinks])
			return err_wrap(err, "output '%s'", url->name);
	}
	sink = spec->kind == OUTSPEC_FILE ? open_file(o, spec, url, encoder, err)
					  : open_url(o, spec, url, err);
	if (!sink)
		return err->code;
	sink->encoder = encoder;
	sink->route = o->routes[o->n_sinks];
	o->sinks[o->n_sinks++] = sink;
	return 0;
}

struct outputs *outputs_open(const struct outputs_options *opt, struct err *err)
{
	struct outputs *o = calloc(1, sizeof(*o));
	int rc = o ? 0 : err_set(err, -ENOMEM, "output: out of memory");

	if (o)
		o->opt = *opt;
	for (size_t i = 0; rc == 0 && i < opt->specs->n; i++)
		rc = open_one(o, &opt->specs->items[i], err);
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
	for (size_t i = 0; i < o->n_figures; i++)
		sink_close(o->figure_sinks[i]);
	for (size_t i = 0; i < OUTSPEC_MAX; i++)
		sroute_free(o->routes[i]);
	for (size_t i = 0; i < o->n_encoders; i++)
		encoder_free(o->encoders[i]);
	for (size_t i = 0; i < o->n_writable; i++)
		free(o->writable[i]);
	free(o);
}

static int start_one(struct sink *sink, struct err *err)
{
	return sink_start(sink, err) < 0 ? err_wrap(err, "output '%s'", sink_name(sink)) : 0;
}

int outputs_start(struct outputs *o, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < o->n_sinks && rc == 0; i++)
		rc = start_one(o->sinks[i], err);
	for (size_t i = 0; i < o->n_figures && rc == 0; i++)
		rc = start_one(o->figure_sinks[i], err);
	return rc;
}

struct sink *const *outputs_sinks(const struct outputs *o, size_t *ret_n)
{
	*ret_n = o->n_sinks;
	return o->sinks;
}

struct sink *const *outputs_figure_sinks(const struct outputs *o, size_t *ret_n)
{
	*ret_n = o->n_figures;
	return o->figure_sinks;
}

const char *const *outputs_writable(const struct outputs *o)
{
	return (const char *const *)o->writable;
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
