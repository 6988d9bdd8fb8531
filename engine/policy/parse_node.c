/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse_node.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"
#include "common/quote.h"

#define LABEL_MAX 63 /* bytes, RFC 1123 */

int pnode_refuse(const struct parse *p, const struct ynode *at, int code, const char *fmt, ...)
{
	char text[sizeof(p->err->text)], rule[128] = "";
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap); /* a cut sentence is still one */
	va_end(ap);
	/* An exception's name is 63 bytes at most: both fit. */
	if (p->rule && p->exception && p->exception->name)
		(void)snprintf(rule, sizeof(rule), "rule %u: exception '%s': ", p->rule,
			       p->exception->name);
	else if (p->rule)
		(void)snprintf(rule, sizeof(rule), "rule %u: ", p->rule);
	return err_set(p->err, code, "%s:%u:%u: %s%s", p->file, at->line, at->column, rule, text);
}

int pnode_no_memory(const struct parse *p)
{
	return err_set(p->err, -ENOMEM, "%s: out of memory", p->file);
}

const char *pnode_kind(const struct ynode *node)
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

int pnode_check_text(const struct parse *p, const struct ynode *node, const char *what)
{
	if (node->kind != YNODE_TEXT)
		return pnode_refuse(p, node, -EINVAL, "%s must be text, not %s", what,
				    pnode_kind(node));
	if (node->is_null || !*node->text)
		return pnode_refuse(p, node, -EINVAL, "%s is empty", what);
	return 0;
}

int pnode_copy_text(const struct parse *p, const char *text, char **ret_copy)
{
	char *copy = strdup(text);

	if (!copy)
		return pnode_no_memory(p);
	free(*ret_copy);
	*ret_copy = copy;
	return 0;
}

static int refuse_key(const struct parse *p, const struct ynode *key, const char *where,
		      const struct pnode_key *keys, size_t n_keys)
{
	char shown[QUOTE_CAP];
	struct nearest near;

	quote_text(shown, key->text);
	nearest_init(&near, key->text);
	for (size_t i = 0; i < n_keys; i++)
		nearest_offer(&near, keys[i].name, strlen(keys[i].name));
	if (!near.best[0])
		return pnode_refuse(p, key, -EINVAL, "key '%s' is not known in %s", shown, where);
	return pnode_refuse(p, key, -EINVAL, "key '%s' is not known in %s; did you mean '%s'?",
			    shown, where, near.best);
}

bool pnode_is_label(const char *name)
{
	size_t len = strlen(name);

	return len && len <= LABEL_MAX && name[0] != '-' && name[len - 1] != '-' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

bool pnode_is_empty(const struct ynode *node)
{
	return node->is_null || (node->kind == YNODE_LIST && !node->n);
}

const struct ynode *pnode_find(const struct ynode *map, const char *key)
{
	const struct ynode *value = map->first;

	while (value && strcmp(value->key->text, key) != 0)
		value = value->next;
	return value;
}

int pnode_read_map(struct parse *p, const struct ynode *map, const char *what,
		   const struct pnode_key *keys, size_t n_keys)
{
	if (map->kind != YNODE_MAP)
		return pnode_refuse(p, map, -EINVAL, "%s must be a mapping, not %s", what,
				    pnode_kind(map));
	for (const struct ynode *value = map->first; value; value = value->next) {
		size_t i = 0;
		int rc;

		while (i < n_keys && strcmp(keys[i].name, value->key->text) != 0)
			i++;
		if (i == n_keys)
			return refuse_key(p, value->key, what, keys, n_keys);
		rc = keys[i].read(p, value);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < n_keys; i++)
		if (keys[i].is_required && !pnode_find(map, keys[i].name))
			return pnode_refuse(p, map, -EINVAL, "'%s' is missing in %s", keys[i].name,
					    what);
	return 0;
}

int pnode_read_list(struct parse *p, const struct ynode *list, const char *what,
		    int (*read_item)(struct parse *p, const struct ynode *item))
{
	int rc = 0;

	if (list->kind != YNODE_LIST && !list->is_null)
		return pnode_refuse(p, list, -EINVAL, "%s must be a list, not %s", what,
				    pnode_kind(list));
	for (const struct ynode *item = list->first; item && rc == 0; item = item->next)
		rc = read_item(p, item);
	return rc;
}
