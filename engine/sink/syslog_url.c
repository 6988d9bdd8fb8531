/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/syslog_url.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/sink/syslog_message.h"

static const char *const schemes[] = { "udp", "tcp", "tls", "unix", NULL };

#define KEY(name_, type_, words_, standard_, meaning_)                                             \
	{                                                                                          \
		.name = (name_), .type = (type_), .words = (words_), .standard = (standard_),      \
		.meaning = (meaning_)                                                              \
	}

const struct surl_key slog_url_keys[] = {
	KEY("facility", SURL_TEXT, "NAME", "daemon",
	    "user, daemon, auth, authpriv, audit, local0 to local7 or a number"),
	KEY("severity", SURL_TEXT, "NAME", "info", "of most events: emerg to debug, or a number"),
	KEY("urgentSeverity", SURL_TEXT, "NAME", "warning",
	    "of findings, losses and what processes and containers do themselves"),
	KEY("app", SURL_TEXT, "NAME", "warder", "APP-NAME of each message"),
	KEY("hostname", SURL_TEXT, "NAME", "the host's", "HOSTNAME of each message"),
	KEY("sdId", SURL_TEXT, "NAME@NUMBER", NULL,
	    "one more element of structured data in each message"),
	{ .name = "sdParam",
	  .type = SURL_TEXT,
	  .may_repeat = true,
	  .words = "NAME=VALUE",
	  .meaning = "in that element; repeatable" },
	KEY("connectionTimeout", SURL_DURATION, NULL, "10s", "to connect, with the handshake"),
	KEY("sendTimeout", SURL_DURATION, NULL, "30s", "for a batch to be taken"),
	KEY("caFile", SURL_TEXT, "FILE", "the system's", "with tls: whom to trust"),
	KEY("certFile", SURL_TEXT, "FILE", NULL, "with tls: the client's certificate"),
	KEY("keyFile", SURL_TEXT, "FILE", "in certFile", "with tls: its key"),
	KEY("serverName", SURL_TEXT, "NAME", "the host", "with tls: whose certificate is expected"),
	KEY("insecure", SURL_BOOL, NULL, "false", "with tls: any certificate will do"),
};

#define FORM(port)                                                                                 \
	{                                                                                          \
		.what = "syslog", .schemes = schemes, .default_scheme = "udp",                     \
		.default_port = port, .keys = slog_url_keys, .n_keys = SLOG_URL_KEYS,              \
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

int slog_from_url(struct slog_options *ret_options, const struct surl *u,
		  const char *ret_list[static SURL_PARAMS_MAX + 1], struct err *err)
{
	struct slog_options opt = {
		.protocol = protocol_of(u->scheme),
		.path = or_null(u->path),
		.host = or_null(u->host),
		.port = u->port,
		.app = surl_text(u, "app", NULL),
		.hostname = surl_text(u, "hostname", NULL),
		.sd_id = surl_text(u, "sdId", NULL),
		.sd_params = surl_list(u, "sdParam", ret_list),
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
