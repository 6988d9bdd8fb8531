/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml (prefixes yreader_, ynode_): YAML or JSON text to small trees, one a document, each node
 * with its place in the file. The only user of libyaml.
 *
 * The text is not trusted. What policies and configuration have no use for and attackers do is
 * refused: anchors and aliases (the "YAML bomb"), tags, keys that are not plain text or come twice,
 * nesting and size beyond the limits below. Time is bounded by the length of the text, memory by
 * the limits.
 *
 * Thread: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define YREADER_DEPTH_MAX 32     /* lists and mappings inside each other */
#define YREADER_NODES_MAX 200000 /* in one document */

enum ynode_kind { YNODE_TEXT, YNODE_LIST, YNODE_MAP };

/* Owned by the reader; valid until the next document is read. */
struct ynode {
	enum ynode_kind kind;
	uint32_t line; /* in the file, from 1 */
	uint32_t column;
	bool is_null;            /* unquoted, and empty, '~' or 'null' */
	size_t n;                /* children of a list or mapping */
	const char *text;        /* of YNODE_TEXT: NUL-terminated, without a NUL inside */
	const struct ynode *key; /* of a mapping's child: its key */
	struct ynode *first;     /* children, in the order of the file */
	struct ynode *next;      /* sibling */
};

struct yreader;

/* `text` and `name` (what messages call the file) are borrowed until yreader_free(). NULL: out of
 * memory. */
struct yreader *yreader_new(const char *text, size_t len, const char *name);
void yreader_free(struct yreader *r);

static inline void yreader_freep(struct yreader **r)
{
	yreader_free(*r);
}
#define CLEANUP_YREADER __attribute__((cleanup(yreader_freep)))

/* Reads the next document. 1: *ret_root is its root; 0: there is none; -EINVAL, -E2BIG (a limit),
 * -ENOMEM: err says "name:line:column: ...". Not to be called again after a failure. */
int yreader_next(struct yreader *r, const struct ynode **ret_root, struct err *err);
