/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cleanup.h"
#include "engine/encode/profile_parts.h"

#define ECS_VERSION "8.11.0"

static void put_one(struct prof *p, const char *key, const char *word)
{
	size_t mark = prof_open(p, key, '[');

	prof_text(p, NULL, word);
	prof_close(p, mark, ']');
}

static void put_event(struct prof *p)
{
	bool is_finding = p->row.action == PA_FINDING;
	struct doc_value severity = prof_property(p, "Severity");
	size_t mark = prof_open(p, "event", '{');

	prof_text(p, "kind", is_finding ? "alert" : "event");
	put_one(p, "category", p->is->ecs_category);
	put_one(p, "type", p->is->ecs_type);
	prof_raw(p, "action", &p->doc->keys[DOC_EVENT_NAME]);
	prof_raw(p, "code", &p->doc->keys[DOC_EVENT_ID]);
	prof_text(p, "module", "warder");
	prof_text(p, "dataset", is_finding ? "warder.findings" : "warder.events");
	if (p->is_syscall)
		prof_text(p, "outcome", p->ret < 0 ? "failure" : "success");
	prof_raw(p, "severity", &severity);
	prof_close(p, mark, '}');
}

static void put_thread(struct prof *p)
{
	size_t mark = prof_open(p, "thread", '{');

	prof_raw(p, "id", &p->doc->keys[DOC_HOST_THREAD_ID]);
	prof_close(p, mark, '}');
}

static void put_parent(struct prof *p)
{
	size_t mark = prof_open(p, "parent", '{');

	prof_raw(p, "pid", &p->doc->keys[DOC_HOST_PARENT_PROCESS_ID]);
	prof_quoted(p, "entity_id", &p->doc->keys[DOC_PARENT_ENTITY_ID]);
	prof_close(p, mark, '}');
}

static void put_process(struct prof *p)
{
	const struct doc_value *thread = &p->doc->keys[DOC_HOST_THREAD_ID];
	const struct doc_value *pid = &p->doc->keys[DOC_HOST_PROCESS_ID];
	size_t mark = prof_open(p, "process", '{');
	struct doc_value argv;
	int64_t start_ns;

	prof_raw(p, "pid", pid);
	prof_raw(p, "name", &p->doc->keys[DOC_PROCESS_NAME]);
	if (p->row.action == PA_PROCESS_LAUNCH && p->path.at)
		prof_raw(p, "executable", &p->path); /* what it is from now on */
	else
		prof_member(p, "executable", DOC_EXECUTABLE, "path");
	prof_quoted(p, "entity_id", &p->doc->keys[DOC_PROCESS_ENTITY_ID]);
	/* The first thread began with the process. */
	if (pid->len == thread->len && pid->at && !memcmp(pid->at, thread->at, pid->len) &&
	    doc_s64(&p->doc->keys[DOC_THREAD_START_TIME], &start_ns) && start_ns > 0)
		prof_time(p, "start", start_ns);
	if (p->row.action == PA_PROCESS_LAUNCH && doc_arg(p->doc, "argv", &argv)) {
		prof_raw(p, "args", &argv);
		prof_command(p, "command_line", &argv);
	}
	put_thread(p);
	put_parent(p);
	prof_close(p, mark, '}');
}

/* An object of one member, which is a key of the event. */
static void put_single(struct prof *p, const char *key, const char *member, enum doc_key from)
{
	size_t mark = prof_open(p, key, '{');

	prof_quoted(p, member, &p->doc->keys[from]);
	prof_close(p, mark, '}');
}

static void put_image(struct prof *p)
{
	size_t mark = prof_open(p, "image", '{'), hash, all;

	prof_member(p, "name", DOC_CONTAINER, "image");
	hash = prof_open(p, "hash", '{');
	all = prof_open(p, "all", '[');
	prof_member(p, NULL, DOC_CONTAINER, "imageDigest");
	prof_close(p, all, ']');
	prof_close(p, hash, '}');
	prof_close(p, mark, '}');
}

static void put_container(struct prof *p)
{
	size_t mark = prof_open(p, "container", '{');

	prof_raw(p, "id", &p->doc->keys[DOC_CONTAINER_ID]);
	prof_member(p, "name", DOC_CONTAINER, "name");
	put_image(p);
	prof_close(p, mark, '}');
}

