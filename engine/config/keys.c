/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/keys.h"

#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/control.h"
#include "common/nearest.h"
#include "engine/http.h"
#include "engine/options.h"
#include "engine/sink/output_keys.h"

/* clang-format off */
#define E CKEY_ENGINE
#define C CKEY_COLLECTOR
#define O CKEY_OUTPUT
#define L CKEY_LOG
#define S CKEY_STABLE
#define I CKEY_INCUBATING

/* path, kind, flags, level, standard, words, min, max, option, help */
#define HAS(...) { __VA_ARGS__, NULL }
/* path, kind, harmless values, words, why not and what instead */
#define HAS_NOT(path, kind, harmless, words, instead)                                              \
	{ path, kind, 0, CKEY_STABLE, harmless, words, 0, 0, NULL, NULL, instead }
/* The keys of one kind of output. */
#define PARAMS(section, what)                                                                      \
	HAS("output." section ".&", CKEY_PARAM, O, I, NULL, NULL, 0, 0, NULL, what)

#define SWITCHES "none|inode|dev-inode|digest-inode"
#define NO_SOCKETS "no runtime's socket is opened, containers are told apart by their cgroups"
#define NO_GO "Warder's messages have no Go package or file, use 'msg' or 'level'"
#define NO_CAPS "the collector keeps only what it needs and the engine nothing"
#define NO_CAPTURE "files, memory and packets are not captured"

