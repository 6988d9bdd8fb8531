/* SPDX-License-Identifier: Apache-2.0 */
#include "common/filter.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/event_def.h"

#define LEN_MAX (FILTER_TEXT_MAX - 1) /* of what is looked at */

static bool uses(const struct filter_event *event, unsigned int dim)
{
	return event->dims >> dim & 1;
}

static int check_int(const struct event_def *def, const struct filter_event *event, unsigned int i,
		     struct err *err)
{
	unsigned int field = event->int_field[i], kind = event->int_kind[i];

	if (!uses(event, FILTER_INT0 + i)) {
		if (field != 0 || kind != 0)
			return err_set(err, -EPROTO, "number %u is not in use, expected 0", i);
		return 0;
	}
	if (!def->is_syscall || field >= def->n_fields || !filter_is_number(kind) ||
	    def->fields[field].kind != kind)
		return err_set(err, -EPROTO,
			       "field %u of event '%s' is no number of kind %u in a register",
			       field, def->name, kind);
	return 0;
}

static bool lens_are_sound(const __u8 len[FILTER_LENS], unsigned int n)
{
	if (n > FILTER_LENS)
		return false;
	for (unsigned int i = 0; i < FILTER_LENS; i++) {
		if (i >= n ? len[i] != 0 : len[i] == 0)
			return false;
		if (i > 0 && i < n && len[i] <= len[i - 1])
			return false;
	}
	return true;
}

static int check_text(const struct event_def *def, const struct filter_event *event, unsigned int i,
		      struct err *err)
{
	static const struct filter_text unused;
	const struct filter_text *t = &event->text[i];

	_Static_assert(LEN_MAX <= UINT8_MAX, "a length fits its byte");
	if (!uses(event, FILTER_TEXT0 + i)) {
		if (memcmp(t, &unused, sizeof(unused)) != 0)
			return err_set(err, -EPROTO, "text %u is not in use, expected 0", i);
		return 0;
	}
	if (!def->is_syscall || t->field >= def->n_fields || def->fields[t->field].kind != FK_STR)
		return err_set(err, -EPROTO, "field %u of event '%s' is no text", t->field,
			       def->name);
	if (t->has_whole > 1 || t->reserved0 != 0)
		return err_set(err, -EPROTO, "text %u has a reserved value", i);
	if (!lens_are_sound(t->prefix_len, t->n_prefix) ||
	    !lens_are_sound(t->suffix_len, t->n_suffix))
		return err_set(err, -EPROTO,
			       "text %u: expected up to %d ascending lengths from 1 to %u", i,
			       FILTER_LENS, LEN_MAX);
	return 0;
}

static int check_groups(const struct filter_event *event, struct err *err)
{
	if (event->groups == 0)
		return err_set(err, -EPROTO, "there are no groups, expected one at least");
	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++)
		if (event->open[dim] & ~(uses(event, dim) ? event->groups : 0))
			return err_set(err, -EPROTO, "dimension %u is open to unknown groups", dim);
	return 0;
}

int filter_check_event(__u32 slot, const struct filter_event *event, struct err *err)
{
	const struct event_def *def;
	int rc;

	if (!filter_is_possible(slot))
		return err_set(err, -EPROTO, "event slot %u cannot be filtered", slot);
	def = &event_defs[slot];
	if (event->dims == 0 || event->dims >> FILTER_DIMS != 0)
		return err_set(err, -EPROTO, "field 'dims' is 0x%x, expected some of 0x%x",
			       event->dims, (1U << FILTER_DIMS) - 1);
	if (!def->is_syscall && (uses(event, FILTER_RETVAL) || uses(event, FILTER_RETVAL_SIGN)))
		return err_set(err, -EPROTO, "event '%s' returns nothing", def->name);
	rc = check_groups(event, err);
	for (unsigned int i = 0; rc == 0 && i < FILTER_FIELDS; i++) {
		rc = check_int(def, event, i, err);
		if (rc == 0)
			rc = check_text(def, event, i, err);
	}
	return rc;
}

