/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/trial.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/match/match.h"
#include "engine/policy/policy.h"
#include "tools/policy_files.h"

#define BATCH 2048

static struct pol_set *select_events(const struct trial_policies *from)
{
	const struct pol_selection selection = { .lists = from->events.items,
						 .n_lists = from->events.n,
						 .scopes = from->scopes.items,
						 .n_scopes = from->scopes.n };
	CLEANUP_POL_SET struct pol_set *set = pol_set_new();
	struct err err = { 0 };
	int rc = set ? 0 : err_set(&err, -ENOMEM, "memory is short (ENOMEM)");

	if (rc == 0)
		rc = pol_set_select_all(set, &selection, &err);
	if (rc == 0)
		rc = pol_set_compile(set, &err);
	if (rc == 0)
		return TAKE_PTR(set);
	log_error("%s", err.text);
	return NULL;
}

static int load(struct trial *t, const struct trial_policies *from)
{
	bool has_list = from->events.n > 0 || from->scopes.n > 0;

	if (from->files.n > 0 && has_list) {
		log_error("option '--%s' is given with '--policy', expected one of them",
			  from->events.n > 0 ? "events" : "scope");
		return EXIT_CODE_USAGE;
	}
	if (from->files.n == 0 && !has_list) {
		log_error("policy is not named, expected '--policy' or '--events'");
		return EXIT_CODE_USAGE;
	}
	t->set = has_list ? select_events(from)
			  : pfiles_load(from->files.n, from->files.items, NULL);
	return t->set ? EXIT_CODE_OK : EXIT_CODE_REFUSED;
}

static int open_match(struct trial *t, struct err *err)
{
	const struct match_options opt = {
		.generation = 1,
		.start_ns = t->source->clock.start_ns,
		.epoch_offset_ns = t->source->clock.epoch_offset_ns,
		.tree = pipeline_ptree(t->pipeline),
	};

	t->match = match_new(t->set, &opt, NULL, err);
	(void)pipeline_set_match(t->pipeline, t->match); /* the first */
	return t->match ? 0 : err->code;
}

int trial_open(struct trial *t, const char *recording, const struct trial_policies *from,
	       pipeline_tap_fn tap, void *tap_arg)
{
	struct pipeline_options opt = { .tap = tap, .tap_arg = tap_arg };
	struct err err = { 0 };
	int code;

	*t = (struct trial){ .recording = recording };
	code = load(t, from);
	if (code != EXIT_CODE_OK)
		return code;
	t->source = source_wring_new(recording, false, &err);
	if (!t->source) {
		log_error("%s", err.text);
		return EXIT_CODE_FAILED;
	}
	if (source_wring_abi(t->source) != event_def_abi())
		log_warning("recording '%s' was made by another build: some of its records may "
			    "count as bad",
			    recording);
	opt.json.epoch_offset_ns = t->source->clock.epoch_offset_ns;
	opt.json.start_ns = t->source->clock.start_ns;
	t->pipeline = pipeline_new(&opt);
	if (!t->pipeline) {
		log_error("memory is short (ENOMEM)");
		return EXIT_CODE_FAILED;
	}
	if (open_match(t, &err) == 0)
		return EXIT_CODE_OK;
	log_error("%s", err.text);
	return err.code == -EINVAL ? EXIT_CODE_REFUSED : EXIT_CODE_FAILED;
}

int trial_run(struct trial *t)
{
	struct source_record batch[BATCH];
	struct err err = { 0 };
	uint64_t n_bad;
	int n;

	for (;;) {
		n = source_next(t->source, batch, BATCH, &err);
		if (n < 0)
			break;
		pipeline_batch(t->pipeline, t->source, batch, (size_t)n);
		source_release(t->source);
	}
	n_bad = pipeline_stats(t->pipeline)->n_bad;
	if (n_bad > 0)
		log_warning("%" PRIu64 " records made no sense and are not in the output", n_bad);
	t->is_cut = n == -ESTRPIPE;
	if (t->is_cut)
		log_warning("recording '%s' was cut: it ends without its last block", t->recording);
	if (t->is_cut || n == -ENODATA)
		return EXIT_CODE_OK;
	log_error("'%s': %s", t->recording, err.text);
	(void)snprintf(t->damage, sizeof(t->damage), "%s", err.text); /* fits */
	return EXIT_CODE_FAILED;
}

void trial_close(struct trial *t)
{
	match_free(t->match);
	pipeline_free(t->pipeline);
	source_close(t->source);
	pol_set_free(t->set);
}
