/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config_reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "engine/config/config.h"
#include "engine/options.h"

struct creload {
	const struct engine_options *start;
	struct config *last;         /* owned: of the latest reload; NULL: as at the start */
	struct engine_options fresh; /* read, and not in force yet */
	bool is_read;
	struct creload_report report;
};

static void forget_names(struct creload_names *names)
{
	while (names->n_items > 0)
		free(names->items[--names->n_items]);
	names->n = 0;
}

static void forget_report(struct creload *r)
{
	forget_names(&r->report.applied);
	forget_names(&r->report.waiting);
	r->report.err = (struct err){ 0 };
}

struct creload *creload_new(const struct engine_options *start)
{
	struct creload *r = calloc(1, sizeof(*r));

	if (r)
		r->start = start;
	return r;
}

void creload_drop(struct creload *r)
{
	if (r->is_read)
		engine_options_done(&r->fresh);
	r->is_read = false;
}

void creload_free(struct creload *r)
{
	if (!r)
		return;
	creload_drop(r);
	forget_report(r);
	config_free(r->last);
	free(r);
}

int creload_read(struct creload *r, struct err *err)
{
	int rc;

	creload_drop(r);
	forget_report(r);
	rc = engine_options_parse(r->start->argc, r->start->argv, &r->fresh, err);
	if (rc < 0) {
		engine_options_done(&r->fresh);
		r->report.err = *err;
		return rc;
	}
	r->is_read = true;
	return 0;
}

static void keep_name(struct creload_names *names, const char *path)
{
	names->n++;
	if (names->n_items == CRELOAD_NAMES_MAX)
		return;
	names->items[names->n_items] = strdup(path);
	if (names->items[names->n_items]) /* or it is only counted */
		names->n_items++;
}

static void note_applied(void *arg, const struct ckey *key, const char *path)
{
	struct creload *r = arg;

	if (key->flags & (CKEY_LOG | CKEY_LIVE))
		keep_name(&r->report.applied, path);
}

static void note_waiting(void *arg, const struct ckey *key, const char *path)
{
	struct creload *r = arg;

	if (!(key->flags & (CKEY_LOG | CKEY_LIVE)) && !key->instead)
		keep_name(&r->report.waiting, path);
}

/* "'a', 'b' and 3 more" */
static const char *list_names(const struct creload_names *names, char *buf, size_t cap)
{
	size_t len = 0, i = 0;

	*buf = '\0';
	for (; i < names->n_items && i < 8 && len + CKEY_PATH_MAX + 32 < cap; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s'%s'", i ? ", " : "", /* fits */
					names->items[i]);
	if (i < names->n)
		(void)snprintf(buf + len, cap - len, " and %zu more", names->n - i); /* fits */
	return buf;
}

static void tell(const struct creload_report *report)
{
	char list[1024];

	if (report->applied.n > 0)
		log_info("configuration is reloaded: %s",
			 list_names(&report->applied, list, sizeof(list)));
	if (report->waiting.n > 0)
		log_warning("configuration differs from what is in force, expected a restart: %s",
			    list_names(&report->waiting, list, sizeof(list)));
}

void creload_apply(struct creload *r)
{
	const struct config *start = r->start->merged.config;
	const struct config *last = r->last ? r->last : start;
	struct err err = { 0 };

	if (!r->is_read)
		return;
	config_diff(last, r->fresh.merged.config, note_applied, r);
	config_diff(start, r->fresh.merged.config, note_waiting, r);
	/* The options were checked with it. */
	if (r->report.applied.n > 0 && log_options_set(&r->fresh.log, &err) < 0)
		log_error("%s", err.text);
	tell(&r->report);
	config_free(r->last);
	r->last = r->fresh.merged.config;
	r->fresh.merged.config = NULL;
	creload_drop(r);
}

const struct creload_report *creload_report(const struct creload *r)
{
	return &r->report;
}
