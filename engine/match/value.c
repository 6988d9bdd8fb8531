/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/value.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/decode/decode.h"
#include "engine/encode/json_write.h"
#include "engine/encode/symbols.h"
#include "engine/enrich/containers.h"
#include "engine/enrich/process_tree.h"
#include "engine/match/value_text.h"

/* Every field once, every part of a socket address and the symbol of every field beside it. */
#define TEXT_BYTES                                                                                 \
	(VTEXT_MAX(LANE_RECORD_MAX) +                                                              \
	 EVENT_FIELDS_MAX * (VTEXT_PARTS * VTEXT_MAX(0) + SYM_TEXT_MAX) +                          \
	 (size_t)LANE_RECORD_MAX + JW_SLACK)

struct subject {
	uint8_t subject; /* enum pol_subject */
	uint8_t context; /* enum pol_context */
	uint8_t field;
	uint8_t kind;    /* enum field_kind, of DATA */
	uint8_t part;    /* enum vtext_part, of a socket address */
	bool has_length; /* a socket address, and the field after it is its length */
	uint16_t slot;
	const char *path; /* borrowed */
	sym_fn symbol;
};

/* What is known of a subject's value. */
struct seen {
	uint32_t stamp; /* of the event that `value` is of */
	struct value value;
};

struct values {
	struct value_world world;
	struct subject *subjects;
	struct seen *seen; /* by subject */
	size_t n, cap;
	const struct event *ev;
	uint32_t stamp;
	char *text; /* TEXT_BYTES: what is formatted for this event */
	size_t text_used;
};

struct values *values_new(const struct value_world *world)
{
	struct values *vs = calloc(1, sizeof(*vs));

	if (!vs)
		return NULL;
	vs->world = *world;
	vs->text = malloc(TEXT_BYTES);
	if (vs->text)
		return vs;
	free(vs);
	return NULL;
}

void values_free(struct values *vs)
{
	if (!vs)
		return;
	free(vs->subjects);
	free(vs->seen);
	free(vs->text);
	free(vs);
}

size_t values_bytes(const struct values *vs)
{
	return sizeof(*vs) + TEXT_BYTES + vs->cap * (sizeof(*vs->subjects) + sizeof(*vs->seen));
}

static bool is_length(const struct event_def *def, unsigned int i)
{
	return i < def->n_fields && def->fields[i].kind == FK_S32 &&
	       strcmp(def->fields[i].name, "addrlen") == 0;
}

static struct subject subject_of(const struct pol_filter *f, const struct event_def *def)
{
	struct subject s = { .subject = f->subject, .kind = FK_NONE, .part = VTEXT_WHOLE };

	if (f->subject == POL_SUBJECT_CONTEXT)
		s.context = f->context;
	if (f->subject != POL_SUBJECT_DATA || !def || f->field >= def->n_fields)
		return s;
	s.slot = def->slot;
	s.field = f->field;
	s.kind = def->fields[f->field].kind;
	s.path = f->path;
	s.symbol = f->path ? NULL : sym_find(def, def->fields[f->field].name);
	s.has_length = s.kind == FK_SOCKADDR && is_length(def, f->field + 1U);
	if (f->path)
		s.part = s.kind == FK_SOCKADDR ? (uint8_t)vtext_part_find(f->path)
					       : (uint8_t)VTEXT_PARTS;
	return s;
}

static bool same_subject(const struct subject *a, const struct subject *b)
{
	/* Paths that name no part are all alike: never there. */
	return a->subject == b->subject && a->context == b->context && a->kind == b->kind &&
	       a->slot == b->slot && a->field == b->field && a->part == b->part;
}

