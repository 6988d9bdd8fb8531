/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json.h"

#include <errno.h>
#include <string.h>

#include "common/lane.h"
#include "engine/decode/decode.h"
#include "engine/encode/json_args.h"
#include "engine/encode/json_fragment.h"
#include "engine/encode/json_write.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/policy/policy.h"

/* What a line is made of, at most; nothing is checked for room while it is written. */
#define KEYS_MAX 4096U /* Tracee's keys, their numbers, comm and host name */
#define EXE_MAX (JW_EXPANSION * LANE_RECORD_MAX)
#define POLICIES_MAX (JSON_EVENT_MAX / 2)
#define CONTENT_MAX (JW_EXPANSION * LANE_RECORD_MAX)
#define MARKS_MAX 4096U
#define CONTAINER_TEXTS 6
#define CONTAINER_MAX                                                                              \
	(512U + JW_EXPANSION * (2 * CONTAINER_ID_MAX + CONTAINER_TEXTS * JSON_CONTAINER_TEXT_MAX))
_Static_assert(KEYS_MAX + CONTAINER_MAX + EXE_MAX + POLICIES_MAX + CONTENT_MAX +
			       EVENT_FIELDS_MAX * JARG_FIXED_MAX + MARKS_MAX + JW_SLACK <=
		       JSON_EVENT_MAX,
	       "the longest line fits");

/* By event slot; written by json_init() and constant from then on. */
static struct {
	struct jfrag id;      /* from kubernetes' end to the first matched policy */
	struct jfrag syscall; /* in this system call: from returnValue's end to containerStarted's
				 value */
} events[EVENT_SLOTS];

/* The slot of an event that is no system call: its fragment is the one for "in none". */
#define NO_SYSCALL_SLOT EV_TASK_slot

/* Stands for the task when nobody knows it. */
static const struct ptree_task unknown_task;

int json_init(void)
{
	int r;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		if (events[slot].syscall.text)
			continue;
		r = jfrag_format(&events[slot].id,
				 ",\"eventId\":\"%u\",\"eventName\":\"%s\",\"matchedPolicies\":[",
				 def->id, def->name);
		if (r < 0)
			return r;
		r = jfrag_format(&events[slot].syscall,
				 ",\"syscall\":\"%s\",\"stackAddresses\":null,\"contextFlags\":"
				 "{\"containerStarted\":",
				 def->is_syscall ? def->name : "");
		if (r < 0) {
			jfrag_done(&events[slot].id);
			return r;
		}
	}
	return jarg_init();
}

#define PUT_U64(p, key, value) jw_u64(JW_LITERAL(p, ",\"" key "\":"), value)
#define PUT_S64(p, key, value) jw_s64(JW_LITERAL(p, ",\"" key "\":"), value)

/* From the first key to hostName. */
static char *put_task(char *p, const struct event *ev, const struct ptree_task *task,
		      uint64_t base_ns)
{
	const struct rec_task *ctx = &task->ctx;
	const struct rec_hdr *rec = ev->rec;
	uint64_t start_ns = task == &unknown_task ? 0 : ctx->start_ns + base_ns;
	size_t exe_len = task->exe_len < LANE_RECORD_MAX ? task->exe_len : LANE_RECORD_MAX;

	p = JW_LITERAL(p, "{\"timestamp\":");
	p = jw_s64(p, (int64_t)(rec->ts_ns + base_ns));
	p = PUT_S64(p, "threadStartTime", (int64_t)start_ns);
	p = PUT_U64(p, "processorId", rec->cpu);
	p = PUT_U64(p, "processId", ctx->ns_tgid);
	p = PUT_U64(p, "cgroupId", ctx->cgroup_id);
	p = PUT_U64(p, "threadId", ctx->ns_tid);
	p = PUT_U64(p, "parentProcessId", ctx->ns_ppid);
	p = PUT_U64(p, "hostProcessId", rec->tgid);
	p = PUT_U64(p, "hostThreadId", rec->tid);
	p = PUT_U64(p, "hostParentProcessId", ctx->ppid);
	p = PUT_U64(p, "userId", ctx->uid);
	p = PUT_U64(p, "mountNamespace", ctx->mnt_ns);
	p = PUT_U64(p, "pidNamespace", ctx->pid_ns);
	p = JW_LITERAL(p, ",\"processName\":");
	p = jw_string(p, ctx->comm, strnlen((const char *)ctx->comm, REC_COMM_LEN));
	p = JW_LITERAL(p, ",\"executable\":{\"path\":");
	p = jw_string(p, task->exe, task->exe ? exe_len : 0);
	p = JW_LITERAL(p, "},\"hostName\":");
	return jw_string(p, ctx->uts_name, strnlen((const char *)ctx->uts_name, REC_UTS_LEN));
}

/* ,"key":"text" unless the text is empty. */
static char *put_member(char *p, const char *key, const char *text)
{
	size_t len = strlen(text);

	if (len == 0)
		return p;
	*p++ = ',';
	p = jw_string(p, key, strlen(key));
	*p++ = ':';
	return jw_string(p, text, len < JSON_CONTAINER_TEXT_MAX ? len : JSON_CONTAINER_TEXT_MAX);
}

/* Closes an object whose members began at `start`, each with a comma: the first one's goes. */
static char *close_object(char *p, char *start)
{
	if (p > start)
		*start = '{';
	else
		*p++ = '{';
	*p = '}';
	return p + 1;
}

