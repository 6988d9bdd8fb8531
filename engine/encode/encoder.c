/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/encoder.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/encode/msgpack.h"

struct encoder {
	struct encoder_options opt;
	uint8_t *buf; /* JSON_EVENT_MAX; what is never used is never resident */
};

static size_t put_json(const struct encoder *e, const struct event *ev)
{
	return json_event((char *)e->buf, JSON_EVENT_MAX, ev, &e->opt.json);
}

static size_t put_msgpack(const struct encoder *e, const struct event *ev)
{
	return emp_event(e->buf, JSON_EVENT_MAX, ev, &e->opt.json);
}

/* One row a format. */
static const struct {
	const char *name;
	int (*init)(void);
	size_t (*event)(const struct encoder *e, const struct event *ev);
} formats[ENCODER_FORMATS] = {
	[ENCODER_JSON] = { "json", json_init, put_json },
	[ENCODER_MSGPACK] = { "msgpack", emp_init, put_msgpack },
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
	}
	if (!e || !e->buf || formats[opt->format].init() < 0) {
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
	free(e->buf);
	free(e);
}

enum encoder_format encoder_format(const struct encoder *e)
{
	return e->opt.format;
}

const uint8_t *encoder_event(struct encoder *e, const struct event *ev, size_t *ret_len)
{
	*ret_len = formats[e->opt.format].event(e, ev);
	return e->buf;
}
