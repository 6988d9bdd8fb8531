/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/config/config.h"
#include "engine/config/value.h"
#include "engine/sink/output_spec.h"
#include "engine/sink/outputs_url.h"
#include "engine/sink/queue.h"

#define SPEC_CAP (2 * SURL_MAX)
#define STREAM_EVENT_BYTES 1024U        /* that one event of 'buffer.size' stands for */
#define JOINED_CAP (CKEY_PATH_MAX + 64) /* a section and one of our words */

/* An argument that is being made. */
struct spec {
	const struct config *config;
	struct config_origin from; /* of what messages are about */
	struct err *err;
	char text[SPEC_CAP];
	size_t len;
	bool is_cut;
	bool has_keys; /* a '?' is there */
};

static void begin(struct spec *s, const struct config_value *value)
{
	s->from = value->from;
	s->len = 0;
	s->text[0] = '\0';
	s->is_cut = s->has_keys = false;
}

static void add(struct spec *s, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void add(struct spec *s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s->text + s->len, sizeof(s->text) - s->len, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(s->text) - s->len)
		s->is_cut = true;
	else
		s->len += (size_t)n;
}

static void add_escaped(struct spec *s, const char *text)
{
	if (surl_escape(s->text + s->len, sizeof(s->text) - s->len, text))
		s->len += strlen(s->text + s->len);
	else
		s->is_cut = true;
}

static void add_key(struct spec *s, const char *key)
{
	add(s, "%c%s=", s->has_keys ? '&' : '?', key);
	s->has_keys = true;
}

static void add_pair(struct spec *s, const char *key, const char *value)
{
	add_key(s, key);
	add_escaped(s, value);
}

/* A URL that the user wrote; behind it come more keys, which belong to the first of several. */
static const char *add_url(struct spec *s, const char *url)
{
	size_t len = strcspn(url, "|");

	add(s, "%.*s", (int)len, url);
	s->has_keys = memchr(url, '?', len) != NULL;
	return url + len;
}

static int refuse(const struct spec *s, const char *what)
{
	return config_refuse(&s->from, s->err, -EINVAL, "%s", what);
}

/* --- Paths ------------------------------------------------------------------------------------ */

/* "output.forward.main" and "host" to a value; NULL: not given. */
static const struct config_value *value_at(const struct config *c, const char *section,
					   const char *word, size_t *ret_n)
{
	char path[JOINED_CAP];

	(void)snprintf(path, sizeof(path), "%s.%s", section, word); /* fits */
	return config_find(c, path, ret_n);
}

static const char *text_at(const struct config *c, const char *section, const char *word)
{
	char path[JOINED_CAP];

	(void)snprintf(path, sizeof(path), "%s.%s", section, word); /* fits */
	return config_text(c, path);
}

static bool is_below(const char *path, const char *section)
{
	size_t len = strlen(section);

	return strncmp(path, section, len) == 0 && path[len] == '.';
}

/* First value below a section; NULL: it is empty. */
static const struct config_value *first_below(const struct config *c, const char *section)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_below(c->values[i].path, section))
			return &c->values[i];
	return NULL;
}

/* The next name in a section such as "output.forward", as its path; false: there is no more. `i`
 * begins at 0. */
static bool next_name(const struct config *c, const char *section, size_t *i,
		      char path[static CKEY_PATH_MAX + 1])
{
	size_t len = strlen(section) + 1;

	for (; *i < c->n; ++*i) {
		const struct config_value *value = &c->values[*i];

		if (!is_below(value->path, section))
			continue;
		(void)snprintf(path, CKEY_PATH_MAX + 1, "%.*s", /* fits */
			       (int)(len + strcspn(value->path + len, ".")), value->path);
		if (first_below(c, path) == value) {
			++*i;
			return true;
		}
	}
	return false;
}

