/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fields: what follows the fixed part of a record: struct rec_var, the bytes, zeros up to 8.
 *
 * The record's own `len` is where the next field goes. Keeping it in the lane instead of a register
 * also makes the verifier forget how it came about, so that every path through these functions ends
 * in the same state and is checked once.
 */
#pragma once

#include "bpf/lane.bpf.h"
#include "bpf/path.bpf.h"

/* The longest field and its frame must still fit behind the last place one may begin. */
#define FIELD_BYTES_MAX 8192
#define FIELD_ROOM (FIELD_BYTES_MAX + 24)
_Static_assert(REC_ARGV_MAX <= FIELD_BYTES_MAX && REC_PATH_MAX <= FIELD_BYTES_MAX, "field length");

/* Zeroes what is between the end of `len` bytes and the next multiple of 8, and counts the field
 * into the record. */
static __always_inline void field_end(struct rec_hdr *rec, struct rec_var *var, u32 off, u32 len,
				      u8 field, u8 flags)
{
	u64 *last;

	len &= 2 * FIELD_BYTES_MAX - 1;
	if (len > FIELD_BYTES_MAX)
		len = FIELD_BYTES_MAX;
	if (len & 7) {
		last = (void *)(var + 1) + (len & ~7U);
		*last &= (1ULL << (8 * (len & 7))) - 1;
	}
	var->len = len;
	var->field = field;
	var->flags = flags;
	var->total = 0;
	*(volatile u16 *)&rec->len = off + sizeof(*var) + ((len + 7) & ~7U);
}

/* In assembly, so that the bound belongs to the very register that is used: older verifiers do not
 * connect it with a copy that clang compares instead. */
#define FIELD_CLAMP(var, max_)                                                                     \
	asm volatile("if %0 <= %[max] goto +1\n\t%0 = %[max]" : "+r"(var) : [max] "i"(max_))

/* Where the next field goes; NULL when the record is full, which leaves a mark if it still can. */
static __always_inline struct rec_var *field_begin(struct rec_hdr *rec, u8 field, u32 *ret_off)
{
	u64 off = *(volatile u16 *)&rec->len & ~7U;
	u64 whole = off, mark = off;

	FIELD_CLAMP(whole, LANE_RECORD_MAX - FIELD_ROOM);
	FIELD_CLAMP(mark, LANE_RECORD_MAX - 16);
	*ret_off = off;
	if (whole == off)
		return (void *)rec + whole;
	if (mark == off)
		field_end(rec, (void *)rec + mark, off, 0, field, REC_VAR_TRUNC);
	return NULL;
}

static __always_inline void field_put_empty(struct rec_hdr *rec, u8 field, u8 flags)
{
	struct rec_var *var;
	u32 off;

	var = field_begin(rec, field, &off);
	if (var)
		field_end(rec, var, off, 0, field, flags);
}

/* A NUL-terminated string, of user or kernel memory. */
static __always_inline void field_put_str(struct rec_hdr *rec, u8 field, const void *str, bool user)
{
	struct rec_var *var;
	u8 flags = 0, next = 0;
	u32 off, len = 0;
	long n;

	var = field_begin(rec, field, &off);
	if (!var)
		return;
	if (!str) {
		flags = REC_VAR_NULL;
	} else {
		n = user ? compat_str_len((char *)(var + 1),
					  bpf_probe_read_user_str(var + 1, REC_PATH_MAX, str))
			 : bpf_probe_read_kernel_str(var + 1, REC_PATH_MAX, str);
		if (n <= 0) {
			flags = REC_VAR_UNREAD;
			count_up(KC_USER_UNREAD);
		} else {
			len = (u32)n - 1;
			/* Exactly full: cut, unless the string ends right there. */
			if (n == REC_PATH_MAX &&
			    (user ? bpf_probe_read_user(&next, 1, str + REC_PATH_MAX - 1)
				  : bpf_probe_read_kernel(&next, 1, str + REC_PATH_MAX - 1)) == 0 &&
			    next)
				flags = REC_VAR_TRUNC;
		}
	}
	field_end(rec, var, off, len, field, flags);
}

/* `size` bytes, a constant, of user memory. */
static __always_inline void field_put_user(struct rec_hdr *rec, u8 field, const void *from,
					   u32 size)
{
	struct rec_var *var;
	u8 flags = 0;
	u32 off, len = size;

	var = field_begin(rec, field, &off);
	if (!var)
		return;
	if (!from) {
		flags = REC_VAR_NULL;
		len = 0;
	} else if (bpf_probe_read_user(var + 1, size, from) != 0) {
		flags = REC_VAR_UNREAD;
		len = 0;
		count_up(KC_USER_UNREAD);
	}
	field_end(rec, var, off, len, field, flags);
}

static __always_inline void field_put_path(struct rec_hdr *rec, u8 field, struct scratch_page *page,
					   u32 n, const struct path_at *at)
{
	struct rec_var *var;
	u8 flags = at->flags;
	u32 off, len = at->len;

	var = field_begin(rec, field, &off);
	if (!var)
		return;
	if (page && n < SCRATCH_PATHS && len > 0) {
		len = ((len - 1) & PATH_MASK) + 1; /* bounds that every verifier follows */
		bpf_probe_read_kernel(var + 1, len, &page->path[n][at->off & PATH_MASK]);
	} else {
		len = 0;
	}
	field_end(rec, var, off, len, field, flags);
}