static const struct ckey rows[] = {
	HAS("policy", CKEY_LIST, E | CKEY_SELECTS, S, NULL, NULL, 0, 0, "policy",
	    "policy files, and directories of them"),
	HAS("events", CKEY_LIST, E | CKEY_SELECTS, S, NULL, NULL, 0, 0, "events",
	    "instead of policies: names, 'prefix*', set names, '-name', 'name.FILTER'"),
	HAS("scope", CKEY_LIST, E | CKEY_SELECTS, S, NULL, NULL, 0, 0, "scope",
	    "where to look, with events: 'uid=0', 'container', 'comm=a,b'"),
	HAS("no-watch", CKEY_FLAG, E, S, "false", NULL, 0, 0, "no-watch",
	    "do not reload policies when they change, only when asked"),
	HAS("trace-self", CKEY_FLAG, E, S, "false", NULL, 0, 0, "trace-self",
	    "report Warder's own processes too"),

	HAS("lanes", CKEY_SIZE, C, S, "0", NULL, 0, 64ULL << 30, "lanes",
	    "memory of all lanes together; 0: 8M per CPU, from 16M to 512M"),
	HAS("perf-buffer-size", CKEY_NUMBER, C, S, NULL, NULL, 1, 1U << 20, "lanes",
	    "the same as Tracee says it: pages for each CPU"),
	HAS("cpu-groups", CKEY_NUMBER, C, I, "0", NULL, 0, 256, "cpu-groups",
	    "groups of CPUs with lanes of their own; 0: one per CPU, up to 64"),
	HAS("hooks", CKEY_WORD, C, I, "auto", "auto|global|narrow", 0, 0, "hooks",
	    "system calls through the global tracepoint or through narrow hooks"),
	HAS("bpf-stats", CKEY_FLAG, C, I, "false", NULL, 0, 0, "bpf-stats",
	    "have the kernel count what the BPF programs cost"),
	HAS("kernel-filters", CKEY_WORD, E, S, "on", "on|off", 0, 0, "kernel-filters",
	    "let the kernel drop what no policy can want"),
	HAS("enrichment.container.cgroupfs.path", CKEY_TEXT, C, S, "/sys/fs/cgroup", NULL, 0, 0, "cgroupfs",
	    "where cgroup v2, or the hierarchies of v1, are mounted"),
	HAS("proctree.cache.process", CKEY_NUMBER, E, S, "32768", NULL, 1, 1U << 24, "proctree-cache",
	    "tasks that the process tree holds, threads among them"),

	HAS("socket", CKEY_TEXT, E | C, S, CONTROL_SOCKET_DEFAULT, NULL, 0, 0, "socket",
	    "where collector and engine meet; 'warder run' makes its own"),
	HAS("group", CKEY_TEXT, C, S, "warder", NULL, 0, 0, "group",
	    "group that may open the socket"),
	HAS("engine-uid", CKEY_NUMBER, C, S, NULL, NULL, 0, UINT32_MAX - 1, "engine-uid",
	    "let in only this user and root"),
	HAS("user", CKEY_TEXT, E, S, NULL, NULL, 0, 0, "user",
	    "user that an engine becomes when started as root: 'warder' or else 'nobody'"),
	HAS("wait", CKEY_FLAG, E, S, "false", NULL, 0, 0, "wait",
	    "wait for a collector at the start instead of failing"),
	HAS("loop", CKEY_WORD, E, S, "auto", "auto|io_uring|epoll", 0, 0, "loop",
	    "how to wait for descriptors"),
	HAS("status-socket", CKEY_TEXT, E, S, ENGINE_OPTIONS_STATUS_SOCKET, NULL, 0, 0, "status-socket",
	    "where 'warder status' asks; '' for nowhere"),

	HAS("metrics", CKEY_FLAG, E, S, "false", NULL, 0, 0, "metrics",
	    "serve /metrics for Prometheus"),
	HAS("healthz", CKEY_FLAG, E, S, "false", NULL, 0, 0, "healthz",
	    "serve /healthz and /readyz"),
	HAS("listen-addr", CKEY_TEXT, E, S, HTTP_LISTEN_DEFAULT, NULL, 0, 0, "listen-addr",
	    "where, with metrics or healthz: 'host:port', ':port' for everywhere"),
	HAS("listen-cert", CKEY_TEXT, E, S, NULL, NULL, 0, 0, "listen-cert",
	    "certificate (PEM): then by HTTPS only"),
	HAS("listen-key", CKEY_TEXT, E, S, NULL, NULL, 0, 0, "listen-key", "its key"),
	HAS("listen-token", CKEY_TEXT, E, S, NULL, NULL, 0, 0, "listen-token",
	    "file with the bearer token that /metrics and /status are asked for"),

	HAS("log.level", CKEY_WORD, L, S, "info", "error|warning|info|debug", 0, 0, "log",
	    "least important messages shown"),
	HAS("log.format", CKEY_WORD, L, S, "text", "text|json", 0, 0, "log-format",
	    "lines of text, or a JSON object each"),
	HAS("log.file", CKEY_TEXT, E, S, NULL, NULL, 0, 0, "log-file",
	    "file for the engine's log instead of standard error; opened anew on SIGHUP"),
	HAS("log.aggregate.enabled", CKEY_FLAG, L, S, "false", NULL, 0, 0, "log-aggregate",
	    "count repeats among other lines, not only of the last line"),
	HAS("log.aggregate.flush-interval", CKEY_DURATION, L, S, "3s", NULL, 1, 3600ULL * 1000, "log-aggregate",
	    "how often the counts are told"),
	HAS("log.filters.in.msg", CKEY_LIST, L, S, NULL, NULL, 0, 0, "log-filter=msg=",
	    "only messages with one of these in them"),
	HAS("log.filters.in.level", CKEY_LIST, L, S, NULL, "error|warning|info|debug", 0, 0, "log-filter=level=",
	    "only messages of these levels"),
	HAS("log.filters.in.regex", CKEY_LIST, E | CKEY_LIVE | CKEY_PATTERN, S, NULL, NULL, 0, 0, "log-filter=regex=",
	    "only the engine's messages that one of these PCRE2 patterns matches"),
	HAS("log.filters.out.msg", CKEY_LIST, L, S, NULL, NULL, 0, 0, "log-filter-out=msg=",
	    "no messages with one of these in them"),
	HAS("log.filters.out.level", CKEY_LIST, L, S, NULL, "error|warning|info|debug", 0, 0, "log-filter-out=level=",
	    "no messages of these levels"),
	HAS("log.filters.out.regex", CKEY_LIST, E | CKEY_LIVE | CKEY_PATTERN, S, NULL, NULL, 0, 0, "log-filter-out=regex=",
	    "none of the engine's messages that one of these matches"),

	HAS("output.json.files", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "JSON lines to these files; 'stdout' is one"),
	PARAMS("json", "a key of files, as behind the '?' of --output json:FILE"),
	HAS("output.table.files", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL, "a table"),
	PARAMS("table", "the same for them"),
	HAS("output.table-verbose.files", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "a table with more columns"),
	PARAMS("table-verbose", "the same for them"),
	HAS("output.gotemplate.template", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL,
	    "file with the template"),
	HAS("output.gotemplate.files", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "events by that template"),
	PARAMS("gotemplate", "the same for them"),
	HAS("output.forward.*.url", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL,
	    "instead of protocol, user, password, host and port: as --output forward:URL"),
	HAS("output.forward.*.protocol", CKEY_WORD, O, S, "tcp", "tcp|tls|unix|udp", 0, 0, NULL,
	    "of the Fluent forward protocol; udp is not available"),
	HAS("output.forward.*.host", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL,
	    "peer; with protocol unix the path of its socket"),
	HAS("output.forward.*.port", CKEY_NUMBER, O, S, "24224", NULL, 1, 65535, NULL, "its port"),
	HAS("output.forward.*.user", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL, "user there"),
	HAS("output.forward.*.password", CKEY_TEXT, O | CKEY_SECRET, S, NULL, NULL, 0, 0, NULL,
	    "password; better one of the next two"),
	HAS("output.forward.*.password-file", CKEY_TEXT, O, I, NULL, NULL, 0, 0, NULL,
	    "file with the password, read at the start"),
	HAS("output.forward.*.password-env", CKEY_TEXT, O, I, NULL, NULL, 0, 0, NULL,
	    "environment variable with the password"),
	PARAMS("forward.*", "tag, requireAck and the others behind the '?' of the URL"),
	HAS("output.webhook.*.url", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL,
	    "instead of protocol, host and port: as --output webhook:URL"),
	HAS("output.webhook.*.protocol", CKEY_WORD, O, S, "http", "http|https", 0, 0, NULL,
	    "of the URL"),
	HAS("output.webhook.*.host", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL, "peer"),
	HAS("output.webhook.*.port", CKEY_NUMBER, O, S, NULL, NULL, 1, 65535, NULL, "its port"),
	HAS("output.webhook.*.content-type", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL,
	    "of a request, as the key contentType"),
	PARAMS("webhook.*", "timeout, gotemplate and the others behind the '?' of the URL"),
	HAS("output.otlp.*.url", CKEY_TEXT, O, I, NULL, NULL, 0, 0, NULL, "as --output otlp:URL"),
	PARAMS("otlp.*", "protocol, resource and the others behind the '?' of the URL"),
	HAS("output.syslog.*.url", CKEY_TEXT, O, I, NULL, NULL, 0, 0, NULL, "as --output syslog:URL"),
	PARAMS("syslog.*", "what stands behind the '?' of the URL"),
	HAS("output.kafka.*.url", CKEY_TEXT, O, I, NULL, NULL, 0, 0, NULL, "as --output kafka:BROKER/TOPIC"),
	PARAMS("kafka.*", "what stands behind the '?' of it"),
	HAS("output.destinations.*.type", CKEY_WORD, O, S, "file", "file|webhook|forward|otlp|syslog|kafka", 0, 0,
	    NULL, "where Tracee's main branch has its outputs: what it is"),
	HAS("output.destinations.*.format", CKEY_TEXT, O, S, "json", NULL, 0, 0, NULL,
	    "json, table, table-verbose or gotemplate=FILE"),
	HAS("output.destinations.*.path", CKEY_TEXT, O, S, "stdout", NULL, 0, 0, NULL, "of a file"),
	HAS("output.destinations.*.url", CKEY_TEXT, O, S, NULL, NULL, 0, 0, NULL, "of the others"),
	PARAMS("destinations.*", "what stands behind the '?' of its --output"),
	HAS("output.streams.*.destinations", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "names of destinations that these events are for"),
	HAS("output.streams.*.filters.events", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "only these events and sets"),
	HAS("output.streams.*.filters.policies", CKEY_LIST, O, S, NULL, NULL, 0, 0, NULL,
	    "only what one of these policies matched"),
	HAS("output.streams.*.buffer.size", CKEY_NUMBER, O, S, "1024", NULL, 1, 1U << 22, NULL,
	    "events that may wait, counted as 1 KiB each"),
	HAS("output.streams.*.buffer.mode", CKEY_WORD, O, S, NULL, "block|drop", 0, 0, NULL,
	    "when more wait: the engine waits, or events are lost and counted"),
	HAS("output.specs", CKEY_LIST, O, I, NULL, NULL, 0, 0, NULL, "each as --output takes it"),
	HAS("output.options.none", CKEY_FLAG, O, S, "false", NULL, 0, 0, NULL, "no output"),
	HAS("output.options.exec-env", CKEY_FLAG, E, S, "false", NULL, 0, 0, "output=option:exec-env",
	    "the environment in sched_process_exec"),
	HAS("output.options.relative-time", CKEY_FLAG, E, S, "false", NULL, 0, 0, "output=option:relative-time",
	    "times from the start on"),
	HAS("output.options.parse-arguments", CKEY_FLAG, E, S, "false", NULL, 0, 0, "output=option:parse-arguments",
	    "show numbers as names"),
	HAS("output.options.sort-events", CKEY_FLAG, E, S, "false", NULL, 0, 0, "output=option:sort-events",
	    "wait longer for events that are late, so that all are in order"),

	/* What Tracee knows and Warder cannot do. */
	HAS_NOT("output.options.stack-addresses", CKEY_FLAG, "false", NULL, "it is not available yet"),
	HAS_NOT("output.options.exec-hash", CKEY_WORD, "none", SWITCHES, "it is not available yet"),
	HAS_NOT("output.options.parse-arguments-fds", CKEY_FLAG, "false", NULL, "it is not available yet"),
	HAS_NOT("enrichment.executable-hash.enabled", CKEY_FLAG, "false", NULL, "it is not available yet"),
	HAS_NOT("enrichment.executable-hash.mode", CKEY_WORD, "none", SWITCHES, "it is not available yet"),
	HAS_NOT("enrichment.container.enabled", CKEY_FLAG, NULL, NULL,
		"containers are always told apart by their ids; names and images are not known yet"),
	HAS_NOT("enrichment.container.cgroupfs.force", CKEY_FLAG, "false|true", NULL, NO_SOCKETS),
	HAS_NOT("enrichment.container.docker-socket", CKEY_TEXT, "", NULL, NO_SOCKETS),
	HAS_NOT("enrichment.container.containerd-socket", CKEY_TEXT, "", NULL, NO_SOCKETS),
	HAS_NOT("enrichment.container.crio-socket", CKEY_TEXT, "", NULL, NO_SOCKETS),
	HAS_NOT("enrichment.container.podman-socket", CKEY_TEXT, "", NULL, NO_SOCKETS),
	HAS_NOT("no-containers", CKEY_FLAG, "false", NULL,
		"containers are always told apart, it costs nothing to speak of"),
	HAS_NOT("cri.#.runtime.name", CKEY_TEXT, NULL, NULL, NO_SOCKETS),
	HAS_NOT("cri.#.runtime.socket", CKEY_TEXT, NULL, NULL, NO_SOCKETS),
	HAS_NOT("blob-perf-buffer-size", CKEY_NUMBER, NULL, NULL, NO_CAPTURE),
	HAS_NOT("buffers.kernel.artifacts", CKEY_NUMBER, NULL, NULL, NO_CAPTURE),
	HAS_NOT("buffers.kernel.control-plane", CKEY_NUMBER, NULL, NULL,
		"what is vital has lanes of its own among 'lanes'"),
	HAS_NOT("buffers.pipeline", CKEY_NUMBER, NULL, NULL,
		"stages have no queues between them, what waits is in 'lanes'"),
	HAS_NOT("cache.type", CKEY_WORD, "none", "none|mem",
		"what waits is in 'lanes' or in an output's queue (queueBytes) or spool"),
	HAS_NOT("cache.size", CKEY_NUMBER, NULL, NULL,
		"what waits is in 'lanes' or in an output's queue (queueBytes) or spool"),
	HAS_NOT("capture", CKEY_LIST, NULL, NULL, NO_CAPTURE),
	HAS_NOT("artifacts", CKEY_ANY, NULL, NULL, NO_CAPTURE),
	HAS_NOT("proctree.source", CKEY_WORD, "events|signals|both", "none|events|signals|both",
		"the process tree is always kept"),
	HAS_NOT("proctree.cache.thread", CKEY_NUMBER, "0", NULL,
		"threads are among the tasks of 'proctree.cache.process'"),
	HAS_NOT("proctree.disable-procfs-query", CKEY_FLAG, "true|false", NULL, ""),
	HAS_NOT("stores.process.enabled", CKEY_FLAG, "true", NULL, "the process tree is always kept"),
	HAS_NOT("dnscache", CKEY_TEXT, "none", NULL, "DNS names are not known yet"),
	HAS_NOT("dnscache.enable", CKEY_FLAG, "false", NULL, "DNS names are not known yet"),
	HAS_NOT("dnscache.size", CKEY_NUMBER, NULL, NULL, "DNS names are not known yet"),
	HAS_NOT("capabilities.bypass", CKEY_FLAG, "false", NULL, NO_CAPS),
	HAS_NOT("capabilities.add", CKEY_LIST, NULL, NULL, NO_CAPS),
	HAS_NOT("capabilities.drop", CKEY_LIST, NULL, NULL, NO_CAPS),
	HAS_NOT("grpc-listen-addr", CKEY_TEXT, "", NULL,
		"there is no gRPC server, use 'warder status' and /metrics"),
	HAS_NOT("pprof", CKEY_FLAG, "false", NULL, "there is no Go profiler, use perf"),
	HAS_NOT("pyroscope", CKEY_FLAG, "false", NULL, "there is no Go profiler, use perf"),
	HAS_NOT("install-path", CKEY_TEXT, "", NULL, "nothing is installed at the start"),
	HAS_NOT("rego.partial-eval", CKEY_FLAG, "false", NULL, "signatures in Rego are not run"),
	HAS_NOT("rego.aio", CKEY_FLAG, "false", NULL, "signatures in Rego are not run"),
	HAS_NOT("signatures-dir", CKEY_TEXT, "", NULL, "signatures are not available yet"),
	HAS_NOT("detectors", CKEY_LIST, NULL, NULL, "detectors are not available yet"),
	HAS_NOT("log.filters.libbpf", CKEY_FLAG, "false", NULL, "libbpf's messages come with 'log.level: debug'"),
	HAS_NOT("log.filters.in.pkg", CKEY_LIST, NULL, NULL, NO_GO),
	HAS_NOT("log.filters.in.file", CKEY_LIST, NULL, NULL, NO_GO),
	HAS_NOT("log.filters.out.pkg", CKEY_LIST, NULL, NULL, NO_GO),
	HAS_NOT("log.filters.out.file", CKEY_LIST, NULL, NULL, NO_GO),
};

