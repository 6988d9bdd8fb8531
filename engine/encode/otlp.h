/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp: an event as one OpenTelemetry LogRecord (opentelemetry.proto.logs.v1), as protobuf or in
 * OTLP's JSON form (prefix eotlp_). Texts are valid UTF-8. Never allocates once it is initialised.
 * Thread: the engine's loop.
 *
 * event_name is the event's name, the body a map of its arguments, severity INFO unless somebody
 * says otherwise. Attributes, by OpenTelemetry's semantic conventions where these have a word (ids
 * are the host's), those that are empty left out:
 *   event.name, process.pid, .parent_pid, .vpid, .executable.path, .executable.name, .user.id
 *   (effective), .real_user.id, .command (of an exec: argv[0]); thread.id, thread.name; user.id;
 *   cpu.logical_number; container.id, .name, .runtime, .image.name, .image.repo_digests;
 *   k8s.pod.name, k8s.pod.uid, k8s.namespace.name
 * and Warder's own, the others of Tracee's keys:
 *   warder.event.id, .return_value, .syscall, .matched_policies, .uts_name, .compat,
 *   .cgroup.id, .mount_namespace, .pid_namespace, .thread.vpid, .process.parent_vpid,
 *   .thread.start_time (ns since the epoch), .thread.entity_id, .process.entity_id,
 *   .parent.entity_id, .container.started, .k8s.pod.sandbox
 * and, as in "marks" of the JSON line, only when true:
 *   .marks.trunc, .unread (names), .context_lost, .enter, .policies_omitted, .body_omitted
 *
 * Arguments: numbers are ints (above INT64_MAX: decimal texts), symbolic values and addresses
 * texts, bytes are bytes, a timespec is a double in seconds, socket addresses are maps of texts.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/encode/json.h"
#include "engine/event.h"

/* SeverityNumber of the protocol; its names are eotlp_severity_name(). */
enum eotlp_severity {
	EOTLP_DEBUG = 5,
	EOTLP_INFO = 9,
	EOTLP_WARN = 13,
	EOTLP_ERROR = 17,
	EOTLP_FATAL = 21,
};
const char *eotlp_severity_name(enum eotlp_severity severity); /* "INFO"; others too: "" */

struct eotlp_options {
	bool is_json;        /* the JSON form, without a newline */
	int64_t observed_ns; /* since the epoch; 0: the time of the call */
	/* NULL: WARN for lost_events, INFO for all others. */
	enum eotlp_severity (*severity)(const struct event *ev);
};

#define EOTLP_EVENT_MAX JSON_EVENT_MAX /* bytes; no event needs more */

/* Writes one record to `out`; `cap` must be at least EOTLP_EVENT_MAX. Returns its length; 0 when
 * cap is less. Of `json` parse_arguments and epoch_offset_ns count. Arguments that should not fit
 * for all that are left out, and marked. */
size_t eotlp_event(uint8_t *out, size_t cap, const struct event *ev,
		   const struct json_options *json, const struct eotlp_options *opt);

/* Once, before the first event. -ENOMEM: no event may be encoded. */
int eotlp_init(void);
