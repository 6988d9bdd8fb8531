/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "common/quote.h"

#define BLOCK_BYTES 16384 /* a policy needs a few kilobytes */

/* Nodes and their texts live in blocks that are freed together. */
struct block {
	struct block *next;
	size_t used, cap;
	_Alignas(max_align_t) char data[];
};

struct open_node {
	struct ynode *node;
	struct ynode *last;      /* child */
	const struct ynode *key; /* of a mapping: seen, and waiting for its value */
};

struct yreader {
	yaml_parser_t parser;
	const char *text;
	size_t len;
	const char *name;
	struct block *blocks;
	size_t n_nodes;
	struct ynode *root;
	struct open_node open[YREADER_DEPTH_MAX];
	size_t depth;
};

static void free_blocks(struct block *block)
{
	while (block) {
		struct block *next = block->next;

		free(block);
		block = next;
	}
}

/* Zeroed. */
static void *take(struct yreader *r, size_t len)
{
	struct block *block = r->blocks;
	size_t cap;
	void *at;

	len = (len + 7) & ~(size_t)7;
	if (!block || block->cap - block->used < len) {
		cap = len > BLOCK_BYTES ? len : BLOCK_BYTES;
		block = calloc(1, sizeof(*block) + cap);
		if (!block)
			return NULL;
		block->cap = cap;
		block->next = r->blocks;
		r->blocks = block;
	}
	at = block->data + block->used;
	block->used += len;
	return at;
}

struct yreader *yreader_new(const char *text, size_t len, const char *name)
{
	struct yreader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	if (!yaml_parser_initialize(&r->parser)) {
		free(r);
		return NULL;
	}
	/* Not left to libyaml, which would count the mark as the first line's first column. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	r->text = text;
	r->len = len;
	r->name = name;
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, len);
	return r;
}

void yreader_free(struct yreader *r)
{
	if (!r)
		return;
	free_blocks(r->blocks);
	yaml_parser_delete(&r->parser);
	free(r);
}

static int no_memory(const struct yreader *r, struct err *err)
{
	return err_set(err, -ENOMEM, "%s: out of memory", r->name);
}

static int refuse(const struct yreader *r, const yaml_mark_t *mark, struct err *err, int code,
		  const char *what)
{
	return err_set(err, code, "%s:%zu:%zu: %s", r->name, mark->line + 1, mark->column + 1,
		       what);
}

/* The mark of a byte of the text, for what libyaml reports by offset only. */
static yaml_mark_t mark_of(const struct yreader *r, size_t offset)
{
	yaml_mark_t mark = { .index = offset };

	for (size_t i = 0; i < offset && i < r->len; i++) {
		if (r->text[i] == '\n') {
			mark.line++;
			mark.column = 0;
		} else if (((unsigned char)r->text[i] & 0xc0) != 0x80) {
			mark.column++;
		}
	}
	return mark;
}

/* True if line `line` (from 0) has a tab before its first word: the usual reason for libyaml's
 * "found character that cannot start any token". */
static bool is_tab_indented(const struct yreader *r, size_t line)
{
	const char *at = r->text, *end = r->text + r->len;

	for (; line && at; line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end && *at == '\t';
}

static int syntax_error(const struct yreader *r, struct err *err)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "cannot be read";
	yaml_mark_t mark = p->problem_mark;

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(r, err);
	if (p->error == YAML_READER_ERROR) {
		mark = mark_of(r, p->problem_offset);
		return err_set(err, -EINVAL, "%s:%zu:%zu: not UTF-8 text: %s", r->name,
			       mark.line + 1, mark.column + 1, problem);
	}
	if (is_tab_indented(r, mark.line))
		return refuse(r, &mark, err, -EINVAL,
			      "not valid YAML: a tab cannot indent, only spaces can");
	return err_set(err, -EINVAL, "%s:%zu:%zu: not valid YAML: %s%s%s", r->name, mark.line + 1,
		       mark.column + 1, problem, p->context ? " " : "",
		       p->context ? p->context : "");
}

/*
 * libyaml compares each %TAG directive with all before it: a file of nothing else would keep it
 * busy for minutes. Tags are refused anyway, so they go first. The bytes before the percent sign
 * are the last ones of the line breaks that libyaml knows.
 */
static int refuse_tag_directives(const struct yreader *r, struct err *err)
{
	const char *at = r->text, *end = r->text + r->len;

	for (; (at = memmem(at, (size_t)(end - at), "%TAG", 4)); at += 4) {
		if (at == r->text || strchr("\r\n\x85\xa8\xa9", at[-1])) {
			yaml_mark_t mark = mark_of(r, (size_t)(at - r->text));

			return refuse(r, &mark, err, -EINVAL, "tag directives are not allowed");
		}
	}
	return 0;
}

static bool is_null_text(const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;

	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	return !*text || !strcmp(text, "~") || !strcmp(text, "null");
}

/* Fills in what differs between the kinds of nodes. */
static int fill_node(struct yreader *r, const yaml_event_t *event, struct ynode *node,
		     struct err *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	const char *value;
	size_t len;
	char *text;

	if (event->type != YAML_SCALAR_EVENT) {
		node->kind = event->type == YAML_MAPPING_START_EVENT ? YNODE_MAP : YNODE_LIST;
		return 0;
	}
	value = (const char *)event->data.scalar.value;
	len = event->data.scalar.length;
	if (memchr(value, '\0', len))
		return refuse(r, mark, err, -EINVAL, "text must not contain a NUL");
	text = take(r, len + 1);
	if (!text)
		return no_memory(r, err);
	memcpy(text, value, len);
	node->kind = YNODE_TEXT;
	node->text = text;
	node->is_null = is_null_text(event);
	return 0;
}

/* Hangs a new node where the innermost open one wants it. */
static int attach_node(struct yreader *r, struct ynode *node, const yaml_mark_t *mark,
		       struct err *err)
{
	struct open_node *parent = r->depth ? &r->open[r->depth - 1] : NULL;