/* Names of the main branch, and short ones; the longest that fits is taken. */
static const struct {
	const char *name, *path;
} aliases[] = {
	{ "buffers.kernel.events", "perf-buffer-size" },
	{ "stores.process.max-processes", "proctree.cache.process" },
	{ "stores.process.max-threads", "proctree.cache.thread" },
	{ "stores.dns.enabled", "dnscache.enable" },
	{ "stores.dns.max-entries", "dnscache.size" },
	{ "server.http-address", "listen-addr" },
	{ "server.grpc-address", "grpc-listen-addr" },
	{ "server.metrics", "metrics" },
	{ "server.healthz", "healthz" },
	{ "server.pprof", "pprof" },
	{ "server.pyroscope", "pyroscope" },
	{ "enrichment.fd-paths", "output.options.parse-arguments-fds" },
	{ "enrichment.decoded-data", "output.options.parse-arguments" },
	{ "enrichment.environment", "output.options.exec-env" },
	{ "enrichment.user-stack", "output.options.stack-addresses" },
	{ "logging.filters.include", "log.filters.in" },
	{ "logging.filters.exclude", "log.filters.out" },
	{ "logging", "log" },
	{ "options", "output.options" },
	{ "destinations", "output.destinations" },
	{ "streams", "output.streams" },
};
/* clang-format on */

