/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/decode/decode.h"

#include <errno.h>
#include <string.h>

#include "common/lane.h"

#define KIND(k) (1U << (k))
/* Kinds whose content travels as a field of its own; see struct rec_var. */
#define KINDS_VAR                                                                                  \
	(KIND(FK_STR) | KIND(FK_STRV) | KIND(FK_ARGV) | KIND(FK_SOCKADDR) | KIND(FK_BYTES) |       \
	 KIND(FK_INT2) | KIND(FK_TIMESPEC))
#define VAR_FLAGS_ALL (REC_VAR_TRUNC | REC_VAR_UNREAD | REC_VAR_NULL)

/* Does content for field `i` belong into a record of this event? */
static bool is_var_field(const struct event_def *def, unsigned int i)
{
	const struct event_field *field;

	if (i >= def->n_fields)
		return def->id == EV_TASK &&
		       i == 0; /* its path is no field that a policy may name */
	field = &def->fields[i];
	return (KINDS_VAR & KIND(field->kind)) &&
	       (def->is_syscall || field->offset == EVENT_FIELD_VAR);
}

/* What lies between the fixed part and the end must be whole fields, with nothing left over. */
static int walk_vars(const struct rec_hdr *rec, const struct event_def *def, struct event *ret)
{
	const uint8_t *at = (const uint8_t *)rec + def->min_len;
	size_t left = rec->len - (size_t)def->min_len;

	while (left >= sizeof(struct rec_var)) {
		const struct rec_var *var = (const void *)at;
		size_t span = sizeof(*var) + ((var->len + 7U) & ~(size_t)7);

		if (span > left || var->flags & ~VAR_FLAGS_ALL)
			return -EBADMSG;
		if (!is_var_field(def, var->field) || ret->vars[var->field])
			return -EBADMSG;
		ret->vars[var->field] = var;
		at += span;
		left -= span;
	}
	return left == 0 ? 0 : -EBADMSG;
}

int decode_record(const struct rec_hdr *rec, size_t cap, struct event *ret_event)
{
	const struct event_def *def;

	if (cap < sizeof(*rec) || rec->len > cap || rec->len > LANE_RECORD_MAX ||
	    rec->len % LANE_ALIGN)
		return -EBADMSG;
	def = event_def_find(rec->event);
	if (!def || rec->len < def->min_len)
		return -EBADMSG;
	*ret_event = (struct event){ .rec = rec, .def = def };
	return walk_vars(rec, def, ret_event);
}

const struct event_def *decode_syscall(const struct event *ev)
{
	const struct rec_where *where;

	if (ev->def->is_syscall)
		return ev->def;
	if (!ev->def->has_where)
		return NULL;
	where = (const void *)((const uint8_t *)ev->rec + REC_WHERE_OFFSET);
	return event_def_find_nr(where->syscall_nr, ev->rec->flags & REC_F_COMPAT);
}

/* The table's offsets lie within min_len, which decode_record() has checked, and are aligned as the
 * record is. */
#define LOAD(type, from) (*(const type *)(const void *)(from))

/* Points the value at the content of field `i`, if the record has it. */
static void load_var(const struct event *ev, unsigned int i, struct decode_value *value)
{
	const struct rec_var *var = ev->vars[i];

	if (!var)
		return;
	value->var_flags = var->flags;
	value->len = var->len;
	value->total = var->total;
	value->bytes = (const uint8_t *)(var + 1);
}

bool decode_field(const struct event *ev, unsigned int i, struct decode_value *ret_value)
{
	const struct event_field *field = &ev->def->fields[i];
	const uint8_t *at = (const uint8_t *)ev->rec + field->offset;
	struct decode_value value = { .kind = field->kind };

	if (field->offset == EVENT_FIELD_VAR && !ev->vars[i])
		return false;
	switch ((enum field_kind)field->kind) {
	case FK_S32:
		value.s = LOAD(int32_t, at);
		break;
	case FK_U32:
		value.u = LOAD(uint32_t, at);
		break;
	case FK_S64:
	case FK_U64:
	case FK_PTR:
		value.u = LOAD(uint64_t, at);
		break;
	case FK_U16:
		value.u = LOAD(uint16_t, at);
		break;
	case FK_U8:
		value.u = *at;
		break;
	case FK_BOOL:
		value.u = *at != 0;
		break;
	case FK_COMM:
		value.bytes = at;
		value.len = (uint16_t)strnlen((const char *)at, REC_COMM_LEN);
		break;
	case FK_STR:
	case FK_STRV:
	case FK_ARGV:
	case FK_SOCKADDR:
	case FK_BYTES:
	case FK_INT2:
	case FK_TIMESPEC:
		if (field->offset != EVENT_FIELD_VAR)
			value.u = LOAD(uint64_t, at);
		load_var(ev, i, &value);
		break;
	case FK_NONE:
	case FK_KINDS:
		return false;
	}
	*ret_value = value;
	return true;
}

int decode_next_string(const struct decode_value *v, size_t *offset, const char **ret_str)
{
	const uint8_t *at, *end;
	size_t left;

	if (!v->bytes || *offset >= v->len)
		return -1;
	at = v->bytes + *offset;
	left = v->len - *offset;
	end = memchr(at, 0, left);
	*ret_str = (const char *)at;
	if (!end) {
		*offset = v->len;
		return (int)left;
	}
	*offset += (size_t)(end - at) + 1;
	return (int)(end - at);
}
