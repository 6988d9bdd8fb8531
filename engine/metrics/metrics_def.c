/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics/metrics_def.h"

#include <stdbool.h>
#include <string.h>

#include "common/cleanup.h"

static const struct metrics_def defs[METRICS_N] = {
#define METRICS_DEF(id, name_, type_, labels_, n_, help_)                                          \
	[METRICS_##id] = { name_, METRICS_##type_, labels_, n_, help_ },
	METRICS_LIST(METRICS_DEF)
#undef METRICS_DEF
};

static const char *const type_names[METRICS_TYPES] = {
	[METRICS_COUNTER] = "counter",
	[METRICS_GAUGE] = "gauge",
	[METRICS_HISTOGRAM] = "histogram",
};

static const char *const histogram_parts[] = { "_bucket", "_sum", "_count" };

const struct metrics_def *metrics_def(enum metrics_id id)
{
	return &defs[id];
}

const char *metrics_type_name(enum metrics_type type)
{
	return type_names[type];
}

const char *metrics_def_label(const struct metrics_def *def, unsigned int n, size_t *ret_len)
{
	const char *at = def->labels;

	while (*at && n > 0) {
		at += strcspn(at, ",");
		at += *at == ',';
		n--;
	}
	if (!*at)
		return NULL;
	*ret_len = strcspn(at, ",");
	return at;
}

unsigned int metrics_def_n_labels(const struct metrics_def *def)
{
	unsigned int n = 0;
	size_t len;

	while (metrics_def_label(def, n, &len))
		n++;
	return n;
}

static bool is_named(const struct metrics_def *def, const char *name, size_t len)
{
	size_t base = strlen(def->name);

	if (len < base || memcmp(def->name, name, base) != 0)
		return false;
	if (def->type != METRICS_HISTOGRAM)
		return len == base;
	for (size_t i = 0; i < ARRAY_LEN(histogram_parts); i++)
		if (strlen(histogram_parts[i]) == len - base &&
		    memcmp(histogram_parts[i], name + base, len - base) == 0)
			return true;
	return false;
}

const struct metrics_def *metrics_def_find(const char *name, size_t len)
{
	for (size_t i = 0; i < METRICS_N; i++)
		if (is_named(&defs[i], name, len))
			return &defs[i];
	return NULL;
}