/* What stands in the configuration by the name it has behind the '?'. */
static void add_params(struct spec *s, const char *section)
{
	for (size_t i = 0; i < s->config->n; i++) {
		const struct config_value *value = &s->config->values[i];

		if (value->key->kind == CKEY_PARAM && is_below(value->path, section))
			add_pair(s, value->path + strlen(section) + 1, value->text);
	}
}

/* --- Finished arguments ----------------------------------------------------------------------- */

/* As the engine will, so that a mistake is told with its place. */
static int check(const struct spec *s)
{
	struct outspecs specs = { .n = 0 };
	struct err why = { 0 };
	int rc = outspec_add(&specs, s->text, &why);

	for (size_t i = 0; rc == 0 && i < specs.n; i++) {
		CLEANUP_OUTPUT_URL struct output_url *url = output_url_parse(&specs.items[i], &why);

		rc = url ? 0 : why.code;
	}
	outspec_done(&specs);
	return rc < 0 ? config_refuse(&s->from, s->err, rc, "%s", why.text) : 0;
}

static int finish(struct spec *s, csink_fn fn, void *arg)
{
	int rc = s->is_cut ? refuse(s, "output is too long") : check(s);

	return rc < 0 ? rc : fn(arg, s->text, s->err);
}

/* --- Files ------------------------------------------------------------------------------------ */

static const char *const file_formats[] = { "json", "table", "table-verbose", "gotemplate" };

/* "json" or "gotemplate=FILE" before the ':' */
static int add_format(struct spec *s, const char *format, const char *template)
{
	add(s, "%s", format);
	if (strcmp(format, "gotemplate") != 0)
		return 0;
	if (!template || !*template)
		return refuse(s, "'output.gotemplate.template' is missing");
	if (strchr(template, ':'))
		return refuse(s, "a template's path cannot have a ':' in it");
	add(s, "=%s", template);
	return 0;
}

static int add_file(struct spec *s, const char *file)
{
	if (!*file || strpbrk(file, ",?"))
		return refuse(s, *file ? "a file's path cannot have a ',' or '?' in it"
				       : "a file's path is empty");
	add(s, ":%s", file);
	return 0;
}

static int files_of(struct spec *s, const char *format, csink_fn fn, void *arg)
{
	char section[64];
	const struct config_value *files, *first;
	size_t n;
	int rc = 0;

	(void)snprintf(section, sizeof(section), "output.%s", format); /* fits */
	first = first_below(s->config, section);
	files = value_at(s->config, section, "files", &n);
	if (!files && !first)
		return 0;
	/* Keys or a template, and no files: to stdout. */
	for (size_t i = 0; rc == 0 && (i < n || (i == 0 && !files)); i++) {
		begin(s, files ? &files[i] : first);
		rc = add_format(s, format, text_at(s->config, section, "template"));
		if (rc == 0)
			rc = add_file(s, files ? files[i].text : "stdout");
		add_params(s, section);
		if (rc == 0)
			rc = finish(s, fn, arg);
	}
	return rc;
}

/* --- Peers ----------------------------------------------------------------------------------- */

#define PASSWORD_MAX 1024

/* The first line. */
static int password_from_file(const struct config_value *value, char buf[static PASSWORD_MAX],
			      struct err *err)
{
	CLEANUP_FD int fd = open(value->text, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, PASSWORD_MAX);

	if (n < 0)
		return config_refuse(&value->from, err, -errno,
				     "password file '%s' cannot be read (%s)", value->text,
				     err_name(errno));
	buf[n < PASSWORD_MAX ? n : PASSWORD_MAX - 1] = '\0';
	buf[strcspn(buf, "\r\n")] = '\0';
	if (n == PASSWORD_MAX && strlen(buf) == PASSWORD_MAX - 1)
		return config_refuse(&value->from, err, -E2BIG,
				     "password file '%s' has a line of more than %d bytes",
				     value->text, PASSWORD_MAX - 2);
	return 0;
}

