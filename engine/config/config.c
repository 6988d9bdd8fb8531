/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/quote.h"
#include "engine/config/value.h"

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		explicit_bzero(c->values[i].text, strlen(c->values[i].text));
		free(c->values[i].text);
		free(c->values[i].path);
	}
	for (size_t i = 0; i < c->n_names; i++)
		free(c->names[i]);
	free(c->values);
	free(c);
}

const char *config_where(const struct config_origin *from, char *buf, size_t cap)
{
	if (from->line > 0)
		(void)snprintf(buf, cap, "%s:%u:%u", from->name, from->line,
			       from->column); /* cut */
	else
		(void)snprintf(buf, cap, "%s", from->name ? from->name : "default"); /* is fine */
	return buf;
}

int config_refuse(const struct config_origin *from, struct err *err, int code, const char *fmt, ...)
{
	char text[sizeof(err->text)], where[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a cut sentence is still one */
	va_end(ap);
	(void)err_set(err, code, "%s", text);
	return err ? err_wrap(err, "%s", config_where(from, where, sizeof(where))) : code;
}

bool config_blames_command_line(const struct err *err)
{
	return strncmp(err->text, CONFIG_COMMAND_LINE_NAME ":", sizeof(CONFIG_COMMAND_LINE_NAME)) ==
	       0;
}

/* --- Values ----------------------------------------------------------------------------------- */

const struct config_value *config_find(const struct config *c, const char *path, size_t *ret_n)
{
	size_t first = 0, n = 0;

	while (first < c->n && strcmp(c->values[first].path, path) != 0)
		first++;
	while (first + n < c->n && strcmp(c->values[first + n].path, path) == 0)
		n++;
	if (ret_n)
		*ret_n = n;
	return n > 0 ? &c->values[first] : NULL;
}

const char *config_text(const struct config *c, const char *path)
{
	const struct config_value *value = config_find(c, path, NULL);
	const struct ckey *key = value ? value->key : ckey_find(path);

	return value ? value->text : key ? key->standard : NULL;
}

static void drop(struct config *c, size_t first, size_t n)
{
	for (size_t i = first; i < first + n; i++) {
		explicit_bzero(c->values[i].text, strlen(c->values[i].text));
		free(c->values[i].text);
		free(c->values[i].path);
	}
	memmove(&c->values[first], &c->values[first + n],
		(c->n - first - n) * sizeof(c->values[0]));
	c->n -= n;
}

void config_clear(struct config *c, const char *path, unsigned int layer)
{
	char buf[CKEY_PATH_MAX + 1];
	const struct config_value *value;
	size_t n;

	value = config_find(c, ckey_resolve(path, buf), &n);
	if (value && value->from.layer < layer)
		drop(c, (size_t)(value - c->values), n);
}

const char *config_keep_name(struct config *c, const char *name)
{
	if (c->n_names == ARRAY_LEN(c->names))
		return NULL;
	c->names[c->n_names] = strdup(name);
	return c->names[c->n_names] ? c->names[c->n_names++] : NULL;
}

static int insert(struct config *c, size_t at, const struct ckey *key, const char *path,
		  const char *text, const struct config_origin *from)
{
	struct config_value *values, value = { .key = key, .from = *from };
	size_t cap = c->cap ? 2 * c->cap : 64;

	if (c->n == c->cap) {
		values = realloc(c->values, cap * sizeof(*values));
		if (!values)
			return -ENOMEM;
		c->values = values;
		c->cap = cap;
	}
	value.path = strdup(path);
	value.text = strdup(text);
	if (!value.path || !value.text) {
		free(value.path);
		free(value.text);
		return -ENOMEM;
	}
	memmove(&c->values[at + 1], &c->values[at], (c->n - at) * sizeof(value));
	c->values[at] = value;
	c->n++;
	return 0;
}

static int refuse_second(const struct config_value *first, const char *path,
			 const struct config_origin *from, struct err *err)
{
	char where[256];

	return config_refuse(from, err, -EINVAL, "'%s' is given again as '%s'; the first is at %s",
			     first->path, path, config_where(&first->from, where, sizeof(where)));
}

int config_put(struct config *c, const char *path, const char *text,
	       const struct config_origin *from, struct err *err)
{
	char buf[CKEY_PATH_MAX + 1];
	const char *real = ckey_resolve(path, buf), *checked;
	const struct ckey *key = ckey_find(real);
	const struct config_value *there;
	struct err why = { 0 };
	size_t n, at;
	int rc;

	if (!key)
		return config_refuse(from, err, -EINVAL, "key '%s' is not known", path);
	rc = cvalue_check(key, path, text, &checked, &why);
	if (rc < 0)
		return config_refuse(from, err, rc, "%s", why.text);
	there = config_find(c, real, &n);
	if (there && there->from.layer < from->layer) {
		drop(c, (size_t)(there - c->values), n);
		there = NULL;
	}
	if (there && key->kind != CKEY_LIST && key->kind != CKEY_PARAM)
		return refuse_second(there, path, from, err);
	if (c->n == CONFIG_VALUES_MAX)
		return config_refuse(from, err, -E2BIG, "more than %d values", CONFIG_VALUES_MAX);
	at = there ? (size_t)(there - c->values) + n : c->n;
	rc = insert(c, at, key, real, checked, from);
	return rc < 0 ? config_refuse(from, err, rc, "out of memory") : 0;
}

/* --- What is told ----------------------------------------------------------------------------- */

void config_tell_unhonoured(const struct config *c, config_tell_fn tell, void *arg)
{
	const struct config_value *last = NULL;

	for (size_t i = 0; i < c->n; i++) {
		const struct config_value *value = &c->values[i];
		char where[256], line[512];

		if (!value->key->instead || cvalue_is_harmless(value->key, value->text) ||
		    (last && strcmp(last->path, value->path) == 0))
			continue;
		last = value;
		(void)snprintf(line, sizeof(line), "%s: '%s' has no effect: %s", /* cut is fine */
			       config_where(&value->from, where, sizeof(where)), value->path,
			       value->key->instead);
		tell(arg, line);
	}
}

/* Do both have the same values of the path? */
static bool is_same(const struct config *a, const struct config *b, const char *path)
{
	size_t n_a, n_b;
	const struct config_value *of_a = config_find(a, path, &n_a);
	const struct config_value *of_b = config_find(b, path, &n_b);

	for (size_t i = 0; n_a == n_b && i < n_a; i++)
		if (strcmp(of_a[i].text, of_b[i].text) != 0)
			return false;
	return n_a == n_b;
}

void config_diff(const struct config *was, const struct config *is, config_diff_fn fn, void *arg)
{
	const struct config *const both[] = { was, is };

	for (size_t k = 0; k < ARRAY_LEN(both); k++) {
		const struct config *c = both[k];

		for (size_t i = 0; i < c->n; i++) {
			const char *path = c->values[i].path;

			if ((i > 0 && strcmp(c->values[i - 1].path, path) == 0) ||
			    is_same(was, is, path) ||
			    (k == 1 && config_find(was, path, NULL))) /* told before */
				continue;
			fn(arg, c->values[i].key, path);
		}
	}
}
