/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/encoder.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/encode/msgpack.h"
#include "engine/encode/msgpack_document.h"
#include "engine/encode/otlp.h"
#include "engine/encode/table.h"
#include "engine/encode/template.h"

struct format;

/* Buffers are as long as any event; what is never used is never resident. */
struct encoder {
	struct encoder_options opt;
	const struct format *format;
	uint8_t *buf;
	char *line;     /* the event's JSON, of what is made from it; NULL: none */
	char *profiled; /* likewise in the words of a profile, of MSGPACK */
	struct table table;
};

static size_t put_json(struct encoder *e, const struct event *ev)
{
	return json_event((char *)e->buf, JSON_EVENT_MAX, ev, &e->opt.json);
}

/* There is always room: a record has at most 32 KiB, six times that as JSON, and PROFILE_EVENT_MAX
 * of it is less than a buffer. */
static size_t put_profile(struct encoder *e, const struct event *ev)
{
	size_t len = json_event(e->line, JSON_EVENT_MAX, ev, &e->opt.json);

	return profile_event(e->opt.profile, (char *)e->buf, JSON_EVENT_MAX, e->line, len);
}

static size_t put_profile_map(struct encoder *e, const struct event *ev)
{
	size_t len = json_event(e->line, JSON_EVENT_MAX, ev, &e->opt.json);

	len = profile_event(e->opt.profile, e->profiled, JSON_EVENT_MAX, e->line, len);
	return emp_document(e->buf, JSON_EVENT_MAX, e->profiled, len);
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

static const struct format {
	const char *name;
	int (*init)(void);
	size_t (*event)(struct encoder *e, const struct event *ev);
	unsigned int n_lines; /* that it is made from */
} formats[ENCODER_FORMATS] = {
	[ENCODER_JSON] = { "json", json_init, put_json, 0 },
	[ENCODER_TABLE] = { "table", json_init, put_table, 1 },
	[ENCODER_TABLE_VERBOSE] = { "table-verbose", json_init, put_table, 1 },
	[ENCODER_TEMPLATE] = { "gotemplate", json_init, put_template, 1 },
	[ENCODER_MSGPACK] = { "msgpack", emp_init, put_msgpack, 0 },
	[ENCODER_OTLP] = { "otlp", eotlp_init, put_otlp, 0 },
	[ENCODER_OTLP_JSON] = { "otlp-json", eotlp_init, put_otlp, 0 },
};

/* The same in the words of a profile. */
static const struct format profiled[ENCODER_FORMATS] = {
	[ENCODER_JSON] = { "json", json_init, put_profile, 1 },
	[ENCODER_MSGPACK] = { "msgpack", json_init, put_profile_map, 2 },
};

const char *encoder_format_name(enum encoder_format format)
{
	return formats[format].name;
}

static int allocate(struct encoder *e)
{
	e->buf = malloc(JSON_EVENT_MAX);
	e->line = e->format->n_lines > 0 ? malloc(JSON_EVENT_MAX) : NULL;
	e->profiled = e->format->n_lines > 1 ? malloc(JSON_EVENT_MAX) : NULL;
	if (!e->buf || (e->format->n_lines > 0 && !e->line) ||
	    (e->format->n_lines > 1 && !e->profiled))
		return -ENOMEM;
	return e->format->init();
}

struct encoder *encoder_new(const struct encoder_options *opt, struct err *err)
{
	struct encoder *e = calloc(1, sizeof(*e));
	bool is_profiled = opt->profile != PROFILE_NATIVE && profiled[opt->format].name;

	if (e) {
		e->opt = *opt;
		e->format = is_profiled ? &profiled[opt->format] : &formats[opt->format];
		e->table.opt.is_verbose = opt->format == ENCODER_TABLE_VERBOSE;
		e->table.opt.containers = TABLE_CONTAINERS_ID;
		e->table.opt.relative_time = opt->json.relative_time;
	} else {
		tmpl_free(opt->template);
	}
	if (!e || allocate(e) < 0) {
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
	free(e->profiled);
	free(e->buf);
	free(e);
}

bool encoder_is(const struct encoder *e, enum encoder_format format, enum profile profile)
{
	return e->opt.format == format && e->opt.profile == profile;
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
	*ret_len = e->format->event(e, ev);
	return e->buf;
}
