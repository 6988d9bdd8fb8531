/* SPDX-License-Identifier: Apache-2.0 */
/* What became of one condition: told from the result, so that compiling has nothing to remember. */
#include <stdlib.h>

#include "engine/match/kernel.h"
#include "engine/match/kernel_parts.h"

static void fields_of(const struct filter_event *event, struct kf_fields *ret_fields)
{
	for (unsigned int i = 0; i < FILTER_FIELDS; i++) {
		ret_fields->ints[i] =
			event->dims >> (FILTER_INT0 + i) & 1 ? event->int_field[i] : -1;
		ret_fields->texts[i] =
			event->dims >> (FILTER_TEXT0 + i) & 1 ? event->text[i].field : -1;
	}
}

/* Why nothing is looked at that the kernel could look at. */
static int why_open(const struct kfilter_report *report, const struct pol_filter *filter)
{
	if (filter->subject == POL_SUBJECT_DATA && report->n_conditions[KFILTER_WHY_FIELDS] > 0 &&
	    report->n_conditions[KFILTER_WHY_ANY] == 0)
		return KFILTER_WHY_FIELDS;
	return report->n_conditions[KFILTER_WHY_ENTRIES] > 0 ? KFILTER_WHY_ENTRIES
							     : KFILTER_WHY_ANY;
}

int kfilter_condition(const struct kfilter *k, const struct pol_policy *policy,
		      const struct pol_filter *filter, const struct event_def *def)
{
	const struct filter_event *event = &k->events[def->slot];
	struct kf_terms terms = { .n = 0 };
	enum filter_dim dim = FILTER_UID;
	enum kf_kind kind = KF_OPEN;
	struct kf_fields fields;
	int rc;

	if (!filter_is_possible(def->slot))
		return KFILTER_WHY_EVENT;
	if (policy->follow)
		return KFILTER_WHY_FOLLOW;
	rc = kf_reduce(filter, def, NULL, &terms, &dim, &kind);
	if (rc == KFILTER_IN_KERNEL) {
		terms.n = 0;
		fields_of(event, &fields);
		rc = kf_reduce(filter, def, &fields, &terms, &dim, &kind);
		if (rc == KFILTER_WHY_FIELDS ||
		    (rc == KFILTER_IN_KERNEL && !(event->dims >> dim & 1)))
			rc = why_open(&k->reports[def->slot], filter);
	}
	free(terms.items);
	return rc;
}