#undef E
#undef C
#undef O
#undef L
#undef S
#undef I

const struct ckey *ckey_at(size_t i)
{
	return i < ARRAY_LEN(rows) ? &rows[i] : NULL;
}

bool ckey_alias_at(size_t i, const char **ret_name, const char **ret_path)
{
	if (i >= ARRAY_LEN(aliases))
		return false;
	*ret_name = aliases[i].name;
	*ret_path = aliases[i].path;
	return true;
}

bool ckey_is_name(const char *text, size_t len)
{
	return len > 0 && len <= CKEY_NAME_MAX &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") >=
		       len;
}

/* Is it a key of some kind of output? Of which kinds is its own parser's to say. */
static bool is_param(const char *word, size_t len)
{
	const struct okeys_section *sections;
	size_t n;

	sections = okeys_sections(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sections[i].n_keys; k++)
			if (strlen(sections[i].keys[k].name) == len &&
			    memcmp(sections[i].keys[k].name, word, len) == 0)
				return true;
	return false;
}

static bool word_matches(const char *pattern, size_t pattern_len, const char *word, size_t len)
{
	if (pattern_len == 1) {
		switch (*pattern) {
		case '*':
			return ckey_is_name(word, len);
		case '#':
			return len > 0 && len < 6 && strspn(word, "0123456789") >= len;
		case '&':
			return is_param(word, len);
		default:
			break;
		}
	}
	return pattern_len == len && memcmp(pattern, word, len) == 0;
}

