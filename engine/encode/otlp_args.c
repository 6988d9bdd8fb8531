/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/otlp_args.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/decode/decode.h"
#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_sockaddr.h"
#include "engine/encode/msgpack_write.h"
#include "engine/encode/symbols.h"

/* By event slot and field; written by oarg_init() and constant from then on. */
static struct jarg_field *plans[EVENT_SLOTS];

/* The kernel takes no longer one (sizeof(struct sockaddr_storage)). */
#define SOCKADDR_MAX 128U

int oarg_init(void)
{
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		if (def->n_fields == 0 || plans[slot])
			continue;
		plans[slot] = calloc(def->n_fields, sizeof(plans[slot][0]));
		if (!plans[slot])
			return -ENOMEM;
		for (unsigned int i = 0; i < def->n_fields; i++)
			plans[slot][i] = jarg_field(def, i);
	}
	return 0;
}

static void put_strings(struct ow *w, const struct decode_value *v, bool *ret_is_cut)
{
	struct ow_nest array = ow_any_array(w, OW_VALUE);
	size_t offset = 0;
	uint32_t n = 0;
	const char *str;
	int len;

	for (; v->bytes && (len = decode_next_string(v, &offset, &str)) >= 0; n++)
		ow_any_text(w, OW_ITEM, str, (size_t)len);
	/* `total` counts strings here, and in FK_ARGV it counts bytes. */
	*ret_is_cut = v->kind == FK_STRV && v->total > n;
	ow_any_close(w, array);
}

/* The text at the cursor, as mpsock_write() makes them: up to SOCKADDR_MAX * MPW_EXPANSION. */
static const uint8_t *take_str(const uint8_t *p, size_t *ret_len)
{
	if (*p == MPW_STR8) {
		*ret_len = p[1];
		return p + 2;
	}
	if (*p == MPW_STR16) {
		*ret_len = (size_t)p[1] << 8 | p[2];
		return p + 3;
	}
	*ret_len = *p & 0x1f;
	return p + 1;
}

/* What a socket address means is written down once for the binary formats, there. */
static void put_sockaddr(struct ow *w, const uint8_t *addr, size_t len, bool is_exact,
			 bool *ret_is_cut)
{
	uint8_t map[512 + SYM_TEXT_MAX + SOCKADDR_MAX * MPW_EXPANSION];
	struct ow_nest nest = ow_any_map(w, OW_VALUE);
	const uint8_t *p = map, *key, *text;
	size_t key_len, text_len;
	char name[32];

	if (len > 0)
		(void)mpsock_write(map, addr, len < SOCKADDR_MAX ? len : SOCKADDR_MAX, is_exact,
				   ret_is_cut);
	else
		map[0] = MPW_FIXMAP;
	for (unsigned int n = *p++ & 0x0f; n > 0; n--) {
		key = take_str(p, &key_len);
		text = take_str(key + key_len, &text_len);
		p = text + text_len;
		memcpy(name, key, key_len);
		name[key_len] = '\0';
		ow_pair_text(w, OW_ITEM, name, text, text_len);
	}
	ow_any_close(w, nest);
}

static void put_int2(struct ow *w, const struct decode_value *v)
{
	struct ow_nest array = ow_any_array(w, OW_VALUE);
	int32_t pair[2];

	if (v->bytes && v->len >= sizeof(pair)) {
		memcpy(pair, v->bytes, sizeof(pair));
		ow_any_int(w, OW_ITEM, pair[0]);
		ow_any_int(w, OW_ITEM, pair[1]);
	}
	ow_any_close(w, array);
}

static void put_timespec(struct ow *w, const struct decode_value *v)
{
	int64_t words[2] = { 0 };

	if (v->bytes && v->len >= sizeof(words))
		memcpy(words, v->bytes, sizeof(words));
	ow_any_double(w, OW_VALUE, (double)words[0] + (double)words[1] / 1e9);
}

