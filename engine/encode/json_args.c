/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json_args.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "engine/decode/decode.h"
#include "engine/encode/json_fragment.h"
#include "engine/encode/json_sockaddr.h"
#include "engine/encode/json_write.h"
#include "engine/encode/symbols.h"

/* What is known of a field before the first event. */
struct arg_plan {
	struct jfrag plain;    /* ,{"name":"x","type":"int","value": */
	struct jfrag symbolic; /* ,{"name":"x","type":"string","value":" - only with `decode` */
	struct jarg_field is;
};

/* By event slot and field; written by jarg_init() and constant from then on. */
static struct arg_plan *plans[EVENT_SLOTS];

/* Fields that are times on CLOCK_BOOTTIME; those named ctime are times since the epoch already. */
static bool is_boot_time(const struct event_def *def, const char *name)
{
	static const char *const fork_times[] = { "parent_start_time", "start_time",
						  "parent_process_start_time",
						  "leader_start_time" };
	static const char *const lost_times[] = { "first_time", "last_time" };

	if (def->id == EV_SCHED_PROCESS_FORK) {
		for (size_t i = 0; i < ARRAY_LEN(fork_times); i++)
			if (!strcmp(fork_times[i], name))
				return true;
	} else if (def->id == EV_LOST_EVENTS) {
		for (size_t i = 0; i < ARRAY_LEN(lost_times); i++)
			if (!strcmp(lost_times[i], name))
				return true;
	}
	return false;
}

struct jarg_field jarg_field(const struct event_def *def, unsigned int i)
{
	const struct event_field *field = &def->fields[i];

	return (struct jarg_field){
		.decode = sym_find(def, field->name),
		.is_boot_time = is_boot_time(def, field->name),
		.has_length = field->kind == FK_SOCKADDR && i + 1 < def->n_fields &&
			      def->fields[i + 1].kind == FK_S32 &&
			      !strcmp(def->fields[i + 1].name, "addrlen"),
	};
}

static int plan_field(const struct event_def *def, unsigned int i, struct arg_plan *plan)
{
	const struct event_field *field = &def->fields[i];
	int r;

	plan->is = jarg_field(def, i);
	r = jfrag_format(&plan->plain, ",{\"name\":\"%s\",\"type\":\"%s\",\"value\":", field->name,
			 field->type);
	if (r < 0 || !plan->is.decode)
		return r;
	return jfrag_format(&plan->symbolic, ",{\"name\":\"%s\",\"type\":\"string\",\"value\":\"",
			    field->name);
}