/* containerId, container and kubernetes. */
static char *put_container(char *p, const struct container *c)
{
	char *start;

	if (!c)
		return JW_LITERAL(p, ",\"containerId\":\"\",\"container\":{},\"kubernetes\":{}");
	p = JW_LITERAL(p, ",\"containerId\":");
	p = jw_string(p, c->id, strlen(c->id));
	p = JW_LITERAL(p, ",\"container\":");
	start = p;
	p = put_member(p, "id", c->id);
	p = put_member(p, "name", c->name);
	p = put_member(p, "image", c->image);
	p = put_member(p, "imageDigest", c->image_digest);
	p = close_object(p, start);
	p = JW_LITERAL(p, ",\"kubernetes\":");
	start = p;
	p = put_member(p, "podName", c->pod_name);
	p = put_member(p, "podNamespace", c->pod_namespace);
	p = put_member(p, "podUID", c->pod_uid);
	if (c->is_sandbox)
		p = JW_LITERAL(p, ",\"podSandbox\":true");
	return close_object(p, start);
}

/* The names of the matched policies; those that do not fit are counted. */
static char *put_policies(char *p, const struct event *ev, uint32_t *ret_n_omitted)
{
	const char *limit = p + POLICIES_MAX, *start = p, *name;
	uint32_t i;

	for (i = 0; i < ev->n_matched && ev->policies; i++) {
		uint32_t policy = ev->matched[i];
		size_t len;

		if (policy >= ev->policies->n_policies)
			continue;
		name = ev->policies->policies[policy].name;
		len = name ? strlen(name) : 0;
		if (len * JW_EXPANSION + 3 > (size_t)(limit - p))
			break;
		if (p > start)
			*p++ = ',';
		p = jw_string(p, name, len);
	}
	*ret_n_omitted = ev->policies ? ev->n_matched - i : 0;
	return p;
}

/* Names of the marked fields: "key":["a","b"]; nothing when there are none. */
static char *put_names(char *p, const char *key, const struct event *ev, uint32_t fields,
		       bool executable)
{
	char *start;

	if (!fields && !executable)
		return p;
	*p++ = ',';
	p = jw_string(p, key, strlen(key));
	p = JW_LITERAL(p, ":[");
	start = p;
	if (executable)
		p = JW_LITERAL(p, "\"executable\"");
	for (; fields; fields &= fields - 1) {
		const char *name = ev->def->fields[__builtin_ctz(fields)].name;

		if (p > start)
			*p++ = ',';
		p = jw_string(p, name, strlen(name));
	}
	*p = ']';
	return p + 1;
}

static char *put_marks(char *p, const struct event *ev, const struct ptree_task *task,
		       const struct jarg_marks *marks, uint32_t n_omitted)
{
	static const char key[] = ",\"marks\":{";
	char *start = p;

	p += sizeof(key) - 2; /* the brace takes the place of the first mark's comma */
	p = put_names(p, "trunc", ev, marks->trunc, task->exe_flags & REC_VAR_TRUNC);
	p = put_names(p, "unread", ev, marks->unread, task->exe_flags & REC_VAR_UNREAD);
	/* A report of losses is nobody's doing: there is no context that it could lack. */
	if (task == &unknown_task && ev->def->id != EV_LOST_EVENTS)
		p = JW_LITERAL(p, ",\"contextLost\":true");
	if (ev->rec->flags & REC_F_ENTER)
		p = JW_LITERAL(p, ",\"enter\":true");
	if (n_omitted)
		p = PUT_U64(p, "policiesOmitted", n_omitted);
	if (p == start + sizeof(key) - 2)
		return start;
	memcpy(start, key, sizeof(key) - 1);
	*p = '}';
	return p + 1;
}

size_t json_event(char *out, size_t cap, const struct event *ev, const struct json_options *opt)
{
	const struct rec_hdr *rec = ev->rec;
	bool is_known = ev->task && !(rec->flags & REC_F_NOTASK);
	const struct ptree_task *task = is_known ? ev->task : &unknown_task;
	const struct container *container = is_known ? ev->container : NULL;
	uint64_t base_ns = opt->relative_time ? 0 - opt->start_ns : (uint64_t)opt->epoch_offset_ns;
	const struct event_def *syscall = decode_syscall(ev);
	struct jarg_marks marks;
	uint32_t n_omitted;
	char *p = out;

	if (cap < JSON_EVENT_MAX)
		return 0;
	p = put_task(p, ev, task, base_ns);
	p = put_container(p, container);
	p = jfrag_copy(p, &events[ev->def->slot].id);
	p = put_policies(p, ev, &n_omitted);
	p = JW_LITERAL(p, "]");
	p = PUT_U64(p, "argsNum", jarg_count(ev));
	p = PUT_S64(p, "returnValue", rec->ret);
	p = jfrag_copy(p, &events[syscall ? syscall->slot : NO_SYSCALL_SLOT].syscall);
	p = container && container->is_started ? JW_LITERAL(p, "true,\"isCompat\":")
					       : JW_LITERAL(p, "false,\"isCompat\":");
	p = rec->flags & REC_F_COMPAT ? JW_LITERAL(p, "true}") : JW_LITERAL(p, "false}");
	p = PUT_U64(p, "threadEntityId", task->entity_id);
	p = PUT_U64(p, "processEntityId", task->process_entity_id);
	p = PUT_U64(p, "parentEntityId", task->parent_entity_id);
	p = JW_LITERAL(p, ",\"args\":");
	p = jarg_write(p, ev, opt->parse_arguments, (int64_t)base_ns, &marks);
	p = put_marks(p, ev, task, &marks, n_omitted);
	p = JW_LITERAL(p, "}\n");
	return (size_t)(p - out);
}
