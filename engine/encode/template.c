/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/template.h"

#include <errno.h>
#include <fcntl.h>

#include "common/cleanup.h"
#include "engine/encode/template_parts.h"

/* --- Compiling. --- */

struct tmpl *tmpl_new(const char *name, const char *text, size_t len, struct err *err)
{
	struct tmpl_parser p = {
		.name = name, .start = text, .at = text, .end = text + len, .err = err
	};
	struct tmpl *t;

	if (len > TMPL_BYTES_MAX) {
		(void)err_set(err, -E2BIG, "%s: a template of more than %u bytes", name,
			      TMPL_BYTES_MAX);
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (t) {
		t->name = strdup(name);
		t->pool = malloc(len + 1);
		t->nodes = calloc(TMPL_NODES_MAX, sizeof(t->nodes[0]));
	}
	if (!t || !t->name || !t->pool || !t->nodes) {
		(void)err_set(err, -ENOMEM, "%s: out of memory", name);
		tmpl_free(t);
		return NULL;
	}
	p.t = t;
	if (tmpl_parse(&p) < 0) {
		tmpl_free(t);
		return NULL;
	}
	return t;
}

struct tmpl *tmpl_load(const char *path, struct err *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP_FREE char *text = malloc(TMPL_BYTES_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || !text) {
		(void)err_set(err, fd < 0 ? -errno : -ENOMEM, "template '%s' cannot be opened (%s)",
			      path, fd < 0 ? err_name(errno) : "ENOMEM");
		return NULL;
	}
	while (n > 0 && len <= TMPL_BYTES_MAX) {
		n = read(fd, text + len, TMPL_BYTES_MAX + 1 - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0) {
		(void)err_set(err, -errno, "template '%s' cannot be read (%s)", path,
			      err_name(errno));
		return NULL;
	}
	return tmpl_new(path, text, len, err);
}

void tmpl_free(struct tmpl *t)
{
	if (!t)
		return;
	free(t->nodes);
	free(t->pool);
	free(t->name);
	free(t);
}

/* --- Values. --- */

/* Of a field that the event leaves out. */
static struct tmpl_value zero(enum tmpl_type type)
{
	struct tmpl_value v = { .kind = TV_NIL, .type = (uint8_t)type, .str = "" };

	if (type == TT_STRING)
		v.kind = TV_TEXT;
	else if (type == TT_NUMBER)
		v.kind = TV_NUMBER;
	else if (type == TT_BOOL)
		v.kind = TV_BOOL;
	return v;
}

static struct tmpl_value of_doc(struct doc_value doc, enum tmpl_type type)
{
	if (doc.kind == DOC_NONE || (doc.kind == DOC_NULL && type != TT_ANY))
		return zero(type);
	if (type == TT_NUMBER && doc.kind == DOC_STRING) { /* eventId */
		doc.at++;
		doc.len -= 2;
		doc.kind = DOC_NUMBER;
	}
	return (struct tmpl_value){ .kind = TV_DOC, .type = (uint8_t)type, .doc = doc };
}

static struct tmpl_value root(const struct tmpl *t)
{
	return of_doc(t->doc.root, TT_EVENT);
}

static struct tmpl_value value_of(struct tmpl *t, uint16_t node, const struct tmpl_value *dot);

static struct tmpl_value field(struct tmpl *t, const struct tmpl_node *n,
			       const struct tmpl_value *dot)
{
	struct tmpl_value base = value_of(t, n->a, dot);
	struct doc_value doc;

	if (base.kind == TV_DOC && doc_member(&base.doc, n->str, n->str_len, &doc))
		return of_doc(doc, n->type);
	if (t->nodes[n->a].type == TT_ANY)
		return (struct tmpl_value){ .kind = TV_NONE, .type = TT_ANY };
	return zero(n->type);
}

static struct tmpl_value call(struct tmpl *t, const struct tmpl_node *n,
			      const struct tmpl_value *dot)
{
	struct tmpl_value args[TMPL_ARGS_MAX], result;
	size_t n_args = 0;

	for (uint16_t i = n->a; i && n_args < TMPL_ARGS_MAX; i = t->nodes[i].next)
		args[n_args++] = value_of(t, i, dot);
	result = tmpl_functions[n->slot].call(t, args, n_args);
	return result;
}

/* Counts what is done, so that it comes to an end. */
static bool goes_on(struct tmpl *t)
{
	if (t->rc == 0 && ++t->n_steps > TMPL_STEPS_MAX)
		t->rc = -ELOOP;
	return t->rc == 0;
}

static struct tmpl_value value_of(struct tmpl *t, uint16_t node, const struct tmpl_value *dot)
{
	const struct tmpl_node *n = &t->nodes[node];

	if (!goes_on(t))
		return zero(TT_ANY);
	switch ((enum tmpl_op)n->op) {
	case TN_DOT:
		return *dot;
	case TN_ROOT:
		return root(t);
	case TN_VAR:
		return t->vars[n->slot];
	case TN_KEY:
		return of_doc(t->doc.keys[n->number], n->type);
	case TN_FIELD:
		return field(t, n, dot);
	case TN_STRING:
		return (struct tmpl_value){
			.kind = TV_TEXT, .type = TT_STRING, .str = n->str, .len = n->str_len
		};
	case TN_NUMBER:
		return (struct tmpl_value){ .kind = TV_NUMBER,
					    .type = TT_NUMBER,
					    .number = n->number };
	case TN_BOOL:
		return (struct tmpl_value){ .kind = TV_BOOL, .type = TT_BOOL, .truth = n->number };
	case TN_CALL:
		return call(t, n, dot);
	case TN_NIL:
	case TN_END:
	case TN_TEXT:
	case TN_PRINT:
	case TN_SET:
	case TN_IF:
	case TN_WITH:
	case TN_RANGE:
		break;
	}
	return zero(TT_ANY);
}

/* --- Blocks. --- */

static void run(struct tmpl *t, uint16_t node, const struct tmpl_value *dot);

static void set(struct tmpl *t, uint8_t slot, const struct tmpl_value *v)
{
	if (slot != TMPL_NO_SLOT)
		t->vars[slot] = *v;
}

static void choose(struct tmpl *t, const struct tmpl_node *n, const struct tmpl_value *dot)
{
	struct tmpl_value v = value_of(t, n->a, dot);

	set(t, n->slot, &v);
	if (tmpl_truth(&v))
		run(t, n->b, n->op == TN_WITH ? &v : dot);
	else
		run(t, n->c, dot);
}

/* One time around. */
static void turn(struct tmpl *t, const struct tmpl_node *n, const struct tmpl_value *index,
		 struct doc_value element)
{
	enum tmpl_type type = tmpl_element(t->nodes[n->a].type);
	struct tmpl_value v = of_doc(element, type);

	set(t, n->slot2, index);
	set(t, n->slot, &v);
	run(t, n->b, &v);
}

static void range_map(struct tmpl *t, const struct tmpl_node *n, const struct doc_value *map)
{
	struct doc_pair pairs[DOC_SORTED_MAX], pair = { .key.kind = DOC_NONE };
	struct doc_cursor c = doc_enter(map);
	int n_pairs = doc_sorted(map, pairs);
	struct tmpl_value key;

	for (int i = 0; i < n_pairs; i++) {
		key = of_doc(pairs[i].key, TT_STRING);
		turn(t, n, &key, pairs[i].value);
	}
	/* Too many to be sorted. */
	while (n_pairs < 0 && goes_on(t) && doc_next(&c, &pair.key, &pair.value)) {
		key = of_doc(pair.key, TT_STRING);
		turn(t, n, &key, pair.value);
	}
}

static void range_list(struct tmpl *t, const struct tmpl_node *n, const struct doc_value *list)
{
	struct tmpl_value index = { .kind = TV_NUMBER, .type = TT_NUMBER };
	struct doc_cursor c = doc_enter(list);
	struct doc_value key, element;

	for (; goes_on(t) && doc_next(&c, &key, &element); index.number++)
		turn(t, n, &index, element);
}

static void range(struct tmpl *t, const struct tmpl_node *n, const struct tmpl_value *dot)
{
	struct tmpl_value v = value_of(t, n->a, dot);
	bool is_map = v.kind == TV_DOC && v.doc.kind == DOC_OBJECT;

	if (v.kind != TV_DOC || (!is_map && v.doc.kind != DOC_ARRAY) || doc_is_empty(&v.doc))
		run(t, n->c, dot);
	else if (is_map)
		range_map(t, n, &v.doc);
	else
		range_list(t, n, &v.doc);
}

static void step(struct tmpl *t, const struct tmpl_node *n, const struct tmpl_value *dot)
{
	struct tmpl_value v;

	switch ((enum tmpl_op)n->op) {
	case TN_TEXT:
		text_bytes(&t->out, n->str, n->str_len);
		break;
	case TN_PRINT:
		v = value_of(t, n->a, dot);
		tmpl_print(&t->out, &v);
		break;
	case TN_SET:
		v = value_of(t, n->a, dot);
		set(t, n->slot, &v);
		break;
	case TN_IF:
	case TN_WITH:
		choose(t, n, dot);
		break;
	case TN_RANGE:
		range(t, n, dot);
		break;
	default: /* what has a value is in one of these */
		break;
	}
}

static void run(struct tmpl *t, uint16_t node, const struct tmpl_value *dot)
{
	char *start = t->scratch.at, *before;

	for (; node && goes_on(t); node = t->nodes[node].next) {
		before = t->scratch.at;
		step(t, &t->nodes[node], dot);
		/* What functions made is not needed any more, unless a variable has it. */
		if (t->nodes[node].op != TN_SET)
			t->scratch.at = before;
	}
	t->scratch.at = start; /* variables end with their block */
}

ssize_t tmpl_event(struct tmpl *t, char *out, size_t cap, const char *line, size_t len)
{
	struct tmpl_value dot;

	if (doc_parse(&t->doc, line, len) < 0)
		return -EBADMSG;
	t->out = text_over(out, cap);
	t->scratch = text_over(t->scratch_buf, sizeof(t->scratch_buf));
	t->n_steps = 0;
	t->rc = 0;
	dot = root(t);
	run(t, t->first, &dot);
	if (t->rc < 0)
		return t->rc;
	return t->out.is_cut ? -ENOBUFS : (ssize_t)text_len(&t->out);
}