static bool is_text(unsigned int dim)
{
	return dim == FILTER_TEXT0 || dim == FILTER_TEXT1;
}

static bool part_is_sound(const struct filter_key *key)
{
	if (!is_text(key->dim) || key->part == FILTER_WHOLE)
		return key->part == FILTER_WHOLE && key->len == 0;
	return (key->part == FILTER_PREFIX || key->part == FILTER_SUFFIX) && key->len >= 1 &&
	       key->len <= LEN_MAX;
}

static bool value_is_sound(const struct filter_key *key)
{
	int64_t number = (int64_t)key->value;

	switch (key->dim) {
	case FILTER_UID:
	case FILTER_TGID:
	case FILTER_TASK:
	case FILTER_MNTNS:
	case FILTER_PIDNS:
		return key->value <= UINT32_MAX;
	case FILTER_CONTAINER:
		return key->value <= FILTER_IN_CONTAINER;
	case FILTER_RETVAL_SIGN:
		return number >= -1 && number <= 1;
	default:
		return true;
	}
}

int filter_check_entry(const struct filter_entry *entry, struct err *err)
{
	const struct filter_key *key = &entry->key;
	const struct filter_value *value = &entry->value;

	if (!filter_is_possible(key->slot))
		return err_set(err, -EPROTO, "event slot %u cannot be filtered", key->slot);
	if (key->dim >= FILTER_DIMS)
		return err_set(err, -EPROTO, "dimension %u is not known, expected 0 to %d",
			       key->dim, FILTER_DIMS - 1);
	if (key->generation != 0 || key->reserved0 != 0)
		return err_set(err, -EPROTO, "a reserved word is not 0");
	if (!part_is_sound(key) || !value_is_sound(key) ||
	    (key->value2 != 0 && key->dim != FILTER_COMM && key->dim != FILTER_UTS))
		return err_set(err, -EPROTO,
			       "dimension %u has no value %llx, %llx of part %u and length %u",
			       key->dim, key->value, key->value2, key->part, key->len);
	if ((value->allow | value->deny) == 0)
		return err_set(err, -EPROTO, "an entry is for no group, expected one at least");
	if (value->deny != 0 && (is_text(key->dim) || key->dim == FILTER_TASK))
		return err_set(err, -EPROTO, "dimension %u denies, expected it to allow", key->dim);
	return 0;
}

static bool has_len(const __u8 len[FILTER_LENS], unsigned int n, unsigned int wanted)
{
	for (unsigned int i = 0; i < n; i++)
		if (len[i] == wanted)
			return true;
	return false;
}

static bool text_has_part(const struct filter_text *t, const struct filter_key *key)
{
	switch (key->part) {
	case FILTER_PREFIX:
		return has_len(t->prefix_len, t->n_prefix, key->len);
	case FILTER_SUFFIX:
		return has_len(t->suffix_len, t->n_suffix, key->len);
	default:
		return t->has_whole;
	}
}

int filter_check_match(const struct filter_event *event, const struct filter_entry *entry,
		       struct err *err)
{
	const struct filter_key *key = &entry->key;

	if (!uses(event, key->dim))
		return err_set(err, -EPROTO, "event slot %u does not use dimension %u", key->slot,
			       key->dim);
	if ((entry->value.allow | entry->value.deny) & ~event->groups)
		return err_set(err, -EPROTO, "event slot %u has no such group", key->slot);
	if (is_text(key->dim) && !text_has_part(&event->text[key->dim - FILTER_TEXT0], key))
		return err_set(err, -EPROTO, "event slot %u does not look at part %u of length %u",
			       key->slot, key->part, key->len);
	if (is_text(key->dim) &&
	    !(event->text[key->dim - FILTER_TEXT0].seen >> filter_hash_bit(key->value) & 1))
		return err_set(err, -EPROTO, "event slot %u says there is no such text", key->slot);
	return 0;
}
