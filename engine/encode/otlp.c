/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/otlp.h"

#include <stdio.h>

#include "engine/decode/decode.h"
#include "engine/encode/json_write.h"
#include "engine/encode/otlp_args.h"
#include "engine/encode/otlp_write.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/now.h"
#include "engine/policy/policy.h"

#define TEXT_MAX 1024U /* bytes of a container's name or the like that are shown */

/* What a record is made of, at most, but for its body: so an event without its body fits. */
#define POLICIES_MAX (EOTLP_EVENT_MAX / 2)
#define POLICY_FRAME 32U                            /* {"stringValue":""}, */
#define PATHS_MAX (JW_EXPANSION * 2 * REC_PATH_MAX) /* the executable, and its last part again */
#define COMMAND_MAX (JW_EXPANSION * REC_ARGV_MAX)
#define CONTAINER_MAX (JW_EXPANSION * (7 * TEXT_MAX + CONTAINER_ID_MAX))
#define KEYS_MAX 16384U
_Static_assert(POLICIES_MAX + PATHS_MAX + COMMAND_MAX + CONTAINER_MAX + KEYS_MAX < EOTLP_EVENT_MAX,
	       "an event without its body fits");

/* LogRecord.attributes. */
#define ATTRIBUTE ((struct ow_place){ 6, NULL })

/* Stands for the task when nobody knows it. */
static const struct ptree_task unknown_task;

int eotlp_init(void)
{
	return oarg_init();
}

const char *eotlp_severity_name(enum eotlp_severity severity)
{
	switch (severity) {
	case EOTLP_DEBUG:
		return "DEBUG";
	case EOTLP_INFO:
		return "INFO";
	case EOTLP_WARN:
		return "WARN";
	case EOTLP_ERROR:
		return "ERROR";
	case EOTLP_FATAL:
		return "FATAL";
	}
	return "";
}

static enum eotlp_severity severity_of(const struct event *ev, const struct eotlp_options *opt)
{
	if (opt->severity)
		return opt->severity(ev);
	return ev->def->id == EV_LOST_EVENTS ? EOTLP_WARN : EOTLP_INFO;
}

/* An attribute, unless it is empty. */
static void put_text(struct ow *w, const char *key, const void *bytes, size_t len)
{
	if (len > 0)
		ow_pair_text(w, ATTRIBUTE, key, bytes, len);
}

static void put_name(struct ow *w, const char *key, const char *text)
{
	put_text(w, key, text, strnlen(text, TEXT_MAX));
}

static void put_int(struct ow *w, const char *key, uint64_t value)
{
	ow_pair_int(w, ATTRIBUTE, key, (int64_t)value);
}

static void put_executable(struct ow *w, const struct ptree_task *task)
{
	size_t len = task->exe_len < REC_PATH_MAX ? task->exe_len : REC_PATH_MAX;
	const char *slash = task->exe ? memrchr(task->exe, '/', len) : NULL;

	if (!task->exe)
		return;
	put_text(w, "process.executable.path", task->exe, len);
	if (slash)
		put_text(w, "process.executable.name", slash + 1,
			 len - (size_t)(slash + 1 - task->exe));
}

/* argv[0] of what was executed. */
static void put_command(struct ow *w, const struct event *ev)
{
	struct decode_value v;
	size_t offset = 0;
	const char *str;
	int field, len;

	if (ev->def->id != EV_SCHED_PROCESS_EXEC)
		return;
	field = event_def_field(ev->def, "argv");
	if (field < 0 || !decode_field(ev, (unsigned int)field, &v) || !v.bytes)
		return;
	len = decode_next_string(&v, &offset, &str);
	if (len > 0)
		put_text(w, "process.command", str,
			 len < REC_ARGV_MAX ? (size_t)len : REC_ARGV_MAX);
}

static void put_users(struct ow *w, const struct rec_task *ctx)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", ctx->uid);

	put_text(w, "user.id", text, (size_t)len);
	put_int(w, "process.real_user.id", ctx->uid);
	put_int(w, "process.user.id", ctx->euid);
}

