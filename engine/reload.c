/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/policy/diff.h"
#include "engine/policy/policy.h"
#include "engine/policy_roots.h"

/* What is under way: the thread's until it is joined. */
struct work {
	enum reload_why why;
	uint64_t began_ns;
	struct pol_set *set;
	struct match *match;     /* NULL: nothing is to be replaced, or it is refused */
	struct kfilter *filters; /* NULL: none, or not asked for */
	struct reload_report report;
};

/* What was replaced: its thread's until it is joined. */
struct former {
	struct pol_set *set;
	struct match *match;
};

struct reload {
	struct reload_options opt;
	struct pol_set *set; /* owned: in force */
	uint64_t generation;
	uint64_t n_reloads, n_reload_errors;
	uint64_t loaded_ns;
	struct reload_report report; /* of the latest */
	struct kfilter *filters;     /* of the latest, not taken yet */
	bool is_under_way;
	bool is_working, is_freeing; /* there is a thread to be joined */
	pthread_t working, freeing;
	int ready_fd; /* eventfd */
	struct work work;
	struct former former;
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
	r->ready_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->ready_fd < 0) {
		free(r);
		return NULL;
	}
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

static void forget_all_names(struct reload_report *report)
{
	forget_names(&report->added);
	forget_names(&report->removed);
	forget_names(&report->changed);
	report->n_kept = 0;
}

static void join(pthread_t thread, bool *is_there)
{
	if (*is_there)
		(void)pthread_join(thread, NULL); /* ours, and joined once */
	*is_there = false;
}

static void drop_work(struct work *w)
{
	match_free(w->match);
	kfilter_free(w->filters);
	pol_set_free(w->set);
	forget_all_names(&w->report);
	*w = (struct work){ 0 };
}

