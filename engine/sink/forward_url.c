/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/forward_url.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"

#define STANDARD_PORT 24224

static const char *const schemes[] = { "tcp", "tls", "unix", NULL };

#define KEY(name_, type_, words_, standard_, meaning_)                                             \
	{                                                                                          \
		.name = (name_), .type = (type_), .words = (words_), .standard = (standard_),      \
		.meaning = (meaning_)                                                              \
	}

const struct surl_key forward_url_keys[] = {
	KEY("tag", SURL_TEXT, NULL, "tracee", "of every message"),
	KEY("requireAck", SURL_BOOL, NULL, "false", "a batch is sent when the peer has said so"),
	KEY("connectionTimeout", SURL_DURATION, NULL, "10s", "to connect, with the handshake"),
	KEY("sendTimeout", SURL_DURATION, NULL, "30s", "for a batch to be taken"),
	KEY("ackTimeout", SURL_DURATION, NULL, "60s", "for it to be acknowledged"),
	KEY("mode", SURL_TEXT, "message|forward|packed|compressed", "packed",
	    "how events travel; message with form=tracee"),
	KEY("form", SURL_TEXT, "map|tracee", "map",
	    "an event is a map, or Tracee's {event: its JSON as a text}"),
	KEY("integerTime", SURL_BOOL, NULL, "false", "seconds instead of the protocol's EventTime"),
	KEY("sharedKey", SURL_TEXT, "KEY", NULL, "of the peer's handshake; better in a file"),
	KEY("sharedKeyFile", SURL_TEXT, "FILE", NULL, "the file with it"),
	KEY("selfHostname", SURL_TEXT, "NAME", "warder.HOST", "who we say we are in the handshake"),
	KEY("caFile", SURL_TEXT, "FILE", "the system's", "with tls: whom to trust"),
	KEY("certFile", SURL_TEXT, "FILE", NULL, "with tls: the client's certificate"),
	KEY("keyFile", SURL_TEXT, "FILE", "in certFile", "with tls: its key"),
	KEY("serverName", SURL_TEXT, "NAME", "the host", "with tls: whose certificate is expected"),
	KEY("insecure", SURL_BOOL, NULL, "false", "with tls: any certificate will do"),
};

const struct surl_form forward_url_form = {
	.what = "forward",
	.schemes = schemes,
	.default_scheme = "tcp",
	.default_port = STANDARD_PORT,
	.keys = forward_url_keys,
	.n_keys = ARRAY_LEN(forward_url_keys),
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
