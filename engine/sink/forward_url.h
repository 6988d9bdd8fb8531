/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_url: options of forward from a URL: Tracee's, tcp://user:password@host:port?tag=...
 * &requireAck=true&connectionTimeout=10s, with tls:// and unix:// beside tcp://, and the
 * keys of the table below. Pure; any thread.
 */
#pragma once

#include "common/err.h"
#include "engine/sink/forward.h"
#include "engine/sink/url.h"

#define FORWARD_URL_KEYS 16
extern const struct surl_key forward_url_keys[FORWARD_URL_KEYS];
/* For surl_parse(). */
extern const struct surl_form forward_url_form;

/* The texts are the URL's, which has to outlive them. 0 or -EINVAL with err set. */
int forward_from_url(struct forward_options *ret_options, const struct surl *u, struct err *err);
