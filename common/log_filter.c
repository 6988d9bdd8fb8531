/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log_filter.h"

#include <errno.h>
#include <string.h>

static int read_text(const char *text, struct lfilter *filter, struct err *err)
{
	if (strlen(text) > LOG_FILTER_BYTES_MAX)
		return err_set(err, -E2BIG, "log filter '%.20s...' is longer than %d bytes", text,
			       LOG_FILTER_BYTES_MAX);
	memcpy(filter->text, text, strlen(text) + 1);
	return 0;
}

static int read_pattern(struct lfilters *all, const char *text, struct lfilter *filter,
			struct err *err)
{
	struct err why = { 0 };
	int rc;

	if (!all->ops)
		return err_set(err, -EINVAL,
			       "log filter 'regex=%s' is for the engine, which knows patterns; "
			       "expected 'msg=TEXT' or 'level=LEVEL'",
			       text);
	if (!all->patterns)
		all->patterns = all->ops->make();
	if (!all->patterns)
		return err_set(err, -ENOMEM, "log filters: out of memory");
	rc = all->ops->add(all->patterns, text, &why);
	if (rc < 0)
		return err_set(err, rc, "log filter 'regex=%s': %s", text, why.text);
	filter->kind = LFILTER_PATTERN;
	filter->pattern = (unsigned int)rc;
	return 0;
}

static int read_filter(struct lfilters *all, const char *item, struct lfilter *filter,
		       struct err *err)
{
	*filter = (struct lfilter){ .kind = LFILTER_TEXT };
	if (strncmp(item, "level=", 6) == 0) {
		filter->kind = LFILTER_LEVEL;
		if (log_level_parse(item + 6, &filter->level) < 0)
			return err_set(err, -EINVAL,
				       "log filter expects a level of error, warning, info, debug, "
				       "not '%s'",
				       item + 6);
		return 0;
	}
	if (strncmp(item, "regex=", 6) == 0 && item[6])
		return read_pattern(all, item + 6, filter, err);
	if (strncmp(item, "msg=", 4) == 0 && item[4])
		return read_text(item + 4, filter, err);
	return err_set(err, -EINVAL, "log filter expects 'msg=TEXT'%s or 'level=LEVEL', not '%s'",
		       all->ops ? ", 'regex=PATTERN'" : "", item);
}

static int read_list(struct lfilters *all, const struct log_filters *from,
		     struct lfilter_list *list, struct err *err)
{
	int rc = 0;

	if (from->n > LOG_FILTERS_MAX)
		return err_set(err, -E2BIG, "log filters are more than %d", LOG_FILTERS_MAX);
	for (; rc == 0 && list->n < from->n; list->n++)
		rc = read_filter(all, from->items[list->n], &list->items[list->n], err);
	return rc;
}

void lfilter_done(struct lfilters *all)
{
	if (all->ops)
		all->ops->free(all->patterns);
	all->patterns = NULL;
}

int lfilter_read(const struct log_settings *settings, struct lfilters *ret_all, struct err *err)
{
	int rc;

	*ret_all = (struct lfilters){ .ops = settings->patterns };
	rc = read_list(ret_all, &settings->include, &ret_all->include, err);
	if (rc == 0)
		rc = read_list(ret_all, &settings->exclude, &ret_all->exclude, err);
	if (rc == 0 && settings->aggregate_ns > LOG_AGGREGATE_MAX_NS)
		rc = err_set(err, -EINVAL, "log repeats are counted for an hour at most");
	return rc;
}

static bool matches_one(const struct lfilters *all, const struct lfilter *f, enum log_level level,
			const char *text)
{
	switch (f->kind) {
	case LFILTER_TEXT:
		return strstr(text, f->text) != NULL;
	case LFILTER_LEVEL:
		return f->level == level;
	case LFILTER_PATTERN:
		return all->ops->matches(all->patterns, f->pattern, text, strlen(text));
	}
	return false;
}

static bool matches(const struct lfilters *all, const struct lfilter_list *list,
		    enum log_level level, const char *text)
{
	for (size_t i = 0; i < list->n; i++)
		if (matches_one(all, &list->items[i], level, text))
			return true;
	return false;
}

bool lfilter_wants(const struct lfilters *all, enum log_level level, const char *text)
{
	return (all->include.n == 0 || matches(all, &all->include, level, text)) &&
	       !matches(all, &all->exclude, level, text);
}
