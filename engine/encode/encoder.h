/* SPDX-License-Identifier: Apache-2.0 */
/*
 * encoder: an event as the bytes that a sink's reader expects. One interface over the formats; an
 * encoder owns its buffer, and several sinks of one format share it. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/encode/json.h"
#include "engine/encode/profile.h"
#include "engine/event.h"

struct tmpl;

enum encoder_format {
	ENCODER_JSON, /* a line */
	ENCODER_TABLE,
	ENCODER_TABLE_VERBOSE,
	ENCODER_TEMPLATE,  /* whatever the template says */
	ENCODER_MSGPACK,   /* a map */
	ENCODER_OTLP,      /* a LogRecord as protobuf */
	ENCODER_OTLP_JSON, /* the same as JSON */
	ENCODER_FORMATS
};
const char *encoder_format_name(enum encoder_format format); /* "json", ... */

struct encoder_options {
	enum encoder_format format;
	enum profile profile;     /* of JSON and MSGPACK; see profile_needs_time() */
	struct json_options json; /* of all formats */
	struct tmpl *template;    /* of TEMPLATE; taken, also by a failure */
};

struct encoder;

/* NULL with err: -ENOMEM. */
struct encoder *encoder_new(const struct encoder_options *opt, struct err *err);
void encoder_free(struct encoder *e);
bool encoder_is(const struct encoder *e, enum encoder_format format, enum profile profile);

/* What comes before the first event: the names of a table's columns. Valid until the next call;
 * *ret_len 0: nothing. */
const uint8_t *encoder_header(struct encoder *e, size_t *ret_len);
/* Valid until the next call; *ret_len is at most JSON_EVENT_MAX; 0: this format has nothing to say
 * of it (a template that is about other events). Never allocates. */
const uint8_t *encoder_event(struct encoder *e, const struct event *ev, size_t *ret_len);
