/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status: what the engine tells about itself. A unix stream socket (--status-socket): whoever
 * connects is sent one JSON document and the connection is closed; nothing is read from it.
 *
 * The document, as `warder status --json` prints it. Readers ignore keys that they do not know;
 * keys are added, never renamed. Times are nanoseconds, sizes bytes. A number that is not known is
 * null.
 *
 *   "version"       string, of the engine
 *   "engine"        "pid", "uptime_ns", "loop" ("io_uring" or "epoll"), "loop_reason" (why not
 *                   io_uring; "" when it is), "sandbox" {"uid", "gid", "no_new_privs", "seccomp"
 *                   (bools), "landlock_abi" (0: none)}, "policies" [names], "events_delivered",
 *                   "records_decoded", "records_bad", "rss_bytes", "cpu_ns"
 *   "collector"     "connected" (bool); the rest from its latest STATUS: "pid", "uptime_ns",
 *                   "cpu_ns", "rss_bytes", "snapshot_tasks", "prog_run_ns", "prog_run_cnt",
 *                   "counters" {by control_counter_name()}
 *   "plan"          "generation"
 *   "hooks"         per event of the plan: "event", "id", "state" ("attached", "unavailable" or
 *                   "pending"), "hook" (control_hook_name()), "reason" ("" or
 *                   control_reason_text()), "code" (errno name, or "")
 *   "lanes"         per lane: "index", "class" ("vital", "bulk", "collector"), "group", "capacity",
 *                   "fill", "lost", "padded", "corrupt", "stalls"
 *   "lost"          per event that was lost at least once: "event", "count"
 *   "sinks"         "name", "events", "bytes", "lost", "errno" (name of the latest, or "")
 *   "process_tree"  "tasks", "capacity", "hits", "misses", "evictions"
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct clink;
struct pipeline;
struct pol_set;
struct sandbox_state;
struct sink;
struct source;

#define STATUS_DOCUMENT_MAX (8U << 20) /* bytes; a reader takes no more */

/* What the document is made of; everything is borrowed. */
struct status_about {
	const char *loop, *loop_reason;
	const struct sandbox_state *sandbox;
	const struct pol_set *policies;
	const struct pipeline *pipeline;
	const struct clink *link;    /* NULL: a replay */
	const struct source *source; /* the lanes; NULL: none, or a replay */
	struct sink *const *sinks;
	size_t n_sinks;
	uint64_t uptime_ns;
	int statm_fd; /* of /proc/self/statm, opened before the sandbox; -1: resident size unknown
		       */
};

/* The document, NUL-terminated, to be freed. NULL: out of memory. */
char *status_document(const struct status_about *about, size_t *ret_len);
