/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template_parts: what the files of template share: template_types.c (fields), template_scan.c
 * (words), template_expr.c (expressions), template_parse.c (blocks), template_call.c (functions),
 * template_print.c (values as text, printf), template.c (runs them).
 */
#pragma once

#include <stdbool.h>

#include "engine/encode/document.h"
#include "engine/encode/template.h"
#include "engine/encode/text.h"

#define TMPL_NODES_MAX 8192U
#define TMPL_VARS_MAX 32U
#define TMPL_DEPTH_MAX 32U /* blocks in blocks, brackets in brackets */
#define TMPL_ARGS_MAX 16U  /* of a function */
#define TMPL_SCRATCH (64U << 10)
#define TMPL_STEPS_MAX (1U << 20)

/* --- Types: what is known of a value before there is one. --- */

enum tmpl_type {
	TT_EVENT,
	TT_EXECUTABLE,
	TT_CONTAINER,
	TT_KUBERNETES,
	TT_FLAGS,
	TT_METADATA,
	TT_ARG,
	TT_STRUCTS, /* before it: those with fields */
	TT_ARGS = TT_STRUCTS,
	TT_STRINGS,
	TT_NUMBERS,
	TT_STRING,
	TT_NUMBER,
	TT_BOOL,
	TT_ANY, /* shown by the event */
};

struct tmpl_field {
	const char *go, *json;
	uint8_t type;
};

const char *tmpl_type_name(enum tmpl_type type); /* "a string" */
/* NULL: the type has none of that name. */
const struct tmpl_field *tmpl_field_find(enum tmpl_type type, const char *name, size_t len);
/* The name that was probably meant, in `buf`; else some of those that there are. */
const char *tmpl_field_nearest(enum tmpl_type type, const char *name, char *buf, size_t cap);
/* What a range over it gives. */
enum tmpl_type tmpl_element(enum tmpl_type type);

/* --- What a template becomes. --- */

enum tmpl_op {
	TN_END, /* node 0: nothing */
	/* what is done */
	TN_TEXT,  /* str */
	TN_PRINT, /* a: what */
	TN_SET,   /* a: what; slot */
	TN_IF,    /* a: what; b: then; c: else */
	TN_WITH,  /* likewise */
	TN_RANGE, /* likewise; slot: element, slot2: index */
	/* what has a value */
	TN_DOT,
	TN_ROOT,
	TN_VAR,    /* slot */
	TN_KEY,    /* number: enum doc_key, of the event */
	TN_FIELD,  /* a: of what; str */
	TN_STRING, /* str */
	TN_NUMBER, /* number */
	TN_BOOL,   /* number */
	TN_NIL,
	TN_CALL, /* slot: function; a: first argument; number: how many */
};

#define TMPL_NO_SLOT 0xff

struct tmpl_node {
	uint8_t op, type; /* enum tmpl_op, tmpl_type */
	uint8_t slot, slot2;
	uint16_t next; /* in a block, or argument */
	uint16_t a, b, c;
	uint32_t str_len;
	const char *str; /* borrowed from the pool, or constant */
	int64_t number;
};

/* --- Values. --- */

enum tmpl_value_kind {
	TV_NONE, /* an entry that is not there */
	TV_NIL,
	TV_DOC,  /* of the event */
	TV_TEXT, /* plain bytes */
	TV_NUMBER,
	TV_BOOL,
};

struct tmpl_value {
	uint8_t kind, type;
	bool truth;
	int64_t number;
	struct doc_value doc;
	const char *str;
	size_t len;
};

struct tmpl {
	char *name;
	char *pool; /* texts, as long as the template */
	size_t pool_len;
	struct tmpl_node *nodes;
	uint16_t n_nodes;
	uint16_t first;
	/* of the event that it is about */
	struct doc doc;
	struct text out, scratch;
	uint32_t n_steps;
	int rc; /* why it cannot go on */
	struct tmpl_value vars[TMPL_VARS_MAX];
	char scratch_buf[TMPL_SCRATCH];
};

/* --- Functions. --- */

struct tmpl_function {
	const char *name;
	uint8_t n_min, n_max;
	uint8_t type; /* of the result */
	struct tmpl_value (*call)(struct tmpl *t, const struct tmpl_value *args, size_t n);
	/* What is wrong with these arguments, into `buf`; NULL: anything goes. */
	bool (*check)(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap);
};

extern const struct tmpl_function tmpl_functions[];
extern const size_t tmpl_n_functions;

/* As {{ }} writes it. */
void tmpl_print(struct text *out, const struct tmpl_value *v);
bool tmpl_truth(const struct tmpl_value *v);
bool tmpl_is_nothing(const struct tmpl_value *v); /* nil, null, or not there */

struct tmpl_value tmpl_call_json(struct tmpl *t, const struct tmpl_value *args, size_t n);
struct tmpl_value tmpl_call_printf(struct tmpl *t, const struct tmpl_value *args, size_t n);
bool tmpl_check_printf(const struct tmpl_node *const *args, size_t n, char *buf, size_t cap);

/* --- Compiling. --- */

struct tmpl_parser {
	const char *name;
	const char *start, *at, *end;
	struct tmpl *t;
	struct err *err;
	size_t pool_cap;
	unsigned int depth;
	struct {
		const char *name;
		size_t len;
		uint8_t type;
	} vars[TMPL_VARS_MAX];
	uint8_t n_vars;
	enum tmpl_type dot;
};

/* "name:line:column: " and the sentence; `at` is where. Returns -EINVAL. */
int tmpl_refuse(struct tmpl_parser *p, const char *at, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Passes over blanks. */
void tmpl_blanks(struct tmpl_parser *p);
bool tmpl_is_at(const struct tmpl_parser *p, const char *text);
/* Letters, digits and '_', which the parser is then behind of. 0: there are none. */
size_t tmpl_word(struct tmpl_parser *p, const char **ret_word);
/* The end of an action: "}}" or " -}}". */
bool tmpl_is_end(const struct tmpl_parser *p, bool *ret_trims);

/* Each returns a node's index, or negative errno. */
int tmpl_node(struct tmpl_parser *p, enum tmpl_op op, enum tmpl_type type);
/* A string, a number. */
int tmpl_literal(struct tmpl_parser *p);
int tmpl_number(struct tmpl_parser *p);
int tmpl_pipeline(struct tmpl_parser *p);
/* A name that begins with '$' is a variable from here on. Its slot. */
int tmpl_declare(struct tmpl_parser *p, const char *name, size_t len, enum tmpl_type type);
/* Fills in what the template says. 0 or negative errno. */
int tmpl_parse(struct tmpl_parser *p);
/* A copy in the pool, that the node borrows. */
void tmpl_keep(struct tmpl_parser *p, struct tmpl_node *node, const char *bytes, size_t len);
