/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/quote.h"
#include "engine/config/config.h"
#include "engine/yaml.h"

struct reader {
	struct config *config;
	struct config_origin from; /* line and column are those of the node at hand */
	struct err *err;
};

static const char *kind_of(const struct ynode *node)
{
	switch (node->kind) {
	case YNODE_TEXT:
		return node->is_null ? "nothing" : "text";
	case YNODE_LIST:
		return "a list";
	case YNODE_MAP:
		return "a mapping";
	}
	return "?";
}

static struct config_origin place_of(const struct reader *r, const struct ynode *node)
{
	struct config_origin from = r->from;

	from.line = node->line;
	from.column = node->column;
	return from;
}

static int refuse_kind(const struct reader *r, const struct ynode *node, const char *path,
		       const char *expected)
{
	const struct config_origin from = place_of(r, node);

	return config_refuse(&from, r->err, -EINVAL, "'%s' expects %s, not %s", path, expected,
			     kind_of(node));
}

static int refuse_key(const struct reader *r, const struct ynode *key, const char *section)
{
	const struct config_origin from = place_of(r, key);
	char shown[QUOTE_CAP], nearest[128];

	return config_refuse(&from, r->err, -EINVAL, "key '%s' is not known%s%s%s%s",
			     quote_text(shown, key->text), *section ? " in '" : "", section,
			     *section ? "'" : "",
			     ckey_nearest(section, key->text, nearest, sizeof(nearest)));
}

static int refuse_name(const struct reader *r, const struct ynode *node)
{
	const struct config_origin from = place_of(r, node);
	char shown[QUOTE_CAP];

	return config_refuse(&from, r->err, -EINVAL,
			     "name '%s' is none, expected letters, digits, '-' and '_', up to %d",
			     quote_text(shown, node->text), CKEY_NAME_MAX);
}

/* The path of what is called `word` in a section. */
static int step(const struct reader *r, const struct ynode *node, const char *section,
		const char *word, char path[static CKEY_PATH_MAX + 1])
{
	const struct config_origin from = place_of(r, node);
	int n = snprintf(path, CKEY_PATH_MAX + 1, "%s%s%s", section, *section ? "." : "", word);

	if (n < 0 || n > CKEY_PATH_MAX)
		return config_refuse(&from, r->err, -EINVAL, "key is longer than %d bytes",
				     CKEY_PATH_MAX);
	return 0;
}

static int put(struct reader *r, const struct ynode *node, const char *path)
{
	const struct config_origin from = place_of(r, node);

	return config_put(r->config, path, node->text, &from, r->err);
}

static int read_list(struct reader *r, const struct ynode *list, const char *path)
{
	int rc = 0;

	config_clear(r->config, path, r->from.layer);
	for (const struct ynode *item = list->first; item && rc == 0; item = item->next)
		rc = item->kind == YNODE_TEXT && !item->is_null
			     ? put(r, item, path)
			     : refuse_kind(r, item, path, "a list of text");
	return rc;
}

static int read_value(struct reader *r, const struct ynode *node, const struct ckey *key,
		      const char *path)
{
	const struct ynode something = { .line = node->line,
					 .column = node->column,
					 .text = "..." };
	bool is_list = key->kind == CKEY_LIST || key->kind == CKEY_PARAM;

	if (key->kind == CKEY_ANY)
		return node->is_null || (node->kind != YNODE_TEXT && node->n == 0)
			       ? 0
			       : put(r, &something, path);
	if (is_list && (node->kind == YNODE_LIST || node->is_null))
		return read_list(r, node, path);
	if (node->kind != YNODE_TEXT || node->is_null)
		return refuse_kind(r, node, path, ckey_kind_name(key->kind));
	if (is_list)
		config_clear(r->config, path, r->from.layer);
	return put(r, node, path);
}

static int read_node(struct reader *r, const struct ynode *node, const char *path);

/* `is_named`: what the user named, whose "name" has been read. */
static int read_section(struct reader *r, const struct ynode *map, const char *section,
			bool is_named)
{
	char path[CKEY_PATH_MAX + 1], real[CKEY_PATH_MAX + 1];
	int rc = 0;

	for (const struct ynode *child = map->first; child && rc == 0; child = child->next) {
		const char *word = child->key->text;

		if (is_named && strcmp(word, "name") == 0)
			continue;
		rc = step(r, child->key, section, word, path);
		if (rc < 0)
			return rc;
		if (!strchr(word, '.') && *word &&
		    (ckey_find(ckey_resolve(path, real)) || ckey_next(path)))
			rc = read_node(r, child, path);
		else if (ckey_next(section) == CKEY_NEXT_NAME)
			rc = refuse_name(r, child->key);
		else
			rc = refuse_key(r, child->key, section);
	}
	return rc;
}

