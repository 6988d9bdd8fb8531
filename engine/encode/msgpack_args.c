/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/msgpack_args.h"

#include <errno.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "engine/decode/decode.h"
#include "engine/encode/json_fragment.h"
#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_sockaddr.h"
#include "engine/encode/msgpack_write.h"
#include "engine/encode/symbols.h"

/* Of a field's name and its type. */
#define FRAME_MAX 256

/* What is known of a field before the first event. */
struct arg_plan {
	struct jfrag plain;    /* {"name":"x","type":"int","value": */
	struct jfrag symbolic; /* {"name":"x","type":"string","value": - only with `decode` */
	struct jarg_field is;
};

/* By event slot and field; written by mparg_init() and constant from then on. */
static struct arg_plan *plans[EVENT_SLOTS];

static int make_frame(struct jfrag *ret_frag, const char *name, const char *type)
{
	uint8_t frame[FRAME_MAX], *p = frame;

	if (strlen(name) + strlen(type) > FRAME_MAX - MPW_SLACK - 2 * MPW_HEADER_MAX)
		return -E2BIG;
	p = mpw_byte(p, MPW_FIXMAP | 3);
	p = mpw_str(MPW_LITERAL(p, "name"), name, strlen(name));
	p = mpw_str(MPW_LITERAL(p, "type"), type, strlen(type));
	p = MPW_LITERAL(p, "value");
	return jfrag_make(ret_frag, frame, (size_t)(p - frame));
}

static int plan_field(const struct event_def *def, unsigned int i, struct arg_plan *plan)
{
	int r = make_frame(&plan->plain, def->fields[i].name, def->fields[i].type);

	plan->is = jarg_field(def, i);
	if (r < 0 || !plan->is.decode)
		return r;
	return make_frame(&plan->symbolic, def->fields[i].name, "string");
}

int mparg_init(void)
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

static uint8_t *copy_frame(uint8_t *p, const struct jfrag *frame)
{
	return (uint8_t *)jfrag_copy((char *)p, frame);
}

static uint8_t *put_strings(uint8_t *p, const struct decode_value *v, bool *ret_is_cut)
{
	uint8_t *head = p;
	size_t offset = 0;
	uint32_t n = 0;
	const char *str;
	int len;

	p = mpw_open(p);
	for (; (len = decode_next_string(v, &offset, &str)) >= 0; n++)
		p = mpw_str(p, str, (size_t)len);
	/* `total` counts strings here, and in FK_ARGV it counts bytes. */
	*ret_is_cut = v->kind == FK_STRV && v->total > n;
	if (*ret_is_cut)
		p = MPW_LITERAL(p, "...");
	mpw_close(head, MPW_ARRAY16, n + *ret_is_cut);
	return p;
}
_Static_assert(LANE_RECORD_MAX < UINT16_MAX, "a record has fewer strings than an array16 may have");

/* Seconds; an int when there is no fraction. */
static uint8_t *put_timespec(uint8_t *p, const struct decode_value *v)
{
	const int64_t ns_per_s = 1000000000;
	int64_t words[2];
	__int128 sum;

	if (v->len < sizeof(words))
		return mpw_byte(p, MPW_NIL);
	memcpy(words, v->bytes, sizeof(words));
	sum = (__int128)words[0] * ns_per_s + words[1];
	if (sum % ns_per_s == 0)
		return mpw_s64(p, (int64_t)(sum / ns_per_s));
	return mpw_double(p, (double)(int64_t)(sum / ns_per_s) +
				     (double)(int64_t)(sum % ns_per_s) / (double)ns_per_s);
}

static uint8_t *put_int2(uint8_t *p, const struct decode_value *v)
{
	int32_t pair[2];

	if (v->len < sizeof(pair))
		return mpw_byte(p, MPW_NIL);
	memcpy(pair, v->bytes, sizeof(pair));
	return mpw_s64(mpw_s64(mpw_array_header(p, 2), pair[0]), pair[1]);
}

static uint8_t *put_sockaddr(uint8_t *p, const struct event *ev, const struct arg_plan *plan,
			     unsigned int i, const struct decode_value *v, bool *ret_is_cut)
{
	size_t len = v->len;
	struct decode_value given;

	/* The record carries the family's longest form; what the caller passed may be shorter. */
	if (plan->is.has_length && decode_field(ev, i + 1, &given) && given.s >= 0 &&
	    (uint64_t)given.s < len)
		len = (size_t)given.s;
	return mpsock_write(p, v->bytes, len, plan->is.has_length, ret_is_cut);
}