static int grow(struct values *vs)
{
	size_t cap = vs->cap ? vs->cap * 2 : 16;
	struct subject *subjects = realloc(vs->subjects, cap * sizeof(*subjects));
	struct seen *seen;

	if (!subjects)
		return -ENOMEM;
	vs->subjects = subjects;
	seen = realloc(vs->seen, cap * sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	vs->seen = seen;
	vs->cap = cap;
	return 0;
}

int value_subject(struct values *vs, const struct pol_filter *filter, const struct event_def *def)
{
	struct subject s = subject_of(filter, def);

	for (size_t i = 0; i < vs->n; i++)
		if (same_subject(&vs->subjects[i], &s))
			return (int)i;
	if (vs->n == vs->cap && grow(vs) < 0)
		return -ENOMEM;
	vs->subjects[vs->n] = s;
	vs->seen[vs->n] = (struct seen){ .stamp = 0 };
	return (int)vs->n++;
}

void values_begin(struct values *vs, const struct event *ev)
{
	vs->ev = ev;
	vs->text_used = 0;
	if (++vs->stamp != 0)
		return;
	for (size_t i = 0; i < vs->n; i++) /* the stamps are used up: once in 2^32 events */
		vs->seen[i].stamp = 0;
	vs->stamp = 1;
}

/* Room for `bytes`, or NULL: no valid record needs as much. */
static char *room(struct values *vs, size_t bytes)
{
	return bytes + JW_SLACK <= TEXT_BYTES - vs->text_used ? vs->text + vs->text_used : NULL;
}

static void set_number(struct value *v, int64_t number)
{
	v->is_there = true;
	v->is_number = true;
	v->number = number;
}

static void set_unsigned(struct value *v, uint64_t number)
{
	set_number(v, (int64_t)number);
	v->is_big = number > INT64_MAX;
}

static void set_text(struct value *v, const void *text, size_t len)
{
	v->is_there = true;
	v->is_text = true;
	v->text = len > 0 ? text : "";
	v->len = (uint32_t)len;
}

static void set_word(struct value *v, const char *word)
{
	set_text(v, word, strlen(word));
}

/* As a number, for indexes and comparisons, and "true" or "false" for who asks for a text. */
static void set_flag(struct value *v, bool flag)
{
	set_number(v, flag);
	set_word(v, flag ? "true" : "false");
}

/* A call that this build has no name for is still a number. */
static void get_syscall(const struct event *ev, struct value *v)
{
	const struct event_def *call = decode_syscall(ev);
	const struct rec_where *where;

	if (!ev->def->is_syscall && !ev->def->has_where)
		return;
	set_word(v, call ? call->name : "");
	if (ev->def->is_syscall) {
		set_number(v, ev->rec->flags & REC_F_COMPAT ? call->nr_compat : call->nr_native);
		return;
	}
	where = (const void *)((const uint8_t *)ev->rec + REC_WHERE_OFFSET);
	if (where->syscall_nr != REC_NO_SYSCALL)
		set_number(v, where->syscall_nr);
}

/* What the record's header says. False: it is the task's to say. */
static bool get_of_header(const struct values *vs, unsigned int context, struct value *v)
{
	const struct rec_hdr *rec = vs->ev->rec;

	switch (context) {
	case POL_CTX_TIMESTAMP:
		set_number(v, (int64_t)(rec->ts_ns + (uint64_t)vs->world.epoch_offset_ns));
		return true;
	case POL_CTX_PROCESSOR_ID:
		set_number(v, rec->cpu);
		return true;
	case POL_CTX_HOST_PID:
	case POL_CTX_TASK_ID: /* and the thread's id: predicate.c */
	case POL_CTX_TREE:
		set_number(v, rec->tgid);
		return true;
	case POL_CTX_HOST_TID:
		set_number(v, rec->tid);
		return true;
	case POL_CTX_SYSCALL:
		get_syscall(vs->ev, v);
		return true;
	default:
		return false;
	}
}

/* False: it is the container's to say. */
static bool get_of_task(const struct values *vs, unsigned int context, const struct ptree_task *t,
			struct value *v)
{
	const struct rec_task *ctx = &t->ctx;

	switch (context) {
	case POL_CTX_PID:
		set_number(v, ctx->ns_tgid);
		return true;
	case POL_CTX_TID:
		set_number(v, ctx->ns_tid);
		return true;
	case POL_CTX_PPID:
		set_number(v, ctx->ns_ppid);
		return true;
	case POL_CTX_HOST_PPID:
		set_number(v, ctx->ppid);
		return true;
	case POL_CTX_UID:
		set_number(v, ctx->uid);
		return true;
	case POL_CTX_MNTNS:
		set_number(v, ctx->mnt_ns);
		return true;
	case POL_CTX_PIDNS:
		set_number(v, ctx->pid_ns);
		return true;
	case POL_CTX_CGROUP_ID:
		set_unsigned(v, ctx->cgroup_id);
		return true;
	case POL_CTX_COMM:
		set_text(v, ctx->comm, strnlen((const char *)ctx->comm, REC_COMM_LEN));
		return true;
	case POL_CTX_UTS:
		set_text(v, ctx->uts_name, strnlen((const char *)ctx->uts_name, REC_UTS_LEN));
		return true;
	case POL_CTX_EXECUTABLE: /* kernel threads have none */
		if (t->exe && t->exe_len > 0) {
			set_text(v, t->exe, t->exe_len);
			set_number(v, ctx->mnt_ns);
		}
		return true;
	case POL_CTX_NEW:
		set_flag(v, ctx->leader_start_ns > vs->world.start_ns);
		return true;
	default:
		return false;
	}
}

/* A process of the host has empty texts, as in Tracee; so has a container that nothing is known of
 * yet. */
static void get_of_container(const struct values *vs, unsigned int context, struct value *v)
{
	const struct container *c = vs->ev->container;

	switch (context) {
	case POL_CTX_HOST:
		set_flag(v, !c);
		break;
	case POL_CTX_CONTAINER:
		set_flag(v, c != NULL);
		break;
	case POL_CTX_CONTAINER_ID:
		set_word(v, c ? c->id : "");
		break;
	case POL_CTX_CONTAINER_NAME:
		set_word(v, c ? c->name : "");
		break;
	case POL_CTX_CONTAINER_IMAGE:
		set_word(v, c ? c->image : "");
		break;
	case POL_CTX_CONTAINER_IMAGE_DIGEST:
		set_word(v, c ? c->image_digest : "");
		break;
	case POL_CTX_POD_NAME:
		set_word(v, c ? c->pod_name : "");
		break;
	case POL_CTX_POD_NAMESPACE:
		set_word(v, c ? c->pod_namespace : "");
		break;
	case POL_CTX_POD_UID:
		set_word(v, c ? c->pod_uid : "");
		break;
	case POL_CTX_POD_SANDBOX:
		set_flag(v, c && c->is_sandbox);
		break;
	case POL_CTX_CONTAINER_NEW:
		set_flag(v, c && c->created_ns > vs->world.start_ns);
		break;
	case POL_CTX_CONTAINER_STARTED:
		set_flag(v, c && c->is_started);
		break;
	default:
		break;
	}
}

static void get_context(const struct values *vs, unsigned int context, struct value *v)
{
	const struct event *ev = vs->ev;

	if (get_of_header(vs, context, v))
		return;
	/* Without the task nothing else is known: its cgroup is not, either. */
	if (!ev->task || ev->rec->flags & REC_F_NOTASK)
		return;
	if (!get_of_task(vs, context, ev->task, v))
		get_of_container(vs, context, v);
}

static void get_sockaddr(struct values *vs, const struct subject *s, const struct decode_value *d,
			 struct value *v)
{
	size_t len = d->len;
	struct decode_value given;
	char *p, *end;

	/* The record carries the family's longest form; what the caller passed may be shorter. */
	if (s->has_length && decode_field(vs->ev, s->field + 1U, &given) && given.s >= 0 &&
	    (uint64_t)given.s < len)
		len = (size_t)given.s;
	p = room(vs, VTEXT_MAX(s->part == VTEXT_WHOLE || s->part == VTEXT_UN_PATH ? len / 4 : 0) +
			     SYM_TEXT_MAX);
	if (!p)
		return;
	end = vtext_sockaddr(p, d->bytes, len, s->has_length, (enum vtext_part)s->part, v);
	if (!end)
		return;
	set_text(v, p, (size_t)(end - p));
	vs->text_used += (size_t)(end - p);
}

static char *put_content(char *p, const struct decode_value *d)
{
	switch ((enum field_kind)d->kind) {
	case FK_STRV:
	case FK_ARGV:
		return vtext_strings(p, d);
	case FK_BYTES:
		return vtext_bytes(p, d);
	case FK_INT2:
		return vtext_int2(p, d);
	case FK_TIMESPEC:
		return vtext_timespec(p, d);
	case FK_STR:
	case FK_COMM:
	case FK_SOCKADDR:
	case FK_NONE:
	case FK_S32:
	case FK_U32:
	case FK_S64:
	case FK_U64:
	case FK_U16:
	case FK_U8:
	case FK_BOOL:
	case FK_PTR:
	case FK_KINDS:
		break;
	}
	return NULL;
}

/* A value that is not a number. A pointer that nobody could follow leads to no value. */
static void get_content(struct values *vs, const struct subject *s, const struct decode_value *d,
			struct value *v)
{
	char *p, *end;

	if (!d->bytes || (d->len == 0 && d->var_flags & (REC_VAR_NULL | REC_VAR_UNREAD)))
		return;
	if (d->kind == FK_STR || d->kind == FK_COMM) {
		set_text(v, d->bytes, d->len);
		return;
	}
	if (d->kind == FK_SOCKADDR) {
		get_sockaddr(vs, s, d, v);
		return;
	}
	p = room(vs, VTEXT_MAX(d->len));
	end = p ? put_content(p, d) : NULL;
	if (!end)
		return;
	set_text(v, p, (size_t)(end - p));
	vs->text_used += (size_t)(end - p);
}

static void get_data(struct values *vs, const struct subject *s, struct value *v)
{
	struct decode_value d;

	if (s->kind == FK_NONE || s->part == VTEXT_PARTS || vs->ev->def->slot != s->slot ||
	    !decode_field(vs->ev, s->field, &d))
		return;
	switch ((enum field_kind)d.kind) {
	case FK_S32:
	case FK_S64:
		set_number(v, d.s);
		break;
	case FK_U32:
	case FK_U64:
	case FK_U16:
	case FK_U8:
	case FK_PTR:
		set_unsigned(v, d.u);
		break;
	case FK_BOOL:
		set_flag(v, d.u);
		break;
	case FK_STR:
	case FK_COMM:
	case FK_STRV:
	case FK_ARGV:
	case FK_SOCKADDR:
	case FK_BYTES:
	case FK_INT2:
	case FK_TIMESPEC:
		get_content(vs, s, &d, v);
		break;
	case FK_NONE:
	case FK_KINDS:
		break;
	}
}

static void get(struct values *vs, const struct subject *s, struct value *v)
{
	v->is_there = false;
	v->is_number = false;
	v->is_big = false;
	v->is_text = false;
	v->is_symbol = false;
	v->address_len = VALUE_ADDRESS_UNKNOWN;
	switch ((enum pol_subject)s->subject) {
	case POL_SUBJECT_DATA:
		get_data(vs, s, v);
		break;
	case POL_SUBJECT_RETVAL:
		if (!(vs->ev->rec->flags & REC_F_ENTER)) /* it has not returned */
			set_number(v, vs->ev->rec->ret);
		break;
	case POL_SUBJECT_CONTEXT:
		get_context(vs, s->context, v);
		break;
	}
}

struct value *value_get(struct values *vs, unsigned int subject)
{
	struct seen *seen = &vs->seen[subject];

	if (seen->stamp != vs->stamp) {
		seen->stamp = vs->stamp;
		get(vs, &vs->subjects[subject], &seen->value);
	}
	return &seen->value;
}

void value_text(struct value *v)
{
	char *end;

	if (v->is_text || !v->is_there)
		return;
	end = v->is_big ? jw_u64(v->digits, (uint64_t)v->number) : jw_s64(v->digits, v->number);
	set_text(v, v->digits, (size_t)(end - v->digits));
}
_Static_assert(sizeof(((struct value *)0)->digits) >= JW_NUMBER_MAX + 1, "any number");

void value_symbol(struct values *vs, unsigned int subject, struct value *v)
{
	const struct subject *s = &vs->subjects[subject];
	char *p;

	if (v->is_symbol)
		return;
	v->is_symbol = true;
	v->symbol_len = 0;
	p = s->symbol && v->is_number ? room(vs, SYM_TEXT_MAX) : NULL;
	if (!p)
		return;
	v->symbol = p;
	v->symbol_len = (uint32_t)s->symbol(p, SYM_TEXT_MAX, (uint64_t)v->number, vs->ev);
	vs->text_used += v->symbol_len;
}

/* An IPv4 address in IPv6's clothes is one. */
static void undress_ipv4(struct value *v)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (v->address_len != 16 || memcmp(v->address, mapped, sizeof(mapped)) != 0)
		return;
	memmove(v->address, v->address + sizeof(mapped), 4);
	v->address_len = 4;
}