/* What the task's context says; nothing when it was lost. */
static void put_task(struct ow *w, const struct event *ev, const struct ptree_task *task,
		     int64_t base_ns)
{
	const struct rec_task *ctx = &task->ctx;

	put_int(w, "process.pid", ev->rec->tgid);
	put_int(w, "thread.id", ev->rec->tid);
	put_int(w, "cpu.logical_number", ev->rec->cpu);
	if (task == &unknown_task)
		return;
	put_int(w, "process.parent_pid", ctx->ppid);
	put_int(w, "process.vpid", ctx->ns_tgid);
	put_text(w, "thread.name", ctx->comm, strnlen((const char *)ctx->comm, REC_COMM_LEN));
	put_executable(w, task);
	put_users(w, ctx);
	put_text(w, "warder.uts_name", ctx->uts_name,
		 strnlen((const char *)ctx->uts_name, REC_UTS_LEN));
	put_int(w, "warder.cgroup.id", ctx->cgroup_id);
	put_int(w, "warder.mount_namespace", ctx->mnt_ns);
	put_int(w, "warder.pid_namespace", ctx->pid_ns);
	put_int(w, "warder.thread.vpid", ctx->ns_tid);
	put_int(w, "warder.process.parent_vpid", ctx->ns_ppid);
	put_int(w, "warder.thread.start_time", ctx->start_ns + (uint64_t)base_ns);
	put_int(w, "warder.thread.entity_id", task->entity_id);
	put_int(w, "warder.process.entity_id", task->process_entity_id);
	put_int(w, "warder.parent.entity_id", task->parent_entity_id);
}

static void put_container(struct ow *w, const struct container *c)
{
	struct ow_nest array;
	size_t mark;

	if (!c)
		return;
	put_text(w, "container.id", c->id, strnlen(c->id, CONTAINER_ID_MAX));
	put_name(w, "container.name", c->name);
	if (c->runtime != CONTAINER_UNKNOWN)
		put_name(w, "container.runtime", container_runtime_name(c->runtime));
	put_name(w, "container.image.name", c->image);
	if (c->image_digest[0]) {
		mark = ow_pair(w, ATTRIBUTE, "container.image.repo_digests");
		array = ow_any_array(w, OW_VALUE);
		ow_any_text(w, OW_ITEM, c->image_digest, strnlen(c->image_digest, TEXT_MAX));
		ow_any_close(w, array);
		ow_close(w, mark);
	}
	put_name(w, "k8s.pod.name", c->pod_name);
	put_name(w, "k8s.pod.uid", c->pod_uid);
	put_name(w, "k8s.namespace.name", c->pod_namespace);
	ow_pair_bool(w, ATTRIBUTE, "warder.container.started", c->is_started);
	if (c->is_sandbox)
		ow_pair_bool(w, ATTRIBUTE, "warder.k8s.pod.sandbox", true);
}

/* Returns how many policies had no room. */
static uint32_t put_policies(struct ow *w, const struct event *ev)
{
	size_t mark = ow_pair(w, ATTRIBUTE, "warder.matched_policies"), left = POLICIES_MAX, len;
	struct ow_nest array = ow_any_array(w, OW_VALUE);
	const char *name;
	uint32_t i;

	for (i = 0; i < ev->n_matched && ev->policies; i++) {
		if (ev->matched[i] >= ev->policies->n_policies)
			continue;
		name = ev->policies->policies[ev->matched[i]].name;
		len = name ? strlen(name) : 0;
		if (len > left / JW_EXPANSION || len * JW_EXPANSION + POLICY_FRAME > left)
			break;
		left -= len * JW_EXPANSION + POLICY_FRAME;
		ow_any_text(w, OW_ITEM, name ? name : "", len);
	}
	ow_any_close(w, array);
	ow_close(w, mark);
	return ev->policies ? ev->n_matched - i : 0;
}

/* The names of the marked fields. */
static void put_names(struct ow *w, const char *key, const struct event *ev, uint32_t fields,
		      bool executable)
{
	struct ow_nest array;
	size_t mark;

	if (!fields && !executable)
		return;
	mark = ow_pair(w, ATTRIBUTE, key);
	array = ow_any_array(w, OW_VALUE);
	if (executable)
		ow_any_text(w, OW_ITEM, "executable", strlen("executable"));
	for (; fields; fields &= fields - 1) {
		const char *name = ev->def->fields[__builtin_ctz(fields)].name;

		ow_any_text(w, OW_ITEM, name, strlen(name));
	}
	ow_any_close(w, array);
	ow_close(w, mark);
}

