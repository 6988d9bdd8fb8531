/* SPDX-License-Identifier: Apache-2.0 */
/*
 * decode: bytes of a record -> struct event, checking every length on the way; then typed access to
 * its fields without copying. Nothing in a record is trusted. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

/*
 * `cap` is what can be read at `rec`, which is aligned to 8. Fills rec, def and vars of *ret_event
 * and clears the rest. EV_TASK has no fields; its one path is vars[0].
 * -EBADMSG: the record makes no sense (unknown event, a length that does not fit, a field that the
 * event does not have, one field twice); nothing of it may be used.
 */
int decode_record(const struct rec_hdr *rec, size_t cap, struct event *ret_event);

/* The system call in which the event happened: for a system call itself; NULL when in none, or when
 * this build knows no call of that number. */
const struct event_def *decode_syscall(const struct event *ev);

/* A field's value. What is behind `bytes` lies in the record. */
struct decode_value {
	uint8_t kind;      /* enum field_kind */
	uint8_t var_flags; /* REC_VAR_*, 0 for fixed fields */
	uint16_t len;      /* of bytes */
	uint32_t total;    /* rec_var.total */
	union {
		int64_t s;  /* FK_S32, FK_S64, sign-extended */
		uint64_t u; /* FK_U*, FK_BOOL, FK_PTR, and the pointer behind FK_STR and others */
	};
	const uint8_t *bytes; /* NULL for numbers, and for content that the record does not carry */
};

/* Field number `i` (< def->n_fields). False: the record does not carry it (an optional field). */
bool decode_field(const struct event *ev, unsigned int i, struct decode_value *ret_value);

/* Next string of an FK_STRV / FK_ARGV value: advances *offset, returns its length, or -1 at the
 * end. Strings are NUL-terminated in the value but for a cut last one. */
int decode_next_string(const struct decode_value *v, size_t *offset, const char **ret_str);
