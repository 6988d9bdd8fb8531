/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/syslog_url.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/sink/syslog_message.h"

static const char *const schemes[] = { "udp", "tcp", "tls", "unix", NULL };

static const struct surl_key keys[] = {
	{ .name = "facility", .type = SURL_TEXT },
	{ .name = "severity", .type = SURL_TEXT },
	{ .name = "urgentSeverity", .type = SURL_TEXT },
	{ .name = "app", .type = SURL_TEXT },
	{ .name = "hostname", .type = SURL_TEXT },
	{ .name = "connectionTimeout", .type = SURL_DURATION },
	{ .name = "sendTimeout", .type = SURL_DURATION },
	{ .name = "caFile", .type = SURL_TEXT },
	{ .name = "certFile", .type = SURL_TEXT },
	{ .name = "keyFile", .type = SURL_TEXT },
	{ .name = "serverName", .type = SURL_TEXT },
	{ .name = "insecure", .type = SURL_BOOL },
};

#define FORM(port)                                                                                 \
	{                                                                                          \
		.what = "syslog", .schemes = schemes, .default_scheme = "udp",                     \
		.default_port = port, .keys = keys, .n_keys = ARRAY_LEN(keys),                     \
	}

const struct surl_form *slog_url_form(const char *text)
{
	static const struct surl_form plain = FORM(514), tls = FORM(6514);

	return strncmp(text, "tls:", 4) ? &plain : &tls;
}

/* NULL when there is nothing. */
static const char *or_null(const char *text)
{
	return text[0] ? text : NULL;
}

static enum slog_protocol protocol_of(const char *scheme)
{
	if (!strcmp(scheme, "tcp"))
		return SLOG_TCP;
	if (!strcmp(scheme, "tls"))
		return SLOG_TLS;
	return strcmp(scheme, "unix") ? SLOG_UDP : SLOG_UNIX;
}

static int set_severity(const struct surl *u, const char *key, const char *standard,
			uint8_t *ret_severity, struct err *err)
{
	const char *text = surl_text(u, key, standard);
	char quoted[QUOTE_CAP];
	int r = slog_severity(text);

	if (r < 0)
		return err_set(err, -EINVAL,
			       "syslog: severity '%s' is not known, expected emerg, alert, crit, "
			       "err, warning, notice, info or debug",
			       quote_text(quoted, text));
	*ret_severity = (uint8_t)r;
	return 0;
}

static int set_facility(const struct surl *u, uint8_t *ret_facility, struct err *err)
{
	const char *text = surl_text(u, "facility", "daemon");
	char quoted[QUOTE_CAP];
	int r = slog_facility(text);

	if (r < 0)
		return err_set(err, -EINVAL,
			       "syslog: facility '%s' is not known, expected user, daemon, auth, "
			       "authpriv, audit, local0 to local7 or the like",
			       quote_text(quoted, text));
	*ret_facility = (uint8_t)r;
	return 0;
}

int slog_from_url(struct slog_options *ret_options, const struct surl *u, struct err *err)
{
	struct slog_options opt = {
		.protocol = protocol_of(u->scheme),
		.path = or_null(u->path),
		.host = or_null(u->host),
		.port = u->port,
		.app = surl_text(u, "app", NULL),
		.hostname = surl_text(u, "hostname", NULL),
		.ca_file = surl_text(u, "caFile", NULL),
		.cert_file = surl_text(u, "certFile", NULL),
		.key_file = surl_text(u, "keyFile", NULL),
		.server_name = surl_text(u, "serverName", NULL),
		.insecure = surl_bool(u, "insecure", false),
		.connect_timeout_ms = surl_duration_ms(u, "connectionTimeout", 0),
		.send_timeout_ms = surl_duration_ms(u, "sendTimeout", 0),
	};
	int r;

	if (u->has_user)
		return err_set(err, -EINVAL, "syslog: a user in the URL, expected none");
	r = set_facility(u, &opt.facility, err);
	if (r == 0)
		r = set_severity(u, "severity", "info", &opt.severity, err);
	if (r == 0)
		r = set_severity(u, "urgentSeverity", "warning", &opt.urgent_severity, err);
	if (r < 0)
		return r;
	*ret_options = opt;
	return 0;
}
