/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/msgpack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/lane.h"
#include "engine/decode/decode.h"
#include "engine/encode/json_args.h"
#include "engine/encode/json_fragment.h"
#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_args.h"
#include "engine/encode/msgpack_write.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/policy/policy.h"

/* json.c shows that the longest line fits into JSON_EVENT_MAX; a map is never longer than a line:
 */
_Static_assert(MPW_EXPANSION + MPW_HEADER_MAX - 1 <= JW_EXPANSION + 2,
	       "no text, not even one of a single byte with the longest header");
_Static_assert(MPW_NUMBER_MAX <= JW_NUMBER_MAX && MPW_SLACK <= JW_SLACK, "no number");
_Static_assert(JFRAG_STEP <= MPW_SLACK, "no constant piece");

#define N_KEYS 31 /* Tracee's */
#define POLICIES_MAX (JSON_EVENT_MAX / 2)
#define FRAGMENT_MAX 512

/* By event slot; written by emp_init() and constant from then on. */
static struct {
	struct jfrag id;      /* eventId, eventName and the key of matchedPolicies */
	struct jfrag syscall; /* in this system call: syscall to the key of containerStarted */
} events[EVENT_SLOTS];

/* The slot of an event that is no system call: its fragment is the one for "in none". */
#define NO_SYSCALL_SLOT EV_TASK_slot

/* Stands for the task when nobody knows it. */
static const struct ptree_task unknown_task;

static int make_id(const struct event_def *def, struct jfrag *ret_frag)
{
	uint8_t bytes[FRAGMENT_MAX], *p = bytes;
	char id[JW_NUMBER_MAX + JW_SLACK];

	if (strlen(def->name) > FRAGMENT_MAX / 2)
		return -E2BIG;
	p = MPW_LITERAL(p, "eventId");
	p = mpw_str(p, id, (size_t)(jw_u64(id, def->id) - id));
	p = MPW_LITERAL(p, "eventName");
	p = mpw_str(p, def->name, strlen(def->name));
	p = MPW_LITERAL(p, "matchedPolicies");
	return jfrag_make(ret_frag, bytes, (size_t)(p - bytes));
}

static int make_syscall(const struct event_def *def, struct jfrag *ret_frag)
{
	uint8_t bytes[FRAGMENT_MAX], *p = bytes;
	const char *name = def->is_syscall ? def->name : "";

	p = MPW_LITERAL(p, "syscall");
	p = mpw_str(p, name, strlen(name));
	p = MPW_LITERAL(p, "stackAddresses");
	p = mpw_byte(p, MPW_NIL);
	p = MPW_LITERAL(p, "contextFlags");
	p = mpw_byte(p, MPW_FIXMAP | 2);
	p = MPW_LITERAL(p, "containerStarted");
	return jfrag_make(ret_frag, bytes, (size_t)(p - bytes));
}

int emp_init(void)
{
	int r;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		if (events[slot].syscall.text)
			continue;
		r = make_id(&event_defs[slot], &events[slot].id);
		if (r < 0)
			return r;
		r = make_syscall(&event_defs[slot], &events[slot].syscall);
		if (r < 0) {
			jfrag_done(&events[slot].id);
			return r;
		}
	}
	return mparg_init();
}

#define PUT_U64(p, key, value) mpw_u64(MPW_LITERAL(p, key), value)
#define PUT_S64(p, key, value) mpw_s64(MPW_LITERAL(p, key), value)

/* From the first key to hostName. */
static uint8_t *put_task(uint8_t *p, const struct event *ev, const struct ptree_task *task,
			 uint64_t base_ns)
{
	const struct rec_task *ctx = &task->ctx;
	const struct rec_hdr *rec = ev->rec;
	uint64_t start_ns = task == &unknown_task ? 0 : ctx->start_ns + base_ns;
	size_t exe_len = task->exe_len < LANE_RECORD_MAX ? task->exe_len : LANE_RECORD_MAX;

	p = PUT_S64(p, "timestamp", (int64_t)(rec->ts_ns + base_ns));
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
	p = MPW_LITERAL(p, "processName");
	p = mpw_str(p, ctx->comm, strnlen((const char *)ctx->comm, REC_COMM_LEN));
	p = MPW_LITERAL(p, "executable");
	p = MPW_LITERAL(mpw_byte(p, MPW_FIXMAP | 1), "path");
	p = mpw_str(p, task->exe, task->exe ? exe_len : 0);
	p = MPW_LITERAL(p, "hostName");
	return mpw_str(p, ctx->uts_name, strnlen((const char *)ctx->uts_name, REC_UTS_LEN));
}

/* A pair of a map whose header is at `head`, unless the text is empty. */
static uint8_t *put_member(uint8_t *p, uint8_t *head, const char *key, const char *text)
{
	if (!text[0])
		return p;
	++*head;
	p = mpw_str(p, key, strlen(key));
	return mpw_str(p, text, strnlen(text, JSON_CONTAINER_TEXT_MAX));
}

/* containerId, container and kubernetes. */
static uint8_t *put_container(uint8_t *p, const struct container *c)
{
	const char *id = c ? c->id : "";
	uint8_t *head;

	p = MPW_LITERAL(p, "containerId");
	p = mpw_str(p, id, strlen(id));
	head = MPW_LITERAL(p, "container");
	p = mpw_byte(head, MPW_FIXMAP);
	if (id[0]) {
		++*head;
		p = mpw_str(MPW_LITERAL(p, "id"), id, strlen(id));
	}
	if (c) {
		p = put_member(p, head, "name", c->name);
		p = put_member(p, head, "image", c->image);
		p = put_member(p, head, "imageDigest", c->image_digest);
	}
	head = MPW_LITERAL(p, "kubernetes");
	p = mpw_byte(head, MPW_FIXMAP);
	if (c) {
		p = put_member(p, head, "podName", c->pod_name);
		p = put_member(p, head, "podNamespace", c->pod_namespace);
		p = put_member(p, head, "podUID", c->pod_uid);
	}
	if (c && c->is_sandbox) {
		++*head;
		p = mpw_bool(MPW_LITERAL(p, "podSandbox"), true);
	}
	return p;
}

