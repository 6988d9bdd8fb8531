/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse_node (prefix pnode_): mappings, lists and texts of a policy's tree, each read by who knows
 * what it means; and the message for what does not fit, with its place. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "engine/policy/policy.h"
#include "engine/yaml.h"

/* A policy being read. All borrowed but for what `policy` owns. */
struct parse {
	const char *file;
	struct pol_policy *policy;
	unsigned int rule; /* being read, from 1; 0: none */
	/* of the rule; read when its event is known */
	const struct ynode *filters, *exceptions;
	struct pol_exception *exception; /* being read; NULL: none */
	struct err *err;
};

/* A mapping's key: what reads its value. */
struct pnode_key {
	const char *name;
	int (*read)(struct parse *p, const struct ynode *value);
	bool is_required;
};

/* "file:line:column: rule 2: exception 'x': ..."; returns the code. */
int pnode_refuse(const struct parse *p, const struct ynode *at, int code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
int pnode_no_memory(const struct parse *p);

/* "a list", "nothing", ... */
const char *pnode_kind(const struct ynode *node);
/* Nothing at all, or a list without items. */
bool pnode_is_empty(const struct ynode *node);
/* Is it a DNS-1123 label? What policies and exceptions are called. */
bool pnode_is_label(const char *name);
#define PNODE_LABEL                                                                                \
	"lower-case letters, digits and '-', 63 at most, with a letter or digit at both ends"
/* NULL: the mapping has no such key. */
const struct ynode *pnode_find(const struct ynode *map, const char *key);

/* The rest return 0 or a negative errno with the message set; `what` is the node's name in it. */
int pnode_check_text(const struct parse *p, const struct ynode *node, const char *what);
int pnode_copy_text(const struct parse *p, const char *text, char **ret_copy); /* frees the old */
int pnode_read_map(struct parse *p, const struct ynode *map, const char *what,
		   const struct pnode_key *keys, size_t n_keys);
/* Nothing at all is an empty list: `filters:`. */
int pnode_read_list(struct parse *p, const struct ynode *list, const char *what,
		    int (*read_item)(struct parse *p, const struct ynode *item));
