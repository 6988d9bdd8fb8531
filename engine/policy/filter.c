/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/policy/filter_item.h"

static bool is_same_subject(const struct pol_filter *a, const struct pol_filter *b)
{
	if (a->subject != b->subject || a->type != b->type)
		return false;
	if (a->subject == POL_SUBJECT_CONTEXT)
		return a->context == b->context;
	if (a->subject == POL_SUBJECT_RETVAL)
		return true;
	return a->field == b->field && !a->path == !b->path &&
	       (!a->path || !strcmp(a->path, b->path));
}

/* Moves the item's terms behind those of a filter on the same subject. */
static int join(struct fitem *it, struct pol_filter *to)
{
	struct pol_term *terms;

	if (to->type == POL_TYPE_FLAG) {
		if (to->flag == it->filter.flag)
			return 0;
		return fitem_refuse(it, -EINVAL, " contradicts another one on '%s'",
				    pol_context_name(to->context));
	}
	if (to->n_terms + it->terms.n > POL_FILTER_TERMS_MAX)
		return fitem_refuse(it, -E2BIG, ": there are more than %d values for '%s'",
				    POL_FILTER_TERMS_MAX, to->name);
	terms = reallocarray(to->terms, to->n_terms + it->terms.n, sizeof(*terms));
	if (!terms)
		return fitem_refuse(it, -ENOMEM, ": out of memory");
	memcpy(terms + to->n_terms, it->terms.items, it->terms.n * sizeof(*terms));
	to->terms = terms;
	to->n_terms += it->terms.n;
	it->terms.n = 0;
	return 0;
}

static int take(struct fitem *it, struct pol_filters *filters)
{
	struct pol_filter *items;
	size_t n = filters->n;

	for (size_t i = 0; i < n; i++)
		if (is_same_subject(&filters->items[i], &it->filter))
			return join(it, &filters->items[i]);
	items = reallocarray(filters->items, n + 1, sizeof(*items));
	if (!items)
		return fitem_refuse(it, -ENOMEM, ": out of memory");
	filters->items = items;
	it->filter.terms = it->terms.items;
	it->filter.n_terms = it->terms.n;
	items[filters->n++] = it->filter;
	it->filter = (struct pol_filter){ 0 };
	it->terms = (struct fterm_list){ 0 };
	return 0;
}

int pol_filter_add(struct pol_filters *filters, const char *text, enum pol_filter_place place,
		   const struct event_def *event, uint32_t line, uint32_t column,
		   struct pol_filter_extra *ret_extra, struct err *err)
{
	struct fitem it = { .what = place == POL_FILTER_SCOPE ? "scope" : "filter",
			    .place = place,
			    .event = event,
			    .filter = { .line = line, .column = column },
			    .err = err };
	int rc = fitem_read(&it, text, ret_extra);

	if (rc == 1)
		rc = take(&it, filters);
	fitem_done(&it);
	return rc;
}

int pol_filter_check(const char *text, struct err *err)
{
	struct fitem it = {
		.what = "filter", .place = POL_FILTER_RULE, .any_field = true, .err = err
	};
	int rc = fitem_read(&it, text, NULL);

	fitem_done(&it);
	return rc < 0 ? rc : 0;
}

void pol_filters_done(struct pol_filters *filters)
{
	for (size_t i = 0; i < filters->n; i++) {
		struct pol_filter *filter = &filters->items[i];

		fterm_done(&(struct fterm_list){ filter->terms, filter->n_terms });
		free(filter->name);
		free(filter->path);
	}
	free(filters->items);
	*filters = (struct pol_filters){ 0 };
}
