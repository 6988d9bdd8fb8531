/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/otlp_metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json.h"
#include "engine/encode/otlp_write.h"

#define CUMULATIVE 2U /* AggregationTemporality */
#define BOUNDS_MAX 64
#define VALUE_MAX 1024 /* bytes of a label's value; the writer stays below */

/* A piece of the text. */
struct span {
	const char *at;
	size_t len;
};

enum family_type { TYPE_GAUGE, TYPE_SUM, TYPE_HISTOGRAM };

struct family {
	struct ow w;
	const struct eotlpm_options *opt;
	struct span name, help;
	enum family_type type;
	bool is_open;
	size_t metric, list; /* marks */
	/* of a histogram, until its count comes */
	double bounds[BOUNDS_MAX], sum;
	uint64_t below[BOUNDS_MAX + 1]; /* the last one: of "+Inf" */
	size_t n_bounds;
};

static bool starts_with(struct span s, const char *text, size_t len)
{
	return s.len >= len && memcmp(s.at, text, len) == 0;
}

static bool ends_with(struct span s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && memcmp(s.at + s.len - len, text, len) == 0;
}

static bool is_same(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

/* Up to `c`, which is not part of it; *rest goes on behind that. */
static struct span take_until(struct span *rest, char c)
{
	const char *end = rest->len ? memchr(rest->at, c, rest->len) : NULL;
	struct span part = { rest->at, end ? (size_t)(end - rest->at) : rest->len };
	size_t skip = part.len + (end != NULL);

	rest->at += skip;
	rest->len -= skip;
	return part;
}

/* A whole number or another. -EBADMSG. */
static int read_number(struct span s, double *ret_value)
{
	char text[64], *end;

	if (s.len == 0 || s.len >= sizeof(text))
		return -EBADMSG;
	memcpy(text, s.at, s.len);
	text[s.len] = '\0';
	*ret_value = strtod(text, &end);
	return *end ? -EBADMSG : 0;
}

/* --- A family. --- */

static const char *unit_of(struct span name)
{
	if (ends_with(name, "_total"))
		name.len -= strlen("_total");
	if (ends_with(name, "_seconds"))
		return "s";
	return ends_with(name, "_bytes") ? "By" : "1";
}

static void open_family(struct family *f)
{
	static const struct {
		uint8_t field;
		const char *key;
	} places[] = { [TYPE_GAUGE] = { 5, "gauge" },
		       [TYPE_SUM] = { 7, "sum" },
		       [TYPE_HISTOGRAM] = { 9, "histogram" } };
	const char *unit = unit_of(f->name);

	ow_begin(&f->w);
	ow_text(&f->w, (struct ow_place){ 1, "name" }, f->name.at, f->name.len);
	ow_text(&f->w, (struct ow_place){ 2, "description" }, f->help.at, f->help.len);
	ow_text(&f->w, (struct ow_place){ 3, "unit" }, unit, strlen(unit));
	f->metric = ow_open(&f->w, (struct ow_place){ places[f->type].field, places[f->type].key });
	ow_list_open(&f->w, "dataPoints");
	f->n_bounds = 0;
	f->is_open = true;
}

static void close_family(struct family *f)
{
	ow_list_close(&f->w);
	if (f->type != TYPE_GAUGE)
		ow_enum(&f->w, (struct ow_place){ 2, "aggregationTemporality" }, CUMULATIVE);
	if (f->type == TYPE_SUM)
		ow_bool(&f->w, (struct ow_place){ 3, "isMonotonic" }, true);
	ow_close(&f->w, f->metric);
	ow_end(&f->w);
	f->is_open = false;
}

static size_t open_point(struct family *f)
{
	size_t mark = ow_open(&f->w, (struct ow_place){ 1, NULL });

	if (f->type != TYPE_GAUGE)
		ow_fixed64(&f->w, (struct ow_place){ 2, "startTimeUnixNano" }, f->opt->start_ns);
	ow_fixed64(&f->w, (struct ow_place){ 3, "timeUnixNano" }, f->opt->time_ns);
	return mark;
}

/* One label's value with its escapes, behind the first quote; *rest goes on behind the last one.
 * -EBADMSG. */
static int read_value(struct span *rest, char value[static VALUE_MAX], size_t *ret_len)
{
	size_t n = 0;

	for (; rest->len > 0 && *rest->at != '"' && n < VALUE_MAX; rest->at++, rest->len--) {
		char c = *rest->at;

		if (c == '\\' && rest->len > 1) {
			c = *++rest->at;
			rest->len--;
			c = c == 'n' ? '\n' : c;
		}
		value[n++] = c;
	}
	if (rest->len == 0 || *rest->at != '"')
		return -EBADMSG;
	rest->at++;
	rest->len--;
	*ret_len = n;
	return 0;
}

/* `{a="b",c="d"}`, behind the first bracket. */
static int put_labels(struct family *f, struct span *rest)
{
	char key[64], value[VALUE_MAX];
	struct span name;
	size_t len;

	ow_list_open(&f->w, "attributes");
	while (rest->len > 0 && *rest->at != '}') {
		name = take_until(rest, '=');
		if (name.len == 0 || name.len >= sizeof(key) || rest->len == 0 || *rest->at != '"')
			return -EBADMSG;
		memcpy(key, name.at, name.len);
		key[name.len] = '\0';
		rest->at++;
		rest->len--;
		if (read_value(rest, value, &len) < 0)
			return -EBADMSG;
		if (len > 0)
			ow_pair_text(&f->w, (struct ow_place){ 7, NULL }, key, value, len);
		if (rest->len > 0 && *rest->at == ',') {
			rest->at++;
			rest->len--;
		}
	}
	ow_list_close(&f->w);
	if (rest->len == 0)
		return -EBADMSG;
	rest->at++;
	rest->len--;
	return 0;
}

/* --- Samples. --- */

/* `name{labels} value`, without the name. */
static int put_sample(struct family *f, struct span rest)
{
	size_t mark = open_point(f);
	double value = 0;
	int rc = 0;

	if (rest.len > 0 && *rest.at == '{') {
		rest.at++;
		rest.len--;
		rc = put_labels(f, &rest);
	}
	if (rc < 0 || rest.len < 2 || *rest.at != ' ')
		return -EBADMSG;
	rest.at++;
	rest.len--;
	rc = read_number(rest, &value);
	ow_double(&f->w, (struct ow_place){ 4, "asDouble" }, value);
	ow_close(&f->w, mark);
	return rc;
}

static void put_histogram(struct family *f, uint64_t count)
{
	size_t mark = open_point(f), list;

	ow_fixed64(&f->w, (struct ow_place){ 4, "count" }, count);
	ow_double(&f->w, (struct ow_place){ 5, "sum" }, f->sum);
	list = ow_packed_open(&f->w, (struct ow_place){ 6, "bucketCounts" });
	for (size_t i = 0; i <= f->n_bounds; i++)
		ow_packed_fixed64(&f->w, f->below[i] - (i > 0 ? f->below[i - 1] : 0));
	ow_packed_close(&f->w, list);
	list = ow_packed_open(&f->w, (struct ow_place){ 7, "explicitBounds" });
	for (size_t i = 0; i < f->n_bounds; i++)
		ow_packed_double(&f->w, f->bounds[i]);
	ow_packed_close(&f->w, list);
	ow_close(&f->w, mark);
}

/* `_bucket{le="x"} n`, `_sum x`, `_count n`: what stands behind the family's name. */
static int take_histogram(struct family *f, struct span rest)
{
	struct span part = take_until(&rest, ' '), limit;
	double value;

	if (read_number(rest, &value) < 0)
		return -EBADMSG;
	if (is_same(part, "_sum")) {
		f->sum = value;
	} else if (is_same(part, "_count")) {
		put_histogram(f, (uint64_t)value);
	} else {
		if (!starts_with(part, "_bucket{le=\"", 12) || !ends_with(part, "\"}"))
			return -EBADMSG;
		limit = (struct span){ part.at + 12, part.len - 14 };
		f->below[f->n_bounds] = (uint64_t)value;
		if (is_same(limit, "+Inf"))
			return 0;
		if (f->n_bounds == BOUNDS_MAX || read_number(limit, &f->bounds[f->n_bounds]) < 0)
			return -EBADMSG;
		f->n_bounds++;
	}
	return 0;
}

static int take_sample(struct family *f, struct span line)
{
	if (!f->is_open || !starts_with(line, f->name.at, f->name.len))
		return -EBADMSG;
	line.at += f->name.len;
	line.len -= f->name.len;
	return f->type == TYPE_HISTOGRAM ? take_histogram(f, line) : put_sample(f, line);
}

/* `# HELP name text` or `# TYPE name type`: the two first lines of a family. */
static int take_comment(struct family *f, struct span line)
{
	struct span what, name;

	line.at += 2;
	line.len -= 2;
	what = take_until(&line, ' ');
	name = take_until(&line, ' ');
	if (is_same(what, "HELP")) {
		f->name = name;
		f->help = line;
		return 0;
	}
	if (!is_same(what, "TYPE") || name.len != f->name.len ||
	    memcmp(name.at, f->name.at, name.len) != 0)
		return -EBADMSG;
	f->type = is_same(line, "counter")     ? TYPE_SUM
		  : is_same(line, "histogram") ? TYPE_HISTOGRAM
					       : TYPE_GAUGE;
	open_family(f);
	return 0;
}

int eotlpm_document(const char *text, size_t len, const struct eotlpm_options *opt,
		    eotlpm_put_fn *put, void *arg)
{
	CLEANUP_FREE uint8_t *buf = malloc(JSON_EVENT_MAX);
	struct family f = { .opt = opt };
	struct span rest = { text, len };
	int rc = buf ? 0 : -ENOMEM;

	while (rc == 0 && (rest.len > 0 || f.is_open)) {
		struct span line = take_until(&rest, '\n');
		bool is_new = line.len == 0 || starts_with(line, "# HELP ", 7);

		if (is_new && f.is_open) {
			close_family(&f);
			if (f.w.is_full)
				return -EMSGSIZE;
			put(arg, buf, ow_len(&f.w));
		}
		if (is_new)
			ow_init(&f.w, buf, JSON_EVENT_MAX, opt->is_json);
		if (starts_with(line, "# ", 2))
			rc = take_comment(&f, line);
		else if (line.len > 0)
			rc = take_sample(&f, line);
	}
	return rc;
}