int jarg_init(void)
{
	int r;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		if (def->n_fields == 0 || plans[slot])
			continue;
		plans[slot] = calloc(def->n_fields, sizeof(plans[slot][0]));
		if (!plans[slot])
			return -ENOMEM;
		for (unsigned int i = 0; i < def->n_fields; i++) {
			r = plan_field(def, i, &plans[slot][i]);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

unsigned int jarg_count(const struct event *ev)
{
	const struct event_def *def = ev->def;
	unsigned int n = def->n_fields;

	for (unsigned int i = 0; i < def->n_fields; i++)
		n -= def->fields[i].offset == EVENT_FIELD_VAR && !ev->vars[i];
	return n;
}

static char *put_strings(char *p, const struct decode_value *v, bool *ret_is_cut)
{
	char *start = p;
	size_t offset = 0;
	uint32_t n = 0;
	const char *str;
	int len;

	*p++ = '[';
	for (; (len = decode_next_string(v, &offset, &str)) >= 0; n++) {
		if (n > 0)
			*p++ = ',';
		p = jw_string(p, str, (size_t)len);
	}
	/* `total` counts strings here, and in FK_ARGV it counts bytes. */
	*ret_is_cut = v->kind == FK_STRV && v->total > n;
	if (*ret_is_cut) {
		if (p > start + 1)
			*p++ = ',';
		p = JW_LITERAL(p, "\"...\"");
	}
	*p = ']';
	return p + 1;
}

/* A decimal fraction of seconds, exact. Words that are no timespec at all still give the number of
 * nanoseconds that they add up to. */
static char *put_timespec(char *p, const struct decode_value *v)
{
	int64_t words[2];
	unsigned __int128 ns;
	uint64_t fraction;
	__int128 sum;

	if (v->len < sizeof(words))
		return JW_LITERAL(p, "null");
	memcpy(words, v->bytes, sizeof(words));
	sum = (__int128)words[0] * 1000000000 + words[1];
	if (sum < 0)
		*p++ = '-';
	ns = sum < 0 ? -(unsigned __int128)sum : (unsigned __int128)sum;
	p = jw_u64(p, (uint64_t)(ns / 1000000000));
	fraction = (uint64_t)(ns % 1000000000);
	if (fraction == 0)
		return p;
	/* The leading 1 keeps the zeros behind the point; the point takes its place. */
	p = jw_u64(p, fraction + 1000000000);
	p[-10] = '.';
	while (p[-1] == '0')
		p--;
	return p;
}

static char *put_int2(char *p, const struct decode_value *v)
{
	int32_t pair[2];

	if (v->len < sizeof(pair))
		return JW_LITERAL(p, "null");
	memcpy(pair, v->bytes, sizeof(pair));
	*p = '[';
	p = jw_s64(p + 1, pair[0]);
	*p = ',';
	p = jw_s64(p + 1, pair[1]);
	*p = ']';
	return p + 1;
}

static char *put_sockaddr(char *p, const struct event *ev, const struct arg_plan *plan,
			  unsigned int i, const struct decode_value *v, bool *ret_is_cut)
{
	size_t len = v->len;
	struct decode_value given;

	/* The record carries the family's longest form; what the caller passed may be shorter. */
	if (plan->is.has_length && decode_field(ev, i + 1, &given) && given.s >= 0 &&
	    (uint64_t)given.s < len)
		len = (size_t)given.s;
	return jsock_write(p, v->bytes, len, plan->is.has_length, ret_is_cut);
}

static char *put_pointer(char *p, uint64_t value, bool parse)
{
	if (!parse)
		return jw_u64(p, value);
	*p = '"';
	p = jw_hex(p + 1, value);
	*p = '"';
	return p + 1;
}

/* The empty value of a kind whose content is not there. */
static char *put_nothing(char *p, enum field_kind kind)
{
	if (kind == FK_STRV || kind == FK_ARGV)
		return JW_LITERAL(p, "[]");
	if (kind == FK_SOCKADDR)
		return JW_LITERAL(p, "{}");
	if (kind == FK_INT2 || kind == FK_TIMESPEC)
		return JW_LITERAL(p, "null");
	return JW_LITERAL(p, "\"\"");
}

/* A value that is not a number: its content lies behind `v->bytes`. */
static char *put_content(char *p, const struct event *ev, const struct arg_plan *plan,
			 unsigned int i, const struct decode_value *v, bool *ret_is_cut)
{
	switch ((enum field_kind)v->kind) {
	case FK_STR:
	case FK_COMM:
		return jw_string(p, v->bytes, v->len);
	case FK_STRV:
	case FK_ARGV:
		return put_strings(p, v, ret_is_cut);
	case FK_SOCKADDR:
		return put_sockaddr(p, ev, plan, i, v, ret_is_cut);
	case FK_BYTES:
		*p = '"';
		p = jw_base64(p + 1, v->bytes, v->len);
		*p = '"';
		return p + 1;
	case FK_INT2:
		return put_int2(p, v);
	case FK_TIMESPEC:
		return put_timespec(p, v);
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
	return JW_LITERAL(p, "null"); /* not reached: these have no content */
}

static char *put_number(char *p, const struct arg_plan *plan, const struct decode_value *v,
			bool parse, int64_t base_ns)
{
	if (plan->is.is_boot_time)
		return jw_s64(p, (int64_t)(v->u + (uint64_t)base_ns));
	if (v->kind == FK_PTR)
		return put_pointer(p, v->u, parse);
	if (v->kind == FK_BOOL)
		return v->u ? JW_LITERAL(p, "true") : JW_LITERAL(p, "false");
	if (v->kind == FK_S32 || v->kind == FK_S64)
		return jw_s64(p, v->s);
	return jw_u64(p, v->u);
}

static bool is_number(enum field_kind kind)
{
	return kind <= FK_PTR;
}
_Static_assert(FK_BOOL < FK_PTR && FK_PTR + 1 == FK_STR, "numbers come first");

/* Writes a symbolic value with its frame, or nothing when the number has no name. */
static char *put_symbolic(char *p, const struct event *ev, const struct arg_plan *plan,
			  const struct decode_value *v)
{
	char *at = jfrag_copy(p, &plan->symbolic);
	size_t len = plan->is.decode(at, SYM_TEXT_MAX, v->u, ev);

	if (len == 0)
		return p;
	return JW_LITERAL(at + len, "\"}");
}

static char *put_arg(char *p, const struct event *ev, unsigned int i, const struct arg_plan *plan,
		     const struct decode_value *v, struct jarg_marks *marks)
{
	uint32_t bit = 1U << i;
	bool is_cut = false;

	p = jfrag_copy(p, &plan->plain);
	if (v->bytes && !(v->len == 0 && v->var_flags & (REC_VAR_NULL | REC_VAR_UNREAD))) {
		p = put_content(p, ev, plan, i, v, &is_cut);
	} else {
		p = put_nothing(p, v->kind);
		/* A pointer that nobody followed is not an empty string. */
		if (!v->bytes && v->u)
			marks->unread |= bit;
	}
	if (is_cut || v->var_flags & REC_VAR_TRUNC)
		marks->trunc |= bit;
	if (v->var_flags & REC_VAR_UNREAD)
		marks->unread |= bit;
	*p = '}';
	return p + 1;
}

char *jarg_write(char *p, const struct event *ev, bool parse, int64_t base_ns,
		 struct jarg_marks *ret_marks)
{
	const struct arg_plan *plan = plans[ev->def->slot];
	char *start = p, *end;
	struct decode_value v;

	*ret_marks = (struct jarg_marks){ 0 };
	for (unsigned int i = 0; i < ev->def->n_fields; i++, plan++) {
		if (!decode_field(ev, i, &v))
			continue;
		if (!is_number(v.kind)) {
			p = put_arg(p, ev, i, plan, &v, ret_marks);
			continue;
		}
		if (parse && plan->is.decode) {
			end = put_symbolic(p, ev, plan, &v);
			if (end > p) {
				p = end;
				continue;
			}
		}
		p = jfrag_copy(p, &plan->plain);
		p = put_number(p, plan, &v, parse, base_ns);
		*p++ = '}';
	}
	if (p == start)
		p++;
	*start = '['; /* in place of the first argument's comma */
	*p = ']';
	return p + 1;
}