	if (!parent) {
		r->root = node;
		return 0;
	}
	if (parent->node->kind == YNODE_MAP && !parent->key) {
		if (node->kind != YNODE_TEXT)
			return refuse(r, mark, err, -EINVAL, "a key must be plain text");
		parent->key = node;
		return 0;
	}
	node->key = parent->key;
	parent->key = NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->node->first = node;
	parent->last = node;
	parent->node->n++;
	return 0;
}

static bool has_anchor_or_tag(const yaml_event_t *event, const char **ret_what)
{
	const yaml_char_t *anchor = NULL, *tag = NULL;

	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
	} else {
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
	}
	*ret_what = anchor ? "anchors are not allowed" : "tags are not allowed";
	return anchor || tag;
}

static int add_node(struct yreader *r, const yaml_event_t *event, struct err *err)
{
	const yaml_mark_t *mark = &event->start_mark;
	struct ynode *node;
	const char *what;
	int rc;

	if (has_anchor_or_tag(event, &what))
		return refuse(r, mark, err, -EINVAL, what);
	if (r->n_nodes++ >= YREADER_NODES_MAX)
		return refuse(r, mark, err, -E2BIG, "more than 200000 values in one document");
	if (event->type != YAML_SCALAR_EVENT && r->depth == YREADER_DEPTH_MAX)
		return refuse(r, mark, err, -E2BIG, "nested deeper than 32 levels");
	node = take(r, sizeof(*node));
	if (!node)
		return no_memory(r, err);
	node->line = (uint32_t)mark->line + 1;
	node->column = (uint32_t)mark->column + 1;
	rc = fill_node(r, event, node, err);
	if (rc == 0)
		rc = attach_node(r, node, mark, err);
	if (rc == 0 && node->kind != YNODE_TEXT)
		r->open[r->depth++] = (struct open_node){ .node = node };
	return rc;
}

/* By text, then by place: of two equal keys the later one is the one to complain about. */
static int compare_keys(const void *a, const void *b)
{
	const struct ynode *left = *(const struct ynode *const *)a;
	const struct ynode *right = *(const struct ynode *const *)b;
	int order = strcmp(left->text, right->text);

	if (order)
		return order;
	if (left->line != right->line)
		return left->line < right->line ? -1 : 1;
	return left->column < right->column ? -1 : 1;
}

static int refuse_second_key(const struct yreader *r, const struct ynode *first,
			     const struct ynode *second, struct err *err)
{
	char shown[QUOTE_CAP];

	return err_set(err, -EINVAL, "%s:%u:%u: key '%s' is there twice; the first is in line %u",
		       r->name, second->line, second->column, quote_text(shown, second->text),
		       first->line);
}

static int check_keys(const struct yreader *r, const struct ynode *map, struct err *err)
{
	const struct ynode **keys;
	size_t n = 0;
	int rc = 0;

	if (map->n < 2)
		return 0;
	keys = calloc(map->n, sizeof(const struct ynode *));
	if (!keys)
		return no_memory(r, err);
	for (const struct ynode *child = map->first; child; child = child->next)
		keys[n++] = child->key;
	qsort(keys, n, sizeof(const struct ynode *), compare_keys);
	for (size_t i = 1; i < n && rc == 0; i++)
		if (!strcmp(keys[i - 1]->text, keys[i]->text))
			rc = refuse_second_key(r, keys[i - 1], keys[i], err);
	free(keys);
	return rc;
}

static int close_node(struct yreader *r, struct err *err)
{
	const struct ynode *node = r->open[--r->depth].node;

	return node->kind == YNODE_MAP ? check_keys(r, node, err) : 0;
}

static void start_document(struct yreader *r)
{
	free_blocks(r->blocks);
	r->blocks = NULL;
	r->n_nodes = 0;
	r->root = NULL;
	r->depth = 0;
}

/* 1: the document is complete; 0: go on; negative: refused. */
static int step(struct yreader *r, const yaml_event_t *event, struct err *err)
{
	switch (event->type) {
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
		return 0;
	case YAML_DOCUMENT_START_EVENT:
		start_document(r);
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		return 1;
	case YAML_ALIAS_EVENT:
		return refuse(r, &event->start_mark, err, -EINVAL, "aliases are not allowed");
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return add_node(r, event, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(r, err);
	}
	return 0;
}

int yreader_next(struct yreader *r, const struct ynode **ret_root, struct err *err)
{
	bool at_end = false;
	int rc = 0;

	if (!r->parser.stream_start_produced)
		rc = refuse_tag_directives(r, err);
	while (rc == 0 && !at_end) {
		yaml_event_t event;

		if (!yaml_parser_parse(&r->parser, &event))
			return syntax_error(r, err);
		rc = step(r, &event, err);
		at_end = event.type == YAML_STREAM_END_EVENT || event.type == YAML_NO_EVENT;
		yaml_event_delete(&event);
	}
	if (rc == 1)
		*ret_root = r->root;
	return rc;
}