/* What of `pattern` is left behind `path`: "" when they are the same, NULL when they differ. */
static const char *rest_of(const char *pattern, const char *path)
{
	while (*path && *pattern) {
		size_t pattern_len = strcspn(pattern, "."), len = strcspn(path, ".");

		if (!word_matches(pattern, pattern_len, path, len))
			return NULL;
		pattern += pattern_len;
		path += len;
		if (*path == '.' && !*++path)
			return NULL;
		pattern += *pattern == '.';
	}
	return *path ? NULL : pattern;
}

const struct ckey *ckey_find(const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(rows) && *path; i++) {
		const char *rest = rest_of(rows[i].path, path);

		if (rest && !*rest)
			return &rows[i];
	}
	return NULL;
}

unsigned int ckey_next(const char *path)
{
	char buf[CKEY_PATH_MAX + 1];
	const char *real = ckey_resolve(path, buf);
	unsigned int next = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *rest = rest_of(rows[i].path, real);

		if (rest && *rest)
			next |= *rest == '*'   ? CKEY_NEXT_NAME
				: *rest == '#' ? CKEY_NEXT_PLACE
					       : CKEY_NEXT_WORDS;
	}
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		const char *rest = rest_of(aliases[i].name, path);

		if (rest && *rest)
			next |= CKEY_NEXT_WORDS;
	}
	return next;
}

