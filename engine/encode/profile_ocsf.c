/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cleanup.h"
#include "engine/encode/profile_parts.h"

#define OCSF_VERSION "1.3.0"
#define NS_PER_MS 1000000

#define SEVERITY_INFORMATIONAL 1
#define SEVERITY_MAX 4 /* High: Tracee's 3 */
#define FILE_TYPE_UNKNOWN 0
#define KERNEL_SYSTEM_CALL 2
#define DEVICE_UNKNOWN 0
#define ANALYTIC_RULE 1

static int64_t severity(const struct prof *p)
{
	struct doc_value value = prof_property(p, "Severity");
	int64_t n;

	if (!doc_s64(&value, &n) || n < 0)
		return SEVERITY_INFORMATIONAL;
	return n + 1 < SEVERITY_MAX ? n + 1 : SEVERITY_MAX;
}

static void put_severity(struct prof *p)
{
	static const char *const names[] = { "Unknown", "Informational", "Low", "Medium", "High" };
	int64_t id = severity(p);

	prof_number(p, "severity_id", id);
	prof_text(p, "severity", names[id]);
}

/* What was selected without a policy matched one without a name. */
static void put_labels(struct prof *p)
{
	struct doc_cursor c = doc_enter(&p->doc->keys[DOC_MATCHED_POLICIES]);
	size_t mark = prof_open(p, "labels", '[');
	struct doc_value key, name;

	while (doc_next(&c, &key, &name))
		prof_raw(p, NULL, &name);
	prof_close(p, mark, ']');
}

static void put_metadata(struct prof *p)
{
	size_t mark = prof_open(p, "metadata", '{'), inner;

	prof_text(p, "version", OCSF_VERSION);
	inner = prof_open(p, "product", '{');
	prof_text(p, "name", "Warder");
	prof_text(p, "vendor_name", "Warder");
	prof_text(p, "version", WARDER_VERSION);
	prof_close(p, inner, '}');
	inner = prof_open(p, "profiles", '[');
	prof_text(p, NULL, "host");
	prof_text(p, NULL, "container");
	prof_close(p, inner, ']');
	prof_raw(p, "event_code", &p->doc->keys[DOC_EVENT_ID]);
	prof_raw(p, "log_name", &p->doc->keys[DOC_EVENT_NAME]);
	prof_quoted(p, "original_time", &p->doc->keys[DOC_TIMESTAMP]);
	put_labels(p);
	prof_close(p, mark, '}');
}

static void put_class(struct prof *p)
{
	const struct prof_meaning *is = p->is;

	prof_number(p, "activity_id", is->activity_id);
	prof_text(p, "activity_name", is->activity_name);
	prof_number(p, "category_uid", is->category_uid);
	prof_text(p, "category_name", is->category_name);
	prof_number(p, "class_uid", is->class_uid);
	prof_text(p, "class_name", is->class_name);
	prof_number(p, "type_uid", is->class_uid * 100 + is->activity_id);
	prof_number(p, "time", p->time_ns / NS_PER_MS);
	put_severity(p);
	if (!p->is_syscall || p->row.action == PA_FINDING)
		return;
	prof_number(p, "status_id", p->ret < 0 ? 2 : 1);
	prof_text(p, "status", p->ret < 0 ? "Failure" : "Success");
	if (p->ret < 0)
		prof_quoted(p, "status_code", &p->doc->keys[DOC_RETURN_VALUE]);
}

static void put_device(struct prof *p)
{
	size_t mark = prof_open(p, "device", '{');

	prof_number(p, "type_id", DEVICE_UNKNOWN);
	prof_raw(p, "hostname", &p->doc->keys[DOC_HOST_NAME]);
	prof_close(p, mark, '}');
}

static void put_file(struct prof *p, const char *key, const struct doc_value *path)
{
	size_t mark;

	if (path->kind != DOC_STRING || path->len <= 2)
		return;
	mark = prof_open(p, key, '{');
	prof_base_name(p, "name", path);
	prof_raw(p, "path", path);
	prof_number(p, "type_id", FILE_TYPE_UNKNOWN);
	prof_close(p, mark, '}');
}

