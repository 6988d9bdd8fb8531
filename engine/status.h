/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: what the engine tells about itself. A unix stream socket (--status-socket): whoever
 * connects sends the line "status" or "reload" (or nothing: "status"), is sent one JSON document,
 * and the connection is closed.
 *
 * The document on "status", as `warder status --json` prints it. Readers ignore keys that they do
 * not know; keys are added, never renamed. Times are nanoseconds, sizes bytes. A number that is not
 * known is null.
 *
 *   "version"       string, of the engine
 *   "engine"        "pid", "uptime_ns", "loop" ("io_uring" or "epoll"), "loop_reason" (why not
 *                   io_uring; "" when it is), "sandbox" {"uid", "gid", "no_new_privs", "seccomp"
 *                   (bools), "landlock_abi" (0: none)}, "policies" [names], "events_delivered",
 *                   "events_refused" (wanted, but by no policy with that content),
 *                   "records_decoded", "records_bad", "rss_bytes", "cpu_ns"
 *   "policies"      "generation" (from 1), "loaded_ns" (ago), "reloads", "reload_errors",
 *                   "last_error" (why the latest reload changed nothing; "" when it did),
 *                   "watched" (bool), "reloadable" (bool: files were given)
 *   "collector"     "connected" (bool); the rest from its latest STATUS: "pid", "uptime_ns",
 *                   "cpu_ns", "rss_bytes", "snapshot_tasks", "prog_run_ns", "prog_run_cnt",
 *                   "counters" {by control_counter_name()}, "run_stats" (bool: the kernel counts
 *                   run times), "programs": per program: "name", "run_ns", "runs", "missed"
 *   "plan"          "generation", "kernel_filters" (bool: --kernel-filters), "filtered_events" (of
 *                   which the kernel drops some), "filter_entries"
 *   "hooks"         per event of the plan: "event", "id", "state" ("attached", "unavailable" or
 *                   "pending"), "hook" (control_hook_name()), "reason" ("" or
 *                   control_reason_text()), "code" (errno name, or ""), "seen" (bool: a record of
 *                   it came since this collector is there)
 *   "ready"         "ok" (bool), "text" (why not; or ""), "heartbeats": per kind of hook that
 *                   must see what the engine does itself: "hook", "state" (hbeat_state_name()),
 *                   "back", "late" (how many), "took_ns" (the latest that came back)
 *   "lanes"         per lane: "index", "class" ("vital", "bulk", "collector"), "group", "capacity",
 *                   "fill", "high" (the most that was seen), "lost", "padded", "corrupt", "stalls"
 *   "lost"          per event that was lost at least once: "event", "count"
 *   "sinks"         "name", "events", "bytes", "lost", "errno" (name of the latest, or ""); of
 *                   those with a peer, 0 for others: "sent", "refused" (events), "retries"
 *                   (batches), "failures", "why" (of the latest, or ""), "connected" (bool),
 *                   "connects"; of those with a queue: "queue" {"events", "bytes", "capacity",
 *                   "high"}, "spool" {"events", "bytes", "capacity" (0: none), "dropped"
 *                   (events), "damaged" (segments)}, "oldest_ns" (age of what waits; 0: nothing).
 *                   One whose name ends in " (metrics)" gets the engine's figures: they are its
 *                   events
 *   "process_tree"  "tasks", "capacity", "hits", "misses", "evictions"
 *   "match"         "generation" (of the policies), "predicates", "patterns", "patterns_jit" (as
 *                   machine code), "patterns_limited" (matches given up), "marked_processes",
 *                   "memory_bytes"
 *   "containers"    "containers" (that exist), "cgroups" (all that are known), "capacity" (of
 *                   cgroups), "hits", "misses" (cgroups of tasks that were not known), "evictions"
 *   "live"          who looks on: "streams", "tops" (now), "clients" (ever), "refused" (of them),
 *                   "events" (shown), "missed" (by those who read too slowly)
 *
 * On "reload", when it is done and the collector has confirmed its plan, or after 2 s without that:
 *
 *   "outcome"       "reloaded", "refused" or "nothing" (no policy files were given)
 *   "generation"    of the policies that are in force now
 *   "added", "removed", "changed"
 *                   {"count", "names" (1,000 at most)}
 *   "kept"          how many
 *   "took_ns"
 *   "error"         why it was refused; or ""
 *   "plan"          "confirmed", "waiting" or "no collector"
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/limits.h"

struct clink;
struct creload_report;
struct live_server;
struct pipeline;
struct pol_set;
struct ready;
struct reload;
struct reload_report;
struct sandbox_state;
struct sink;
struct source;

#define STATUS_DOCUMENT_MAX (8U << 20) /* bytes; a reader takes no more */

/* What the document is made of; everything is borrowed. */
struct status_about {
	const char *loop, *loop_reason;
	const struct sandbox_state *sandbox;
	const struct pol_set *policies;
	const struct reload *reload; /* NULL: none is possible */
	bool is_watched;
	const struct pipeline *pipeline;
	const struct clink *link;    /* NULL: a replay */
	const struct source *source; /* the lanes; NULL: none, or a replay */
	struct sink *const *sinks;
	size_t n_sinks;
	struct sink *const *figure_sinks; /* of outputs that get the engine's figures */
	size_t n_figure_sinks;
	uint64_t uptime_ns;
	const struct ready *ready;      /* NULL: a replay */
	const struct live_server *live; /* NULL: none */
	struct limits limits;
	int statm_fd; /* of /proc/self/statm, opened before the sandbox; -1: resident size unknown
		       */
};

enum status_plan { STATUS_PLAN_CONFIRMED, STATUS_PLAN_WAITING, STATUS_PLAN_NO_COLLECTOR };

/* Each document, NUL-terminated, to be freed. NULL: out of memory. `config` may be NULL. */
char *status_document(const struct status_about *about, size_t *ret_len);
char *status_reload_document(const struct reload_report *report,
			     const struct creload_report *config, enum status_plan plan,
			     size_t *ret_len);