/* The names of the matched policies; those that do not fit are counted. */
static uint8_t *put_policies(uint8_t *p, const struct event *ev, uint32_t *ret_n_omitted)
{
	const uint8_t *limit = p + POLICIES_MAX;
	uint8_t *head = p;
	const char *name;
	uint32_t i, n = 0;

	p = mpw_open(p);
	for (i = 0; i < ev->n_matched && ev->policies; i++) {
		uint32_t policy = ev->matched[i];
		size_t len;

		if (policy >= ev->policies->n_policies)
			continue;
		name = ev->policies->policies[policy].name;
		len = name ? strlen(name) : 0;
		/* As little room as in JSON, so that both have the same names. */
		if (len * JW_EXPANSION + MPW_HEADER_MAX > (size_t)(limit - p) || n == UINT16_MAX)
			break;
		p = mpw_str(p, name, len);
		n++;
	}
	mpw_close(head, MPW_ARRAY16, n);
	*ret_n_omitted = ev->policies ? ev->n_matched - i : 0;
	return p;
}

/* Names of the marked fields; nothing when there are none. */
static uint8_t *put_names(uint8_t *p, uint8_t *marks_head, const char *key, const struct event *ev,
			  uint32_t fields, bool executable)
{
	if (!fields && !executable)
		return p;
	++*marks_head;
	p = mpw_str(p, key, strlen(key));
	p = mpw_array_header(p, (size_t)__builtin_popcount(fields) + executable);
	if (executable)
		p = MPW_LITERAL(p, "executable");
	for (; fields; fields &= fields - 1) {
		const char *name = ev->def->fields[__builtin_ctz(fields)].name;

		p = mpw_str(p, name, strlen(name));
	}
	return p;
}

/* Returns `p` when there is nothing to say. */
static uint8_t *put_marks(uint8_t *p, const struct event *ev, const struct ptree_task *task,
			  const struct jarg_marks *marks, uint32_t n_omitted)
{
	uint8_t *start = p, *head = MPW_LITERAL(p, "marks");

	p = mpw_byte(head, MPW_FIXMAP);
	p = put_names(p, head, "trunc", ev, marks->trunc, task->exe_flags & REC_VAR_TRUNC);
	p = put_names(p, head, "unread", ev, marks->unread, task->exe_flags & REC_VAR_UNREAD);
	/* A report of losses is nobody's doing: there is no context that it could lack. */
	if (task == &unknown_task && ev->def->id != EV_LOST_EVENTS) {
		++*head;
		p = mpw_bool(MPW_LITERAL(p, "contextLost"), true);
	}
	if (ev->rec->flags & REC_F_ENTER) {
		++*head;
		p = mpw_bool(MPW_LITERAL(p, "enter"), true);
	}
	if (n_omitted) {
		++*head;
		p = PUT_U64(p, "policiesOmitted", n_omitted);
	}
	return *head == MPW_FIXMAP ? start : p;
}

static uint8_t *put_fragment(uint8_t *p, const struct jfrag *frag)
{
	return (uint8_t *)jfrag_copy((char *)p, frag);
}

size_t emp_event(uint8_t *out, size_t cap, const struct event *ev, const struct json_options *opt)
{
	const struct rec_hdr *rec = ev->rec;
	bool is_known = ev->task && !(rec->flags & REC_F_NOTASK);
	const struct ptree_task *task = is_known ? ev->task : &unknown_task;
	const struct container *container = is_known ? ev->container : NULL;
	uint64_t base_ns = opt->relative_time ? 0 - opt->start_ns : (uint64_t)opt->epoch_offset_ns;
	const struct event_def *syscall = decode_syscall(ev);
	struct jarg_marks marks;
	uint8_t *p = out, *end;
	uint32_t n_omitted;

	if (cap < JSON_EVENT_MAX)
		return 0;
	p = mpw_open(p);
	p = put_task(p, ev, task, base_ns);
	p = put_container(p, container);
	p = put_fragment(p, &events[ev->def->slot].id);
	p = put_policies(p, ev, &n_omitted);
	p = PUT_U64(p, "argsNum", jarg_count(ev));
	p = PUT_S64(p, "returnValue", rec->ret);
	p = put_fragment(p, &events[syscall ? syscall->slot : NO_SYSCALL_SLOT].syscall);
	p = mpw_bool(p, container && container->is_started);
	p = mpw_bool(MPW_LITERAL(p, "isCompat"), rec->flags & REC_F_COMPAT);
	p = PUT_U64(p, "threadEntityId", task->entity_id);
	p = PUT_U64(p, "processEntityId", task->process_entity_id);
	p = PUT_U64(p, "parentEntityId", task->parent_entity_id);
	p = MPW_LITERAL(p, "args");
	p = mparg_write(p, ev, opt->parse_arguments, (int64_t)base_ns, &marks);
	end = put_marks(p, ev, task, &marks, n_omitted);
	mpw_close(out, MPW_MAP16, end == p ? N_KEYS : N_KEYS + 1);
	return (size_t)(end - out);
}
