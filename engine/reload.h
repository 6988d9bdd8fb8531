/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload: reads the policies again and puts them in the place of those in force. The new ones are
 * loaded, compared and compiled beside them, in a thread that lives as long as that takes; when
 * everything is right they take over between two records, and another thread frees the former ones.
 * The process tree, the containers, marks of trees and follows, counters and outputs stay. What
 * does not compile changes nothing.
 *
 * The thread has the files and what it makes of them, and reads the policies in force, which nobody
 * changes; it is joined before the loop looks at what it made. So the loop goes on reading
 * meanwhile, and stands still only to take over what was counted and which processes are marked.
 *
 * Patterns of what is loaded here are interpreted, not compiled to machine code: the sandbox allows
 * none to be made.
 *
 * Logs. Thread: the engine's loop, but for what is said above.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct kfilter;
struct pipeline;
struct pol_set;
struct policy_roots;
struct reload;

enum reload_why { RELOAD_SIGHUP, RELOAD_COMMAND, RELOAD_CHANGE };

struct reload_options {
	const char *const *paths; /* files and directories; borrowed */
	size_t n_paths;           /* 0: there is nothing to reload */
	/* Where files can be read; borrowed, for messages. NULL: everywhere. */
	const struct policy_roots *roots;
	struct pipeline *pipeline; /* with a match of generation 1; borrowed */
	uint64_t start_ns;         /* as in match_options */
	int64_t epoch_offset_ns;
	bool with_filters; /* for the kernel, to be had from reload_take_filters() */
};

/* Takes `set`, which the pipeline's match is made of. NULL: out of memory or of descriptors, and it
 * is not taken. */
struct reload *reload_new(const struct reload_options *opt, struct pol_set *set);
/* After the pipeline has let go of the policies. Waits for what is under way. */
void reload_free(struct reload *r);

enum reload_outcome {
	RELOAD_NOTHING, /* no paths were given, or (with RELOAD_CHANGE) nothing differs */
	RELOAD_DONE,
	RELOAD_REFUSED, /* report's `err` says why */
};

#define RELOAD_NAMES_MAX 1000 /* of each kind, in a report; they are counted all the same */

/* Names of policies. */
struct reload_names {
	char *items[RELOAD_NAMES_MAX]; /* owned */
	size_t n_items;
	size_t n; /* policies */
};

struct reload_report {
	enum reload_outcome outcome;
	uint64_t generation; /* of the policies that are in force after it */
	struct reload_names added, removed, changed;
	size_t n_kept;
	uint64_t took_ns, held_ns; /* all of it; the loop stood still */
	struct err err;
};

/* Begins to reload. Not while it is under way. */
void reload_begin(struct reload *r, enum reload_why why);
bool reload_is_under_way(const struct reload *r);
/* Readable from when it is ready to end until it has ended; for the loop. */
int reload_fd(const struct reload *r);
/* Ends what is under way, waiting for it if need be. The report is valid until the next end. */
const struct reload_report *reload_end(struct reload *r);
/* Instead: something else was wrong that has to do with it. Not while it is under way. */
void reload_refuse(struct reload *r, const struct err *err);
/* The same report again; before the first reload an empty one. */
const struct reload_report *reload_report(const struct reload *r);
/* What the kernel may drop by the policies that the latest end has put in force; the caller's.
 * NULL: none were asked for, or it is taken already. */
struct kfilter *reload_take_filters(struct reload *r);

/* For status. */
struct reload_stats {
	uint64_t generation; /* from 1 */
	uint64_t n_reloads;
	uint64_t n_reload_errors;
	uint64_t loaded_ns;     /* CLOCK_BOOTTIME: when those in force were */
	const char *last_error; /* of the latest reload; "": it went well */
	bool is_possible;       /* there are paths */
};
void reload_stats_get(const struct reload *r, struct reload_stats *ret_stats);

/* Warns of what the policies ask for and this build cannot give, unless `former` (NULL: none) asked
 * for it too. */
void reload_tell_missing(const struct pol_set *set, const struct pol_set *former);
