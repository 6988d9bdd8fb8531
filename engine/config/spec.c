/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/spec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/sink/output_spec.h"
#include "engine/sink/outputs_url.h"

#define JOINED_CAP (CKEY_PATH_MAX + 64) /* a section and one of our words */

void cspec_begin(struct cspec *s, const struct config_value *value)
{
	s->from = value->from;
	s->len = 0;
	s->text[0] = '\0';
	s->is_cut = s->has_keys = false;
}

void cspec_add(struct cspec *s, const char *fmt, ...)
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

void cspec_add_escaped(struct cspec *s, const char *text)
{
	if (surl_escape(s->text + s->len, sizeof(s->text) - s->len, text))
		s->len += strlen(s->text + s->len);
	else
		s->is_cut = true;
}

void cspec_add_key(struct cspec *s, const char *key)
{
	cspec_add(s, "%c%s=", s->has_keys ? '&' : '?', key);
	s->has_keys = true;
}

void cspec_add_pair(struct cspec *s, const char *key, const char *value)
{
	cspec_add_key(s, key);
	cspec_add_escaped(s, value);
}

/* A URL that the user wrote; behind it come more keys, which belong to the first of several. */
const char *cspec_add_url(struct cspec *s, const char *url)
{
	size_t len = strcspn(url, "|");

	cspec_add(s, "%.*s", (int)len, url);
	s->has_keys = memchr(url, '?', len) != NULL;
	return url + len;
}

int cspec_refuse(const struct cspec *s, const char *what)
{
	return config_refuse(&s->from, s->err, -EINVAL, "%s", what);
}

/* --- Paths ------------------------------------------------------------------------------------ */

/* "output.forward.main" and "host" to a value; NULL: not given. */
const struct config_value *cspec_value_at(const struct config *c, const char *section,
					  const char *word, size_t *ret_n)
{
	char path[JOINED_CAP];

	(void)snprintf(path, sizeof(path), "%s.%s", section, word); /* fits */
	return config_find(c, path, ret_n);
}

const char *cspec_text_at(const struct config *c, const char *section, const char *word)
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
const struct config_value *cspec_first_below(const struct config *c, const char *section)
{
	for (size_t i = 0; i < c->n; i++)
		if (is_below(c->values[i].path, section))
			return &c->values[i];
	return NULL;
}

/* The next name in a section such as "output.forward", as its path; false: there is no more. `i`
 * begins at 0. */
bool cspec_next_name(const struct config *c, const char *section, size_t *i,
		     char path[static CKEY_PATH_MAX + 1])
{
	size_t len = strlen(section) + 1;

	for (; *i < c->n; ++*i) {
		const struct config_value *value = &c->values[*i];

		if (!is_below(value->path, section))
			continue;
		(void)snprintf(path, CKEY_PATH_MAX + 1, "%.*s", /* fits */
			       (int)(len + strcspn(value->path + len, ".")), value->path);
		if (cspec_first_below(c, path) == value) {
			++*i;
			return true;
		}
	}
	return false;
}

/* What stands in the configuration by the name it has behind the '?'. */
void cspec_add_params(struct cspec *s, const char *section)
{
	for (size_t i = 0; i < s->config->n; i++) {
		const struct config_value *value = &s->config->values[i];

		if (value->key->kind == CKEY_PARAM && is_below(value->path, section))
			cspec_add_pair(s, value->path + strlen(section) + 1, value->text);
	}
}

/* --- Finished arguments ----------------------------------------------------------------------- */

/* As the engine will, so that a mistake is told with its place. */
static int check(const struct cspec *s)
{
	struct outspecs specs = { .n = 0 };
	struct err why = { 0 };
	int rc = outspec_add(&specs, s->text, &why);

	for (size_t i = 0; rc == 0 && i < specs.n; i++)
		rc = output_url_check(&specs.items[i], &why);
	outspec_done(&specs);
	return rc < 0 ? config_refuse(&s->from, s->err, rc, "%s", why.text) : 0;
}

int cspec_finish(struct cspec *s, csink_fn fn, void *arg)
{
	int rc = s->is_cut ? cspec_refuse(s, "output is too long") : check(s);

	return rc < 0 ? rc : fn(arg, s->text, s->err);
}
