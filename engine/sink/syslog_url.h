/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_url: options of syslog from a URL. Pure; any thread.
 *
 *     udp://host:514  tcp://host:514  tls://host:6514  unix:///dev/log     host: udp, port 514
 */
#pragma once

#include "common/err.h"
#include "engine/sink/syslog.h"
#include "engine/sink/url.h"

#define SLOG_URL_KEYS 14
extern const struct surl_key slog_url_keys[SLOG_URL_KEYS];
/* For surl_parse() of this text: the standard port depends on the scheme. */
const struct surl_form *slog_url_form(const char *text);

/* The texts are the URL's, which has to outlive them, and so has the list. 0 or -EINVAL with err
 * set. */
int slog_from_url(struct slog_options *ret_options, const struct surl *u,
		  const char *ret_list[static SURL_PARAMS_MAX + 1], struct err *err);
