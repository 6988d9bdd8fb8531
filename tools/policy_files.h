/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_files (prefix pfiles_): policies as the policy commands take them: files and directories.
 * What is wrong is said here: logged, unless somebody wants to hear it instead. Thread: main.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/cleanup.h"
#include "engine/policy/policy.h"

static inline void cleanup_pol_set(struct pol_set **set)
{
	pol_set_free(*set);
}
#define CLEANUP_POL_SET CLEANUP(cleanup_pol_set)

/* Hears what is wrong: "FILE:LINE:COLUMN: sentence", or without a place. */
struct pfiles_ear {
	void (*hear)(void *arg, bool is_error, const char *text);
	void *arg;
};

/* `ear` of all of them: NULL: it is logged. */

/* All of them as one compiled set; NULL: they were refused. */
struct pol_set *pfiles_load(size_t n, const char *const *paths, const struct pfiles_ear *ear);
/* Each file by itself, those of directories too, so that one mistake does not hide those of other
 * files. False: some were refused. */
bool pfiles_check_each(size_t n, const char *const *paths, const struct pfiles_ear *ear);
void pfiles_error(const struct pfiles_ear *ear, const char *text);
/* Begins with the place. */
void pfiles_warn(const struct pfiles_ear *ear, const struct pol_policy *policy, uint32_t line,
		 uint32_t column, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* Can this build's machine never make the event? A system call that its architecture has not. */
bool pfiles_is_never(const struct event_def *def);
