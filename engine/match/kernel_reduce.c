/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/kernel_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 15 /* of a comm, and of what is kept of a host name */

int kf_terms_add(struct kf_terms *terms, const struct kf_term *term)
{
	size_t cap = terms->cap ? 2 * terms->cap : 64;
	struct kf_term *grown;

	if (terms->n == terms->cap) {
		grown = reallocarray(terms->items, cap, sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		terms->items = grown;
		terms->cap = cap;
	}
	terms->items[terms->n++] = *term;
	return 0;
}

int kf_term_compare(const void *a, const void *b)
{
	const struct kf_term *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->value2 < y->value2 ? -1 : x->value2 > y->value2;
}

struct counts {
	size_t n_yes, n_no, n_ranges;
};

static struct counts count(const struct pol_filter *filter)
{
	struct counts c = { 0 };

	for (size_t i = 0; i < filter->n_terms; i++) {
		c.n_yes += filter->terms[i].op == POL_OP_EQUAL;
		c.n_no += filter->terms[i].op == POL_OP_DIFFERENT;
		c.n_ranges += filter->terms[i].op > POL_OP_DIFFERENT;
	}
	return c;
}

/* What a value of a field kind can be. */
static bool fits(const struct pol_term *t, unsigned int kind)
{
	switch (kind) {
	case FK_S32:
		return !t->is_unsigned && t->number >= INT32_MIN && t->number <= INT32_MAX;
	case FK_S64:
		return !t->is_unsigned;
	case FK_U64:
		return t->is_unsigned || t->number >= 0;
	case FK_U32:
		return !t->is_unsigned && t->number >= 0 && t->number <= UINT32_MAX;
	case FK_U16:
		return !t->is_unsigned && t->number >= 0 && t->number <= UINT16_MAX;
	case FK_U8:
		return !t->is_unsigned && t->number >= 0 && t->number <= UINT8_MAX;
	default:
		return false;
	}
}

static bool number_of(const struct pol_term *t, unsigned int kind, struct kf_term *ret)
{
	if (t->kind != POL_TERM_NUMBER && !(t->kind == POL_TERM_EXACT && t->is_number))
		return false;
	if (!fits(t, kind))
		return false;
	*ret = (struct kf_term){ .value = (uint64_t)t->number };
	return true;
}

static bool name_of(const struct pol_term *t, unsigned int kind, struct kf_term *ret)
{
	uint64_t words[2] = { 0 };

	(void)kind;
	if (t->kind != POL_TERM_EXACT || t->len > NAME_MAX_LEN)
		return false;
	memcpy(words, t->text, t->len);
	*ret = (struct kf_term){ .value = words[0], .value2 = words[1] };
	return true;
}

/* A text as long as FILTER_TEXT_MAX passes without being asked for; a shorter one cannot match such
 * a term. So none is needed: *ret_none. */
static bool text_of(const struct pol_term *t, struct kf_term *ret, bool *ret_none)
{
	uint8_t part = t->kind == POL_TERM_EXACT    ? FILTER_WHOLE
		       : t->kind == POL_TERM_PREFIX ? FILTER_PREFIX
						    : FILTER_SUFFIX;

	if (t->kind != POL_TERM_EXACT && t->kind != POL_TERM_PREFIX && t->kind != POL_TERM_SUFFIX)
		return false;
	if (part != FILTER_WHOLE && t->len == 0)
		return false;
	*ret_none = t->len >= FILTER_TEXT_MAX;
	*ret = (struct kf_term){ .text = t->text, .len = t->len, .part = part };
	return true;
}

static void sort_terms(struct kf_terms *terms, size_t first)
{
	if (terms->n > first)
		qsort(terms->items + first, terms->n - first, sizeof(*terms->items),
		      kf_term_compare);
}

typedef bool (*term_fn)(const struct pol_term *t, unsigned int kind, struct kf_term *ret);

/* Appends what is wanted. False: one of these cannot be told; nothing was appended then. */
static int add_yes(const struct pol_filter *filter, term_fn read, unsigned int kind,
		   struct kf_terms *terms)
{
	size_t n_before = terms->n;
	struct kf_term term;

	for (size_t i = 0; i < filter->n_terms; i++) {
		if (filter->terms[i].op != POL_OP_EQUAL)
			continue;
		if (!read(&filter->terms[i], kind, &term)) {
			terms->n = n_before;
			return KFILTER_WHY_VALUE;
		}
		if (kf_terms_add(terms, &term) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool is_wanted(const struct pol_filter *filter, term_fn read, unsigned int kind,
		      const struct kf_term *term)
{
	struct kf_term other;

	for (size_t i = 0; i < filter->n_terms; i++)
		if (filter->terms[i].op == POL_OP_EQUAL && read(&filter->terms[i], kind, &other) &&
		    kf_term_compare(&other, term) == 0)
			return true;
	return false;
}

/* Appends what is not wanted; what cannot be told of it lets more through. */
static int add_no(const struct pol_filter *filter, term_fn read, unsigned int kind,
		  struct kf_terms *terms)
{
	size_t n_before = terms->n;
	struct kf_term term;

	for (size_t i = 0; i < filter->n_terms; i++) {
		if (filter->terms[i].op != POL_OP_DIFFERENT ||
		    !read(&filter->terms[i], kind, &term) || is_wanted(filter, read, kind, &term))
			continue;
		if (kf_terms_add(terms, &term) < 0)
			return -ENOMEM;
	}
	return terms->n > n_before ? 0 : KFILTER_WHY_VALUE;
}

/* Wanted values only; or all but the unwanted ones, where a wanted one goes before. */
static int reduce_exact(const struct pol_filter *filter, term_fn read, unsigned int kind,
			struct kf_terms *terms, enum kf_kind *ret_kind)
{
	struct counts c = count(filter);
	size_t first = terms->n;
	int rc;

	if (c.n_ranges > 0 || c.n_yes + c.n_no == 0)
		return KFILTER_WHY_TERMS;
	rc = add_yes(filter, read, kind, terms);
	if (rc == 0 && c.n_no > 0) {
		terms->n = first; /* all of them can be told: that was the question */
		rc = add_no(filter, read, kind, terms);
	}
	if (rc != 0)
		return rc;
	*ret_kind = c.n_no > 0 ? KF_DENY : KF_ALLOW;
	sort_terms(terms, first);
	return KFILTER_IN_KERNEL;
}

static int reduce_text(const struct pol_filter *filter, struct kf_terms *terms,
		       enum kf_kind *ret_kind)
{
	struct counts c = count(filter);
	size_t first = terms->n;
	struct kf_term term;
	bool none;

	if (c.n_no > 0)
		return KFILTER_WHY_NEGATIVE;
	if (c.n_ranges > 0 || c.n_yes == 0)
		return KFILTER_WHY_TERMS;
	for (size_t i = 0; i < filter->n_terms; i++) {
		if (!text_of(&filter->terms[i], &term, &none)) {
			terms->n = first;
			return KFILTER_WHY_TERMS;
		}
		if (!none && kf_terms_add(terms, &term) < 0)
			return -ENOMEM;
	}
	*ret_kind = KF_ALLOW;
	return KFILTER_IN_KERNEL;
}

/* Can a number from `low` to `high` be in all of the ranges? Or is it one that is wanted anyway? */
static bool may_be(const struct pol_filter *filter, __int128 low, __int128 high)
{
	__int128 wanted_low = low, wanted_high = high;

	for (size_t i = 0; i < filter->n_terms; i++) {
		const struct pol_term *t = &filter->terms[i];
		__int128 n = t->is_unsigned ? (__int128)(uint64_t)t->number : t->number;

		if (t->op == POL_OP_EQUAL && n >= low && n <= high)
			return true;
		if (t->op == POL_OP_LESS || t->op == POL_OP_LESS_EQUAL) {
			n -= t->op == POL_OP_LESS;
			wanted_high = n < wanted_high ? n : wanted_high;
		} else if (t->op == POL_OP_GREATER || t->op == POL_OP_GREATER_EQUAL) {
			n += t->op == POL_OP_GREATER;
			wanted_low = n > wanted_low ? n : wanted_low;
		}
	}
	return wanted_low <= wanted_high;
}

static int reduce_sign(const struct pol_filter *filter, struct kf_terms *terms,
		       enum kf_kind *ret_kind)
{
	static const struct {
		int64_t low, high, sign;
	} signs[] = { { INT64_MIN, -1, -1 }, { 0, 0, 0 }, { 1, INT64_MAX, 1 } };
	size_t first = terms->n;

	for (size_t i = 0; i < filter->n_terms; i++)
		if (filter->terms[i].kind != POL_TERM_NUMBER &&
		    !(filter->terms[i].kind == POL_TERM_EXACT && filter->terms[i].is_number))
			return KFILTER_WHY_VALUE;
	for (size_t i = 0; i < 3; i++) {
		const struct kf_term term = { .value = (uint64_t)signs[i].sign };

		if (may_be(filter, signs[i].low, signs[i].high) && kf_terms_add(terms, &term) < 0)
			return -ENOMEM;
	}
	if (terms->n - first == 3) {
		terms->n = first;
		return KFILTER_WHY_TERMS;
	}
	*ret_kind = KF_ALLOW;
	sort_terms(terms, first);
	return KFILTER_IN_KERNEL;
}

static int reduce_retval(const struct pol_filter *filter, const struct event_def *def,
			 struct kf_terms *terms, enum filter_dim *ret_dim, enum kf_kind *ret_kind)
{
	struct counts c = count(filter);

	if (!def->is_syscall)
		return KFILTER_WHY_SUBJECT;
	*ret_dim = FILTER_RETVAL;
	if (c.n_ranges == 0)
		return reduce_exact(filter, number_of, FK_S64, terms, ret_kind);
	if (c.n_no > 0)
		return KFILTER_WHY_TERMS;
	*ret_dim = FILTER_RETVAL_SIGN;
	return reduce_sign(filter, terms, ret_kind);
}

/* A thread is looked for by two numbers: what is not wanted of one may be wanted of the other. */
static int reduce_task(const struct pol_filter *filter, struct kf_terms *terms,
		       enum kf_kind *ret_kind)
{
	struct counts c = count(filter);

	if (c.n_no > 0)
		return KFILTER_WHY_TERMS;
	return reduce_exact(filter, number_of, FK_U32, terms, ret_kind);
}

static int reduce_container(bool is_in, struct kf_terms *terms, enum kf_kind *ret_kind)
{
	const struct kf_term term = { .value = is_in ? FILTER_IN_CONTAINER : FILTER_IN_HOST };

	*ret_kind = KF_ALLOW;
	return kf_terms_add(terms, &term) < 0 ? -ENOMEM : KFILTER_IN_KERNEL;
}

/* Outside of containers the id is an empty text. */
static int reduce_container_id(const struct pol_filter *filter, struct kf_terms *terms,
			       enum kf_kind *ret_kind)
{
	struct counts c = count(filter);

	if (c.n_no + c.n_ranges > 0 || c.n_yes == 0)
		return KFILTER_WHY_TERMS;
	for (size_t i = 0; i < filter->n_terms; i++)
		if (filter->terms[i].len == 0 || (filter->terms[i].kind != POL_TERM_EXACT &&
						  filter->terms[i].kind != POL_TERM_PREFIX &&
						  filter->terms[i].kind != POL_TERM_SUFFIX &&
						  filter->terms[i].kind != POL_TERM_CONTAINS))
			return KFILTER_WHY_TERMS;
	return reduce_container(true, terms, ret_kind);
}

static int reduce_context(const struct pol_filter *filter, struct kf_terms *terms,
			  enum filter_dim *ret_dim, enum kf_kind *ret_kind)
{
	switch ((enum pol_context)filter->context) {
	case POL_CTX_UID:
		*ret_dim = FILTER_UID;
		return reduce_exact(filter, number_of, FK_U32, terms, ret_kind);
	case POL_CTX_HOST_PID:
		*ret_dim = FILTER_TGID;
		return reduce_exact(filter, number_of, FK_U32, terms, ret_kind);
	case POL_CTX_TASK_ID:
	case POL_CTX_HOST_TID: /* one of the two numbers */
		*ret_dim = FILTER_TASK;
		return reduce_task(filter, terms, ret_kind);
	case POL_CTX_MNTNS:
		*ret_dim = FILTER_MNTNS;
		return reduce_exact(filter, number_of, FK_U32, terms, ret_kind);
	case POL_CTX_PIDNS:
		*ret_dim = FILTER_PIDNS;
		return reduce_exact(filter, number_of, FK_U32, terms, ret_kind);
	case POL_CTX_COMM:
		*ret_dim = FILTER_COMM;
		return reduce_exact(filter, name_of, 0, terms, ret_kind);
	case POL_CTX_UTS:
		*ret_dim = FILTER_UTS;
		return reduce_exact(filter, name_of, 0, terms, ret_kind);
	case POL_CTX_CONTAINER:
	case POL_CTX_HOST:
		*ret_dim = FILTER_CONTAINER;
		return reduce_container(filter->flag == (filter->context == POL_CTX_CONTAINER),
					terms, ret_kind);
	case POL_CTX_CONTAINER_ID:
		*ret_dim = FILTER_CONTAINER;
		return reduce_container_id(filter, terms, ret_kind);
	default:
		return KFILTER_WHY_SUBJECT;
	}
}

/* Which of the fields that are looked at it is, or -1. */
static int place_of(const int fields[FILTER_FIELDS], unsigned int field)
{
	for (int i = 0; i < FILTER_FIELDS; i++)
		if (fields[i] == (int)field)
			return i;
	return -1;
}

static int reduce_data(const struct pol_filter *filter, const struct event_def *def,
		       const struct kf_fields *fields, struct kf_terms *terms,
		       enum filter_dim *ret_dim, enum kf_kind *ret_kind)
{
	unsigned int kind = filter->field < def->n_fields ? def->fields[filter->field].kind : 0;
	bool is_text = kind == FK_STR;
	int at = 0, rc;

	if (!def->is_syscall || filter->path || (!is_text && !filter_is_number(kind)))
		return KFILTER_WHY_SUBJECT;
	rc = is_text ? reduce_text(filter, terms, ret_kind)
		     : reduce_exact(filter, number_of, kind, terms, ret_kind);
	if (rc != KFILTER_IN_KERNEL)
		return rc;
	if (fields)
		at = place_of(is_text ? fields->texts : fields->ints, filter->field);
	if (at < 0)
		return KFILTER_WHY_FIELDS;
	*ret_dim = (enum filter_dim)((is_text ? FILTER_TEXT0 : FILTER_INT0) + at);
	return KFILTER_IN_KERNEL;
}

int kf_reduce(const struct pol_filter *filter, const struct event_def *def,
	      const struct kf_fields *fields, struct kf_terms *terms, enum filter_dim *ret_dim,
	      enum kf_kind *ret_kind)
{
	size_t first = terms->n;
	int rc = KFILTER_WHY_SUBJECT;

	switch ((enum pol_subject)filter->subject) {
	case POL_SUBJECT_DATA:
		rc = reduce_data(filter, def, fields, terms, ret_dim, ret_kind);
		break;
	case POL_SUBJECT_RETVAL:
		rc = reduce_retval(filter, def, terms, ret_dim, ret_kind);
		break;
	case POL_SUBJECT_CONTEXT:
		rc = reduce_context(filter, terms, ret_dim, ret_kind);
		break;
	}
	if (rc != KFILTER_IN_KERNEL)
		terms->n = first;
	return rc;
}