static void put_marks(struct ow *w, const struct event *ev, const struct ptree_task *task,
		      const struct jarg_marks *marks, uint32_t n_omitted)
{
	put_names(w, "warder.marks.trunc", ev, marks->trunc, task->exe_flags & REC_VAR_TRUNC);
	put_names(w, "warder.marks.unread", ev, marks->unread, task->exe_flags & REC_VAR_UNREAD);
	/* A report of losses is nobody's doing: there is no context that it could lack. */
	if (task == &unknown_task && ev->def->id != EV_LOST_EVENTS)
		ow_pair_bool(w, ATTRIBUTE, "warder.marks.context_lost", true);
	if (ev->rec->flags & REC_F_ENTER)
		ow_pair_bool(w, ATTRIBUTE, "warder.marks.enter", true);
	if (n_omitted)
		put_int(w, "warder.marks.policies_omitted", n_omitted);
}

static void put_head(struct ow *w, const struct event *ev, const struct json_options *json,
		     const struct eotlp_options *opt)
{
	enum eotlp_severity severity = severity_of(ev, opt);
	const char *name = eotlp_severity_name(severity);
	int64_t observed_ns = opt->observed_ns;

	if (observed_ns == 0)
		observed_ns = (int64_t)now_clock_ns(CLOCK_REALTIME);
	ow_fixed64(w, (struct ow_place){ 1, "timeUnixNano" },
		   ev->rec->ts_ns + (uint64_t)json->epoch_offset_ns);
	ow_fixed64(w, (struct ow_place){ 11, "observedTimeUnixNano" }, (uint64_t)observed_ns);
	ow_enum(w, (struct ow_place){ 2, "severityNumber" }, severity);
	ow_text(w, (struct ow_place){ 3, "severityText" }, name, strlen(name));
	ow_text(w, (struct ow_place){ 12, "eventName" }, ev->def->name, strlen(ev->def->name));
}

static void put_event(struct ow *w, const struct event *ev)
{
	const struct event_def *syscall = decode_syscall(ev);

	put_name(w, "event.name", ev->def->name);
	put_int(w, "warder.event.id", ev->def->id);
	put_int(w, "warder.return_value", (uint64_t)ev->rec->ret);
	if (syscall)
		put_name(w, "warder.syscall", syscall->name);
	if (ev->rec->flags & REC_F_COMPAT)
		ow_pair_bool(w, ATTRIBUTE, "warder.compat", true);
	put_command(w, ev);
}

static void put_record(struct ow *w, const struct event *ev, const struct json_options *json,
		       const struct eotlp_options *opt, bool with_body)
{
	bool is_known = ev->task && !(ev->rec->flags & REC_F_NOTASK);
	const struct ptree_task *task = is_known ? ev->task : &unknown_task;
	struct jarg_marks marks = { 0 };
	uint32_t n_omitted;

	ow_begin(w);
	put_head(w, ev, json, opt);
	if (with_body)
		oarg_write(w, (struct ow_place){ 5, "body" }, ev, json->parse_arguments,
			   json->epoch_offset_ns, &marks);
	ow_list_open(w, "attributes");
	put_event(w, ev);
	put_task(w, ev, task, json->epoch_offset_ns);
	put_container(w, is_known ? ev->container : NULL);
	n_omitted = put_policies(w, ev);
	put_marks(w, ev, task, &marks, n_omitted);
	if (!with_body)
		ow_pair_bool(w, ATTRIBUTE, "warder.marks.body_omitted", true);
	ow_list_close(w);
	ow_end(w);
}

size_t eotlp_event(uint8_t *out, size_t cap, const struct event *ev,
		   const struct json_options *json, const struct eotlp_options *opt)
{
	struct ow w;

	if (cap < EOTLP_EVENT_MAX)
		return 0;
	ow_init(&w, out, cap, opt->is_json);
	put_record(&w, ev, json, opt, true);
	if (w.is_full) {
		ow_init(&w, out, cap, opt->is_json);
		put_record(&w, ev, json, opt, false);
	}
	return w.is_full ? 0 : ow_len(&w);
}
