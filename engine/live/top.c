/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/top.h"

#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/json_doc.h"
#include "engine/live/heavy.h"
#include "engine/now.h"

/* So many of each are told apart; rarer ones take each other's places. */
#define PROCESSES 2048U
#define EXECUTABLES 1024U
#define CONTAINERS 512U

#define TEXT_BYTES 128U

/* The end of a text, which says more than its beginning: paths. */
struct text {
	uint8_t len;
	char bytes[TEXT_BYTES];
};

struct process {
	uint32_t pid, uid;
	char comm[REC_COMM_LEN + 1];
	char container[CONTAINER_ID_MAX + 1];
	struct text executable;
};

struct executable {
	struct text path;
};

struct container_label {
	char id[CONTAINER_ID_MAX + 1];
	struct text name, image, pod, namespace;
};

struct ltop {
	uint32_t rows;
	uint64_t since_ns;
	uint64_t n_events, n_lost;
	struct heavy *processes, *executables, *containers; /* owned, and so is the next */
	struct heavy_count *counts;
	uint64_t events[EVENT_SLOTS];
};

struct ltop *ltop_new(uint32_t rows, uint64_t now_ns)
{
	struct ltop *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->rows = rows;
	t->since_ns = now_ns;
	t->processes = heavy_new(PROCESSES, sizeof(struct process));
	t->executables = heavy_new(EXECUTABLES, sizeof(struct executable));
	t->containers = heavy_new(CONTAINERS, sizeof(struct container_label));
	t->counts = calloc(rows, sizeof(*t->counts));
	if (!t->processes || !t->executables || !t->containers || !t->counts) {
		ltop_free(t);
		return NULL;
	}
	return t;
}

void ltop_free(struct ltop *t)
{
	if (!t)
		return;
	heavy_free(t->processes);
	heavy_free(t->executables);
	heavy_free(t->containers);
	free(t->counts);
	free(t);
}

/* --- Counting. --- */

static void set_text(struct text *t, const char *bytes, size_t len)
{
	size_t n = len < TEXT_BYTES ? len : TEXT_BYTES;

	if (n > 0)
		memcpy(t->bytes, bytes + len - n, n);
	t->len = (uint8_t)n;
}
_Static_assert(TEXT_BYTES <= UINT8_MAX, "a length is a byte");

static void set_string(struct text *t, const char *text)
{
	set_text(t, text, strlen(text));
}

static void add_process(struct ltop *t, const struct event *ev, const struct ptree_task *task)
{
	uint64_t key = task ? (uint64_t)task->process_entity_id << 32 : 0;
	struct process *p = heavy_add(t->processes, key | ev->rec->tgid);

	if (!p)
		return;
	p->pid = ev->rec->tgid;
	if (!task)
		return;
	p->uid = task->ctx.uid;
	memcpy(p->comm, task->ctx.comm, REC_COMM_LEN);
	set_text(&p->executable, task->exe, task->exe_len);
	if (ev->container)
		memcpy(p->container, ev->container->id, sizeof(p->container));
}

/* A file is its inode, device and time: a path may name another one in another container. */
static void add_executable(struct ltop *t, const struct ptree_task *task)
{
	const struct rec_task *ctx = &task->ctx;
	uint64_t key = (ctx->exe_inode * 31 + ctx->exe_dev) * 31 + ctx->exe_ctime_ns;
	struct executable *e = heavy_add(t->executables, key);

	if (e)
		set_text(&e->path, task->exe, task->exe_len);
}

/* By its id: a container has several cgroups. FNV-1a. */
static uint64_t container_key(const struct container *c)
{
	uint64_t key = 0xcbf29ce484222325ULL;

	for (const char *p = c->id; *p; p++)
		key = (key ^ (uint8_t)*p) * 0x100000001b3ULL;
	return key;
}

static void add_container(struct ltop *t, const struct container *c)
{
	struct container_label *label = heavy_add(t->containers, c ? container_key(c) : 0);

	if (!label || !c)
		return;
	memcpy(label->id, c->id, sizeof(label->id));
	set_string(&label->name, c->name);
	set_string(&label->image, c->image);
	set_string(&label->pod, c->pod_name);
	set_string(&label->namespace, c->pod_namespace);
}