/* "" when there is none. */
static int find_password(const struct spec *s, const char *section, char buf[static PASSWORD_MAX])
{
	static const char *const words[] = { "password", "password-file", "password-env" };
	const struct config_value *found = NULL, *value;
	const char *text;

	*buf = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		value = value_at(s->config, section, words[i], NULL);
		if (value && found)
			return config_refuse(&value->from, s->err, -EINVAL,
					     "'%s' is given beside '%s', expected one of them",
					     value->path, found->path);
		found = value ? value : found;
	}
	if (!found)
		return 0;
	if (strcmp(strrchr(found->path, '.'), ".password-file") == 0)
		return password_from_file(found, buf, s->err);
	text = strcmp(strrchr(found->path, '.'), ".password-env") == 0 ? getenv(found->text)
								       : found->text;
	if (!text)
		return config_refuse(&found->from, s->err, -EINVAL,
				     "'%s': there is no '%s' in the environment", found->path,
				     found->text);
	if (snprintf(buf, PASSWORD_MAX, "%s", text) >= PASSWORD_MAX)
		return config_refuse(&found->from, s->err, -E2BIG, "'%s' is longer than %d bytes",
				     found->path, PASSWORD_MAX - 1);
	return 0;
}

static int add_user(struct spec *s, const char *section)
{
	const char *user = text_at(s->config, section, "user");
	char password[PASSWORD_MAX];
	int rc = find_password(s, section, password);

	if (rc == 0 && *password && !user)
		rc = refuse(s, "a password is given without 'user'");
	if (rc == 0 && user) {
		add_escaped(s, user);
		add(s, ":");
		add_escaped(s, password);
		add(s, "@");
	}
	explicit_bzero(password, sizeof(password));
	return rc;
}

/* From protocol, user, host and port. */
static int add_parts(struct spec *s, const char *section, bool has_user)
{
	const char *protocol = text_at(s->config, section, "protocol");
	const char *host = text_at(s->config, section, "host");
	const char *port = text_at(s->config, section, "port");
	bool is_v6, is_unix = strcmp(protocol, "unix") == 0;
	int rc = 0;

	if (!host || !*host)
		return refuse(s, "'host' or 'url' is missing");
	if (!port)
		return refuse(s, "'port' or 'url' is missing");
	add(s, "%s://", protocol);
	if (has_user && !is_unix)
		rc = add_user(s, section);
	is_v6 = strchr(host, ':') && host[0] != '[';
	if (is_unix)
		add(s, "%s", host);
	else
		add(s, "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return rc;
}

/* Section "output.KIND.NAME". */
static int peer_of(struct spec *s, const char *kind, const char *section, csink_fn fn, void *arg)
{
	bool has_parts = strcmp(kind, "forward") == 0 || strcmp(kind, "webhook") == 0;
	const struct config_value *url = value_at(s->config, section, "url", NULL);
	const struct config_value *host = value_at(s->config, section, "host", NULL);
	const char *type = text_at(s->config, section, "content-type"), *rest = "";
	int rc = 0;

	begin(s, url ? url : first_below(s->config, section));
	add(s, "%s:", kind);
	if (url && host)
		return refuse(s, "'url' is given beside 'host', expected one of them");
	if (url)
		rest = add_url(s, url->text);
	else if (has_parts)
		rc = add_parts(s, section, strcmp(kind, "forward") == 0);
	else
		rc = refuse(s, "'url' is missing");
	if (type)
		add_pair(s, "contentType", type);
	add_params(s, section);
	add(s, "%s", rest);
	return rc < 0 ? rc : finish(s, fn, arg);
}

static int peers_of(struct spec *s, const char *kind, csink_fn fn, void *arg)
{
	char section[64], path[CKEY_PATH_MAX + 1];
	size_t i = 0;
	int rc = 0;

	(void)snprintf(section, sizeof(section), "output.%s", kind); /* fits */
	while (rc == 0 && next_name(s->config, section, &i, path))
		rc = peer_of(s, kind, path, fn, arg);
	return rc;
}

/* --- Destinations and streams ----------------------------------------------------------------- */

#define DESTINATIONS "output.destinations"
#define STREAMS "output.streams"

/* Is `name` in the list, whose items may hold several with commas between? */
static bool list_has(const struct config_value *list, size_t n, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < n; i++) {
		for (const char *at = list[i].text; *at; at += strspn(at, ",")) {
			size_t word_len = strcspn(at, ",");

			if (word_len == len && memcmp(at, name, len) == 0)
				return true;
			at += word_len;
		}
	}
	return false;
}

