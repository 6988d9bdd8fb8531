/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/tracee.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/config/keys.h"
#include "engine/config/value.h"

#define ITEM_MAX 1023 /* bytes of what is set at once */

/* clang-format off */
#define FLAG(name_)                                                                                \
	{ .name = (name_), .kind = OPTIONS_KIND_FLAG }
#define VALUE(name_, letter_)                                                                      \
	{ .name = (name_), .letter = (letter_), .kind = OPTIONS_KIND_LIST, .arg = "VALUE" }
/* clang-format on */

/* A letter that both branches have is the later one's; see other_meaning(). */
const struct options_row tracee_options[TRACEE_OPTIONS] = {
	VALUE("logging", 0),
	VALUE("stores", 0),
	VALUE("server", 0),
	VALUE("buffers", 'b'),
	VALUE("enrichment", 'E'),
	VALUE("artifacts", 'a'),
	VALUE("detectors", 0),
	VALUE("signatures-dir", 0),
	FLAG("no-signatures"),
	VALUE("capabilities", 'C'),
	VALUE("capture", 'c'),
	VALUE("cache", 0),
	VALUE("proctree", 't'),
	VALUE("dnscache", 0),
	VALUE("rego", 0),
	VALUE("cri", 0),
	VALUE("perf-buffer-size", 0),
	VALUE("blob-perf-buffer-size", 0),
	VALUE("pipeline-channel-size", 0),
	VALUE("install-path", 0),
	VALUE("grpc-listen-addr", 0),
	FLAG("no-containers"),
	FLAG("pprof"),
	FLAG("pyroscope"),
};

/* Words that are no key behind the option's name. */
static const struct {
	const char *option, *word, *key;
} words[] = {
	{ "cache", "cache-type", "cache.type" },
	{ "cache", "mem-cache-size", "cache.size" },
	{ "proctree", "process-cache", "proctree.cache.process" },
	{ "proctree", "thread-cache", "proctree.cache.thread" },
	{ "server", "grpc", "grpc-listen-addr" },
	{ "enrichment", "container.docker.socket", "enrichment.container.docker-socket" },
	{ "enrichment", "container.containerd.socket", "enrichment.container.containerd-socket" },
	{ "enrichment", "container.crio.socket", "enrichment.container.crio-socket" },
	{ "enrichment", "container.podman.socket", "enrichment.container.podman-socket" },
};

/* Options whose value is a key's as a whole. */
static const struct {
	const char *option, *key;
} wholes[] = {
	{ "artifacts", "artifacts" },
	{ "detectors", "detectors" },
	{ "signatures-dir", "signatures-dir" },
	{ "cri", "cri.0.runtime.socket" },
	{ "perf-buffer-size", "perf-buffer-size" },
	{ "blob-perf-buffer-size", "blob-perf-buffer-size" },
	{ "pipeline-channel-size", "buffers.pipeline" },
	{ "install-path", "install-path" },
	{ "grpc-listen-addr", "grpc-listen-addr" },
	{ "no-containers", "no-containers" },
	{ "pprof", "pprof" },
	{ "pyroscope", "pyroscope" },
};

/* What is being said. */
struct say {
	const char *option, *value;
	tracee_set_fn fn;
	void *arg;
	struct err *err;
};