static void put_container(struct prof *p)
{
	size_t mark = prof_open(p, "container", '{'), image;

	prof_raw(p, "uid", &p->doc->keys[DOC_CONTAINER_ID]);
	prof_member(p, "name", DOC_CONTAINER, "name");
	image = prof_open(p, "image", '{');
	prof_member(p, "name", DOC_CONTAINER, "image");
	prof_member(p, "uid", DOC_CONTAINER, "imageDigest");
	prof_close(p, image, '}');
	prof_member(p, "pod_uuid", DOC_KUBERNETES, "podUID");
	prof_close(p, mark, '}');
}

static void put_parent(struct prof *p)
{
	size_t mark = prof_open(p, "parent_process", '{');

	prof_raw(p, "pid", &p->doc->keys[DOC_HOST_PARENT_PROCESS_ID]);
	prof_quoted(p, "uid", &p->doc->keys[DOC_PARENT_ENTITY_ID]);
	prof_close(p, mark, '}');
}

static void put_user(struct prof *p)
{
	size_t mark = prof_open(p, "user", '{');

	prof_quoted(p, "uid", &p->doc->keys[DOC_USER_ID]);
	prof_close(p, mark, '}');
}

/* Who did it. */
static void put_self(struct prof *p)
{
	static const struct prof_field fields[] = {
		{ "pid", DOC_HOST_PROCESS_ID, PROF_RAW },
		{ "tid", DOC_HOST_THREAD_ID, PROF_RAW },
		{ "namespace_pid", DOC_PROCESS_ID, PROF_RAW },
		{ "name", DOC_PROCESS_NAME, PROF_RAW },
		{ "uid", DOC_PROCESS_ENTITY_ID, PROF_QUOTED },
	};
	size_t mark = prof_open(p, "process", '{');
	struct doc_value path;

	prof_fields(p, fields, ARRAY_LEN(fields));
	if (doc_member(&p->doc->keys[DOC_EXECUTABLE], "path", 4, &path))
		put_file(p, "file", &path);
	put_user(p);
	put_container(p);
	put_parent(p);
	prof_close(p, mark, '}');
}

/* Whom it was done to, with little known but who it is. */
static void put_other(struct prof *p)
{
	size_t mark = prof_open(p, "process", '{');

	prof_raw(p, "pid", &p->target);
	if (p->row.action == PA_PROCESS_FORK) {
		size_t parent = prof_open(p, "parent_process", '{');

		prof_raw(p, "pid", &p->doc->keys[DOC_HOST_PROCESS_ID]);
		prof_quoted(p, "uid", &p->doc->keys[DOC_PROCESS_ENTITY_ID]);
		prof_close(p, parent, '}');
	}
	prof_close(p, mark, '}');
}

static void put_launched(struct prof *p)
{
	size_t mark = prof_open(p, "process", '{');
	struct doc_value argv;

	prof_raw(p, "pid", &p->doc->keys[DOC_HOST_PROCESS_ID]);
	prof_raw(p, "tid", &p->doc->keys[DOC_HOST_THREAD_ID]);
	prof_raw(p, "name", &p->doc->keys[DOC_PROCESS_NAME]);
	prof_quoted(p, "uid", &p->doc->keys[DOC_PROCESS_ENTITY_ID]);
	put_file(p, "file", &p->path);
	if (doc_arg(p->doc, "argv", &argv))
		prof_command(p, "cmd_line", &argv);
	put_user(p);
	put_parent(p);
	prof_close(p, mark, '}');
}

static void put_endpoint(struct prof *p)
{
	bool goes_out = p->row.action == PA_NET_CONNECT || p->row.action == PA_NET_SEND;
	bool comes_in = p->row.action == PA_NET_ACCEPT || p->row.action == PA_NET_RECEIVE;
	size_t mark = prof_open(p, goes_out ? "dst_endpoint" : "src_endpoint", '{');
	int64_t port;

	prof_raw(p, "ip", &p->ip);
	if (doc_s64(&p->port, &port))
		prof_number(p, "port", port);
	prof_close(p, mark, '}');
	mark = prof_open(p, "connection_info", '{');
	prof_number(p, "direction_id", goes_out ? 2 : comes_in ? 1 : 0);
	prof_number(p, "protocol_ver_id", p->is_ipv6 ? 6 : 4);
	prof_close(p, mark, '}');
}