static bool stream_has(const struct config *c, const char *stream, const char *name)
{
	size_t n;
	const struct config_value *list = value_at(c, stream, "destinations", &n);

	return list_has(list, n, name);
}

static void add_list(struct spec *s, const char *stream, const char *word, const char *key)
{
	size_t n;
	const struct config_value *list = value_at(s->config, stream, word, &n);

	if (n == 0)
		return;
	add_key(s, key);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			add(s, ",");
		add_escaped(s, list[i].text);
	}
}

static void add_stream(struct spec *s, const char *stream, bool is_file)
{
	const struct config_value *mode = value_at(s->config, stream, "buffer.mode", NULL);
	const struct config_value *size = value_at(s->config, stream, "buffer.size", NULL);
	uint64_t bytes = size ? cvalue_number(size->key, size->text) * STREAM_EVENT_BYTES : 0;

	add_list(s, stream, "filters.events", "events");
	add_list(s, stream, "filters.policies", "policies");
	if (mode)
		add_pair(s, "onFull", mode->text);
	/* A file that blocks waits for nothing else. */
	if (size && (!is_file || (mode && strcmp(mode->text, "drop") == 0))) {
		add_key(s, "queueBytes");
		add(s, "%llu",
		    (unsigned long long)(bytes > SQUEUE_BYTES_MIN ? bytes : SQUEUE_BYTES_MIN));
	}
}

/* The argument up to where keys begin. *ret_rest comes behind the keys. */
static int add_destination(struct spec *s, const char *section, const char **ret_rest)
{
	const char *type = text_at(s->config, section, "type");
	const char *format = text_at(s->config, section, "format");
	const struct config_value *url = value_at(s->config, section, "url", NULL);
	const char *template = strncmp(format, "gotemplate=", 11) == 0 ? format + 11 : NULL;
	bool is_file = strcmp(type, "file") == 0;
	int rc;

	*ret_rest = "";
	if (is_file) {
		rc = add_format(s, template ? "gotemplate" : format, template);
		return rc < 0 ? rc : add_file(s, text_at(s->config, section, "path"));
	}
	if (!url)
		return refuse(s, "'url' is missing");
	if (template ? strcmp(type, "webhook") != 0 : strcmp(format, "json") != 0)
		return refuse(s, "'format' expects json here, or with webhook 'gotemplate=FILE'");
	add(s, "%s:", type);
	*ret_rest = add_url(s, url->text);
	if (template)
		add_pair(s, "gotemplate", template);
	return 0;
}

/* `stream`: its path; NULL: everything. */
static int destination_of(struct spec *s, const char *section, const char *stream, csink_fn fn,
			  void *arg)
{
	bool is_file = strcmp(text_at(s->config, section, "type"), "file") == 0;
	const char *rest;
	int rc;

	begin(s, first_below(s->config, section));
	rc = add_destination(s, section, &rest);
	add_params(s, section);
	if (stream)
		add_stream(s, stream, is_file);
	if (rc < 0)
		return rc;
	add(s, "%s", rest);
	return finish(s, fn, arg);
}

