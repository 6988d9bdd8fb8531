/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/output_keys.h"

#include "common/cleanup.h"
#include "engine/encode/profile.h"
#include "engine/sink/forward_url.h"
#include "engine/sink/kafka_url.h"
#include "engine/sink/syslog_url.h"

#define KIND(kind) (1U << OUTSPEC_##kind)
#define REMOTE (KIND(FORWARD) | KIND(WEBHOOK) | KIND(OTLP) | KIND(SYSLOG) | KIND(KAFKA))

/* What a server must not see is `is_ours`: all but what Tracee leaves in a webhook's URL. */
#define OURS(name_, type_, words_, standard_, meaning_)                                            \
	{                                                                                          \
		.name = (name_), .type = (type_), .is_ours = true, .words = (words_),              \
		.standard = (standard_), .meaning = (meaning_)                                     \
	}

static const struct surl_key route_keys[] = {
	OURS("events", SURL_TEXT, "NAME,SET,...", "all",
	     "only these events; lost_events always comes"),
	OURS("policies", SURL_TEXT, "NAME,...", "all", "only what one of these policies matched"),
};

static const struct surl_key profile_keys[] = {
	OURS("profile", SURL_WORD, PROFILE_WORDS, "native",
	     "the event in the words of ECS 8 or OCSF 1.3 instead of Tracee's; or compact: "
	     "Tracee's, without what is empty or said twice, half as long"),
};

static const struct surl_key file_keys[] = {
	OURS("onFull", SURL_WORD, "block|drop", "block",
	     "while a pipe's reader is behind: the engine waits for it, or events are lost, "
	     "counted, and nobody waits"),
	OURS("queueBytes", SURL_SIZE, NULL, "16M", "room for what waits, with onFull=drop"),
	OURS("rotateBytes", SURL_SIZE, NULL, NULL,
	     "put the file away as FILE.N when it has so many bytes, and begin a new one"),
	OURS("rotateAge", SURL_DURATION, NULL, NULL, "the same when it was begun so long ago"),
	OURS("keep", SURL_NUMBER, NULL, "10", "so many that were put away stay"),
	OURS("gzip", SURL_BOOL, NULL, "false", "compress what is put away: FILE.N.gz"),
};

static const struct surl_key queue_keys[] = {
	OURS("queueBytes", SURL_SIZE, NULL, "16M",
	     "room in memory for what waits, without a spool"),
	OURS("onFull", SURL_WORD, "drop|block", "drop",
	     "events are lost and counted, bulk before findings; or the engine waits"),
	OURS("spool", SURL_TEXT, "DIR", NULL,
	     "what waits is on disk: at least once, also when the engine is killed"),
	OURS("spoolBytes", SURL_SIZE, NULL, "256M", "room in the spool"),
	OURS("tries", SURL_NUMBER, NULL, "0",
	     "give a batch up after so many, without a spool; 0: never"),
};

static const struct surl_key http_keys[] = {
	OURS("gzip", SURL_BOOL, NULL, "false", "compress requests"),
	{ .name = "header",
	  .type = SURL_TEXT,
	  .is_ours = true,
	  .may_repeat = true,
	  .words = "NAME:VALUE",
	  .meaning = "one more in each request; repeatable" },
	OURS("tokenFile", SURL_TEXT, "FILE", NULL,
	     "bearer token; read again when it is not accepted any more (401)"),
	OURS("caFile", SURL_TEXT, "FILE", "the system's", "whom to trust"),
	OURS("certFile", SURL_TEXT, "FILE", NULL, "the client's certificate"),
	OURS("keyFile", SURL_TEXT, "FILE", "in certFile", "its key"),
	OURS("insecure", SURL_BOOL, NULL, "false", "any certificate will do"),
};

static const struct surl_key webhook_keys[] = {
	OURS("mode", SURL_WORD, "single|array|lines", "single",
	     "a request for each event, or for a batch of them as a JSON array or as lines"),
	{ .name = "timeout", .type = SURL_DURATION, .standard = "10s", .meaning = "of a request" },
	{ .name = "contentType",
	  .type = SURL_TEXT,
	  .words = "TYPE",
	  .standard = "by mode",
	  .meaning = "of a request: application/json, of lines application/x-ndjson" },
	{ .name = "gotemplate",
	  .type = SURL_TEXT,
	  .words = "FILE",
	  .meaning = "template that the body is made with" },
};

static const struct surl_key otlp_keys[] = {
	OURS("protocol", SURL_WORD, "http/protobuf|http/json|grpc", "http/protobuf",
	     "how logs are sent"),
	{ .name = "resource",
	  .type = SURL_TEXT,
	  .is_ours = true,
	  .may_repeat = true,
	  .words = "KEY=VALUE",
	  .meaning = "one more attribute of the resource; repeatable" },
	OURS("timeout", SURL_DURATION, NULL, "10s", "of a request"),
	OURS("metrics", SURL_DURATION, NULL, NULL,
	     "so often the engine's own figures, those of /metrics, go there too"),
	OURS("logs", SURL_BOOL, NULL, "true", "false, with metrics: the figures only"),
};