static uint8_t *put_bytes(uint8_t *p, const void *bytes, size_t len)
{
	p = mpw_bin_header(p, len);
	if (len > 0)
		memcpy(p, bytes, len);
	return p + len;
}

/* The empty value of a kind whose content is not there. */
static uint8_t *put_nothing(uint8_t *p, enum field_kind kind)
{
	if (kind == FK_STRV || kind == FK_ARGV)
		return mpw_byte(p, MPW_FIXARRAY);
	if (kind == FK_SOCKADDR)
		return mpw_byte(p, MPW_FIXMAP);
	if (kind == FK_INT2 || kind == FK_TIMESPEC)
		return mpw_byte(p, MPW_NIL);
	if (kind == FK_BYTES)
		return mpw_bin_header(p, 0);
	return mpw_byte(p, MPW_FIXSTR);
}

/* A value that is not a number: its content lies behind `v->bytes`. */
static uint8_t *put_content(uint8_t *p, const struct event *ev, const struct arg_plan *plan,
			    unsigned int i, const struct decode_value *v, bool *ret_is_cut)
{
	switch ((enum field_kind)v->kind) {
	case FK_STR:
	case FK_COMM:
		return mpw_str(p, v->bytes, v->len);
	case FK_STRV:
	case FK_ARGV:
		return put_strings(p, v, ret_is_cut);
	case FK_SOCKADDR:
		return put_sockaddr(p, ev, plan, i, v, ret_is_cut);
	case FK_BYTES:
		return put_bytes(p, v->bytes, v->len);
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
	return mpw_byte(p, MPW_NIL); /* not reached: these have no content */
}

static uint8_t *put_number(uint8_t *p, const struct arg_plan *plan, const struct decode_value *v,
			   bool parse, int64_t base_ns)
{
	char text[JW_NUMBER_MAX + JW_SLACK];

	if (plan->is.is_boot_time)
		return mpw_s64(p, (int64_t)(v->u + (uint64_t)base_ns));
	if (v->kind == FK_PTR && parse)
		return mpw_str(p, text, (size_t)(jw_hex(text, v->u) - text));
	if (v->kind == FK_BOOL)
		return mpw_bool(p, v->u);
	if (v->kind == FK_S32 || v->kind == FK_S64)
		return mpw_s64(p, v->s);
	return mpw_u64(p, v->u);
}

static bool is_number(enum field_kind kind)
{
	return kind <= FK_PTR;
}
_Static_assert(FK_BOOL < FK_PTR && FK_PTR + 1 == FK_STR, "numbers come first");

/* Writes a symbolic value with its frame, or nothing when the number has no name. */
static uint8_t *put_symbolic(uint8_t *p, const struct event *ev, const struct arg_plan *plan,
			     const struct decode_value *v)
{
	uint8_t *value = copy_frame(p, &plan->symbolic), *text = mpw_str_begin(value);
	size_t len = plan->is.decode((char *)text, SYM_TEXT_MAX, v->u, ev);

	return len == 0 ? p : mpw_str_end(value, text + len);
}

static uint8_t *put_arg(uint8_t *p, const struct event *ev, unsigned int i,
			const struct arg_plan *plan, const struct decode_value *v,
			struct jarg_marks *marks)
{
	uint32_t bit = 1U << i;
	bool is_cut = false;

	p = copy_frame(p, &plan->plain);
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
	return p;
}

uint8_t *mparg_write(uint8_t *p, const struct event *ev, bool parse, int64_t base_ns,
		     struct jarg_marks *ret_marks)
{
	const struct arg_plan *plan = plans[ev->def->slot];
	uint8_t *head = p, *end;
	struct decode_value v;
	size_t n = 0;

	*ret_marks = (struct jarg_marks){ 0 };
	p = mpw_open(p);
	for (unsigned int i = 0; i < ev->def->n_fields; i++, plan++) {
		if (!decode_field(ev, i, &v))
			continue;
		n++;
		if (!is_number(v.kind)) {
			p = put_arg(p, ev, i, plan, &v, ret_marks);
			continue;
		}
		end = parse && plan->is.decode ? put_symbolic(p, ev, plan, &v) : p;
		if (end == p) {
			end = copy_frame(p, &plan->plain);
			end = put_number(end, plan, &v, parse, base_ns);
		}
		p = end;
	}
	mpw_close(head, MPW_ARRAY16, n);
	return p;
}
