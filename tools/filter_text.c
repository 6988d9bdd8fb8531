/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/filter_text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/cleanup.h"

#define NS_PER_S 1000000000U

static const char *operator_of(const struct pol_term *term)
{
	bool is_pattern = term->kind == POL_TERM_PATTERN;

	switch ((enum pol_op)term->op) {
	case POL_OP_EQUAL:
		return is_pattern ? "=~" : "=";
	case POL_OP_DIFFERENT:
		return is_pattern ? "!~" : "!=";
	case POL_OP_LESS:
		return "<";
	case POL_OP_LESS_EQUAL:
		return "<=";
	case POL_OP_GREATER:
		return ">";
	case POL_OP_GREATER_EQUAL:
		return ">=";
	}
	return "?";
}

static void print_term(FILE *out, const struct pol_term *term)
{
	bool at_start = term->kind == POL_TERM_SUFFIX || term->kind == POL_TERM_CONTAINS;
	bool at_end = term->kind == POL_TERM_PREFIX || term->kind == POL_TERM_CONTAINS;

	if (term->on_host_mnt)
		fputs("host:", out);
	if (term->mnt_ns)
		fprintf(out, "%" PRIu32 ":", term->mnt_ns);
	fprintf(out, "%s%.*s%s", at_start ? "*" : "", (int)term->len, term->text,
		at_end ? "*" : "");
}

static void print_flag(FILE *out, const struct pol_filter *filter)
{
	const char *word = NULL;

	if (filter->context == POL_CTX_NEW || filter->context == POL_CTX_CONTAINER_NEW)
		word = "new";
	if (filter->context == POL_CTX_CONTAINER_STARTED)
		word = "started";
	if (word)
		fprintf(out, "%s%s%s", filter->name, filter->flag ? "=" : "!=", word);
	else if (filter->flag || strcmp(filter->name, "not-container") == 0)
		fputs(filter->name, out);
	else
		fprintf(out, "%s=false", filter->name);
}

/* Values of one operator are alternatives, of which an item has several; each range, and each
 * pattern, is an item of its own. */
static bool goes_on(const struct pol_term *before, const struct pol_term *term)
{
	return term->op == before->op && term->op <= POL_OP_DIFFERENT &&
	       before->kind != POL_TERM_PATTERN && term->kind != POL_TERM_PATTERN;
}

char *ftext_filter(const struct pol_filter *filter)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	if (filter->type == POL_TYPE_FLAG)
		print_flag(out, filter);
	for (size_t i = 0; i < filter->n_terms; i++) {
		const struct pol_term *term = &filter->terms[i];

		if (i > 0 && goes_on(term - 1, term))
			fputc(',', out);
		else
			fprintf(out, "%s%s%s", i ? " " : "", filter->name, operator_of(term));
		print_term(out, term);
	}
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

struct json_t *ftext_filters(const struct pol_filters *filters)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < filters->n; i++) {
		CLEANUP_FREE char *text = ftext_filter(&filters->items[i]);

		if (text && json_array_append_new(array, ftext_string(text)) == 0)
			continue;
		json_decref(array);
		return NULL;
	}
	return array;
}

static void replace(char *text, bool also_bytes)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f ||
		    (also_bytes && (unsigned char)*c >= 0x80))
			*c = '?';
}

struct json_t *ftext_string(const char *text)
{
	CLEANUP_FREE char *copy = strdup(text);
	json_t *string;

	if (!copy)
		return NULL;
	replace(copy, false);
	string = json_string(copy);
	if (string)
		return string;
	replace(copy, true); /* it was no UTF-8, or memory is short: then this fails too */
	return json_string(copy);
}

const char *ftext_time(char buf[static FTEXT_TIME_CAP], int64_t time_s)
{
	time_t seconds = (time_t)time_s;
	struct tm tm;

	if (time_s == INT64_MAX)
		(void)snprintf(buf, FTEXT_TIME_CAP, "never"); /* fits, as do all of these */
	else if (!gmtime_r(&seconds, &tm) ||
		 strftime(buf, FTEXT_TIME_CAP, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(buf, FTEXT_TIME_CAP, "%" PRId64, time_s);
	return buf;
}

const char *ftext_time_ns(char buf[static FTEXT_TIME_CAP], uint64_t time_ns)
{
	char seconds[FTEXT_TIME_CAP];
	size_t len = strlen(ftext_time(seconds, (int64_t)(time_ns / NS_PER_S)));

	(void)snprintf(buf, FTEXT_TIME_CAP, "%.*s.%09" PRIu64 "Z", /* a year has few digits */
		       (int)(len < 29 ? len - 1 : 28), seconds, time_ns % NS_PER_S);
	return buf;
}

bool ftext_is_expired(const struct pol_exception *exception)
{
	return exception->expires_s != INT64_MAX && (int64_t)time(NULL) >= exception->expires_s;
}