static void put_kernel(struct prof *p)
{
	size_t mark = prof_open(p, "kernel", '{');

	prof_raw(p, "name", &p->doc->keys[DOC_EVENT_NAME]);
	prof_number(p, "type_id", KERNEL_SYSTEM_CALL);
	prof_raw(p, "system_call", &p->doc->keys[DOC_EVENT_NAME]);
	prof_close(p, mark, '}');
}

static void put_driver(struct prof *p)
{
	size_t mark = prof_open(p, "driver", '{'), file = prof_open(p, "file", '{');

	prof_raw(p, "name", &p->path);
	prof_number(p, "type_id", FILE_TYPE_UNKNOWN);
	prof_close(p, file, '}');
	prof_close(p, mark, '}');
}

static void put_attack(struct prof *p)
{
	struct doc_value id = prof_property(p, "external_id"), name = prof_property(p, "Technique");
	struct doc_value tactic = prof_property(p, "Category");
	size_t list = prof_open(p, "attacks", '['), mark = prof_open(p, NULL, '{'), inner;

	inner = prof_open(p, "tactic", '{');
	prof_raw(p, "name", &tactic);
	prof_close(p, inner, '}');
	inner = prof_open(p, "technique", '{');
	prof_raw(p, "uid", &id);
	prof_raw(p, "name", &name);
	prof_close(p, inner, '}');
	prof_close(p, mark, '}');
	prof_close(p, list, ']');
}

/* "uid":"TRC-1-1680182976364916505-100": which rule, when, who. */
static void put_finding_uid(struct prof *p, const struct doc_value *rule)
{
	const struct doc_value *thread = &p->doc->keys[DOC_HOST_THREAD_ID];

	prof_text(p, "uid", "");
	p->t.at -= !p->t.is_cut;
	if (rule->kind == DOC_STRING)
		text_bytes(&p->t, rule->at + 1, rule->len - 2);
	text_char(&p->t, '-');
	text_s64(&p->t, p->time_ns);
	text_char(&p->t, '-');
	if (thread->kind == DOC_NUMBER)
		text_bytes(&p->t, thread->at, thread->len);
	text_char(&p->t, '"');
}

static void put_finding(struct prof *p)
{
	struct doc_value id = prof_property(p, "signatureID");
	struct doc_value name = prof_property(p, "signatureName");
	size_t mark = prof_open(p, "finding_info", '{'), inner, evidence;

	put_finding_uid(p, &id);
	prof_raw(p, "title", doc_is_empty(&name) ? &p->doc->keys[DOC_EVENT_NAME] : &name);
	prof_member(p, "desc", DOC_METADATA, "Description");
	put_attack(p);
	inner = prof_open(p, "analytic", '{');
	prof_raw(p, "uid", &id);
	prof_raw(p, "name", &name);
	prof_number(p, "type_id", ANALYTIC_RULE);
	prof_close(p, inner, '}');
	prof_close(p, mark, '}');
	mark = prof_open(p, "evidences", '[');
	evidence = prof_open(p, NULL, '{');
	put_self(p);
	prof_close(p, evidence, '}');
	prof_close(p, mark, ']');
}

/* What the activity is about. */
static void put_object(struct prof *p)
{
	switch (p->is->class_uid) {
	case 1001:
		put_file(p, "file", &p->path);
		if (p->row.action == PA_FILE_RENAME)
			put_file(p, "file_result", &p->path2);
		break;
	case 1002:
		put_driver(p);
		break;
	case 1003:
		put_kernel(p);
		break;
	case 1004:
		put_self(p);
		break;
	case 1007:
		if (p->target.at)
			put_other(p);
		else if (p->row.action == PA_PROCESS_LAUNCH)
			put_launched(p);
		else
			put_self(p);
		break;
	case 2004:
		put_finding(p);
		break;
	case 4001:
		put_endpoint(p);
		break;
	default:
		break;
	}
}

void prof_ocsf(struct prof *p)
{
	size_t mark = prof_open(p, NULL, '{'), actor;

	put_class(p);
	put_metadata(p);
	put_device(p);
	if (p->row.action != PA_FINDING) {
		actor = prof_open(p, "actor", '{');
		put_self(p);
		prof_close(p, actor, '}');
	}
	put_object(p);
	prof_rest(p, "unmapped");
	prof_close(p, mark, '}');
}
