/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/config/config.h"
#include "engine/config/spec.h"
#include "engine/config/value.h"
#include "engine/sink/queue.h"

#define STREAM_EVENT_BYTES 1024U /* that one event of 'buffer.size' stands for */

/* --- Files ------------------------------------------------------------------------------------ */

static const char *const file_formats[] = { "json", "table", "table-verbose", "gotemplate" };

/* "json" or "gotemplate=FILE" before the ':' */
static int add_format(struct cspec *s, const char *format, const char *template)
{
	cspec_add(s, "%s", format);
	if (strcmp(format, "gotemplate") != 0)
		return 0;
	if (!template || !*template)
		return cspec_refuse(s, "'output.gotemplate.template' is missing");
	if (strchr(template, ':'))
		return cspec_refuse(s, "a template's path cannot have a ':' in it");
	cspec_add(s, "=%s", template);
	return 0;
}

static int add_file(struct cspec *s, const char *file)
{
	if (!*file || strpbrk(file, ",?"))
		return cspec_refuse(s, *file ? "a file's path cannot have a ',' or '?' in it"
					     : "a file's path is empty");
	cspec_add(s, ":%s", file);
	return 0;
}

static int files_of(struct cspec *s, const char *format, csink_fn fn, void *arg)
{
	char section[64];
	const struct config_value *files, *first;
	size_t n;
	int rc = 0;

	(void)snprintf(section, sizeof(section), "output.%s", format); /* fits */
	first = cspec_first_below(s->config, section);
	files = cspec_value_at(s->config, section, "files", &n);
	if (!files && !first)
		return 0;
	/* Keys or a template, and no files: to stdout. */
	for (size_t i = 0; rc == 0 && (i < n || (i == 0 && !files)); i++) {
		cspec_begin(s, files ? &files[i] : first);
		rc = add_format(s, format, cspec_text_at(s->config, section, "template"));
		if (rc == 0)
			rc = add_file(s, files ? files[i].text : "stdout");
		cspec_add_params(s, section);
		if (rc == 0)
			rc = cspec_finish(s, fn, arg);
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
static int find_password(const struct cspec *s, const char *section, char buf[static PASSWORD_MAX])
{
	static const char *const words[] = { "password", "password-file", "password-env" };
	const struct config_value *found = NULL, *value;
	const char *text;

	*buf = '\0';
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		value = cspec_value_at(s->config, section, words[i], NULL);
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

static int add_user(struct cspec *s, const char *section)
{
	const char *user = cspec_text_at(s->config, section, "user");
	char password[PASSWORD_MAX];
	int rc = find_password(s, section, password);

	if (rc == 0 && *password && !user)
		rc = cspec_refuse(s, "a password is given without 'user'");
	if (rc == 0 && user) {
		cspec_add_escaped(s, user);
		cspec_add(s, ":");
		cspec_add_escaped(s, password);
		cspec_add(s, "@");
	}
	explicit_bzero(password, sizeof(password));
	return rc;
}

/* From protocol, user, host and port. */
static int add_parts(struct cspec *s, const char *section, bool has_user)
{
	const char *protocol = cspec_text_at(s->config, section, "protocol");
	const char *host = cspec_text_at(s->config, section, "host");
	const char *port = cspec_text_at(s->config, section, "port");
	bool is_v6, is_unix = strcmp(protocol, "unix") == 0;
	int rc = 0;

	if (!host || !*host)
		return cspec_refuse(s, "'host' or 'url' is missing");
	if (!port)
		return cspec_refuse(s, "'port' or 'url' is missing");
	cspec_add(s, "%s://", protocol);
	if (has_user && !is_unix)
		rc = add_user(s, section);
	is_v6 = strchr(host, ':') && host[0] != '[';
	if (is_unix)
		cspec_add(s, "%s", host);
	else
		cspec_add(s, "%s%s%s:%s", is_v6 ? "[" : "", host, is_v6 ? "]" : "", port);
	return rc;
}

/* Section "output.KIND.NAME". */
static int peer_of(struct cspec *s, const char *kind, const char *section, csink_fn fn, void *arg)
{
	bool has_parts = strcmp(kind, "forward") == 0 || strcmp(kind, "webhook") == 0;
	const struct config_value *url = cspec_value_at(s->config, section, "url", NULL);
	const struct config_value *host = cspec_value_at(s->config, section, "host", NULL);
	const char *type = cspec_text_at(s->config, section, "content-type"), *rest = "";
	int rc = 0;

	cspec_begin(s, url ? url : cspec_first_below(s->config, section));
	cspec_add(s, "%s:", kind);
	if (url && host)
		return cspec_refuse(s, "'url' is given beside 'host', expected one of them");
	if (url)
		rest = cspec_add_url(s, url->text);
	else if (has_parts)
		rc = add_parts(s, section, strcmp(kind, "forward") == 0);
	else
		rc = cspec_refuse(s, "'url' is missing");
	if (type)
		cspec_add_pair(s, "contentType", type);
	cspec_add_params(s, section);
	cspec_add(s, "%s", rest);
	return rc < 0 ? rc : cspec_finish(s, fn, arg);
}

static int peers_of(struct cspec *s, const char *kind, csink_fn fn, void *arg)
{
	char section[64], path[CKEY_PATH_MAX + 1];
	size_t i = 0;
	int rc = 0;

	(void)snprintf(section, sizeof(section), "output.%s", kind); /* fits */
	while (rc == 0 && cspec_next_name(s->config, section, &i, path))
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
	const struct config_value *list = cspec_value_at(c, stream, "destinations", &n);

	return list_has(list, n, name);
}

static void add_list(struct cspec *s, const char *stream, const char *word, const char *key)
{
	size_t n;
	const struct config_value *list = cspec_value_at(s->config, stream, word, &n);

	if (n == 0)
		return;
	cspec_add_key(s, key);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			cspec_add(s, ",");
		cspec_add_escaped(s, list[i].text);
	}
}

static void add_stream(struct cspec *s, const char *stream, bool is_file)
{
	const struct config_value *mode = cspec_value_at(s->config, stream, "buffer.mode", NULL);
	const struct config_value *size = cspec_value_at(s->config, stream, "buffer.size", NULL);
	uint64_t bytes = size ? cvalue_number(size->key, size->text) * STREAM_EVENT_BYTES : 0;

	add_list(s, stream, "filters.events", "events");
	add_list(s, stream, "filters.policies", "policies");
	if (mode)
		cspec_add_pair(s, "onFull", mode->text);
	/* A file that blocks waits for nothing else. */
	if (size && (!is_file || (mode && strcmp(mode->text, "drop") == 0))) {
		cspec_add_key(s, "queueBytes");
		cspec_add(
			s, "%llu",
			(unsigned long long)(bytes > SQUEUE_BYTES_MIN ? bytes : SQUEUE_BYTES_MIN));
	}
}

/* The argument up to where keys begin. *ret_rest comes behind the keys. */
static int add_destination(struct cspec *s, const char *section, const char **ret_rest)
{
	const char *type = cspec_text_at(s->config, section, "type");
	const char *format = cspec_text_at(s->config, section, "format");
	const struct config_value *url = cspec_value_at(s->config, section, "url", NULL);
	const char *template = strncmp(format, "gotemplate=", 11) == 0 ? format + 11 : NULL;
	bool is_file = strcmp(type, "file") == 0;
	int rc;

	*ret_rest = "";
	if (is_file) {
		rc = add_format(s, template ? "gotemplate" : format, template);
		return rc < 0 ? rc : add_file(s, cspec_text_at(s->config, section, "path"));
	}
	if (!url)
		return cspec_refuse(s, "'url' is missing");
	if (template ? strcmp(type, "webhook") != 0 : strcmp(format, "json") != 0)
		return cspec_refuse(
			s, "'format' expects json here, or with webhook 'gotemplate=FILE'");
	cspec_add(s, "%s:", type);
	*ret_rest = cspec_add_url(s, url->text);
	if (template)
		cspec_add_pair(s, "gotemplate", template);
	return 0;
}

/* `stream`: its path; NULL: everything. */
static int destination_of(struct cspec *s, const char *section, const char *stream, csink_fn fn,
			  void *arg)
{
	bool is_file = strcmp(cspec_text_at(s->config, section, "type"), "file") == 0;
	const char *rest;
	int rc;

	cspec_begin(s, cspec_first_below(s->config, section));
	rc = add_destination(s, section, &rest);
	cspec_add_params(s, section);
	if (stream)
		add_stream(s, stream, is_file);
	if (rc < 0)
		return rc;
	cspec_add(s, "%s", rest);
	return cspec_finish(s, fn, arg);
}

static int streams_of(struct cspec *s, const char *section, csink_fn fn, void *arg)
{
	const char *name = section + strlen(DESTINATIONS ".");
	char stream[CKEY_PATH_MAX + 1];
	size_t i = 0;
	unsigned int n = 0;
	int rc = 0;

	if (!cspec_first_below(s->config, STREAMS))
		return destination_of(s, section, NULL, fn, arg);
	while (rc == 0 && cspec_next_name(s->config, STREAMS, &i, stream)) {
		if (!stream_has(s->config, stream, name))
			continue;
		if (++n > 1 && strcmp(cspec_text_at(s->config, section, "type"), "file") == 0)
			return cspec_refuse(s, "a file can be in one stream only");
		rc = destination_of(s, section, stream, fn, arg);
	}
	if (rc < 0 || n > 0)
		return rc;
	cspec_begin(s, cspec_first_below(s->config, section));
	return config_refuse(&s->from, s->err, -EINVAL,
			     "destination '%s' is in no stream, expected it in one", name);
}

static int check_stream(struct cspec *s, const char *stream)
{
	size_t n;
	const struct config_value *list = cspec_value_at(s->config, stream, "destinations", &n);
	char path[CKEY_PATH_MAX + 1];

	cspec_begin(s, cspec_first_below(s->config, stream));
	if (n == 0)
		return config_refuse(&s->from, s->err, -EINVAL, "'%s.destinations' is missing",
				     stream);
	for (size_t i = 0; i < n; i++) {
		for (const char *at = list[i].text; *at; at += strspn(at, ",")) {
			size_t len = strcspn(at, ",");

			(void)snprintf(path, sizeof(path), DESTINATIONS ".%.*s", (int)len, at);
			if (!cspec_first_below(s->config, path))
				return config_refuse(&list[i].from, s->err, -EINVAL,
						     "destination '%.*s' is not there", (int)len,
						     at);
			at += len;
		}
	}
	return 0;
}

static int destinations(struct cspec *s, csink_fn fn, void *arg)
{
	char section[CKEY_PATH_MAX + 1];
	size_t i = 0;
	int rc = 0;

	while (rc == 0 && cspec_next_name(s->config, STREAMS, &i, section))
		rc = check_stream(s, section);
	i = 0;
	while (rc == 0 && cspec_next_name(s->config, DESTINATIONS, &i, section))
		rc = streams_of(s, section, fn, arg);
	return rc;
}

/* --- All -------------------------------------------------------------------------------------- */

static int specs(struct cspec *s, csink_fn fn, void *arg)
{
	size_t n;
	const struct config_value *list = config_find(s->config, "output.specs", &n);
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		cspec_begin(s, &list[i]);
		cspec_add(s, "%s", list[i].text);
		rc = cspec_finish(s, fn, arg);
	}
	return rc;
}

static int none(struct cspec *s, csink_fn fn, void *arg, size_t n_others)
{
	const struct config_value *value = config_find(s->config, "output.options.none", NULL);

	if (!value || !cvalue_flag(value->text))
		return 0;
	cspec_begin(s, value);
	if (n_others > 0)
		return cspec_refuse(
			s, "'output.options.none' is given beside outputs, expected one of "
			   "them");
	cspec_add(s, "none");
	return cspec_finish(s, fn, arg);
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
	struct cspec s = { .config = c, .err = err };
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
