/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter_item.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/policy/filter_names.h"

#define OPERATORS "=!<>"
#define BLANKS " \t\r\n"
#define CONTAINER_ID_LEN 64 /* of a whole one, as most runtimes make them */

static const struct operator
{
	const char *text;
	enum pol_op op;
	bool is_pattern;
	bool is_known;
}
operators[] = {
	/* the longer ones first */
	{ "!==", POL_OP_DIFFERENT, false, false },   { "==", POL_OP_EQUAL, false, false },
	{ "=~", POL_OP_EQUAL, true, true },          { "!~", POL_OP_DIFFERENT, true, true },
	{ "!=", POL_OP_DIFFERENT, false, true },     { "<=", POL_OP_LESS_EQUAL, false, true },
	{ ">=", POL_OP_GREATER_EQUAL, false, true }, { "=", POL_OP_EQUAL, false, true },
	{ "<", POL_OP_LESS, false, true },           { ">", POL_OP_GREATER, false, true },
	{ "!", POL_OP_DIFFERENT, false, false },
};

/* "filter 'data.fd=x': ..." */
int fitem_refuse(const struct fitem *it, int code, const char *fmt, ...)
{
	char shown[QUOTE_CAP];
	struct err reason = { 0 };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(reason.text, sizeof(reason.text), fmt, ap); /* cut is still a sentence */
	va_end(ap);
	return err_set(it->err, code, "%s '%s'%s", it->what, quote_text(shown, it->text),
		       reason.text);
}

static bool is_name(const struct fitem *it, const char *name)
{
	return strlen(name) == it->name_len && memcmp(it->text, name, it->name_len) == 0;
}

static bool begins(const struct fitem *it, const char *prefix)
{
	return strncmp(it->text, prefix, strlen(prefix)) == 0;
}

/* Finds the operator: name_len, op, value. */
static int split(struct fitem *it)
{
	const char *at;

	it->name_len = strcspn(it->text, OPERATORS);
	at = it->text + it->name_len;
	for (size_t i = 0; *at && i < ARRAY_LEN(operators); i++) {
		const struct operator* op = & operators[i];

		if (strncmp(at, op->text, strlen(op->text)) != 0)
			continue;
		if (!op->is_known)
			return fitem_refuse(
				it, -EINVAL,
				": operator '%s' is not known; expected one of = != < <= > "
				">= =~ !~",
				op->text);
		it->op = op->op;
		it->is_pattern = op->is_pattern;
		it->value = at + strlen(op->text);
		break;
	}
	return 0;
}

static int refuse_name(const struct fitem *it)
{
	char word[NEAREST_WORD_MAX + 1] = "";
	struct nearest near;

	if (it->name_len < sizeof(word)) /* a longer one is near to nothing */
		memcpy(word, it->text, it->name_len);
	nearest_init(&near, word);
	fnames_offer(&near, it->place);
	if (it->place == POL_FILTER_RULE) {
		nearest_offer(&near, "retval", strlen("retval"));
	} else {
		nearest_offer(&near, "global", strlen("global"));
		nearest_offer(&near, "follow", strlen("follow"));
	}
	if (!near.best[0])
		return fitem_refuse(it, -ENOENT, " is not known");
	return fitem_refuse(it, -ENOENT, " is not known; did you mean '%s'?", near.best);
}

/* A name that only the other place has. */
static int refuse_place(const struct fitem *it)
{
	return fitem_refuse(it, -EINVAL, " is not valid: '%.*s' is a %s", (int)it->name_len,
			    it->text,
			    it->place == POL_FILTER_RULE ? "scope, not a filter of a rule"
							 : "filter of a rule, not a scope");
}

static int check_operator(const struct fitem *it)
{
	const struct fterm_rules *rules = &it->rules;
	const char *expected = fterm_operators(rules);

	if (!it->value)
		return fitem_refuse(it, -EINVAL, " has no operator; expected one of %s", expected);
	if ((it->is_pattern && !rules->is_text) ||
	    (it->op > POL_OP_DIFFERENT && !rules->is_ordered))
		return fitem_refuse(it, -EINVAL,
				    ": the operator does not go with '%.*s'; expected one of %s",
				    (int)it->name_len, it->text, expected);
	return 0;
}

static int read_values(struct fitem *it)
{
	struct err reason = { 0 };
	int rc = check_operator(it);

	if (rc < 0)
		return rc;
	rc = fterm_read(&it->terms, &it->rules, it->op, it->is_pattern, it->value, &reason);
	return rc < 0 ? fitem_refuse(it, rc, ": %s", reason.text) : 0;
}

/* Without a value, or with "true" or "false". */
static int read_flag(struct fitem *it)
{
	bool is_true = !it->value || !strcmp(it->value, "true");

	it->filter.type = POL_TYPE_FLAG;
	if (it->value && (it->is_pattern || it->op > POL_OP_DIFFERENT))
		return fitem_refuse(it, -EINVAL,
				    ": the operator does not go with '%.*s'; expected one of = !=",
				    (int)it->name_len, it->text);
	if (!is_true && strcmp(it->value, "false") != 0)
		return fitem_refuse(it, -EINVAL, ": expected no value, 'true' or 'false'");
	it->filter.flag = is_true == (it->op == POL_OP_EQUAL);
	return 0;
}