static void put_pod(struct prof *p)
{
	size_t mark, resource;

	if (doc_is_empty(&p->doc->keys[DOC_KUBERNETES]))
		return;
	mark = prof_open(p, "orchestrator", '{');
	prof_text(p, "type", "kubernetes");
	prof_member(p, "namespace", DOC_KUBERNETES, "podNamespace");
	resource = prof_open(p, "resource", '{');
	prof_text(p, "type", "pod");
	prof_member(p, "name", DOC_KUBERNETES, "podName");
	prof_member(p, "id", DOC_KUBERNETES, "podUID");
	prof_close(p, resource, '}');
	prof_close(p, mark, '}');
}

static void put_file(struct prof *p)
{
	size_t mark;

	if (p->is->class_uid != 1001)
		return;
	mark = prof_open(p, "file", '{');
	prof_raw(p, "path", p->row.action == PA_FILE_RENAME && p->path2.at ? &p->path2 : &p->path);
	prof_base_name(p, "name",
		       p->row.action == PA_FILE_RENAME && p->path2.at ? &p->path2 : &p->path);
	prof_close(p, mark, '}');
}

/* The other end is where it goes to; of what comes in, and of what is one's own, where it is from.
 */
static void put_network(struct prof *p)
{
	bool goes_out = p->row.action == PA_NET_CONNECT || p->row.action == PA_NET_SEND;
	int64_t port;
	size_t mark;

	if (p->is->class_uid != 4001)
		return;
	mark = prof_open(p, goes_out ? "destination" : "source", '{');
	prof_raw(p, "address", &p->ip);
	prof_raw(p, "ip", &p->ip);
	if (doc_s64(&p->port, &port))
		prof_number(p, "port", port);
	prof_close(p, mark, '}');
	mark = prof_open(p, "network", '{');
	prof_text(p, "type", p->is_ipv6 ? "ipv6" : "ipv4");
	prof_close(p, mark, '}');
}

static void put_property(struct prof *p, const char *key, const char *name)
{
	struct doc_value value = prof_property(p, name);

	prof_quoted(p, key, &value);
}

static void put_list_of(struct prof *p, const char *key, const char *name)
{
	size_t mark = prof_open(p, key, '[');

	put_property(p, NULL, name);
	prof_close(p, mark, ']');
}

static void put_rule(struct prof *p)
{
	size_t mark = prof_open(p, "rule", '{');

	put_property(p, "id", "signatureID");
	put_property(p, "name", "signatureName");
	prof_member(p, "description", DOC_METADATA, "Description");
	prof_member(p, "version", DOC_METADATA, "Version");
	prof_close(p, mark, '}');
}

/* Category is the tactic, as Tracee's signatures have it. */
static void put_threat(struct prof *p)
{
	struct doc_value tactic = prof_property(p, "Category");
	size_t mark, inner;

	if (doc_is_empty(&tactic))
		return;
	mark = prof_open(p, "threat", '{');
	prof_text(p, "framework", "MITRE ATT&CK");
	inner = prof_open(p, "tactic", '{');
	put_list_of(p, "name", "Category");
	prof_close(p, inner, '}');
	inner = prof_open(p, "technique", '{');
	put_list_of(p, "id", "external_id");
	put_list_of(p, "name", "Technique");
	prof_close(p, inner, '}');
	prof_close(p, mark, '}');
}

void prof_ecs(struct prof *p)
{
	size_t mark = prof_open(p, NULL, '{'), ecs;

	prof_time(p, "@timestamp", p->time_ns);
	ecs = prof_open(p, "ecs", '{');
	prof_text(p, "version", ECS_VERSION);
	prof_close(p, ecs, '}');
	put_event(p);
	put_single(p, "host", "hostname", DOC_HOST_NAME);
	put_process(p);
	put_single(p, "user", "id", DOC_USER_ID);
	put_container(p);
	put_pod(p);
	put_file(p);
	put_network(p);
	if (p->row.action == PA_FINDING) {
		put_rule(p);
		put_threat(p);
	}
	prof_rest(p, "warder");
	prof_close(p, mark, '}');
}