#define TABLE(table) .keys = (table), .n_keys = ARRAY_LEN(table)

static const struct okeys_section sections[] = {
	{ .title = "Every output",
	  .about = "What is for it.",
	  TABLE(route_keys),
	  .kinds = REMOTE | KIND(FILE),
	  .is_sinks = true },
	{ .title = "Outputs of JSON",
	  .about = "json, forward, webhook, syslog and kafka; not with a template or "
		   "option:relative-time.",
	  TABLE(profile_keys),
	  .kinds = (REMOTE & ~KIND(OTLP)) | KIND(FILE),
	  .json_only = true,
	  .is_sinks = true },
	{ .title = "Files and stdout",
	  .about = "json:FILE (a line of JSON for each event), table:FILE (a line of columns), "
		   "table-verbose:FILE (with namespaces), gotemplate=TEMPLATE:FILE; without a "
		   "file, or with 'stdout' for one, to stdout. A file is made with mode 0600, and "
		   "opened anew on SIGHUP. What is put away is numbered: FILE.00000001 is the "
		   "oldest. Its directory has to be writable to the engine's user.",
	  TABLE(file_keys),
	  .kinds = KIND(FILE),
	  .is_sinks = true },
	{ .title = "Outputs to somebody else",
	  .about = "forward, webhook, otlp, syslog and kafka have a queue of their own: none makes "
		   "the "
		   "others wait. Several URLs with '|' between them are tried one after the other, "
		   "and the first again after a minute; the keys of this section and of those "
		   "above belong into the first.",
	  TABLE(queue_keys),
	  .kinds = REMOTE,
	  .is_sinks = true },
	{ .title = "forward",
	  .about = "forward:tcp://USER:PASSWORD@HOST:PORT, tls://..., unix:///PATH: the Fluent "
		   "forward protocol. Without a scheme tcp is meant, without a port 24224.",
	  TABLE(forward_url_keys),
	  .kinds = KIND(FORWARD) },
	{ .title = "webhook and otlp",
	  .about = "A user and a password may stand in the URL. An answer that says when to come "
		   "again (Retry-After) is heeded.",
	  TABLE(http_keys),
	  .kinds = KIND(WEBHOOK) | KIND(OTLP) },
	{ .title = "webhook",
	  .about = "webhook:http://HOST:PORT/PATH, https://...: keys that are none of these stay "
		   "in the URL, as Tracee leaves them.",
	  TABLE(webhook_keys),
	  .kinds = KIND(WEBHOOK) },
	{ .title = "otlp",
	  .about = "otlp:http://HOST:PORT, https://...: OpenTelemetry logs. A URL without a path "
		   "gets the protocol's own.",
	  TABLE(otlp_keys),
	  .kinds = KIND(OTLP) },
	{ .title = "syslog",
	  .about = "syslog:udp://HOST:514, tcp://HOST:514, tls://HOST:6514, unix:///dev/log: RFC "
		   "5424, over tcp and tls with octet counting. Without a scheme udp is meant.",
	  TABLE(slog_url_keys),
	  .kinds = KIND(SYSLOG) },
	{ .title = "kafka",
	  .about = "kafka:BROKER[:PORT][,BROKER[:PORT]]/TOPIC: a message of JSON for each event. A "
		   "build without librdkafka has none, and says so.",
	  TABLE(kafka_url_keys),
	  .kinds = KIND(KAFKA) },
};

const struct okeys_section *okeys_sections(size_t *ret_n)
{
	*ret_n = ARRAY_LEN(sections);
	return sections;
}

void okeys_of(struct okeys *ret_keys, enum outspec_kind kind, enum outspec_format format)
{
	ret_keys->n = 0;
	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		if (!(sections[i].kinds & 1U << kind) ||
		    (sections[i].json_only && kind == OUTSPEC_FILE && format != OUTSPEC_JSON))
			continue;
		for (size_t j = 0; j < sections[i].n_keys && ret_keys->n < OKEYS_MAX; j++)
			ret_keys->items[ret_keys->n++] = sections[i].keys[j];
	}
}

const char *okeys_value(const struct surl_key *key)
{
	static const char *const names[] = {
		[SURL_TEXT] = "TEXT", [SURL_BOOL] = "true|false", [SURL_DURATION] = "TIME",
		[SURL_NUMBER] = "N",  [SURL_SIZE] = "BYTES",      [SURL_WORD] = "WORD",
	};

	return key->words ? key->words : names[key->type];
}
