/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/encoder.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/encode/msgpack.h"
#include "engine/encode/otlp.h"
#include "engine/encode/table.h"
#include "engine/encode/template.h"

/* Buffers are as long as any event; what is never used is never resident. */
struct encoder {
	struct encoder_options opt;
	uint8_t *buf;
	char *line; /* the event's JSON, of formats that are made from it; NULL: none */
	struct table table;
};

static size_t put_json(struct encoder *e, const struct event *ev)
{
	return json_event((char *)e->buf, JSON_EVENT_MAX, ev, &e->opt.json);
}

static size_t put_table(struct encoder *e, const struct event *ev)
{
	size_t len = json_event(e->line, JSON_EVENT_MAX, ev, &e->opt.json);

	return table_event(&e->table, (char *)e->buf, JSON_EVENT_MAX, e->line, len);
}

static size_t put_template(struct encoder *e, const struct event *ev)
{
	size_t len = json_event(e->line, JSON_EVENT_MAX, ev, &e->opt.json);
	ssize_t n = tmpl_event(e->opt.template, (char *)e->buf, JSON_EVENT_MAX, e->line, len);

	return n > 0 ? (size_t)n : 0;
}

static size_t put_msgpack(struct encoder *e, const struct event *ev)
{
	return emp_event(e->buf, JSON_EVENT_MAX, ev, &e->opt.json);
}

static size_t put_otlp(struct encoder *e, const struct event *ev)
{
	const struct eotlp_options opt = { .is_json = e->opt.format == ENCODER_OTLP_JSON };

	return eotlp_event(e->buf, JSON_EVENT_MAX, ev, &e->opt.json, &opt);
}

static const struct {
	const char *name;
	int (*init)(void);
	size_t (*event)(struct encoder *e, const struct event *ev);
	unsigned int is_from_json;
} formats[ENCODER_FORMATS] = {
	[ENCODER_JSON] = { "json", json_init, put_json, 0 },
	[ENCODER_TABLE] = { "table", json_init, put_table, 1 },
	[ENCODER_TABLE_VERBOSE] = { "table-verbose", json_init, put_table, 1 },
	[ENCODER_TEMPLATE] = { "gotemplate", json_init, put_template, 1 },
	[ENCODER_MSGPACK] = { "msgpack", emp_init, put_msgpack, 0 },
	[ENCODER_OTLP] = { "otlp", eotlp_init, put_otlp, 0 },
	[ENCODER_OTLP_JSON] = { "otlp-json", eotlp_init, put_otlp, 0 },
};

const char *encoder_format_name(enum encoder_format format)
{
	return formats[format].name;
}

struct encoder *encoder_new(const struct encoder_options *opt, struct err *err)
{
	struct encoder *e = calloc(1, sizeof(*e));

	if (e) {
		e->opt = *opt;
		e->buf = malloc(JSON_EVENT_MAX);
		e->line = formats[opt->format].is_from_json ? malloc(JSON_EVENT_MAX) : NULL;
		e->table.opt.is_verbose = opt->format == ENCODER_TABLE_VERBOSE;
		e->table.opt.containers = TABLE_CONTAINERS_ID;
		e->table.opt.relative_time = opt->json.relative_time;
	} else {
		tmpl_free(opt->template);
	}
	if (!e || !e->buf || (formats[opt->format].is_from_json && !e->line) ||
	    formats[opt->format].init() < 0) {
		(void)err_set(err, -ENOMEM, "format '%s': out of memory",
			      formats[opt->format].name);
		encoder_free(e);
		return NULL;
	}
	return e;
}

void encoder_free(struct encoder *e)
{
	if (!e)
		return;
	tmpl_free(e->opt.template);
	free(e->line);
	free(e->buf);
	free(e);
}

enum encoder_format encoder_format(const struct encoder *e)
{
	return e->opt.format;
}

const uint8_t *encoder_header(struct encoder *e, size_t *ret_len)
{
	*ret_len = 0;
	if (e->opt.format == ENCODER_TABLE || e->opt.format == ENCODER_TABLE_VERBOSE)
		*ret_len = table_header(&e->table, (char *)e->buf, JSON_EVENT_MAX);
	return e->buf;
}

const uint8_t *encoder_event(struct encoder *e, const struct event *ev, size_t *ret_len)
{
	*ret_len = formats[e->opt.format].event(e, ev);
	return e->buf;
}
