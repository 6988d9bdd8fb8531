/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trial: policies tried on a recording, in this process: the engine's pipeline without outputs.
 * What is wrong is logged here. Thread: main.
 */
#pragma once

#include <stdbool.h>

#include "common/options.h"
#include "engine/pipeline.h"
#include "engine/source.h"

struct match;
struct pol_set;

/* What the policies are taken from, as the engine has it. */
struct trial_policies {
	struct options_list files, events, scopes;
};

/* clang-format off */
#define TRIAL_ROWS(st, member)                                                                     \
	{ "policy", 'p', OPTIONS_LIST(st, member.files), "PATH", NULL, NULL, 0,                    \
	  "Selection", "policy file, or directory of them; repeatable" },                          \
	{ "events", 'e', OPTIONS_LIST(st, member.events), "LIST", NULL, NULL, 0,                   \
	  "Selection", "instead of a policy: as for 'warder run'; repeatable" },                   \
	{ "scope", 's', OPTIONS_LIST(st, member.scopes), "ITEM", NULL, NULL, 0,                    \
	  "Selection", "where to look, with --events; repeatable" }
/* clang-format on */

struct trial {
	const char *recording;
	struct pol_set *set; /* owned, as are the next three */
	struct pipeline *pipeline;
	struct match *match;
	struct source *source;
	bool is_cut;      /* after trial_run(): it ends without its last block */
	char damage[512]; /* after trial_run(): what is wrong with it; "": nothing */
};

/* `recording` is kept. Both return an enum exit_code; in every case trial_close() follows.
 * EXIT_CODE_USAGE: no policy is named, or two ways to; EXIT_CODE_REFUSED: a policy is refused. */
int trial_open(struct trial *t, const char *recording, const struct trial_policies *from,
	       pipeline_tap_fn tap, void *tap_arg);
/* All of it. As in a replay, what is before damage counts, and damage is EXIT_CODE_FAILED. */
int trial_run(struct trial *t);
void trial_close(struct trial *t);
