/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/policy/diff.h"
#include "engine/policy/policy.h"
#include "engine/policy_roots.h"

struct reload {
	struct reload_options opt;
	struct pol_set *set; /* owned: in force */
	uint64_t generation;
	uint64_t n_reloads, n_reload_errors;
	uint64_t loaded_ns;
	struct reload_report report;
};

static void cleanup_set(struct pol_set **set)
{
	pol_set_free(*set);
}
#define CLEANUP_SET CLEANUP(cleanup_set)

struct reload *reload_new(const struct reload_options *opt, struct pol_set *set)
{
	struct reload *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->opt = *opt;
	r->set = set;
	r->generation = 1;
	r->loaded_ns = now_boot_ns();
	return r;
}

static void forget_names(struct reload_names *names)
{
	while (names->n_items > 0)
		free(names->items[--names->n_items]);
	names->n = 0;
}

static void begin_report(struct reload *r)
{
	struct reload_report *report = &r->report;

	forget_names(&report->added);
	forget_names(&report->removed);
	forget_names(&report->changed);
	report->n_kept = 0;
	report->took_ns = 0;
	report->generation = r->generation;
	report->err = (struct err){ 0 };
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	begin_report(r);
	pol_set_free(r->set);
	free(r);
}

static void keep_name(struct reload_names *names, const char *name)
{
	names->n++;
	if (names->n_items == RELOAD_NAMES_MAX)
		return;
	names->items[names->n_items] = strdup(name);
	if (names->items[names->n_items]) /* or it is only counted */
		names->n_items++;
}

static void note_change(void *arg, enum pol_change change, const struct pol_policy *policy)
{
	struct reload_report *report = arg;

	switch (change) {
	case POL_KEPT:
		report->n_kept++;
		break;
	case POL_CHANGED:
		keep_name(&report->changed, policy->name);
		break;
	case POL_ADDED:
		keep_name(&report->added, policy->name);
		break;
	case POL_REMOVED:
		keep_name(&report->removed, policy->name);
		break;
	}
}

static struct pol_set *load(const struct reload *r, struct err *err)
{
	CLEANUP_SET struct pol_set *set = pol_set_new();
	int rc = set ? 0 : err_set(err, -ENOMEM, "policies: out of memory");

	for (size_t i = 0; rc == 0 && i < r->opt.n_paths; i++)
		rc = pol_set_load(set, r->opt.paths[i], err);
	if (rc == 0)
		rc = pol_set_compile(set, err);
	return rc == 0 ? TAKE_PTR(set) : NULL;
}

/* From the next record on these are in force. */
static int replace(struct reload *r, struct pol_set *set, struct err *err)
{
	struct pipeline *pipeline = r->opt.pipeline;
	const struct match_options opt = {
		.generation = r->generation + 1,
		.start_ns = r->opt.start_ns,
		.epoch_offset_ns = r->opt.epoch_offset_ns,
		.tree = pipeline_ptree(pipeline),
		.no_jit = true,
	};
	struct match *match;
	int rc = pol_set_diff(r->set, set, note_change, &r->report);

	if (rc < 0)
		return err_set(err, rc, "policies: out of memory");
	match = match_new(set, &opt, pipeline_match(pipeline), err);
	if (!match)
		return err->code;
	match_free(pipeline_set_match(pipeline, match));
	reload_tell_missing(set, r->set);
	pol_set_free(r->set);
	r->set = set;
	r->generation++;
	return 0;
}

/* What the sandbox is in the way of is worth another word. */
static void explain_refusal(const struct reload *r, struct err *err)
{
	struct err why = { 0 };
	char text[sizeof(err->text)];

	if (err->code != -EACCES || !r->opt.roots ||
	    !policy_roots_left(r->opt.roots, r->opt.paths, r->opt.n_paths, &why))
		return;
	memcpy(text, err->text, sizeof(text));
	(void)err_set(err, -EACCES, "%s: %s", text, why.text);
}