static int streams_of(struct spec *s, const char *section, csink_fn fn, void *arg)
{
	const char *name = section + strlen(DESTINATIONS ".");
	char stream[CKEY_PATH_MAX + 1];
	size_t i = 0;
	unsigned int n = 0;
	int rc = 0;

	if (!first_below(s->config, STREAMS))
		return destination_of(s, section, NULL, fn, arg);
	while (rc == 0 && next_name(s->config, STREAMS, &i, stream)) {
		if (!stream_has(s->config, stream, name))
			continue;
		if (++n > 1 && strcmp(text_at(s->config, section, "type"), "file") == 0)
			return refuse(s, "a file can be in one stream only");
		rc = destination_of(s, section, stream, fn, arg);
	}
	if (rc < 0 || n > 0)
		return rc;
	begin(s, first_below(s->config, section));
	return config_refuse(&s->from, s->err, -EINVAL,
			     "destination '%s' is in no stream, expected it in one", name);
}

static int check_stream(struct spec *s, const char *stream)
{
	size_t n;
	const struct config_value *list = value_at(s->config, stream, "destinations", &n);
	char path[CKEY_PATH_MAX + 1];

	begin(s, first_below(s->config, stream));
	if (n == 0)
		return config_refuse(&s->from, s->err, -EINVAL, "'%s.destinations' is missing",
				     stream);
	for (size_t i = 0; i < n; i++) {
		for (const char *at = list[i].text; *at; at += strspn(at, ",")) {
			size_t len = strcspn(at, ",");

			(void)snprintf(path, sizeof(path), DESTINATIONS ".%.*s", (int)len, at);
			if (!first_below(s->config, path))
				return config_refuse(&list[i].from, s->err, -EINVAL,
						     "destination '%.*s' is not there", (int)len,
						     at);
			at += len;
		}
	}
	return 0;
}

static int destinations(struct spec *s, csink_fn fn, void *arg)
{
	char section[CKEY_PATH_MAX + 1];
	size_t i = 0;
	int rc = 0;

	while (rc == 0 && next_name(s->config, STREAMS, &i, section))
		rc = check_stream(s, section);
	i = 0;
	while (rc == 0 && next_name(s->config, DESTINATIONS, &i, section))
		rc = streams_of(s, section, fn, arg);
	return rc;
}

/* --- All -------------------------------------------------------------------------------------- */

static int specs(struct spec *s, csink_fn fn, void *arg)
{
	size_t n;
	const struct config_value *list = config_find(s->config, "output.specs", &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		begin(s, &list[i]);
		add(s, "%s", list[i].text);
		rc = finish(s, fn, arg);
	}
	return rc;
}

static int none(struct spec *s, csink_fn fn, void *arg, size_t n_others)
{
	const struct config_value *value = config_find(s->config, "output.options.none", NULL);

	if (!value || !cvalue_flag(value->text))
		return 0;
	begin(s, value);
	if (n_others > 0)
		return refuse(s, "'output.options.none' is given beside outputs, expected one of "
				 "them");
	add(s, "none");
	return finish(s, fn, arg);
}

struct counter {
	csink_fn fn;
	void *arg;
	size_t n;
};

static int count(void *arg, const char *spec, struct err *err)
{
	struct counter *counter = arg;

	counter->n++;
	return counter->fn(counter->arg, spec, err);
}

int csink_each(const struct config *c, csink_fn fn, void *arg, struct err *err)
{
	static const char *const peers[] = { "forward", "webhook", "otlp", "syslog", "kafka" };
	struct counter counter = { .fn = fn, .arg = arg };
	struct spec s = { .config = c, .err = err };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(file_formats); i++)
		rc = files_of(&s, file_formats[i], count, &counter);
	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(peers); i++)
		rc = peers_of(&s, peers[i], count, &counter);
	if (rc == 0)
		rc = destinations(&s, count, &counter);
	if (rc == 0)
		rc = specs(&s, count, &counter);
	if (rc == 0)
		rc = none(&s, fn, arg, counter.n);
	explicit_bzero(&s, sizeof(s));
	return rc;
}