static void put_uint(struct ow *w, uint64_t value)
{
	char text[JW_NUMBER_MAX + JW_SLACK];

	if (value <= INT64_MAX)
		ow_any_int(w, OW_VALUE, (int64_t)value);
	else
		ow_any_text(w, OW_VALUE, text, (size_t)(jw_u64(text, value) - text));
}

static void put_pointer(struct ow *w, uint64_t value)
{
	char text[2 + JW_NUMBER_MAX + JW_SLACK];

	ow_any_text(w, OW_VALUE, text, (size_t)(jw_hex(text, value) - text));
}

/* False: this number has no name. */
static bool put_symbolic(struct ow *w, const struct event *ev, const struct jarg_field *is,
			 const struct decode_value *v)
{
	char text[SYM_TEXT_MAX];
	size_t len = is->decode(text, sizeof(text), v->u, ev);

	if (len > 0)
		ow_any_text(w, OW_VALUE, text, len);
	return len > 0;
}

static void put_content(struct ow *w, const struct event *ev, const struct jarg_field *is,
			unsigned int i, const struct decode_value *v, bool *ret_is_cut)
{
	struct decode_value given;
	size_t len = v->bytes ? v->len : 0;

	if (v->kind == FK_STRV || v->kind == FK_ARGV) {
		put_strings(w, v, ret_is_cut);
	} else if (v->kind == FK_SOCKADDR) {
		/* The record carries the family's longest form; what the caller passed may be
		 * shorter. */
		if (is->has_length && decode_field(ev, i + 1, &given) && given.s >= 0 &&
		    (uint64_t)given.s < len)
			len = (size_t)given.s;
		put_sockaddr(w, v->bytes, len, is->has_length, ret_is_cut);
	} else if (v->kind == FK_BYTES) {
		ow_any_bytes(w, OW_VALUE, v->bytes, len);
	} else if (v->kind == FK_INT2) {
		put_int2(w, v);
	} else if (v->kind == FK_TIMESPEC) {
		put_timespec(w, v);
	} else {
		ow_any_text(w, OW_VALUE, v->bytes ? v->bytes : (const uint8_t *)"", len);
	}
}

static void put_number(struct ow *w, const struct event *ev, const struct jarg_field *is,
		       const struct decode_value *v, bool parse, int64_t base_ns)
{
	if (parse && is->decode && put_symbolic(w, ev, is, v))
		return;
	if (is->is_boot_time)
		ow_any_int(w, OW_VALUE, (int64_t)(v->u + (uint64_t)base_ns));
	else if (v->kind == FK_PTR && parse)
		put_pointer(w, v->u);
	else if (v->kind == FK_BOOL)
		ow_any_bool(w, OW_VALUE, v->u != 0);
	else if (v->kind == FK_S32 || v->kind == FK_S64)
		ow_any_int(w, OW_VALUE, v->s);
	else
		put_uint(w, v->u);
}

void oarg_write(struct ow *w, struct ow_place place, const struct event *ev, bool parse,
		int64_t base_ns, struct jarg_marks *ret_marks)
{
	const struct jarg_field *plan = plans[ev->def->slot];
	struct ow_nest map = ow_any_map(w, place);
	struct decode_value v;
	size_t mark;

	*ret_marks = (struct jarg_marks){ 0 };
	for (unsigned int i = 0; i < ev->def->n_fields; i++, plan++) {
		bool is_cut = false;

		if (!decode_field(ev, i, &v))
			continue;
		mark = ow_pair(w, OW_ITEM, ev->def->fields[i].name);
		if (v.kind <= FK_PTR) {
			put_number(w, ev, plan, &v, parse, base_ns);
		} else {
			put_content(w, ev, plan, i, &v, &is_cut);
			/* A pointer that nobody followed is not an empty string. */
			if (v.var_flags & REC_VAR_UNREAD || (!v.bytes && v.u))
				ret_marks->unread |= 1U << i;
			if (is_cut || v.var_flags & REC_VAR_TRUNC)
				ret_marks->trunc |= 1U << i;
		}
		ow_close(w, mark);
	}
	ow_any_close(w, map);
}
