/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forward_url: options of forward from a URL: Tracee's, tcp://user:password@host:port?tag=...
 * &requireAck=true&connectionTimeout=10s, with tls:// and unix:// beside tcp://, and the keys
 * below. Pure; any thread.
 *
 *     mode=message|forward|packed|compressed    packed; message with form=tracee
 *     form=map|tracee                           what an event is sent as
 *     integerTime                               see forward_options, as all of these:
 *     sharedKey sharedKeyFile selfHostname sendTimeout ackTimeout
 *     caFile certFile keyFile serverName insecure
 */
#pragma once

#include "common/err.h"
#include "engine/sink/forward.h"
#include "engine/sink/url.h"

/* For surl_parse(). */
extern const struct surl_form forward_url_form;

/* The texts are the URL's, which has to outlive them. 0 or -EINVAL with err set. */
int forward_from_url(struct forward_options *ret_options, const struct surl *u, struct err *err);
