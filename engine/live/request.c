/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/request.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"

#define MESSAGE "request: "

size_t live_request_length(const char *text, size_t len)
{
	const char *end = memmem(text, len, "\n\n", 2);

	return end ? (size_t)(end - text) + 2 : 0;
}

static int take_items(struct live_items *to, const char *key, const char *value, struct err *err)
{
	if (to->n == LIVE_ITEMS_MAX)
		return err_set(err, -E2BIG, MESSAGE "'%s' is given more than %u times", key,
			       LIVE_ITEMS_MAX);
	to->items[to->n++] = value;
	return 0;
}

static int take_events(struct live_request *r, const char *value, struct err *err)
{
	return take_items(&r->events, "events", value, err);
}

static int take_scope(struct live_request *r, const char *value, struct err *err)
{
	return take_items(&r->scopes, "scope", value, err);
}

static int take_policy(struct live_request *r, const char *value, struct err *err)
{
	return take_items(&r->policies, "policy", value, err);
}

static int take_rows(struct live_request *r, const char *value, struct err *err)
{
	char shown[QUOTE_CAP];
	size_t n_digits = strspn(value, "0123456789");
	unsigned long rows = n_digits < 6 ? strtoul(value, NULL, 10) : 0;

	if (value[n_digits] || rows == 0 || rows > LIVE_ROWS_MAX)
		return err_set(err, -EINVAL, MESSAGE "'rows' is '%s', expected 1 to %u",
			       quote_text(shown, value), LIVE_ROWS_MAX);
	r->rows = (uint32_t)rows;
	return 0;
}

static int take_parse_arguments(struct live_request *r, const char *value, struct err *err)
{
	(void)value;
	(void)err;
	r->parse_arguments = true;
	return 0;
}

static const struct {
	const char *key;
	bool has_value;
	int (*take)(struct live_request *r, const char *value, struct err *err);
} keys[] = {
	{ "events", true, take_events },
	{ "scope", true, take_scope },
	{ "policy", true, take_policy },
	{ "rows", true, take_rows },
	{ "parse-arguments", false, take_parse_arguments },
};

/* `line` is cut in two at its first blank. */
static int take_line(struct live_request *r, char *line, struct err *err)
{
	char shown[QUOTE_CAP];
	char *value = strchr(line, ' ');

	if (value)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		if (strcmp(keys[i].key, line) != 0)
			continue;
		if (keys[i].has_value != (value != NULL))
			return err_set(err, -EINVAL, MESSAGE "'%s' expects %s value", line,
				       keys[i].has_value ? "a" : "no");
		return keys[i].take(r, value, err);
	}
	return err_set(err, -EINVAL,
		       MESSAGE "'%s' is not known, expected one of events, scope, policy, rows, "
			       "parse-arguments",
		       quote_text(shown, line));
}

static int take_kind(struct live_request *r, const char *line, struct err *err)
{
	char shown[QUOTE_CAP];

	if (strcmp(line, "stream") == 0)
		r->kind = LIVE_STREAM;
	else if (strcmp(line, "top") == 0)
		r->kind = LIVE_TOP;
	else
		return err_set(err, -EINVAL, MESSAGE "it begins with '%s', expected stream or top",
			       quote_text(shown, line));
	return 0;
}

int live_request_parse(struct live_request *ret_request, const char *text, size_t len,
		       struct err *err)
{
	char *line, *rest;
	int rc;

	*ret_request = (struct live_request){ .rows = LIVE_ROWS_DEFAULT };
	if (memchr(text, '\0', len))
		return err_set(err, -EINVAL, MESSAGE "there is a NUL byte in it, expected text");
	ret_request->text = strndup(text, len);
	if (!ret_request->text)
		return err_set(err, -ENOMEM, MESSAGE "out of memory");
	rest = ret_request->text;
	line = strsep(&rest, "\n");
	rc = take_kind(ret_request, line, err);
	while (rc == 0 && (line = strsep(&rest, "\n")) && *line)
		rc = take_line(ret_request, line, err);
	return rc;
}

void live_request_done(struct live_request *r)
{
	free(r->text);
	*r = (struct live_request){ 0 };
}