static int read_word(struct fitem *it, enum pol_context context)
{
	it->filter.context = (uint8_t)context;
	it->filter.type = POL_TYPE_FLAG;
	it->filter.flag = it->op == POL_OP_EQUAL;
	return 0;
}

static void rules_of_context(struct fitem *it)
{
	const struct fnames_context *def = fnames_context(it->filter.context);

	it->filter.type = def->type;
	it->rules = (struct fterm_rules){
		.is_text = def->type == POL_TYPE_TEXT,
		.is_number = def->type == POL_TYPE_NUMBER,
		.is_ordered = def->is_ordered,
		.is_syscall = it->filter.context == POL_CTX_SYSCALL,
		.is_executable = it->filter.context == POL_CTX_EXECUTABLE,
		.text_cap = def->text_cap,
		.max = def->max,
	};
}

static const struct container_word {
	const char *word;
	enum pol_context context;
} container_words[] = {
	{ "new", POL_CTX_CONTAINER_NEW },
	{ "started", POL_CTX_CONTAINER_STARTED },
	{ "true", POL_CTX_CONTAINER },
	{ "false", POL_CTX_CONTAINER },
};

static const struct container_word *find_container_word(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(container_words); i++)
		if (!strcmp(container_words[i].word, text))
			return &container_words[i];
	return NULL;
}

/* Ids are given by their beginning, as in every container tool. */
static int read_container_ids(struct fitem *it)
{
	int rc;

	it->filter.context = POL_CTX_CONTAINER_ID;
	rules_of_context(it);
	rc = read_values(it);
	for (size_t i = 0; i < it->terms.n && rc == 0; i++) {
		struct pol_term *term = &it->terms.items[i];

		if (term->kind != POL_TERM_EXACT)
			continue;
		if (find_container_word(term->text))
			return fitem_refuse(it, -EINVAL, ": '%s' must be the only value",
					    term->text);
		if (term->len < CONTAINER_ID_LEN)
			term->kind = POL_TERM_PREFIX;
	}
	return rc;
}

static int read_container(struct fitem *it)
{
	const struct container_word *word;

	if (is_name(it, "not-container")) {
		if (it->value)
			return fitem_refuse(it, -EINVAL,
					    " is not valid; 'not-container' takes no value");
		it->op = POL_OP_DIFFERENT;
		return read_word(it, POL_CTX_CONTAINER);
	}
	if (!it->value)
		return read_word(it, POL_CTX_CONTAINER);
	word = it->is_pattern || it->op > POL_OP_DIFFERENT ? NULL : find_container_word(it->value);
	if (!word)
		return read_container_ids(it);
	return word->context == POL_CTX_CONTAINER ? read_flag(it) : read_word(it, word->context);
}

static int read_context(struct fitem *it)
{
	int context = fnames_find(it->text, it->name_len, it->place);

	if (context == -EXDEV ||
	    (it->place == POL_FILTER_SCOPE &&
	     (is_name(it, "retval") || begins(it, "data.") || begins(it, "args."))))
		return refuse_place(it);
	if (context < 0)
		return refuse_name(it);
	it->filter.subject = POL_SUBJECT_CONTEXT;
	it->filter.context = (uint8_t)context;
	rules_of_context(it);
	if (context == POL_CTX_CONTAINER)
		return read_container(it);
	if (context == POL_CTX_TASK_ID && it->value && !it->is_pattern &&
	    it->op <= POL_OP_DIFFERENT && !strcmp(it->value, "new"))
		return read_word(it, POL_CTX_NEW);
	return it->filter.type == POL_TYPE_FLAG ? read_flag(it) : read_values(it);
}

static int read_retval(struct fitem *it)
{
	it->filter.subject = POL_SUBJECT_RETVAL;
	it->filter.type = POL_TYPE_NUMBER;
	it->rules = (struct fterm_rules){
		.is_number = true, .is_ordered = true, .is_signed = true, .max = INT64_MAX
	};
	return read_values(it);
}

/* Numbers are compared as numbers and, like everything, as the text that is printed of them. */
static void rules_of_field(struct fitem *it, const struct event_field *field)
{
	bool is_number = field->kind <= FK_PTR && field->kind != FK_BOOL;

	it->filter.type = is_number ? POL_TYPE_NUMBER : POL_TYPE_TEXT;
	it->rules = (struct fterm_rules){
		.is_text = true,
		.is_number = is_number,
		.is_ordered = is_number,
		.is_signed = true,
		.is_address = field->kind == FK_STR && fnames_is_address(field->name),
	};
}
_Static_assert(FK_BOOL < FK_PTR && FK_PTR + 1 == FK_STR, "numbers come first");