static bool is_name(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

/* --- One key ---------------------------------------------------------------------------------- */

static int refuse(const struct say *s, const char *why)
{
	char shown[QUOTE_CAP];

	if (!s->value)
		return err_set(s->err, -EINVAL, "option '--%s' is not possible: %s", s->option,
			       why);
	return err_set(s->err, -EINVAL, "option '--%s' cannot be '%s': %s", s->option,
		       quote_text(shown, s->value), why);
}

static int put(const struct say *s, const char *path, const char *text, size_t len)
{
	char set[ITEM_MAX + 1], real[CKEY_PATH_MAX + 1];
	const struct ckey *key = ckey_find(ckey_resolve(path, real));
	int n = snprintf(set, sizeof(set), "%s=%.*s", path, (int)len, text);

	if (n < 0 || (size_t)n >= sizeof(set))
		return refuse(s, "it is too long");
	text = set + strlen(path) + 1;
	if (key && key->instead && cvalue_is_harmless(key, text))
		return 0;
	if (key && key->instead)
		return refuse(s, key->instead);
	return s->fn(s->arg, set, s->err);
}

static int put_text(const struct say *s, const char *path, const char *text)
{
	return put(s, path, text, strlen(text));
}

/* Of "a,b" one by one. */
static int put_each(const struct say *s, const char *path, const char *text, size_t len)
{
	const char *end = text + len;
	int rc = 0;

	for (;;) {
		size_t n = strcspn(text, ",");

		n = n < (size_t)(end - text) ? n : (size_t)(end - text);
		if (n == 0)
			return refuse(s, "a value is empty");
		rc = put(s, path, text, n);
		text += n;
		if (rc < 0 || text == end)
			return rc;
		text++;
	}
}

static int unknown_word(const struct say *s, const char *section, const char *text, size_t len)
{
	char word[CKEY_PATH_MAX + 1], nearest[128], shown[QUOTE_CAP];

	(void)snprintf(word, sizeof(word), "%.*s", (int)len,
		       text); /* cut: not shown whole either */
	return err_set(s->err, -EINVAL, "option '--%s': '%s' is not known%s", s->option,
		       quote_text(shown, word),
		       ckey_nearest(section, word, nearest, sizeof(nearest)));
}

/* --- KEY, KEY=VALUE --------------------------------------------------------------------------- */

/* The key that is meant by a word of an option; NULL: none. */
static const char *key_of(const char *option, const char *word, size_t len,
			  char path[static CKEY_PATH_MAX + 1])
{
	char real[CKEY_PATH_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strcmp(words[i].option, option) == 0 && is_name(word, len, words[i].word))
			return words[i].key;
	if (snprintf(path, CKEY_PATH_MAX + 1, "%s.%.*s", option, (int)len, word) > CKEY_PATH_MAX)
		return NULL;
	if (ckey_find(ckey_resolve(path, real)))
		return path;
	/* 'container' switches the section on. */
	if (snprintf(path, CKEY_PATH_MAX + 1, "%s.%.*s.enabled", option, (int)len, word) >
	    CKEY_PATH_MAX)
		return NULL;
	return ckey_find(ckey_resolve(path, real)) ? path : NULL;
}

static int pair(const struct say *s, const char *text, size_t len)
{
	const char *eq = memchr(text, '=', len), *key;
	size_t word_len = eq ? (size_t)(eq - text) : len;
	char path[CKEY_PATH_MAX + 1], real[CKEY_PATH_MAX + 1];
	const struct ckey *row;

	key = key_of(s->option, text, word_len, path);
	if (!key)
		return unknown_word(s, s->option, text, word_len);
	row = ckey_find(ckey_resolve(key, real));
	if (!eq && row->kind != CKEY_FLAG)
		return refuse(s, row->instead ? row->instead : "a value is expected behind '='");
	if (!eq)
		return put_text(s, key, "true");
	len -= word_len + 1;
	if (len == 0 && row->instead)
		return 0; /* 'add=' of a script that has nothing to add */
	if (row->kind == CKEY_LIST)
		return put_each(s, key, eq + 1, len);
	if (row->kind == CKEY_FLAG && len == 1 && (eq[1] == '0' || eq[1] == '1'))
		return put_text(s, key, eq[1] == '1' ? "true" : "false");
	return put(s, key, eq + 1, len);
}

/* --- Log -------------------------------------------------------------------------------------- */

static int aggregate(const struct say *s, const char *interval)
{
	int rc = put_text(s, "log.aggregate.enabled", "true");

	return rc < 0 || !interval ? rc : put_text(s, "log.aggregate.flush-interval", interval);
}

/* One of "msg=a,b", "lvl=error", "libbpf". `section` is log.filters.in or the other. */
static int filter(const struct say *s, const char *section, const char *text, size_t len)
{
	const char *eq = memchr(text, '=', len);
	size_t word_len = eq ? (size_t)(eq - text) : len;
	char path[CKEY_PATH_MAX + 1];
	bool is_level = is_name(text, word_len, "lvl");

	if (is_name(text, len, "libbpf"))
		return put_text(s, "log.filters.libbpf", "true");
	(void)snprintf(path, sizeof(path), "%s.%.*s", section, /* cut: it is not known */
		       is_level ? 5 : (int)word_len, is_level ? "level" : text);
	if (!ckey_find(path))
		return refuse(s, "expected msg=, regex= or lvl= and a value");
	if (!eq)
		return refuse(s, "a value is expected behind '='");
	return put_each(s, path, eq + 1, len - word_len - 1);
}

/* With ';' between. */
static int filters(const struct say *s, const char *section, const char *text)
{
	int rc;

	for (;; text++) {
		size_t len = strcspn(text, ";");

		rc = filter(s, section, text, len);
		text += len;
		if (rc < 0 || !*text)
			return rc;
	}
}

static const char *behind(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

/* Or the unique beginning of one: what '--log' takes by itself. */
static bool is_level(const char *value)
{
	static const char *const levels[] = { "error", "warning", "info", "debug" };

	for (size_t i = 0; i < ARRAY_LEN(levels); i++)
		if (*value && behind(levels[i], value))
			return true;
	return false;
}

static int log_form(const struct say *s)
{
	const char *rest;

	if (cvalue_is_word("fatal|panic", s->value))
		return put_text(s, "log.level", s->value);
	if (strcmp(s->value, "aggregate") == 0)
		return aggregate(s, NULL);
	rest = behind(s->value, "aggregate:");
	if (rest)
		return aggregate(s, rest);
	rest = behind(s->value, "file:");
	if (rest && *rest)
		return put_text(s, "log.file", rest);
	rest = behind(s->value, "filter:");
	if (rest)
		return filters(s, "log.filters.in", rest);
	rest = behind(s->value, "filter-out:");
	if (rest)
		return filters(s, "log.filters.out", rest);
	return refuse(s, "expected a level, 'aggregate[:TIME]', 'file:PATH', 'filter:ITEM' or "
			 "'filter-out:ITEM'");
}

static int logging(const struct say *s)
{
	const char *rest = behind(s->value, "filters.include.");

	if (rest)
		return filters(s, "log.filters.in", rest);
	rest = behind(s->value, "filters.exclude.");
	if (rest)
		return filters(s, "log.filters.out", rest);
	rest = behind(s->value, "aggregate.flush-interval=");
	if (rest || strcmp(s->value, "aggregate") == 0)
		return aggregate(s, rest);
	return pair(s, s->value, strlen(s->value));
}

/* --- All -------------------------------------------------------------------------------------- */

bool tracee_is(const struct options_row *row, const char *value)
{
	if (row >= tracee_options && row < tracee_options + TRACEE_OPTIONS)
		return true;
	return strcmp(row->name, "log") == 0 && value && !is_level(value);
}

/* 0.22 has other options by the letters -a and -b, which differ in what they are given. */
static const char *other_meaning(const char *option, const char *value)
{
	if (strcmp(option, "artifacts") == 0 &&
	    (behind(value, "cache-type=") || behind(value, "mem-cache-size=")))
		return "cache";
	if (strcmp(option, "buffers") == 0 && *value && !value[strspn(value, "0123456789")])
		return "perf-buffer-size";
	return option;
}

int tracee_each(const struct options_row *row, const char *value, tracee_set_fn fn, void *arg,
		struct err *err)
{
	struct say s = { .option = row->name, .value = value, .fn = fn, .arg = arg, .err = err };

	if (value)
		s.option = other_meaning(row->name, value);
	if (strcmp(s.option, "log") == 0)
		return log_form(&s);
	if (strcmp(s.option, "logging") == 0)
		return logging(&s);
	if (!value && strcmp(s.option, "no-signatures") == 0)
		return 0; /* there are none */
	if (value && strcmp(value, "none") == 0)
		return 0;
	/* -c is --config in the main branch. */
	if (strcmp(s.option, "capture") == 0)
		return refuse(&s, "files, memory and packets are not captured; a configuration is "
				  "named by '--config'");
	for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
		if (strcmp(wholes[i].option, s.option) == 0)
			return put_text(&s, wholes[i].key, value ? value : "true");
	return pair(&s, value, strlen(value));
}

const char *tracee_output(const char *output)
{
	return strcmp(output, "sort-events") == 0 ? "option:sort-events" : output;
}
