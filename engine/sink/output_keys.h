/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output_keys: what may stand behind the '?' of an output (prefix okeys_). The tables here and
 * beside the kinds (forward_url.c, syslog_url.c, kafka_url.c) are the only place that names a key:
 * the parser reads them, and so does the help ('warder man outputs'). Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "engine/sink/output_spec.h"
#include "engine/sink/url.h"

#define OKEYS_MAX 64

struct okeys_section {
	const char *title; /* "Files" */
	const char *about; /* a sentence or two */
	const struct surl_key *keys;
	size_t n_keys;
	unsigned int kinds; /* bit by enum outspec_kind */
	bool json_only;     /* of files: not with the other formats */
	bool is_sinks;      /* about the sink, not one of several destinations */
};

/* In the order of help. */
const struct okeys_section *okeys_sections(size_t *ret_n);

struct okeys {
	struct surl_key items[OKEYS_MAX];
	size_t n;
};
/* Those of one kind of output; the format is a file's. */
void okeys_of(struct okeys *ret_keys, enum outspec_kind kind, enum outspec_format format);
/* The value of a key as people are told: "drop|block", "10s"; never NULL. */
const char *okeys_value(const struct surl_key *key);