const char *ckey_resolve(const char *path, char *buf)
{
	size_t best = ARRAY_LEN(aliases), best_len = 0;

	for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
		size_t len = strlen(aliases[i].name);

		if (strncmp(path, aliases[i].name, len) == 0 && (!path[len] || path[len] == '.') &&
		    len > best_len) {
			best = i;
			best_len = len;
		}
	}
	if (best == ARRAY_LEN(aliases) ||
	    snprintf(buf, CKEY_PATH_MAX + 1, "%s%s", aliases[best].path, path + best_len) >
		    CKEY_PATH_MAX)
		return path;
	return buf;
}

static void offer_params(struct nearest *near)
{
	const struct okeys_section *sections;
	size_t n;

	sections = okeys_sections(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sections[i].n_keys; k++)
			nearest_offer(near, sections[i].keys[k].name,
				      strlen(sections[i].keys[k].name));
}

static void offer(struct nearest *near, const char *rest)
{
	if (!rest || !*rest)
		return;
	if (*rest == '&')
		offer_params(near);
	else if (*rest != '*' && *rest != '#')
		nearest_offer(near, rest, strcspn(rest, "."));
}

const char *ckey_nearest(const char *section, const char *word, char *buf, size_t cap)
{
	char real_buf[CKEY_PATH_MAX + 1];
	const char *real = ckey_resolve(section, real_buf);
	struct nearest near;

	nearest_init(&near, word);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		offer(&near, rest_of(rows[i].path, real));
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		offer(&near, rest_of(aliases[i].name, section));
	*buf = '\0';
	if (near.best[0])
		(void)snprintf(buf, cap, "; did you mean '%s'?", near.best); /* cut is fine */
	return buf;
}

bool ckey_env_name(const struct ckey *key, char *buf, size_t cap)
{
	int n = snprintf(buf, cap, "WARDER_%s", key->path);

	if (strpbrk(key->path, "*#&") || n < 0 || (size_t)n >= cap)
		return false;
	for (char *c = buf; *c; c++)
		*c = *c == '.' || *c == '-' ? '_' : *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
	return true;
}

const char *ckey_kind_name(enum ckey_kind kind)
{
	static const char *const names[] = {
		[CKEY_FLAG] = "true or false",  [CKEY_NUMBER] = "a number", [CKEY_SIZE] = "a size",
		[CKEY_DURATION] = "a duration", [CKEY_WORD] = "a word",     [CKEY_TEXT] = "text",
		[CKEY_LIST] = "a list",         [CKEY_PARAM] = "a value",   [CKEY_ANY] = "anything",
	};

	return names[kind];
}
