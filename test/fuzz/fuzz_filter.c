/* SPDX-License-Identifier: Apache-2.0 */
/* A letter, then scopes ('s'), filters of connect ('c') or of a set (any other), one a line. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP_FREE char *text = strndup((const char *)data, len);
	enum pol_filter_place place = text && *text == 's' ? POL_FILTER_SCOPE : POL_FILTER_RULE;
	const struct event_def *def = text && *text == 'c' ? event_def_find(EV_CONNECT) : NULL;
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };

	if (!text)
		abort();
	for (char *save, *at = strtok_r(text, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		const char *item = at + (at == text);
		struct err err = { 0 };
		size_t n = filters.n;
		int rc = pol_filter_add(&filters, item, place, def, 1, 1, &extra, &err);

		if (rc > 0 || (rc < 0) != (err.text[0] != '\0') || (rc < 0 && filters.n != n))
			abort();
		(void)pol_filter_check(item, NULL); /* only that it ends well */
	}
	pol_filters_done(&filters);
	return 0;
}
