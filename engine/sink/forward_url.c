/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/forward_url.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"

#define STANDARD_PORT 24224

static const char *const schemes[] = { "tcp", "tls", "unix", NULL };

static const struct surl_key keys[] = {
	{ .name = "tag", .type = SURL_TEXT },
	{ .name = "requireAck", .type = SURL_BOOL },
	{ .name = "connectionTimeout", .type = SURL_DURATION },
	{ .name = "sendTimeout", .type = SURL_DURATION },
	{ .name = "ackTimeout", .type = SURL_DURATION },
	{ .name = "mode", .type = SURL_TEXT },
	{ .name = "form", .type = SURL_TEXT },
	{ .name = "integerTime", .type = SURL_BOOL },
	{ .name = "sharedKey", .type = SURL_TEXT },
	{ .name = "sharedKeyFile", .type = SURL_TEXT },
	{ .name = "selfHostname", .type = SURL_TEXT },
	{ .name = "caFile", .type = SURL_TEXT },
	{ .name = "certFile", .type = SURL_TEXT },
	{ .name = "keyFile", .type = SURL_TEXT },
	{ .name = "serverName", .type = SURL_TEXT },
	{ .name = "insecure", .type = SURL_BOOL },
};

const struct surl_form forward_url_form = {
	.what = "forward",
	.schemes = schemes,
	.default_scheme = "tcp",
	.default_port = STANDARD_PORT,
	.keys = keys,
	.n_keys = ARRAY_LEN(keys),
};

static const char *const modes[FORWARD_MODES] = {
	[FORWARD_MESSAGE] = "message",
	[FORWARD_FORWARD] = "forward",
	[FORWARD_PACKED] = "packed",
	[FORWARD_COMPRESSED] = "compressed",
};

static int set_form(struct forward_options *opt, const struct surl *u, struct err *err)
{
	const char *form = surl_text(u, "form", "map"), *mode;
	char quoted[QUOTE_CAP];

	opt->is_tracee_form = !strcmp(form, "tracee");
	if (!opt->is_tracee_form && strcmp(form, "map") != 0)
		return err_set(err, -EINVAL,
			       "forward: form '%s' is not known, expected map or tracee",
			       quote_text(quoted, form));
	mode = surl_text(u, "mode", opt->is_tracee_form ? "message" : "packed");
	for (int i = 0; i < FORWARD_MODES; i++) {
		if (!strcmp(mode, modes[i])) {
			opt->mode = (enum forward_mode)i;
			return 0;
		}
	}
	return err_set(err, -EINVAL,
		       "forward: mode '%s' is not known, expected message, forward, packed or "
		       "compressed",
		       quote_text(quoted, mode));
}

/* NULL when there is nothing. */
static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

int forward_from_url(struct forward_options *ret_options, const struct surl *u, struct err *err)
{
	struct forward_options opt = {
		.path = or_null(u->path),
		.host = or_null(u->host),
		.port = u->port,
		.is_tls = !strcmp(u->scheme, "tls"),
		.tag = surl_text(u, "tag", NULL),
		.has_integer_time = surl_bool(u, "integerTime", false),
		.require_ack = surl_bool(u, "requireAck", false),
		.shared_key = surl_text(u, "sharedKey", NULL),
		.shared_key_file = surl_text(u, "sharedKeyFile", NULL),
		.user = u->has_user ? u->user : NULL,
		.password = u->has_user ? u->password : NULL,
		.self_hostname = surl_text(u, "selfHostname", NULL),
		.ca_file = surl_text(u, "caFile", NULL),
		.cert_file = surl_text(u, "certFile", NULL),
		.key_file = surl_text(u, "keyFile", NULL),
		.server_name = surl_text(u, "serverName", NULL),
		.insecure = surl_bool(u, "insecure", false),
		.connect_timeout_ms = surl_duration_ms(u, "connectionTimeout", 0),
		.send_timeout_ms = surl_duration_ms(u, "sendTimeout", 0),
		.ack_timeout_ms = surl_duration_ms(u, "ackTimeout", 0),
	};
	int rc = set_form(&opt, u, err);

	if (rc < 0)
		return rc;
	*ret_options = opt;
	return 0;
}