/* One of a list of what the user names: {NAME: {...}} as Tracee 0.22 has it, or {name: NAME, ...}
 * as its main branch has. */
static int read_named(struct reader *r, const struct ynode *item, const char *section)
{
	char path[CKEY_PATH_MAX + 1];
	const struct ynode *name = item->first, *body = item;
	int rc;

	if (item->kind != YNODE_MAP || item->n == 0)
		return refuse_kind(r, item, section, "a list of mappings");
	if (item->n == 1 && name->kind != YNODE_TEXT) {
		body = name;
		name = name->key;
	} else {
		while (name && strcmp(name->key->text, "name") != 0)
			name = name->next;
	}
	if (!name)
		return refuse_kind(r, item, section, "'name' in each item");
	if (name->kind != YNODE_TEXT || name->is_null)
		return refuse_kind(r, name, "name", "text");
	if (!ckey_is_name(name->text, strlen(name->text)))
		return refuse_name(r, name);
	rc = step(r, name, section, name->text, path);
	if (rc < 0)
		return rc;
	if (body->kind != YNODE_MAP)
		return refuse_kind(r, body, path, "a mapping");
	return read_section(r, body, path, body == item);
}

static int read_items(struct reader *r, const struct ynode *list, const char *section,
		      unsigned int next)
{
	char path[CKEY_PATH_MAX + 1], word[16];
	unsigned int n = 0;
	int rc = 0;

	for (const struct ynode *item = list->first; item && rc == 0; item = item->next) {
		if (next & CKEY_NEXT_NAME) {
			rc = read_named(r, item, section);
			continue;
		}
		if (item->kind != YNODE_MAP)
			return refuse_kind(r, item, section, "a list of mappings");
		(void)snprintf(word, sizeof(word), "%u", n++); /* fits */
		rc = step(r, item, section, word, path);
		if (rc == 0 && !ckey_next(path))
			return refuse_kind(r, item, section, "fewer items");
		if (rc == 0)
			rc = read_section(r, item, path, false);
	}
	return rc;
}

static int read_node(struct reader *r, const struct ynode *node, const char *path)
{
	char real[CKEY_PATH_MAX + 1];
	const struct ckey *key = ckey_find(ckey_resolve(path, real));
	unsigned int next = ckey_next(path);

	if (node->kind == YNODE_MAP && next)
		return read_section(r, node, path, false);
	if (node->kind == YNODE_LIST && (next & (CKEY_NEXT_PLACE | CKEY_NEXT_NAME)))
		return read_items(r, node, path, next);
	if (next && node->is_null)
		return 0; /* "options:" with nothing but comments below it */
	if (key)
		return read_value(r, node, key, path);
	return refuse_kind(r, node, path,
			   next & CKEY_NEXT_PLACE  ? "a list of mappings"
			   : next & CKEY_NEXT_NAME ? "a mapping of names or a list"
						   : "a mapping");
}

int cread_text(struct config *c, const char *text, size_t len, const struct config_origin *from,
	       struct err *err)
{
	struct reader r = { .config = c, .from = *from, .err = err };
	CLEANUP_YREADER struct yreader *yaml = yreader_new(text, len, from->name);
	const struct ynode *root, *second;
	int rc;

	if (!yaml)
		return err_set(err, -ENOMEM, "%s: out of memory", from->name);
	rc = yreader_next(yaml, &root, err);
	if (rc <= 0)
		return rc;
	if (root->kind == YNODE_MAP)
		rc = read_section(&r, root, "", false);
	else if (!root->is_null)
		rc = err_set(err, -EINVAL, "%s:%u:%u: configuration is %s, expected a mapping",
			     from->name, root->line, root->column, kind_of(root));
	else
		rc = 0;
	if (rc < 0)
		return rc;
	rc = yreader_next(yaml, &second, err);
	if (rc == 1)
		return err_set(err, -EINVAL, "%s:%u:%u: a second document, expected one",
			       from->name, second->line, second->column);
	return rc;
}