unsigned int value_address(struct value *v)
{
	char text[INET6_ADDRSTRLEN];

	if (v->address_len != VALUE_ADDRESS_UNKNOWN)
		return v->address_len;
	v->address_len = 0;
	if (!v->is_text || v->len >= sizeof(text))
		return 0;
	memcpy(text, v->text, v->len);
	text[v->len] = '\0';
	if (inet_pton(AF_INET, text, v->address) == 1)
		v->address_len = 4;
	else if (inet_pton(AF_INET6, text, v->address) == 1)
		v->address_len = 16;
	undress_ipv4(v);
	return v->address_len;
}

bool value_is_number(const struct values *vs, unsigned int subject)
{
	const struct subject *s = &vs->subjects[subject];

	switch ((enum pol_subject)s->subject) {
	case POL_SUBJECT_DATA: /* a flag is a text, as it is in Tracee */
		return s->kind != FK_NONE && s->kind <= FK_PTR && s->kind != FK_BOOL &&
		       s->part == VTEXT_WHOLE;
	case POL_SUBJECT_RETVAL:
		return true;
	case POL_SUBJECT_CONTEXT:
		break;
	}
	return s->context == POL_CTX_TIMESTAMP || s->context == POL_CTX_PROCESSOR_ID ||
	       (s->context >= POL_CTX_PID && s->context <= POL_CTX_PIDNS) ||
	       s->context == POL_CTX_CGROUP_ID || s->context == POL_CTX_TREE;
}
_Static_assert(POL_CTX_PIDNS - POL_CTX_PID == 9, "ids and namespaces stand together");

bool value_has_number(const struct values *vs, unsigned int subject)
{
	const struct subject *s = &vs->subjects[subject];

	return value_is_number(vs, subject) ||
	       (s->subject == POL_SUBJECT_CONTEXT && s->context == POL_CTX_SYSCALL) ||
	       (s->subject == POL_SUBJECT_DATA && s->kind == FK_BOOL) || s->part == VTEXT_IN_PORT ||
	       s->part == VTEXT_IN6_PORT || s->part == VTEXT_IN6_FLOWINFO ||
	       s->part == VTEXT_IN6_SCOPE;
}

bool value_has_symbols(const struct values *vs, unsigned int subject)
{
	return vs->subjects[subject].symbol != NULL;
}