void ltop_add(struct ltop *t, const struct event *ev)
{
	const struct ptree_task *task = ev->rec->flags & REC_F_NOTASK ? NULL : ev->task;

	if (ev->def->id == EV_LOST_EVENTS) {
		t->n_lost += ((const struct rec_lost *)ev->rec)->count;
		return;
	}
	t->n_events++;
	t->events[ev->def->slot]++;
	add_process(t, ev, task);
	if (task)
		add_executable(t, task);
	add_container(t, ev->container);
}

/* --- The document. --- */

static void put_text(struct jdoc *d, const char *key, const struct text *t)
{
	jdoc_bytes(d, key, t->bytes, t->len);
}

static void put_process(struct jdoc *d, const void *label)
{
	const struct process *p = label;

	jdoc_u64(d, "pid", p->pid);
	jdoc_u64(d, "uid", p->uid);
	jdoc_string(d, "comm", p->comm);
	put_text(d, "executable", &p->executable);
	jdoc_string(d, "container", p->container);
}

static void put_executable(struct jdoc *d, const void *label)
{
	const struct executable *e = label;

	put_text(d, "path", &e->path);
}

static void put_container(struct jdoc *d, const void *label)
{
	const struct container_label *c = label;

	jdoc_string(d, "id", c->id);
	put_text(d, "name", &c->name);
	put_text(d, "image", &c->image);
	put_text(d, "pod", &c->pod);
	put_text(d, "namespace", &c->namespace);
}

static void put_list(struct jdoc *d, const char *key, const struct ltop *t, const struct heavy *h,
		     void (*put)(struct jdoc *d, const void *label))
{
	size_t n = heavy_top(h, t->counts, t->rows);

	jdoc_open(d, key, '[');
	for (size_t i = 0; i < n; i++) {
		jdoc_open(d, NULL, '{');
		put(d, t->counts[i].label);
		jdoc_u64(d, "count", t->counts[i].count);
		jdoc_u64(d, "error", t->counts[i].error);
		jdoc_close(d, '}');
	}
	jdoc_close(d, ']');
}

struct event_count {
	uint64_t count;
	unsigned int slot;
};

static int by_count(const void *a, const void *b)
{
	const struct event_count *one = a, *two = b;

	if (one->count != two->count)
		return one->count < two->count ? 1 : -1;
	return one->slot < two->slot ? -1 : 1;
}

static void put_events(struct jdoc *d, const struct ltop *t)
{
	struct event_count counts[EVENT_SLOTS];
	size_t n = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (t->events[slot] > 0)
			counts[n++] = (struct event_count){ t->events[slot], slot };
	qsort(counts, n, sizeof(counts[0]), by_count);
	jdoc_open(d, "by_event", '[');
	for (size_t i = 0; i < n && i < t->rows; i++) {
		jdoc_open(d, NULL, '{');
		jdoc_string(d, "event", event_defs[counts[i].slot].name);
		jdoc_u64(d, "count", counts[i].count);
		jdoc_close(d, '}');
	}
	jdoc_close(d, ']');
	jdoc_u64(d, "n_events", n);
}

static void clear(struct ltop *t, uint64_t now_ns)
{
	t->since_ns = now_ns;
	t->n_events = t->n_lost = 0;
	memset(t->events, 0, sizeof(t->events));
	heavy_clear(t->processes);
	heavy_clear(t->executables);
	heavy_clear(t->containers);
}

char *ltop_document(struct ltop *t, uint64_t now_ns, size_t *ret_len)
{
	struct jdoc d;
	char *text;

	if (!jdoc_begin(&d))
		return NULL;
	jdoc_u64(&d, "window_ns", now_ns - t->since_ns);
	jdoc_u64(&d, "events", t->n_events);
	jdoc_u64(&d, "lost", t->n_lost);
	put_list(&d, "processes", t, t->processes, put_process);
	put_list(&d, "executables", t, t->executables, put_executable);
	put_list(&d, "containers", t, t->containers, put_container);
	put_events(&d, t);
	jdoc_u64(&d, "engine_cpu_ns", now_clock_ns(CLOCK_PROCESS_CPUTIME_ID));
	text = jdoc_finish(&d, ret_len);
	if (text)
		clear(t, now_ns);
	return text;
}
