/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/predicate.h"

#include <stdlib.h>
#include <string.h>

#include "engine/match/index.h"
#include "engine/match/lineage.h"
#include "engine/match/predicate_parts.h"

struct predicates *pred_new(struct arena *arena, struct values *values, struct patterns *patterns,
			    struct pred_world *world)
{
	struct predicates *ps = calloc(1, sizeof(*ps));

	if (!ps)
		return NULL;
	ps->arena = arena;
	ps->values = values;
	ps->patterns = patterns;
	ps->world = world;
	return ps;
}

void pred_free(struct predicates *ps)
{
	if (!ps)
		return;
	free(ps->items);
	free(ps->buckets);
	free(ps);
}

static bool in_network(const struct pol_term *t, struct value *v)
{
	unsigned int len = value_address(v), whole = t->net_bits / 8, rest = t->net_bits % 8;

	if (len == 0 || len != t->net_bytes || memcmp(v->address, t->net, whole) != 0)
		return false;
	return rest == 0 || (v->address[whole] ^ t->net[whole]) >> (8 - rest) == 0;
}

/* The value of EXECUTABLE has the task's mount namespace as its number. */
static bool is_file(const struct predicates *ps, const struct pol_term *t, const struct value *v)
{
	uint32_t mnt_ns = t->on_host_mnt ? ps->world->host_mnt_ns : t->mnt_ns;

	return mnt_ns != 0 && v->number == mnt_ns && v->len == t->len &&
	       memcmp(v->text, t->text, t->len) == 0;
}

static bool other_holds(const struct predicates *ps, const struct terms *terms, uint32_t i,
			struct value *v)
{
	const struct pol_term *t = terms->others[i];

	if (t->kind == POL_TERM_NETWORK)
		return in_network(t, v);
	value_text(v);
	if (t->kind == POL_TERM_CONTAINS)
		return memmem(v->text, v->len, t->text, t->len) != NULL;
	if (t->kind == POL_TERM_PATTERN)
		return pat_matches(ps->patterns, terms->patterns[i], v->text, v->len);
	return is_file(ps, t, v);
}

static bool has_number(const struct idx *numbers, const struct value *v)
{
	char key[IDX_NUMBER_LEN];

	if (!v->is_number)
		return false;
	idx_number(key, v->number, v->is_big);
	return idx_has(numbers, key, sizeof(key));
}

/* Does any? */
static bool terms_hold(struct predicates *ps, const struct predicate *p, const struct terms *terms,
		       struct value *v)
{
	if (terms->numbers && has_number(terms->numbers, v))
		return true;
	if (terms->texts) {
		value_text(v);
		if (idx_has(terms->texts, v->text, v->len))
			return true;
	}
	if (terms->symbols) {
		value_symbol(ps->values, p->subject, v);
		if (v->symbol_len > 0 && idx_has(terms->symbols, v->symbol, v->symbol_len))
			return true;
	}
	for (uint32_t i = 0; i < terms->n_others; i++)
		if (other_holds(ps, terms, i, v))
			return true;
	return false;
}

static bool in_range(const struct predicate *p, const struct value *v)
{
	__int128 n = pred_wide(v->number, v->is_big);

	return v->is_number && n >= p->low && n <= p->high;
}

/* filter.h has the order of precedence. */
static bool filter_holds(struct predicates *ps, const struct predicate *p, struct value *v)
{
	if (p->yes.any && terms_hold(ps, p, &p->yes, v))
		return true;
	if (p->has_range)
		return in_range(p, v);
	return p->no.any && !terms_hold(ps, p, &p->no, v);
}

static int compare_pids(const void *a, const void *b)
{
	const uint32_t *pa = a, *pb = b;

	return (*pa > *pb) - (*pa < *pb);
}

static bool is_below(const struct pred_world *world, const struct lineage_process *process,
		     const struct pol_term *t)
{
	const uint32_t pid = (uint32_t)t->number;
	const uint32_t *root =
		bsearch(&pid, world->roots, world->n_roots, sizeof(pid), compare_pids);

	return root && lineage_has(process, (size_t)(root - world->roots));
}

/* Each term is a process that the value is below, not a number that it is. Nothing is known of a
 * process that nobody has told of, but that it is itself. */
static bool tree_holds(const struct predicates *ps, const struct predicate *p)
{
	uint32_t tgid = ps->ev->rec->tgid;
	const struct lineage_process *process = lineage_find(ps->world->lineage, tgid);
	bool any_no = false, is_refused = false;

	for (size_t i = 0; i < p->filter->n_terms; i++) {
		const struct pol_term *t = &p->filter->terms[i];
		bool is_one = t->number == tgid || (process && is_below(ps->world, process, t));

		if (t->op == POL_OP_EQUAL && is_one)
			return true;
		any_no |= t->op == POL_OP_DIFFERENT;
		is_refused |= t->op == POL_OP_DIFFERENT && is_one;
	}
	return any_no && !is_refused && process;
}

static bool task_id_holds(struct predicates *ps, const struct predicate *p, const struct value *v)
{
	struct value id = *v;

	if (filter_holds(ps, p, &id))
		return true;
	id.number = ps->ev->rec->tid;
	id.is_text = false;
	return filter_holds(ps, p, &id);
}

static bool decide(struct predicates *ps, const struct predicate *p)
{
	struct value *v = value_get(ps->values, p->subject);

	if (!v->is_there)
		return false;
	if (p->is_flag)
		return (v->number != 0) == p->filter->flag;
	if (p->is_tree)
		return tree_holds(ps, p);
	return p->is_task_id ? task_id_holds(ps, p, v) : filter_holds(ps, p, v);
}

void pred_begin(struct predicates *ps, const struct event *ev)
{
	ps->ev = ev;
	ps->stamp += 2;
	if (ps->stamp != 0)
		return;
	memset(ps->decided, 0, ps->n * sizeof(*ps->decided)); /* the stamps are used up */
	ps->stamp = 2;
}

bool pred_holds(struct predicates *ps, unsigned int predicate)
{
	uint32_t *decided = &ps->decided[predicate];

	if ((*decided & ~1U) != ps->stamp)
		*decided = ps->stamp | (uint32_t)decide(ps, &ps->items[predicate]);
	return *decided & 1;
}

unsigned int pred_cost(const struct predicates *ps, unsigned int predicate)
{
	return ps->items[predicate].cost;
}

unsigned int pred_subject(const struct predicates *ps, unsigned int predicate)
{
	return ps->items[predicate].subject;
}

const struct pol_filter *pred_filter(const struct predicates *ps, unsigned int predicate)
{
	return ps->items[predicate].filter;
}

size_t pred_n(const struct predicates *ps)
{
	return ps->n;
}

size_t pred_bytes(const struct predicates *ps)
{
	return sizeof(*ps) + ps->cap * sizeof(*ps->items);
}