static void refuse(struct reload *r)
{
	struct reload_report *report = &r->report;
	struct err err = report->err;

	explain_refusal(r, &err);
	begin_report(r);
	report->err = err;
	report->outcome = RELOAD_REFUSED;
	r->n_reload_errors++;
	log_error("policies are not reloaded, generation %" PRIu64 " stays in force: %s",
		  r->generation, err.text);
}

static const char *why_text(enum reload_why why)
{
	switch (why) {
	case RELOAD_SIGHUP:
		return "SIGHUP";
	case RELOAD_COMMAND:
		return "as asked";
	case RELOAD_CHANGE:
		return "they changed";
	}
	return "";
}

static void accept(struct reload *r, enum reload_why why, uint64_t began_ns)
{
	struct reload_report *report = &r->report;

	r->n_reloads++;
	r->loaded_ns = now_boot_ns();
	report->outcome = RELOAD_DONE;
	report->generation = r->generation;
	report->took_ns = r->loaded_ns - began_ns;
	log_info("policies are reloaded (%s): generation %" PRIu64 ", %zu added, %zu removed, %zu "
		 "changed, %zu kept, in %" PRIu64 ".%" PRIu64 " ms",
		 why_text(why), r->generation, report->added.n, report->removed.n,
		 report->changed.n, report->n_kept, report->took_ns / 1000000,
		 report->took_ns / 100000 % 10);
}

const struct reload_report *reload_now(struct reload *r, enum reload_why why)
{
	struct reload_report *report = &r->report;
	CLEANUP_SET struct pol_set *set = NULL;
	bool was_refused = report->outcome == RELOAD_REFUSED;
	uint64_t began_ns = now_boot_ns();

	begin_report(r);
	report->outcome = RELOAD_NOTHING;
	if (r->opt.n_paths == 0) {
		if (why == RELOAD_SIGHUP)
			log_info("SIGHUP: there is nothing to reload without '--policy'");
		return report;
	}
	set = load(r, &report->err);
	if (!set) {
		refuse(r);
		return report;
	}
	if (why == RELOAD_CHANGE && pol_set_same(r->set, set)) {
		report->n_kept = set->n_policies;
		if (was_refused)
			log_info("policies are as they were again: generation %" PRIu64
				 " stays in force",
				 r->generation);
		return report;
	}
	if (replace(r, set, &report->err) < 0) {
		refuse(r);
		return report;
	}
	(void)TAKE_PTR(set); /* it is r's */
	accept(r, why, began_ns);
	return report;
}

const struct reload_report *reload_report(const struct reload *r)
{
	return &r->report;
}

void reload_stats_get(const struct reload *r, struct reload_stats *ret_stats)
{
	*ret_stats = (struct reload_stats){
		.generation = r->generation,
		.n_reloads = r->n_reloads,
		.n_reload_errors = r->n_reload_errors,
		.loaded_ns = r->loaded_ns,
		.last_error = r->report.err.text,
		.is_possible = r->opt.n_paths > 0,
	};
}

static bool has_unavailable(const struct pol_set *set, const char *name)
{
	for (size_t i = 0; set && i < set->n_unavailable; i++)
		if (strcmp(set->unavailable[i], name) == 0)
			return true;
	return false;
}

static bool has_unfed(const struct pol_set *set, enum pol_context context)
{
	for (size_t i = 0; set && i < set->n_unfed; i++)
		if (set->unfed[i] == context)
			return true;
	return false;
}

void reload_tell_missing(const struct pol_set *set, const struct pol_set *former)
{
	for (size_t i = 0; i < set->n_unavailable; i++)
		if (!has_unavailable(former, set->unavailable[i]))
			log_warning("event '%s' is not available in this build, continuing without "
				    "it",
				    set->unavailable[i]);
	for (size_t i = 0; i < set->n_unfed; i++)
		if (!has_unfed(former, set->unfed[i]))
			log_warning("filter '%s': %s are not known in this build yet, it only "
				    "matches what has none",
				    pol_context_name(set->unfed[i]),
				    pol_context_unfed(set->unfed[i]));
}