static int refuse_field(const struct fitem *it, const char *field, size_t len)
{
	char word[NEAREST_WORD_MAX + 1] = "";
	struct nearest near;

	if (len < sizeof(word))
		memcpy(word, field, len);
	nearest_init(&near, word);
	for (size_t i = 0; i < it->event->n_fields; i++)
		nearest_offer(&near, it->event->fields[i].name, strlen(it->event->fields[i].name));
	if (!near.best[0])
		return fitem_refuse(it, -ENOENT, ": event '%s' has no such field", it->event->name);
	return fitem_refuse(it, -ENOENT, ": event '%s' has no such field; did you mean '%s'?",
			    it->event->name, near.best);
}

/* `path` is what follows the field's dot. */
static int read_part(struct fitem *it, const struct event_field *field, const char *path,
		     size_t len)
{
	const struct fnames_part *part;
	struct nearest near;

	if (field->kind != FK_SOCKADDR)
		return fitem_refuse(it, -EINVAL, ": field '%s' of event '%s' has no parts",
				    field->name, it->event->name);
	it->filter.path = strndup(path, len);
	if (!it->filter.path)
		return fitem_refuse(it, -ENOMEM, ": out of memory");
	part = fnames_sockaddr_part(it->filter.path);
	if (part) {
		it->filter.type = part->is_number ? POL_TYPE_NUMBER : POL_TYPE_TEXT;
		it->rules.is_number = it->rules.is_ordered = part->is_number;
		it->rules.is_address = part->is_address;
		return 0;
	}
	nearest_init(&near, it->filter.path);
	fnames_offer_sockaddr_parts(&near);
	if (!near.best[0])
		return fitem_refuse(it, -ENOENT, ": field '%s' has no such part", field->name);
	return fitem_refuse(it, -ENOENT, ": field '%s' has no such part; did you mean '%s'?",
			    field->name, near.best);
}

static int find_field(struct fitem *it, const char *name, size_t len)
{
	size_t field_len = strcspn(name, "." OPERATORS);
	const struct event_field *field;
	int index = fnames_field(it->event, name, field_len);

	if (index < 0)
		return refuse_field(it, name, field_len);
	field = &it->event->fields[index];
	it->filter.field = (uint8_t)index;
	rules_of_field(it, field);
	if (field_len == len)
		return 0;
	return read_part(it, field, name + field_len + 1, len - field_len - 1);
}

static int read_data(struct fitem *it)
{
	const char *name = it->text + strlen("data.");
	size_t len = it->name_len - strlen("data.");
	int rc = 0;

	it->filter.subject = POL_SUBJECT_DATA;
	if (!len)
		return fitem_refuse(it, -EINVAL, " names no field");
	if (is_name(it, "data.returnValue")) /* where later versions of Tracee have it */
		return read_retval(it);
	if (it->any_field)
		it->rules = (struct fterm_rules){
			.is_text = true, .is_number = true, .is_ordered = true, .is_signed = true
		};
	else if (!it->event)
		return fitem_refuse(it, -EINVAL, " is not possible: a set of events has no fields");
	else
		rc = find_field(it, name, len);
	return rc < 0 ? rc : read_values(it);
}

/* True if it was one of the words that are no filters. */
static bool read_extra(struct fitem *it, struct pol_filter_extra *extra, int *ret_rc)
{
	bool is_global = is_name(it, "global"), is_follow = is_name(it, "follow");

	if (it->place != POL_FILTER_SCOPE || !(is_global || is_follow))
		return false;
	*ret_rc = 0;
	if (it->value)
		*ret_rc = fitem_refuse(it, -EINVAL, " is not valid; '%s' takes no value",
				       is_global ? "global" : "follow");
	else if (is_global)
		extra->is_global = true;
	else
		extra->follow = true;
	return true;
}

static int read_filter(struct fitem *it)
{
	int rc;

	if (it->place == POL_FILTER_RULE && (begins(it, "data.") || begins(it, "args.")))
		rc = read_data(it);
	else if (it->place == POL_FILTER_RULE && is_name(it, "retval"))
		rc = read_retval(it);
	else
		rc = read_context(it);
	if (rc < 0)
		return rc;
	it->filter.name = strndup(it->text, it->name_len);
	return it->filter.name ? 0 : fitem_refuse(it, -ENOMEM, ": out of memory");
}

int fitem_read(struct fitem *it, const char *text, struct pol_filter_extra *extra)
{
	size_t len;
	int rc;

	text += strspn(text, BLANKS);
	len = strlen(text);
	while (len && strchr(BLANKS, text[len - 1]))
		len--;
	if (!len)
		return err_set(it->err, -EINVAL, "a %s is empty", it->what);
	it->text = strndup(text, len);
	if (!it->text)
		return err_set(it->err, -ENOMEM, "a %s: out of memory", it->what);
	rc = split(it);
	if (rc < 0 || read_extra(it, extra, &rc))
		return rc;
	rc = read_filter(it);
	return rc < 0 ? rc : 1;
}

void fitem_done(struct fitem *it)
{
	fterm_done(&it->terms);
	free(it->filter.name);
	free(it->filter.path);
	free(it->text);
}