void reload_free(struct reload *r)
{
	if (!r)
		return;
	join(r->working, &r->is_working);
	join(r->freeing, &r->is_freeing);
	drop_work(&r->work);
	forget_all_names(&r->report);
	kfilter_free(r->filters);
	pol_set_free(r->set);
	(void)close(r->ready_fd);
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

static int compile(const struct reload *r, struct work *w)
{
	const struct match_options opt = {
		.generation = r->generation + 1,
		.start_ns = r->opt.start_ns,
		.epoch_offset_ns = r->opt.epoch_offset_ns,
		.no_jit = true,
	};
	struct err *err = &w->report.err;
	int rc = pol_set_diff(r->set, w->set, note_change, &w->report);

	if (rc < 0)
		return err_set(err, rc, "policies: out of memory");
	w->match = match_new(w->set, &opt, NULL, err);
	if (w->match && r->opt.with_filters)
		w->filters = kfilter_compile(w->set, err);
	return err->code;
}

/* All that the loop need not do itself. Its result is in w->report. */
static void work(struct reload *r)
{
	static const uint64_t one = 1;
	struct work *w = &r->work;

	w->report.outcome = r->opt.n_paths > 0 ? RELOAD_REFUSED : RELOAD_NOTHING;
	if (r->opt.n_paths > 0)
		w->set = load(r, &w->report.err);
	if (w->set && w->why == RELOAD_CHANGE && pol_set_same(r->set, w->set)) {
		w->report.outcome = RELOAD_NOTHING;
		w->report.n_kept = w->set->n_policies;
	} else if (w->set && compile(r, w) == 0) {
		w->report.outcome = RELOAD_DONE;
	}
	(void)!write(r->ready_fd, &one, sizeof(one)); /* cannot fail: it is 0 */
}

static void *work_in_thread(void *arg)
{
	(void)pthread_setname_np(pthread_self(), "reload"); /* for those who look */
	work(arg);
	return NULL;
}

void reload_begin(struct reload *r, enum reload_why why)
{
	struct work *w = &r->work;

	r->is_under_way = true;
	w->why = why;
	w->began_ns = now_boot_ns();
	/* No thread to be had: then the loop stands still. Without paths it takes no time. */
	r->is_working =
		r->opt.n_paths > 0 && pthread_create(&r->working, NULL, work_in_thread, r) == 0;
	if (!r->is_working)
		work(r);
}

bool reload_is_under_way(const struct reload *r)
{
	return r->is_under_way;
}

int reload_fd(const struct reload *r)
{
	return r->ready_fd;
}

static void free_former(struct former *f)
{
	match_free(f->match);
	pol_set_free(f->set);
	(void)malloc_trim(0); /* what there was is not what there will be */
}

static void *free_in_thread(void *arg)
{
	(void)pthread_setname_np(pthread_self(), "reload-free");
	free_former(arg);
	return NULL;
}

/* Thousands of policies take a while to free, too. */
static void leave_former(struct reload *r, struct pol_set *set, struct match *match)
{
	join(r->freeing, &r->is_freeing); /* the ones before: long done */
	r->former = (struct former){ set, match };
	r->is_freeing = pthread_create(&r->freeing, NULL, free_in_thread, &r->former) == 0;
	if (!r->is_freeing)
		free_former(&r->former);
}

/* From the next record on the new ones are in force. */
static int take_over(struct reload *r, struct work *w)
{
	struct pipeline *pipeline = r->opt.pipeline;
	struct match *match;

	if (match_continue(w->match, pipeline_ptree(pipeline), pipeline_match(pipeline)) < 0)
		return err_set(&w->report.err, -ENOMEM, "policies: out of memory");
	match = pipeline_set_match(pipeline, TAKE_PTR(w->match));
	reload_tell_missing(w->set, r->set);
	leave_former(r, r->set, match);
	r->set = TAKE_PTR(w->set);
	kfilter_free(r->filters);
	r->filters = TAKE_PTR(w->filters);
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

static void refuse(struct reload *r, struct reload_report *report)
{
	forget_all_names(report);
	report->outcome = RELOAD_REFUSED;
	explain_refusal(r, &report->err);
	r->n_reload_errors++;
	log_error("policies are not reloaded, generation %" PRIu64 " stays in force: %s",
		  r->generation, report->err.text);
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

static void accept(struct reload *r, const struct work *w, struct reload_report *report,
		   uint64_t held_since_ns)
{
	r->n_reloads++;
	r->loaded_ns = now_boot_ns();
	report->took_ns = r->loaded_ns - w->began_ns;
	report->held_ns = r->loaded_ns - held_since_ns;
	log_info("policies are reloaded (%s): generation %" PRIu64 ", %zu added, %zu removed, %zu "
		 "changed, %zu kept, in %" PRIu64 ".%" PRIu64 " ms (reading stood still for "
		 "%" PRIu64 ".%" PRIu64 " ms)",
		 why_text(w->why), r->generation, report->added.n, report->removed.n,
		 report->changed.n, report->n_kept, report->took_ns / 1000000,
		 report->took_ns / 100000 % 10, report->held_ns / 1000000,
		 report->held_ns / 100000 % 10);
}

static void leave(struct reload *r, const struct work *w)
{
	if (r->opt.n_paths == 0 && w->why == RELOAD_SIGHUP)
		log_info("SIGHUP: there is nothing to reload without '--policy'");
	else if (r->opt.n_paths > 0 && r->report.outcome == RELOAD_REFUSED)
		log_info("policies are as they were again: generation %" PRIu64 " stays in force",
			 r->generation);
}

const struct reload_report *reload_end(struct reload *r)
{
	struct reload_report *report = &r->work.report;
	uint64_t since_ns = now_boot_ns(), count;

	join(r->working, &r->is_working);
	(void)!read(r->ready_fd, &count, sizeof(count)); /* it is 1 */
	if (report->outcome == RELOAD_DONE && take_over(r, &r->work) < 0)
		report->outcome = RELOAD_REFUSED;
	switch (report->outcome) {
	case RELOAD_NOTHING:
		leave(r, &r->work);
		break;
	case RELOAD_DONE:
		accept(r, &r->work, report, since_ns);
		break;
	case RELOAD_REFUSED:
		refuse(r, report);
		break;
	}
	report->generation = r->generation;
	forget_all_names(&r->report);
	r->report = *report;
	*report = (struct reload_report){ 0 }; /* the names are r->report's now */
	drop_work(&r->work);
	r->is_under_way = false;
	return &r->report;
}

struct kfilter *reload_take_filters(struct reload *r)
{
	return TAKE_PTR(r->filters);
}

void reload_refuse(struct reload *r, const struct err *err)
{
	forget_all_names(&r->report);
	r->report = (struct reload_report){ .generation = r->generation, .err = *err };
	refuse(r, &r->report);
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
